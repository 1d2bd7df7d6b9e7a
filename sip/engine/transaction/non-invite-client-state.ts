/**
 * Non-INVITE client transaction, RFC 3261 17.1.2. Pure: a table of steps.
 *
 *              |request sent
 *      timer E V            timer F or transport error
 *      +--->+----------+------------------------------+
 *      +----|  trying  |                              |
 *           +----------+                              |
 *       1xx |      \ 200-699                          |
 *           V       +-------------+                   |
 *   E,1xx +------------+ 200-699  V                   |
 *    +--->| proceeding |---> +-----------+  timer K   |
 *         +------------+     | completed |------+     |
 *                |           +-----------+      V     V
 *                | timer F or error     +--------------+
 *                +--------------------->|  terminated  |
 *                                       +--------------+
 */

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientEvent =
  'provisional' | 'final' | 'timer-e' | 'timer-f' | 'timer-k' | 'transport-error';
export type NonInviteClientEffect =
  | 'pass-up'
  | 'retransmit'
  | 'restart-e'
  | 'restart-e-at-t2'
  | 'stop-timers'
  | 'start-k'
  | 'report-timeout'
  | 'report-transport-error'
  | 'release';

export interface NonInviteClientStep {
  readonly state: NonInviteClientState;
  readonly effects: readonly NonInviteClientEffect[];
}

const TIMEOUT: NonInviteClientStep = {
  state: 'terminated',
  effects: ['stop-timers', 'report-timeout', 'release'],
};
const BROKEN: NonInviteClientStep = {
  state: 'terminated',
  effects: ['stop-timers', 'report-transport-error', 'release'],
};
const DONE: NonInviteClientStep = { state: 'completed', effects: ['stop-timers', 'start-k', 'pass-up'] };

const TABLE: Readonly<
  Record<NonInviteClientState, Partial<Record<NonInviteClientEvent, NonInviteClientStep>>>
> = {
  trying: {
    provisional: { state: 'proceeding', effects: ['pass-up'] },
    final: DONE,
    'timer-e': { state: 'trying', effects: ['retransmit', 'restart-e'] },
    'timer-f': TIMEOUT,
    'transport-error': BROKEN,
  },
  proceeding: {
    provisional: { state: 'proceeding', effects: ['pass-up'] },
    final: DONE,
    'timer-e': { state: 'proceeding', effects: ['retransmit', 'restart-e-at-t2'] },
    'timer-f': TIMEOUT,
    'transport-error': BROKEN,
  },
  completed: {
    'timer-k': { state: 'terminated', effects: ['release'] },
  },
  terminated: {},
};

/** The step for an event; undefined when the event means nothing in this state and is to be ignored. */
export function nextNonInviteClient(
  state: NonInviteClientState,
  event: NonInviteClientEvent,
): NonInviteClientStep | undefined {
  return TABLE[state][event];
}
