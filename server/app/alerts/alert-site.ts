/** What alerts ask of the site in force: its clock and language, which scopes there are, and what they are called. */
import type { AlertScope } from '../../contract/alerts.ts';
import type { Site } from '../../contract/site.ts';
import type { AlertSite } from './alerts.ts';

interface Named {
  readonly id: string;
  readonly name?: string | undefined;
}

/** Agents are named by number alone: people's names have no place in what leaves the house. */
export function alertSiteOf(site: Site): AlertSite & { scopes(): AlertScope[] } {
  const { name, language, timeZone } = site.site;
  const { teams } = site;
  const numbers = site.numbers.map((number) => ({ id: number.number, name: number.name }));
  const trunks = site.trunks.map(({ id }) => ({ id }));
  const byKind: Record<string, Map<string, Named>> = {
    queue: byId(site.queues),
    number: byId(numbers),
    branch: byId(numbers),
    trunk: byId(trunks),
    team: byId(teams),
    agent: byId(site.agents.map(({ id }) => ({ id }))),
  };
  const find = (scope: string): Named | undefined => {
    const [kind = '', rest = ''] = scope.split(/:(.*)/s);
    const id = kind === 'queue' || kind === 'branch' ? rest.slice(0, until(rest, '/')) : rest;
    return byKind[kind]?.get(id);
  };
  const listed = (kind: string, things: readonly Named[]): AlertScope[] =>
    things.map((thing) => ({
      scope: `${kind}:${thing.id}`,
      ...(thing.name !== undefined && { name: thing.name }),
    }));
  return {
    name,
    language,
    timeZone,
    knows: (scope) => scope === 'site' || scope.startsWith('channel:') || find(scope) !== undefined,
    nameOf: (scope) => find(scope)?.name,
    scopes: () => [
      ...listed('queue', site.queues),
      ...listed('team', teams),
      ...listed('number', numbers),
      ...listed('trunk', trunks),
    ],
  };
}

const byId = (things: readonly Named[]): Map<string, Named> => new Map(things.map((one) => [one.id, one]));

function until(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at < 0 ? text.length : at;
}
