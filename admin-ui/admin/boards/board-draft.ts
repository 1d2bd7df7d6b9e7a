/**
 * What is typed into the fields of a board before it is right. The board itself is valid by its schema at every instant, so
 * that it can be previewed, undone and saved; an entry that the schema refuses is kept here with the reason, and replaces
 * nothing until it is put right. Nothing that was typed is lost.
 */
import type { z } from 'zod';
import { type Board, boardSchema } from '../../../server/contract/boards.ts';

/** Entries by the field that they are for; undefined: the field is taken out. */
export type Entries = Readonly<Record<string, unknown>>;
/** `''` is the board itself, everything else a widget. */
export type Drafts = Readonly<Record<string, Entries>>;
export const boardItself = '';

export interface Content {
  board: Board;
  drafts: Drafts;
}
export type Fault = z.core.$ZodIssue;
/** By field; an entry's first reason. */
export type Faults = Readonly<Record<string, Fault>>;

const merged = (value: object, entries: Entries): Record<string, unknown> => {
  const all: Record<string, unknown> = { ...value, ...entries };
  for (const [key, entry] of Object.entries(all)) if (entry === undefined) delete all[key];
  return all;
};

/** The whole board is asked: some rules are about more than one field or widget. */
function parse(board: Board, of: string, entries: Entries) {
  if (of === boardItself) return boardSchema.safeParse(merged(board, entries));
  const widgets = board.widgets.map((one) => (one.widgetId === of ? merged(one, entries) : one));
  return boardSchema.safeParse({ ...board, widgets });
}

const fieldOf = (issue: Fault, of: string): string => String(issue.path[of === boardItself ? 0 : 2] ?? '');

function faultsIn(issues: readonly Fault[], of: string): Record<string, Fault> {
  const faults: Record<string, Fault> = {};
  for (const issue of issues) faults[fieldOf(issue, of)] ??= issue;
  return faults;
}

const has = (board: Board, of: string) =>
  of === boardItself || board.widgets.some((widget) => widget.widgetId === of);

function withDraft(drafts: Drafts, of: string, entries: Entries): Drafts {
  const next: Record<string, Entries> = { ...drafts };
  if (Object.keys(entries).length > 0) next[of] = entries;
  else delete next[of];
  return next;
}

/** What a field is shown with: what was typed, or what the board has. */
export const shown = <T extends object>(value: T, entries: Entries | undefined): Record<string, unknown> => ({
  ...(value as Record<string, unknown>),
  ...entries,
});

/** Why entries are not in the board yet. */
export function faultsOf({ board, drafts }: Content, of: string): Faults {
  const entries = drafts[of];
  if (!entries || !has(board, of)) return {};
  const result = parse(board, of, entries);
  return result.success ? {} : faultsIn(result.error.issues, of);
}

/** What is not changed by a field: places are the grid's, and an id stays. */
const notFields = new Set(['kind', 'widgetId', 'x', 'y', 'w', 'h', 'widgets']);

/** Entries the schema takes go into the board, the others stay drafts. `of`: a widget, or the board itself. */
export function change({ board, drafts }: Content, of: string, changes: Entries): Content {
  if (!has(board, of)) return { board, drafts };
  const fields = Object.entries(changes).filter(([field]) => !notFields.has(field));
  const entries: Entries = { ...drafts[of], ...Object.fromEntries(fields) };
  const whole = parse(board, of, entries);
  if (whole.success) return { board: whole.data, drafts: withDraft(drafts, of, {}) };
  const faults = faultsIn(whole.error.issues, of);
  const [right, wrong]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const [field, entry] of Object.entries(entries)) (field in faults ? wrong : right)[field] = entry;
  const part = parse(board, of, right);
  return part.success
    ? { board: part.data, drafts: withDraft(drafts, of, wrong) }
    : { board, drafts: withDraft(drafts, of, entries) };
}

/** A widget that is gone takes its entries along. */
export function withoutWidget(content: Content, widgetId: string): Content {
  return {
    board: {
      ...content.board,
      widgets: content.board.widgets.filter((widget) => widget.widgetId !== widgetId),
    },
    drafts: withDraft(content.drafts, widgetId, {}),
  };
}
