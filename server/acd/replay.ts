/**
 * Makes decisions of the past again, from the log alone (N4): the state before each offer is folded, the choice
 * is made anew, and both records are given side by side. A difference means that the log or the code changed.
 */
import type { Decision } from '../contract/decision.ts';
import type { EventDraft } from '../contract/events.ts';
import { AcdState } from './acd-state.ts';
import { allAgents, chooseAgent, chooseContact, describeDecision } from './routing.ts';

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
  /** Where all are rung, the choice is made once, before the first of their offers. */
  let rung: { contactId: string; decisions: Decision[] } = { contactId: '', decisions: [] };
  for (const event of log) {
    if (event.type === 'contact.offered') {
      const { offerId, decision: recorded } = event.data;
      const { contactId = '', agentId = '', at } = event;
      const isFirst = state.contacts.get(contactId)?.state === 'waiting';
      if (isFirst)
        rung = { contactId, decisions: decideAgain(state, contactId, agentId, recorded.trigger, at) };
      const made = rung.contactId === contactId ? rung.decisions : [];
      const replayed = isFirst ? made[0] : made.find(({ chosen }) => chosen === agentId);
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
): Decision[] {
  const asked = state.agents.get(agentId);
  const isByAgent = trigger === 'agent';
  const chosenContact = isByAgent && asked ? chooseContact(state, asked)?.contactId : contactId;
  const contact = state.contacts.get(chosenContact ?? '');
  const queue = contact && state.queues.get(contact.queueId);
  if (contact?.state !== 'waiting' || !queue || contact.id !== contactId) return [];
  const agent = isByAgent ? asked : state.agents.get(chooseAgent(state, queue, contact, at) ?? '');
  if (!agent) return [];
  const agents = queue.config.strategy === 'ring-all' ? allAgents(state, queue, contact) : [agent];
  return agents.map((one) => describeDecision(state, queue, contact, one, trigger, at));
}
