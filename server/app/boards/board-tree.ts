/**
 * Builds what a display is sent (contract/boards.ts `BoardTree`): its settings, its boards, and the data of each widget. Pure:
 * the same look gives the same tree. No personal data of a customer can come in: see ports.ts.
 */
import type {
  AlertTile,
  Board,
  BoardRow,
  BoardTree,
  BoardView,
  DisplaySettings,
} from '../../contract/boards.ts';
import { draftBoardId } from '../../contract/boards.ts';
import { BoardLook } from './board-look.ts';
import type { BoardLive, BoardSources } from './ports.ts';
import { prepareWidget, type ReadWidget } from './widget-data.ts';

/** A definition never changes: another one is another object, and an old one is forgotten by itself. */
const prepared = new WeakMap<Board, (readonly [string, ReadWidget])[]>();

function readersOf(board: Board): readonly (readonly [string, ReadWidget])[] {
  let readers = prepared.get(board);
  if (!readers) {
    readers = board.widgets.map((widget) => [widget.widgetId, prepareWidget(widget)] as const);
    prepared.set(board, readers);
  }
  return readers;
}

function viewOf(board: Board, version: number, look: BoardLook): BoardView {
  const data: BoardView['data'] = {};
  for (const [widgetId, read] of readersOf(board)) data[widgetId] = read(look);
  return { version, definition: board, names: namesOf(board, look), data };
}

function namesOf({ widgets }: Board, { sources: { site } }: BoardLook): BoardView['names'] {
  const names: BoardView['names'] = {};
  for (const scope of new Set(widgets.flatMap((widget) => ('scopes' in widget ? widget.scopes : [])))) {
    const name = scope.startsWith('agent:') && !site.showsAgentNames() ? undefined : site.nameOf(scope);
    if (name !== undefined) names[scope] = name;
  }
  return names;
}

/** Field by field: who acknowledged an alert, and with what note, is not for a screen on a wall. */
const tileOf = ({ name, severity, since, value, figure, scope, isAcknowledged }: AlertTile): AlertTile => ({
  name,
  severity,
  since,
  ...(value !== undefined && { value }),
  ...(figure !== undefined && { figure }),
  ...(scope !== undefined && { scope }),
  isAcknowledged,
});

/** The trees of one instant: a board that several displays show is read once. */
export class BoardTrees {
  readonly #look: BoardLook;
  readonly #boardOf: (boardId: string) => BoardRow | undefined;
  #alerts: Record<string, AlertTile> | undefined;
  readonly #views = new Map<string, BoardView>();

  constructor(
    sources: BoardSources,
    live: BoardLive,
    boardOf: (boardId: string) => BoardRow | undefined,
    now: number,
  ) {
    this.#look = new BoardLook(sources, live, now);
    this.#boardOf = boardOf;
  }

  /** Boards that are gone are left out. */
  tree(settings: DisplaySettings): BoardTree {
    const boards: BoardTree['boards'] = {};
    for (const boardId of settings.boards) {
      const view = this.#view(boardId);
      if (view) boards[boardId] = view;
    }
    return this.#treeOf(settings, boards);
  }

  /** Of a board that is being laid out. */
  draft(board: Board): BoardTree {
    const settings = { boards: [draftBoardId], rotateSec: 30, zoom: 100 };
    return this.#treeOf(settings, { [draftBoardId]: viewOf(board, 0, this.#look) });
  }

  #treeOf(settings: DisplaySettings, boards: BoardTree['boards']): BoardTree {
    const { site, emergency, maintenanceUntil } = this.#look.board;
    const { name, timeZone, language } = site;
    this.#alerts ??= Object.fromEntries(
      Object.entries(this.#look.sources.alerts()).map(([alertId, tile]) => [alertId, tileOf(tile)]),
    );
    return {
      site: { name, timeZone, language },
      settings,
      boards,
      alerts: this.#alerts,
      ...(emergency && { emergency }),
      ...(maintenanceUntil !== undefined && { maintenanceUntil }),
    };
  }

  #view(boardId: string): BoardView | undefined {
    const known = this.#views.get(boardId);
    if (known) return known;
    const row = this.#boardOf(boardId);
    if (!row) return undefined;
    const view = viewOf(row.board, row.version, this.#look);
    this.#views.set(boardId, view);
    return view;
  }
}
