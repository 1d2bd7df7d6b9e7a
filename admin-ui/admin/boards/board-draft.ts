/**
 * What is typed into the fields of a board before it is right. The board itself is valid by its schema at every instant, so
 * that it can be previewed, undone and saved; an entry that the schema refuses is kept here with the reason, and replaces
 * nothing until it is put right. Nothing that was typed is lost.
 */
import type { z } from 'zod';
import { type Board, boardSchema, type Widget, widgetSchema } from '../../../server/contract/boards.ts';

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

const widgetWith = (widget: Widget, entries: Entries) => widgetSchema.safeParse(merged(widget, entries));
const boardWith = (board: Board, entries: Entries) => boardSchema.safeParse(merged(board, entries));

function faultsIn(issues: readonly Fault[]): Record<string, Fault> {
  const faults: Record<string, Fault> = {};
  for (const issue of issues) {
    const field = String(issue.path[0] ?? '');
    faults[field] ??= issue;
  }
  return faults;
}

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
  if (!entries) return {};
  const widget = board.widgets.find((one) => one.widgetId === of);
  if (of !== boardItself && !widget) return {};
  const result = widget ? widgetWith(widget, entries) : boardWith(board, entries);
  return result.success ? {} : faultsIn(result.error.issues);
}

/** Entries the schema takes go into the board, the others stay drafts. */
function settle<T extends object>(
  entries: Entries,
  parse: (entries: Entries) => { success: true; data: T } | { success: false; error: z.ZodError },
): { value?: T; left: Entries } {
  const whole = parse(entries);
  if (whole.success) return { value: whole.data, left: {} };
  const faults = faultsIn(whole.error.issues);
  const [right, wrong]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const [field, entry] of Object.entries(entries)) (field in faults ? wrong : right)[field] = entry;
  const part = parse(right);
  return part.success ? { value: part.data, left: wrong } : { left: entries };
}

/** What is not changed by a field: places are the grid's, and an id stays. */
const notFields = new Set(['kind', 'widgetId', 'x', 'y', 'w', 'h', 'widgets']);
const fieldsOf = (changes: Entries): Entries =>
  Object.fromEntries(Object.entries(changes).filter(([field]) => !notFields.has(field)));

export function changeWidget(content: Content, widgetId: string, changes: Entries): Content {
  const widget = content.board.widgets.find((one) => one.widgetId === widgetId);
  if (!widget) return content;
  const entries = { ...content.drafts[widgetId], ...fieldsOf(changes) };
  const { value, left } = settle<Widget>(entries, (some) => widgetWith(widget, some));
  const widgets = value
    ? content.board.widgets.map((one) => (one.widgetId === widgetId ? value : one))
    : content.board.widgets;
  return { board: { ...content.board, widgets }, drafts: withDraft(content.drafts, widgetId, left) };
}

export function changeBoard(content: Content, changes: Entries): Content {
  const entries = { ...content.drafts[boardItself], ...fieldsOf(changes) };
  const { value, left } = settle<Board>(entries, (some) => boardWith(content.board, some));
  return { board: value ?? content.board, drafts: withDraft(content.drafts, boardItself, left) };
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
