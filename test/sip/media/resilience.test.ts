import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { MediaClient, MediaError } from '../../../sip/media/client.ts';
import type { MediaEvent, SessionSummary } from '../../../sip/media/protocol.ts';
import {
  type MediaEngineOptions,
  type RunningMediaEngine,
  startMediaEngine,
  stopLeftovers,
} from '../../support/media-engine.ts';
import { RtpPeer, until } from '../../support/rtp-peer.ts';
import { toneWav } from '../../support/tone-wav.ts';
import { until as untilAsked } from '../../support/until.ts';

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'accepted';
  } catch (error) {
    return error instanceof MediaError ? error.code : String(error);
  }
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('media engine: what it survives', () => {
  const clients: MediaClient[] = [];
  const peers: RtpPeer[] = [];
  const raw: Socket[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    for (const peer of peers.splice(0)) peer.close();
    for (const socket of raw.splice(0)) socket.destroy();
    if (shared) {
      const client = new MediaClient();
      await client.connect(shared.controlPath);
      await client.closeAll();
      client.disconnect();
    }
    await Promise.all(own.splice(0).map((engine) => engine.kill()));
  });

  after(() => stopLeftovers());

  let shared: RunningMediaEngine | undefined;
  const own: RunningMediaEngine[] = [];

  /** Without options: one engine for all tests that leave it as it was. */
  async function start(options?: MediaEngineOptions): Promise<RunningMediaEngine> {
    if (options) {
      const engine = await startMediaEngine(options);
      own.push(engine);
      return engine;
    }
    shared ??= await startMediaEngine();
    return shared;
  }

  async function clientOf(engine: RunningMediaEngine, options = {}): Promise<MediaClient> {
    const client = new MediaClient(options);
    clients.push(client);
    await client.connect(engine.controlPath);
    return client;
  }

  async function peer(): Promise<RtpPeer> {
    const created = await RtpPeer.create();
    peers.push(created);
    return created;
  }

  async function bridged(client: MediaClient): Promise<{ caller: RtpPeer; agent: RtpPeer }> {
    const [caller, agent] = [await peer(), await peer()];
    caller.target((await client.open({ sessionId: 'a', remote: caller.remote })).port);
    agent.target((await client.open({ sessionId: 'b', remote: agent.remote })).port);
    await client.bridge('a', 'b');
    return { caller, agent };
  }

  it('goes on with a bridged, recorded call when its client dies, and hands it to the next one', async () => {
    const engine = await start();
    const first = await clientOf(engine);
    const { caller, agent } = await bridged(first);
    await first.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: 'r1.wav' });
    caller.start(440);
    agent.start(1000);
    await until('audio', () => agent.audio().length > 10);
    first.disconnect();
    const heard = agent.audio().length;
    await until('audio without a client', () => agent.audio().length > heard + 30);
    const second = new MediaClient();
    clients.push(second);
    const finished: MediaEvent[] = [];
    second.on('recording-finished', (event: MediaEvent) => finished.push(event));
    const { sessions } = await second.connect(engine.controlPath);
    const byId = new Map(sessions.map((session: SessionSummary) => [session.sessionId, session]));
    expect(byId.get('a')).to.deep.include({ bridgedWith: 'b', recordingId: 'r1', remote: caller.remote });
    expect(byId.get('b')).to.deep.include({ bridgedWith: 'a', recordingId: 'r1', remote: agent.remote });
    await second.recordStop('r1');
    await until('the recording', () => finished.length === 1);
    expect(finished[0]).to.have.property('durationMs').that.is.greaterThan(700);
    const { stats } = await second.close('a');
    expect(stats.lost).to.equal(0);
  });

  it('reconnects, tells whether it is the same engine, and rejects what was under way', async () => {
    const engine = await start({});
    const client = await clientOf(engine, { minBackoffMs: 10, maxBackoffMs: 50 });
    const connections: boolean[] = [];
    let drops = 0;
    client.on('connected', ({ isSameInstance }) => connections.push(isSameInstance));
    client.on('disconnected', () => drops++);
    await client.open({ sessionId: 'a' });
    const underWay = refusalOf(client.stats('a'));
    await engine.kill();
    expect(await underWay).to.be.oneOf(['disconnected', 'accepted']);
    await until('the drop', () => drops === 1);
    expect(await refusalOf(client.stats('a'))).to.equal('disconnected');
    const next = await start({ dir: engine.dir, rtpPorts: engine.rtpPorts });
    await until('the reconnect', () => connections.length === 1);
    expect(connections).to.deep.equal([false]);
    expect(await refusalOf(client.stats('a'))).to.equal('unknown-session');
    expect(await next.stop()).to.equal(0);
    rmSync(engine.dir, { recursive: true, force: true });
  });

  it('knows its own instance again after a lost connection', async () => {
    const engine = await start();
    const client = new MediaClient();
    clients.push(client);
    expect((await client.connect(engine.controlPath)).isSameInstance).to.equal(false);
    client.disconnect();
    expect((await client.connect(engine.controlPath)).isSameInstance).to.equal(true);
  });

  it('rejects a request that is not answered in time', async () => {
    const engine = await start();
    const client = await clientOf(engine, { requestTimeoutMs: 300 });
    process.kill(engine.pid, 'SIGSTOP');
    try {
      expect(await refusalOf(client.open({ sessionId: 'a' }))).to.equal('timeout');
    } finally {
      process.kill(engine.pid, 'SIGCONT');
    }
  });

  it('closes the sessions of a client that never comes back', async () => {
    const engine = await start({ orphanSec: 1 });
    const first = await clientOf(engine);
    await first.open({ sessionId: 'a' });
    first.disconnect();
    await until('the orphans to be closed', () => engine.log().includes('no client came back'), 5000);
    const second = new MediaClient();
    clients.push(second);
    expect((await second.connect(engine.controlPath)).sessions).to.deep.equal([]);
    await engine.stop();
  });

  it('answers garbage with errors and cuts off who floods', async () => {
    const engine = await start();
    const socket = connect(engine.controlPath);
    raw.push(socket);
    let text = '';
    let isClosed = false;
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('close', () => (isClosed = true));
    socket.on('error', () => undefined);
    const lines = [
      'not json',
      '[]',
      '{"op":"open"}',
      '{"id":1,"op":"explode"}',
      '{"id":2,"op":"open","sessionId":""}',
      '{"id":3,"op":"open","sessionId":"x","remote":{"ip":"1.2.3.400","port":1}}',
      '{"id":4,"op":"play","sessionId":"x","playId":"p","files":["relative.wav"]}',
      '{"id":5,"op":"hello"}',
    ];
    socket.write(`${lines.join('\n')}\n`);
    await until('eight answers', () => text.split('\n').length === 9);
    const answers = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; ok: boolean; code?: string });
    expect(answers.filter(({ ok }) => ok).map(({ id }) => id)).to.deep.equal([5]);
    expect(answers.find(({ id }) => id === 1)?.code).to.equal('unknown-op');
    for (const id of [2, 3, 4])
      expect(answers.find((answer) => answer.id === id)?.code).to.equal('bad-request');
    socket.write('x'.repeat(200_000));
    await until('the connection to be cut', () => isClosed);
    const client = await clientOf(engine);
    await client.open({ sessionId: 'a' });
  });

  it('tells every client that said hello', async () => {
    const engine = await start();
    const [one, two] = [await clientOf(engine), await clientOf(engine)];
    const told: string[] = [];
    one.on('rtp-started', () => told.push('one'));
    two.on('rtp-started', () => told.push('two'));
    const caller = await peer();
    caller.target((await one.open({ sessionId: 'a', remote: caller.remote })).port);
    caller.sendFrame();
    await until('both', () => told.length === 2);
    expect(told.sort()).to.deep.equal(['one', 'two']);
  });

  for (const sockets of ['dgram', 'koffi'] as const) {
    it(`joins sessions of different workers without losing their streams (${sockets})`, async () => {
      const engine = await start({ workers: 3, sockets });
      const client = await clientOf(engine);
      const music = join(engine.dir, 'music.wav');
      writeFileSync(music, toneWav({ frequency: 600, ms: 100, rate: 8000 }));
      const [caller, agent] = [await peer(), await peer()];
      await client.open({ sessionId: 'other' });
      caller.target((await client.open({ sessionId: 'a', remote: caller.remote })).port);
      const opened = await client.open({ sessionId: 'b', remote: agent.remote });
      agent.target(opened.port);
      await client.play({ sessionId: 'b', playId: 'm', files: [music], loop: true });
      caller.start(440);
      agent.start(1000);
      await until('music', () => agent.audio().length > 10);
      await client.bridge('a', 'b');
      await until('audio both ways', () => agent.audio().length > 60 && caller.audio().length > 40);
      expect(agent.level(440)).to.be.greaterThan(6500);
      expect(caller.level(1000)).to.be.greaterThan(6500);
      expect(new Set(agent.audio().map(({ ssrc }) => ssrc)).size).to.equal(1);
      const seqs = agent.audio().map(({ seq }) => seq);
      seqs.forEach((seq, i) => i > 0 && expect((seq - (seqs[i - 1] as number)) & 0xffff).to.equal(1));
      const { stats } = await client.close('b');
      expect(stats.packetsIn).to.be.greaterThan(45);
      expect(stats.packetsOut).to.be.at.least(60);
      const near = await client.open({ sessionId: 'c', near: 'a' });
      expect(near.port).to.be.greaterThan(0);
      await engine.stop();
    });

    it(`sets up hundreds of calls in one burst, and reuses ports without stray audio (${sockets})`, async () => {
      const engine = await start({ sockets });
      const client = await clientOf(engine);
      const open = (count: number): Promise<{ port: number }[]> =>
        Promise.all(Array.from({ length: count }, (_, i) => client.open({ sessionId: `s${i}` })));
      const ports = await open(400);
      expect(new Set(ports.map(({ port }) => port)).size).to.equal(400);
      expect(await refusalOf(client.open({ sessionId: 'one-too-many' }))).to.equal('no-ports');
      await Promise.all(Array.from({ length: 200 }, (_, i) => client.bridge(`s${2 * i}`, `s${2 * i + 1}`)));
      const straggler = await peer();
      straggler.target(ports[0]?.port ?? 0);
      await client.close('s0');
      for (let i = 0; i < 5; i++) straggler.sendFrame();
      expect(await refusalOf(client.open({ sessionId: 'too-early' }))).to.equal('no-ports');
      await client.closeAll();
      // Each port rests for a while; one that is taken is kept, or its rest would begin anew.
      for (let i = 0; i < 400; i++)
        await untilAsked(`port ${i} has rested`, () =>
          client.open({ sessionId: `s${i}` }).then(
            () => true,
            () => false,
          ),
        );
      const all = await Promise.all(Array.from({ length: 400 }, (_, i) => client.stats(`s${i}`)));
      expect(all.reduce((sum, stats) => sum + stats.packetsIn + stats.strangers, 0)).to.equal(0);
      await engine.stop();
    });
  }

  it('serves health and metrics, on sockets that only its user and group may open', async () => {
    const canBeRealTime = spawnSync('chrt', ['-f', '10', 'true']).status === 0;
    const engine = await start(canBeRealTime ? { prefix: ['chrt', '-f', '10'] } : {});
    const client = await clientOf(engine);
    const { caller, agent } = await bridged(client);
    caller.sendFrame();
    await until('the packet', () => agent.audio().length === 1);
    for (const path of [engine.controlPath, engine.statusPath])
      expect(statSync(path).mode & 0o777).to.equal(0o660);
    const health = await get(engine.statusPath, '/healthz');
    expect(health.status).to.equal(200);
    expect(JSON.parse(health.body)).to.include({
      status: 'ready',
      scheduling: canBeRealTime ? 'fifo' : 'other',
    });
    const metrics = await get(engine.statusPath, '/metrics');
    expect(metrics.body).to.match(/hearthline_media_packets_in_total\{worker="0"\} 1\n/);
    expect(metrics.body).to.match(
      new RegExp(`hearthline_media_scheduling_realtime\\{[^}]*\\} ${canBeRealTime ? 1 : 0}\\n`),
    );
    expect((await get(engine.statusPath, '/nothing')).status).to.equal(404);
    expect(engine.log().includes('not in a real-time scheduling class')).to.equal(!canBeRealTime);
    await engine.stop();
  });

  it('refuses to start beside a living engine, and on a wrong setting', async () => {
    const engine = await start();
    const second = await start({ dir: engine.dir }).catch((error: unknown) => String(error));
    expect(second).to.contain('another process listens');
    const wrong = await start({ rtpPorts: '20-10' }).catch((error: unknown) => String(error));
    expect(wrong).to.contain('HEARTHLINE_RTP_PORTS');
  });
});
