/**
 * What the queues, agents, teams, numbers and trunks of the site are called now, by id: lists of the past and pickers hold ids, and
 * people read names. What has no name is called by its id. Of queues, agents and teams, those that the reader sees.
 */
import type { View } from '../../auth/view.ts';
import type { FloorState } from '../../contract/live.ts';
import type { Site } from '../../contract/site.ts';

export interface SiteNames {
  queues: Record<string, string>;
  agents: Record<string, string>;
  teams: Record<string, string>;
  numbers: Record<string, string>;
  trunks: Record<string, string>;
}

const namesOf = (
  entries: Record<string, { name: string }>,
  isSeen: (id: string) => boolean,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(entries).flatMap(([id, entry]) => (isSeen(id) ? [[id, entry.name]] : [])),
  );

/** Queues and agents out of the live tree, which has them at hand. */
export function presentNames(floor: FloorState, { teams, numbers, trunks }: Site, view: View): SiteNames {
  return {
    queues: namesOf(floor.board.queues, view.hasQueue),
    agents: namesOf(floor.agents, view.hasAgent),
    teams: Object.fromEntries(teams.filter(({ id }) => view.hasTeam(id)).map(({ id, name }) => [id, name])),
    numbers: Object.fromEntries(numbers.map(({ number, name }) => [number, name ?? number])),
    trunks: Object.fromEntries(trunks.map(({ id, name }) => [id, name ?? id])),
  };
}
