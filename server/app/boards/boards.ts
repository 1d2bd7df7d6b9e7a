/**
 * The boards that supervisors lay out: kept in the database, and in memory, since a live screen asks twenty times a second.
 * Everything here first waits until all of them were read once; from then on memory follows what the store has taken.
 * Race stopped: the answers of two changes may come in either order, and memory keeps the newer version; what was removed
 * does not come back with the late answer of a change (ids are never used again).
 */
import type { Board, BoardRow } from '../../contract/boards.ts';
import { boardsAtMost } from '../../contract/boards.ts';

export interface ShownBy {
  displayId: string;
  name: string;
}

export interface BoardStorePort {
  all(): Promise<BoardRow[]>;
  add(row: BoardRow, atMost: number): Promise<'added' | 'full'>;
  /** `currentVersion`: somebody changed it meanwhile; undefined: there is no such board. */
  change(
    boardId: string,
    change: { board: Board; ifVersion: number; at: number; by: string },
  ): Promise<BoardRow | { currentVersion: number } | undefined>;
  /** `shownBy`: nothing was removed. */
  remove(boardId: string): Promise<'removed' | { shownBy: ShownBy[] } | undefined>;
}

export interface BoardsDeps {
  store: BoardStorePort;
  clock: { now(): number };
  newId: (noun: string) => string;
}

export class Boards {
  readonly #deps: BoardsDeps;
  readonly #rows = new Map<string, BoardRow>();
  readonly #removed = new Set<string>();
  #reading: Promise<void> | undefined;

  constructor(deps: BoardsDeps) {
    this.#deps = deps;
  }

  /** Resolves once memory has them all; rejects while the database is away, and may be asked again. */
  ready(): Promise<void> {
    this.#reading ??= this.#read().catch((err: unknown) => {
      this.#reading = undefined;
      throw err;
    });
    return this.#reading;
  }

  /** Out of memory; nothing before the first `ready`. */
  known(boardId: string): BoardRow | undefined {
    return this.#rows.get(boardId);
  }

  /** By name. */
  async list(): Promise<BoardRow[]> {
    await this.ready();
    return [...this.#rows.values()].sort(
      (a, b) => a.board.name.localeCompare(b.board.name) || (a.boardId < b.boardId ? -1 : 1),
    );
  }

  async byId(boardId: string): Promise<BoardRow | undefined> {
    await this.ready();
    return this.#rows.get(boardId);
  }

  async create(board: Board, by: string): Promise<BoardRow | 'full'> {
    await this.ready();
    const { store, clock, newId } = this.#deps;
    const row = { boardId: newId('board'), version: 1, board, updatedAt: clock.now(), updatedBy: by };
    if ((await store.add(row, boardsAtMost)) === 'full') return 'full';
    this.#keep(row);
    return row;
  }

  async change(
    boardId: string,
    { board, ifVersion, by }: { board: Board; ifVersion: number; by: string },
  ): Promise<BoardRow | { currentVersion: number } | undefined> {
    await this.ready();
    const at = this.#deps.clock.now();
    const row = await this.#deps.store.change(boardId, { board, ifVersion, at, by });
    if (row && 'board' in row) this.#keep(row);
    return row;
  }

  async remove(boardId: string): Promise<'removed' | { shownBy: ShownBy[] } | undefined> {
    await this.ready();
    const outcome = await this.#deps.store.remove(boardId);
    if (outcome === 'removed') {
      this.#removed.add(boardId);
      this.#rows.delete(boardId);
    }
    return outcome;
  }

  async #read(): Promise<void> {
    for (const row of await this.#deps.store.all()) this.#keep(row);
  }

  #keep(row: BoardRow): void {
    if (this.#removed.has(row.boardId)) return;
    const kept = this.#rows.get(row.boardId);
    if (!kept || kept.version < row.version) this.#rows.set(row.boardId, row);
  }
}
