/**
 * What crosses the wire about what explains a change of a mean figure: the two values, and how much of the change each agent or
 * queue makes up, by a change of its own and by its share of the work (server/stats/drift.ts). All parts add up to the change.
 */
import { z } from 'zod';
import { driftKeys, type DriftKey } from './drift-facts.ts';
import { figureSchema, type FigureName, scopeSchema } from './figures.ts';
import { instant } from './rest-reports.ts';

/** Listed one by one; the others together as `rest`. */
export const driftMembersAtMost = 200;
const windowAtMostMs = 367 * 86_400_000 + 3_600_000;

const isWindow = (from: number, to: number) => from < to && to - from <= windowAtMostMs;
/**
 * `GET /api/reports/drift` -> DriftReport. Windows are counted in the whole quarters of an hour that hold them; `by` is by default
 * what the scope has first: its agents, else its queues.
 */
export const driftQuerySchema = z
  .strictObject({
    figure: figureSchema,
    scope: scopeSchema.default('site'),
    by: z.enum(driftKeys).optional(),
    from: instant,
    to: instant,
    baseFrom: instant,
    baseTo: instant,
  })
  .superRefine(({ from, to, baseFrom, baseTo }, ctx) => {
    for (const [path, isGood] of [
      ['to', isWindow(from, to)],
      ['baseTo', isWindow(baseFrom, baseTo)],
    ] as const)
      if (!isGood)
        ctx.addIssue({
          code: 'custom',
          path: [path],
          message: 'the window ends before it begins, or is too long',
        });
  });
export type DriftQuery = z.infer<typeof driftQuerySchema>;

export interface DriftMember {
  /** `agent:101`, `queue:main`. */
  scope: string;
  name: string;
  /** Its own values; absent: it had no part in that window. */
  base?: number;
  value?: number;
  /** How many contacts they are the means of. */
  baseWeight: number;
  weight: number;
  /** Parts of the change: by its own change, and by its share of all. */
  rate: number;
  mix: number;
}
export interface DriftReport {
  figure: FigureName;
  scope: string;
  by: DriftKey;
  /** What `by` may be. */
  keys: readonly DriftKey[];
  timeZone: string;
  from: number;
  to: number;
  /** Whose contacts together are compared with; the newest first. */
  base: { from: number; to: number }[];
  /** Absent: one of the windows has no such figure. Shares 0..1, times ms. */
  drift?: {
    base: number;
    value: number;
    change: number;
    /** Over all members. */
    rate: number;
    mix: number;
    /** The largest part first. */
    members: DriftMember[];
    rest?: { members: number; rate: number; mix: number };
  };
}

/**
 * `GET /api/alerts/:id/drift?by=` -> DriftReport: of a trend, from the beginning of its window to the beginning of the alert, against
 * the same hours of the days that the rule compares with. 404 where the alert is no trend of such a figure.
 */
export const alertDriftQuerySchema = z.strictObject({ by: z.enum(driftKeys).optional() });
