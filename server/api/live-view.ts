/** What a live socket may be shown, and how two that are shown the same are known. Pure. */
import type { BoardTree, DisplaySettings } from '../contract/boards.ts';
import type { BoardState, FloorState, LiveScope } from '../contract/live.ts';

/** `boards`: what displays with these settings are sent. */
export type LiveView = { kind: LiveScope } | { kind: 'boards'; settings: DisplaySettings };
export type LiveKind = LiveView['kind'];
export const liveKinds: readonly LiveKind[] = ['board', 'floor', 'boards'];

export interface LiveTrees {
  treeOf(view: LiveView): BoardState | BoardTree | FloorState;
  eventAt(): number;
}

/** Equal settings have the same, in whatever order their fields came; none: the empty string. */
export const settingsKey = (settings: DisplaySettings | undefined): string => {
  if (!settings) return '';
  const { boards, rotateSec, language, zoom, theme } = settings;
  return JSON.stringify([boards, rotateSec, language ?? '', zoom, theme ?? '']);
};
export const keyOfView = (view: LiveView): string =>
  view.kind === 'boards' ? `boards ${settingsKey(view.settings)}` : view.kind;

/** A display with boards is sent those instead of the standard board. */
export const viewOf = (scope: LiveScope, settings: DisplaySettings | undefined): LiveView =>
  scope === 'board' && settings && settings.boards.length > 0
    ? { kind: 'boards', settings }
    : { kind: scope };
