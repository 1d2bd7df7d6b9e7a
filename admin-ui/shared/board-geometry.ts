/**
 * Where the grid of a board lies on a screen, told once: the wallboard lays its widgets out by it, and the board editor lays
 * its handles over the preview by it. The grid takes the whole width and all the height under the header strip, without
 * margins; gaps between widgets are drawn inside their cells.
 */
import type { boardColumns as BoardColumns, boardRows as BoardRows } from '../../server/contract/boards.ts';

/** Equal to the contract's by type: importing the values would bring the whole validator to a television. */
export const gridColumns: typeof BoardColumns = 24;
export const gridRows: typeof BoardRows = 12;

/** Of the height of the screen. */
export const headerShare = 0.08;

/** The size a board is laid out for, CSS pixels; other screens scale it. */
export const boardWidth = 1920;
export const boardHeight = 1080;

/** Place of some cells of the grid, as shares of the whole screen. */
export const cellsOnScreen = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) => ({
  left: x / gridColumns,
  top: headerShare + (y / gridRows) * (1 - headerShare),
  width: w / gridColumns,
  height: (h / gridRows) * (1 - headerShare),
});
