/**
 * Boards: what a display shows, as a supervisor lays it out, and the tree that a display is sent. Widgets stand on a grid of
 * 24 by 12 cells under the header; none may overlap another. Nothing here can hold personal data of a customer, and agents
 * appear by number unless the site switches their names on: that is what `BoardTree` is for (N16).
 */
import { z } from 'zod';
import type { EmergencyAnswer } from './emergency.ts';
import type { AgentState, Channel } from './events.ts';
import { attributionSchema, type FigureName, figureSchema, scopeSchema, windowSchema } from './figures.ts';
import { isTimeZone } from './site-hours.ts';
import { id, languages, name } from './site-values.ts';

export const boardColumns = 24;
export const boardRows = 12;
export const widgetsAtMost = 40;
export const scopesAtMost = 50;
export const boardsAtMost = 200;
/** Agents of one widget and rows of a table that a display is sent: a screen holds no more. */
export const agentTilesAtMost = 500;
export const queueRowsAtMost = 200;

/** Neither control characters nor halves of a character: no database keeps them, and no screen shows them. */
const unfit = 'it holds characters that cannot be shown';
const line = name.refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), unfit);
const paragraph = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll('\n', '')), unfit);

/** Amber and red; which side is worse follows from the figure's sense. Of shares per cent, of times seconds. */
export const thresholdsSchema = z.strictObject({
  amber: z.number().min(0).max(1e6).optional(),
  red: z.number().min(0).max(1e6).optional(),
});
export type Thresholds = z.infer<typeof thresholdsSchema>;

const place = {
  widgetId: id,
  x: z
    .number()
    .int()
    .min(0)
    .max(boardColumns - 1),
  y: z
    .number()
    .int()
    .min(0)
    .max(boardRows - 1),
  w: z.number().int().min(1).max(boardColumns),
  h: z.number().int().min(1).max(boardRows),
  /** Instead of the figure's own name. */
  title: line.optional(),
};
const asked = {
  /** Of one kind; the counts of several are added up. */
  scopes: z.array(scopeSchema).min(1).max(scopesAtMost).default(['site']),
  figure: figureSchema,
  window: windowSchema.default('today'),
  attribution: attributionSchema.default('event'),
};
const judged = {
  thresholds: thresholdsSchema.optional(),
  /** Sounds once when it turns red. */
  hasSound: z.boolean().default(false),
};

export const widgetSchema = z.discriminatedUnion('kind', [
  /** One number, with an arrow: against the same window before it. */
  z.strictObject({
    kind: z.literal('number'),
    ...place,
    ...asked,
    ...judged,
    hasTrend: z.boolean().default(true),
  }),
  /** A share or time against its target: the queue's own where none is given. */
  z.strictObject({
    kind: z.literal('gauge'),
    ...place,
    ...asked,
    ...judged,
    target: z.number().min(0).max(1e6).optional(),
  }),
  /** Agents one by one: state, time in it, wrap-up counting down. `teams` and `queues`: only theirs; absent: all. */
  z.strictObject({
    kind: z.literal('agents'),
    ...place,
    teams: z.array(id).max(scopesAtMost).optional(),
    queues: z.array(id).max(scopesAtMost).optional(),
    hasLoggedOut: z.boolean().default(false),
  }),
  /** Agents counted by state; Not Ready by reason. */
  z.strictObject({ kind: z.literal('agent-states'), ...place, hasReasons: z.boolean().default(true) }),
  /** One row a queue, one column a figure. */
  z.strictObject({
    kind: z.literal('queues'),
    ...place,
    queues: z.array(id).max(1000).optional(),
    figures: z.array(figureSchema).min(1).max(12),
    window: windowSchema.default('today'),
    attribution: attributionSchema.default('event'),
  }),
  /** A figure by interval of the day, beside yesterday and the same weekday of last week. */
  z.strictObject({
    kind: z.literal('intraday'),
    ...place,
    scopes: asked.scopes,
    figure: z.enum([
      'offered',
      'answered',
      'abandoned',
      'service-level',
      'asa',
      'aht',
    ] satisfies FigureName[]),
    minutes: z.union([z.literal(15), z.literal(30), z.literal(60)]).default(30),
    hasYesterday: z.boolean().default(true),
    hasLastWeek: z.boolean().default(true),
  }),
  /** Who has waited longest, without saying who it is. */
  z.strictObject({
    kind: z.literal('waiters'),
    ...place,
    queues: z.array(id).max(scopesAtMost).optional(),
    rows: z.number().int().min(1).max(20).default(8),
    ...judged,
  }),
  /** Callbacks pending and the oldest of them. */
  z.strictObject({ kind: z.literal('callbacks'), ...place, ...judged }),
  /** Waiting and oldest of each channel that is on. */
  z.strictObject({ kind: z.literal('channels'), ...place, ...judged }),
  z.strictObject({
    kind: z.literal('news'),
    ...place,
    text: paragraph,
    isMoving: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('clock'),
    ...place,
    hasSeconds: z.boolean().default(false),
    zone: z.string().max(60).refine(isTimeZone, 'no such time zone').optional(),
  }),
  /** Alerts that stand; acknowledged ones say by whom a user was. */
  z.strictObject({ kind: z.literal('alerts'), ...place, hasSound: z.boolean().default(false) }),
]);
export type Widget = z.infer<typeof widgetSchema>;
export type WidgetKind = Widget['kind'];

export const palettes = ['standard', 'deuteranopia', 'protanopia', 'tritanopia'] as const;
export type Palette = (typeof palettes)[number];
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM');

const kindOfScope = (scope: string) => scope.split(':', 1)[0];
const overlaps = (a: Widget, b: Widget) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

export const boardSchema = z
  .strictObject({
    name: line,
    palette: z.enum(palettes).default('standard'),
    theme: z.enum(['dark', 'light']).default('dark'),
    /** Site-local; no sound between them. */
    quiet: z.strictObject({ from: clockTime, to: clockTime }).optional(),
    widgets: z.array(widgetSchema).max(widgetsAtMost).default([]),
  })
  .superRefine(({ widgets }, ctx) => {
    const seen = new Set<string>();
    widgets.forEach((widget, i) => {
      const fault = (field: string, message: string) =>
        ctx.addIssue({ code: 'custom', path: ['widgets', i, field], message });
      if (seen.has(widget.widgetId)) fault('widgetId', `"${widget.widgetId}" is already used`);
      seen.add(widget.widgetId);
      if (widget.x + widget.w > boardColumns) fault('w', 'it does not fit on the board');
      if (widget.y + widget.h > boardRows) fault('h', 'it does not fit on the board');
      if ('scopes' in widget && new Set(widget.scopes.map(kindOfScope)).size > 1)
        fault('scopes', 'scopes of one kind only');
      const other = widgets.slice(0, i).find((one) => overlaps(one, widget));
      if (other) fault('x', `it lies over "${other.widgetId}"`);
    });
  });
export type Board = z.infer<typeof boardSchema>;

/** `GET /api/boards` -> BoardList; `GET /api/boards/:id` -> BoardRow. */
export const boardRowSchema = z.object({
  boardId: z.string(),
  /** Grows with every change: a PUT with another one is 409 `conflict`. */
  version: z.number().int(),
  board: boardSchema,
  updatedAt: z.number(),
  updatedBy: z.string(),
});
export type BoardRow = z.infer<typeof boardRowSchema>;
export const boardListSchema = z.object({ items: z.array(boardRowSchema) });
export type BoardList = z.infer<typeof boardListSchema>;
/**
 * `POST /api/boards` -> 201 BoardRow; 409 `conflict`, details.reason `full`. `PUT /api/boards/:id` -> BoardRow; 409 with
 * details.currentVersion. `DELETE /api/boards/:id` -> 204; 409, details.reason `shown` and details.displays, while a display
 * shows it. `POST /api/boards/preview` -> BoardTree of that one, as board `draft`, with live data.
 */
export const draftBoardId = 'draft';
export const boardRequestSchema = z.strictObject({ board: boardSchema });
export const boardChangeSchema = z.strictObject({ board: boardSchema, ifVersion: z.number().int() });

export const boardsOfDisplayAtMost = 10;
const boardIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,59}$/, 'not an id');
/** `PUT /api/displays/:id/settings` -> DisplayRow; 400, details.reason `unknown-board` and details.boards. Without boards a display shows the standard board. */
export const displaySettingsSchema = z.strictObject({
  boards: z.array(boardIdSchema).max(boardsOfDisplayAtMost),
  rotateSec: z.number().int().min(5).max(3600).default(30),
  language: z.enum(languages).optional(),
  /** Per cent. */
  zoom: z.number().int().min(50).max(200).default(100),
  /** Instead of that of the boards. */
  theme: z.enum(['dark', 'light']).optional(),
});
export type DisplaySettings = z.infer<typeof displaySettingsSchema>;

// --- what a display is sent ------------------------------------------------------------------------

/** Absent values mean: no such figure yet. Shares are 0..1, times ms, instants ms UTC. */
export interface NumberData {
  value?: number;
  /** The same figure of the window before. */
  before?: number;
  /** Of a gauge. */
  target?: number;
}
export interface AgentTile {
  /** The number; the name where the site says so. */
  label: string;
  state: AgentState;
  since: number;
  until?: number;
  reason?: string;
}
export interface QueueRowData {
  name: string;
  targetPercent: number;
  targetSec: number;
  values: Partial<Record<FigureName, number>>;
}
export interface IntradayData {
  /** Start of each interval, in order, ms UTC; the three series beside it, null where nothing was counted. */
  starts: number[];
  today: (number | null)[];
  yesterday?: (number | null)[];
  lastWeek?: (number | null)[];
}
export interface WaiterRow {
  queue: string;
  channel: Channel;
  since: number;
}
export interface ChannelRow {
  waiting: number;
  oldestSince?: number;
}
export type WidgetData =
  | { kind: 'number' | 'gauge'; data: NumberData }
  | { kind: 'agents'; data: Record<string, AgentTile> }
  | { kind: 'agent-states'; data: { states: Record<AgentState, number>; reasons: Record<string, number> } }
  | { kind: 'queues'; data: Record<string, QueueRowData> }
  | { kind: 'intraday'; data: IntradayData }
  /** By place: 01 is the longest. */
  | { kind: 'waiters'; data: Record<string, WaiterRow> }
  | { kind: 'callbacks'; data: ChannelRow }
  | { kind: 'channels'; data: Partial<Record<Channel, ChannelRow>> }
  | { kind: 'news' | 'clock' | 'alerts'; data: Record<string, never> };

export interface BoardView {
  version: number;
  definition: Board;
  /** What its scopes are called, where the site says so; agents only where displays may name them. */
  names: Record<string, string>;
  /** By widget. */
  data: Record<string, WidgetData['data']>;
}
/** An alert as a board may show it. */
export interface AlertTile {
  name: string;
  severity: 'warning' | 'critical';
  since: number;
  value?: number;
  figure?: FigureName;
  scope?: string;
  isAcknowledged: boolean;
}
export interface BoardTree {
  site: { name: string; timeZone: string; language: string };
  settings: DisplaySettings;
  /** By board; one that is gone is absent. */
  boards: Record<string, BoardView>;
  alerts: Record<string, AlertTile>;
  emergency?: EmergencyAnswer;
  /** Callers are told of maintenance until then, ms; absent: of none. */
  maintenanceUntil?: number;
}
