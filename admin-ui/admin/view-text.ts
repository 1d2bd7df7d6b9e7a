/** What somebody limited to some teams and queues sees, in one line: "Cards, Accounts · Team North". */
import type { NamedView, UserView } from '../../server/contract/user-view.ts';
import { fill } from '../shared/words.ts';
import type { ConsoleWords } from './reading.ts';

export function viewText(w: ConsoleWords, { teams, queues }: NamedView): string {
  const names = (list: NamedView['teams']) => list.map(({ name }) => name).join(', ');
  const ofTeams =
    teams.length === 0 ? [] : [fill(teams.length === 1 ? w.viewTeam : w.viewTeams, { names: names(teams) })];
  const parts = [...(queues.length === 0 ? [] : [names(queues)]), ...ofTeams];
  return parts.length === 0 ? w.viewNothing : parts.join(' · ');
}

/** Of ids; one that the site has no more stands for itself. */
export const withNames = (
  { teams, queues }: UserView,
  known: { teams?: Record<string, string>; queues?: Record<string, string> },
): NamedView => ({
  teams: teams.map((id) => ({ id, name: known.teams?.[id] ?? id })),
  queues: queues.map((id) => ({ id, name: known.queues?.[id] ?? id })),
});
