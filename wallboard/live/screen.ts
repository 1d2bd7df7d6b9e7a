/**
 * What every widget of a board draws itself with: the clock that stands still under the veil, colours, zoom, and its box in
 * rem (a tenth of the picture's height, styles/boards.css).
 */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { AlertTile, Widget } from '../../server/contract/boards.ts';
import { gridColumns, gridRows, headerShare } from '../../admin-ui/shared/board-geometry.ts';
import type { Formats } from '../../admin-ui/shared/format.ts';
import type { LiveClient } from '../../admin-ui/shared/live-client.ts';
import type { WallWords } from './reading.ts';
import type { Colours } from './palettes.ts';

/** Of a live client, what a board needs; the preview has no connection and makes one of its own. */
export type BoardSource<S> = Pick<
  LiveClient<S>,
  'tree' | 'connection' | 'serverSec' | 'silentSec' | 'isStale' | 'paint'
>;

export interface Screen {
  words: WallWords;
  formats: Formats;
  colours: Colours;
  /** Of a board: 1 is 100 %. */
  zoom: number;
  /** Server's clock in whole seconds; stands still under the veil. */
  clock: ReadonlySignal<number>;
  alerts: Record<string, AlertTile>;
  /** What scopes are called. */
  names: Record<string, string>;
}
export interface WidgetProps<K extends Widget['kind'], D> {
  widget: Extract<Widget, { kind: K }>;
  data: D | undefined;
  screen: Screen;
  box: Box;
}

/** Inside of a widget, in rem: its cells without the gap and the padding. */
export interface Box {
  width: number;
  height: number;
}
export const boardWidthRem = 160 / 9;
export const boardHeightRem = 10;
/** Between two widgets; half of it on each side. */
export const gapRem = 0.12;
export const paddingXRem = 0.2;
export const paddingYRem = 0.12;
/** Smallest label at 100 %: 2.2 hundredths of the height are read at six metres. */
export const leastTypeRem = 0.222;

export const boxOf = ({ w, h }: { w: number; h: number }): Box => ({
  width: (boardWidthRem / gridColumns) * w - gapRem - 2 * paddingXRem,
  height: ((boardHeightRem * (1 - headerShare)) / gridRows) * h - gapRem - 2 * paddingYRem,
});

/** Under the veil nothing moves: a wait that runs on would look alive. */
export function frozenClock<S>(source: BoardSource<S>): ReadonlySignal<number> {
  let last = source.serverSec.peek();
  return computed(() => {
    if (!source.isStale.value) last = source.serverSec.value;
    return last;
  });
}
