/** What queues and agents are called now, by id: lists of the past hold ids, and people read names. */
import type { FloorState } from '../../contract/live.ts';

export interface SiteNames {
  queues: Record<string, string>;
  agents: Record<string, string>;
}

const namesOf = (entries: Record<string, { name: string }>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, entry.name]));

/** Out of the live tree, which has them at hand: writing the whole site as text would take its time. */
export function presentNames(floor: FloorState): SiteNames {
  return { queues: namesOf(floor.board.queues), agents: namesOf(floor.agents) };
}
