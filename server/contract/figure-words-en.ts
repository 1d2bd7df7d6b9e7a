/**
 * English: what every figure, window, scope, channel and attribution is called (kpi.md). `short` heads a column and is 10 characters
 * at most; `variant` says which of several formulas it is, and stands beside the name wherever there is room for it.
 */
import type { Channel } from './events.ts';
import type { Attribution, FigureName, ScopeKind, WindowName } from './figure-facts.ts';

export interface FigureWords {
  figures: Record<FigureName, { name: string; short: string; variant?: string }>;
  windows: Record<WindowName, { name: string; short: string }>;
  scopeKinds: Record<ScopeKind, { one: string; many: string }>;
  channels: Record<Channel, string>;
  attributions: Record<Attribution, { name: string; short: string }>;
  /** Instead of a window, where it does not matter. */
  now: string;
}

export const figuresEn: FigureWords = {
  figures: {
    waiting: { name: 'Waiting', short: 'Waiting' },
    ringing: { name: 'Ringing', short: 'Ringing' },
    talking: { name: 'Talking', short: 'Talking' },
    'oldest-waiting': { name: 'Longest wait now', short: 'Longest' },
    overdue: { name: 'Waiting beyond target', short: 'Overdue' },
    'callbacks-pending': { name: 'Callbacks pending', short: 'Callbacks' },
    'callbacks-oldest': { name: 'Oldest callback', short: 'Oldest cb.' },
    'trunk-calls': { name: 'Calls on trunks', short: 'Trunk' },
    'trunk-use': { name: 'Trunk use', short: 'Trunk use' },
    'unreachable-phones': { name: 'Unreachable phones', short: 'No phone' },
    'agents-logged-in': { name: 'Agents logged in', short: 'Logged in' },
    'agents-ready': { name: 'Agents ready', short: 'Ready' },
    'agents-not-ready': { name: 'Agents not ready', short: 'Not ready' },
    'agents-ringing': { name: 'Agents ringing', short: 'Ag. ring.' },
    'agents-talking': { name: 'Agents talking', short: 'Ag. talk.' },
    'agents-hold': { name: 'Agents on hold', short: 'On hold' },
    'agents-wrap-up': { name: 'Agents in wrap-up', short: 'Wrap-up' },
    'agents-unreachable': { name: 'Agents unreachable', short: 'Unreach.' },
    'agents-required': { name: 'Agents required', short: 'Required', variant: 'Erlang C' },
    'staffing-gap': { name: 'Agents over or under', short: 'Over/under', variant: 'Erlang C' },
    offered: { name: 'Offered', short: 'Offered' },
    answered: { name: 'Answered', short: 'Answered' },
    abandoned: { name: 'Abandoned', short: 'Abandoned' },
    'short-abandoned': { name: 'Short abandons', short: 'Short ab.' },
    'flowed-out': { name: 'Flowed out', short: 'Flow-outs' },
    rona: { name: 'RONA, offers not answered', short: 'RONA' },
    'service-level': { name: 'Service level', short: 'SL', variant: 'abandons ignored' },
    'service-level-negative': { name: 'Service level', short: 'SL neg.', variant: 'abandons negative' },
    'service-level-positive': { name: 'Service level', short: 'SL pos.', variant: 'abandons positive' },
    'service-level-only-handled': { name: 'Service level', short: 'SL handled', variant: 'only handled' },
    'service-level-with-switches': { name: 'Service level', short: 'SL switch.', variant: 'with switches' },
    'abandonment-rate': { name: 'Abandonment rate', short: 'Aband. %' },
    'abandonment-rate-excluding-short': {
      name: 'Abandonment rate',
      short: 'Ab. % net',
      variant: 'excluding short abandons',
    },
    asa: { name: 'Average speed of answer', short: 'ASA' },
    'longest-wait': { name: 'Longest wait', short: 'Max. wait' },
    aht: { name: 'Average handle time', short: 'AHT' },
    'talk-time': { name: 'Average talk time', short: 'Talk' },
    'hold-time': { name: 'Average hold time', short: 'Hold' },
    'wrap-up-time': { name: 'Average wrap-up time', short: 'ACW' },
    'hold-ratio': { name: 'Share of hold time', short: 'Hold %' },
    'first-response': { name: 'Time to first response', short: '1st reply' },
    'transfer-rate': { name: 'Transfer rate', short: 'Transf. %' },
    'rona-rate': { name: 'RONA rate', short: 'RONA %' },
    occupancy: { name: 'Occupancy', short: 'Occupancy', variant: 'ringing left out' },
    'occupancy-with-ringing': { name: 'Occupancy', short: 'Occ. ring.', variant: 'ringing counted' },
    utilisation: { name: 'Utilisation', short: 'Utilised' },
    'contacts-per-hour': { name: 'Contacts per hour', short: 'Per hour' },
    handled: { name: 'Handled', short: 'Handled' },
    transferred: { name: 'Transferred', short: 'Transf.' },
    containment: { name: 'Self-service rate', short: 'Self-serv.' },
  },
  windows: {
    today: { name: 'Today', short: 'today' },
    'interval-15': { name: 'This quarter of an hour', short: 'this 15 min' },
    'interval-30': { name: 'This half-hour', short: 'this 30 min' },
    'interval-60': { name: 'This hour', short: 'this hour' },
    'rolling-5': { name: 'Last 5 minutes', short: 'last 5 min' },
    'rolling-15': { name: 'Last 15 minutes', short: 'last 15 min' },
    'rolling-60': { name: 'Last 60 minutes', short: 'last 60 min' },
    shift: { name: 'This shift', short: 'this shift' },
  },
  scopeKinds: {
    site: { one: 'Whole site', many: 'Whole site' },
    queue: { one: 'Queue', many: 'Queues' },
    channel: { one: 'Channel', many: 'Channels' },
    number: { one: 'Number', many: 'Numbers' },
    branch: { one: 'Flow branch', many: 'Flow branches' },
    trunk: { one: 'Trunk', many: 'Trunks' },
    team: { one: 'Team', many: 'Teams' },
    agent: { one: 'Agent', many: 'Agents' },
  },
  channels: { voice: 'Calls', callback: 'Callbacks', chat: 'Chat', mail: 'Mail' },
  attributions: {
    event: { name: 'By event interval', short: 'by event' },
    arrival: { name: 'By arrival interval', short: 'by arrival' },
  },
  now: 'now',
};
