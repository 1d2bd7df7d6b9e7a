/**
 * What crosses the wire about routing decisions (N4): who was asked and why, and the life of one contact as routing saw
 * it. Nothing here tells who called. Sentences come as facts, so that a screen says them in its reader's language.
 */
import { z } from 'zod';
import { counterfactualSchema, demandFactsSchema, skillDemand } from './decision.ts';
import { outcomes, withdrawReasons } from './events.ts';
import { idSchema, pageQuerySchema } from './rest.ts';

const at = z.number().int();
const instant = z.coerce.number().int().min(0).max(4_102_444_800_000);

export const decisionsAtOnce = 100;
/** `GET /api/decisions`. `from` is in the range, `to` is not. */
export const decisionQuerySchema = pageQuerySchema
  .extend({
    cursor: z
      .string()
      .regex(/^\d{1,14}\.\d{1,15}$/, 'not a cursor of ours')
      .optional(),
    limit: z.coerce.number().int().min(1).max(decisionsAtOnce).default(50),
    contactId: idSchema.optional(),
    agentId: idSchema.optional(),
    queueId: idSchema.optional(),
    from: instant.optional(),
    to: instant.optional(),
  })
  .refine(
    ({ from, to }) => from === undefined || to === undefined || from < to,
    'the range ends before it begins',
  );
export type DecisionQuery = z.infer<typeof decisionQuerySchema>;

/** What the contact asked of an agent: in English, and as facts where the record has them. */
export const demandViewSchema = z.object({ text: z.string(), facts: demandFactsSchema.optional() });
export type DemandView = z.infer<typeof demandViewSchema>;

export const decisionViewSchema = z.object({
  strategy: z.string(),
  /** Who asked: a contact came to waiting agents, or an agent came to waiting contacts. */
  trigger: z.enum(['contact', 'agent']),
  /** Best first, the first five. `score` is in the unit of the strategy (docs/routing.md). */
  candidates: z.array(
    z.object({ agentId: z.string(), isChosen: z.boolean(), idleMs: z.number(), score: z.number() }),
  ),
  candidateCount: z.number().int(),
  demand: demandViewSchema.optional(),
  /** Most first; `agentIds` are the first of them, in the order of the site file. */
  ruledOut: z.array(z.object({ rule: z.string(), count: z.number().int(), agentIds: z.array(z.string()) })),
  /** 1 = first of its queue. */
  contactPosition: z.number().int(),
  waitingCount: z.number().int(),
  counterfactual: z.object({ text: z.string(), fact: counterfactualSchema.optional() }).optional(),
});
export type DecisionView = z.infer<typeof decisionViewSchema>;

/** `open`: the agent's phone rings, or history has not heard of the end yet. */
export const offerResults = ['open', 'answered', ...withdrawReasons] as const;
export type OfferResult = (typeof offerResults)[number];

export const decisionRowSchema = z.object({
  seq: z.number().int(),
  at,
  offerId: z.string(),
  contactId: z.string(),
  queueId: z.string(),
  agentId: z.string(),
  attempt: z.number().int(),
  result: z.enum(offerResults),
  ringMs: z.number().optional(),
  /** Absent where the record is not one this release can read. */
  decision: decisionViewSchema.optional(),
});
export type DecisionRow = z.infer<typeof decisionRowSchema>;
export const decisionPageSchema = z.object({
  items: z.array(decisionRowSchema),
  nextCursor: z.string().optional(),
});
export type DecisionPage = z.infer<typeof decisionPageSchema>;

const step = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ kind: z.literal(kind), seq: z.number().int(), at, queueId: z.string().optional(), ...shape });

/** One thing that happened to a contact. */
export const storyStepSchema = z.discriminatedUnion('kind', [
  step('arrived', { numberId: z.string(), language: z.string() }),
  step('queued', {
    priority: z.number(),
    position: z.number(),
    headStartMs: z.number().optional(),
    skills: skillDemand.optional(),
    preferred: z.object({ agentId: z.string(), waitMs: z.number() }).optional(),
    /** Left out for so long: passed it on. */
    giver: z.object({ agentId: z.string(), waitMs: z.number() }).optional(),
  }),
  step('relaxed', { rules: z.array(z.string()), afterMs: z.number(), demand: demandViewSchema }),
  step('offered', { offer: decisionRowSchema }),
  step('withdrawn', { offerId: z.string(), agentId: z.string(), reason: z.string(), ringMs: z.number() }),
  step('answered', { offerId: z.string(), agentId: z.string(), waitMs: z.number(), inTarget: z.boolean() }),
  step('abandoned', { waitMs: z.number(), during: z.string(), isShort: z.boolean() }),
  step('flowed-out', { reason: z.string(), target: z.string(), waitMs: z.number() }),
  /** Passed on by its agent to `queue:ID` or `agent:ID`. */
  step('transferred', { agentId: z.string(), target: z.string(), talkMs: z.number(), holdMs: z.number() }),
  step('ended', {
    outcome: z.enum(outcomes),
    endedBy: z.string(),
    reason: z.string(),
    talkMs: z.number(),
    holdMs: z.number(),
  }),
]);
export type StoryStep = z.infer<typeof storyStepSchema>;

export const storyStepsAtMost = 1000;
/** `GET /api/contacts/:id/story`: from the first step on; `isCut` where there are more than `storyStepsAtMost`. */
export const contactStorySchema = z.object({
  contactId: z.string(),
  steps: z.array(storyStepSchema),
  isCut: z.boolean(),
});
export type ContactStory = z.infer<typeof contactStorySchema>;
