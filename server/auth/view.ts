/**
 * What of the site a user sees (S82): all of it, or some teams and queues. The only place that says what follows from a view;
 * routes ask it and never work it out themselves. Pure; made anew for each request and each look, so that a change of the site
 * or of the user counts at once.
 *
 * A queue is in view if it is named; an agent if their team is; a contact if a queue that it was in is, or an agent that has or
 * had it (history, where an agent may have been in another team then: server/db/repos/within.ts). What cannot be told apart
 * (the site, a number, a trunk, a channel) is not in view.
 */
import type { Role } from '../contract/rest.ts';
import type { Site } from '../contract/site.ts';
import type { NamedView, UserView, Within } from '../contract/user-view.ts';

/** What is needed of a site. */
export interface ViewedSite {
  queues: readonly Pick<Site['queues'][number], 'id' | 'name'>[];
  teams: readonly Pick<Site['teams'][number], 'id' | 'name'>[];
  agents: readonly Pick<Site['agents'][number], 'id' | 'team'>[];
}

export interface ContactPlaces {
  queueIds: Iterable<string | undefined>;
  agentIds: Iterable<string | undefined>;
}

export interface View {
  /** Undefined: the whole site. */
  readonly within: Within | undefined;
  readonly hasQueue: (queueId: string | undefined) => boolean;
  readonly hasTeam: (teamId: string | undefined) => boolean;
  readonly hasAgent: (agentId: string | undefined) => boolean;
  readonly hasContact: (places: ContactPlaces) => boolean;
  /** A scope of figures (contract/figures.ts). */
  readonly hasScope: (scope: string) => boolean;
}

export const isLimitable = (role: Role): boolean => role === 'supervisor' || role === 'viewer';

const yes = () => true;
export const wholeSite: View = {
  within: undefined,
  hasQueue: yes,
  hasTeam: yes,
  hasAgent: yes,
  hasContact: yes,
  hasScope: yes,
};

/** Scopes of which everything is in view; a queue's stand for its channels as well. */
export const scopesWithin = ({ queueIds, teamIds, agentIds }: Within): string[] => [
  ...queueIds.map((id) => `queue:${id}`),
  ...teamIds.map((id) => `team:${id}`),
  ...agentIds.map((id) => `agent:${id}`),
];

/** Without a site nothing is in a view. */
export function viewOf(limits: UserView | undefined, site: ViewedSite | undefined): View {
  if (!limits) return wholeSite;
  const asked = { queues: new Set(limits.queues), teams: new Set(limits.teams) };
  const queues = new Set(site?.queues.map(({ id }) => id).filter((id) => asked.queues.has(id)));
  const teams = new Set(site?.teams.map(({ id }) => id).filter((id) => asked.teams.has(id)));
  const agents = new Set(
    site?.agents.filter(({ team }) => team !== undefined && teams.has(team)).map(({ id }) => id),
  );
  const within = { queueIds: [...queues], teamIds: [...teams], agentIds: [...agents] };
  const scopes = new Set(scopesWithin(within));
  const among = (set: ReadonlySet<string>) => (id: string | undefined) => id !== undefined && set.has(id);
  const [hasQueue, hasTeam, hasAgent] = [among(queues), among(teams), among(agents)];
  return {
    within,
    hasQueue,
    hasTeam,
    hasAgent,
    hasContact: ({ queueIds, agentIds }) => [...queueIds].some(hasQueue) || [...agentIds].some(hasAgent),
    hasScope: (scope) => scopes.has(scope.startsWith('queue:') ? scope.split('/', 1)[0]! : scope),
  };
}

/** As people call it; what the site has no more is left out. */
export function namedView(limits: UserView, site: ViewedSite | undefined): NamedView {
  const named = (ids: readonly string[], list: readonly { id: string; name: string }[] = []) =>
    list.filter(({ id }) => ids.includes(id)).map(({ id, name }) => ({ id, name }));
  return { teams: named(limits.teams, site?.teams), queues: named(limits.queues, site?.queues) };
}

/** Places of ids that the site does not know. */
export function unknownIn(
  { teams, queues }: UserView,
  site: ViewedSite | undefined,
): { path: (string | number)[]; message: string }[] {
  const faults = (key: 'teams' | 'queues', ids: readonly string[], list: readonly { id: string }[] = []) => {
    const known = new Set(list.map(({ id }) => id));
    return ids.flatMap((id, i) =>
      known.has(id)
        ? []
        : [{ path: ['view', key, i], message: `the site has no such ${key.slice(0, -1)}: ${id}` }],
    );
  };
  return [...faults('teams', teams, site?.teams), ...faults('queues', queues, site?.queues)];
}
