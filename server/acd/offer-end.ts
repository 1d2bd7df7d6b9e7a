/**
 * How offers end that nobody took: the contact is back at its old place, and the agent goes where the reason sends it. Text
 * leaves its agent's state alone, unless it was the agent who let it go by.
 */
import type { WithdrawReason } from '../contract/events.ts';
import type { NextStep } from './agent-state.ts';
import { type ContactIn, type Offer, offerTo, ringMsOf } from './contact-state.ts';
import { stays } from './flow-target.ts';
import { flowOut, mustLeave } from './overflow.ts';
import type { Session } from './session.ts';
import { stepBack } from './text-work.ts';
import { isCall } from './workload.ts';

/**
 * Ends an offer unanswered. The contact is back at its old place; one that has waited past its maximum, or
 * whose queue is gone, flows out here, as those rules rested while the phone rang.
 * `agentThen`: where an agent goes who was not at fault.
 */
export function withdraw(
  session: Session,
  contact: ContactIn<'offered'>,
  offer: Offer,
  reason: WithdrawReason,
  agentThen: NextStep = { to: 'ready' },
): void {
  const { agentId } = offer;
  giveBack(session, contact, offer, reason, () => {
    if (isCall(contact.channel)) releaseAgent(session, agentId, contact.queueId, reason, agentThen);
    else releaseFromText(session, agentId, contact.queueId, reason);
  });
}

/** The contact's side of it; `release` comes between, so that the log tells it in the order it happens. */
export function giveBack(
  session: Session,
  contact: ContactIn<'offered'>,
  offer: Offer,
  reason: WithdrawReason,
  release?: () => void,
): void {
  const { id, queueId } = contact;
  session.emit({
    type: 'offer.withdrawn',
    at: session.at,
    contactId: id,
    agentId: offer.agentId,
    queueId,
    data: { offerId: offer.offerId, reason, ringMs: ringMsOf(offer, session.at) },
  });
  release?.();
  if (reason === 'contact-gone') return;
  const queue = session.state.queues.get(queueId);
  const after = session.state.contacts.get(id);
  if (!queue || after?.state !== 'waiting') return;
  const { maxWaitMs } = queue.config;
  const exit = mustLeave(session, queue);
  const isOver = maxWaitMs > 0 && after.place.queuedAt + maxWaitMs <= session.at;
  const due = exit ?? (isOver ? ({ reason: 'max-wait' } as const) : undefined);
  if (due && !stays(after, queue.config, due)) flowOut(session, after, due);
  else session.wantsAgent(id);
}

const afterRejection: NextStep = { to: 'not-ready', reason: 'offer-rejected', isSystemReason: true };

/** Text leaves the agent's state as it is, unless it was the agent who let it go by. */
function releaseFromText(session: Session, agentId: string, queueId: string, reason: WithdrawReason): void {
  // Counted already, with the end of the offer.
  if (reason === 'rona') stepBack(session, agentId, afterRona(session, agentId, queueId, 0));
  else if (reason === 'rejected') stepBack(session, agentId, afterRejection);
  else session.wantsContact(agentId);
}

function releaseAgent(
  session: Session,
  agentId: string,
  queueId: string,
  reason: WithdrawReason,
  then: NextStep,
): void {
  switch (reason) {
    case 'rona':
      session.moveOn(agentId, afterRona(session, agentId, queueId, 1));
      return;
    case 'rejected':
      session.moveOn(agentId, afterRejection);
      return;
    case 'phone-unreachable': {
      const next = session.state.agents.get(agentId)?.next;
      if (next?.to === 'logged-out') session.logOut(agentId, next.reason);
      else session.loseAgent(agentId);
      return;
    }
    case 'contact-gone':
    case 'agent-left':
    case 'interrupted':
    case 'answered-elsewhere':
      session.moveOn(agentId, then);
      return;
  }
}

/** By the rule of the queue whose offer was not answered. */
function afterRona({ state }: Session, agentId: string, queueId: string, uncounted: number): NextStep {
  const agent = state.agents.get(agentId);
  const queue = state.queues.get(queueId)?.config;
  const rule = queue?.rona;
  // Where all phones ring, it is nobody's own fault that none was picked up.
  if (!rule && queue?.strategy === 'ring-all') return { to: 'ready', reason: 'rona' };
  if (rule && (agent?.ronas ?? 0) + uncounted < rule.after) return { to: 'ready', reason: 'rona' };
  if (rule?.becomes === 'logged-out') return { to: 'logged-out', reason: 'rona' };
  return { to: 'not-ready', reason: 'rona', isSystemReason: true };
}

/** Nobody came to the phone in time. */
export function endRinging(session: Session, contact: ContactIn<'offered'>): void {
  for (const offer of contact.offers)
    if (offer.ringUntil <= session.at) withdraw(session, contact, offer, 'rona');
}

/** Text that was offered to the agent goes to somebody else. */
export function giveBackText(session: Session, agentId: string): void {
  for (const { contactId, isOffer } of session.state.agents.get(agentId)?.inHand ?? []) {
    const contact = session.state.contacts.get(contactId);
    const offer = isOffer ? offerTo(contact, agentId) : undefined;
    if (contact?.state === 'offered' && offer) withdraw(session, contact, offer, 'agent-left');
  }
}
