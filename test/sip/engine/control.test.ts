/** The control port: who may use it, what frames it takes, and how it behaves towards an app that misbehaves. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readMetric, readStatus, startSipEngine } from '../../support/sip-engine.ts';
import type { SipEngineHandle } from '../../support/sip-engine.ts';
import { RawApp, SDP, SipPeer, until } from './peer.ts';

const ENTRY = fileURLToPath(new URL('../../../sip/engine/main.ts', import.meta.url));

describe('sip engine: control port', () => {
  let engine: SipEngineHandle;

  before(async () => {
    engine = await startSipEngine();
  });
  after(() => engine.stop());

  for (const payload of [
    'ping',
    'route|invite',
    'sip||\r\nOPTIONS sip:a@127.0.0.1:9 SIP/2.0\r\n\r\n',
    'bogus',
  ]) {
    it(`refuses and closes a connection that begins with ${payload.split('|')[0]}`, async () => {
      const app = new RawApp(engine.controlPort);
      const answer = await app.ask(payload);
      expect(answer.tokens.slice(3)).to.deep.equal(['NO', 'not authenticated']);
      await app.closed;
    });
  }

  it('refuses a wrong secret after a delay and closes', async () => {
    const app = new RawApp(engine.controlPort);
    const start = performance.now();
    const answer = await app.ask('authenticate|wrong|');
    expect(answer.tokens.slice(3)).to.deep.equal(['NO', 'incorrect secret']);
    expect(performance.now() - start).to.be.at.least(200);
    await app.closed;
  });

  it('ignores what is sent behind a wrong secret', async () => {
    const app = new RawApp(engine.controlPort);
    const id = app.write('authenticate|wrong|');
    app.write('route|invite');
    app.write(`authenticate|${engine.secret}|`);
    const answer = await app.inbox.next((frame) => frame.tokens[2] === id, 'the refusal');
    expect(answer.tokens[3]).to.equal('NO');
    await app.closed;
    expect(app.inbox.all).to.have.length(1);
  });

  it('tells addresses and a version that clients understand', async () => {
    const app = new RawApp(engine.controlPort);
    const answer = await app.ask(`authenticate|${engine.secret}|one,two`);
    const hostPorts = `tcp/127.0.0.1:${engine.sipPort},udp/127.0.0.1:${engine.sipPort}`;
    expect(answer.tokens.slice(3, 5)).to.deep.equal(['OK', hostPorts]);
    expect(answer.tokens[5]).to.match(/^v0\.9\.\d+/);
    expect((await app.ask('ping')).tokens.slice(3)).to.deep.equal(['OK', 'pong']);
    app.close();
  });

  it('answers faults as documented', async () => {
    const cases: [string, string[], boolean][] = [
      ['bogus|x', ['NO', 'Unknown message type'], true],
      ['', ['NO', 'Unknown message type'], true],
      ['sip||\r\nSIP/2.0 200 OK\r\n\r\n', ['NO', 'transaction id missing'], true],
      [
        'sip|nosuch|\r\nSIP/2.0 200 OK\r\n\r\n',
        ['NOK', 'Response not sent due to unknown transaction'],
        false,
      ],
      [
        'sip|nosuch|\r\nCANCEL sip:x@127.0.0.1:9 SIP/2.0\r\n\r\n',
        ['NOK', 'unable to cancel unknown transaction id: nosuch'],
        false,
      ],
      [
        'proxy|x||||serial|||sip:a@b\r\nINVITE sip:a@b SIP/2.0\r\n\r\n',
        ['NOK', 'proxy is not supported'],
        false,
      ],
      ['sip', ['NOK', 'invalid request-uri: '], false],
    ];
    for (const [payload, expected, closes] of cases) {
      const app = await RawApp.connect(engine.controlPort, engine.secret);
      expect((await app.ask(payload)).tokens.slice(3), payload).to.deep.equal(expected);
      if (closes) await app.closed;
      else expect((await app.ask('ping')).tokens[4]).to.equal('pong');
      app.close();
    }
  });

  it('takes frames cut anywhere, many at once, and up to 1 MiB', async () => {
    const app = await RawApp.connect(engine.controlPort, engine.secret);
    const frame = 'm1|ping';
    for (const byte of `${frame.length}#${frame}`) {
      app.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await app.inbox.next((answer) => answer.tokens[2] === 'm1', 'the pong');
    app.socket.write('6#x|ping'.repeat(2_000));
    await until(
      'all are answered',
      () => app.inbox.all.filter((answer) => answer.tokens[2] === 'x').length === 2_000,
    );
    const bob = await SipPeer.udp('bob', engine.sipPort);
    const body = 'y'.repeat(30_000);
    await app.request('MESSAGE', `sip:bob@127.0.0.1:${bob.port};transport=udp`, {
      headers: ['Content-Type: text/plain'],
      body,
    });
    expect((await bob.next(/^MESSAGE/)).endsWith(body)).to.equal(true);
    const large = `l|ping|${'z'.repeat(1024 * 1024 - 10)}`;
    app.socket.write(`${large.length}#${large}`);
    await app.inbox.next((answer) => answer.tokens[2] === 'l', 'the pong');
    app.socket.write('9999999#');
    await app.inbox.next((answer) => answer.tokens[4] === 'frame too large', 'the refusal');
    await app.closed;
    bob.close();
  });

  it('cuts an app that does not read, and goes on serving', async () => {
    const stuck = await RawApp.connect(engine.controlPort, engine.secret);
    stuck.socket.pause();
    const flood = '6#x|ping'.repeat(20_000);
    while ((await readMetric(engine.statusPath, 'apps')) > 0) stuck.socket.write(flood);
    const app = await RawApp.connect(engine.controlPort, engine.secret);
    expect((await app.ask('ping')).tokens[4]).to.equal('pong');
    app.close();
    stuck.close();
  }).timeout(30_000);

  it('serves health and metrics on its socket', async () => {
    expect(JSON.parse(await readStatus(engine.statusPath, '/healthz'))).to.include({ ready: true });
    expect(await readStatus(engine.statusPath, '/metrics')).to.contain('hearthline_sip_dialogs 0');
  });

  it('lists the calls that are up, by app, and no longer once they are being ended', async () => {
    const app = await RawApp.connect(engine.controlPort, engine.secret, 'lister', ['invite']);
    const other = await RawApp.connect(engine.controlPort, engine.secret, 'other');
    const alice = await SipPeer.udp('alice', engine.sipPort);
    const list = async (query = '') =>
      (JSON.parse(await readStatus(engine.statusPath, `/dialogs${query}`)) as { dialogs: string[] }).dialogs;
    const invite = alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    expect(await list()).to.deep.equal([]);
    const sent = await app.reply(offered, '200 OK', { body: SDP });
    alice.inDialog('ACK', invite, await alice.next(/200 OK/), 1);
    const dialogId = sent.tokens[11] as string;
    expect(await list()).to.deep.equal([dialogId]);
    expect(await list('?tag=lister')).to.deep.equal([dialogId]);
    expect(await list('?tag=other')).to.deep.equal([]);
    await app.inDialog('BYE', dialogId);
    await alice.next(/^BYE/);
    // The peer has not answered: the dialog is there, the call is not.
    expect(await readMetric(engine.statusPath, 'dialogs')).to.equal(1);
    expect(await list()).to.deep.equal([]);
    for (const one of [app, other, alice]) one.close();
  });

  it('refuses bad settings with exit code 2', () => {
    const run = spawnSync(process.execPath, ['--import', 'tsx', ENTRY], {
      env: { ...process.env, HEARTHLINE_SIP_SECRET: 's', HEARTHLINE_SIP_CONTROL: '0.0.0.0:9022' },
      encoding: 'utf8',
      timeout: 15_000,
    });
    expect(run.status).to.equal(2);
    expect(run.stderr).to.equal(
      'sip engine: HEARTHLINE_SIP_CONTROL must be a loopback address, not "0.0.0.0"\n',
    );
  });

  it('stops within two seconds with calls up', async () => {
    const other = await startSipEngine();
    const app = await RawApp.connect(other.controlPort, other.secret, '', ['invite']);
    const alice = await SipPeer.udp('alice', other.sipPort);
    alice.start('INVITE', { body: SDP });
    await app.sip(/^INVITE/);
    const start = performance.now();
    await other.stop();
    expect(performance.now() - start).to.be.lessThan(2_000);
    expect(other.exitCode()).to.equal(0);
    alice.close();
    app.close();
  });
});
