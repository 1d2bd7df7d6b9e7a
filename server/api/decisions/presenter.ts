/**
 * Decisions and the story of a contact as the screens read them. Pure; a record that cannot be read is left out, not guessed.
 * Whoever sees a part of the site is told nothing of agents and contacts outside it but that the chosen agent was chosen:
 * numbers of agents stay, who they were and how long they had been idle goes.
 */
import {
  type Decision,
  decisionSchema,
  type DemandFacts,
  type OfferRecord,
} from '../../contract/decision.ts';
import type { HearthlineEvent } from '../../contract/events.ts';
import { offerResults, storyStepsAtMost } from '../../contract/rest-decisions.ts';
import type {
  ContactStory,
  DecisionRow,
  DecisionView,
  DemandView,
  OfferResult,
  StoryStep,
} from '../../contract/rest-decisions.ts';
import { type View, wholeSite } from '../../auth/view.ts';
import { demandText, otherwiseText } from '../../acd/decision-words.ts';

const presentDemand = (demand: string | DemandFacts): DemandView => ({
  text: demandText(demand),
  ...(typeof demand !== 'string' && { facts: demand }),
});

function presentDecision(decision: Decision, at: number, view: View): DecisionView {
  const { strategy, trigger, candidateCount, contactPosition, waitingCount } = decision;
  const { demand, counterfactual, chosen } = decision;
  const otherwise = isToldOf(counterfactual, view) ? otherwiseText(decision) : undefined;
  const candidates = decision.candidates.filter(
    ({ agentId }) => agentId === chosen || view.hasAgent(agentId),
  );
  return {
    strategy,
    trigger,
    candidates: candidates.map(({ agentId, idleSince, score }) => ({
      agentId,
      isChosen: agentId === chosen,
      idleMs: Math.max(0, at - idleSince),
      score,
    })),
    candidateCount,
    ...(demand !== undefined && { demand: presentDemand(demand) }),
    ruledOut: Object.entries(decision.ruledOut)
      .map(([rule, count]) => ({
        rule,
        count,
        agentIds: (decision.ruledOutAgents?.[rule] ?? []).filter((agentId) => view.hasAgent(agentId)),
      }))
      .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)),
    contactPosition,
    waitingCount,
    ...(otherwise !== undefined && {
      counterfactual: {
        text: otherwise,
        ...(typeof counterfactual === 'object' && { fact: counterfactual }),
      },
    }),
  };
}

/** Of an old record there is a sentence, of which nobody knows whom it names. */
function isToldOf(fact: Decision['counterfactual'], view: View): boolean {
  if (fact === undefined || typeof fact === 'string') return view.within === undefined;
  return 'agentId' in fact ? view.hasAgent(fact.agentId) : view.hasQueue(fact.queueId);
}

const resultOf = (result: string | undefined): OfferResult =>
  offerResults.find((one) => one === result) ?? 'open';

export function presentOffer(offer: OfferRecord, view = wholeSite): DecisionRow {
  const read = decisionSchema.safeParse(offer.data['decision']);
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
    ...(read.success && { decision: presentDecision(read.data, offer.at, view) }),
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
  view = wholeSite,
): ContactStory {
  const results = resultsOf(events);
  const steps: StoryStep[] = [];
  for (const event of events.slice(0, storyStepsAtMost)) {
    const offerId = event.type === 'contact.offered' ? event.data.offerId : '';
    const step = presentStep(event, results.get(offerId), view);
    if (step) steps.push(step);
  }
  return { contactId, steps, isCut: events.length > storyStepsAtMost };
}

function presentStep(
  event: HearthlineEvent,
  outcome: { result?: string; ringMs?: number } | undefined,
  view: View,
): StoryStep | undefined {
  const { seq, at, queueId, agentId = '' } = event;
  const head = { seq, at, ...(queueId !== undefined && { queueId }) };
  switch (event.type) {
    case 'contact.arrived': {
      const { numberId, language } = event.data;
      return { kind: 'arrived', ...head, numberId, language };
    }
    case 'contact.queued': {
      const { priority, position, headStartMs, skills, preferred, giver } = event.data;
      return {
        kind: 'queued',
        ...head,
        priority,
        position,
        ...(headStartMs !== undefined && { headStartMs }),
        ...(skills && { skills }),
        ...(preferred && { preferred }),
        ...(giver && { giver }),
      };
    }
    case 'contact.relaxed': {
      const { rules, afterMs, demand } = event.data;
      return { kind: 'relaxed', ...head, rules, afterMs, demand: presentDemand(demand) };
    }
    case 'contact.offered': {
      const record = { seq, at, contactId: event.contactId ?? '', agentId, queueId: queueId ?? '' };
      const data: Record<string, unknown> = event.data;
      const offer = presentOffer({ ...record, data, ...outcome }, view);
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
    case 'contact.transferred': {
      const { target, talkMs, holdMs } = event.data;
      return { kind: 'transferred', ...head, agentId, target, talkMs, holdMs };
    }
    case 'contact.ended': {
      const { outcome: how, endedBy, reason, talkMs, holdMs } = event.data;
      return { kind: 'ended', ...head, outcome: how, endedBy, reason, talkMs, holdMs };
    }
    default:
      return undefined;
  }
}
