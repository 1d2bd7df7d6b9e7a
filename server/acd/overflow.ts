/**
 * How contacts leave a queue by a rule: to another queue, to a message, to a number. Stated rules: a contact takes the
 * time it has waited along; it never comes back to a queue it has left by a rule, so no two queues can pass it to and
 * fro (it hears the message instead); what rings is let ring, and flows out if the offer fails.
 */
import type { DraftOf } from '../contract/events.ts';
import type { AcdState } from './acd-state.ts';
import type { AgentRecord } from './agent-state.ts';
import type { ContactIn } from './contact-state.ts';
import { estimateMs } from './estimate.ts';
import type { QueueState } from './queue-state.ts';
import type { Session } from './session.ts';
import type { AcdQueue, IgnoredReason, OverflowRule, OverflowTarget, Wishes } from './types.ts';
import { placeIn } from './waiting-list.ts';

export type FlowOutReason = DraftOf<'contact.flowed-out'>['data']['reason'];

/** The rule that keeps a contact from entering this queue now; undefined when it may. */
export function refusal(session: Session, queue: QueueState): FlowOutReason | undefined {
  const { state, at } = session;
  if (queue.isRetired) return 'queue-removed';
  if (state.isEmergency(queue.config.id)) return 'emergency';
  const { maxLength, overflow = [] } = queue.config;
  if (maxLength > 0 && queue.waiting.size >= maxLength) return 'max-length';
  return overflow.find((rule) => isDue(rule, queue, at))?.when;
}

function isDue(rule: OverflowRule, queue: QueueState, at: number): boolean {
  switch (rule.when) {
    case 'no-agents':
      return queue.present === 0;
    case 'all-not-ready':
      return queue.present > 0 && queue.present === queue.countOf('not-ready');
    case 'contacts-per-agent': {
      const staffed = queue.present - queue.countOf('not-ready');
      return queue.waiting.size + 1 > rule.above * Math.max(1, staffed);
    }
    case 'estimated-wait': {
      const ms = estimateMs(queue.pace, queue.waiting.size + 1, at);
      return ms !== undefined && ms > rule.aboveMs;
    }
    case 'max-wait':
    case 'max-length':
    case 'emergency':
      return false;
  }
}

/** The rules that hold for those who wait already, too. */
export function keepsWaiting(session: Session, queue: QueueState): FlowOutReason | undefined {
  if (queue.isRetired) return 'queue-removed';
  if (session.state.isEmergency(queue.config.id)) return 'emergency';
  const due = queue.config.overflow?.find(
    (rule) => (rule.when === 'no-agents' || rule.when === 'all-not-ready') && isDue(rule, queue, session.at),
  );
  return due?.when;
}

/** Everybody who is open in a queue whose rules let nobody wait. */
export function flowOutAll(session: Session, queue: QueueState): void {
  const reason = queue.openSize > 0 ? keepsWaiting(session, queue) : undefined;
  if (!reason) return;
  for (const { contactId } of Array.from(queue.waiting)) {
    const contact = session.state.contacts.get(contactId);
    if (contact?.state === 'waiting') flowOut(session, contact, reason);
  }
}

const byMessage = (queue: AcdQueue): OverflowTarget => ({ kind: 'message', prompt: queue.overflowTarget });

function targetOf(queue: AcdQueue | undefined, reason: FlowOutReason): OverflowTarget {
  if (!queue) return { kind: 'message', prompt: '' };
  return queue.overflow?.find((rule) => rule.when === reason)?.to ?? byMessage(queue);
}

const nameOf = (target: OverflowTarget): string => {
  if (target.kind === 'message') return target.prompt;
  return target.kind === 'queue' ? `queue:${target.queueId}` : `number:${target.number}`;
};

/** Into a queue, or out of it again at once where its rules let nobody in. */
export function enter(
  session: Session,
  contact: ContactIn<'greeting' | 'flowed-out'>,
  queueId: string,
  { priority, headStartMs, skills, preferred }: { priority?: number } & Wishes,
): IgnoredReason | undefined {
  const { state, at } = session;
  const queue = state.queues.get(queueId);
  if (!queue) return 'unknown-queue';
  const reason = refusal(session, queue);
  if (reason) return flowOut(session, contact, reason, queueId);
  // What it has waited elsewhere counts here.
  const { carried } = contact;
  const ahead = (headStartMs ?? 0) + (carried ? at - carried.since : 0);
  const entry = {
    contactId: contact.id,
    priority: priority ?? carried?.priority ?? 0,
    ...(ahead > 0 && { headStartMs: ahead }),
    queuedAt: at,
  };
  // Behind everybody who is as urgent, as nobody can have come later.
  const probe = placeIn(state.site, queue.config, { ...entry, order: Number.POSITIVE_INFINITY });
  const asked = skills ?? carried?.skills;
  // An agent who is not there is not waited for.
  const isThere = preferred && preferred.waitMs > 0 && isLoggedIn(state.agents.get(preferred.agentId));
  session.emit({
    type: 'contact.queued',
    at,
    contactId: contact.id,
    queueId,
    data: {
      channel: contact.channel,
      priority: entry.priority,
      position: queue.waiting.placeFor(probe),
      ...(ahead > 0 && { headStartMs: ahead }),
      ...(asked && { skills: asked }),
      ...(isThere && { preferred }),
    },
  });
  session.wantsAgent(contact.id);
  return undefined;
}

const isLoggedIn = (agent: AgentRecord | undefined): boolean =>
  agent !== undefined && agent.state !== 'logged-out' && agent.state !== 'unreachable' && !agent.isRemoved;

/** `queueId`: the queue it leaves, where that is not the one it was bound to before. */
export function flowOut(
  session: Session,
  contact: ContactIn<'greeting' | 'waiting' | 'flowed-out'>,
  reason: FlowOutReason,
  queueId = contact.queueId,
): undefined {
  const { state, at } = session;
  const queue = state.queues.get(queueId)?.config;
  const wanted = targetOf(queue, reason);
  const left = [...(contact.left ?? []), queueId];
  const isNoWay =
    wanted.kind === 'queue' && (left.includes(wanted.queueId) || !isOpen(state, wanted.queueId));
  const target = queue && isNoWay ? byMessage(queue) : wanted;
  session.emit({
    type: 'contact.flowed-out',
    at,
    contactId: contact.id,
    queueId,
    data: {
      reason,
      target: nameOf(target),
      waitMs: contact.state === 'waiting' ? at - contact.place.queuedAt : 0,
    },
  });
  const after = state.contacts.get(contact.id);
  if (target.kind === 'queue' && after?.state === 'flowed-out') enter(session, after, target.queueId, {});
}

function isOpen(state: AcdState, queueId: string): boolean {
  const queue = state.queues.get(queueId);
  return queue !== undefined && !queue.isRetired;
}
