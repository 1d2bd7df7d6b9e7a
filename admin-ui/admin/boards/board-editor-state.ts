/**
 * The editor of a board as commands on a state; pure, no clock, no page.
 *
 *   command -> does the board change? -- no --> same content, perhaps a refusal that is said to the user
 *                                    \- yes -> the content before it goes onto `past`, `future` is dropped
 *   undo: past -> now -> future        redo: future -> now -> past
 *
 * The board is valid by boardSchema after every command: a place that is taken, a full board or an entry that the schema
 * refuses never reach it (board-draft.ts). Typing in one field is one step, until `settle` or any other command.
 */
import { type Board, type Widget, type WidgetKind, widgetsAtMost } from '../../../server/contract/boards.ts';
import { change, type Content, type Entries, withoutWidget } from './board-draft.ts';
import { type Cells, faultOfPlace, firstRoom, type PlaceFault, type Size, stepOver } from './board-grid.ts';
import { isSameValue } from './same-value.ts';
import { kindFacts, newWidget } from './board-kinds.ts';
import { ownWidget } from './own-widget.ts';
import type { NamedView } from '../../../server/contract/user-view.ts';

export const undoStepsAtMost = 300;

export interface EditorState extends Content {
  selected: string | undefined;
  past: readonly Content[];
  future: readonly Content[];
  /** Whose typing the next entry of the same field joins. */
  typing: string | undefined;
}

export type Command =
  | { type: 'select'; widgetId: string | undefined }
  /** Moves and resizes. */
  | { type: 'place'; widgetId: string; cells: Cells }
  | { type: 'step'; widgetId: string; dx: number; dy: number }
  | { type: 'grow'; widgetId: string; dw: number; dh: number }
  /** `view`: of somebody limited to it. */
  | { type: 'add'; kind: WidgetKind; newsText: string; view?: NamedView }
  /** A copy of a widget, of this board or another. */
  | { type: 'insert'; widget: Widget }
  | { type: 'remove'; widgetId: string }
  /** Fields of a widget, or of `boardItself`. */
  | { type: 'change'; of: string; changes: Entries; isTyping?: boolean }
  | { type: 'settle' }
  | { type: 'undo' }
  | { type: 'redo' };

export type EditorRefusal = PlaceFault | 'no-room' | 'too-many';
export interface Outcome {
  state: EditorState;
  /** Why nothing happened. */
  refusal?: EditorRefusal;
}

export const openEditor = (board: Board): EditorState => ({
  board,
  drafts: {},
  selected: undefined,
  past: [],
  future: [],
  typing: undefined,
});

export const canUndo = (state: EditorState): boolean => state.past.length > 0;
export const canRedo = (state: EditorState): boolean => state.future.length > 0;
export const widgetOf = ({ board }: Content, widgetId: string | undefined): Widget | undefined =>
  board.widgets.find((widget) => widget.widgetId === widgetId);
export const othersOf = ({ board }: Content, widgetId: string): Widget[] =>
  board.widgets.filter((widget) => widget.widgetId !== widgetId);

/** An entry that was taken out is one that is there, with no value. */
const isSame = (a: Content, b: Content) =>
  isSameValue(a.board, b.board) &&
  isSameValue(Object.entries(a.drafts).map(keysOf), Object.entries(b.drafts).map(keysOf)) &&
  isSameValue(a.drafts, b.drafts);
const keysOf = ([of, entries]: [string, Entries]) => [of, Object.keys(entries)];

const contentOf = ({ board, drafts }: Content): Content => ({ board, drafts });

function commit(state: EditorState, next: Content, typing?: string): EditorState {
  if (isSame(state, next)) return state.typing === typing ? state : { ...state, typing };
  const isJoined = typing !== undefined && typing === state.typing;
  return {
    ...contentOf(next),
    selected: state.selected,
    past: isJoined ? state.past : [...state.past, contentOf(state)].slice(-undoStepsAtMost),
    future: [],
    typing,
  };
}

/** A selection of what is no longer there is none. */
const selecting = (state: EditorState, widgetId: string | undefined): EditorState => ({
  ...state,
  selected: widgetOf(state, widgetId)?.widgetId,
});

function freeId(board: Board, kind: WidgetKind): string {
  for (let n = 1; ; n += 1) {
    const widgetId = `${kind}-${n}`;
    if (!board.widgets.some((widget) => widget.widgetId === widgetId)) return widgetId;
  }
}

const unchanged = (state: EditorState, refusal: EditorRefusal): Outcome => ({
  state: { ...state, typing: undefined },
  refusal,
});

function place(state: EditorState, widgetId: string, cells: Cells): Outcome {
  const widget = widgetOf(state, widgetId);
  if (!widget) return { state };
  const fault = faultOfPlace(cells, othersOf(state, widgetId));
  if (fault) return unchanged(state, fault);
  const { x, y, w, h } = cells;
  const widgets = state.board.widgets.map((one) => (one === widget ? { ...one, x, y, w, h } : one));
  const next = commit(state, { board: { ...state.board, widgets }, drafts: state.drafts });
  return { state: selecting(next, widgetId) };
}

function step(state: EditorState, widgetId: string, by: { dx: number; dy: number }): Outcome {
  const widget = widgetOf(state, widgetId);
  if (!widget) return { state };
  const to = stepOver(widget, by, othersOf(state, widgetId));
  return typeof to === 'string' ? unchanged(state, to) : place(state, widgetId, to);
}

function grow(state: EditorState, widgetId: string, { dw, dh }: { dw: number; dh: number }): Outcome {
  const widget = widgetOf(state, widgetId);
  if (!widget) return { state };
  const { x, y, kind } = widget;
  const { least } = kindFacts[kind];
  // What is smaller than it may become stays so until it is made larger.
  const w = dw < 0 ? Math.max(widget.w + dw, Math.min(least.w, widget.w)) : widget.w + dw;
  const h = dh < 0 ? Math.max(widget.h + dh, Math.min(least.h, widget.h)) : widget.h + dh;
  return place(state, widgetId, { x, y, w, h });
}

function insert(
  state: EditorState,
  kind: WidgetKind,
  wanted: Size,
  make: (widgetId: string, cells: Cells) => Widget,
): Outcome {
  const { widgets } = state.board;
  if (widgets.length >= widgetsAtMost) return unchanged(state, 'too-many');
  const cells = firstRoom(wanted, kindFacts[kind].least, widgets);
  if (!cells) return unchanged(state, 'no-room');
  const widgetId = freeId(state.board, kind);
  const board = { ...state.board, widgets: [...widgets, make(widgetId, cells)] };
  return { state: selecting(commit(state, { board, drafts: state.drafts }), widgetId) };
}

const add = (state: EditorState, { kind, newsText, view }: Extract<Command, { type: 'add' }>) =>
  insert(state, kind, kindFacts[kind].size, (widgetId, cells) =>
    ownWidget(newWidget(kind, widgetId, cells, newsText), view),
  );

function remove(state: EditorState, widgetId: string): Outcome {
  if (!widgetOf(state, widgetId)) return { state };
  const next = commit(state, withoutWidget(state, widgetId));
  return { state: selecting(next, next.selected) };
}

function travel(state: EditorState, from: 'past' | 'future'): Outcome {
  const content = from === 'past' ? state.past.at(-1) : state.future.at(-1);
  if (!content) return { state: { ...state, typing: undefined } };
  const now = contentOf(state);
  const next: EditorState = {
    ...content,
    selected: state.selected,
    past: from === 'past' ? state.past.slice(0, -1) : [...state.past, now],
    future: from === 'past' ? [...state.future, now] : state.future.slice(0, -1),
    typing: undefined,
  };
  return { state: selecting(next, next.selected) };
}

export function run(state: EditorState, command: Command): Outcome {
  switch (command.type) {
    case 'select':
      return { state: { ...selecting(state, command.widgetId), typing: undefined } };
    case 'place':
      return place(state, command.widgetId, command.cells);
    case 'step':
      return step(state, command.widgetId, command);
    case 'grow':
      return grow(state, command.widgetId, command);
    case 'add':
      return add(state, command);
    case 'insert': {
      const { widget } = command;
      return insert(state, widget.kind, widget, (widgetId, cells) => ({ ...widget, widgetId, ...cells }));
    }
    case 'remove':
      return remove(state, command.widgetId);
    case 'change': {
      const { of, changes, isTyping } = command;
      const typing = isTyping ? `${of} ${Object.keys(changes).join(' ')}` : undefined;
      return { state: commit(state, change(state, of, changes), typing) };
    }
    case 'settle':
      return { state: { ...state, typing: undefined } };
    case 'undo':
      return travel(state, 'past');
    case 'redo':
      return travel(state, 'future');
  }
}
