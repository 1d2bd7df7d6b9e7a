/**
 * The record of a routing decision (N4): who could be asked, whom which rule ruled out, and the smallest change that would
 * have decided otherwise. Facts, not sentences, so that a screen says them in its reader's language. Records of before facts
 * were kept have English in their place.
 */
import { z } from 'zod';

/** What an agent must know: at least this level of a skill (1-10), or several such demands joined. */
export type SkillDemand =
  | { readonly skill: string; readonly level: number }
  | { readonly all: readonly SkillDemand[] }
  | { readonly any: readonly SkillDemand[] };
export const skillDemand: z.ZodType<SkillDemand> = z.union([
  z.object({ skill: z.string(), level: z.number() }),
  z.object({ all: z.lazy(() => z.array(skillDemand)) }),
  z.object({ any: z.lazy(() => z.array(skillDemand)) }),
]);

/** What a contact asks of an agent; `agentId`: nobody but this one, and then nothing else; `notAgentId`: who passed it on. */
export const demandFactsSchema = z.object({
  agentId: z.string().optional(),
  notAgentId: z.string().optional(),
  skills: skillDemand.optional(),
  languages: z.array(z.string()).readonly().optional(),
  maxTier: z.number().int(),
});
export type DemandFacts = z.infer<typeof demandFactsSchema>;

const other = { agentId: z.string() };
const otherContact = { contactId: z.string(), queueId: z.string() };
/** The smallest change that would have chosen another agent; or, where an agent chose, another contact. */
export const counterfactualSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tier'), ...other, tier: z.number(), chosenTier: z.number() }),
  /** So many text contacts fewer in hand. */
  z.object({ kind: z.literal('load'), ...other, count: z.number() }),
  z.object({ kind: z.literal('turn'), ...other }),
  z.object({ kind: z.literal('draw'), ...other, share: z.number() }),
  /** Points of a hundred. */
  z.object({ kind: z.literal('occupancy'), ...other, points: z.number() }),
  z.object({ kind: z.literal('contacts'), ...other, count: z.number() }),
  z.object({ kind: z.literal('levels'), ...other, count: z.number() }),
  z.object({ kind: z.literal('places'), ...other, count: z.number() }),
  z.object({ kind: z.literal('idle'), ...other, ms: z.number() }),
  z.object({ kind: z.literal('same-moment'), ...other }),
  z.object({ kind: z.literal('contact-sooner'), ...otherContact, ms: z.number() }),
  /** With a priority above this. */
  z.object({ kind: z.literal('contact-priority'), ...otherContact, priority: z.number() }),
]);
export type Counterfactual = z.infer<typeof counterfactualSchema>;

/** One agent who could have taken the contact; sorted best first, cut to a stated number. */
const candidate = z.object({ agentId: z.string(), idleSince: z.number(), score: z.number() });

export const decisionSchema = z.object({
  strategy: z.string(),
  chosen: z.string(),
  /** Who asked: a contact came to waiting agents, or an agent came to waiting contacts. */
  trigger: z.enum(['contact', 'agent']),
  /** The chosen one is always among them. */
  candidates: z.array(candidate).max(5),
  candidateCount: z.number(),
  /** What the contact asked for at that moment; absent: nothing. */
  demand: z.union([z.string(), demandFactsSchema]).optional(),
  /** How many members each rule ruled out, for example `not-ready: 3`, `skill: 12`. */
  ruledOut: z.record(z.string(), z.number()),
  /** The first five of them, in the order of the site file. */
  ruledOutAgents: z.record(z.string(), z.array(z.string())).optional(),
  /** Position of the contact among those waiting in its queue, 1 = first. */
  contactPosition: z.number(),
  waitingCount: z.number(),
  /** Absent where there was no other candidate. */
  counterfactual: z.union([z.string(), counterfactualSchema]).optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** An offer as history keeps it, with what became of it. `data` may be of an older release. */
export interface OfferRecord {
  seq: number;
  at: number;
  contactId: string;
  agentId: string;
  queueId: string;
  data: Record<string, unknown>;
  result?: string;
  ringMs?: number;
}
