/** Calls that come in, seen from the wire and from the control port: the normal course and every race of RFC 3261. */
import { expect } from 'chai';
import { startSipEngine } from '../../support/sip-engine.ts';
import type { SipEngineHandle } from '../../support/sip-engine.ts';
import { RawApp, SDP, SipPeer, header, startLine, until } from './peer.ts';

const T1_MS = 40;

describe('sip engine: incoming calls', () => {
  let engine: SipEngineHandle;
  let app: RawApp;
  let alice: SipPeer;

  before(async () => {
    engine = await startSipEngine({
      env: { HEARTHLINE_SIP_T1_MS: String(T1_MS), HEARTHLINE_SIP_T2_MS: '160', HEARTHLINE_SIP_T4_MS: '200' },
    });
  });
  after(() => engine.stop());

  beforeEach(async () => {
    app = await RawApp.connect(engine.controlPort, engine.secret, 'test', ['invite', 'subscribe', 'info']);
    alice = await SipPeer.udp('alice', engine.sipPort);
  });
  afterEach(() => {
    app.close();
    alice.close();
  });

  async function answeredCall(
    headers: string[] = [],
  ): Promise<{ invite: string; ok: string; dialogId: string }> {
    const invite = alice.start('INVITE', { body: SDP, headers });
    const offered = await app.sip(/^INVITE/);
    const sent = await app.reply(offered, '200 OK', { body: SDP });
    const ok = await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, ok, 1);
    await app.sip(/^ACK/);
    return { invite, ok, dialogId: sent.tokens[11] as string };
  }

  it('goes 100, 180, 200, ACK, BYE, with one To tag and the dialog id of the caller', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    const trying = await alice.next(/100 Trying/);
    expect(header(trying, 'To')).not.to.contain('tag=');
    const offered = await app.sip(/^INVITE/);
    expect(offered.tokens.slice(2, 3)).to.deep.equal(['network']);
    expect(offered.tokens[4]).to.equal('udp');
    expect(offered.tokens[6]).to.equal(String(alice.port));
    expect(offered.tokens[9]).to.equal('');
    expect(offered.tokens[10]).to.equal('127.0.0.1');
    expect(offered.tokens[11]).to.equal(String(engine.sipPort));
    expect(header(offered.sip, 'Via')).to.contain(`rport=${alice.port}`);
    expect(offered.sip.endsWith(SDP)).to.equal(true);

    const ringing = await app.reply(offered, '180 Ringing', { headers: ['x-app: yes'] });
    const callId = header(invite, 'Call-ID');
    const fromTag = /tag=(.*)$/.exec(header(invite, 'From'))?.[1];
    expect(ringing.tokens[11]).to.equal(`${callId};from-tag=${fromTag}`);
    const onTheWire = await alice.next(/180 Ringing/);
    expect(header(onTheWire, 'x-app')).to.equal('yes');

    await app.reply(offered, '200 OK', { body: SDP });
    const ok = await alice.next(/200 OK/);
    expect(header(ok, 'To')).to.equal(header(onTheWire, 'To'));
    expect(header(ok, 'Contact')).to.equal(`<sip:127.0.0.1:${engine.sipPort}>`);
    expect(header(ok, 'Content-Type')).to.equal('application/sdp');

    alice.inDialog('ACK', invite, ok, 1);
    const ack = await app.sip(/^ACK/);
    expect(ack.tokens[8]).to.equal(offered.tokens[8]);

    alice.inDialog('BYE', invite, ok, 2);
    const bye = await app.sip(/^BYE/);
    expect(bye.tokens[9]).to.equal(ringing.tokens[11]);
    const done = await app.reply(bye, '200 OK');
    expect(done.tokens[11]).to.equal('');
    await alice.next(/200 OK/);
    alice.inDialog('INFO', invite, ok, 3);
    await alice.next(/481/);
  });

  it('takes the To tag that the app chooses', async () => {
    alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    await app.reply(offered, '180 Ringing', { headers: ['To: <sip:1001@x>;tag=chosen'] });
    expect(header(await alice.next(/180/), 'To')).to.match(/;tag=chosen$/);
    await app.reply(offered, '486 Busy Here');
  });

  it('shows a repeated INVITE to the app once and answers it from memory', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    await app.reply(offered, '180 Ringing');
    await alice.next(/180/);
    alice.send(invite);
    await alice.next(/180/);
    await app.reply(offered, '486 Busy Here');
    const busy = await alice.next(/486/);
    alice.send(alice.request('ACK', ackOptions(invite, busy)));
    expect(app.inbox.all.filter((frame) => frame.sip.startsWith('INVITE'))).to.have.length(1);
  });

  it('repeats a 486 until its ACK, then no more, and never shows that ACK', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    await app.reply(await app.sip(/^INVITE/), '486 Busy Here');
    const first = await alice.next(/486/);
    await alice.next(/486/);
    alice.send(alice.request('ACK', ackOptions(invite, first)));
    // Whatever was under way when the ACK left has arrived once a later exchange has.
    alice.start('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` });
    await alice.next(/200 OK/);
    const seen = alice.count(/486/);
    await new Promise((resolve) => setTimeout(resolve, T1_MS * 8));
    expect(alice.count(/486/)).to.equal(seen);
    expect(app.inbox.all.some((frame) => frame.sip.startsWith('ACK'))).to.equal(false);
  });

  it('repeats a 200 until the ACK', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    await app.reply(await app.sip(/^INVITE/), '200 OK', { body: SDP });
    const ok = await alice.next(/200 OK/);
    await alice.next(/200 OK/);
    await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, ok, 1);
    await app.sip(/^ACK/);
    alice.inDialog('ACK', invite, ok, 1);
    alice.start('OPTIONS', { uri: `sip:127.0.0.1:${engine.sipPort}` });
    await alice.next(/^SIP\/2\.0 200/);
    expect(app.inbox.all.filter((frame) => frame.sip.startsWith('ACK'))).to.have.length(1);
  });

  it('hangs up and tells the app when no ACK comes', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    await app.reply(await app.sip(/^INVITE/), '200 OK', { body: SDP });
    await alice.next(/200 OK/);
    const bye = await alice.next(/^BYE/, 10_000);
    expect(header(bye, 'Reason')).to.equal('SIP;cause=200;text="ACK timeout"');
    expect(header(bye, 'Call-ID')).to.equal(header(invite, 'Call-ID'));
    alice.answer(bye, '200 OK');
    const told = await app.sip(/^BYE/);
    expect(told.tokens[2]).to.equal('application');
    expect(told.tokens[8]).to.equal('unsolicited');
  }).timeout(15_000);

  it('answers a CANCEL by itself while the app is silent, and refuses the late answer', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    alice.send(cancelOf(invite, ['Reason: SIP;cause=200']));
    expect(header(await alice.next(/200 OK/), 'CSeq')).to.equal('1 CANCEL');
    const terminated = await alice.next(/487/);
    alice.send(alice.request('ACK', ackOptions(invite, terminated)));
    const cancel = await app.sip(/^CANCEL/);
    expect(cancel.tokens[8]).to.equal(offered.tokens[8]);
    expect(cancel.tokens[9]).to.equal('');
    expect(header(cancel.sip, 'Reason')).to.equal('SIP;cause=200');
    const late = await app.reply(offered, '200 OK', { body: SDP });
    expect(late.tokens.slice(3)).to.deep.equal(['NOK', 'Response not sent due to unknown transaction']);
  });

  it('keeps the To tag through a CANCEL after 180', async () => {
    const invite = alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    const ringing = await app.reply(offered, '180 Ringing');
    const to = header(await alice.next(/180/), 'To');
    alice.send(cancelOf(invite));
    expect(header(await alice.next(/200 OK/), 'To')).to.equal(to);
    expect(header(await alice.next(/487/), 'To')).to.equal(to);
    expect((await app.sip(/^CANCEL/)).tokens[9]).to.equal(ringing.tokens[11]);
  });

  it('refuses a CANCEL after the 200 and one that matches nothing', async () => {
    const { invite } = await answeredCall();
    alice.send(cancelOf(invite));
    await alice.next(/481/);
    alice.start('CANCEL');
    await alice.next(/481/);
  });

  it('passes re-INVITE, INFO, UPDATE and REFER in the dialog', async () => {
    const { invite, ok, dialogId } = await answeredCall();
    alice.inDialog('INVITE', invite, ok, 2, { body: SDP });
    const again = await app.sip(/^INVITE/);
    expect(again.tokens[9]).to.equal(dialogId);
    await app.reply(again, '200 OK', { body: SDP });
    await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, ok, 2);
    const ack = await app.sip(/^ACK/);
    expect(ack.tokens[8]).not.to.equal(again.tokens[8]);
    let cseq = 3;
    for (const method of ['INFO', 'UPDATE', 'REFER', 'MESSAGE', 'OPTIONS', 'NOTIFY']) {
      alice.inDialog(method, invite, ok, cseq++);
      const shown = await app.sip(new RegExp(`^${method}`));
      expect(shown.tokens[9]).to.equal(dialogId);
      await app.reply(shown, '200 OK');
      await alice.next(/200 OK/);
    }
    alice.inDialog('INFO', invite, ok, 2);
    await alice.next(/500/);
  });

  it('sends re-INVITE, INFO, REFER and BYE of the app to the target and along the route set', async () => {
    const proxy = await SipPeer.udp('proxy', engine.sipPort);
    const { dialogId } = await answeredCall([
      `Record-Route: <sip:127.0.0.1:${proxy.port};lr>`,
      'Record-Route: <sip:far.example.com;lr>',
    ]);
    const sent = app.inDialog('INFO', dialogId, { headers: ['content-type: text/plain'], body: 'hello' });
    const info = await proxy.next(/^INFO/);
    expect(startLine(info)).to.equal(`INFO ${alice.contactUri} SIP/2.0`);
    expect(info).to.contain(`Route: <sip:127.0.0.1:${proxy.port};lr>\r\nRoute: <sip:far.example.com;lr>\r\n`);
    proxy.answer(info, '200 OK');
    const answered = await app.sip(/200 OK/);
    expect(answered.tokens[8]).to.equal((await sent).tokens[10]);
    await app.inDialog('BYE', dialogId);
    proxy.answer(await proxy.next(/^BYE/), '200 OK');
    await app.sip(/200 OK/);
    const gone = await app.inDialog('INFO', dialogId);
    expect(gone.tokens.slice(3)).to.deep.equal([
      'NOK',
      'Server error: unable to find dialog for dialog id provided',
    ]);
    proxy.close();
  });

  it('follows a strict router', async () => {
    const proxy = await SipPeer.udp('proxy', engine.sipPort);
    const { dialogId } = await answeredCall([`Record-Route: <sip:127.0.0.1:${proxy.port}>`]);
    await app.inDialog('INFO', dialogId);
    const info = await proxy.next(/^INFO/);
    expect(startLine(info)).to.equal(`INFO sip:127.0.0.1:${proxy.port} SIP/2.0`);
    expect(header(info, 'Route')).to.equal(`<${alice.contactUri}>`);
    proxy.answer(info, '200 OK');
    proxy.close();
  });

  it('refuses a re-INVITE that crosses its own with 491', async () => {
    const { invite, ok, dialogId } = await answeredCall();
    await app.inDialog('INVITE', dialogId, { body: SDP });
    const ours = await alice.next(/^INVITE/);
    alice.inDialog('INVITE', invite, ok, 2, { body: SDP });
    const refused = await alice.next(/491/);
    expect(header(refused, 'CSeq')).to.equal('2 INVITE');
    alice.answer(ours, '200 OK', { body: SDP });
    await app.sip(/200 OK/);
    await app.inDialog('ACK', dialogId);
    expect(header(await alice.next(/^ACK/), 'CSeq')).to.equal(header(ours, 'CSeq').replace('INVITE', 'ACK'));
  });

  it('sends a provisional response reliably until its PRACK', async () => {
    const invite = alice.start('INVITE', { body: SDP, headers: ['Supported: timer, 100rel'] });
    const offered = await app.sip(/^INVITE/);
    await app.reply(offered, '183 Session Progress', { headers: ['Require: 100rel'], body: SDP });
    const progress = await alice.next(/183/);
    await alice.next(/183/);
    alice.inDialog('PRACK', invite, progress, 2, { headers: [`RAck: ${header(progress, 'RSeq')} 1 INVITE`] });
    const prack = await app.sip(/^PRACK/);
    expect(prack.tokens[9]).to.match(/;from-tag=/);
    await app.reply(prack, '200 OK');
    await alice.next(/200 OK/);
    alice.inDialog('PRACK', invite, progress, 3, { headers: ['RAck: 1 1 INVITE'] });
    await alice.next(/481/);
    await app.reply(offered, '200 OK', { body: SDP });
    await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, progress, 1);
    await app.sip(/^ACK/);
  });

  it('does not send reliably to a peer that cannot', async () => {
    alice.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    const answer = await app.reply(offered, '183 Session Progress', { headers: ['Require: 100rel'] });
    expect(answer.tokens.slice(3)).to.deep.equal(['NOK', 'Remote endpoint does not support 100rel']);
    await app.reply(offered, '486 Busy Here');
  });

  it('makes a subscription dialog and ends it with the last NOTIFY', async () => {
    alice.start('SUBSCRIBE', { headers: ['Event: presence', 'Expires: 60'] });
    const offered = await app.sip(/^SUBSCRIBE/);
    const sent = await app.reply(offered, '202 Accepted', { headers: ['Expires: 60'] });
    const dialogId = sent.tokens[11] as string;
    expect(header(await alice.next(/202/), 'Contact')).to.equal(`<sip:127.0.0.1:${engine.sipPort}>`);
    await app.inDialog('NOTIFY', dialogId, { headers: ['Event: presence', 'Subscription-State: active'] });
    alice.answer(await alice.next(/^NOTIFY/), '200 OK');
    await app.sip(/200 OK/);
    await app.inDialog('NOTIFY', dialogId, {
      headers: ['Event: presence', 'Subscription-State: terminated'],
    });
    alice.answer(await alice.nextNew(/^NOTIFY/), '200 OK');
    await app.sip(/200 OK/);
    expect((await app.inDialog('NOTIFY', dialogId)).tokens[3]).to.equal('NOK');
  });

  it('answers on the connection that a request came on, and calls back over it', async () => {
    const phone = await SipPeer.tcp('phone', engine.sipPort);
    const invite = phone.start('INVITE', { body: SDP });
    const offered = await app.sip(/^INVITE/);
    expect(offered.tokens[4]).to.equal('tcp');
    const sent = await app.reply(offered, '200 OK', { body: SDP });
    const ok = await phone.next(/200 OK/);
    expect(header(ok, 'Contact')).to.contain(';transport=tcp');
    phone.inDialog('ACK', invite, ok, 1);
    await app.sip(/^ACK/);
    await app.inDialog('BYE', sent.tokens[11] as string);
    phone.answer(await phone.next(/^BYE/), '200 OK');
    await app.sip(/200 OK/);
    phone.close();
  });

  it('sends answers to the source address, whatever the Via says', async () => {
    alice.start('OPTIONS', {
      uri: `sip:127.0.0.1:${engine.sipPort}`,
      via: 'Via: SIP/2.0/UDP 192.0.2.1:5999;branch=z9hG4bKnat1',
    });
    const ok = await alice.next(/200 OK/);
    expect(header(ok, 'Via')).to.contain(`;received=127.0.0.1`);
    expect(header(ok, 'Via')).to.contain(`;rport=${alice.port}`);
  });

  it('calls a peer behind address translation where its INVITE came from', async () => {
    const invite = alice.start('INVITE', { body: SDP, contact: 'sip:alice@192.168.77.77:5060' });
    const sent = await app.reply(await app.sip(/^INVITE/), '200 OK', { body: SDP });
    const ok = await alice.next(/200 OK/);
    alice.inDialog('ACK', invite, ok, 1);
    await app.sip(/^ACK/);
    await app.inDialog('BYE', sent.tokens[11] as string);
    const bye = await alice.next(/^BYE/);
    expect(startLine(bye)).to.equal('BYE sip:alice@192.168.77.77:5060 SIP/2.0');
    alice.answer(bye, '200 OK');
    await app.sip(/200 OK/);
  });

  it('answers methods, extensions and dialogs that it does not know', async () => {
    alice.start('FROBNICATE');
    expect(header(await alice.next(/501/), 'Allow')).to.contain('INVITE');
    alice.start('OPTIONS', { headers: ['Require: nothing-knows-this'] });
    expect(header(await alice.next(/420/), 'Unsupported')).to.equal('nothing-knows-this');
    alice.start('BYE');
    await alice.next(/481/);
    alice.start('INVITE', { to: '<sip:x@y>;tag=nope' });
    await alice.next(/481/);
    alice.start('INVITE', { body: 'x', contentType: 'application/unknown' });
    await alice.next(/415/);
    await until('nothing was offered', () => app.inbox.unread.length === 0);
  });

  function ackOptions(
    invite: string,
    answer: string,
  ): { branch: string; from: string; to: string; callId: string } {
    return {
      branch: /branch=([^;\r\n]+)/.exec(invite)?.[1] as string,
      from: header(invite, 'From'),
      to: header(answer, 'To'),
      callId: header(invite, 'Call-ID'),
    };
  }

  function cancelOf(invite: string, headers: string[] = []): string {
    return alice.request('CANCEL', {
      branch: /branch=([^;\r\n]+)/.exec(invite)?.[1] as string,
      from: header(invite, 'From'),
      callId: header(invite, 'Call-ID'),
      headers,
    });
  }
});
