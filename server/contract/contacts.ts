/** What a supervisor does with a contact over HTTP: a chat or mail is taken out of an agent's hands, back to its queue. */
import { z } from 'zod';
import { idSchema } from './rest.ts';

export const returnRequestSchema = z.strictObject({
  /** Whose hands: who has it by now may be somebody else, who keeps it. */
  agentId: idSchema,
});
export type ReturnRequest = z.infer<typeof returnRequestSchema>;

export interface ReturnAnswer {
  contactId: string;
  agentId: string;
  /** Where it waits again, with the wait it had. */
  queueId: string;
}

/** `details.reason` of a `conflict`. */
export type ReturnRefusal =
  /** A call, or a callback. */
  | 'not-text'
  /** It waits, is offered, or is over. */
  | 'not-with-agent'
  | 'other-agent'
  /** Full, in an emergency, or its rules send everybody away. */
  | 'queue-closed'
  /** The site has it no more. */
  | 'queue-removed';
