/**
 * Alerts: rules on any live figure, what stands of them now, and their history. A rule is looked at every few seconds; an
 * alert begins when its condition has held for `forSec` and ends when it has not held for `clearSec`; in between somebody
 * may acknowledge it, by name. Values are in the units of the rule's threshold: shares per cent, times seconds, of `since`
 * figures the age in seconds, of `no-data` the seconds since something was offered, else as counted.
 */
import { z } from 'zod';
import { attributionSchema, figureFacts, figureSchema, scopeSchema, windowSchema } from './figures.ts';
import { pageQuerySchema } from './rest.ts';
import { languages, name } from './site-values.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM');
/** Times on a clock of the site, `to` not included; over midnight where `to` is before `from`. */
export const clockSpanSchema = z
  .strictObject({ from: clockTime, to: clockTime })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'it ends when it begins' });
export type ClockSpan = z.infer<typeof clockSpanSchema>;
export const severities = ['warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const alertRulesAtMost = 500;
/** Alerts that ended before are forgotten. */
export const alertHistoryDays = 400;
/** Sent by one rule and one way within an hour. */
export const alertNoticesPerHour = 20;
/** So long a mail or webhook that does not get through is tried. */
export const alertNoticeTriesMs = 3_600_000;

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
  /** Nothing was offered for so long, within `between`; the figure and its window do not matter. */
  z.strictObject({
    kind: z.literal('no-data'),
    forMinutes: z.number().int().min(1).max(1440),
    between: clockSpanSchema.optional(),
  }),
]);
export type AlertCondition = z.infer<typeof alertConditionSchema>;

/**
 * A file of the secrets folder. Its name begins with `alert`, so that whoever writes rules can have nothing signed with the
 * password of something else, and try at leisure which it is.
 */
const alertSecret = z
  .string()
  .regex(/^alert[a-z0-9._-]{0,58}$/, 'begin with "alert"; use small letters, digits, dots and dashes');

const ruleShape = z.strictObject({
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
      /** Through the first mailbox of a site that sends. */
      mail: z.array(z.email().max(254)).max(20).default([]),
      /** Signed POST of AlertWebhook (docs/channels.md). */
      webhook: z
        .strictObject({ url: z.url({ protocol: /^https?$/ }).max(500), secret: alertSecret })
        .optional(),
      /** Neither mail nor webhook in it; what stands at its end is sent then, what ended within is told in one summary. */
      quiet: clockSpanSchema.optional(),
    })
    .prefault({}),
});
/** How things stand has no interval to compare with: a trend is of a figure over a window. */
export const alertRuleSchema = ruleShape.refine(
  ({ figure, condition }) => condition.kind !== 'trend' || figureFacts(figure).over === 'window',
  { path: ['condition', 'kind'], message: 'this figure has no trend' },
);
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** `pending`: it holds, but not for long enough. `clearing`: it stands, and has ceased to hold. */
export const alertPhases = ['calm', 'pending', 'standing', 'clearing'] as const;
export type AlertPhase = (typeof alertPhases)[number];

/** `GET /api/alert-rules` -> AlertRuleList; POST, `PUT /api/alert-rules/:id` -> AlertRuleRow; DELETE. */
export const alertRuleRowSchema = z.object({
  ruleId: z.string(),
  /** Grows with every change: a PUT with another one is 409 `conflict`. */
  version: z.number().int(),
  rule: alertRuleSchema,
  updatedAt: z.number(),
  updatedBy: z.string(),
  phase: z.enum(alertPhases),
  /** What it asks about is not in the site any more. */
  isUnknown: z.boolean(),
  /** When last looked at; absent: there was none. */
  value: z.number().optional(),
});
export type AlertRuleRow = z.infer<typeof alertRuleRowSchema>;
export const alertRuleListSchema = z.object({ items: z.array(alertRuleRowSchema) });
export type AlertRuleList = z.infer<typeof alertRuleListSchema>;
/** `GET /api/alert-rules/scopes` -> AlertScopeList: what may be asked about; agents and channels are not listed. */
export const alertScopeSchema = z.object({ scope: scopeSchema, name: z.string().optional() });
export type AlertScope = z.infer<typeof alertScopeSchema>;
export const alertScopeListSchema = z.object({ items: z.array(alertScopeSchema) });
export type AlertScopeList = z.infer<typeof alertScopeListSchema>;
export const alertRuleRequestSchema = z.strictObject({ rule: alertRuleSchema });
export const alertRuleChangeSchema = z.strictObject({ rule: alertRuleSchema, ifVersion: z.number().int() });

/** Why a mail or webhook did not get through; `too-many`: the rule has sent as many as it may within the hour. */
export const noticeFaults = ['no-mailbox', 'no-secret', 'refused', 'unreachable', 'too-many'] as const;
export type NoticeFault = (typeof noticeFaults)[number];
/** `held`: until quiet hours are over. `waiting`: it is sent now, or was tried and will be again. */
export const noticeStates = ['held', 'waiting', 'sent', 'failed'] as const;
export type NoticeState = (typeof noticeStates)[number];
export const noticeViewSchema = z.object({
  state: z.enum(noticeStates),
  fault: z.enum(noticeFaults).optional(),
  /** Of a webhook, for the bank's IT: what it answered, or why it was not reached. */
  detail: z.string().optional(),
});
export type NoticeView = z.infer<typeof noticeViewSchema>;

/** `cleared`: it holds no more. The others: its rule was changed, switched off or deleted, or its scope left the site. */
export const alertEnds = ['cleared', 'rule-changed', 'rule-off', 'rule-deleted', 'scope-gone'] as const;
export type AlertEnd = (typeof alertEnds)[number];

/**
 * `GET /api/alerts?show&cursor&limit` -> AlertPage, newest first, `show=standing` all that stand;
 * `GET /api/alerts/count` -> AlertCount; `POST /api/alerts/:id/acknowledge` with a note or `{}` -> AlertRow, 409 `conflict`
 * with `details.reason` `ended` or `acknowledged`.
 */
export const alertQuerySchema = pageQuerySchema.extend({
  show: z.enum(['all', 'standing', 'ended']).default('all'),
});
export type AlertQuery = z.infer<typeof alertQuerySchema>;
export const alertRowSchema = z.object({
  alertId: z.string(),
  ruleId: z.string(),
  /** Of the rule as it was when it began. */
  name: z.string(),
  severity: z.enum(severities),
  scope: z.string(),
  /** As the site calls it now. */
  scopeName: z.string().optional(),
  figure: figureSchema,
  window: windowSchema,
  condition: alertConditionSchema,
  beganAt: z.number(),
  endedAt: z.number().optional(),
  ended: z.enum(alertEnds).optional(),
  /** When it began, and the worst since; `now` of what stands. */
  value: z.number().optional(),
  worst: z.number().optional(),
  now: z.number().optional(),
  acknowledgedAt: z.number().optional(),
  acknowledgedBy: z.string().optional(),
  note: z.string().optional(),
  /** What became of the last mail and webhook of it. */
  mail: noticeViewSchema.optional(),
  webhook: noticeViewSchema.optional(),
});
export type AlertRow = z.infer<typeof alertRowSchema>;
export const alertPageSchema = z.object({
  items: z.array(alertRowSchema),
  nextCursor: z.string().optional(),
});
export type AlertPage = z.infer<typeof alertPageSchema>;
export const alertCountSchema = z.object({ standing: z.number().int(), unacknowledged: z.number().int() });
export type AlertCount = z.infer<typeof alertCountSchema>;
export const acknowledgeRequestSchema = z.strictObject({ note: z.string().trim().max(500).optional() });

/**
 * What a webhook is sent, signed as connectors sign. It may come twice: `id` tells. `summary`: alerts that began or ended
 * within quiet hours and stand no more. Nobody's name, number or address is in it.
 */
export const alertWebhookSchema = z.object({
  id: z.string(),
  kind: z.enum(['alert.began', 'alert.ended', 'alert.summary']),
  at: z.number(),
  site: z.string(),
  /** Of the site; `text` is written in it: what the mail says, for a program that only shows what it is told. */
  language: z.enum(languages),
  text: z.string(),
  alerts: z
    .array(
      alertRowSchema.pick({
        alertId: true,
        ruleId: true,
        name: true,
        severity: true,
        scope: true,
        figure: true,
        window: true,
        condition: true,
        beganAt: true,
        endedAt: true,
        value: true,
        worst: true,
      }),
    )
    .min(1),
});
export type AlertWebhook = z.infer<typeof alertWebhookSchema>;
