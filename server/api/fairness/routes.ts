/**
 * How work was shared out among agents (N14), folded from the log at each question, in a thread of its own. For those who
 * run the floor. Nothing is counted ahead of now; history lags the log by the projector's moment, and the answer says how
 * far it was.
 */
import { fairnessQuerySchema } from '../../contract/rest-fairness.ts';
import type { ApiParts } from '../parts.ts';
import { refusal, tooManyTries } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route } from '../route.ts';
import { OneAtATime } from '../one-at-a-time.ts';

const eventsAtMost = 4_000_000;
const waitingAtMost = 4;
const comeBackMs = 10_000;

const badPeriod = (key: 'from' | 'to', message: string) =>
  refusal('bad-request', message, { faults: [{ path: [key], message }] });

export function fairnessRoutes({ deps }: ApiParts): Route[] {
  const line = new OneAtATime(waitingAtMost);
  return [
    defineRoute({
      method: 'get',
      path: '/api/fairness',
      access: 'fairness.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const { from, to, queue } = ctx.query(fairnessQuerySchema);
        if (queue !== undefined && !view.hasQueue(queue)) throw outsideView();
        const now = deps.clock.now();
        if (from >= now) throw badPeriod('from', 'the period has not begun yet');
        const question = { from, to: Math.min(to, now), queueId: queue, within: view.within, eventsAtMost };
        const asked = line.run(() => deps.fairness.ask(question));
        if (!asked) throw tooManyTries(comeBackMs);
        const result = await asked;
        if ('isTooMuch' in result)
          throw badPeriod('to', 'too much happened in the period for one answer: choose a shorter one');
        return { text: { type: 'application/json', body: result.json } };
      },
    }),
  ];
}
