/**
 * What a live screen sees. A socket gets one snapshot, then merge patches (RFC 7396) numbered without a
 * gap, and a beat at least every 500 ms; law: snapshot + patches = a fresh snapshot (design §7).
 * `BoardState` (the standard board) and `BoardTree` (boards laid out by a supervisor) are what an enrolled
 * display may see and hold no personal data; `FloorState` is for signed-in users. Absent means none; there
 * are no nulls but within a series. All times are ms UTC.
 */
import type { BoardTree } from './boards.ts';
import type { EmergencyAnswer } from './emergency.ts';
import type { AgentState, Channel } from './events.ts';

/** Figures of one queue since local midnight of the site, by the definitions of kpi.md. */
export interface QueueLive {
  queueId: string;
  name: string;
  waiting: number;
  /** When the longest waiting contact entered the queue; the screen counts the seconds itself. */
  oldestWaitingSince?: number;
  /** Contacts ringing at an agent now (they still wait, and are counted in `waiting`). */
  ringing: number;
  talking: number;
  offered: number;
  answered: number;
  answeredInTarget: number;
  abandoned: number;
  abandonedInTarget: number;
  shortAbandoned: number;
  flowedOut: number;
  rona: number;
  /** Share 0..1, variant "abandons ignored": ANS(T) / (SLoff - AB(T)); absent without a service-level event. */
  serviceLevel?: number;
  targetPercent: number;
  targetSec: number;
  /** Mean wait of answered contacts, ms. */
  asaMs?: number;
  /** (talk + hold + wrap-up) / handled, ms. */
  ahtMs?: number;
  /** Longest wait of the day so far, ms. */
  longestWaitMs: number;
  agentsLoggedIn: number;
  agentsReady: number;
}

/** One minute of the last sixty, event interval; the key is the minute's start in ms. */
export interface MinuteLive {
  offered: number;
  answered: number;
  abandoned: number;
}

export interface BoardState {
  site: { name: string; timeZone: string; language: string };
  /** Local midnight from which the day's figures count. */
  dayStart: number;
  /** Of somebody limited to some teams and queues: all of it is of those queues, and of the agents of those teams. */
  isPart?: true;
  queues: Record<string, QueueLive>;
  agentsByState: Record<AgentState, number>;
  notReadyByReason: Record<string, number>;
  unreachablePhones: number;
  lastHour: Record<string, MinuteLive>;
  /** Where the emergency switch is on; absent: nowhere. */
  emergency?: EmergencyAnswer;
  /** Callers are told of maintenance until then, ms; absent: of none. */
  maintenanceUntil?: number;
  /** Accounting identity over the day: offered + waitingAtStart = answered + abandoned + flowedOut + waiting. */
  accounting: {
    offered: number;
    waitingAtStart: number;
    answered: number;
    abandoned: number;
    flowedOut: number;
    waiting: number;
  };
}

/** What of a board is not the sum of its queues and agents as they are listed. */
export type BoardPart = Pick<BoardState, 'lastHour' | 'accounting' | 'unreachablePhones'>;

export interface AgentLive {
  agentId: string;
  name: string;
  state: AgentState;
  reason?: string;
  isSystemReason?: boolean;
  since: number;
  until?: number;
  phoneId?: string;
  contactId?: string;
  /** Chats and mails that the agent works on, beside the state. Absent: none. */
  textInHand?: number;
  queueIds: string;
}

export interface ContactLive {
  contactId: string;
  /** Absent: a call. */
  channel?: Exclude<Channel, 'voice'>;
  state: 'greeting' | 'waiting' | 'ringing' | 'talking' | 'hold' | 'flowed-out';
  queueId: string;
  since: number;
  /** When it entered its first queue: its wait in all, whatever queues it went through. */
  queuedAt?: number;
  numberId: string;
  agentId?: string;
  pii?: { from: string; fromName?: string };
}

export interface PhoneLive {
  phoneId: string;
  isRegistered: boolean;
  since: number;
  agentId?: string;
}

export interface FloorState {
  board: BoardState;
  agents: Record<string, AgentLive>;
  contacts: Record<string, ContactLive>;
  phones: Record<string, PhoneLive>;
}

export type LiveScope = 'board' | 'floor';

/** Server to screen. serverAt: the server's clock when it was sent; eventAt: the newest event it reflects. */
export type LiveMessage =
  | {
      type: 'snapshot';
      n: number;
      serverAt: number;
      eventAt: number;
      state: BoardState | BoardTree | FloorState;
    }
  | { type: 'patch'; n: number; serverAt: number; eventAt: number; patch: Record<string, unknown> }
  | { type: 'beat'; n: number; serverAt: number }
  | { type: 'pong'; id: number; serverAt: number }
  | { type: 'revoked' }
  /** A display shows something else from now on: it asks for its state anew, and for a new ticket. */
  | { type: 'settings' };

/** Screen to server. `resync` asks for a fresh snapshot after a gap; ping measures the clock offset. */
export type LiveRequest =
  { type: 'resync' } | { type: 'ping'; id: number } | { type: 'painted'; n: number; latencyMs: number };
