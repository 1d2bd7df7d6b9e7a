/** Which of a display's boards stands on the wall now, and what its widgets are judged by. Pure. */
import type { BoardTree, BoardView, NumberData, Thresholds, Widget } from '../../server/contract/boards.ts';
import {
  figureFacts,
  type FigureName,
  type FigureSense,
  type FigureUnit,
} from '../../server/contract/figure-facts.ts';
import type { BoardState } from '../../server/contract/live.ts';
import { fallingLevel, risingLevel, type Level } from './thresholds.ts';

/** A display is sent one or the other by its settings, and may be switched while it runs. */
export const isBoardTree = (tree: BoardState | BoardTree): tree is BoardTree => 'boards' in tree;

export interface ShownBoard {
  boardId: string;
  view: BoardView;
  /** From 1. */
  number: number;
  count: number;
}

/** In the order of the settings; one that was deleted meanwhile is left out. */
export function boardIdsOf({ settings, boards }: BoardTree): string[] {
  const ids = settings.boards.filter((boardId) => boardId in boards);
  return ids.length > 0 ? ids : Object.keys(boards).slice(0, 1);
}

/** By the server's clock, so that all displays of a hall turn together. */
export function boardShown(tree: BoardTree, serverSec: number): ShownBoard | undefined {
  const ids = boardIdsOf(tree);
  if (ids.length === 0) return undefined;
  const index = Math.floor(serverSec / Math.max(1, tree.settings.rotateSec)) % ids.length;
  const boardId = ids[index] ?? '';
  const view = tree.boards[boardId];
  return view ? { boardId, view, number: index + 1, count: ids.length } : undefined;
}

/** As thresholds count: shares in per cent, times in seconds. */
export function judgedValue(unit: FigureUnit, value: number, nowMs: number): number {
  switch (unit) {
    case 'share':
      return value * 100;
    case 'ms':
      return value / 1000;
    case 'since':
      return Math.max(0, (nowMs - value) / 1000);
    default:
      return value;
  }
}

/** A figure that is neither good nor bad is judged as a rising one once somebody gives it thresholds. */
export function levelBy(sense: FigureSense, judged: number, thresholds: Thresholds | undefined): Level {
  if (!thresholds) return 'calm';
  const { amber, red } = thresholds;
  if (sense === 'falling') return fallingLevel(judged, { red: red ?? -1, amber: amber ?? red ?? -1 });
  return risingLevel(judged, { red: red ?? Infinity, amber: amber ?? red ?? Infinity });
}

export function figureLevel(
  figure: FigureName,
  value: number | undefined,
  nowMs: number,
  thresholds: Thresholds | undefined,
): Level {
  if (value === undefined) return 'calm';
  const { unit, sense } = figureFacts(figure);
  return levelBy(sense, judgedValue(unit, value, nowMs), thresholds);
}

/** Of a wait that began at `since`. */
export function waitLevel(
  since: number | undefined,
  nowMs: number,
  thresholds: Thresholds | undefined,
): Level {
  return since === undefined ? 'calm' : levelBy('rising', judgedValue('since', since, nowMs), thresholds);
}

type GaugeWidget = Extract<Widget, { kind: 'gauge' }>;

/** In the figure's own unit: what the server says (the queue's own, too), or what the widget asks for. */
export function gaugeTarget(widget: GaugeWidget, data: NumberData | undefined): number | undefined {
  if (data?.target !== undefined) return data.target;
  if (widget.target === undefined) return undefined;
  const { unit } = figureFacts(widget.figure);
  return unit === 'share' ? widget.target / 100 : unit === 'ms' ? widget.target * 1000 : widget.target;
}

/** Without thresholds a gauge says "watch" on the wrong side of its target, and never more. */
export function gaugeLevel(widget: GaugeWidget, data: NumberData | undefined, nowMs: number): Level {
  const target = gaugeTarget(widget, data);
  if (widget.thresholds ?? target === undefined)
    return figureLevel(widget.figure, data?.value, nowMs, widget.thresholds);
  if (data?.value === undefined || target === undefined) return 'calm';
  const isMissed = figureFacts(widget.figure).sense === 'falling' ? data.value < target : data.value > target;
  return isMissed && figureFacts(widget.figure).sense !== 'plain' ? 'amber' : 'calm';
}
