/**
 * The trees of one instant: whatever number of channels ask, the live state is read once, and boards ask each figure once.
 * Lives until something changes.
 */
import type { BoardTree } from '../contract/boards.ts';
import type { BoardPart, BoardState, FloorState } from '../contract/live.ts';
import type { UserView } from '../contract/user-view.ts';
import { type View, viewOf } from '../auth/view.ts';
import { narrowFloor } from './live-narrow.ts';
import type { LiveTrees, LiveView } from './live-view.ts';
import type { BoardScreens, BoardsLook, LiveSource } from './ports.ts';

export class LiveLook implements LiveTrees, LiveSource {
  readonly #source: LiveSource;
  readonly #screens: BoardScreens | undefined;
  readonly #viewed: (limits: UserView) => View;
  #floor: FloorState | undefined;
  #board: BoardState | undefined;
  #boards: BoardsLook | undefined;

  /** `viewed`: what limits come to in the site in force; without it nothing is in them. */
  constructor(source: LiveSource, screens?: BoardScreens, viewed?: (limits: UserView) => View) {
    this.#source = source;
    this.#screens = screens;
    this.#viewed = viewed ?? ((limits) => viewOf(limits, undefined));
  }

  board(): BoardState {
    this.#board ??= this.#floor?.board ?? this.#source.board();
    return this.#board;
  }

  floor(): FloorState {
    this.#floor ??= this.#source.floor();
    return this.#floor;
  }

  part(of: Parameters<LiveSource['part']>[0]): BoardPart {
    return this.#source.part(of);
  }

  floorWithin(view: View): FloorState {
    const { within } = view;
    return within ? narrowFloor(this.floor(), view, this.#source.part(within)) : this.floor();
  }

  eventAt(): number {
    return this.#source.eventAt();
  }

  treeOf(view: LiveView): BoardState | BoardTree | FloorState {
    switch (view.kind) {
      case 'board':
        return view.limits ? this.floorWithin(this.#viewed(view.limits)).board : this.board();
      case 'floor':
        return view.limits ? this.floorWithin(this.#viewed(view.limits)) : this.floor();
      case 'boards':
        if (!this.#screens) throw new Error('no boards are kept here');
        this.#boards ??= this.#screens.look(this);
        return this.#boards.tree(view.settings);
    }
  }
}
