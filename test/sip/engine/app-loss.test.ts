/** An app that goes away, as a crash or a restart does: no caller is left hanging, established calls go on. */
import { expect } from 'chai';
import { startSipEngine } from '../../support/sip-engine.ts';
import type { SipEngineHandle } from '../../support/sip-engine.ts';
import { RawApp, SDP, SipPeer, header } from './peer.ts';

const ROUTES = ['invite', 'register'];

describe('sip engine: an app that goes away', () => {
  let engine: SipEngineHandle;
  let alice: SipPeer;

  const connect = (tag = 'cc', routes = ROUTES): Promise<RawApp> =>
    RawApp.connect(engine.controlPort, engine.secret, tag, routes);

  beforeEach(async () => {
    engine = await startSipEngine({
      env: { HEARTHLINE_SIP_INVITE_HOLD_MS: '1500', HEARTHLINE_SIP_GRACE_SEC: '2' },
    });
    alice = await SipPeer.udp('alice', engine.sipPort);
  });
  afterEach(async () => {
    alice.close();
    await engine.stop();
  });

  async function answeredCall(app: RawApp): Promise<{ invite: string; ok: string; dialogId: string }> {
    const invite = alice.start('INVITE', { body: SDP });
    const sent = await app.reply(await app.sip(/^INVITE/), '200 OK', { body: SDP });
    const ok = await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, ok, 1);
    await app.sip(/^ACK/);
    return { invite, ok, dialogId: sent.tokens[11] as string };
  }

  it('holds an INVITE for the first app to come', async () => {
    alice.start('INVITE', { body: SDP });
    await alice.next(/100/);
    const app = await connect();
    await app.reply(await app.sip(/^INVITE/), '486 Busy Here');
    await alice.next(/486/);
    app.close();
  });

  it('refuses with Retry-After when none comes', async () => {
    alice.start('INVITE', { body: SDP });
    expect(header(await alice.next(/503/), 'Retry-After')).to.match(/^\d+$/);
    const registrar = await SipPeer.udp('phone', engine.sipPort);
    registrar.start('REGISTER');
    expect(header(await registrar.next(/503/), 'Retry-After')).to.match(/^\d+$/);
    registrar.close();
  });

  it('offers unanswered calls of a lost app to another, with the To tag they have', async () => {
    const first = await connect();
    alice.start('INVITE', { body: SDP });
    const offered = await first.sip(/^INVITE/);
    await first.reply(offered, '180 Ringing');
    const to = header(await alice.next(/180/), 'To');
    const second = await connect();
    first.close();
    const again = await second.sip(/^INVITE/);
    expect(again.tokens[8]).not.to.equal(offered.tokens[8]);
    await second.reply(again, '200 OK', { body: SDP });
    expect(header(await alice.next(/200 OK/), 'To')).to.equal(to);
    second.close();
  });

  it('cancels the calls that a lost app was making, and hangs up one that answers all the same', async () => {
    const app = await connect();
    const bob = await SipPeer.udp('bob', engine.sipPort);
    await app.request('INVITE', `sip:bob@127.0.0.1:${bob.port}`, { body: SDP });
    await app.request('INVITE', `sip:bob2@127.0.0.1:${bob.port}`, { body: SDP });
    const one = await bob.next(/^INVITE sip:bob@/);
    const two = await bob.next(/^INVITE sip:bob2@/);
    bob.answer(one, '180 Ringing', { tag: 'one' });
    await app.sip(/180/);
    app.close();
    const cancel = await bob.next(/^CANCEL sip:bob@/);
    bob.answer(cancel, '200 OK');
    bob.answer(one, '487 Request Terminated', { tag: 'one' });
    await bob.next(/^ACK sip:bob@/);
    bob.answer(two, '200 OK', { tag: 'two', body: SDP });
    await bob.next(/^ACK/);
    expect(header(await bob.next(/^BYE/), 'To')).to.contain('tag=two');
    bob.close();
  });

  it('keeps dialogs for the next app of the tag, with what came meanwhile', async () => {
    const first = await connect();
    const { invite, ok, dialogId } = await answeredCall(first);
    first.close();
    const info = alice.inDialog('INFO', invite, ok, 2);
    alice.send(info);
    const stranger = await connect('other');
    const second = await connect();
    const shown = await second.sip(/^INFO/);
    expect(shown.tokens[9]).to.equal(dialogId);
    await second.reply(shown, '200 OK');
    await alice.next(/200 OK/);
    await second.inDialog('INFO', dialogId);
    alice.answer(await alice.next(/^INFO/), '200 OK');
    await second.sip(/200 OK/);
    alice.inDialog('BYE', invite, ok, 3);
    await second.reply(await second.sip(/^BYE/), '200 OK');
    await alice.next(/200 OK/);
    expect(stranger.inbox.all.filter((frame) => frame.tokens[1] === 'sip')).to.have.length(0);
    stranger.close();
    second.close();
  });

  it('lets any connection speak in a dialog, which is its own from then on', async () => {
    const first = await connect('one');
    const { invite, ok, dialogId } = await answeredCall(first);
    const second = await connect('two');
    await second.inDialog('INFO', dialogId);
    alice.answer(await alice.next(/^INFO/), '200 OK');
    await second.sip(/200 OK/);
    alice.inDialog('BYE', invite, ok, 2);
    await second.reply(await second.sip(/^BYE/), '200 OK');
    await alice.next(/200 OK/);
    first.close();
    second.close();
  });

  it('answers and hangs up what is left at the end of the grace time', async () => {
    const app = await connect();
    const one = await answeredCall(app);
    const two = await answeredCall(app);
    const three = await answeredCall(app);
    app.close();
    alice.inDialog('BYE', one.invite, one.ok, 2);
    alice.inDialog('INFO', two.invite, two.ok, 2);
    const bye = await alice.next(/^BYE/);
    const other = await alice.next(/^BYE/);
    const ids = [header(bye, 'Call-ID'), header(other, 'Call-ID')].toSorted();
    expect(ids).to.deep.equal([header(two.invite, 'Call-ID'), header(three.invite, 'Call-ID')].toSorted());
    expect(header(bye, 'Reason')).to.contain('application gone');
    expect(header(await alice.next(/200 OK/), 'CSeq')).to.equal('2 BYE');
    expect(header(await alice.next(/503/), 'CSeq')).to.equal('2 INFO');
  });

  it('hangs up a call whose answer the lost app never acknowledged', async () => {
    const app = await connect();
    const bob = await SipPeer.udp('bob', engine.sipPort);
    await app.request('INVITE', `sip:bob@127.0.0.1:${bob.port}`, { body: SDP });
    bob.answer(await bob.next(/^INVITE/), '200 OK', { body: SDP });
    await app.sip(/200 OK/);
    app.close();
    await bob.next(/^ACK/);
    await bob.next(/^BYE/);
    bob.close();
  });

  it('goes round the apps of a verb, and counts one that registers twice once', async () => {
    const one = await connect('a');
    const two = await connect('b');
    await one.ask('route|invite');
    for (let i = 0; i < 6; i++) alice.start('INVITE', { body: SDP });
    for (let i = 0; i < 3; i++) {
      await one.reply(await one.sip(/^INVITE/), '486 Busy Here');
      await two.reply(await two.sip(/^INVITE/), '486 Busy Here');
    }
    await one.ask('remove_route|invite');
    alice.start('INVITE', { body: SDP });
    await two.reply(await two.sip(/^INVITE/), '486 Busy Here');
    alice.start('REGISTER');
    alice.start('REGISTER');
    await one.reply(await one.sip(/^REGISTER/), '200 OK');
    await two.reply(await two.sip(/^REGISTER/), '200 OK');
    one.close();
    two.close();
  });
});
