/**
 * Boards to start from, as plain definitions: each shows something sensible on any site, since it asks for the whole site or
 * for all its queues. What they say in words is given by the reader's dictionary.
 */
import type { Board } from '../../../server/contract/boards.ts';

export const templateIds = ['empty', 'floor', 'queue', 'text', 'agents'] as const;
export type TemplateId = (typeof templateIds)[number];

const look = { palette: 'standard', theme: 'dark' } as const;
const ofSite = { scopes: ['site'], window: 'today', attribution: 'event' } as const;

type Widgets = Board['widgets'];
const asked = (scope: string) => ({ ...ofSite, scopes: [scope] });
const number = { kind: 'number', hasTrend: true, hasSound: false } as const;
const gauge = { kind: 'gauge', hasSound: false } as const;

const floor = (): Widgets => [
  { ...number, widgetId: 'waiting', x: 0, y: 0, w: 6, h: 3, ...asked('site'), figure: 'waiting' },
  { ...number, widgetId: 'oldest', x: 6, y: 0, w: 6, h: 3, ...asked('site'), figure: 'oldest-waiting' },
  { ...gauge, widgetId: 'level', x: 12, y: 0, w: 6, h: 3, ...asked('site'), figure: 'service-level' },
  {
    ...number,
    widgetId: 'abandoned',
    x: 18,
    y: 0,
    w: 6,
    h: 3,
    ...asked('site'),
    figure: 'abandonment-rate',
  },
  {
    kind: 'queues',
    widgetId: 'queues',
    x: 0,
    y: 3,
    w: 15,
    h: 5,
    figures: ['waiting', 'oldest-waiting', 'service-level', 'answered', 'abandoned', 'agents-ready'],
    window: 'today',
    attribution: 'event',
  },
  { kind: 'agent-states', widgetId: 'states', x: 15, y: 3, w: 9, h: 5, hasReasons: true },
  {
    kind: 'intraday',
    widgetId: 'day',
    x: 0,
    y: 8,
    w: 15,
    h: 4,
    scopes: ['site'],
    figure: 'offered',
    minutes: 30,
    hasYesterday: true,
    hasLastWeek: true,
  },
  { kind: 'alerts', widgetId: 'alerts', x: 15, y: 8, w: 9, h: 4, hasSound: true },
];

/** `scope`: the queue; the whole site until one is chosen. */
const queue = (scope: string): Widgets => [
  {
    ...number,
    widgetId: 'waiting',
    x: 0,
    y: 0,
    w: 12,
    h: 6,
    ...asked(scope),
    figure: 'waiting',
    hasSound: true,
  },
  { ...number, widgetId: 'oldest', x: 12, y: 0, w: 12, h: 6, ...asked(scope), figure: 'oldest-waiting' },
  { ...gauge, widgetId: 'level', x: 0, y: 6, w: 8, h: 6, ...asked(scope), figure: 'service-level' },
  { ...number, widgetId: 'answered', x: 8, y: 6, w: 8, h: 3, ...asked(scope), figure: 'answered' },
  { ...number, widgetId: 'abandoned', x: 16, y: 6, w: 8, h: 3, ...asked(scope), figure: 'abandoned' },
  { ...number, widgetId: 'asa', x: 8, y: 9, w: 8, h: 3, ...asked(scope), figure: 'asa' },
  { ...number, widgetId: 'ready', x: 16, y: 9, w: 8, h: 3, ...asked(scope), figure: 'agents-ready' },
];

const text = (): Widgets => [
  { kind: 'channels', widgetId: 'channels', x: 0, y: 0, w: 12, h: 6, hasSound: false },
  {
    ...number,
    widgetId: 'chat-waiting',
    x: 12,
    y: 0,
    w: 6,
    h: 3,
    ...asked('channel:chat'),
    figure: 'waiting',
    hasSound: true,
  },
  {
    ...gauge,
    widgetId: 'chat-level',
    x: 18,
    y: 0,
    w: 6,
    h: 3,
    ...asked('channel:chat'),
    figure: 'service-level',
  },
  {
    ...number,
    widgetId: 'mail-waiting',
    x: 12,
    y: 3,
    w: 6,
    h: 3,
    ...asked('channel:mail'),
    figure: 'waiting',
  },
  {
    ...number,
    widgetId: 'mail-first',
    x: 18,
    y: 3,
    w: 6,
    h: 3,
    ...asked('channel:mail'),
    figure: 'first-response',
  },
  { kind: 'waiters', widgetId: 'waiters', x: 0, y: 6, w: 9, h: 6, rows: 8, hasSound: false },
  {
    kind: 'intraday',
    widgetId: 'day',
    x: 9,
    y: 6,
    w: 15,
    h: 6,
    scopes: ['channel:mail'],
    figure: 'offered',
    minutes: 60,
    hasYesterday: true,
    hasLastWeek: true,
  },
];

const agents = (): Widgets => [
  { kind: 'agents', widgetId: 'agents', x: 0, y: 0, w: 18, h: 10, hasLoggedOut: false },
  { kind: 'agent-states', widgetId: 'states', x: 18, y: 0, w: 6, h: 7, hasReasons: true },
  { ...number, widgetId: 'waiting', x: 18, y: 7, w: 6, h: 3, ...asked('site'), figure: 'waiting' },
  { ...number, widgetId: 'occupancy', x: 0, y: 10, w: 6, h: 2, ...asked('site'), figure: 'occupancy' },
  { ...number, widgetId: 'aht', x: 6, y: 10, w: 6, h: 2, ...asked('site'), figure: 'aht' },
  { ...number, widgetId: 'rona', x: 12, y: 10, w: 6, h: 2, ...asked('site'), figure: 'rona' },
  { kind: 'clock', widgetId: 'clock', x: 18, y: 10, w: 6, h: 2, hasSeconds: false },
];

/** `queueId`: of the board of one queue. */
export function fromTemplate(template: TemplateId, name: string, queueId?: string): Board {
  const scope = queueId === undefined ? 'site' : `queue:${queueId}`;
  const widgets: Record<TemplateId, () => Widgets> = {
    empty: () => [],
    floor,
    queue: () => queue(scope),
    text,
    agents,
  };
  return { name, ...look, widgets: widgets[template]() };
}
