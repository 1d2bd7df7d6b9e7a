/**
 * One rule's state: whether its alert stands. Pure: `nextAlert(state, look, now)` is asked at each look, the caller carries
 * the effects out. So there is one alert of a rule at most, it begins only after its condition has held all of `forSec`, and
 * it ends only after it has not held all of `clearSec`: a figure that swings about its threshold makes one alert.
 *
 *            holds                    held forSec                  does not hold
 *    calm ----------> pending --------------------> standing -------------------------> clearing
 *     ^ ^               |                            ^   (acknowledged: a flag)           |  |
 *     | '---------------'                            '----------------- holds ------------'  |
 *     |   does not hold                                                                      |
 *     '----------------------------- did not hold for clearSec ------------------------------'
 *
 *    from each to calm, at once: the scope left the site; the rule was changed, switched off or deleted
 *
 * No figure (nothing counted yet) holds nothing.
 */
import type { AlertEnd } from '../../contract/alerts.ts';

export interface Standing {
  readonly alertId: string;
  /** ms UTC. */
  readonly beganAt: number;
  readonly isAcknowledged: boolean;
}

export type AlertState =
  | { readonly phase: 'calm'; readonly isUnknown: boolean }
  | { readonly phase: 'pending'; readonly sinceAt: number }
  | ({ readonly phase: 'standing' } & Standing)
  | ({ readonly phase: 'clearing'; readonly sinceAt: number } & Standing);

export type AlertInput =
  | { readonly type: 'looked'; readonly holds: boolean }
  | { readonly type: 'scope-gone' }
  | { readonly type: 'withdrawn'; readonly why: Exclude<AlertEnd, 'cleared' | 'scope-gone'> }
  | { readonly type: 'acknowledged' };

export interface AlertTimes {
  readonly forSec: number;
  readonly clearSec: number;
}
export interface AlertContext extends AlertTimes {
  /** ms UTC, never going back. */
  readonly now: number;
  /** Of the alert, should one begin. */
  newId(): string;
}

export type AlertEffect =
  | { readonly type: 'begins'; readonly alertId: string }
  | { readonly type: 'ends'; readonly alertId: string; readonly why: AlertEnd };

export interface AlertStep {
  readonly state: AlertState;
  readonly effects: readonly AlertEffect[];
  /** Of what is not allowed in this state. */
  readonly ignored?: 'does-not-stand' | 'already-acknowledged';
}

export const calm: AlertState = { phase: 'calm', isUnknown: false };
const unknown: AlertState = { phase: 'calm', isUnknown: true };

const only = (state: AlertState): AlertStep => ({ state, effects: [] });
const standingOf = ({ alertId, beganAt, isAcknowledged }: Standing): Standing => ({
  alertId,
  beganAt,
  isAcknowledged,
});

export const isStanding = (state: AlertState): state is Extract<AlertState, Standing> =>
  state.phase === 'standing' || state.phase === 'clearing';

export function nextAlert(state: AlertState, input: AlertInput, ctx: AlertContext): AlertStep {
  switch (input.type) {
    case 'looked':
      return input.holds ? holding(state, ctx) : notHolding(state, ctx);
    case 'scope-gone':
      return endNow(state, unknown, 'scope-gone');
    case 'withdrawn':
      return endNow(state, calm, input.why);
    case 'acknowledged':
      if (!isStanding(state)) return { ...only(state), ignored: 'does-not-stand' };
      if (state.isAcknowledged) return { ...only(state), ignored: 'already-acknowledged' };
      return only({ ...state, isAcknowledged: true });
  }
}

function holding(state: AlertState, ctx: AlertContext): AlertStep {
  const { now, forSec } = ctx;
  if (state.phase === 'standing') return only(state);
  if (state.phase === 'clearing') return only({ phase: 'standing', ...standingOf(state) });
  const sinceAt = state.phase === 'pending' ? state.sinceAt : now;
  if (now - sinceAt < forSec * 1000) return only({ phase: 'pending', sinceAt });
  const alertId = ctx.newId();
  return {
    state: { phase: 'standing', alertId, beganAt: now, isAcknowledged: false },
    effects: [{ type: 'begins', alertId }],
  };
}

function notHolding(state: AlertState, { now, clearSec }: AlertContext): AlertStep {
  if (!isStanding(state)) return only(calm);
  const sinceAt = state.phase === 'clearing' ? state.sinceAt : now;
  if (now - sinceAt < clearSec * 1000) return only({ phase: 'clearing', sinceAt, ...standingOf(state) });
  return { state: calm, effects: [{ type: 'ends', alertId: state.alertId, why: 'cleared' }] };
}

function endNow(state: AlertState, to: AlertState, why: AlertEnd): AlertStep {
  return { state: to, effects: isStanding(state) ? [{ type: 'ends', alertId: state.alertId, why }] : [] };
}
