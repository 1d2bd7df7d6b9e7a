/**
 * Makes decisions of the past again, from the log alone (N4): the state before each offer is folded, the choice
 * is made anew, and both records are given side by side. A difference means that the log or the code changed.
 */
import type { Decision, EventDraft } from '../contract/events.ts';
import { AcdState } from './acd-state.ts';
import { chooseAgent, chooseContact, describeDecision } from './routing.ts';

export interface ReplayedDecision {
  offerId: string;
  contactId: string;
  at: number;
  recorded: Decision;
  /** Undefined where the state before the offer would have made none. */
  replayed: Decision | undefined;
}

/** `log`: in order, from the first event or from where `snapshot` was taken. */
export function* replayDecisions(log: Iterable<EventDraft>, snapshot?: unknown): Iterable<ReplayedDecision> {
  const state = new AcdState();
  if (snapshot !== undefined && snapshot !== null) state.load(snapshot);
  for (const event of log) {
    if (event.type === 'contact.offered') {
      const { offerId, decision: recorded } = event.data;
      const { contactId = '', agentId = '', at } = event;
      const replayed = decideAgain(state, contactId, agentId, recorded.trigger, at);
      yield { offerId, contactId, at, recorded, replayed };
    }
    state.apply(event);
  }
}

/** `trigger` says who asked; the other side is chosen again. */
function decideAgain(
  state: AcdState,
  contactId: string,
  agentId: string,
  trigger: Decision['trigger'],
  at: number,
): Decision | undefined {
  const asked = state.agents.get(agentId);
  const isByAgent = trigger === 'agent';
  const chosenContact = isByAgent && asked ? chooseContact(state, asked)?.contactId : contactId;
  const contact = state.contacts.get(chosenContact ?? '');
  const queue = contact && state.queues.get(contact.queueId);
  if (contact?.state !== 'waiting' || !queue || contact.id !== contactId) return undefined;
  const agent = isByAgent ? asked : state.agents.get(chooseAgent(state, queue, contact, at) ?? '');
  return agent && describeDecision(state, queue, contact, agent, trigger, at);
}
