/** A small site with a busy floor, and figures that say how often they were asked. */
import { BoardTrees } from '../../../../../server/app/boards/board-tree.ts';
import type { BoardSources, IntradaySource } from '../../../../../server/app/boards/ports.ts';
import { boardSchema, type Board, type BoardRow } from '../../../../../server/contract/boards.ts';
import { agentStates, type AgentState } from '../../../../../server/contract/events.ts';
import type { FloorState, QueueLive } from '../../../../../server/contract/live.ts';
import type { FigureQuestion, FigureSource } from '../../../../../server/stats/figure-source.ts';

export const now = 1_790_000_000_000;

/** What no display may ever show. */
export const marker = 'PII-MARKER';

export const queueLive = (queueId: string, more: Partial<QueueLive> = {}): QueueLive => ({
  queueId,
  name: `Queue ${queueId}`,
  waiting: 0,
  ringing: 0,
  talking: 0,
  offered: 0,
  answered: 0,
  answeredInTarget: 0,
  abandoned: 0,
  abandonedInTarget: 0,
  shortAbandoned: 0,
  flowedOut: 0,
  rona: 0,
  targetPercent: 80,
  targetSec: 20,
  longestWaitMs: 0,
  agentsLoggedIn: 0,
  agentsReady: 0,
  ...more,
});

const pii = { from: `+39 ${marker}`, fromName: `${marker} Rossi` };

export function busyFloor(): FloorState {
  const none = { offered: 0, waitingAtStart: 0, answered: 0, abandoned: 0, flowedOut: 0, waiting: 0 };
  return {
    board: {
      site: { name: 'Bank', timeZone: 'Europe/Rome', language: 'it' },
      dayStart: now - 8 * 3_600_000,
      queues: {
        cards: queueLive('cards'),
        loans: queueLive('loans', { targetPercent: 90, targetSec: 30 }),
        help: queueLive('help'),
      },
      agentsByState: Object.fromEntries(agentStates.map((state) => [state, 1])) as Record<AgentState, number>,
      notReadyByReason: { lunch: 2 },
      unreachablePhones: 0,
      lastHour: {},
      accounting: none,
    },
    agents: {
      '101': {
        agentId: '101',
        name: 'Ada',
        state: 'talking',
        since: now - 5000,
        contactId: `c-${marker}`,
        queueIds: 'cards,loans',
      },
      '102': {
        agentId: '102',
        name: 'Bo',
        state: 'wrap-up',
        since: now - 1000,
        until: now + 9000,
        queueIds: 'loans',
      },
      '103': {
        agentId: '103',
        name: 'Cy',
        state: 'not-ready',
        since: now - 60_000,
        reason: 'lunch',
        queueIds: '',
      },
      '104': { agentId: '104', name: 'Di', state: 'logged-out', since: now - 90_000, queueIds: 'cards' },
    },
    contacts: {
      [`a-${marker}`]: {
        contactId: `a-${marker}`,
        state: 'waiting',
        queueId: 'cards',
        since: now - 10_000,
        queuedAt: now - 10_000,
        numberId: `n-${marker}`,
        pii,
      },
      [`b-${marker}`]: {
        contactId: `b-${marker}`,
        channel: 'chat',
        state: 'ringing',
        queueId: 'loans',
        since: now - 1000,
        queuedAt: now - 50_000,
        numberId: '700',
        agentId: '102',
        pii,
      },
      [`c-${marker}`]: {
        contactId: `c-${marker}`,
        state: 'talking',
        queueId: 'cards',
        since: now - 5000,
        queuedAt: now - 99_000,
        numberId: '700',
        agentId: '101',
        pii,
      },
      [`d-${marker}`]: {
        contactId: `d-${marker}`,
        channel: 'mail',
        state: 'waiting',
        queueId: 'gone',
        since: now - 30_000,
        numberId: 'mail:help',
        pii,
      },
    },
    phones: {},
  };
}

/** Answers a number for every question, and keeps what it was asked. */
export class CountingFigures implements Pick<FigureSource, 'figure' | 'figureBefore'> {
  asked: string[] = [];
  answer: (question: FigureQuestion) => number | undefined = () => 7;
  before: (question: FigureQuestion) => number | undefined = () => 5;
  figure(question: FigureQuestion): number | undefined {
    this.asked.push(
      `${question.figure} ${question.window} ${question.attribution} ${question.scopes.join(' ')}`,
    );
    return this.answer(question);
  }
  figureBefore(question: FigureQuestion): number | undefined {
    this.asked.push(`before ${question.figure} ${question.window} ${question.scopes.join(' ')}`);
    return this.before(question);
  }
}

const series: IntradaySource = {
  series: () => ({
    starts: [now - 3_600_000, now - 1_800_000],
    today: [3, null],
    yesterday: [4, 5],
    lastWeek: [6, null],
  }),
};

export function sourcesOf(figures: BoardSources['figures'], more: Partial<BoardSources> = {}): BoardSources {
  return {
    figures,
    intraday: series,
    alerts: () => ({
      'alert-1': {
        name: 'Too long',
        severity: 'critical',
        since: now - 1000,
        value: 3,
        figure: 'waiting',
        scope: 'site',
        isAcknowledged: false,
      },
    }),
    site: {
      channels: () => ['voice', 'chat'],
      agentTeam: (agentId) => ({ '101': 'red', '102': 'blue' })[agentId],
      nameOf: (scope) => (scope === 'queue:main' ? 'Main queue' : undefined),
      showsAgentNames: () => false,
    },
    ...more,
  };
}

export const boardOf = (widgets: readonly object[], more: object = {}): Board =>
  boardSchema.parse({ name: 'Hall', widgets, ...more });

/** Side by side, each a column wide and as high as the board. */
export const placed = (widgets: readonly object[]): object[] =>
  widgets.map((widget, x) => ({ widgetId: `w${x}`, x, y: 0, w: 1, h: 12, ...widget }));

export function treesOf(
  sources: BoardSources,
  { floor = busyFloor(), boards = {} }: { floor?: FloorState; boards?: Record<string, Board> } = {},
): BoardTrees {
  const rows = new Map<string, BoardRow>(
    Object.entries(boards).map(([boardId, board]) => [
      boardId,
      { boardId, version: 3, board, updatedAt: now, updatedBy: 'ann' },
    ]),
  );
  const live = { board: () => floor.board, floor: () => floor };
  return new BoardTrees(sources, live, (boardId) => rows.get(boardId), now);
}
