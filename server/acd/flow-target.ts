/**
 * Where a rule of flow-out leads, and whether a contact takes that way. A mail, or a callback whose customer
 * is not on the line, hears no message and calls no number, so it stays where such a way is the only one; a caller or a chat
 * leaves by it. Pure.
 */
import type { Channel, DraftOf } from '../contract/events.ts';
import type { AcdQueue, OverflowTarget } from './types.ts';

type FlowOutReason = DraftOf<'contact.flowed-out'>['data']['reason'];

/** Why a contact leaves, and where to; without `to` the first rule of that kind, or the queue's message, says it. */
export interface Exit {
  readonly reason: FlowOutReason;
  readonly to?: OverflowTarget;
}

/** `left`: the queues it has left by a rule before. */
export interface Leaver {
  readonly channel: Channel;
  /** Of a callback. */
  readonly isReached?: boolean;
  readonly left?: readonly string[];
}

export const byMessage = (queue: AcdQueue): OverflowTarget => ({
  kind: 'message',
  prompt: queue.overflowTarget,
});

export function targetOf(queue: AcdQueue | undefined, { reason, to }: Exit): OverflowTarget {
  if (!queue) return { kind: 'message', prompt: '' };
  if (to) return to;
  return queue.overflow?.find((rule) => rule.when === reason)?.to ?? byMessage(queue);
}

/** Nobody listens while it waits. */
export const isSilent = ({ channel, isReached }: Pick<Leaver, 'channel' | 'isReached'>): boolean =>
  channel === 'mail' || (channel === 'callback' && !isReached);

/** It would come back to a queue that it has left; by way of a number it may once, the second time it leaves for good. */
export function isBackAgain({ left = [] }: Leaver, queueId: string, target: OverflowTarget): boolean {
  if (left.includes(queueId)) return true;
  return target.kind === 'queue' && [...left, queueId].includes(target.queueId);
}

export function stays(leaver: Leaver, queue: AcdQueue, exit: Exit): boolean {
  if (!isSilent(leaver) || exit.reason === 'queue-removed') return false;
  const target = targetOf(queue, exit);
  return target.kind !== 'queue' || isBackAgain(leaver, queue.id, target);
}
