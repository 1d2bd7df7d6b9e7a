/**
 * Alerts: rules on any live figure, what stands of them now, and their history. A rule is looked at every few seconds; an
 * alert begins when its condition has held for `forSec` and ends when it has not held for `clearSec`; in between somebody
 * may acknowledge it, by name.
 */
import { z } from 'zod';
import { attributionSchema, figureSchema, scopeSchema, windowSchema } from './figures.ts';
import { id, name } from './site-values.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM');
export const severities = ['warning', 'critical'] as const;

/** Shares per cent, times seconds, else as counted. */
export const alertConditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('above'), value: z.number().min(0).max(1e9) }),
  z.strictObject({ kind: z.literal('below'), value: z.number().min(0).max(1e9) }),
  /** Against the mean of the same interval on the last `days` days of the same kind: up or down by so many per cent. */
  z.strictObject({
    kind: z.literal('trend'),
    direction: z.enum(['up', 'down']),
    percent: z.number().min(1).max(10_000),
    days: z.number().int().min(1).max(28).default(7),
    /** Contacts below which nothing is compared. */
    atLeast: z.number().int().min(0).max(1e6).default(20),
  }),
  /** Nothing was offered for so long, within `between`. */
  z.strictObject({
    kind: z.literal('no-data'),
    forMinutes: z.number().int().min(1).max(1440),
    between: z.strictObject({ from: clockTime, to: clockTime }).optional(),
  }),
]);
export type AlertCondition = z.infer<typeof alertConditionSchema>;

export const alertRuleSchema = z.strictObject({
  name,
  isOn: z.boolean().default(true),
  severity: z.enum(severities).default('warning'),
  scope: scopeSchema.default('site'),
  figure: figureSchema,
  window: windowSchema.default('today'),
  attribution: attributionSchema.default('event'),
  condition: alertConditionSchema,
  forSec: z.number().int().min(0).max(86_400).default(30),
  clearSec: z.number().int().min(0).max(86_400).default(30),
  to: z
    .strictObject({
      board: z.boolean().default(true),
      /** Through the first mailbox that sends. */
      mail: z.array(z.email().max(254)).max(20).default([]),
      /** Signed POST (docs/api.md); the secret is a file of this name under `secrets`. */
      webhook: z
        .strictObject({ url: z.url({ protocol: /^https?$/ }).max(500), secret: id.optional() })
        .optional(),
      /** Site-local: neither mail nor webhook nor sound in it; what stands at its end is sent then. */
      quiet: z.strictObject({ from: clockTime, to: clockTime }).optional(),
    })
    .prefault({}),
});
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** `GET /api/alert-rules` -> AlertRuleList; POST, `PUT /api/alert-rules/:id`, DELETE. */
export const alertRuleRowSchema = z.object({
  ruleId: z.string(),
  version: z.number().int(),
  rule: alertRuleSchema,
  updatedAt: z.number(),
  updatedBy: z.string(),
});
export type AlertRuleRow = z.infer<typeof alertRuleRowSchema>;
export const alertRuleListSchema = z.object({ items: z.array(alertRuleRowSchema) });
export type AlertRuleList = z.infer<typeof alertRuleListSchema>;
export const alertRuleRequestSchema = z.strictObject({ rule: alertRuleSchema });
export const alertRuleChangeSchema = z.strictObject({ rule: alertRuleSchema, ifVersion: z.number().int() });

/** `GET /api/alerts?cursor&limit` -> AlertPage, newest first; `POST /api/alerts/:id/acknowledge` with a note or `{}`. */
export const alertRowSchema = z.object({
  alertId: z.string(),
  ruleId: z.string(),
  name: z.string(),
  severity: z.enum(severities),
  scope: z.string(),
  figure: figureSchema,
  beganAt: z.number(),
  endedAt: z.number().optional(),
  /** When it began, and the worst since. */
  value: z.number().optional(),
  worst: z.number().optional(),
  acknowledgedAt: z.number().optional(),
  acknowledgedBy: z.string().optional(),
  note: z.string().optional(),
  /** What became of mail and webhook: `sent`, `waiting` or the reason of a failure. */
  mail: z.string().optional(),
  webhook: z.string().optional(),
});
export type AlertRow = z.infer<typeof alertRowSchema>;
export const acknowledgeRequestSchema = z.strictObject({ note: z.string().trim().max(500).optional() });
