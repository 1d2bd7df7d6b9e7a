// An app that dies must leave no caller hanging: what it was offered goes to another app or is refused in time,
// what it had established waits for its successor, and is ended with a reason when none comes.

import { expect } from 'chai';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { ControlConnection, type Frame } from '../../support/transcripts/control-connection.ts';
import { headerOf, methodOf, tagOf } from '../../support/transcripts/sip-text.ts';
import { expectNoFault } from './engine-health.ts';
import { offer, Phone, type CallState } from './phone.ts';
import { connectApp, once, type AppDialog, type AppMessage } from './srf-app.ts';

type Engine = SipEngineHandle;
const holdMs = 2000;
const graceSec = 1;

const transactionOf = (frame: Frame): string => frame.tokens[8] ?? '';
const dialogOf = (frame: Frame): string => frame.tokens[9] ?? '';

async function answerWith(app: ControlConnection, shown: Frame, status: string, body = ''): Promise<Frame> {
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n';
  return app.ask(
    ['sip', transactionOf(shown), ''],
    `SIP/2.0 ${status}\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}

describe('an app that goes away', function () {
  this.timeout(15_000);
  let engine: Engine;
  let alice: Phone;
  let bob: Phone;
  const open: ControlConnection[] = [];

  const openApp = async (
    routes: readonly string[] = ['invite', 'options'],
    tags = 'house',
  ): Promise<ControlConnection> => {
    const app = await ControlConnection.openApp(engine.controlPort, engine.secret, { tags, routes });
    open.push(app);
    return app;
  };

  before(async () => {
    engine = await startSipEngine({
      env: { HEARTHLINE_SIP_INVITE_HOLD_MS: String(holdMs), HEARTHLINE_SIP_GRACE_SEC: String(graceSec) },
    });
  });
  beforeEach(async () => {
    alice = await Phone.open('alice', engine.sipPort);
    bob = await Phone.open('bob', engine.sipPort);
  });
  afterEach(async () => {
    for (const app of open.splice(0)) {
      app.close();
      await app.closed;
    }
    alice.close();
    bob.close();
  });
  afterEach(() => expectNoFault(engine));
  after(async () => engine?.stop());

  /** Alice calls, the app answers, she confirms. */
  async function inCall(app: ControlConnection): Promise<{ call: CallState; dialogId: string }> {
    const call = alice.callTo('1001');
    alice.send(call, 'INVITE', { body: offer() });
    const shown = await app.nextSip('INVITE');
    const answered = await answerWith(app, shown, '200 OK', offer(41_000));
    await alice.established(call);
    await app.nextSip('ACK');
    return { call, dialogId: answered.tokens[11] ?? '' };
  }

  describe('with an INVITE it has not answered', () => {
    it('the INVITE is offered to another app of that verb, which takes the call', async () => {
      const first = await openApp();
      const call = alice.callTo('1001');
      alice.send(call, 'INVITE', { body: offer() });
      const shown = await first.nextSip('INVITE');
      const second = await openApp();
      first.close();
      const again = await second.nextSip('INVITE');
      expect(again.sip).to.equal(shown.sip);
      expect(again.tokens).to.have.length(13);
      await answerWith(second, again, '200 OK', offer(41_000));
      await alice.established(call);
      await second.nextSip('ACK');
    });

    it('is offered again also after a 180, and the caller hears one To tag only', async () => {
      const first = await openApp();
      const call = alice.callTo('1001');
      alice.send(call, 'INVITE', { body: offer() });
      await answerWith(first, await first.nextSip('INVITE'), '180 Ringing');
      const ringing = await alice.endpoint.next('SIP/2.0 180');
      const second = await openApp();
      first.close();
      await answerWith(second, await second.nextSip('INVITE'), '200 OK', offer());
      expect(tagOf(await alice.established(call), 'to')).to.equal(tagOf(ringing, 'to'));
    });

    it('it is held for an app that connects within the hold', async () => {
      const first = await openApp();
      const call = alice.callTo('1001');
      alice.send(call, 'INVITE', { body: offer() });
      await first.nextSip('INVITE');
      first.close();
      await first.closed;
      const second = await openApp();
      await answerWith(second, await second.nextSip('INVITE', holdMs), '486 Busy Here');
      alice.ackRefusal(call, await alice.endpoint.next('SIP/2.0 486'));
    });

    it('it gets 503 when no app comes within the hold, and a CANCEL meanwhile is honoured', async () => {
      const first = await openApp();
      const call = alice.callTo('1001');
      const given = alice.callTo('1002');
      alice.send(call, 'INVITE', { body: offer() });
      await first.nextSip('INVITE');
      alice.send(given, 'INVITE', { body: offer() });
      await first.nextSip('INVITE');
      const goneAt = performance.now();
      first.close();
      await first.closed;
      alice.send(given, 'CANCEL');
      alice.ackRefusal(given, await alice.endpoint.next('SIP/2.0 487', holdMs / 2));
      const refusal = await alice.endpoint.next('SIP/2.0 503', holdMs + 1500);
      alice.ackRefusal(call, refusal);
      expect(headerOf(refusal, 'call-id')).to.equal(call.callId);
      expect(performance.now() - goneAt).to.be.within(holdMs * 0.7, holdMs + 1500);
    });

    it('a late answer of the dead app to an INVITE given on is impossible: its id is not the new one', async () => {
      const first = await openApp();
      alice.send(alice.callTo('1001'), 'INVITE', { body: offer() });
      const shown = await first.nextSip('INVITE');
      const second = await openApp();
      first.close();
      const again = await second.nextSip('INVITE');
      if (transactionOf(again) === transactionOf(shown)) return; // One id, one owner: nothing to confuse.
      const late = await answerWith(second, shown, '486 Busy Here');
      expect(late.tokens[3]).to.equal('NOK');
      await answerWith(second, again, '486 Busy Here');
      await alice.endpoint.next('SIP/2.0 486');
    });
  });

  describe('with established calls', () => {
    it('a new app of the same tag ends the call by its dialog id', async () => {
      const first = await openApp();
      const { dialogId } = await inCall(first);
      first.close();
      await first.closed;
      const second = await openApp();
      const asked = second.ask(
        ['sip', '', dialogId],
        'BYE sip:placeholder SIP/2.0\r\nContent-Length: 0\r\n\r\n',
      );
      const bye = await alice.endpoint.next('BYE');
      expect((await asked).tokens[3]).to.equal('OK');
      alice.answer(bye, '200 OK', { contact: false });
      expect(dialogOf(await second.nextSip('SIP/2.0 200'))).to.equal(dialogId);
    });

    it('an adopted call is no longer ended by the grace time', async () => {
      const first = await openApp();
      const { call } = await inCall(first);
      first.close();
      await first.closed;
      const second = await openApp();
      expect(await alice.endpoint.arrivals.next(graceSec * 1000 + 400), 'nothing is sent').to.equal(
        undefined,
      );
      alice.send(call, 'BYE');
      await answerWith(second, await second.nextSip('BYE'), '200 OK');
      await alice.endpoint.next('SIP/2.0 200');
    });

    it('a BYE from the phone while no app is there reaches the next app of that tag, not one of another', async () => {
      const first = await openApp();
      const { call, dialogId } = await inCall(first);
      first.close();
      await first.closed;
      alice.send(call, 'BYE');
      const stranger = await openApp(['invite'], 'other');
      const second = await openApp();
      const shown = await second.nextSip('BYE');
      expect(dialogOf(shown)).to.equal(dialogId);
      await answerWith(second, shown, '200 OK');
      expect(methodOf(await alice.endpoint.next('SIP/2.0 200'))).to.equal('BYE');
      expect(stranger.frames.peekAll()).to.have.length(0);
    });

    it('after the grace time both sides get BYE with a reason', async () => {
      const first = await openApp();
      await inCall(first);
      const calling = first.ask(['sip', '', ''], `INVITE ${bob.uri} SIP/2.0\r\nContent-Length: 0\r\n\r\n`);
      const invite = await bob.endpoint.next('INVITE');
      const bobsCall = bob.answer(invite, '200 OK', { body: offer() });
      await calling;
      const dialogId = dialogOf(await first.nextSip('SIP/2.0 200'));
      first.send(`ack|sip||${dialogId}\r\nACK ${bob.uri} SIP/2.0\r\nContent-Length: 0\r\n\r\n`);
      await bob.endpoint.next('ACK');
      const goneAt = performance.now();
      first.close();
      for (const phone of [alice, bob]) {
        const bye = await phone.endpoint.next('BYE', graceSec * 1000 + 2000);
        expect(headerOf(bye, 'reason'), phone.name).to.not.equal('');
        phone.answer(bye, '200 OK', { contact: false });
      }
      expect(performance.now() - goneAt).to.be.greaterThan(graceSec * 1000 * 0.7);
      expect(bobsCall.callId).to.equal(dialogId.split(';')[0]);
    });

    it('a client INVITE of the dead app is cancelled, also when the callee answers in between', async () => {
      const first = await openApp();
      for (const phone of [alice, bob]) {
        void first
          .ask(['sip', '', ''], `INVITE ${phone.uri} SIP/2.0\r\nContent-Length: 0\r\n\r\n`)
          .catch(() => undefined);
      }
      const toAlice = await alice.endpoint.next('INVITE');
      const toBob = await bob.endpoint.next('INVITE');
      alice.answer(toAlice, '180 Ringing');
      bob.answer(toBob, '180 Ringing');
      await first.nextSip('SIP/2.0 180');
      await first.nextSip('SIP/2.0 180');
      first.close();
      const cancel = await alice.endpoint.next('CANCEL', graceSec * 1000 + 2000);
      alice.answer(cancel, '200 OK', { contact: false });
      alice.answer(toAlice, '487 Request Terminated', { contact: false });
      await alice.endpoint.next('ACK');
      bob.answer(toBob, '200 OK', { body: offer() });
      await bob.endpoint.next('ACK', graceSec * 1000 + 2000);
      bob.answer(await bob.endpoint.next('BYE', graceSec * 1000 + 2000), '200 OK', { contact: false });
    });

    it('a restarted drachtio-srf app hears the BYE of a call its predecessor had', async () => {
      let made: Promise<AppDialog> | undefined;
      const first = await connectApp(engine, ['house'], (a) => {
        a.invite((req, res) => void (made = a.createUAS(req, res, { localSdp: offer() })));
      });
      const call = await alice.establish('1001');
      await made;
      first.disconnect();
      alice.send(call, 'BYE');
      const heard: Promise<AppMessage>[] = [];
      const second = await connectApp(engine, ['house'], (a) => {
        a.invite((_, res) => res.send(486));
        heard.push(
          new Promise((resolve) => {
            a.bye((req, res) => {
              res.send(200);
              resolve(req);
            });
          }),
        );
      });
      expect((await heard[0])?.get('Call-ID')).to.equal(call.callId);
      expect(methodOf(await alice.endpoint.next('SIP/2.0 200'))).to.equal('BYE');
      second.disconnect();
      await once(second, 'close', 500).catch(() => undefined);
    });
  });
});
