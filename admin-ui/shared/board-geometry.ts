/**
 * Where the grid of a board lies on a screen, told once: the wallboard lays its widgets out by it, and the board editor lays
 * its handles over the preview by it. The grid takes the whole width and all the height under the header strip, without
 * margins; gaps between widgets are drawn inside their cells.
 */
import { boardColumns, boardRows } from '../../server/contract/boards.ts';

/** Of the height of the screen. */
export const headerShare = 0.08;

/** The size a board is laid out for, CSS pixels; other screens scale it. */
export const boardWidth = 1920;
export const boardHeight = 1080;

/** Place of some cells of the grid, as shares of the whole screen. */
export const cellsOnScreen = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) => ({
  left: x / boardColumns,
  top: headerShare + (y / boardRows) * (1 - headerShare),
  width: w / boardColumns,
  height: (h / boardRows) * (1 - headerShare),
});
