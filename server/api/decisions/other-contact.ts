/**
 * Where an agent chose among waiting contacts: which other one would have been taken, and what it lacked. Its place is
 * worked out again from what both brought along and the site of that moment (acd/waiting-list.ts), and stands only where it
 * gives the record's own sentence, as in counterfactual.ts.
 */
import { placeIn } from '../../acd/waiting-list.ts';
import type { Place } from '../../acd/waiting-list.ts';
import type { AcdQueue, AcdSite } from '../../acd/types.ts';
import { decisionSchema, type EventOf, type HearthlineEvent } from '../../contract/events.ts';
import { storyStepsAtMost, type CounterfactualFact } from '../../contract/rest-decisions.ts';
import type { DecisionStore } from '../ports.ts';
import { factOf, inEnglish } from './counterfactual.ts';

/** Of a contact that is offered again and again, the newest are explained in full. */
const explainedAtMost = 20;

type Offered = EventOf<'contact.offered'>;

/** By offer. */
export async function otherContactFacts(
  store: DecisionStore,
  events: readonly HearthlineEvent[],
): Promise<Map<string, CounterfactualFact>> {
  const open = events
    .filter((event) => event.type === 'contact.offered')
    .filter((event) => {
      const read = decisionSchema.safeParse(event.data.decision);
      return read.success && read.data.counterfactual !== undefined && !factOf(read.data);
    })
    .slice(-explainedAtMost);
  const found = new Map<string, CounterfactualFact>();
  for (const offer of open) {
    const fact = await factFor(store, events, offer);
    if (fact) found.set(offer.data.offerId, fact);
  }
  return found;
}

async function factFor(
  store: DecisionStore,
  events: readonly HearthlineEvent[],
  offer: Offered,
): Promise<CounterfactualFact | undefined> {
  const { counterfactual = '', chosen } = offer.data.decision;
  const otherId = await store.contactNamedIn(counterfactual, offer.at);
  if (otherId === undefined) return undefined;
  const others = await store.contactEvents(otherId, storyStepsAtMost);
  const [mine, theirs] = await Promise.all([placeAt(store, events, offer), placeAt(store, others, offer)]);
  if (!mine || !theirs) return undefined;
  const about = { contactId: otherId, queueId: theirs.queueId };
  const facts: CounterfactualFact[] = [
    { kind: 'contact-priority', ...about, priority: mine.place.rank },
    { kind: 'contact-sooner', ...about, ms: theirs.place.servedAs - mine.place.servedAs + 1 },
  ];
  return facts.find((fact) => inEnglish(fact, chosen) === counterfactual);
}

/** Where a contact stood just before the offer. */
async function placeAt(
  store: DecisionStore,
  events: readonly HearthlineEvent[],
  { seq }: Offered,
): Promise<{ place: Place; queueId: string } | undefined> {
  const queued = events.findLast((event) => event.type === 'contact.queued' && event.seq < seq);
  if (queued?.type !== 'contact.queued' || queued.queueId === undefined) return undefined;
  const setup = (await store.queueSetups(queued.queueId, seq, seq)).at(-1);
  if (!setup?.queue) return undefined;
  const { priorityWorthMs } = setup;
  const site: AcdSite = {
    version: 0,
    queues: [],
    agents: [],
    phoneIds: [],
    ...(priorityWorthMs !== undefined && { priorityWorthMs }),
  };
  const { priority, headStartMs } = queued.data;
  const place = placeIn(site, setup.queue as AcdQueue, {
    contactId: queued.contactId ?? '',
    priority,
    ...(headStartMs !== undefined && { headStartMs }),
    queuedAt: queued.at,
    order: queued.seq,
  });
  return { place, queueId: queued.queueId };
}
