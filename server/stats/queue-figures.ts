/** What a board says of one queue: its counts since the day began, by the formulas of kpi.ts, and how it stands. Pure. */
import type { EventType } from '../contract/events.ts';
import type { FigureCounts } from '../contract/figures.ts';
import type { QueueLive } from '../contract/live.ts';
import { ahtMs, asaMs, serviceLevelAbandonsIgnored } from './kpi.ts';

export interface StatsQueue {
  id: string;
  name: string;
  targetPercent: number;
  targetMs: number;
  shortAbandonMs: number;
}

/** Contacts that ring, by queue; where all are rung, several phones ring for one. */
export class Ringing {
  readonly #queues = new Map<string, Map<string, number>>();

  constructor(snapshot: readonly (readonly [string, number])[] = []) {
    for (const [id, phones] of snapshot) {
      const [queueId, contactId] = JSON.parse(id) as [string, string];
      this.#queue(queueId).set(contactId, phones);
    }
  }

  of(queueId: string): number {
    return this.#queues.get(queueId)?.size ?? 0;
  }

  queues(): string[] {
    return [...this.#queues.keys()];
  }

  isRinging(queueId: string, contactId: string): boolean {
    return this.#queues.get(queueId)?.has(contactId) ?? false;
  }

  apply(queueId: string, contactId: string, type: EventType): void {
    const queue = this.#queue(queueId);
    const phones = queue.get(contactId) ?? 0;
    if (type === 'contact.offered') queue.set(contactId, phones + 1);
    else if (type === 'offer.withdrawn' && phones > 1) queue.set(contactId, phones - 1);
    else if (type === 'offer.withdrawn' || type === 'contact.answered' || type === 'contact.ended')
      queue.delete(contactId);
  }

  toSnapshot(): [string, number][] {
    return [...this.#queues].flatMap(([queueId, queue]) =>
      [...queue].map(([contactId, phones]): [string, number] => [
        JSON.stringify([queueId, contactId]),
        phones,
      ]),
    );
  }

  #queue(queueId: string): Map<string, number> {
    let queue = this.#queues.get(queueId);
    if (!queue) this.#queues.set(queueId, (queue = new Map()));
    return queue;
  }
}

type Standing = Pick<QueueLive, 'waiting' | 'ringing' | 'talking' | 'agentsLoggedIn' | 'agentsReady'> & {
  oldestWaitingSince: number | undefined;
};

/** `counts`: undefined where nothing was counted yet. */
export function queueLive(
  { id, name, targetPercent, targetMs }: StatsQueue,
  counts: FigureCounts | undefined,
  { oldestWaitingSince, ...standing }: Standing,
): QueueLive {
  const serviceLevel = counts && serviceLevelAbandonsIgnored(counts);
  const asa = counts && asaMs(counts);
  const aht = counts && ahtMs(counts);
  return {
    queueId: id,
    name,
    ...standing,
    ...(oldestWaitingSince !== undefined && { oldestWaitingSince }),
    offered: counts?.offered ?? 0,
    answered: counts?.answered ?? 0,
    answeredInTarget: counts?.answeredInTarget ?? 0,
    abandoned: counts?.abandoned ?? 0,
    abandonedInTarget: counts?.abandonedInTarget ?? 0,
    shortAbandoned: counts?.shortAbandoned ?? 0,
    flowedOut: counts?.flowedOut ?? 0,
    rona: counts?.rona ?? 0,
    ...(serviceLevel !== undefined && { serviceLevel }),
    targetPercent,
    targetSec: targetMs / 1000,
    ...(asa !== undefined && { asaMs: asa }),
    ...(aht !== undefined && { ahtMs: aht }),
    longestWaitMs: counts?.longestWaitMs ?? 0,
  };
}
