/**
 * The trees of one instant: whatever number of channels ask, the live state is read once, and boards ask each figure once.
 * Lives for one flush.
 */
import type { BoardTree } from '../contract/boards.ts';
import type { BoardState, FloorState } from '../contract/live.ts';
import type { LiveTrees, LiveView } from './live-view.ts';
import type { BoardScreens, BoardsLook, LiveSource } from './ports.ts';

export class LiveLook implements LiveTrees, LiveSource {
  readonly #source: LiveSource;
  readonly #screens: BoardScreens | undefined;
  #floor: FloorState | undefined;
  #board: BoardState | undefined;
  #boards: BoardsLook | undefined;

  constructor(source: LiveSource, screens?: BoardScreens) {
    this.#source = source;
    this.#screens = screens;
  }

  board(): BoardState {
    this.#board ??= this.#floor?.board ?? this.#source.board();
    return this.#board;
  }

  floor(): FloorState {
    this.#floor ??= this.#source.floor();
    return this.#floor;
  }

  eventAt(): number {
    return this.#source.eventAt();
  }

  treeOf(view: LiveView): BoardState | BoardTree | FloorState {
    switch (view.kind) {
      case 'board':
        return this.board();
      case 'floor':
        return this.floor();
      case 'boards':
        if (!this.#screens) throw new Error('no boards are kept here');
        this.#boards ??= this.#screens.look(this);
        return this.#boards.tree(view.settings);
    }
  }
}
