/**
 * The boards of the stand-in: rows in memory, checked by the contract's own schemas, and a tree for the preview with figures
 * that can be told from others. Levers to change or remove a board as somebody else would.
 */
import express, { type Router } from 'express';
import {
  type Board,
  boardChangeSchema,
  boardRequestSchema,
  type BoardRow,
  type BoardTree,
  type DisplaySettings,
  displaySettingsSchema,
  draftBoardId,
  type Widget,
  type WidgetData,
} from '../../server/contract/boards.ts';
import { figureFacts, type FigureName } from '../../server/contract/figures.ts';
import type { DisplayRow } from '../../server/contract/rest.ts';
import { fromTemplate } from '../../admin-ui/admin/boards/templates.ts';

export interface BoardsStandIn {
  router: Router;
  rows: Map<string, BoardRow>;
  /** Boards that the preview was asked for, in order. */
  previewed: Board[];
  /** Somebody else saves it. */
  changeElsewhere: (boardId: string, change: (board: Board) => Board) => void;
}

const minuteMs = 60_000;

/** One that is plausible, and the same each time for the same figure. */
function valueOf(figure: FigureName, now: number): number {
  const seed = Buffer.from(figure).reduce((sum, byte) => sum + byte, 0);
  switch (figureFacts(figure).unit) {
    case 'count':
      return 3 + (seed % 40);
    case 'ms':
      return (20 + (seed % 200)) * 1000;
    case 'share':
      return 0.6 + (seed % 38) / 100;
    case 'since':
      return now - (30 + (seed % 90)) * 1000;
    case 'per-hour':
      return 4 + (seed % 70) / 10;
  }
}

const states = {
  'logged-out': 6,
  'not-ready': 3,
  ready: 8,
  reserved: 0,
  ringing: 2,
  talking: 11,
  hold: 1,
  'wrap-up': 4,
  unreachable: 1,
};
const queueNames: Record<string, string> = {
  cards: 'Card services',
  accounts: 'Accounts',
  'lost-cards': 'Lost cards',
  loans: 'Loans and mortgages',
};

function agentTiles(now: number) {
  const shown = ['talking', 'ready', 'wrap-up', 'not-ready', 'talking', 'ringing', 'hold', 'ready'] as const;
  return Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => {
      const state = shown[index % shown.length] ?? 'ready';
      const since = now - (index * 37 + 12) * 1000;
      const tile = { label: String(201 + index), state, since };
      return [tile.label, state === 'wrap-up' ? { ...tile, until: now + (9 + index) * 1000 } : tile];
    }),
  );
}

function day(now: number, minutes: number, size: number) {
  const start = now - (now % (24 * 60 * minuteMs)) + 7 * 60 * minuteMs;
  const starts = Array.from(
    { length: (13 * 60) / minutes },
    (_, index) => start + index * minutes * minuteMs,
  );
  const wave = (index: number, phase: number) =>
    Math.round(size * (1 + Math.sin((index / starts.length) * 6.3 + phase)) + (index % 3) * (size / 8));
  return {
    starts,
    today: starts.map((_, index) => (index < starts.length * 0.6 ? wave(index, 4.2) : null)),
    yesterday: starts.map((_, index) => wave(index, 4)),
    lastWeek: starts.map((_, index) => wave(index, 4.6) * 0.9),
  };
}

function dataOf(widget: Widget, now: number): WidgetData['data'] {
  switch (widget.kind) {
    case 'number': {
      // What the stand-in has no figure of: an agent's.
      if (widget.scopes.some((scope) => scope.startsWith('agent:'))) return {};
      const value = valueOf(widget.figure, now);
      return widget.hasTrend && figureFacts(widget.figure).over === 'window'
        ? { value, before: value * 0.9 }
        : { value };
    }
    case 'gauge':
      return { value: valueOf(widget.figure, now), target: widget.target ?? 0.8 };
    case 'agents':
      return agentTiles(now);
    case 'agent-states':
      return { states, reasons: { break: 2, training: 1 } };
    case 'queues':
      return Object.fromEntries(
        Object.entries(queueNames)
          .filter(([id]) => widget.queues?.includes(id) ?? true)
          .map(([id, name]) => [
            id,
            {
              name,
              targetPercent: 80,
              targetSec: 20,
              values: Object.fromEntries(widget.figures.map((figure) => [figure, valueOf(figure, now)])),
            },
          ]),
      );
    case 'intraday':
      return day(now, widget.minutes, figureFacts(widget.figure).unit === 'share' ? 0.45 : 40);
    case 'waiters':
      return Object.fromEntries(
        Array.from({ length: widget.rows }, (_, index) => [
          String(index + 1).padStart(2, '0'),
          {
            queue: Object.values(queueNames)[index % 4] ?? '',
            channel: index % 3 === 2 ? ('chat' as const) : ('voice' as const),
            since: now - (180 - index * 17) * 1000,
          },
        ]),
      );
    case 'callbacks':
      return { waiting: 5, oldestSince: now - 14 * minuteMs };
    case 'channels':
      return {
        voice: { waiting: 4, oldestSince: now - 48_000 },
        chat: { waiting: 2, oldestSince: now - 21_000 },
        mail: { waiting: 31, oldestSince: now - 95 * minuteMs },
      };
    case 'news':
    case 'clock':
    case 'alerts':
      return {};
  }
}

function treeOf(board: Board, now: number): BoardTree {
  return {
    site: { name: 'Northgate Bank', timeZone: 'Europe/London', language: 'en' },
    settings: { boards: [draftBoardId], rotateSec: 30, zoom: 100 },
    boards: {
      [draftBoardId]: {
        version: 1,
        definition: board,
        names: {},
        data: Object.fromEntries(board.widgets.map((widget) => [widget.widgetId, dataOf(widget, now)])),
      },
    },
    alerts: {
      a1: {
        name: 'Cards: waiting too long',
        severity: 'critical',
        since: now - 4 * minuteMs,
        figure: 'oldest-waiting',
        isAcknowledged: false,
      },
    },
  };
}

export function createBoardsStandIn(
  now: () => number,
  displays: ReadonlyMap<string, DisplayRow & { settings?: DisplaySettings | undefined }>,
): BoardsStandIn {
  const rows = new Map<string, BoardRow>();
  const previewed: Board[] = [];
  let made = 0;
  const put = (boardId: string, board: Board, version: number, updatedBy: string): BoardRow => {
    const row = { boardId, version, board, updatedAt: now(), updatedBy };
    rows.set(boardId, row);
    return row;
  };
  put('b-hall', fromTemplate('floor', 'Hall, floor overview'), 3, 'user:ada');
  put('b-cards', { ...fromTemplate('queue', 'Card services', 'cards'), theme: 'light' }, 1, 'user:grace');
  const fail = (response: express.Response, status: number, code: string, details = {}) =>
    void response.status(status).json({ error: { code, message: code, details } });
  const shownOn = (boardId: string) =>
    [...displays.values()].filter(({ settings }) => settings?.boards.includes(boardId));

  const router = express.Router();
  router.get('/api/boards', (_request, response) => void response.json({ items: [...rows.values()] }));
  router.post('/api/boards/preview', (request, response) => {
    const { data } = boardRequestSchema.safeParse(request.body);
    if (!data) return fail(response, 400, 'bad-request');
    previewed.push(data.board);
    response.json(treeOf(data.board, now()));
  });
  router.post('/api/boards', (request, response) => {
    const { data } = boardRequestSchema.safeParse(request.body);
    if (!data) return fail(response, 400, 'bad-request');
    made += 1;
    response.status(201).json(put(`b-${made}`, data.board, 1, 'user:ada'));
  });
  router.get('/api/boards/:id', (request, response) => {
    const row = rows.get(request.params.id);
    if (row) response.json(row);
    else fail(response, 404, 'not-found');
  });
  router.put('/api/boards/:id', (request, response) => {
    const { data } = boardChangeSchema.safeParse(request.body);
    const row = rows.get(request.params.id);
    if (!data) return fail(response, 400, 'bad-request');
    if (!row) return fail(response, 404, 'not-found');
    if (data.ifVersion !== row.version)
      return fail(response, 409, 'conflict', { currentVersion: row.version });
    response.json(put(row.boardId, data.board, row.version + 1, 'user:ada'));
  });
  router.delete('/api/boards/:id', (request, response) => {
    const shown = shownOn(request.params.id);
    if (shown.length > 0)
      return fail(response, 409, 'conflict', {
        reason: 'shown',
        displays: shown.map(({ displayId }) => displayId),
      });
    if (rows.delete(request.params.id)) response.status(204).end();
    else fail(response, 404, 'not-found');
  });
  router.put('/api/displays/:id/settings', (request, response) => {
    const { data } = displaySettingsSchema.safeParse(request.body);
    const display = displays.get(request.params.id);
    if (!data) return fail(response, 400, 'bad-request');
    if (!display) return fail(response, 404, 'not-found');
    const gone = data.boards.filter((boardId) => !rows.has(boardId));
    if (gone.length > 0) return fail(response, 400, 'bad-request', { reason: 'unknown-board', boards: gone });
    display.settings = data;
    response.json(display);
  });
  return {
    router,
    rows,
    previewed,
    changeElsewhere: (boardId, change) => {
      const row = rows.get(boardId);
      if (row) put(boardId, change(row.board), row.version + 1, 'user:grace');
    },
  };
}
