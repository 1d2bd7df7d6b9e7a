/**
 * What the queues, agents, teams, numbers and trunks of the site are called now, by id: lists of the past and pickers hold ids, and
 * people read names. What has no name is called by its id.
 */
import type { FloorState } from '../../contract/live.ts';
import type { Site } from '../../contract/site.ts';

export interface SiteNames {
  queues: Record<string, string>;
  agents: Record<string, string>;
  teams: Record<string, string>;
  numbers: Record<string, string>;
  trunks: Record<string, string>;
}

const namesOf = (entries: Record<string, { name: string }>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, entry.name]));

/** Queues and agents out of the live tree, which has them at hand. */
export function presentNames(floor: FloorState, { teams, numbers, trunks }: Site): SiteNames {
  return {
    queues: namesOf(floor.board.queues),
    agents: namesOf(floor.agents),
    teams: Object.fromEntries(teams.map(({ id, name }) => [id, name])),
    numbers: Object.fromEntries(numbers.map(({ number, name }) => [number, name ?? number])),
    trunks: Object.fromEntries(trunks.map(({ id, name }) => [id, name ?? id])),
  };
}
