/**
 * INVITE server transaction, RFC 3261 17.2.1 as amended by RFC 6026 8.5. Pure: a table of steps.
 *
 *                  |INVITE received, 100 sent
 *   INVITE, 1xx    V
 *       +--->+------------+  2xx sent        +------------+ INVITE: absorbed
 *       +----| proceeding |----------------->|  accepted  |---+
 *            +------------+                  |            |<--+ 2xx repeated by the core
 *                  | 300-699 sent            +------------+
 *    INVITE, G     V                               | timer L
 *       +--->+------------+  timer H or error      |
 *       +----|  completed |-------------------+    |
 *            +------------+                   |    |
 *                  | ACK                      V    V
 *            +------------+  timer I     +------------+
 *            |  confirmed |------------->| terminated |
 *            +------------+              +------------+
 *
 * In the accepted state a repeated INVITE is absorbed without an answer: the core repeats its 2xx by itself until
 * the ACK (RFC 3261 13.3.1.4), and the ACK to a 2xx reaches the core through the dialog.
 */

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerEvent =
  | 'repeat'
  | 'send-provisional'
  | 'send-success'
  | 'send-failure'
  | 'ack'
  | 'timer-g'
  | 'timer-h'
  | 'timer-i'
  | 'timer-l'
  | 'transport-error';
export type InviteServerEffect =
  | 'send'
  | 'resend'
  | 'start-g'
  | 'restart-g'
  | 'start-h'
  | 'start-i'
  | 'start-l'
  | 'stop-timers'
  | 'report-no-ack'
  | 'release';

export interface InviteServerStep {
  readonly state: InviteServerState;
  readonly effects: readonly InviteServerEffect[];
}

const TABLE: Readonly<Record<InviteServerState, Partial<Record<InviteServerEvent, InviteServerStep>>>> = {
  proceeding: {
    repeat: { state: 'proceeding', effects: ['resend'] },
    'send-provisional': { state: 'proceeding', effects: ['send'] },
    'send-success': { state: 'accepted', effects: ['send', 'start-l'] },
    'send-failure': { state: 'completed', effects: ['send', 'start-g', 'start-h'] },
  },
  completed: {
    repeat: { state: 'completed', effects: ['resend'] },
    ack: { state: 'confirmed', effects: ['stop-timers', 'start-i'] },
    'timer-g': { state: 'completed', effects: ['resend', 'restart-g'] },
    'timer-h': { state: 'terminated', effects: ['stop-timers', 'report-no-ack', 'release'] },
    'transport-error': { state: 'terminated', effects: ['stop-timers', 'release'] },
  },
  confirmed: {
    'timer-i': { state: 'terminated', effects: ['release'] },
  },
  accepted: {
    'send-success': { state: 'accepted', effects: ['send'] },
    'timer-l': { state: 'terminated', effects: ['release'] },
  },
  terminated: {},
};

/** The step for an event; undefined when the event means nothing in this state and is to be ignored. */
export function nextInviteServer(
  state: InviteServerState,
  event: InviteServerEvent,
): InviteServerStep | undefined {
  return TABLE[state][event];
}
