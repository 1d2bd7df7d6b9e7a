/**
 * What crosses the wire about opening hours: the calendars as weeks, and the answer to "what happens when somebody dials
 * this number at that time". Times of day are minutes after midnight on a clock in the calendar's zone; instants are UTC ms.
 */
import { z } from 'zod';
import { weekdays } from './site-hours.ts';

const date = z
  .string()
  .regex(/^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'use YYYY-MM-DD');

/** Which rule decided. The holidays of a bundled set go by their key, those of an iCal file by their title. */
export const hoursRuleSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('weekday'), day: z.enum(weekdays) }),
  z.object({ kind: z.literal('holiday'), set: z.string(), holiday: z.string() }),
  z.object({ kind: z.literal('calendar-holiday'), calendar: z.string(), holiday: z.string() }),
  z.object({ kind: z.literal('exception'), name: z.string() }),
  z.object({ kind: z.literal('closed-on') }),
]);
export type HoursRule = z.infer<typeof hoursRuleSchema>;

/** Minutes after the midnight of a date; over 1440 on the next one. */
const openSpanSchema = z.object({ fromMin: z.number().int(), toMin: z.number().int() });
export type OpenSpan = z.infer<typeof openSpanSchema>;

/** Dates in a row of one rule, both ends included. */
const specialDaysSchema = z.object({
  from: z.string(),
  to: z.string(),
  rule: hoursRuleSchema,
  spans: z.array(openSpanSchema).readonly(),
});
export type SpecialDays = z.infer<typeof specialDaysSchema>;

const numberLabel = z.object({
  number: z.string(),
  name: z.string().optional(),
  hours: z.string().optional(),
});

export const maxNumbersListed = 500;
/** `GET /api/hours`: every calendar as it is now, and the numbers one can ask about (the first 500). */
export const hoursListSchema = z.object({
  timeZone: z.string(),
  calendars: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      timeZone: z.string(),
      isOpen: z.boolean(),
      numberCount: z.number().int(),
    }),
  ),
  numbers: z.array(numberLabel),
});
export type HoursList = z.infer<typeof hoursListSchema>;

/** `GET /api/hours/calendars/:id`: the week with that date in it; this week unless told. */
export const hoursWeekQuerySchema = z.strictObject({ date: date.optional() });
export const hoursWeekSchema = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  isOpen: z.boolean(),
  rule: hoursRuleSchema,
  changesAt: z.number().int().optional(),
  /** The date on the calendar's own wall. */
  today: z.string(),
  /** Minutes after its midnight. */
  nowMin: z.number().int(),
  /** Monday to Sunday; what runs over from the night before stands in the day it runs into. */
  days: z.array(z.object({ date: z.string(), rule: hoursRuleSchema, spans: z.array(openSpanSchema) })),
  /** Holidays and exceptions to come. */
  special: z.array(specialDaysSchema),
});
export type HoursWeek = z.infer<typeof hoursWeekSchema>;

/** `GET /api/hours/simulation`. A time without a zone is one on the site's wall. */
export const simulationQuerySchema = z.strictObject({
  number: z.string().regex(/^\+?[0-9*#]{1,20}$/, 'use digits, * and #, with an optional leading +'),
  at: z
    .string()
    .regex(
      /^(19[7-9]\d|20\d\d|21\d\d)-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?$/,
      'use 2026-12-31T23:30, with Z or +01:00 where another zone is meant',
    ),
});
export type SimulationQuery = z.infer<typeof simulationQuerySchema>;

export const simulationSchema = z.object({
  at: z.number().int(),
  /** On the site's wall. */
  local: z.string(),
  timeZone: z.string(),
  /** Asked for a local time that a change of the clock skips (then the time after the gap is meant) or repeats (then the first). */
  clock: z.enum(['plain', 'skipped', 'twice']),
  number: z.string(),
  numberName: z.string().optional(),
  /** Absent where the number is unknown or has no hours: then it is always open. */
  hours: z
    .object({
      id: z.string(),
      name: z.string(),
      timeZone: z.string(),
      isOpen: z.boolean(),
      rule: hoursRuleSchema,
      /** The date whose rule it is: the day before, where a night slot runs over. */
      date: z.string(),
      local: z.string(),
      span: openSpanSchema.optional(),
      changesAt: z.number().int().optional(),
    })
    .optional(),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('unknown-number') }),
    z.object({
      kind: z.literal('queue'),
      queueId: z.string(),
      queueName: z.string(),
      greeting: z.array(z.string()),
    }),
    z.object({ kind: z.literal('message'), promptId: z.string() }),
  ]),
});
export type Simulation = z.infer<typeof simulationSchema>;
