/**
 * What the customer's side of a chat is made of: the state, what happens to it, and what is to be done about that. Types and
 * the empty state only; the machine is chat-session-state.ts.
 */
import type {
  ChatAttachment,
  ChatFrame,
  ChatLine,
  ChatRequest,
  StartChat,
} from '../../server/contract/chat.ts';
import type { OutLine } from './chat-lines.ts';

export type ChatPhase = 'closed' | 'asking' | 'starting' | 'waiting' | 'talking' | 'ended' | 'offline';
export interface Draft {
  text: string;
  attachments: readonly ChatAttachment[];
}
/** Which text was agreed to, and when by this device's clock, ms UTC; the server keeps its own. */
export interface ConsentGiven {
  version: string;
  at: number;
}
export interface ChatSession {
  phase: ChatPhase;
  token: string | undefined;
  consent: ConsentGiven | undefined;
  /** The present socket was welcomed. */
  isLive: boolean;
  /** The customer ended it; said to the server as soon as that can be heard. */
  isEnding: boolean;
  lines: readonly ChatLine[];
  out: readonly OutLine[];
  place: { position?: number; estimateMs?: number };
  agentName: string | undefined;
  endedBy: 'customer' | 'agent' | 'system' | 'idle' | undefined;
  isAgentTyping: boolean;
  /** Newest line that the customer had in sight, in any tab. */
  readSeq: number;
  draft: Draft;
  /** Code of the last refusal, for the view; `gone`: the session was lost. */
  fault: string | undefined;
  /** Events that came where they mean nothing, by reason. Networks race. */
  ignored: Readonly<Record<string, number>>;
}

export type ChatEvent =
  | { type: 'opened'; isOpen: boolean }
  | { type: 'submitted'; request: StartChat; at: number }
  | { type: 'started'; token: string; clientId: string; order: number }
  | { type: 'refused'; code: string }
  | { type: 'frame'; frame: Exclude<ChatFrame, { type: 'pong' }> }
  | { type: 'lost' }
  | { type: 'wrote'; clientId: string; text: string; attachments: readonly ChatAttachment[]; order: number }
  | { type: 'retried'; clientId: string; newClientId: string; order: number }
  | { type: 'discarded'; clientId: string }
  | { type: 'drafted'; draft: Draft }
  | { type: 'typed' }
  | { type: 'typing-over' }
  | { type: 'seen' }
  | { type: 'end-asked' }
  | { type: 'again' }
  | { type: 'shared'; share: Share };

/** What one tab tells the others, and what a reload finds: always of one session. */
export type Share =
  | { type: 'session'; token: string | undefined; consent?: ConsentGiven | undefined }
  | { type: 'line'; token: string; line: OutLine }
  | { type: 'settled'; token: string; clientId: string; how: 'acked' | 'discarded' }
  | { type: 'read'; token: string; seq: number };

export type ChatEffect =
  | { type: 'start'; request: StartChat }
  | { type: 'connect'; token: string }
  | { type: 'reconnect' }
  | { type: 'disconnect' }
  | { type: 'send'; frame: ChatRequest }
  /** Keep it over a reload, and tell the other tabs. */
  | { type: 'keep'; share: Extract<Share, { type: 'line' | 'read' }> }
  | { type: 'keep'; share: { type: 'session'; token: string; consent: ConsentGiven | undefined } }
  | { type: 'forget'; share: Extract<Share, { type: 'settled' }> }
  /** Everything kept of this session, unless another has taken its place. */
  | { type: 'leave'; token: string };

export interface ChatStep {
  state: ChatSession;
  effects: ChatEffect[];
}

export const noDraft: Draft = { text: '', attachments: [] };
export const closedChat: ChatSession = {
  phase: 'closed',
  token: undefined,
  consent: undefined,
  isLive: false,
  isEnding: false,
  lines: [],
  out: [],
  place: {},
  agentName: undefined,
  endedBy: undefined,
  isAgentTyping: false,
  readSeq: 0,
  draft: noDraft,
  fault: undefined,
  ignored: {},
};
