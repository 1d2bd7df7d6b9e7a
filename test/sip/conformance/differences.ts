// Every place where our engine deliberately does something else than the recorded server, one entry each. An
// entry rewrites the recording into what ours must do, so it is demanded as strictly as all the rest: an engine
// that fell back to the recorded behaviour would fail. docs/sip-conformance.md carries the same list.

import { splitFrame } from '../../support/transcripts/compare.ts';
import type { Step, Transcript } from '../../support/transcripts/transcript.ts';
import {
  ackOf,
  answer,
  answerOf,
  answersTo,
  appSends,
  authenticated,
  fromApp,
  inTurn,
  omitEach,
  replaceEach,
  reword,
  textOf,
  uaGets,
  uaSends,
  type Rewrite,
} from './rewrite.ts';

export type Difference = {
  readonly name: string;
  readonly flows: readonly string[];
  /** The recorded step or steps it is about. */
  readonly recorded: string;
  readonly ours: string;
  readonly why: string;
  readonly rewrite: (flow: string) => Rewrite;
};

export function applyDifferences(transcript: Transcript): Transcript {
  let steps: Step[] = [...transcript.steps];
  for (const difference of differences) {
    if (difference.flows.includes(transcript.flow)) steps = difference.rewrite(transcript.flow)(steps);
  }
  return { ...transcript, steps };
}

const isUaGets =
  (start: string) =>
  (step: Step): boolean =>
    step.kind === 'ua-gets' && step.message.startsWith(start);

const rejectUnauthenticated =
  (messageId: string): Rewrite =>
  (steps) =>
    replaceEach(answersTo(messageId), (step) => {
      if (!('app' in step)) return [step];
      return [
        answer(step, step.app, messageId, 'NO', 'not authenticated'),
        { kind: 'engine-closes', app: step.app, atMs: step.atMs, line: step.line },
      ];
    })(steps);

/** Flow 03 spoke of framing on connections that never authenticated: ours are told who they are first. */
const authenticateBefore = (messageId: string, app: number, chunks: readonly string[]): Rewrite =>
  replaceEach(
    (step) => step.kind === 'app-sends' && splitFrame(step.payload).tokens[0] === messageId,
    (step) => [...authenticated(step, app, `auth-${app}`), appSends(step, app, textOf(step), chunks)],
  );

/** In flow 04 nobody may take the call, so the caller is told so. */
const nobodyAnswers: Rewrite = inTurn(
  rejectUnauthenticated('u1'),
  omitEach((step) => fromApp(1)(step) && textOf(step) !== '' && !textOf(step).includes('u1|')),
  replaceEach(isUaGets('SIP/2.0 603'), (step) => [reword(step, '603 Decline', '503 Service Unavailable')]),
);

const burst = (at: Step, app: number, count: number, size: number): Step[] => {
  const ids = Array.from({ length: count }, (_, index) => `big${app}-${index}`);
  const payloads = ids.map((id) => {
    const head = `${id}|sip|nosuch|\r\nSIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nX-Pad: `;
    return `${head}${'x'.repeat(size - head.length - 4)}\r\n\r\n`;
  });
  return [
    ...authenticated(at, app, `auth-${app}`),
    appSends(at, app, 'many', [payloads.map((payload) => `${payload.length}#${payload}`).join('')]),
    ...ids.map((id) => answer(at, app, id, 'NOK', 'Response not sent due to unknown transaction')),
  ];
};

const largeFrames: Rewrite = (steps) => {
  let app = 1;
  return steps.flatMap((step): Step[] => {
    const sizes = step.kind === 'note' ? /^(\d+) pipelined frames of (\d+) bytes/.exec(step.text) : null;
    if (sizes === null) return [];
    app += 1;
    const more = Number(sizes[2]) === 20000 ? burst(step, 99, 2, 1024 * 1024 - 64) : [];
    return [...burst(step, app, Number(sizes[1]), Number(sizes[2])), ...more];
  });
};

/** Flow 06 again with the second OPTIONS going the way of the first. */
const routeKept: Rewrite = (steps) => {
  const again = (step: Step): Step => {
    const text = textOf(step)
      .replaceAll('call-alice-1-1795288412299', 'call-alice-2-1795288412514')
      .replaceAll('alicetag1', 'alicetag2')
      .replaceAll('z9hG4bKua1x1795288412299', 'z9hG4bKua2x1795288412514')
      .replaceAll('9fa054cc-675a-4e15-8450-b0650efeb0e6', '9fa054cc-675a-4e15-8450-b0650efeb0e7')
      .replaceAll('b8bd9580-f911-4b20-b31a-eb50e09d4167', 'second-answer')
      .replaceAll('UXUXcXFp5SgjQ', 'v6mper0S2264j');
    return ('payload' in step ? { ...step, payload: text } : { ...step, message: text }) as Step;
  };
  const first = steps.filter((step) => textOf(step).includes('call-alice-1-') && step.kind !== 'ua-sends');
  return replaceEach(isUaGets('SIP/2.0 503'), () => first.map(again))(steps);
};

const losingFork: Rewrite = replaceEach(
  (step) => step.kind === 'ua-gets-again',
  (step) => {
    if (step.kind !== 'ua-gets-again') return [step];
    const ack = step.message
      .replace(';tag=f2', ';tag=f1')
      .replace(/branch=\w+/, 'branch=z9hG4bKackForLosingFork');
    const bye = ack
      .replace('ACK sip:', 'BYE sip:')
      .replace('CSeq: 123090099 ACK', 'CSeq: 123090100 BYE')
      .replace(/branch=\w+/, 'branch=z9hG4bKbyeForLosingFork')
      .replace(
        '\r\nContent-Length',
        '\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\nContent-Length',
      );
    const line = (name: string): string => bye.split('\r\n').find((l) => l.startsWith(`${name}: `)) ?? '';
    const ok = ['SIP/2.0 200 OK', line('Via'), line('From'), line('To'), line('Call-ID'), line('CSeq')];
    return [
      uaGets(step, step.ua, ack),
      uaGets(step, step.ua, bye),
      uaSends(step, step.ua, [...ok, 'Content-Length: 0', '', ''].join('\r\n')),
    ];
  },
);

export const allowedMethods =
  'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, INFO, NOTIFY, SUBSCRIBE, PUBLISH, REFER, PRACK, UPDATE';

const unknownMethod: Rewrite = replaceEach(
  (step) => step.kind === 'ua-sends' && step.message.startsWith('FOO '),
  (step) => [
    step,
    uaGets(
      step,
      'alice',
      answerOf(textOf(step), '501 Not Implemented', 'tagOf501xxxxx', [`Allow: ${allowedMethods}`]),
    ),
  ],
);

const registerTwice: Rewrite = (steps) => {
  const index = steps.findIndex(
    (step) => step.kind === 'app-sends' && step.app === 17 && textOf(step).endsWith('|route|invite'),
  );
  const step = steps[index];
  const answered = steps[index + 1];
  if (step === undefined || answered === undefined) throw new Error('no route to register twice');
  const id = splitFrame(textOf(step)).tokens[0] ?? '';
  return [
    ...steps.slice(0, index + 2),
    reword(step, id, 'second-route'),
    reword(answered, id, 'second-route'),
    ...steps.slice(index + 2),
  ];
};

/** In flow 61 a third app of the same tag takes over the dialogs of the two that went. */
const heldForTheNextApp: Rewrite = (steps) => {
  const refused =
    (method: string) =>
    (step: Step): boolean =>
      isUaGets('SIP/2.0 481')(step) && textOf(step).includes(` ${method}\r\n`);
  const requests = steps.filter((step) => step.kind === 'ua-sends' && /^(BYE|INFO) /.test(step.message));
  const [bye, info] = requests;
  if (bye === undefined || info === undefined) throw new Error('flow 61 has changed');
  const takeOver = (request: Step, id: string): { shown: Step; answered: Step[] } => {
    const text = textOf(request);
    const callId = /Call-ID: (.*)\r\n/.exec(text)?.[1] ?? '';
    const fromTag = /From: .*;tag=(\w+)/.exec(text)?.[1] ?? '';
    const method = text.split(' ')[0] ?? '';
    const txn = `${id}-0000-4000-8000-000000000000`;
    const shownText = text.replace(/127\.0\.0\.1:5071;rport/, '127.0.0.1:5071;rport=5071');
    const ok = answerOf(text, '200 OK', '');
    const dialogId = `${callId};from-tag=${fromTag}`;
    const at = request;
    const shown: Step = {
      kind: 'app-gets',
      app: 19,
      payload: `${txn}|sip|network|${text.length}|udp|127.0.0.1|5071|19:03:24.700000|${txn}|${dialogId}|\r\n${shownText}`,
      atMs: at.atMs,
      line: at.line,
    };
    const answered = [
      appSends(
        at,
        19,
        `ok-${id}|sip|${txn}|\r\nSIP/2.0 200 OK\r\nCall-ID: ${callId}\r\nContent-Length: 0\r\n\r\n`,
      ),
      uaGets(at, 'alice', ok),
      {
        kind: 'app-gets',
        app: 19,
        payload: `${txn}|response|ok-${id}|OK|application|${ok.length}||127.0.0.1|5071|19:03:24.700000|${txn}|${
          method === 'BYE' ? '' : dialogId
        }||Msg sent:|\r\n${ok}`,
        atMs: at.atMs,
        line: at.line,
      },
    ] as Step[];
    return { shown, answered };
  };
  const inOrder = (all: readonly { shown: Step; answered: Step[] }[]): Step[] => [
    ...all.map(({ shown }) => shown),
    ...all.flatMap(({ answered }) => answered),
  ];
  return inTurn(
    omitEach(refused('BYE')),
    replaceEach(refused('INFO'), (step) => [
      { kind: 'quiet', forMs: 60, atMs: step.atMs, line: step.line },
      ...authenticated(step, 19, 'auth-19'),
      ...inOrder([takeOver(bye, '00000001'), takeOver(info, '00000002')]),
    ]),
  )(steps);
};

const laterRefused =
  (callIdPart: string): Rewrite =>
  (steps) => {
    const invite = steps.find(
      (step) =>
        step.kind === 'ua-sends' && step.message.startsWith('INVITE') && step.message.includes(callIdPart),
    );
    if (invite === undefined) throw new Error('no pending INVITE');
    const tag = 'tagOf503xxxxx';
    return [
      ...steps,
      uaGets(invite, 'alice', answerOf(textOf(invite), '503 Service Unavailable', tag)),
      uaSends(invite, 'alice', ackOf(textOf(invite), tag)),
    ];
  };

/** Flow 06 asks for a user, so that the question is the app's; flow 10 asks the address itself. */
const optionsToUs: Rewrite = inTurn(
  omitEach(
    (step) =>
      (step.kind === 'app-gets' && step.payload.includes('OPTIONS sip:')) ||
      (step.kind === 'app-sends' && step.payload.startsWith('3de352e2-')) ||
      answersTo('3de352e2-569f-4f3c-aa59-a3362f84fe3b')(step),
  ),
  replaceEach(
    (step) => isUaGets('SIP/2.0 200')(step) && textOf(step).includes('1 OPTIONS'),
    (step) => [reword(step, 'Allow: INVITE, ACK, BYE', `Allow: ${allowedMethods}\r\nSupported: 100rel`)],
  ),
);
const optionsToUser: Rewrite = replaceEach(
  (step) => textOf(step).includes('OPTIONS sip:127.0.0.1:5060 SIP/2.0'),
  (step) => [reword(step, 'OPTIONS sip:127.0.0.1', 'OPTIONS sip:1001@127.0.0.1')],
);

/** The place of the transport in a frame: see the tables of frames in the protocol. */
const namelessTransport = (step: Step): number => {
  if (step.kind !== 'app-gets') return -1;
  const { tokens } = splitFrame(step.payload);
  if (tokens[1] === 'sip') return tokens[4] === '' && tokens[3] !== '0' ? 4 : -1;
  return tokens[1] === 'response' && tokens[4] === 'application' && tokens[6] === '' ? 6 : -1;
};

const transportNamed: Rewrite = replaceEach(
  (step) => namelessTransport(step) >= 0,
  (step) => {
    const { tokens, sip } = splitFrame(textOf(step));
    const payload = `${tokens.with(namelessTransport(step), 'udp').join('|')}\r\n${sip}`;
    return [{ ...step, payload } as Step];
  },
);

const retryAfter: Rewrite = replaceEach(isUaGets('SIP/2.0 503'), (step) => [
  reword(step, '\r\nContent-Length', '\r\nRetry-After: 5\r\nContent-Length'),
]);

const copies =
  (count: number): Rewrite =>
  (steps) =>
    replaceEach(
      (step) => step.kind === 'ua-gets-again' && step.count > 1,
      (step) => (step.kind === 'ua-gets-again' ? [{ ...step, count }] : [step]),
    )(steps);

export const differences: readonly Difference[] = [
  {
    name: 'control-authentication',
    flows: ['03', '04'],
    recorded:
      'ping and route of a connection that never authenticated are answered OK, and it is given calls',
    ours: '`NO|not authenticated`, then the connection is closed; a caller whom no app may take gets 503',
    why: 'Whoever reaches the control socket without the secret could take every call of the house.',
    rewrite: (flow) =>
      flow === '04'
        ? nobodyAnswers
        : inTurn(
            rejectUnauthenticated('m1'),
            rejectUnauthenticated('m2'),
            authenticateBefore('m25', 16, ['3#m25']),
            authenticateBefore('m26', 18, ['8#m26|ping8#m27|ping']),
            omitEach((step) => step.kind === 'app-sends' && step.payload === 'm27|ping'),
            replaceEach(
              (step) => step.kind === 'app-sends' && step.payload === 'm28|ping',
              (step) => [appSends(step, 18, textOf(step), ['8#m28', '|ping'])],
            ),
            authenticateBefore('m29', 19, ['1', '0#m29|pi', 'ngXX']),
          ),
  },
  {
    name: 'large-frames',
    flows: ['05'],
    recorded: 'pipelined frames of 6,000 bytes break the stream, one of 13,000 is never answered',
    ours: 'every frame is answered, pipelined or not, up to 1 MiB',
    why: 'A fixed buffer of 12 KB loses calls when an app sends a few large messages at once.',
    rewrite: () => largeFrames,
  },
  {
    name: 'remove-one-route',
    flows: ['06'],
    recorded: 'remove_route of one verb removes all: the next OPTIONS gets 503',
    ours: 'only that verb is removed: the next OPTIONS reaches the app',
    why: 'What the frame says is what is done.',
    rewrite: () => routeKept,
  },
  {
    name: 'duplicate-route',
    flows: ['61'],
    recorded: 'a route registered twice counts twice in the round robin',
    ours: 'it counts once: with a second registration added to flow 61 the turns stay as recorded',
    why: 'The client sends every route again when a verb is added, which would skew the turns.',
    rewrite: () => registerTwice,
  },
  {
    name: 'losing-fork',
    flows: ['29'],
    recorded: 'a second 200 with another tag is acknowledged with the tag of the first',
    ours: 'it is acknowledged with its own tag and ended by BYE; the app sees nothing of it',
    why: 'RFC 3261 section 13.2.2.4: each 2xx makes a dialog, each needs its ACK, unwanted ones a BYE.',
    rewrite: () => losingFork,
  },
  {
    name: 'unknown-method',
    flows: ['10'],
    recorded: 'a method the server does not know gets no answer at all',
    ours: '501 with Allow',
    why: 'RFC 3261 section 8.2.1 and 21.5.2; silence makes the peer retransmit for 32 seconds.',
    rewrite: () => unknownMethod,
  },
  {
    name: 'options-to-the-engine',
    flows: ['06', '10'],
    recorded: 'OPTIONS to the address itself, without a user, is given to the app',
    ours: 'the engine answers it (flow 10); OPTIONS with a user goes to the app (flow 06, asked so)',
    why: 'Trunks and phones probe whether we are there; a flood of probes is nothing for call control.',
    rewrite: (flow) => (flow === '06' ? optionsToUser : optionsToUs),
  },
  {
    name: 'dialogs-outlive-the-app',
    flows: ['61'],
    recorded: 'a request in a dialog whose app has gone is answered 481',
    ours: 'it is held, and given to the next app of the same tag; after HEARTHLINE_SIP_GRACE_SEC both sides get BYE',
    why: 'A restarted server must find its calls alive.',
    rewrite: () => heldForTheNextApp,
  },
  {
    name: 'pending-invite-not-forgotten',
    flows: ['62'],
    recorded: 'an INVITE whose app went away before answering never gets a final answer',
    ours: 'it is offered to another app of that verb; when none comes within HEARTHLINE_SIP_INVITE_HOLD_MS it gets 503',
    why: 'No caller may be left hanging.',
    rewrite: () => laterRefused('call-alice-58-'),
  },
  {
    name: 'no-proxy',
    flows: ['03'],
    recorded: 'proxy of an unknown transaction: `NOK|Unknown transaction id: nosuch`',
    ours: '`NOK|proxy is not supported`',
    why: 'Every call of the house is a back-to-back call with its media anchored; a proxy would only be an attack surface.',
    rewrite: () =>
      replaceEach(answersTo('m24'), (step) => [reword(step, /NOK\|.*/, 'NOK|proxy is not supported')]),
  },
  {
    name: 'retransmission-pace',
    flows: ['23', '45', '50'],
    recorded:
      'the first retransmission of a request leaves after 2 x T1: 5 copies of an INVITE, 9 of another request',
    ours: 'after T1, then doubling (to T2 for a request that is no INVITE): 6 and 10 copies before the 408',
    why: 'RFC 3261 sections 17.1.1.2 and 17.1.2.2, timers A and E.',
    rewrite: (flow) => copies(flow === '23' ? 6 : 10),
  },
  {
    name: 'own-answer-came-over-nothing',
    flows: ['23', '45', '50'],
    recorded: 'the frame of a 408 that the server made itself names a transport, with no address and port 0',
    ours: 'it names no transport either',
    why: 'Nothing came over any; `source=network` with size 0 tells the client enough.',
    rewrite: () =>
      replaceEach(
        (step) => step.kind === 'app-gets' && step.payload.includes('|network|0|udp||0|'),
        (step) => [reword(step, '|network|0|udp||0|', '|network|0|||0|')],
      ),
  },
  {
    name: 'cancel-to-tag',
    flows: ['14'],
    recorded: '200 to the CANCEL and 487 to the INVITE carry different To tags',
    ours: 'they carry the same',
    why: 'RFC 3261 section 9.2.',
    rewrite: () =>
      replaceEach(isUaGets('SIP/2.0 200'), (step) => [
        reword(step, /(\r\nTo: .*tag=)\w+/, '$1tH798ZSgac0ca'),
      ]),
  },
  {
    name: 'held-then-503',
    flows: ['04', '10', '61', '62'],
    recorded: '503 at once when no app takes the request',
    ours: 'held for HEARTHLINE_SIP_INVITE_HOLD_MS unless the apps have long been there, then 503 with `Retry-After: 5`',
    why: 'A restarted app is back within the hold; RFC 3261 section 21.5.4: without the header the peer may take us for broken.',
    rewrite: () => retryAfter,
  },
  {
    name: 'transport-named',
    flows: [
      '06',
      '10',
      '11',
      '12',
      '16',
      '20',
      '30',
      '40',
      '41',
      '42',
      '43',
      '44',
      '45',
      '46',
      '47',
      '51',
      '52',
      '61',
    ],
    recorded:
      'the transport token is empty in frames about an ACK and in answers to responses that are not to INVITE',
    ours: 'it always names the transport',
    why: 'It is known; the client only shows it (`req.protocol`).',
    rewrite: () => transportNamed,
  },
];
