/**
 * Places on the grid of a board: what fits, what collides, where there is room. Pure; knows nothing of widgets but where
 * they stand. Rows come before columns wherever something is looked for: people read boards as text.
 */
import { gridColumns, gridRows } from '../../shared/board-geometry.ts';

export interface Cells {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Size {
  w: number;
  h: number;
}

export const isOverlapping = (a: Cells, b: Cells): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

export const isOnGrid = ({ x, y, w, h }: Cells): boolean =>
  [x, y, w, h].every(Number.isInteger) &&
  x >= 0 &&
  y >= 0 &&
  w >= 1 &&
  h >= 1 &&
  x + w <= gridColumns &&
  y + h <= gridRows;

export type PlaceFault = 'outside' | 'overlap';

export function faultOfPlace(cells: Cells, others: readonly Cells[]): PlaceFault | undefined {
  if (!isOnGrid(cells)) return 'outside';
  return others.some((other) => isOverlapping(cells, other)) ? 'overlap' : undefined;
}

/** The first place for exactly this size, row by row. */
export function firstFree({ w, h }: Size, others: readonly Cells[]): Cells | undefined {
  for (let y = 0; y + h <= gridRows; y += 1)
    for (let x = 0; x + w <= gridColumns; x += 1) {
      const cells = { x, y, w, h };
      if (!others.some((other) => isOverlapping(cells, other))) return cells;
    }
  return undefined;
}

/**
 * The first place for this size; where there is none, for the largest size between it and the least that still has one.
 * Undefined: the board is full.
 */
export function firstRoom(wanted: Size, least: Size, others: readonly Cells[]): Cells | undefined {
  const sizes: Size[] = [];
  for (let w = wanted.w; w >= Math.min(least.w, wanted.w); w -= 1)
    for (let h = wanted.h; h >= Math.min(least.h, wanted.h); h -= 1) sizes.push({ w, h });
  sizes.sort((a, b) => b.w * b.h - a.w * a.h);
  for (const size of sizes) {
    const cells = firstFree(size, others);
    if (cells) return cells;
  }
  return undefined;
}

/** One step in a direction; over what stands in the way, to the next free place behind it. */
export function stepOver(
  cells: Cells,
  by: { dx: number; dy: number },
  others: readonly Cells[],
): Cells | PlaceFault {
  let isBlocked = false;
  for (let n = 1; n <= gridColumns; n += 1) {
    const next = { ...cells, x: cells.x + by.dx * n, y: cells.y + by.dy * n };
    const fault = faultOfPlace(next, others);
    if (fault === undefined) return next;
    if (fault === 'outside') break;
    isBlocked = true;
  }
  return isBlocked ? 'overlap' : 'outside';
}

/** Which edges a handle moves. */
export interface Edges {
  left?: boolean;
  right?: boolean;
  top?: boolean;
  bottom?: boolean;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Where something is after it was dragged by whole cells: kept on the grid, never under its least size. */
export function dragged(from: Cells, by: { dx: number; dy: number }, edges: Edges, least: Size): Cells {
  const isMove = !edges.left && !edges.right && !edges.top && !edges.bottom;
  if (isMove)
    return {
      ...from,
      x: clamp(from.x + by.dx, 0, gridColumns - from.w),
      y: clamp(from.y + by.dy, 0, gridRows - from.h),
    };
  const leastW = Math.min(least.w, from.w);
  const leastH = Math.min(least.h, from.h);
  let [left, right, top, bottom] = [from.x, from.x + from.w, from.y, from.y + from.h];
  if (edges.left) left = clamp(left + by.dx, 0, right - leastW);
  if (edges.right) right = clamp(right + by.dx, left + leastW, gridColumns);
  if (edges.top) top = clamp(top + by.dy, 0, bottom - leastH);
  if (edges.bottom) bottom = clamp(bottom + by.dy, top + leastH, gridRows);
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** Top to bottom, left to right. */
export const inReadingOrder = (a: Cells, b: Cells): number => a.y - b.y || a.x - b.x;
