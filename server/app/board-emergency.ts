/**
 * Puts on the board where the emergency switch is on, so that televisions tell it the moment it is switched. Taken from
 * routing, which is what decides where callers go; a queue that the site no longer has holds nobody, and is left out.
 */
import type { BoardState } from '../contract/live.ts';

/** `switchedOn`: queues whose switch is on; the empty string stands for the whole site. */
export function withEmergency(board: BoardState, switchedOn: readonly string[]): BoardState {
  const isSiteOn = switchedOn.includes('');
  const queueIds = switchedOn.filter((queueId) => Object.hasOwn(board.queues, queueId)).sort();
  return isSiteOn || queueIds.length > 0 ? { ...board, emergency: { isSiteOn, queueIds } } : board;
}
