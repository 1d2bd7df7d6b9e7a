/**
 * How work was shared out among agents (N14), folded from the log at each question. For those who run the floor. Nothing is
 * counted ahead of now; history lags the log by the projector's moment, and the answer says how far it was.
 */
import { fairnessQuerySchema, type FairnessAnswer } from '../../contract/rest-fairness.ts';
import { fairnessTable } from '../../stats/fairness-figures.ts';
import { FairnessLedger } from '../../stats/fairness.ts';
import type { ApiParts } from '../parts.ts';
import { refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { OneAtATime } from './one-at-a-time.ts';

const eventsAtMost = 4_000_000;
const waitingAtMost = 4;
const comeBackMs = 10_000;

const badPeriod = (key: 'from' | 'to', message: string) =>
  refusal('bad-request', message, { faults: [{ path: [key], message }] });

export function fairnessRoutes({ deps }: ApiParts): Route[] {
  const line = new OneAtATime(waitingAtMost);

  async function answer(from: number, to: number, queueId: string | undefined): Promise<FairnessAnswer> {
    let fold: FairnessLedger | undefined;
    const read = await deps.fairness.read({ from, to }, eventsAtMost, {
      start: (start) => (fold = new FairnessLedger({ from, to }, start)),
      event: (event) => fold?.apply(event),
    });
    if ('isTooMuch' in read || !fold)
      throw badPeriod('to', 'too much happened in the period for one answer: choose a shorter one');
    const table = fairnessTable(fold.ledger(), queueId);
    return { from, to, ...(queueId !== undefined && { queueId }), seq: read.seq, ...table };
  }

  return [
    defineRoute({
      method: 'get',
      path: '/api/fairness',
      access: 'fairness.read',
      async handle(ctx) {
        const { from, to, queue } = ctx.query(fairnessQuerySchema);
        const now = deps.clock.now();
        if (from >= now) throw badPeriod('from', 'the period has not begun yet');
        const asked = line.run(() => answer(from, Math.min(to, now), queue));
        if (!asked) throw tooManyTries(comeBackMs);
        return { json: await asked };
      },
    }),
  ];
}
