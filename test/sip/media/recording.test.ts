import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { MediaClient, MediaError } from '../../../sip/media/client.ts';
import { ALAW_TO_LINEAR, MULAW_TO_LINEAR } from '../../../sip/media/engine/g711.ts';
import { readWavInfo } from '../../../sip/media/engine/wav.ts';
import type { MediaEvent } from '../../../sip/media/protocol.ts';
import { type RunningMediaEngine, startMediaEngine, stopLeftovers } from '../../support/media-engine.ts';
import { browserPath } from '../../support/ui-browser.ts';
import { goertzel, RtpPeer, until } from '../../support/rtp-peer.ts';

type Finished = Extract<MediaEvent, { event: 'recording-finished' }>;

function channelOf(bytes: Buffer, channel: number): Int16Array {
  const info = readWavInfo(bytes);
  if (!info) throw new Error('not a WAV file');
  const table = info.tag === 6 ? ALAW_TO_LINEAR : MULAW_TO_LINEAR;
  const samples = new Int16Array(info.dataLength / info.channels);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = table[bytes[info.dataOffset + i * info.channels + channel] as number] as number;
  }
  return samples;
}

/** Level in pieces of 100 ms, the median: steering of the timeline may turn the phase a little. */
function levelOf(samples: Int16Array, frequency: number): number {
  const levels: number[] = [];
  for (let i = 0; i + 800 <= samples.length; i += 800)
    levels.push(goertzel(samples.subarray(i, i + 800), frequency));
  return levels.sort((x, y) => x - y)[levels.length >> 1] ?? 0;
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'accepted';
  } catch (error) {
    return error instanceof MediaError ? error.code : String(error);
  }
}

function hasTmpfs(): boolean {
  if (process.getuid?.() !== 0) return false;
  const dir = mkdtempSync(join(tmpdir(), 'hearthline-tmpfs-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Played {
  outcome: string;
  seconds: number;
  channels: number;
  peaks: number[];
}

/** Runs in the page: as text, because the page knows nothing of our compiler's helpers. */
const PLAY_AND_DECODE = `(async () => {
  const player = document.getElementById('player');
  const ended = new Promise((resolve) => {
    player.onended = () => resolve('ended');
    player.onerror = () => resolve('error ' + player.error.message);
  });
  player.src = 'FILE';
  await player.play();
  const outcome = await ended;
  const data = await (await fetch('FILE')).arrayBuffer();
  const decoded = await new OfflineAudioContext(2, 8000, 8000).decodeAudioData(data);
  const peaks = [0, 1].map((channel) => Math.max(...decoded.getChannelData(channel).map(Math.abs)));
  return { outcome, seconds: player.duration, channels: decoded.numberOfChannels, peaks };
})()`;

const scenes: Scene[] = [];

class Scene {
  readonly engine: RunningMediaEngine;
  readonly client = new MediaClient();
  readonly finished: Finished[] = [];
  readonly failed: MediaEvent[] = [];
  caller!: RtpPeer;
  agent!: RtpPeer;
  constructor(engine: RunningMediaEngine) {
    this.engine = engine;
    scenes.push(this);
    this.client.on('recording-finished', (event: Finished) => this.finished.push(event));
    this.client.on('recording-failed', (event: MediaEvent) => this.failed.push(event));
  }

  async begin(codec: 'PCMU' | 'PCMA' = 'PCMU'): Promise<void> {
    await this.client.connect(this.engine.controlPath);
    this.caller = await RtpPeer.create();
    this.agent = await RtpPeer.create();
    this.caller.payloadType = codec === 'PCMA' ? 8 : 0;
    const a = await this.client.open({ sessionId: 'a', remote: this.caller.remote, codec });
    const b = await this.client.open({ sessionId: 'b', remote: this.agent.remote });
    this.caller.target(a.port);
    this.agent.target(b.port);
    await this.client.bridge('a', 'b');
  }

  async talk(packets = 60): Promise<void> {
    this.caller.start(440);
    this.agent.start(1000);
    const count = this.agent.audio().length + packets;
    await until('talk', () => this.agent.audio().length >= count, 10_000);
    this.caller.stop();
    this.agent.stop();
  }

  end(): void {
    this.caller?.close();
    this.agent?.close();
    this.client.disconnect();
  }
}

for (const sockets of ['dgram', 'koffi'] as const) {
  describe(`media engine on ${sockets}: recording`, () => {
    let engine: RunningMediaEngine;
    let scene: Scene;

    before(async () => {
      engine = await startMediaEngine({ sockets });
    });
    after(async () => {
      expect(await engine.stop()).to.equal(0);
    });
    beforeEach(async () => {
      scene = new Scene(engine);
      await scene.begin();
    });
    afterEach(async () => {
      await scene.client.closeAll();
      scene.end();
    });

    it('writes the caller left and the agent right, with the hash of the file on disk', async () => {
      await scene.client.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: '2026/11/r1.wav' });
      expect(existsSync(join(engine.recordingsDir, '2026/11/r1.wav.part'))).to.equal(true);
      await scene.talk(80);
      await scene.client.recordStop('r1');
      await until('recording-finished', () => scene.finished.length === 1);
      const event = scene.finished[0] as Finished;
      const bytes = readFileSync(join(engine.recordingsDir, '2026/11/r1.wav'));
      expect(event).to.include({ recordingId: 'r1', file: '2026/11/r1.wav', bytes: bytes.length });
      expect(event.sha256).to.equal(createHash('sha256').update(bytes).digest('hex'));
      expect(event).not.to.have.property('error');
      const info = readWavInfo(bytes);
      expect(info).to.include({ tag: 7, channels: 2, sampleRate: 8000, bitsPerSample: 8, comment: 'r1' });
      expect(event.durationMs).to.equal(Math.round((info?.dataLength ?? 0) / 16));
      const left = channelOf(bytes, 0).subarray(1600, 9600);
      const right = channelOf(bytes, 1).subarray(1600, 9600);
      expect(levelOf(left, 440)).to.be.greaterThan(7000);
      expect(levelOf(left, 1000)).to.be.lessThan(200);
      expect(levelOf(right, 1000)).to.be.greaterThan(7000);
      expect(levelOf(right, 440)).to.be.lessThan(200);
    });

    it('records silence for what a stranger sends', async () => {
      await scene.talk(3);
      const stranger = await RtpPeer.create('127.0.0.8');
      stranger.target((await scene.client.open({ sessionId: 'a' })).port);
      await scene.client.recordStart({ recordingId: 'r2', a: 'a', b: 'b', file: 'r2.wav' });
      for (let i = 0; i < 40; i++) stranger.sendFrame(1500);
      await scene.talk(20);
      await scene.client.recordStop('r2');
      await until('recording-finished', () => scene.finished.length === 1);
      stranger.close();
      const left = channelOf(readFileSync(join(engine.recordingsDir, 'r2.wav')), 0);
      expect((await scene.client.stats('a')).strangers).to.equal(40);
      expect(goertzel(left, 1500)).to.be.lessThan(100);
    });

    it('ends by itself when both sessions are closed', async () => {
      await scene.client.recordStart({ recordingId: 'r3', a: 'a', b: 'b', file: 'r3.wav' });
      await scene.talk(10);
      await scene.client.close('a');
      expect(scene.finished).to.have.length(0);
      await scene.client.close('b');
      await until('recording-finished', () => scene.finished.length === 1);
      expect(await refusalOf(scene.client.recordStop('r3'))).to.equal('unknown-recording');
    });

    it('records one session alone in mono', async () => {
      await scene.client.recordStart({ recordingId: 'r4', a: 'a', file: 'r4.wav' });
      await scene.talk(20);
      await scene.client.recordStop('r4');
      await until('recording-finished', () => scene.finished.length === 1);
      expect(readWavInfo(readFileSync(join(engine.recordingsDir, 'r4.wav')))).to.include({ channels: 1 });
    });

    it('refuses paths outside, names in use and sessions already recorded', async () => {
      const { client } = scene;
      for (const file of [
        '../x.wav',
        '/etc/x.wav',
        'a/../../x.wav',
        'x.mp3',
        '.hidden.wav',
        'a//b.wav',
        'a\u0000.wav',
      ]) {
        expect(
          await refusalOf(client.recordStart({ recordingId: 'bad', a: 'a', b: 'b', file })),
          file,
        ).to.equal('bad-path');
      }
      writeFileSync(join(engine.recordingsDir, 'taken.wav'), 'x');
      const taken = { recordingId: 'r5', a: 'a', b: 'b', file: 'taken.wav' };
      expect(await refusalOf(client.recordStart(taken))).to.equal('recording-failed');
      expect(readFileSync(join(engine.recordingsDir, 'taken.wav'), 'utf8')).to.equal('x');
      await client.recordStart({ recordingId: 'r6', a: 'a', b: 'b', file: 'r6.wav' });
      expect(await refusalOf(client.recordStart({ recordingId: 'r6', a: 'a', file: 'r7.wav' }))).to.equal(
        'recording-exists',
      );
      expect(await refusalOf(client.recordStart({ recordingId: 'r7', a: 'b', file: 'r7.wav' }))).to.equal(
        'already-recorded',
      );
      expect(await refusalOf(client.recordStart({ recordingId: 'r8', a: 'zz', file: 'r8.wav' }))).to.equal(
        'unknown-session',
      );
      await client.recordStop('r6');
    });
  });
}

describe('media engine: recordings and faults', () => {
  afterEach(async () => {
    for (const scene of scenes.splice(0)) scene.end();
    await stopLeftovers();
  });

  it('finishes on SIGTERM what is being recorded', async () => {
    const engine = await startMediaEngine();
    const scene = new Scene(engine);
    await scene.begin('PCMA');
    await scene.client.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: 'r1.wav' });
    await scene.talk(20);
    const file = join(engine.recordingsDir, 'r1.wav');
    let bytes: Buffer | undefined;
    scene.client.on('recording-finished', () => (bytes = readFileSync(file)));
    expect(await engine.stop()).to.equal(0);
    scene.end();
    expect(scene.finished).to.have.length(1);
    expect(readWavInfo(bytes as Buffer)).to.include({ tag: 6, channels: 2 });
    expect(goertzel(channelOf(bytes as Buffer, 1).subarray(0, 2400), 1000)).to.be.greaterThan(3000);
  });

  it('repairs on the next start what kill -9 left behind', async () => {
    const engine = await startMediaEngine();
    const scene = new Scene(engine);
    await scene.begin();
    await scene.client.recordStart({ recordingId: 'crashed', a: 'a', b: 'b', file: 'day/crashed.wav' });
    scene.caller.start(440);
    scene.agent.start(1000);
    const part = join(engine.recordingsDir, 'day/crashed.wav.part');
    await until('two seconds on disk', () => readFileSync(part).length > 32_000, 8000);
    await engine.kill();
    scene.end();
    writeFileSync(join(engine.recordingsDir, 'garbage.wav.part'), 'not audio');
    const next = await startMediaEngine({ dir: engine.dir, rtpPorts: engine.rtpPorts });
    const client = new MediaClient();
    const { recovered, sessions } = await client.connect(next.controlPath);
    expect(sessions).to.deep.equal([]);
    expect(recovered).to.have.length(1);
    const bytes = readFileSync(join(engine.recordingsDir, 'day/crashed.wav'));
    expect(recovered[0]).to.deep.include({
      recordingId: 'crashed',
      file: 'day/crashed.wav',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(recovered[0]?.durationMs).to.be.greaterThan(900);
    expect(existsSync(part)).to.equal(false);
    expect(goertzel(channelOf(bytes, 0).subarray(800, 7200), 440)).to.be.greaterThan(7000);
    client.disconnect();
    await next.stop();
    rmSync(engine.dir, { recursive: true, force: true });
  });

  it('goes on with the call when the disk is full, tells it, and keeps what was written', async function () {
    if (!hasTmpfs()) this.skip();
    const dir = mkdtempSync(join(tmpdir(), 'hearthline-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'none', dir]);
    try {
      const engine = await startMediaEngine({ recordingsDir: dir });
      const scene = new Scene(engine);
      await scene.begin();
      await scene.client.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: 'r1.wav' });
      scene.caller.start(440);
      scene.agent.start(1000);
      await until('recording-failed', () => scene.failed.length === 1, 8000);
      expect(scene.failed[0]).to.include({ recordingId: 'r1', error: 'ENOSPC' });
      await until('recording-finished', () => scene.finished.length === 1);
      const heard = scene.agent.audio().length;
      await until('the call to go on', () => scene.agent.audio().length > heard + 20);
      const bytes = readFileSync(join(dir, 'r1.wav'));
      expect(scene.finished[0]).to.include({
        error: 'ENOSPC',
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
      expect(readWavInfo(bytes)?.dataLength).to.be.greaterThan(10_000);
      expect(await refusalOf(scene.client.recordStop('r1'))).to.equal('unknown-recording');
      scene.end();
      await engine.stop();
    } finally {
      execFileSync('umount', [dir]);
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('refuses a recording whose folder cannot be made', async () => {
    const engine = await startMediaEngine();
    const scene = new Scene(engine);
    await scene.begin();
    mkdirSync(engine.recordingsDir, { recursive: true });
    writeFileSync(join(engine.recordingsDir, 'plain'), 'a file where a folder should be');
    const start = scene.client.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: 'plain/r1.wav' });
    expect(await refusalOf(start)).to.equal('recording-failed');
    await scene.talk(5);
    await scene.client.recordStart({ recordingId: 'r1', a: 'a', b: 'b', file: 'r1.wav' });
    scene.end();
    await engine.stop();
  });

  it('makes files of either law that a browser plays', async function () {
    const executablePath = browserPath;
    if (!existsSync(executablePath)) this.skip();
    this.timeout(60_000);
    const engine = await startMediaEngine();
    const files = new Map<string, Buffer>();
    const durations: number[] = [];
    for (const codec of ['PCMU', 'PCMA'] as const) {
      const scene = new Scene(engine);
      await scene.begin(codec);
      await scene.client.recordStart({ recordingId: codec, a: 'a', b: 'b', file: `${codec}.wav` });
      await scene.talk(50);
      await scene.client.recordStop(codec);
      await until('recording-finished', () => scene.finished.length === 1);
      files.set(`/${codec}.wav`, readFileSync(join(engine.recordingsDir, `${codec}.wav`)));
      durations.push((scene.finished[0] as Finished).durationMs);
      await scene.client.closeAll();
      scene.end();
    }
    await engine.stop();
    const server = createServer((request, response) => {
      const bytes = files.get(request.url ?? '');
      response.writeHead(200, { 'content-type': bytes ? 'audio/wav' : 'text/html' });
      response.end(bytes ?? '<audio id="player"></audio>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      for (const [index, path] of [...files.keys()].entries()) {
        const played = (await page.evaluate(PLAY_AND_DECODE.replaceAll('FILE', path))) as Played;
        expect(played.outcome, path).to.equal('ended');
        expect(played.channels).to.equal(2);
        expect(played.seconds * 1000).to.be.closeTo(durations[index] ?? 0, 50);
        for (const peak of played.peaks) expect(peak).to.be.within(0.2, 0.3);
      }
    } finally {
      await browser.close();
      server.close();
    }
  });
});
