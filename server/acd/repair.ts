/**
 * Makes the state whole again where the log was cut in the middle of a command: a process killed between two
 * events of one command leaves, say, a contact on offer whose agent is still Ready. To be run once after a
 * replay, before any other command; on a whole state it does nothing, save that an Unreachable agent whose
 * phone is registered gets another chance. Every repair is an event, so the next replay needs none.
 */
import { type AgentRecord, isInTalk, isOnOffer, workingStates } from './agent-state.ts';
import { end } from './contact-commands.ts';
import { giveBack, withdraw } from './offer-end.ts';
import { type ContactIn, type ContactRecord, type Offer, offerTo } from './contact-state.ts';
import { enter } from './overflow.ts';
import { beginWrapUp } from './put-down.ts';
import type { Session } from './session.ts';
import { enforceSite } from './site-commands.ts';
import { resumeText } from './text-work.ts';
import { isCall } from './workload.ts';

const reason = 'interrupted';

export function repair(session: Session): void {
  for (const contact of session.state.contacts.values()) repairContact(session, contact);
  for (const agent of session.state.agents.values()) repairAgent(session, agent);
  enforceSite(session);
}

function repairContact(session: Session, contact: ContactRecord): void {
  switch (contact.state) {
    case 'greeting':
    case 'waiting':
      return;
    case 'flowed-out':
      return repairTransit(session, contact);
    case 'abandoned':
      end(session, contact, 'abandoned', 'system', reason);
      return;
    case 'offered':
      for (const offer of contact.offers) repairOffer(session, contact, offer);
      return;
    case 'connected': {
      if (!isCall(contact.channel)) return repairText(session, contact);
      const agent = session.state.agents.get(contact.agentId);
      const state = contact.heldAt === undefined ? 'talking' : 'hold';
      if (agent?.contactId === contact.id && agent.state !== state) session.changeAgent(agent.id, state);
      return;
    }
  }
}

/** On its way from one queue to another, or from one agent to the next. */
function repairTransit(session: Session, contact: ContactIn<'flowed-out'>): void {
  const [kind, id = ''] = contact.target.split(':');
  if (kind === 'queue') enter(session, contact, id, {});
  else if (kind === 'agent') enter(session, contact, contact.queueId, {});
}

/** Interrupted by a call that is over, or by none. */
function repairText(session: Session, { agentId, isInterrupted }: ContactIn<'connected'>): void {
  const agent = session.state.agents.get(agentId);
  if (isInterrupted && agent && !workingStates.has(agent.state)) resumeText(session, agentId);
}

function repairOffer(session: Session, contact: ContactIn<'offered'>, offer: Offer): void {
  const agent = session.state.agents.get(offer.agentId);
  if (!isCall(contact.channel)) {
    if (!agent || agent.state === 'logged-out') giveBack(session, contact, offer, 'interrupted');
    return;
  }
  if (agent?.contactId !== contact.id || !isOnOffer(agent.state))
    giveBack(session, contact, offer, 'interrupted');
  else if (!session.state.registeredPhones.has(offer.phoneId ?? ''))
    withdraw(session, contact, offer, 'phone-unreachable');
  else if (offer.alertedAt !== undefined && agent.state === 'reserved')
    session.changeAgent(agent.id, 'ringing', { until: offer.ringUntil });
}

function repairAgent(session: Session, agent: AgentRecord): void {
  const { id, state } = agent;
  if (state === 'logged-out') {
    if (agent.loggedInAt === undefined) return;
    const loggedInMs = session.at - (agent.loggedInAt ?? session.at);
    session.emit({ type: 'agent.logged-out', at: session.at, agentId: id, data: { reason, loggedInMs } });
    return;
  }
  const contact = session.state.contacts.get(agent.contactId ?? '');
  if (isOnOffer(state) && !offerTo(contact, id)) session.moveOn(id);
  else if (isInTalk(state) && !(contact?.state === 'connected' && contact.agentId === id))
    beginWrapUp(session, id);
  else if (state === 'unreachable' && session.isAtDesk(agent)) session.moveOn(id);
}
