/**
 * What a live screen knows of the stream, as a pure state machine (design §7). Law, tested: after any
 * stream that this machine calls `live`, `tree` equals the newest snapshot with every later patch applied.
 *
 *            snapshot                patch n+1
 *   empty ------------> live <-------------------+
 *     ^                  |  \____________________/
 *     |                  | gap (n is not ours + 1), or a beat that is ahead of us
 *     |                  v
 *     |               lost  -- asks `resync`, drops patches --> snapshot --> live
 *     |                  |
 *     +-- socket closed -+-- revoked --> revoked (final)
 *
 * The race it stops: a patch that was already on the wire when we asked for a resync must not be laid
 * over the fresh snapshot; patches with n at or below ours are therefore dropped silently.
 */
import type { LiveMessage } from '../../server/contract/live.ts';
import { applyMergePatch, type JsonObject } from '../../server/contract/merge-patch.ts';

export type LivePhase = 'empty' | 'live' | 'lost' | 'revoked';

export interface LiveState {
  phase: LivePhase;
  n: number;
  tree: JsonObject | undefined;
  /** Newest event the tree reflects, ms UTC of the server. */
  eventAt: number;
}

export type LiveEffect = 'none' | 'resync' | 'changed' | 'revoked';

export const emptyLiveState: LiveState = { phase: 'empty', n: 0, tree: undefined, eventAt: 0 };

const stay = (state: LiveState): { state: LiveState; effect: LiveEffect } => ({ state, effect: 'none' });

/** Keeps the tree for the eye (under a veil), but no patch may be laid on it any more. */
export function loseLive(state: LiveState): LiveState {
  return state.phase === 'live' ? { ...state, phase: 'lost' } : state;
}

export function nextLiveState(
  state: LiveState,
  message: LiveMessage,
): { state: LiveState; effect: LiveEffect } {
  if (state.phase === 'revoked') return stay(state);
  switch (message.type) {
    case 'snapshot': {
      // BoardState and FloorState are plain JSON trees by contract: no nulls, no undefined.
      const tree = message.state as unknown as JsonObject;
      return {
        state: { phase: 'live', n: message.n, tree, eventAt: message.eventAt },
        effect: 'changed',
      };
    }
    case 'patch': {
      if (state.phase !== 'live' || state.tree === undefined || message.n <= state.n) return stay(state);
      if (message.n !== state.n + 1) return { state: loseLive(state), effect: 'resync' };
      const tree = applyMergePatch(state.tree, message.patch as JsonObject);
      return { state: { phase: 'live', n: message.n, tree, eventAt: message.eventAt }, effect: 'changed' };
    }
    case 'beat':
      // A beat carries the newest n: one that is ahead proves that the last patches never reached us.
      if (state.phase === 'live' && message.n > state.n) return { state: loseLive(state), effect: 'resync' };
      return stay(state);
    case 'pong':
    // The page asks for its state anew; the tree stays until it has.
    case 'settings':
      return stay(state);
    case 'revoked':
      return { state: { ...emptyLiveState, phase: 'revoked' }, effect: 'revoked' };
  }
}
