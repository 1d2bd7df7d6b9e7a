/**
 * What a console user of role supervisor or viewer may be limited to (S82): some teams and some queues of the site file.
 * Without such a view a user has the whole site; administrators and agents always do.
 */
import { z } from 'zod';
import { id } from './site-values.ts';

const ids = z
  .array(id)
  .max(1000)
  .transform((list) => [...new Set(list)].sort());

/** Ids of the site file; one that left the site since matches nothing. */
export const userViewSchema = z
  .strictObject({ teams: ids, queues: ids })
  .refine(({ teams, queues }) => teams.length + queues.length > 0, 'choose a team or a queue');
export type UserView = z.infer<typeof userViewSchema>;

/** The same with names, for the header of the console: what of it the site has now. */
export const namedViewSchema = z.object({
  teams: z.array(z.object({ id: z.string(), name: z.string() })),
  queues: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type NamedView = z.infer<typeof namedViewSchema>;

/** What a view comes to in the site in force, for questions to history. Agents: those of the teams. */
export interface Within {
  queueIds: readonly string[];
  teamIds: readonly string[];
  agentIds: readonly string[];
}
