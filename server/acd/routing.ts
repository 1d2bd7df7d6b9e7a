/**
 * Who gets whom, and why. Pure and deterministic: the same state gives the same choice, and the decision
 * record (N4) says what it was made from. Strategy longest idle: of a queue's Ready agents the one idle for
 * the longest time; an agent who becomes Ready takes, over all its queues, the highest priority, then the
 * contact that entered its queue first. Cost: O(log n) in agents and in waiting contacts, O(q) in the
 * queues of one agent; nobody is scanned, as the queue keeps counts of those who could not be chosen.
 */
import type { Decision } from '../contract/events.ts';
import type { AcdState, QueueState } from './acd-state.ts';
import type { AgentRecord } from './agent-state.ts';
import type { ContactIn } from './contact-state.ts';
import { comparePlaces, type Place } from './waiting-list.ts';

const candidatesShown = 5;

/** For a contact that waits: the agent idle for the longest time. */
export function chooseAgent(queue: QueueState): string | undefined {
  return queue.isRetired ? undefined : queue.members.longestIdle(1)[0]?.agentId;
}

/** For an agent who is free: the contact to serve next over all its queues. */
export function chooseContact(state: AcdState, agent: AgentRecord): Place | undefined {
  let best: Place | undefined;
  for (const queueId of agent.config.queueIds) {
    const place = state.queues.get(queueId)?.waiting.nextOpen();
    if (place && (!best || comparePlaces(place, best) < 0)) best = place;
  }
  return best;
}

/** The record of a choice, drawn from the state before the offer. */
export function describeDecision(
  state: AcdState,
  queue: QueueState,
  contact: ContactIn<'waiting'>,
  agent: AgentRecord,
  trigger: Decision['trigger'],
  at: number,
): Decision {
  const ready = queue.members.longestIdle(candidatesShown);
  const counterfactual =
    trigger === 'contact'
      ? otherAgent(ready, agent)
      : (otherContact(state, contact, agent) ?? otherAgent(ready, agent));
  return {
    strategy: queue.config.strategy,
    chosen: agent.id,
    trigger,
    candidates: ready.map(({ agentId, since }) => ({ agentId, idleSince: since, score: at - since })),
    candidateCount: queue.members.readySize,
    ruledOut: queue.members.notReadyCounts(),
    contactPosition: queue.waiting.position(contact.place) ?? 0,
    waitingCount: queue.waiting.size,
    ...(counterfactual === undefined ? {} : { counterfactual }),
  };
}

function otherAgent(ready: { agentId: string; since: number }[], chosen: AgentRecord): string | undefined {
  const other = ready.find(({ agentId }) => agentId !== chosen.id);
  if (!other || !chosen.idle) return undefined;
  const gapMs = other.since - chosen.idle.since;
  return gapMs > 0
    ? `Agent ${other.agentId} would have been chosen if idle for ${gapMs} ms longer`
    : `Agent ${other.agentId} became Ready in the same millisecond, after agent ${chosen.id}`;
}

/** The contact this agent would have had if the chosen one had left an instant before. */
function otherContact(state: AcdState, chosen: ContactIn<'waiting'>, agent: AgentRecord): string | undefined {
  let best: Place | undefined;
  let bestQueue = '';
  for (const queueId of agent.config.queueIds) {
    const first = state.queues.get(queueId)?.waiting.firstOpen(2) ?? [];
    const place = first.find(({ contactId }) => contactId !== chosen.id);
    if (place && (!best || comparePlaces(place, best) < 0)) {
      best = place;
      bestQueue = queueId;
    }
  }
  if (!best) return undefined;
  const why =
    best.priority < chosen.place.priority
      ? `with a priority above ${chosen.place.priority}`
      : `if it had entered its queue ${best.queuedAt - chosen.place.queuedAt + 1} ms sooner`;
  return `Contact ${best.contactId} of queue ${bestQueue} would have been offered instead ${why}`;
}
