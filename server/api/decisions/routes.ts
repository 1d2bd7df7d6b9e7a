/**
 * Why this agent (N4): decisions, newest first, and the whole life of one contact as routing saw it. For those who may
 * list contacts; it says less of a caller than that list does. History lags the log by the projector's moment, so an
 * offer is here once it is in Postgres.
 */
import type { AcdQueue } from '../../acd/types.ts';
import type { HearthlineEvent } from '../../contract/events.ts';
import { decisionQuerySchema, storyStepsAtMost } from '../../contract/rest-decisions.ts';
import type { ApiParts } from '../parts.ts';
import type { DecisionStore } from '../ports.ts';
import { notFound } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import type { SetupAt } from './demand-facts.ts';
import { otherContactFacts } from './other-contact.ts';
import { presentOffer, presentStory } from './presenter.ts';

/** More queues than a contact ever goes through. */
const queuesAtMost = 10;

/** The setups of every queue the contact was in, for its whole life. */
async function setupsFor(store: DecisionStore, events: readonly HearthlineEvent[]): Promise<SetupAt> {
  const firstSeq = events[0]?.seq ?? 0;
  const lastSeq = events.at(-1)?.seq ?? 0;
  const ids = [...new Set(events.flatMap(({ queueId }) => (queueId === undefined ? [] : [queueId])))];
  const setups = await Promise.all(
    ids
      .slice(0, queuesAtMost)
      .map(async (id) => [id, await store.queueSetups(id, firstSeq, lastSeq)] as const),
  );
  const byQueue = new Map(setups);
  return (queueId, seq) =>
    (byQueue.get(queueId)?.findLast(({ fromSeq }) => fromSeq <= seq)?.queue as AcdQueue | null) ?? undefined;
}

export function decisionRoutes({ deps }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/decisions',
      access: 'contacts.list',
      async handle(ctx) {
        const { items, nextCursor } = await deps.decisions.offers(ctx.query(decisionQuerySchema));
        return {
          json: {
            items: items.map((offer) => presentOffer(offer)),
            ...(nextCursor !== undefined && { nextCursor }),
          },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/contacts/:id/story',
      access: 'contacts.list',
      async handle(ctx) {
        const contactId = ctx.id();
        const events = await deps.decisions.contactEvents(contactId, storyStepsAtMost + 1);
        if (events.length === 0) throw notFound('contact');
        const [setupAt, facts] = await Promise.all([
          setupsFor(deps.decisions, events),
          otherContactFacts(deps.decisions, events),
        ]);
        return { json: presentStory(contactId, events, setupAt, facts) };
      },
    }),
  ];
}
