/** Decisions and the story of a contact as the screens read them. Pure; a record that cannot be read is left out, not guessed. */
import { decisionSchema, type Decision, type HearthlineEvent } from '../../contract/events.ts';
import { offerResults, storyStepsAtMost } from '../../contract/rest-decisions.ts';
import type {
  ContactStory,
  CounterfactualFact,
  DecisionRow,
  DecisionView,
  DemandView,
  OfferResult,
  StoryStep,
} from '../../contract/rest-decisions.ts';
import type { OfferRecord } from '../ports.ts';
import { factOf } from './counterfactual.ts';
import { DemandFold, type SetupAt } from './demand-facts.ts';

function presentDecision(
  decision: Decision,
  at: number,
  demand: DemandView | undefined,
  known: CounterfactualFact | undefined,
): DecisionView {
  const { strategy, trigger, candidateCount, contactPosition, waitingCount, counterfactual } = decision;
  const fact = factOf(decision) ?? known;
  return {
    strategy,
    trigger,
    candidates: decision.candidates.map(({ agentId, idleSince, score }) => ({
      agentId,
      isChosen: agentId === decision.chosen,
      idleMs: Math.max(0, at - idleSince),
      score,
    })),
    candidateCount,
    ...(demand && { demand }),
    ruledOut: Object.entries(decision.ruledOut)
      .map(([rule, count]) => ({ rule, count, agentIds: decision.ruledOutAgents?.[rule] ?? [] }))
      .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)),
    contactPosition,
    waitingCount,
    ...(counterfactual !== undefined && { counterfactual: { text: counterfactual, ...(fact && { fact }) } }),
  };
}

const resultOf = (result: string | undefined): OfferResult =>
  offerResults.find((one) => one === result) ?? 'open';

/** What is known beside the record: what its demand means, and what its sentence says. */
export interface Known {
  demandAs?: (text: string) => DemandView;
  fact?: CounterfactualFact | undefined;
}

export function presentOffer(
  offer: OfferRecord,
  { demandAs = (text) => ({ text }), fact }: Known = {},
): DecisionRow {
  const read = decisionSchema.safeParse(offer.data['decision']);
  const demand = read.success ? read.data.demand : undefined;
  return {
    seq: offer.seq,
    at: offer.at,
    offerId: String(offer.data['offerId']),
    contactId: offer.contactId,
    queueId: offer.queueId,
    agentId: offer.agentId,
    attempt: Number(offer.data['attempt'] ?? 1),
    result: resultOf(offer.result),
    ...(offer.ringMs !== undefined && { ringMs: offer.ringMs }),
    ...(read.success && {
      decision: presentDecision(
        read.data,
        offer.at,
        demand === undefined ? undefined : demandAs(demand),
        fact,
      ),
    }),
  };
}

/** What became of each offer, from the events of its contact. */
function resultsOf(events: readonly HearthlineEvent[]): Map<string, { result: string; ringMs?: number }> {
  const found = new Map<string, { result: string; ringMs?: number }>();
  const open = new Set<string>();
  for (const event of events)
    switch (event.type) {
      case 'contact.offered':
        open.add(event.data.offerId);
        break;
      case 'offer.withdrawn':
        found.set(event.data.offerId, { result: event.data.reason, ringMs: event.data.ringMs });
        open.delete(event.data.offerId);
        break;
      case 'contact.answered':
        found.set(event.data.offerId, { result: 'answered', ringMs: event.data.ringMs });
        open.delete(event.data.offerId);
        break;
      case 'contact.ended':
        for (const offerId of open) found.set(offerId, { result: 'contact-gone' });
        break;
      default:
    }
  return found;
}

/** `events`: in order, one more than `storyStepsAtMost` where there are more. */
export function presentStory(
  contactId: string,
  events: readonly HearthlineEvent[],
  setupAt: SetupAt,
  facts: ReadonlyMap<string, CounterfactualFact> = new Map(),
): ContactStory {
  const results = resultsOf(events);
  const demands = new DemandFold(setupAt);
  const steps: StoryStep[] = [];
  for (const event of events.slice(0, storyStepsAtMost)) {
    demands.apply(event);
    const offerId = event.type === 'contact.offered' ? event.data.offerId : '';
    const step = presentStep(event, demands, { ...results.get(offerId), fact: facts.get(offerId) });
    if (step) steps.push(step);
  }
  return { contactId, steps, isCut: events.length > storyStepsAtMost };
}

function presentStep(
  event: HearthlineEvent,
  demands: DemandFold,
  { fact, ...outcome }: { result?: string; ringMs?: number; fact: CounterfactualFact | undefined },
): StoryStep | undefined {
  const { seq, at, queueId, agentId = '' } = event;
  const head = { seq, at, ...(queueId !== undefined && { queueId }) };
  switch (event.type) {
    case 'contact.arrived': {
      const { numberId, language } = event.data;
      return { kind: 'arrived', ...head, numberId, language };
    }
    case 'contact.queued': {
      const { priority, position, headStartMs, skills, preferred } = event.data;
      return {
        kind: 'queued',
        ...head,
        priority,
        position,
        ...(headStartMs !== undefined && { headStartMs }),
        ...(skills && { skills }),
        ...(preferred && { preferred }),
      };
    }
    case 'contact.relaxed': {
      const { rules, afterMs, demand } = event.data;
      return { kind: 'relaxed', ...head, rules, afterMs, demand: demands.view(demand, queueId, seq) };
    }
    case 'contact.offered': {
      const record = { seq, at, contactId: event.contactId ?? '', agentId, queueId: queueId ?? '' };
      const data: Record<string, unknown> = event.data;
      const offer = presentOffer(
        { ...record, data, ...outcome },
        {
          demandAs: (text) => demands.view(text, queueId, seq),
          fact,
        },
      );
      return { kind: 'offered', ...head, offer };
    }
    case 'offer.withdrawn': {
      const { offerId, reason, ringMs } = event.data;
      return { kind: 'withdrawn', ...head, offerId, agentId, reason, ringMs };
    }
    case 'contact.answered': {
      const { offerId, waitMs, inTarget } = event.data;
      return { kind: 'answered', ...head, offerId, agentId, waitMs, inTarget };
    }
    case 'contact.abandoned': {
      const { waitMs, during, isShort } = event.data;
      return { kind: 'abandoned', ...head, waitMs, during, isShort };
    }
    case 'contact.flowed-out': {
      const { reason, target, waitMs } = event.data;
      return { kind: 'flowed-out', ...head, reason, target, waitMs };
    }
    case 'contact.ended': {
      const { outcome: how, endedBy, reason, talkMs, holdMs } = event.data;
      return { kind: 'ended', ...head, outcome: how, endedBy, reason, talkMs, holdMs };
    }
    default:
      return undefined;
  }
}
