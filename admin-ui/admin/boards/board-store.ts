/**
 * The board that is being edited, what the server has of it, and saving. It outlives the page: who is signed out while
 * editing (idle time, another tab) finds everything as it was after signing in again.
 */
import { computed, signal } from '@preact/signals';
import {
  type Board,
  type BoardRow,
  boardRowSchema,
  type Widget,
  widgetSchema,
} from '../../../server/contract/boards.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { api } from '../session.ts';
import { type Command, type EditorRefusal, type EditorState, openEditor, run } from './board-editor-state.ts';
import { isSameValue } from './same-value.ts';

interface Opened {
  row: BoardRow;
  state: EditorState;
}
export const opened = signal<Opened | undefined>();
/** Why the last command did nothing; a new object each time, so that the same reason is said again. */
export const lastRefusal = signal<{ why: EditorRefusal } | undefined>();

export const hasUnsaved = computed(() => {
  const now = opened.value;
  if (!now) return false;
  return Object.keys(now.state.drafts).length > 0 || !isSameValue(now.state.board, now.row.board);
});

export function dispatch(command: Command): void {
  const now = opened.peek();
  if (!now) return;
  const { state, refusal } = run(now.state, command);
  opened.value = { ...now, state };
  lastRefusal.value = refusal === undefined ? undefined : { why: refusal };
}

export const boardPath = (boardId: string): string => `/api/boards/${encodeURIComponent(boardId)}`;

/** `unreadable`: it has what this page knows nothing of. */
export async function loadBoard(boardId: string): Promise<Refusal | 'unreadable' | undefined> {
  const answer = await api<unknown>(boardPath(boardId));
  if (!answer.isOk) return answer;
  const { data } = boardRowSchema.safeParse(answer.body);
  if (!data) return 'unreadable';
  opened.value = { row: data, state: openEditor(data.board) };
  return undefined;
}

export function closeBoard(): void {
  opened.value = undefined;
  lastRefusal.value = undefined;
}

export type SaveOutcome = 'saved' | 'conflict' | 'gone' | Refusal;

export async function saveBoard(): Promise<SaveOutcome> {
  const now = opened.peek();
  if (!now) return 'saved';
  const { board } = now.state;
  const body = { board, ifVersion: now.row.version };
  const answer = await api<BoardRow>(boardPath(now.row.boardId), { method: 'PUT', body });
  if (!answer.isOk) return answer.status === 409 ? 'conflict' : answer.status === 404 ? 'gone' : answer;
  // What was changed while the answer was on its way stays, and is not saved.
  const later = opened.peek();
  if (later?.row.boardId === now.row.boardId) opened.value = { ...later, row: { ...answer.body, board } };
  return 'saved';
}

/** The new board's id. */
export async function createBoard(board: Board): Promise<{ boardId: string } | Refusal> {
  const answer = await api<BoardRow>('/api/boards', { method: 'POST', body: { board } });
  return answer.isOk ? { boardId: answer.body.boardId } : answer;
}

/** Kept for the browser's tab: a widget may be pasted to another board. */
const clipKey = 'hearthline-board-clip';

export function clipWidget(widget: Widget): void {
  try {
    window.sessionStorage.setItem(clipKey, JSON.stringify(widget));
  } catch {
    // Storage is refused: nothing to paste.
  }
}

export function clippedWidget(): Widget | undefined {
  try {
    return widgetSchema.safeParse(JSON.parse(window.sessionStorage.getItem(clipKey) ?? '')).data;
  } catch {
    return undefined;
  }
}
