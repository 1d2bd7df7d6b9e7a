/** What stands over every figure of a board: where the emergency switch is on, and until when callers are told of maintenance. */
import type { BoardState } from '../contract/live.ts';

/**
 * Taken from routing, which is what decides where callers go; a queue that the site no longer has holds nobody, and is left out.
 * `switchedOn`: queues whose switch is on; the empty string stands for the whole site.
 */
export function withEmergency(board: BoardState, switchedOn: readonly string[]): BoardState {
  const isSiteOn = switchedOn.includes('');
  const queueIds = switchedOn.filter((queueId) => Object.hasOwn(board.queues, queueId)).sort();
  return isSiteOn || queueIds.length > 0 ? { ...board, emergency: { isSiteOn, queueIds } } : board;
}

export const withMaintenance = (board: BoardState, maintenanceUntil: number | undefined): BoardState =>
  maintenanceUntil === undefined ? board : { ...board, maintenanceUntil };
