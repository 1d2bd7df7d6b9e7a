// The unmodified drachtio-srf client on our engine: what call control is written against must work whole.
// The far end is a phone written by hand, so that each side is judged by the other.

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { headerOf, methodOf, tagOf } from '../../support/transcripts/sip-text.ts';
import { expectNoFault } from './engine-health.ts';
import { offer, Phone } from './phone.ts';
import {
  connectApp,
  once,
  type App,
  type AppDialog,
  type AppMessage,
  type AppRequest,
  type AppResponse,
} from './srf-app.ts';

type Engine = SipEngineHandle;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the drachtio-srf client on our engine', function () {
  this.timeout(10_000);
  let engine: Engine;
  let alice: Phone;
  let bob: Phone;
  const apps: App[] = [];
  const open = async (routes: (app: App) => void = () => undefined, tags: string[] = []): Promise<App> => {
    const app = await connectApp(engine, tags, routes);
    apps.push(app);
    return app;
  };

  before(async () => {
    engine = await startSipEngine();
  });
  beforeEach(async () => {
    alice = await Phone.open('alice', engine.sipPort);
    bob = await Phone.open('bob', engine.sipPort);
  });
  afterEach(() => {
    for (const app of apps.splice(0)) app.disconnect();
    alice.close();
    bob.close();
  });
  afterEach(() => expectNoFault(engine));
  after(async () => engine?.stop());

  it('createUAS: 180, 200, ACK, BYE from the caller', async () => {
    const dialogs: Promise<AppDialog>[] = [];
    const app = await open((a) => {
      a.invite((req, res) => {
        res.send(180);
        dialogs.push(a.createUAS(req, res, { localSdp: offer(41_000) }));
      });
    });
    expect(app).to.be.an('object');
    const call = alice.callTo('1001');
    alice.send(call, 'INVITE', { body: offer() });
    const ringing = await alice.endpoint.next('SIP/2.0 180');
    const answered = await alice.established(call);
    expect(tagOf(answered, 'to')).to.equal(tagOf(ringing, 'to'));
    expect(answered.body).to.contain('m=audio 41000');
    const dialog = await dialogs[0];
    if (dialog === undefined) throw new Error('no dialog');
    expect(dialog.id).to.equal(`${call.callId};from-tag=${call.localTag}`);
    const ended = once<AppMessage>(dialog, 'destroy');
    alice.send(call, 'BYE', { headers: ['Reason: Q.850;cause=16'] });
    expect((await ended).get('Reason')).to.equal('Q.850;cause=16');
    await alice.endpoint.next('SIP/2.0 200');
  });

  it('destroy: the app hangs up', async () => {
    let dialog: Promise<AppDialog> | undefined;
    await open((a) => a.invite((req, res) => void (dialog = a.createUAS(req, res, { localSdp: offer() }))));
    await alice.establish('1001');
    const destroyed = (await dialog)?.destroy({ headers: { Reason: 'Q.850;cause=31' } });
    const bye = await alice.endpoint.next('BYE');
    expect(headerOf(bye, 'reason')).to.equal('Q.850;cause=31');
    alice.answer(bye, '200 OK');
    await destroyed;
  });

  it('an app refuses, and a caller gives up before and after ringing', async () => {
    const cancels: Promise<AppMessage>[] = [];
    await open((a) => {
      a.invite((req, res) => {
        if (req.uri.includes('busy')) return res.send(486);
        cancels.push(once(req, 'cancel'));
        if (req.uri.includes('ring')) res.send(180);
      });
    });
    const refused = alice.callTo('busy');
    alice.send(refused, 'INVITE', { body: offer() });
    alice.ackRefusal(refused, await alice.endpoint.next('SIP/2.0 486'));
    for (const user of ['silent', 'ring']) {
      const call = alice.callTo(user);
      alice.send(call, 'INVITE', { body: offer() });
      await alice.endpoint.next(user === 'ring' ? 'SIP/2.0 180' : 'SIP/2.0 100');
      while (cancels.length < (user === 'ring' ? 2 : 1))
        await new Promise((resolve) => setTimeout(resolve, 5));
      alice.send(call, 'CANCEL', { headers: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] });
      expect(methodOf(await alice.endpoint.next('SIP/2.0 200'))).to.equal('CANCEL');
      alice.ackRefusal(call, await alice.endpoint.next('SIP/2.0 487'));
      expect((await cancels.at(-1))?.get('Reason')).to.contain('cause=200');
    }
  });

  it('createUAC: ringing, answered, BYE from the callee', async () => {
    const app = await open();
    const provisional: number[] = [];
    const calling = app.createUAC(
      bob.uri,
      { localSdp: offer(42_000), callingNumber: '5550100', headers: { Subject: 'hi' } },
      { cbProvisional: (res: AppMessage) => provisional.push(res.status) },
    );
    const invite = await bob.endpoint.next('INVITE');
    expect(headerOf(invite, 'from')).to.contain(`sip:5550100@127.0.0.1:${engine.sipPort}`);
    expect(headerOf(invite, 'subject')).to.equal('hi');
    expect(invite.body).to.contain('m=audio 42000');
    bob.answer(invite, '180 Ringing');
    const call = bob.answer(invite, '200 OK', { body: offer(43_000) });
    const ack = await bob.endpoint.next('ACK');
    expect(tagOf(ack, 'to')).to.equal(call.localTag);
    const dialog = await calling;
    expect(provisional).to.deep.equal([180]);
    expect(dialog.remote.sdp).to.contain('m=audio 43000');
    const ended = once(dialog, 'destroy');
    bob.send(call, 'BYE');
    await bob.endpoint.next('SIP/2.0 200');
    await ended;
  });

  it('createUAC: refused, and cancelled while it rings', async () => {
    const app = await open();
    const refused = app.createUAC(bob.uri, { localSdp: offer() }).catch((error: AppMessage) => error.status);
    bob.answer(await bob.endpoint.next('INVITE'), '486 Busy Here');
    await bob.endpoint.next('ACK');
    expect(await refused).to.equal(486);

    let sent: AppRequest | undefined;
    const cancelled = app
      .createUAC(bob.uri, { localSdp: offer() }, { cbRequest: (_: unknown, req: AppRequest) => (sent = req) })
      .catch((error: AppMessage) => error.status);
    const invite = await bob.endpoint.next('INVITE');
    bob.answer(invite, '180 Ringing');
    while (sent === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    sent.cancel();
    const cancel = await bob.endpoint.next('CANCEL');
    expect(headerOf(cancel, 'via')).to.equal(headerOf(invite, 'via'));
    bob.answer(cancel, '200 OK', { contact: false });
    bob.answer(invite, '487 Request Terminated', { contact: false });
    await bob.endpoint.next('ACK');
    expect(await cancelled).to.equal(487);
  });

  it('createUAC answers a digest challenge by itself', async () => {
    const app = await open();
    const calling = app.createUAC(bob.uri, { localSdp: offer(), auth: { username: 'u', password: 'p' } });
    const first = await bob.endpoint.next('INVITE');
    bob.answer(first, '407 Proxy Authentication Required', {
      contact: false,
      headers: ['Proxy-Authenticate: Digest realm="r", nonce="n1", algorithm=MD5'],
    });
    await bob.endpoint.next('ACK');
    const second = await bob.endpoint.next('INVITE');
    expect(headerOf(second, 'call-id')).to.equal(headerOf(first, 'call-id'));
    expect(tagOf(second, 'from')).to.equal(tagOf(first, 'from'));
    expect(Number.parseInt(headerOf(second, 'cseq'), 10)).to.equal(
      Number.parseInt(headerOf(first, 'cseq'), 10) + 1,
    );
    const digest = headerOf(second, 'proxy-authorization');
    const uri = /uri="([^"]*)"/.exec(digest)?.[1] ?? '';
    expect(digest).to.contain(`response="${md5(`${md5('u:r:p')}:n1:${md5(`INVITE:${uri}`)}`)}"`);
    bob.answer(second, '200 OK', { body: offer() });
    await bob.endpoint.next('ACK');
    await calling;
  });

  it('createB2BUA: both legs, then the caller hangs up', async () => {
    let made: Promise<void> | undefined;
    await open((a) => {
      a.invite((req, res) => {
        made = a.createB2BUA(req, res, bob.uri, { localSdpB: req.body }).then(({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy());
        });
      });
    });
    const call = alice.callTo('1001');
    alice.send(call, 'INVITE', { body: offer(44_000) });
    const invite = await bob.endpoint.next('INVITE');
    expect(invite.body).to.contain('m=audio 44000');
    bob.answer(invite, '180 Ringing');
    await alice.endpoint.next('SIP/2.0 180');
    bob.answer(invite, '200 OK', { body: offer(45_000) });
    await bob.endpoint.next('ACK');
    expect((await alice.established(call)).body).to.contain('m=audio 45000');
    // A BYE that comes before the app listens is not told to it.
    await made;
    alice.send(call, 'BYE');
    await alice.endpoint.next('SIP/2.0 200');
    bob.answer(await bob.endpoint.next('BYE'), '200 OK', { contact: false });
  });

  it('createB2BUA: the caller gives up while the callee rings', async () => {
    const failed: Promise<unknown>[] = [];
    await open((a) =>
      a.invite((req, res) => void failed.push(a.createB2BUA(req, res, bob.uri, {}).catch((e: unknown) => e))),
    );
    const call = alice.callTo('1001');
    alice.send(call, 'INVITE', { body: offer() });
    const invite = await bob.endpoint.next('INVITE');
    bob.answer(invite, '180 Ringing');
    await alice.endpoint.next('SIP/2.0 180');
    alice.send(call, 'CANCEL');
    alice.ackRefusal(call, await alice.endpoint.next('SIP/2.0 487'));
    bob.answer(await bob.endpoint.next('CANCEL'), '200 OK', { contact: false });
    bob.answer(invite, '487 Request Terminated', { contact: false });
    await bob.endpoint.next('ACK');
    expect((await failed[0]) as AppMessage).to.have.property('status', 487);
  });

  it('re-INVITE both ways: hold by the phone, modify by the app, and a refused one', async () => {
    let made: Promise<AppDialog> | undefined;
    await open((a) => a.invite((req, res) => void (made = a.createUAS(req, res, { localSdp: offer() }))));
    const call = await alice.establish('1001');
    const dialog = await made;
    if (dialog === undefined) throw new Error('no dialog');
    dialog.on('modify', (_: AppRequest, res: AppResponse) =>
      res.send(200, { body: offer(41_000, 'recvonly') }),
    );
    alice.send(call, 'INVITE', { body: offer(40_000, 'sendonly') });
    expect((await alice.established(call)).body).to.contain('a=recvonly');

    const modified = dialog.modify(offer(46_000));
    const again = await alice.endpoint.next('INVITE');
    expect(tagOf(again, 'from')).to.equal(call.remoteTag);
    expect(again.body).to.contain('m=audio 46000');
    alice.answer(again, '200 OK', { body: offer(47_000) });
    await alice.endpoint.next('ACK');
    expect(await modified).to.contain('m=audio 47000');

    const refused = dialog.modify(offer(48_000)).catch((error: AppMessage) => error.status);
    alice.answer(await alice.endpoint.next('INVITE'), '488 Not Acceptable Here', { contact: false });
    await alice.endpoint.next('ACK');
    expect(await refused).to.equal(488);
  });

  it('INFO and REFER with NOTIFY both ways in a call', async () => {
    let made: Promise<AppDialog> | undefined;
    await open((a) => a.invite((req, res) => void (made = a.createUAS(req, res, { localSdp: offer() }))));
    const call = await alice.establish('1001');
    const dialog = await made;
    if (dialog === undefined) throw new Error('no dialog');

    const info = once<AppMessage>(dialog, 'info');
    dialog.on('info', (_: AppRequest, res: AppResponse) => res.send(200));
    alice.send(call, 'INFO', { body: 'Signal=5\r\n', contentType: 'application/dtmf-relay' });
    expect((await info).body).to.equal('Signal=5\r\n');
    await alice.endpoint.next('SIP/2.0 200');

    const asked = dialog.request({
      method: 'INFO',
      headers: { 'Content-Type': 'text/plain' },
      body: 'Grüße ☎',
    });
    const received = await alice.endpoint.next('INFO');
    expect(received.body).to.equal('Grüße ☎');
    expect(headerOf(received, 'content-length')).to.equal('11');
    alice.answer(received, '200 OK');
    expect((await asked).status).to.equal(200);

    dialog.on('refer', (req: AppRequest, res: AppResponse) => {
      res.send(202);
      const headers = {
        Event: 'refer',
        'Subscription-State': 'terminated',
        'Content-Type': 'message/sipfrag',
      };
      void dialog.request({ method: 'NOTIFY', headers, body: `SIP/2.0 200 ${req.get('Refer-To')}` });
    });
    alice.send(call, 'REFER', { headers: ['Refer-To: <sip:carol@127.0.0.1>'] });
    await alice.endpoint.next('SIP/2.0 202');
    const notify = await alice.endpoint.next('NOTIFY');
    expect(notify.body).to.equal('SIP/2.0 200 <sip:carol@127.0.0.1>');
    alice.answer(notify, '200 OK');

    const referred = dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:dan@127.0.0.1>' } });
    const refer = await alice.endpoint.next('REFER');
    expect(headerOf(refer, 'contact')).to.contain(`127.0.0.1:${engine.sipPort}`);
    alice.answer(refer, '202 Accepted');
    expect((await referred).status).to.equal(202);
  });

  it('MESSAGE in and out, REGISTER in with a challenge', async () => {
    const app = await open((a) => {
      a.message((req, res) => res.send(202, { headers: { 'X-Echo': req.body } }));
      a.register((req, res) => {
        if (!req.has('Authorization'))
          return res.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="h", nonce="x"' } });
        res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60` } });
      });
    });
    alice.send(alice.callTo('1001'), 'MESSAGE', { body: 'hello', contentType: 'text/plain' });
    expect(headerOf(await alice.endpoint.next('SIP/2.0 202'), 'x-echo')).to.equal('hello');

    const registration = alice.callTo('alice');
    alice.send(registration, 'REGISTER');
    expect(headerOf(await alice.endpoint.next('SIP/2.0 401'), 'www-authenticate')).to.contain('nonce="x"');
    alice.send(registration, 'REGISTER', { headers: ['Authorization: Digest username="alice"'] });
    expect(headerOf(await alice.endpoint.next('SIP/2.0 200'), 'contact')).to.contain('expires=60');

    const sent = await app.request(bob.uri, {
      method: 'MESSAGE',
      headers: { 'Content-Type': 'text/plain', From: 'sip:house@localhost' },
      body: 'Grüße ☎',
    });
    const response = once<AppMessage>(sent, 'response');
    const message = await bob.endpoint.next('MESSAGE');
    expect(message.body).to.equal('Grüße ☎');
    bob.answer(message, '200 OK', { contact: false });
    expect((await response).status).to.equal(200);
  });

  it('SUBSCRIBE in, NOTIFY out; SUBSCRIBE out, NOTIFY in', async () => {
    let made: Promise<AppDialog> | undefined;
    const app = await open((a) => {
      a.subscribe(
        (req, res) => void (made = a.createUAS(req, res, { headers: { Expires: '120' } } as object)),
      );
    });
    const subscription = alice.callTo('1001');
    alice.send(subscription, 'SUBSCRIBE', { headers: ['Event: presence', 'Expires: 120'] });
    const accepted = await alice.endpoint.next('SIP/2.0 2');
    expect(headerOf(accepted, 'contact')).to.contain(`127.0.0.1:${engine.sipPort}`);
    const dialog = await made;
    const notified = dialog?.request({
      method: 'NOTIFY',
      headers: { Event: 'presence', 'Subscription-State': 'active', 'Content-Type': 'text/plain' },
      body: 'in',
    });
    const notify = await alice.endpoint.next('NOTIFY');
    expect(tagOf(notify, 'to')).to.equal(subscription.localTag);
    alice.answer(notify, '200 OK');
    expect((await notified)?.status).to.equal(200);

    const subscribing = app.createUAC(bob.uri, {
      method: 'SUBSCRIBE',
      headers: { Event: 'presence', Expires: '60' },
    });
    const subscribe = await bob.endpoint.next('SUBSCRIBE');
    const dialogOfBob = bob.answer(subscribe, '200 OK', { headers: ['Expires: 60'] });
    const subscribed = await subscribing;
    const heard = once<AppMessage>(subscribed, 'notify');
    subscribed.on('notify', (_: AppRequest, res: AppResponse) => res.send(200));
    bob.send(dialogOfBob, 'NOTIFY', { headers: ['Event: presence', 'Subscription-State: active'] });
    expect((await heard).get('Subscription-State')).to.equal('active');
    await bob.endpoint.next('SIP/2.0 200');
    // The recorded server answers 500 by itself here; ours leaves the answer to the app.
    bob.send(dialogOfBob, 'NOTIFY', { headers: ['Event: presence', 'Subscription-State: terminated'] });
    await bob.endpoint.next('SIP/2.0 200');
  });

  it('two apps with the same tag take turns', async () => {
    const taken: string[] = [];
    for (const name of ['one', 'two']) {
      await open(
        (a) => {
          a.invite((_, res) => {
            taken.push(name);
            res.send(486);
          });
          a.options((_, res) => res.send(200));
        },
        ['house'],
      );
    }
    for (let index = 0; index < 6; index += 1) {
      const call = alice.callTo('1001');
      alice.send(call, 'INVITE', { body: offer() });
      alice.ackRefusal(call, await alice.endpoint.next('SIP/2.0 486'));
    }
    expect(taken.filter((name) => name === 'one')).to.have.length(3);
    expect(taken.every((name, index) => index === 0 || name !== taken[index - 1])).to.equal(true);
  });
});
