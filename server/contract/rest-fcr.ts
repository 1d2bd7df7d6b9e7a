/**
 * What crosses the wire about first contact resolution (FCR). The method is that of repeats: a contact is resolved when no other
 * of the same customer about the same topic came after it until `days` days after it was first handled. Whether a contact is
 * resolved is never asked of agents or customers here: there are no such flags yet.
 *
 * Counted are contacts that an agent has handled, when the first handling ended, for the queue and agent of that handling. Those
 * whose `days` have not passed at `asOf` are open, those of unknown customers anonymous: neither is in `contacts`.
 */
import { z } from 'zod';
import { contactRowSchema } from './rest.ts';
import { instant, queuesField, windowFields, checkWindow } from './rest-reports.ts';

export const fcrKeys = ['queue', 'channel', 'agent', 'site'] as const;
export type FcrKey = (typeof fcrKeys)[number];
export const fcrIntervals = ['all', 'day', 'week', 'month'] as const;
export type FcrInterval = (typeof fcrIntervals)[number];
export const fcrDaysByDefault = 7;
export const fcrDaysAtMost = 90;
/** What a contact that was passed on is, when its customer did not come back. */
export const fcrTransferRules = ['resolved', 'unresolved'] as const;
/** `queue`: of the first handling, or the first queue of a contact that nobody handled; `any`: every contact is about the same. */
export const fcrTopics = ['queue', 'any'] as const;

/** How FCR is measured; each part is stated wherever the figure is. */
export const fcrRuleFields = {
  days: z.coerce.number().int().min(1).max(fcrDaysAtMost).default(fcrDaysByDefault),
  transfers: z.enum(fcrTransferRules).default('resolved'),
  topic: z.enum(fcrTopics).default('queue'),
};
export interface FcrRule {
  /** Of 24 hours. */
  days: number;
  transfers: (typeof fcrTransferRules)[number];
  topic: (typeof fcrTopics)[number];
}

/** `GET /api/reports/fcr` -> FcrReport; with `format=csv` the same as a file. `asOf`: as it was then, by what is known now. */
export const fcrQuerySchema = z
  .strictObject({
    ...windowFields,
    ...fcrRuleFields,
    by: z.enum(fcrKeys).default('queue'),
    interval: z.enum(fcrIntervals).default('all'),
    queues: queuesField,
    asOf: instant.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  })
  .superRefine(checkWindow);
export type FcrQuery = z.infer<typeof fcrQuerySchema>;

/** `transferred`: passed on without a repeat, where the rule calls that unresolved. `contacts` = the first three together. */
export const fcrFates = ['resolved', 'repeated', 'transferred', 'open', 'anonymous'] as const;
export type FcrFate = (typeof fcrFates)[number];
export type FcrCounts = Record<FcrFate, number> & { contacts: number };

export interface FcrRow {
  /** Start of the interval, ms UTC. */
  start: number;
  /** `queue:main`, `channel:mail`, `agent:101`, `site`. */
  scope: string;
  name: string;
  counts: FcrCounts;
  /** Share 0..1; absent where no contact counts. */
  fcr?: number;
}
export interface FcrReport extends FcrRule {
  from: number;
  to: number;
  by: FcrKey;
  interval: FcrInterval;
  timeZone: string;
  /** The only one there is. */
  method: 'repeat-window';
  asOf: number;
  rows: FcrRow[];
  /** Of the whole period, by scope; where there are several intervals. */
  totals: FcrRow[];
  total: Pick<FcrRow, 'counts' | 'fcr'>;
}

const scope = z.string().regex(/^(site|(queue|channel|agent):[A-Za-z0-9._-]{1,80})$/, 'no such scope');
/** `GET /api/reports/fcr/contacts` -> FcrPage, those that were handled last first. */
export const fcrDrillQuerySchema = z
  .strictObject({
    ...windowFields,
    ...fcrRuleFields,
    scope: scope.default('site'),
    /** `contacts`: resolved, repeated and transferred. */
    fate: z.enum(['contacts', ...fcrFates]).default('contacts'),
    queues: queuesField,
    asOf: instant.optional(),
    cursor: z.string().max(200).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .superRefine(checkWindow);
export type FcrDrillQuery = z.infer<typeof fcrDrillQuerySchema>;

export const fcrDrillRowSchema = z.object({
  contact: contactRowSchema,
  fate: z.enum(fcrFates),
  /** Of the first handling. */
  queueId: z.string(),
  agentId: z.string(),
  handledAt: z.number(),
  isTransferred: z.boolean(),
  /** The next of the same customer and topic, where it came in time. */
  repeat: z.object({ contact: contactRowSchema, queueId: z.string(), queuedAt: z.number() }).optional(),
});
export type FcrDrillRow = z.infer<typeof fcrDrillRowSchema>;
export interface FcrPage {
  items: FcrDrillRow[];
  nextCursor?: string;
  /** Of all pages. */
  total: number;
}
