/** What statistics and displays need of a site: teams, shifts, and whether displays may name agents. */
import { z } from 'zod';
import { id, name } from './site-values.ts';

export const teamSchema = z.strictObject({ id, name });

/** Quarters of an hour, so that a shift is made of whole intervals. */
const quarter = z
  .string()
  .regex(/^([01]\d|2[0-3]):(00|15|30|45)$/, 'use HH:MM with a quarter of an hour, such as 08:30');

/** Site-local, every day; one that ends before it begins ends on the next day. */
export const shiftSchema = z.strictObject({ id, name, from: quarter, to: quarter });

export const displaysSchema = z.strictObject({
  /** Displays show agents by name; else by number. */
  agentNames: z.boolean().default(false),
});
