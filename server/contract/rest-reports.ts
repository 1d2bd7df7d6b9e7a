/**
 * What crosses the wire about reports of figures, and the contacts behind a number. Windows are [from, to) in ISO 8601; counts
 * and times are those of contract/figures.ts. No name of a customer is in a report.
 */
import { z } from 'zod';
import {
  attributionSchema,
  contactCounts,
  type FigureCounts,
  type FigureName,
  scopeSchema,
} from './figures.ts';
import { contactRowSchema } from './rest.ts';

export const instant = z.iso
  .datetime({ offset: true, precision: null })
  .transform((text) => Date.parse(text));
/** A year and a day more, and the hour by which a clock may be put back. */
export const reportWindowAtMostMs = 367 * 86_400_000 + 3_600_000;
/** Lines of one answer; a longer one is asked for in parts. */
export const reportRowsAtMost = 200_000;

export const reportKeys = ['site', 'queue', 'channel', 'number', 'branch', 'trunk', 'team', 'agent'] as const;
export type ReportKey = (typeof reportKeys)[number];
/** Minutes, or local days, weeks (from Monday) and months of the site. */
export const reportIntervals = ['all', '15', '30', '60', 'day', 'week', 'month'] as const;
export type ReportInterval = (typeof reportIntervals)[number];

export const windowFields = { from: instant, to: instant };
/** Of these queues only, by commas. */
export const queuesField = z
  .string()
  .max(4000)
  .transform((text) => text.split(','))
  .optional();
type Window = { from: number; to: number };
export function checkWindow({ from, to }: Window, ctx: z.RefinementCtx<Window>): void {
  if (from >= to) ctx.addIssue({ code: 'custom', path: ['to'], message: 'the period ends before it begins' });
  else if (to - from > reportWindowAtMostMs)
    ctx.addIssue({ code: 'custom', path: ['to'], message: 'the period is longer than a year' });
}

/** `GET /api/reports/intervals` -> IntervalReport; with `format=csv` the same as a file. */
export const intervalQuerySchema = z
  .strictObject({
    ...windowFields,
    by: z.enum(reportKeys).default('queue'),
    interval: z.enum(reportIntervals).default('30'),
    attribution: attributionSchema.default('event'),
    queues: queuesField,
    format: z.enum(['json', 'csv']).default('json'),
  })
  .superRefine(checkWindow);
export type IntervalQuery = z.infer<typeof intervalQuerySchema>;

/** What is left of a report for somebody who sees a part of the site. */
export interface ReportWithin {
  /** Rows of these scopes alone. */
  scopes?: readonly string[];
  /** Nothing that is of no queue: callers before a queue, and agents' whole time. */
  isOfQueuesAlone?: boolean;
}

export interface ReportRow {
  /** Start of the interval, ms UTC. */
  start: number;
  /** `queue:main`, `team:loans`, `site` ... */
  scope: string;
  name: string;
  counts: FigureCounts;
  figures: Partial<Record<FigureName, number>>;
}
export interface IntervalReport {
  from: number;
  to: number;
  by: ReportKey;
  interval: ReportInterval;
  attribution: 'event' | 'arrival';
  timeZone: string;
  /** What is running at this instant is counted up to it; how far history was. */
  asOf: number;
  seq: number;
  /** Definitions in force in the window, by version; since when (N13). */
  definitions: { version: number; since: number }[];
  rows: ReportRow[];
}

/** What contacts are behind: a count of a scope in a window. `waiting`: those who wait at `to`. */
export const drillCounts = [...contactCounts, 'waiting'] as const;
export type DrillCount = (typeof drillCounts)[number];
/** `GET /api/figures/contacts` -> DrillPage, the newest first. */
export const drillQuerySchema = z
  .strictObject({
    ...windowFields,
    scope: scopeSchema.default('site'),
    count: z.enum(drillCounts),
    attribution: attributionSchema.default('event'),
    queues: queuesField,
    cursor: z.string().max(200).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .superRefine(checkWindow);
export type DrillQuery = z.infer<typeof drillQuerySchema>;

export const drillRowSchema = z.object({
  contact: contactRowSchema,
  /** Its stay in the queue that was counted. */
  queueId: z.string(),
  queuedAt: z.number(),
  leftAt: z.number().optional(),
  waitMs: z.number().optional(),
  outcome: z.string().optional(),
  agentId: z.string().optional(),
  targetMs: z.number(),
  definition: z.number().int(),
});
export type DrillRow = z.infer<typeof drillRowSchema>;
export interface DrillPage {
  items: DrillRow[];
  nextCursor?: string;
  /** Of all pages: what the number on the page is. */
  total: number;
}

/** One count that was not the same everywhere. */
export const statementDifferenceSchema = z.object({
  scope: z.string(),
  attribution: attributionSchema,
  count: z.string(),
  live: z.number(),
  report: z.number(),
  recount: z.number(),
});
export type StatementDifference = z.infer<typeof statementDifferenceSchema>;
/** `GET /api/reports/statements` -> StatementList, the newest first, at most the last 100. */
export const figureStatementSchema = z.object({
  from: z.number(),
  to: z.number(),
  madeAt: z.number(),
  seq: z.number().int(),
  /** Counts that were laid beside each other. */
  compared: z.number().int(),
  differences: z.array(statementDifferenceSchema),
});
export type FigureStatement = z.infer<typeof figureStatementSchema>;
export const statementListSchema = z.object({ items: z.array(figureStatementSchema) });
export type StatementList = z.infer<typeof statementListSchema>;
