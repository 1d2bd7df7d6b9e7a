/**
 * Non-INVITE server transaction, RFC 3261 17.2.2. Pure: a table of steps.
 *
 *              |request received
 *              V               1xx sent
 *         +----------+  1xx   +------------+---+
 *  repeat:|  trying  |------->| proceeding |<--+ repeat: answer again
 *  silent +----------+        +------------+
 *              | 200-699 sent       | 200-699 sent
 *              V                    V
 *         +-----------------------------+   timer J   +------------+
 *  repeat:|          completed          |------------>| terminated |
 *  again  +-----------------------------+             +------------+
 */

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerEvent =
  'repeat' | 'send-provisional' | 'send-final' | 'timer-j' | 'transport-error';
export type NonInviteServerEffect = 'send' | 'resend' | 'start-j' | 'stop-timers' | 'release';

export interface NonInviteServerStep {
  readonly state: NonInviteServerState;
  readonly effects: readonly NonInviteServerEffect[];
}

const FINAL: NonInviteServerStep = { state: 'completed', effects: ['send', 'start-j'] };
const ERROR: NonInviteServerStep = { state: 'terminated', effects: ['stop-timers', 'release'] };

const TABLE: Readonly<
  Record<NonInviteServerState, Partial<Record<NonInviteServerEvent, NonInviteServerStep>>>
> = {
  trying: {
    'send-provisional': { state: 'proceeding', effects: ['send'] },
    'send-final': FINAL,
  },
  proceeding: {
    repeat: { state: 'proceeding', effects: ['resend'] },
    'send-provisional': { state: 'proceeding', effects: ['send'] },
    'send-final': FINAL,
  },
  completed: {
    repeat: { state: 'completed', effects: ['resend'] },
    'timer-j': { state: 'terminated', effects: ['release'] },
    'transport-error': ERROR,
  },
  terminated: {},
};

/** The step for an event; undefined when the event means nothing in this state and is to be ignored. */
export function nextNonInviteServer(
  state: NonInviteServerState,
  event: NonInviteServerEvent,
): NonInviteServerStep | undefined {
  return TABLE[state][event];
}
