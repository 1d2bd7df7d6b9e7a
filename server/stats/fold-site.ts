/**
 * What the figures know of a site: the definitions that contacts are measured by, with the version since which they hold
 * (N13), and who belongs to which team and queue. It is told by `site.applied`, so that a fold of the log from any point
 * measures each contact by what was in force at its time. Pure.
 */
import { z } from 'zod';
import type { DraftOf } from '../contract/events.ts';

/** In ms; the percent is the target of the service level. */
export interface QueueDefinition {
  readonly targetPercent: number;
  readonly targetMs: number;
  readonly shortAbandonMs: number;
}
export interface FoldSite {
  /** Version of the site that brought these definitions. */
  readonly definition: number;
  readonly queues: Readonly<Record<string, QueueDefinition>>;
  readonly teams: Readonly<Record<string, string>>;
  readonly memberOf: Readonly<Record<string, readonly string[]>>;
}

export const emptyFoldSite: FoldSite = { definition: 0, queues: {}, teams: {}, memberOf: {} };

/** Of `site.applied`: logs of old have no `figures`. */
const toldSchema = z.object({
  queues: z.array(z.object({ id: z.string(), targetMs: z.number(), shortAbandonMs: z.number() })),
  agents: z.array(z.object({ id: z.string(), queueIds: z.array(z.string()) })),
  figures: z
    .object({
      /** By queue. */
      targetPercents: z.record(z.string(), z.number()),
      /** By agent; absent: in none. */
      teams: z.record(z.string(), z.string()),
    })
    .optional(),
});
export type ToldFigures = NonNullable<z.infer<typeof toldSchema>['figures']>;

const usualPercent = 80;

/** The site as it is from this event on; one that cannot be read changes nothing. */
export function siteOfEvent({ version, acd }: DraftOf<'site.applied'>['data'], before: FoldSite): FoldSite {
  const told = toldSchema.safeParse(acd);
  if (!told.success) return before;
  const { queues, agents, figures } = told.data;
  const next: FoldSite = {
    definition: version,
    queues: Object.fromEntries(
      queues.map(({ id, targetMs, shortAbandonMs }) => [
        id,
        { targetPercent: figures?.targetPercents[id] ?? usualPercent, targetMs, shortAbandonMs },
      ]),
    ),
    teams: figures?.teams ?? {},
    memberOf: Object.fromEntries(agents.map(({ id, queueIds }) => [id, queueIds])),
  };
  return isSameMeasure(before, next) ? { ...next, definition: before.definition } : next;
}

/** A queue that is new, or gone, measures nothing that was measured before. */
function isSameMeasure(before: FoldSite, after: FoldSite): boolean {
  if (before.definition === 0) return false;
  return Object.entries(after.queues).every(([id, now]) => {
    const was = before.queues[id];
    return (
      was === undefined ||
      (was.targetPercent === now.targetPercent &&
        was.targetMs === now.targetMs &&
        was.shortAbandonMs === now.shortAbandonMs)
    );
  });
}
