/** What a live socket may be shown, and how two that are shown the same are known. Pure. */
import type { BoardTree, DisplaySettings } from '../contract/boards.ts';
import type { BoardState, FloorState, LiveScope } from '../contract/live.ts';
import type { UserView } from '../contract/user-view.ts';

/**
 * `boards`: what displays with these settings are sent. `limits`: as much of the board or floor as somebody sees who is limited
 * to these teams and queues.
 */
export type LiveView = { kind: LiveScope; limits?: UserView } | { kind: 'boards'; settings: DisplaySettings };
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
export const keyOfView = (view: LiveView): string => {
  if (view.kind === 'boards') return `boards ${settingsKey(view.settings)}`;
  return view.limits ? `${view.kind} ${JSON.stringify(limitsOf(view.limits))}` : view.kind;
};
/** Equal views are equal whatever order they were chosen in. */
const limitsOf = ({ teams, queues }: UserView) => [[...teams].sort(), [...queues].sort()];

/** Made by a costly look of their own, and so less often when that takes too long. */
export const isPaced = (view: LiveView): boolean => view.kind === 'boards' || view.limits !== undefined;

/** What a socket was given its ticket with. */
export interface LiveGrant {
  /** Of a display. */
  settings?: DisplaySettings;
  /** Of a user who is limited. */
  limits?: UserView;
}

/** A display with boards is sent those instead of the standard board. */
export function viewOf(scope: LiveScope, { settings, limits }: LiveGrant): LiveView {
  if (scope === 'board' && settings && settings.boards.length > 0) return { kind: 'boards', settings };
  return { kind: scope, ...(limits && { limits }) };
}
