// Small tools to say what our engine does instead of a recorded step, in the recording's own words. A rewrite
// that finds nothing to change is an error: a difference that no longer exists must leave the list.

import { splitFrame } from '../../support/transcripts/compare.ts';
import type { Step } from '../../support/transcripts/transcript.ts';

export type Rewrite = (steps: readonly Step[]) => Step[];
type StepTest = (step: Step) => boolean;

export const textOf = (step: Step): string =>
  'payload' in step ? step.payload : 'message' in step ? step.message : '';

export const replaceEach =
  (test: StepTest, change: (step: Step) => readonly Step[]): Rewrite =>
  (steps) => {
    if (!steps.some(test)) throw new Error('a difference matches no recorded step');
    return steps.flatMap((step) => (test(step) ? change(step) : [step]));
  };

export const omitEach = (test: StepTest): Rewrite => replaceEach(test, () => []);

export const inTurn =
  (...rewrites: readonly Rewrite[]): Rewrite =>
  (steps) =>
    rewrites.reduce<Step[]>((current, rewrite) => rewrite(current), [...steps]);

/** The same step with its text changed; both sides of a change must exist. */
export function reword(step: Step, from: string | RegExp, to: string): Step {
  const before = textOf(step);
  const after = before.replace(from, to);
  if (before === after) throw new Error(`nothing to reword in ${before.slice(0, 80)}`);
  if ('payload' in step) return { ...step, payload: after };
  if ('message' in step) return { ...step, message: after } as Step;
  throw new Error('a step without text');
}

export const answersTo =
  (messageId: string): StepTest =>
  (step) =>
    step.kind === 'app-gets' && splitFrame(step.payload).tokens[2] === messageId;

export const fromApp =
  (app: number): StepTest =>
  (step) =>
    'app' in step && step.app === app;

const recordedId = '00000000-0000-4000-8000-000000000000';

/** An answer as the engine gives it; its own id is volatile. */
export const answer = (at: Step, app: number, messageId: string, ...rest: readonly string[]): Step => ({
  kind: 'app-gets',
  app,
  payload: [recordedId, 'response', messageId, ...rest].join('|'),
  atMs: at.atMs,
  line: at.line,
});

export const appSends = (at: Step, app: number, payload: string, chunks?: readonly string[]): Step => ({
  kind: 'app-sends',
  app,
  payload,
  atMs: at.atMs,
  line: at.line,
  ...(chunks === undefined ? {} : { chunks }),
});

const hostPorts = 'tcp/127.0.0.1:5060,udp/127.0.0.1:5060';

/** A connection that authenticates first, as ours must. */
export const authenticated = (at: Step, app: number, messageId: string, tags = ''): Step[] => [
  appSends(at, app, `${messageId}|authenticate|cymru|${tags}`),
  answer(at, app, messageId, 'OK', hostPorts, 'v0.9.10', hostPorts),
];

export const uaGets = (at: Step, ua: string, message: string): Step => ({
  kind: 'ua-gets',
  ua,
  message,
  atMs: at.atMs,
  line: at.line,
});

export const uaSends = (at: Step, ua: string, message: string): Step => ({
  kind: 'ua-sends',
  ua,
  message,
  atMs: at.atMs,
  line: at.line,
});

/** The answer the engine itself gives to a recorded request of an endpoint. */
export function answerOf(
  requestText: string,
  statusLine: string,
  toTag: string,
  headers: readonly string[] = [],
): string {
  const lines = requestText.split('\r\n');
  const line = (name: string): string =>
    lines.find((l) => l.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? '';
  const via = line('Via').replace(/127\.0\.0\.1:(\d+);rport/, '127.0.0.1:$1;rport=$1');
  const to = line('To').includes(';tag=') ? line('To') : `${line('To')};tag=${toTag}`;
  return [
    `SIP/2.0 ${statusLine}`,
    via,
    line('From'),
    to,
    line('Call-ID'),
    line('CSeq'),
    ...headers,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** The ACK with which an endpoint confirms a final answer that is not a success. */
export function ackOf(inviteText: string, toTag: string): string {
  return inviteText
    .slice(0, inviteText.indexOf('\r\n\r\n') + 4)
    .replace(/^INVITE/, 'ACK')
    .replace(/CSeq: (\d+) INVITE/, 'CSeq: $1 ACK')
    .replace(/(\r\nTo: [^\r]*)/, `$1;tag=${toTag}`)
    .replace(/\r\nContent-Type: [^\r]*/, '')
    .replace(/Content-Length: \d+/, 'Content-Length: 0');
}
