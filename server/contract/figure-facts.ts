/**
 * Every figure by its name, with its unit and how it is judged; windows, attributions, kinds of scope. Apart from figures.ts,
 * since screens read it and must not bring the validator along: imports nothing.
 */

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
  /** By Erlang C, for the calls of the last hour at today's AHT to meet the queue's target. */
  'agents-required': now('count'),
  /** Agents logged in less those required. */
  'staffing-gap': now('count', 'falling'),
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

export const scopeKinds = ['site', 'queue', 'channel', 'number', 'branch', 'trunk', 'team', 'agent'] as const;
export type ScopeKind = (typeof scopeKinds)[number];
