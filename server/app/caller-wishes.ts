/**
 * What a call brings into its queue: what the site file gives to who calls and to the number dialled, and what the
 * queue gives to somebody who called a short while ago. The file goes before the past; of two head starts the larger.
 */
import type { Wishes } from '../acd/types.ts';
import type { ActiveSite } from './active-site.ts';
import type { RecentCallers } from './recent-callers.ts';

export interface Entering {
  dialled: string;
  from: string;
  queueId: string;
  /** ms UTC. */
  now: number;
}

/** The queue that a call to a number comes to: a repeat caller's own, where the number's queue names one (M2). */
export function queueAtEntry(
  site: ActiveSite,
  recent: RecentCallers,
  { from, queueId, now }: Omit<Entering, 'dialled'>,
): string {
  const { recall, returnWithinSec = 0 } = site.queue(queueId) ?? {};
  if (!recall || recent.returning(from, queueId, returnWithinSec * 1000, now) !== undefined) return queueId;
  const last = recent.lastQueue(from, recall.withinHours * 3_600_000, now);
  return last === queueId || last === recall.queue ? recall.queue : queueId;
}

export function wishesAtEntry(
  site: ActiveSite,
  recent: RecentCallers,
  { dialled, from, queueId, now }: Entering,
): { priority?: number } & Wishes {
  const byFile = site.wishesOf(dialled, from);
  const { returnWithinSec = 0, lastAgent } = site.queue(queueId) ?? {};
  const since = recent.returning(from, queueId, returnWithinSec * 1000, now);
  const agentId = lastAgent && recent.lastAgent(from, lastAgent.withinHours * 3_600_000, now);
  const headStartMs = Math.max(byFile.headStartMs ?? 0, since === undefined ? 0 : now - since);
  return {
    ...(lastAgent && agentId !== undefined && { preferred: { agentId, waitMs: lastAgent.waitSec * 1000 } }),
    ...byFile,
    ...(headStartMs > 0 && { headStartMs }),
  };
}
