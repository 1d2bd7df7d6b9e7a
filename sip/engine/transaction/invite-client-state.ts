/**
 * INVITE client transaction, RFC 3261 17.1.1 as amended by RFC 6026 8.4. Pure: a table of steps.
 *
 *                    |INVITE sent
 *            timer A V                 timer B
 *          +--->+-----------+   or transport error
 *          +----|  calling  |------------------------+
 *               +-----------+                        |
 *        1xx |      | 2xx |  \ 300-699               |
 *            V      |     |   +--> send ACK          |
 *        +----------+--+  |        |                 |
 *   1xx  | proceeding  |--|-------+|                 |
 *   +--->|             |  | 3-699  ||                |
 *        +-------------+  |        VV                |
 *            | 2xx        |  +-----------+ 3-699:    |
 *            V            V  | completed |--+ ACK    |
 *        +-------------+     |           |<-+        |
 *   2xx  |  accepted   |     +-----------+           |
 *   +--->|             |        | timer D or error   |
 *        +-------------+        V                    V
 *            | timer M      +------------------------+
 *            +------------->|       terminated       |
 *                           +------------------------+
 *
 * The accepted state is what lets a second 2xx, of a fork or repeated, reach the core (which ACKs it) instead of
 * being an unknown response.
 */

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientEvent =
  'provisional' | 'success' | 'failure' | 'timer-a' | 'timer-b' | 'timer-d' | 'timer-m' | 'transport-error';
export type InviteClientEffect =
  | 'pass-up'
  | 'send-ack'
  | 'retransmit'
  | 'stop-timers'
  | 'restart-a'
  | 'start-d'
  | 'start-m'
  | 'report-timeout'
  | 'report-transport-error'
  | 'release';

export interface InviteClientStep {
  readonly state: InviteClientState;
  readonly effects: readonly InviteClientEffect[];
}

type Table = Readonly<Record<InviteClientState, Partial<Record<InviteClientEvent, InviteClientStep>>>>;

const TABLE: Table = {
  calling: {
    provisional: { state: 'proceeding', effects: ['stop-timers', 'pass-up'] },
    success: { state: 'accepted', effects: ['stop-timers', 'start-m', 'pass-up'] },
    failure: { state: 'completed', effects: ['stop-timers', 'send-ack', 'start-d', 'pass-up'] },
    'timer-a': { state: 'calling', effects: ['retransmit', 'restart-a'] },
    'timer-b': { state: 'terminated', effects: ['stop-timers', 'report-timeout', 'release'] },
    'transport-error': { state: 'terminated', effects: ['stop-timers', 'report-transport-error', 'release'] },
  },
  proceeding: {
    provisional: { state: 'proceeding', effects: ['pass-up'] },
    success: { state: 'accepted', effects: ['start-m', 'pass-up'] },
    failure: { state: 'completed', effects: ['send-ack', 'start-d', 'pass-up'] },
  },
  completed: {
    failure: { state: 'completed', effects: ['send-ack'] },
    'timer-d': { state: 'terminated', effects: ['release'] },
    'transport-error': { state: 'terminated', effects: ['stop-timers', 'release'] },
  },
  accepted: {
    success: { state: 'accepted', effects: ['pass-up'] },
    'timer-m': { state: 'terminated', effects: ['release'] },
  },
  terminated: {},
};

/** The step for an event; undefined when the event means nothing in this state and is to be ignored. */
export function nextInviteClient(
  state: InviteClientState,
  event: InviteClientEvent,
): InviteClientStep | undefined {
  return TABLE[state][event];
}
