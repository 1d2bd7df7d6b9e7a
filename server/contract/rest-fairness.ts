/**
 * What crosses the wire about how work was shared out (N14). Times in a state are ms within the window; counts belong to
 * the instant of their event; docs/managers.md says what each one means. No name and no caller is in it.
 */
import { z } from 'zod';
import { idSchema } from './rest.ts';

/** 31 days, and an hour more in which a clock may be put back. */
export const fairnessDaysAtMost = 31;
export const fairnessWindowAtMostMs = fairnessDaysAtMost * 86_400_000 + 3_600_000;

const instant = z.iso.datetime({ offset: true, precision: null }).transform((text) => Date.parse(text));

/** `GET /api/fairness`. `from` is in the window, `to` is not; both ISO 8601 with `Z` or an offset. */
export const fairnessQuerySchema = z
  .strictObject({ from: instant, to: instant, queue: idSchema.optional() })
  .superRefine(({ from, to }, ctx) => {
    if (from >= to)
      ctx.addIssue({ code: 'custom', path: ['to'], message: 'the period ends before it begins' });
    else if (to - from > fairnessWindowAtMostMs)
      ctx.addIssue({
        code: 'custom',
        path: ['to'],
        message: `the period is longer than ${fairnessDaysAtMost} days`,
      });
  });
export type FairnessQuery = z.infer<typeof fairnessQuerySchema>;

const ms = z.number().min(0);
const count = z.number().min(0);
const share = z.number().min(0).max(1);

const offerCounts = {
  /** Ringing when the window began. openAtStart + offered = answered + rejected + leftOffer + notAnswered + withdrawn + openAtEnd. */
  openAtStart: count,
  offered: count,
  answered: count,
  rejected: count,
  /** The agent went Not Ready or logged out while it rang. */
  leftOffer: count,
  notAnswered: count,
  /** Taken back for no fault of the agent's. */
  withdrawn: count,
  openAtEnd: count,
  handled: count,
};
const added = {
  /** The sum of the seven below. */
  signedInMs: ms,
  readyMs: ms,
  notReadyMs: ms,
  unreachableMs: ms,
  /** Reserved and ringing. */
  ringingMs: ms,
  talkMs: ms,
  holdMs: ms,
  wrapUpMs: ms,
  ...offerCounts,
};

export const fairnessFiguresSchema = z.object({
  ...added,
  /** (talk + hold + wrap-up) / (talk + hold + wrap-up + ready): reserved and ringing time left out. */
  occupancy: share.optional(),
  /** Offers for each hour signed in. */
  offersPerHour: z.number().min(0).optional(),
  /** Offers that came while the agent was Ready, and how long it had been Ready without one. */
  idleCount: count,
  idleTotalMs: ms,
  idleMeanMs: ms.optional(),
  idleMedianMs: ms.optional(),
});
export type FairnessFigures = z.infer<typeof fairnessFiguresSchema>;

const shares = z.object(
  Object.fromEntries(Object.keys(added).map((key) => [key, share.optional()])) as {
    [K in keyof typeof added]: z.ZodOptional<typeof share>;
  },
);

export const fairnessRowSchema = z.object({
  agentId: z.string(),
  figures: fairnessFiguresSchema,
  /** Of the team's total; absent where that is 0. */
  share: shares,
  /** '' stands for an offer that named none. */
  queues: z.array(z.object({ queueId: z.string(), ...offerCounts })),
});
export type FairnessRow = z.infer<typeof fairnessRowSchema>;

export const fairnessAnswerSchema = z.object({
  from: z.number().int(),
  /** As asked, or now where that is later: nothing is counted ahead of time. */
  to: z.number().int(),
  queueId: z.string().optional(),
  /** The last event of the log that history had. */
  seq: z.number().int(),
  /** By id: no order of merit. */
  agents: z.array(fairnessRowSchema),
  team: z.object({
    count: z.number().int(),
    /** Of all of them together; the median is over all their offers. */
    total: fairnessFiguresSchema,
    /** For each agent; absent where there is none. */
    mean: z.object(added).optional(),
  }),
  queues: z.array(
    z.object({
      queueId: z.string(),
      /** In force in the window, in order. */
      strategies: z.array(z.object({ strategy: z.string(), since: z.number().int() })),
      agents: z.number().int(),
      ...offerCounts,
    }),
  ),
});
export type FairnessAnswer = z.infer<typeof fairnessAnswerSchema>;
