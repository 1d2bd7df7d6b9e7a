/**
 * What on a display calls for a sound: widgets that sound and have turned red, alerts that are new. It sounds once for each;
 * a widget that stays red, a patch, a turn of the boards or a reconnect do not sound again. Pure: the tones are tones.ts.
 * All boards of the display are watched, the hidden ones too: what is critical does not wait for its turn.
 */
import type {
  BoardTree,
  ChannelRow,
  NumberData,
  Thresholds,
  WaiterRow,
  Widget,
  WidgetData,
} from '../../server/contract/boards.ts';
import { boardIdsOf, figureLevel, gaugeLevel, waitLevel } from './board-tree.ts';
import { isQuiet } from './quiet.ts';
import type { Level } from './thresholds.ts';

type Data = WidgetData['data'] | undefined;

const worst = (levels: readonly Level[]): Level =>
  levels.includes('red') ? 'red' : levels.includes('amber') ? 'amber' : 'calm';
const oldestOf = (rows: readonly { oldestSince?: number }[], nowMs: number, marks: Thresholds | undefined) =>
  worst(rows.map((row) => waitLevel(row.oldestSince, nowMs, marks)));

/** The level of a whole widget, as it stands on the wall. */
export function widgetLevel(widget: Widget, data: Data, nowMs: number): Level {
  if (data === undefined) return 'calm';
  switch (widget.kind) {
    case 'gauge':
      return gaugeLevel(widget, data as NumberData, nowMs);
    case 'number':
      return figureLevel(widget.figure, (data as NumberData).value, nowMs, widget.thresholds);
    case 'waiters':
      return worst(
        Object.values(data as Record<string, WaiterRow>).map(({ since }) =>
          waitLevel(since, nowMs, widget.thresholds),
        ),
      );
    case 'callbacks':
      return oldestOf([data as ChannelRow], nowMs, widget.thresholds);
    case 'channels':
      return oldestOf(Object.values(data as Record<string, ChannelRow>), nowMs, widget.thresholds);
    default:
      return 'calm';
  }
}

export interface AlarmState {
  /** What is red or stands, by key; what is new in it sounds. */
  standing: ReadonlySet<string>;
}
export const quietAlarm: AlarmState = { standing: new Set() };

/** What is red or stands, and the board it sounds for, whose quiet time counts. */
function standingOf(tree: BoardTree, nowMs: number): Map<string, string> {
  const standing = new Map<string, string>();
  for (const boardId of boardIdsOf(tree)) {
    const view = tree.boards[boardId];
    for (const widget of view?.definition.widgets ?? []) {
      if (!('hasSound' in widget) || !widget.hasSound) continue;
      if (widget.kind === 'alerts')
        for (const [alertId, alert] of Object.entries(tree.alerts)) {
          if (!alert.isAcknowledged) standing.set(`alert ${alertId}`, boardId);
        }
      else if (widgetLevel(widget, view?.data[widget.widgetId], nowMs) === 'red')
        standing.set(`widget ${boardId} ${widget.widgetId}`, boardId);
    }
  }
  return standing;
}

/** What began within the quiet time does not sound at its end: it has stood there to be seen. */
export function nextAlarm(
  state: AlarmState,
  tree: BoardTree,
  nowMs: number,
  siteTime: string,
): { state: AlarmState; rings: boolean } {
  const standing = standingOf(tree, nowMs);
  let rings = false;
  for (const [key, boardId] of standing) {
    if (state.standing.has(key)) continue;
    if (!isQuiet(tree.boards[boardId]?.definition.quiet, siteTime)) rings = true;
  }
  return { state: { standing: new Set(standing.keys()) }, rings };
}

/** Whether any widget of the display may sound at all. */
export const hasSound = (tree: BoardTree): boolean =>
  boardIdsOf(tree).some((boardId) =>
    (tree.boards[boardId]?.definition.widgets ?? []).some(
      (widget) => 'hasSound' in widget && widget.hasSound,
    ),
  );
