// Real calls in both directions, with every request in them and every answer to ours preceded by mutated copies:
// the engine may refuse or ignore those, must not fail inside, and must forget every call in the end.

import { expect } from 'chai';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { parseSipText } from '../../support/transcripts/sip-text.ts';
import { expectNoFault, untilNothingIsLeft } from './engine-health.ts';
import { offer, Phone } from './phone.ts';
import { connectApp, type App } from './srf-app.ts';

const forMs = 4000;
const graceSec = 1;
const timers = { HEARTHLINE_SIP_T1_MS: '10', HEARTHLINE_SIP_T2_MS: '40', HEARTHLINE_SIP_T4_MS: '10' };

/** A small generator of our own, so that a failing run can be repeated by its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pieces = [
  '',
  ' ',
  ';',
  ',',
  '<',
  '>',
  '"',
  ':',
  '@',
  '%',
  '\r\n',
  '\r\n ',
  '\0',
  'é',
  '=',
  ';lr',
  ';tag=',
  'sip:',
  '999999999999',
  '-1',
  'z9hG4bK',
  'Require: 100rel\r\n',
  'RAck: 1 1 INVITE\r\n',
  'Contact: *\r\n',
];

function mutate(text: string, random: (below: number) => number): string {
  let result = text;
  for (let times = 1 + random(3); times > 0; times -= 1) {
    const at = random(result.length);
    const kind = random(4);
    if (kind === 0) result = result.slice(0, at) + (pieces[random(pieces.length)] ?? '') + result.slice(at);
    else if (kind === 1) result = result.slice(0, at) + result.slice(at + 1 + random(6));
    else {
      const lines = result.split('\r\n');
      if (kind === 2) lines.splice(random(lines.length), 1);
      else lines.splice(random(lines.length), 0, lines[random(lines.length)] ?? '');
      result = lines.join('\r\n');
    }
  }
  return result;
}

describe('calls among mutated messages', function () {
  this.timeout(forMs * 2 + 15_000);
  const seed = Date.now() >>> 0;
  const random = randomFrom(seed);
  let engine: SipEngineHandle;
  let app: App;
  let alice: Phone;
  let bob: Phone;

  // The client prints every answer that it cannot place.
  const { log, error } = console;
  before(async () => {
    console.log = console.error = () => undefined;
    engine = await startSipEngine({ env: { ...timers, HEARTHLINE_SIP_GRACE_SEC: String(graceSec) } });
    alice = await Phone.open('alice', engine.sipPort);
    bob = await Phone.open('bob', engine.sipPort);
    app = await connectApp(engine, ['house'], (a) => {
      a.invite((req, res) => void a.createUAS(req, res, { localSdp: offer() }).catch(() => undefined));
    });
  });
  after(async () => {
    Object.assign(console, { log, error });
    alice?.close();
    bob?.close();
    await engine?.stop();
  });

  const methods = [
    'INVITE',
    'INFO',
    'UPDATE',
    'REFER',
    'NOTIFY',
    'PRACK',
    'OPTIONS',
    'MESSAGE',
    'ACK',
    'CANCEL',
    'SUBSCRIBE',
  ];
  const answers = [
    '180 Ringing',
    '183 Session Progress',
    '200 OK',
    '200 OK',
    '486 Busy Here',
    '302 Moved',
    '401 Unauthorized',
  ];

  it(`does not fail, and forgets them all (seed ${seed})`, async () => {
    const endAt = performance.now() + forMs;
    let calls = 0;
    while (performance.now() < endAt) {
      const call = alice.callTo('1001');
      alice.endpoint.arrivals.takeAll();
      alice.send(call, 'INVITE', { body: offer() });
      // A late answer to a mutated request may be taken for this one's: then the call is simply not confirmed.
      await alice.established(call, 2000).then(
        () => (calls += 1),
        () => undefined,
      );
      for (let index = 0; index < 12; index += 1) {
        const body = random(2) === 0 ? offer() : '';
        alice.endpoint.send(
          mutate(alice.write(call, methods[random(methods.length)] ?? '', { body }), random),
        );
      }
      void app
        .createUAC(bob.uri, { localSdp: offer(), headers: { Supported: '100rel' } })
        .then((dialog) => dialog.destroy())
        .catch(() => undefined);
      for (let index = 0; index < 3; index += 1) {
        const datagram = await bob.endpoint.arrivals.next(100);
        if (datagram === undefined) break;
        if (!datagram.text.startsWith('SIP/')) answerAmongMutations(datagram.text);
      }
      alice.send(call, 'BYE');
    }
    app.disconnect();
    await expectNoFault(engine);
    expect(calls).to.be.greaterThan(5);
    await untilNothingIsLeft(engine, (graceSec + 8) * 1000);
    await expectNoFault(engine);
  });

  function answerAmongMutations(text: string): void {
    const headers = random(3) === 0 ? ['Require: 100rel', 'RSeq: 1'] : [];
    const body = random(2) === 0 ? offer() : '';
    const status = answers[random(answers.length)] ?? '';
    const answer = bob.writeAnswer(parseSipText(text), status, { headers, body, tag: `fork${random(3)}` });
    for (let copy = 0; copy < 4; copy += 1) bob.endpoint.send(mutate(answer, random));
    bob.endpoint.send(answer);
  }
});
