/**
 * Loosens what waiting contacts ask of an agent: when a rule of the queue is due, and at once when the agent somebody
 * waits for is no longer there. Every step is an event, so that the wait of each contact can be told from the log.
 */
import type { ContactIn } from './contact-state.ts';
import type { RelaxRule } from '../contract/events.ts';
import { demandOf, factsOf, loosened, nextRelaxation } from './demand.ts';
import type { Session } from './session.ts';

/** Carries out the rules that are due next. */
export function relax(session: Session, contact: ContactIn<'waiting'>): void {
  const queue = session.state.queues.get(contact.queueId);
  const due = queue && nextRelaxation(queue.config, contact.traits);
  if (due) loosen(session, contact, due.rules, due.afterMs);
}

/** Nobody waits for an agent who has gone. */
export function releaseFrom(session: Session, agentId: string): void {
  for (const { contactId } of session.state.waitingForAgent(agentId)) {
    const contact = session.state.contacts.get(contactId);
    if (contact?.state === 'waiting') loosen(session, contact, ['agent'], contact.traits.relaxedMs);
  }
}

function loosen(session: Session, contact: ContactIn<'waiting'>, rules: RelaxRule[], afterMs: number): void {
  const queue = session.state.queues.get(contact.queueId);
  if (!queue) return;
  const traits = loosened(contact.traits, rules, afterMs);
  const demand = factsOf(demandOf(queue.config, traits, contact.channel)) ?? { maxTier: 1 };
  session.emit({
    type: 'contact.relaxed',
    at: session.at,
    contactId: contact.id,
    queueId: contact.queueId,
    data: { rules, afterMs, demand },
  });
  session.wantsAgent(contact.id);
}
