/** How many queues stand on the wall at once, in which order, and when their pages turn. Pure. */
import type { QueueLive } from '../../server/contract/live.ts';

export const rowsPerPage = 12;
export const pageSec = 12;

/** By name, always: a row that jumps about cannot be found again from six metres. */
export function sortedQueues(queues: Record<string, QueueLive>, language: string): QueueLive[] {
  return Object.values(queues).sort(
    (a, b) => a.name.localeCompare(b.name, language) || a.queueId.localeCompare(b.queueId),
  );
}

export function pageCount(count: number): number {
  return Math.max(1, Math.ceil(count / rowsPerPage));
}

/** The page follows the server's clock, so that all displays of a hall turn together. */
export function pageOf(serverSec: number, pages: number): number {
  return Math.floor(serverSec / pageSec) % pages;
}
