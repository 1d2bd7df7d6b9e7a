/**
 * Names of everything that is counted and of every figure made of it (kpi.md), of what they are asked for (scope) and over
 * which time (window). Screens, reports and alerts ask by these names; server/stats computes them, in one place.
 */
import { z } from 'zod';
import { channels } from './events.ts';

/** Whole numbers that add up over time, queues, channels, numbers and trunks; ...Ms are ms. */
export const contactCounts = [
  /** Reached us: counted when it is known whether it enters a queue, at the instant of its arrival. */
  'arrived',
  /** Of them: ended without entering a queue. */
  'contained',
  /** Entered the queue, or flowed out at its door. */
  'offered',
  'answered',
  'answeredInTarget',
  'abandoned',
  /** Not before the short-abandon time. */
  'abandonedInTarget',
  'shortAbandoned',
  'flowedOut',
  /** Had a service-level event: answered, abandoned (not short), or the target time passed, whichever came first. */
  'serviceLevelOffered',
  'answeredWaitMs',
  'abandonedWaitMs',
  /** To agents. */
  'offers',
  'rona',
  'rejected',
  'handled',
  'transferred',
  'talkMs',
  'holdMs',
  'wrapUpMs',
  /** Contacts that got their first answer of an agent, and how long that took from queue entry. */
  'replied',
  'firstReplyMs',
  'reached',
  'notReached',
] as const;
export type ContactCount = (typeof contactCounts)[number];

/** ms that agents were in a state; they add up over agents and time, and not over queues. */
export const agentTimes = [
  /** Ready with nothing in hand. */
  'readyMs',
  /** Ready for more, with chats or mails in hand. */
  'textMs',
  'notReadyMs',
  'reservedMs',
  'ringingMs',
  'talkingMs',
  'holdingMs',
  'wrappingMs',
  'unreachableMs',
] as const;
export type AgentTime = (typeof agentTimes)[number];

export const countNames = [...contactCounts, ...agentTimes] as const;
export type CountName = (typeof countNames)[number];
/** `longestWaitMs` is a maximum: of those whose wait was over. */
export type FigureCounts = Record<CountName, number> & { longestWaitMs: number };

/** `event`: credited when it happened. `arrival`: to when the contact entered its queue. Agents' times are `event` always. */
export const attributions = ['event', 'arrival'] as const;
export type Attribution = (typeof attributions)[number];

/** `interval-N`: the quarter, half or whole hour in hand. `rolling-N`: the last N minutes, the one in hand included. */
export const windowNames = [
  'today',
  'interval-15',
  'interval-30',
  'interval-60',
  'rolling-5',
  'rolling-15',
  'rolling-60',
  'shift',
] as const;
export type WindowName = (typeof windowNames)[number];

export type FigureUnit = 'count' | 'ms' | 'share' | 'since' | 'per-hour';
/** How a figure is judged: more of it is worse, better, or neither. */
export type FigureSense = 'rising' | 'falling' | 'plain';

interface FigureFacts {
  unit: FigureUnit;
  sense: FigureSense;
  /** `now`: how things stand; the window does not matter. */
  over: 'now' | 'window';
}
const now = (unit: FigureUnit, sense: FigureSense = 'plain'): FigureFacts => ({ unit, sense, over: 'now' });
const over = (unit: FigureUnit, sense: FigureSense = 'plain'): FigureFacts => ({
  unit,
  sense,
  over: 'window',
});

/** Every figure by its name; each name says its variant. `since`: an instant, of which screens count the time up. */
export const figures = {
  waiting: now('count', 'rising'),
  ringing: now('count'),
  talking: now('count'),
  'oldest-waiting': now('since', 'rising'),
  /** Waiting for longer than the target of their queue. */
  overdue: now('count', 'rising'),
  'callbacks-pending': now('count', 'rising'),
  'callbacks-oldest': now('since', 'rising'),
  'trunk-calls': now('count'),
  'trunk-use': now('share', 'rising'),
  'unreachable-phones': now('count', 'rising'),
  'agents-logged-in': now('count', 'falling'),
  'agents-ready': now('count', 'falling'),
  'agents-not-ready': now('count', 'rising'),
  'agents-ringing': now('count'),
  'agents-talking': now('count'),
  'agents-hold': now('count'),
  'agents-wrap-up': now('count'),
  'agents-unreachable': now('count', 'rising'),
  offered: over('count'),
  answered: over('count'),
  abandoned: over('count', 'rising'),
  'short-abandoned': over('count'),
  'flowed-out': over('count', 'rising'),
  rona: over('count', 'rising'),
  'service-level': over('share', 'falling'),
  'service-level-negative': over('share', 'falling'),
  'service-level-positive': over('share', 'falling'),
  'service-level-only-handled': over('share', 'falling'),
  'service-level-with-switches': over('share', 'falling'),
  'abandonment-rate': over('share', 'rising'),
  'abandonment-rate-excluding-short': over('share', 'rising'),
  asa: over('ms', 'rising'),
  'longest-wait': over('ms', 'rising'),
  aht: over('ms', 'rising'),
  'talk-time': over('ms'),
  'hold-time': over('ms'),
  'wrap-up-time': over('ms'),
  'hold-ratio': over('share', 'rising'),
  'first-response': over('ms', 'rising'),
  'transfer-rate': over('share', 'rising'),
  'rona-rate': over('share', 'rising'),
  occupancy: over('share', 'rising'),
  'occupancy-with-ringing': over('share', 'rising'),
  utilisation: over('share'),
  'contacts-per-hour': over('per-hour', 'falling'),
  handled: over('count'),
  transferred: over('count'),
  containment: over('share'),
} as const satisfies Record<string, FigureFacts>;
export type FigureName = keyof typeof figures;
export const figureNames = Object.keys(figures) as FigureName[];
export const figureFacts = (name: FigureName): FigureFacts => figures[name];

const id = '[A-Za-z0-9][A-Za-z0-9._-]{0,39}';
const channel = channels.join('|');
/**
 * What a figure is asked for: `site`; `queue:ID`, of which one channel `queue:ID/CHANNEL`; `channel:CHANNEL`; `number:N`,
 * `branch:N/BRANCH` (what became of its callers before a queue); `trunk:ID`; `team:ID`; `agent:ID`.
 */
export const scopePattern = new RegExp(
  `^(site|queue:${id}(/(${channel}))?|channel:(${channel})|number:[^/\\s]{1,80}|branch:[^/\\s]{1,80}/[a-z-]{1,40}|trunk:${id}|team:${id}|agent:\\d{1,10})$`,
);
export const scopeSchema = z.string().regex(scopePattern, 'no such scope');
export const scopeKinds = ['site', 'queue', 'channel', 'number', 'branch', 'trunk', 'team', 'agent'] as const;
export type ScopeKind = (typeof scopeKinds)[number];

export const figureSchema = z.enum(figureNames as [FigureName, ...FigureName[]]);
export const windowSchema = z.enum(windowNames);
export const attributionSchema = z.enum(attributions);
