/**
 * What each command about a contact or an offer does, by the state it finds (design §8: not allowed is
 * ignored with a reason, since networks race). Diagram: contact-state.ts.
 * Accounting: whoever was queued leaves the queue by exactly one of answered, abandoned, flowed-out; a
 * fault of ours while waiting counts as abandoned (cut off unanswered), and its end says `failed`.
 */
import type { Outcome } from '../contract/events.ts';
import { type ContactIn, type ContactRecord, type Offer, ringMsOf, talkOf } from './contact-state.ts';
import { estimateMs } from './estimate.ts';
import { withdraw } from './offer-end.ts';
import { putDown } from './put-down.ts';
import { enter } from './overflow.ts';
import type { Session } from './session.ts';
import { interruptText } from './text-work.ts';
import { transfer } from './transfer.ts';
import type { AcdCommand, EndedBy, IgnoredReason, Wishes } from './types.ts';
import { isCall } from './workload.ts';

export type ContactCommand = Extract<
  AcdCommand,
  { type: `contact.${string}` | `offer.${string}` | 'offers.interrupt' }
>;
type Verdict = IgnoredReason | undefined;

export function handleContact(session: Session, command: ContactCommand): Verdict {
  switch (command.type) {
    case 'contact.arrive':
      return arrive(session, command);
    case 'offer.alerted':
    case 'offer.accepted':
    case 'offer.failed':
      return handleOffer(session, command);
    case 'offers.interrupt':
      return interrupt(session, command.offerIds);
    case 'contact.enqueue':
    case 'contact.leave':
    case 'contact.fail':
    case 'contact.finish':
    case 'contact.agent-hung-up':
    case 'contact.transfer':
    case 'contact.reached':
    case 'contact.hold':
    case 'contact.resume': {
      const contact = session.state.contacts.get(command.contactId);
      return contact ? handleKnown(session, contact, command) : 'unknown-contact';
    }
  }
}

function handleKnown(
  session: Session,
  contact: ContactRecord,
  command: Exclude<ContactCommand, { type: `offer.${string}` | 'offers.interrupt' | 'contact.arrive' }>,
): Verdict {
  switch (command.type) {
    case 'contact.enqueue':
      return enqueue(session, contact, command);
    case 'contact.leave':
      return leave(session, contact, command.reason);
    case 'contact.fail':
      return fail(session, contact, command.reason, command.outcome ?? 'failed');
    case 'contact.finish':
      if (contact.state !== 'flowed-out') return 'not-allowed-in-state';
      return end(session, contact, 'flowed-out', 'system', command.reason);
    case 'contact.agent-hung-up':
      if (contact.state !== 'connected') return 'not-allowed-in-state';
      return end(session, contact, 'answered', 'agent', command.reason);
    case 'contact.transfer':
      return transfer(session, contact, command.to);
    case 'contact.reached':
      return reach(session, contact, command.ringMs);
    case 'contact.hold':
      return hold(session, contact);
    case 'contact.resume':
      return resume(session, contact);
  }
}

function arrive(session: Session, command: Extract<AcdCommand, { type: 'contact.arrive' }>): Verdict {
  const { contactId, channel, queueId, numberId, language, trunkId, phoneId, pii } = command;
  if (session.state.contacts.has(contactId)) return 'duplicate';
  const queue = session.state.queues.get(queueId);
  if (!queue || queue.isRetired) return 'unknown-queue';
  session.emit({
    type: 'contact.arrived',
    at: session.at,
    contactId,
    queueId,
    data: {
      channel,
      numberId,
      language,
      ...(trunkId === undefined ? {} : { trunkId }),
      ...(phoneId === undefined ? {} : { phoneId }),
      ...(pii === undefined ? {} : { pii }),
    },
  });
  return undefined;
}

function enqueue(
  session: Session,
  contact: ContactRecord,
  { queueId, ...wishes }: { queueId?: string; priority?: number } & Wishes,
): Verdict {
  const isWaitingForNumber = contact.state === 'flowed-out' && queueId !== undefined;
  if (contact.state !== 'greeting' && !isWaitingForNumber) return 'not-allowed-in-state';
  return enter(session, contact, queueId ?? contact.queueId, wishes);
}

function leave(session: Session, contact: ContactRecord, reason: string): Verdict {
  switch (contact.state) {
    case 'greeting':
      return end(session, contact, 'left-before-queue', 'customer', reason);
    case 'waiting':
      return abandon(session, contact, 'queue', 'abandoned', 'customer', reason);
    case 'offered':
      for (const offer of contact.offers) withdraw(session, contact, offer, 'contact-gone');
      return abandon(session, contact, 'ringing', 'abandoned', 'customer', reason);
    case 'connected':
      return end(session, contact, 'answered', 'customer', reason);
    case 'flowed-out':
      return end(session, contact, 'flowed-out', 'customer', reason);
    case 'abandoned':
      return end(session, contact, 'abandoned', 'customer', reason);
  }
}

function fail(
  session: Session,
  contact: ContactRecord,
  reason: string,
  outcome: 'failed' | 'refused',
): Verdict {
  switch (contact.state) {
    case 'greeting':
      return end(session, contact, outcome, 'system', reason);
    case 'waiting':
      return abandon(session, contact, 'queue', outcome, 'system', reason);
    case 'offered':
      for (const offer of contact.offers) withdraw(session, contact, offer, 'contact-gone');
      return abandon(session, contact, 'ringing', outcome, 'system', reason);
    case 'connected':
      return end(session, contact, 'answered', 'system', reason);
    case 'flowed-out':
      return end(session, contact, 'flowed-out', 'system', reason);
    case 'abandoned':
      return end(session, contact, outcome, 'system', reason);
  }
}

function abandon(
  session: Session,
  { id, queueId, place }: ContactIn<'waiting' | 'offered'>,
  during: 'queue' | 'ringing',
  outcome: Outcome,
  endedBy: EndedBy,
  reason: string,
): undefined {
  const waitMs = session.at - place.queuedAt;
  const { shortAbandonMs = 0, targetMs = 0 } = session.state.queues.get(queueId)?.config ?? {};
  session.emit({
    type: 'contact.abandoned',
    at: session.at,
    contactId: id,
    queueId,
    data: { waitMs, during, isShort: waitMs < shortAbandonMs, inTarget: waitMs <= targetMs },
  });
  const after = session.state.contacts.get(id);
  if (after) end(session, after, outcome, endedBy, reason);
}

/** The last event of every contact; a talk takes its agent into wrap-up. */
export function end(
  session: Session,
  contact: ContactRecord,
  outcome: Outcome,
  endedBy: EndedBy,
  reason: string,
): undefined {
  const talk = contact.state === 'connected' ? contact : undefined;
  const { talkMs, holdMs } = talk ? talkOf(talk, session.at) : { talkMs: 0, holdMs: 0 };
  session.emit({
    type: 'contact.ended',
    at: session.at,
    contactId: contact.id,
    queueId: contact.queueId,
    ...(talk ? { agentId: talk.agentId } : {}),
    data: { outcome, endedBy, reason, talkMs, holdMs },
  });
  if (talk) putDown(session, talk);
}

function handleOffer(
  session: Session,
  command: Extract<ContactCommand, { type: `offer.${string}` }>,
): Verdict {
  const contactId = session.state.contactByOffer.get(command.offerId);
  const contact = contactId === undefined ? undefined : session.state.contacts.get(contactId);
  const offers = contact?.state === 'offered' ? contact.offers : [];
  const offer = offers.find(({ offerId }) => offerId === command.offerId);
  if (contact?.state !== 'offered' || !offer) return 'unknown-offer';
  switch (command.type) {
    case 'offer.alerted':
      return alert(session, contact, offer);
    case 'offer.accepted':
      for (const other of offers)
        if (other !== offer) withdraw(session, contact, other, 'answered-elsewhere');
      return answer(session, contact, offer);
    case 'offer.failed':
      withdraw(session, contact, offer, command.reason);
      return undefined;
  }
}

function alert(session: Session, { id, queueId, channel }: ContactIn<'offered'>, offer: Offer): Verdict {
  if (offer.alertedAt !== undefined) return 'already-so';
  const { offerId, agentId, ringUntil } = offer;
  session.emit({
    type: 'offer.alerted',
    at: session.at,
    contactId: id,
    agentId,
    queueId,
    data: { offerId },
  });
  if (isCall(channel)) session.changeAgent(agentId, 'ringing', { until: ringUntil });
  return undefined;
}

function answer(session: Session, contact: ContactIn<'offered'>, offer: Offer): undefined {
  const { id, queueId, place, channel } = contact;
  const { offerId, agentId, phoneId } = offer;
  const waitMs = session.at - place.queuedAt;
  const targetMs = session.state.queues.get(queueId)?.config.targetMs ?? 0;
  const ringMs = ringMsOf(offer, session.at);
  session.emit({
    type: 'contact.answered',
    at: session.at,
    contactId: id,
    agentId,
    queueId,
    data: {
      offerId,
      ...(phoneId !== undefined && { phoneId }),
      waitMs,
      ringMs,
      inTarget: waitMs <= targetMs,
    },
  });
  if (isCall(channel)) {
    session.changeAgent(agentId, 'talking');
    interruptText(session, agentId, channel);
  } else session.wantsContact(agentId);
}

function interrupt(session: Session, offerIds: string[]): Verdict {
  let count = 0;
  for (const offerId of offerIds) {
    const contact = session.state.contacts.get(session.state.contactByOffer.get(offerId) ?? '');
    const offer = contact?.state === 'offered' && contact.offers.find((one) => one.offerId === offerId);
    if (contact?.state !== 'offered' || !offer) continue;
    withdraw(session, contact, offer, 'interrupted');
    count += 1;
  }
  return count > 0 ? undefined : 'unknown-offer';
}

function reach(session: Session, contact: ContactRecord, ringMs: number): Verdict {
  if (contact.state !== 'connected' || contact.channel !== 'callback') return 'not-allowed-in-state';
  if (contact.isReached) return 'already-so';
  const { id: contactId, agentId, queueId } = contact;
  session.emit({ type: 'contact.reached', at: session.at, contactId, agentId, queueId, data: { ringMs } });
  return undefined;
}

function hold(session: Session, contact: ContactRecord): Verdict {
  if (contact.state !== 'connected') return 'not-allowed-in-state';
  if (contact.heldAt !== undefined) return 'already-so';
  const { id: contactId, agentId, queueId } = contact;
  session.emit({ type: 'contact.held', at: session.at, contactId, agentId, queueId, data: {} });
  if (isCall(contact.channel)) session.changeAgent(agentId, 'hold');
  return undefined;
}

function resume(session: Session, contact: ContactRecord): Verdict {
  if (contact.state !== 'connected') return 'not-allowed-in-state';
  if (contact.heldAt === undefined) return 'already-so';
  const { id: contactId, agentId, queueId, heldAt } = contact;
  const holdMs = session.at - heldAt;
  session.emit({ type: 'contact.resumed', at: session.at, contactId, agentId, queueId, data: { holdMs } });
  if (isCall(contact.channel)) session.changeAgent(agentId, 'talking');
  return undefined;
}

/** Tells the caller its place; the next announcement is counted from here. */
export function announce(session: Session, contact: ContactIn<'waiting'>): void {
  const queue = session.state.queues.get(contact.queueId);
  if (!queue) return;
  const position = queue.waiting.position(contact.place) ?? 0;
  const told = estimateMs(queue.pace, position, session.at);
  session.emit({
    type: 'contact.announced',
    at: session.at,
    contactId: contact.id,
    queueId: contact.queueId,
    data: { position, waiting: queue.waiting.size, ...(told !== undefined && { estimateMs: told }) },
  });
}
