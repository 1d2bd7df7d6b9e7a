/**
 * How contacts leave a queue by a rule: to another queue, to a message, to a number. Stated rules: a contact takes the
 * time it has waited along; it never comes back to a queue it has left by a rule, so no two queues can pass it to and
 * fro (it hears the message instead); what rings is let ring, and flows out if the offer fails;
 * where a mail would hear a message, it stays (flow-target.ts).
 */
import type { AcdState } from './acd-state.ts';
import type { AgentRecord } from './agent-state.ts';
import type { ContactIn } from './contact-state.ts';
import { estimateMs } from './estimate.ts';
import { byMessage, type Exit, isBackAgain, stays, targetOf } from './flow-target.ts';
import type { QueueState } from './queue-state.ts';
import type { Session } from './session.ts';
import type { IgnoredReason, OverflowRule, Wishes } from './types.ts';
import { placeIn } from './waiting-list.ts';

const byRule = (rule: OverflowRule | undefined): Exit | undefined =>
  rule && { reason: rule.when, to: rule.to };

/** What keeps a contact from entering this queue now; undefined when it may. */
export function refusal({ state, at }: Pick<Session, 'state' | 'at'>, queue: QueueState): Exit | undefined {
  if (queue.isRetired) return { reason: 'queue-removed' };
  if (state.isEmergency(queue.config.id)) return { reason: 'emergency' };
  const { maxLength, overflow = [] } = queue.config;
  if (maxLength > 0 && queue.waiting.size >= maxLength) return { reason: 'max-length' };
  return byRule(overflow.find((rule) => isDue(rule, queue, at)));
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
export function mustLeave(session: Session, queue: QueueState): Exit | undefined {
  if (queue.isRetired) return { reason: 'queue-removed' };
  if (session.state.isEmergency(queue.config.id)) return { reason: 'emergency' };
  const due = queue.config.overflow?.find(
    (rule) => (rule.when === 'no-agents' || rule.when === 'all-not-ready') && isDue(rule, queue, session.at),
  );
  return byRule(due);
}

/** Everybody who is open in a queue whose rules let nobody wait. */
export function flowOutAll(session: Session, queue: QueueState): void {
  const exit = queue.openSize > 0 ? mustLeave(session, queue) : undefined;
  if (!exit) return;
  for (const { contactId } of Array.from(queue.waiting)) {
    const contact = session.state.contacts.get(contactId);
    if (contact?.state === 'waiting' && !stays(contact, queue.config, exit)) flowOut(session, contact, exit);
  }
}

const nameOf = (target: ReturnType<typeof targetOf>): string => {
  if (target.kind === 'message') return target.prompt;
  return target.kind === 'queue' ? `queue:${target.queueId}` : `number:${target.number}`;
};

/** Into a queue, or out of it again at once where its rules let nobody in. */
export function enter(
  session: Session,
  contact: ContactIn<'greeting' | 'flowed-out'>,
  queueId: string,
  wishes: { priority?: number } & Wishes,
): IgnoredReason | undefined {
  const { priority, headStartMs = 0, skills, preferred, giver } = wishes;
  const { state, at } = session;
  const queue = state.queues.get(queueId);
  if (!queue) return 'unknown-queue';
  const exit = refusal(session, queue);
  if (exit && !stays(contact, queue.config, exit))
    return flowOut(session, contact, exit, { queueId, wishes });
  // What it has waited elsewhere, a head start there included, counts here.
  const { carried } = contact;
  const ahead = Math.max(headStartMs, carried ? at - carried.since : 0);
  const entry = {
    contactId: contact.id,
    priority: priority ?? carried?.priority ?? 0,
    ...(ahead > 0 && { headStartMs: ahead }),
    queuedAt: at,
  };
  // Behind everybody who is as urgent, as nobody can have come later.
  const probe = placeIn(state.site, queue.config, { order: Number.POSITIVE_INFINITY, ...entry });
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
      ...(giver && { giver }),
    },
  });
  session.wantsAgent(contact.id);
  return undefined;
}

export const isLoggedIn = (agent: AgentRecord | undefined): boolean =>
  agent !== undefined && agent.state !== 'logged-out' && agent.state !== 'unreachable' && !agent.isRemoved;

/** `atDoor`: of a contact that was not let in; what it brought goes with it to the next queue. */
export function flowOut(
  session: Session,
  contact: ContactIn<'greeting' | 'waiting' | 'flowed-out'>,
  exit: Exit,
  atDoor?: { queueId: string; wishes: { priority?: number } & Wishes },
): undefined {
  const { state, at } = session;
  const queueId = atDoor?.queueId ?? contact.queueId;
  const queue = state.queues.get(queueId)?.config;
  const wanted = targetOf(queue, exit);
  const isNoWay = wanted.kind === 'queue' && !isOpen(state, wanted.queueId);
  const target = queue && (isNoWay || isBackAgain(contact, queueId, wanted)) ? byMessage(queue) : wanted;
  session.emit({
    type: 'contact.flowed-out',
    at,
    contactId: contact.id,
    queueId,
    data: {
      reason: exit.reason,
      target: nameOf(target),
      waitMs: contact.state === 'waiting' ? at - contact.place.queuedAt : 0,
    },
  });
  const after = state.contacts.get(contact.id);
  if (target.kind === 'queue' && after?.state === 'flowed-out')
    enter(session, after, target.queueId, atDoor?.wishes ?? {});
}

function isOpen(state: AcdState, queueId: string): boolean {
  const queue = state.queues.get(queueId);
  return queue !== undefined && !queue.isRetired;
}
