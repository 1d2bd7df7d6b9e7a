/** What a supervisor does with an agent over HTTP (M1). */
import { z } from 'zod';

export const agentTargets = ['ready', 'not-ready', 'logged-out', 'end-wrap-up'] as const;
export type AgentTarget = (typeof agentTargets)[number];

export const agentStateRequestSchema = z.strictObject({
  to: z.enum(agentTargets),
  /** Why, in the supervisor's own words: kept in the audit trail, shown nowhere else. */
  reason: z.string().trim().min(1).max(200).optional(),
});
export type AgentStateRequest = z.infer<typeof agentStateRequestSchema>;

/** Nobody is torn out of a talk or a wrap-up; whose phone is gone is Ready or Not Ready once it is back. */
export type AgentStateWhen = 'now' | 'after-contact' | 'when-reachable';

export interface AgentStateAnswer {
  agentId: string;
  to: AgentTarget;
  when: AgentStateWhen;
}

/** `details.reason` of a `conflict`. */
export type AgentStateRefusal =
  | 'already-so'
  | 'logged-out'
  | 'not-in-wrap-up'
  /** Ready would cut the wrap-up short; to end it is a wish of its own. */
  | 'in-wrap-up'
  | 'phone-not-registered'
  /** No longer in the site file: logged out after the contact in hand. */
  | 'leaving';
