/** Joins boards and what they show: the book of boards, and the trees that the live hub sends to displays. */
import type { Sequelize } from 'sequelize';
import type { ApiDeps } from '../api/ports.ts';
import type { ActiveSite } from '../app/active-site.ts';
import { scopeNames } from '../app/figures/interval-reports.ts';
import { BoardTrees } from '../app/boards/board-tree.ts';
import { Boards } from '../app/boards/boards.ts';
import type { BoardSite, BoardSources } from '../app/boards/ports.ts';
import { channels, type Channel } from '../contract/events.ts';
import type { Site } from '../contract/site.ts';
import { createBoardRepo } from '../db/repos/board-repo.ts';
import type { Logger } from '../lib/log.ts';

export interface BoardSideParts {
  sequelize: Sequelize;
  clock: { now(): number };
  logger: Logger;
  newId: (noun: string) => string;
  sources: BoardSources;
}

export function createBoardSide(parts: BoardSideParts): ApiDeps['boards'] {
  const { sequelize, clock, logger, newId, sources } = parts;
  const book = new Boards({ store: createBoardRepo(sequelize, logger), clock, newId });
  const boardOf = (boardId: string) => book.known(boardId);
  return { book, screens: { look: (live) => new BoardTrees(sources, live, boardOf, clock.now()) } };
}

/** Channels that have a way in. */
export function channelsOf(site: Site): Channel[] {
  const { numbers, callbacks, mail, widgets = [], forms = [], webhooks = [] } = site;
  const works = new Set(webhooks.map(({ work }) => work));
  const isOn: Record<Channel, boolean> = {
    voice: numbers.length > 0,
    callback: callbacks !== undefined,
    chat: widgets.length > 0 || works.has('chat'),
    mail: mail !== undefined || forms.length > 0 || works.has('mail'),
  };
  return channels.filter((channel) => isOn[channel]);
}

export function boardSite(active: Pick<ActiveSite, 'site' | 'agent'>): BoardSite {
  let known: { site: Site; names: Record<string, string> } | undefined;
  return {
    nameOf(scope) {
      const { site } = active;
      if (known?.site !== site) known = { site, names: scopeNames(site) };
      return known.names[scope];
    },
    channels: () => channelsOf(active.site),
    agentTeam: (agentId) => active.agent(agentId)?.team,
    showsAgentNames: () => active.site.displays.agentNames,
  };
}

/** Where nothing is known yet: boards show their frames without values. */
export const noFigures: Pick<BoardSources, 'figures' | 'intraday' | 'alerts'> = {
  figures: { figure: () => undefined, figureBefore: () => undefined },
  intraday: { series: () => undefined },
  alerts: () => ({}),
};
