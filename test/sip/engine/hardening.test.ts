/** What a stranger can send: nothing of it stops the engine, fills its memory or makes it speak to others. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { expect } from 'chai';
import { readMetric, startSipEngine } from '../../support/sip-engine.ts';
import type { SipEngineHandle } from '../../support/sip-engine.ts';
import { RawApp, SDP, SipPeer, header, until } from './peer.ts';

const MAX_HALF_OPEN = 20;

describe('sip engine: hostile input', () => {
  let engine: SipEngineHandle;
  let alice: SipPeer;
  let app: RawApp | undefined;

  before(async () => {
    engine = await startSipEngine({
      env: {
        HEARTHLINE_SIP_MAX_HALF_OPEN: String(MAX_HALF_OPEN),
        HEARTHLINE_SIP_MAX_TRANSACTIONS: '400',
        HEARTHLINE_SIP_T1_MS: '20',
        HEARTHLINE_SIP_T2_MS: '80',
        HEARTHLINE_SIP_T4_MS: '80',
        HEARTHLINE_SIP_INVITE_HOLD_MS: '300',
      },
    });
  });
  after(() => engine.stop());

  // What one test left open must neither count against the limits of the next nor answer in its place.
  beforeEach(async () => {
    await until(
      'the engine has forgotten all before',
      async () => (await readMetric(engine.statusPath, 'server_transactions')) === 0,
      8_000,
    );
    alice = await SipPeer.udp('alice', engine.sipPort);
  });
  afterEach(() => {
    alice.close();
    app?.close();
    app = undefined;
  });

  async function isAlive(): Promise<void> {
    const probe = await SipPeer.udp('probe', engine.sipPort);
    await until('the engine answers', async () => {
      probe.start('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` });
      return probe.next(/200 OK/, 300).then(
        () => true,
        () => false,
      );
    });
    probe.close();
    expect(await readMetric(engine.statusPath, 'faults_total')).to.equal(0);
  }

  it('answers OPTIONS to itself without an app', isAlive);

  it('answers 400 to a malformed request, and nothing to a malformed ACK or response', async () => {
    const invite = alice.request('INVITE', { body: SDP });
    alice.send(invite.replace(/CSeq: .*/, 'CSeq: x'));
    const refused = await alice.next(/400 Bad Request/);
    expect(header(refused, 'Call-ID')).to.equal(header(invite, 'Call-ID'));
    const seen = alice.inbox.all.length;
    alice.send(alice.request('ACK').replace(/CSeq: .*/, 'CSeq: x'));
    alice.send(alice.request('INVITE').replace(/^INVITE.*/, 'SIP/2.0 200 OK'));
    alice.send(alice.request('INVITE').replace(/^INVITE.*/, 'SIP/2.0 999 OK'));
    await isAlive();
    expect(alice.inbox.all.length).to.equal(seen);
  });

  it('survives noise, cut and mutated messages over UDP', async () => {
    const good = alice.request('INVITE', { body: SDP });
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(good, 'latin1');
      for (let n = 0; n < 4; n++)
        bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
      alice.send(bytes.subarray(0, 20 + Math.floor(Math.random() * bytes.length)).toString('latin1'));
      if (i % 10 === 0) alice.send(randomBytes(200).toString('latin1'));
    }
    await isAlive();
  });

  it('closes a stream that cannot be followed, and goes on with others', async () => {
    for (const text of [
      'x'.repeat(80_000),
      'INVITE a SIP/2.0\r\nContent-Length: -1\r\n\r\n',
      '\r\n'.repeat(64),
    ]) {
      const socket = connect(engine.sipPort, '127.0.0.1');
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.write(text);
      await closed;
    }
    const phone = await SipPeer.tcp('phone', engine.sipPort);
    const options = phone.request('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` });
    phone.send(options.slice(0, 30));
    await new Promise((resolve) => setImmediate(resolve));
    phone.send(options.slice(30) + phone.request('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` }));
    await phone.next(/200 OK/);
    await phone.next(/200 OK/);
    phone.close();
  });

  it('bounds the INVITEs without an answer of one source, and lets go of them', async () => {
    const taker = await RawApp.connect(engine.controlPort, engine.secret, '', ['invite']);
    app = taker;
    for (let i = 0; i < MAX_HALF_OPEN; i++) alice.start('INVITE', { body: SDP });
    const offered = [];
    for (let i = 0; i < MAX_HALF_OPEN; i++) offered.push(await taker.sip(/^INVITE/));
    const extra = alice.start('INVITE', { body: SDP });
    const refused = await alice.next(/503/);
    expect(header(refused, 'Call-ID')).to.equal(header(extra, 'Call-ID'));
    expect(header(refused, 'Retry-After')).to.match(/^\d+$/);
    for (const request of offered) await taker.reply(request, '486 Busy Here');
    alice.start('INVITE', { body: SDP });
    await taker.reply(await taker.sip(/^INVITE/), '486 Busy Here');
  });

  it('bounds all transactions together and comes back', async () => {
    const flood = await SipPeer.udp('flood', engine.sipPort);
    for (let i = 0; i < 600; i++) flood.start('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` });
    await flood.next(/503/);
    await until(
      'transactions are forgotten',
      async () => (await readMetric(engine.statusPath, 'server_transactions')) < 50,
    );
    flood.close();
    await isAlive();
  });

  it('keeps nothing behind once calls have ended', async () => {
    const taker = await RawApp.connect(engine.controlPort, engine.secret, '', ['invite']);
    app = taker;
    for (let i = 0; i < 50; i++) {
      const invite = alice.start('INVITE', { body: SDP });
      const sent = await taker.reply(await taker.sip(/^INVITE/), '200 OK', { body: SDP });
      // T1 is 20 ms here: on a busy machine the engine says things again, and the copies come in the next call.
      const ok = await alice.nextOf(invite, /200 OK/);
      alice.inDialog('ACK', invite, ok, 1);
      await taker.sip(/^ACK/);
      await taker.inDialog('BYE', sent.tokens[11] as string);
      alice.answer(await alice.nextOf(invite, /^BYE/), '200 OK');
      await taker.sip(/200 OK/);
    }
    const gauges = [
      'dialogs',
      'server_transactions',
      'client_transactions',
      'open_app_requests',
      'held_requests',
      'timers',
    ];
    await until('every table is empty', async () => {
      for (const gauge of gauges) if ((await readMetric(engine.statusPath, gauge)) !== 0) return false;
      return true;
    });
  });
});
