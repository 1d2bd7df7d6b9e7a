/**
 * Counts as they are kept: one row of numbers, in the order of `countNames`, with the longest wait behind them. Everything but
 * that maximum adds up, so that rows of two quarters, queues or channels make the row of both.
 */
import { type CountName, countNames, type FigureCounts } from '../contract/figures.ts';

/** Plain numbers: a typed array of this size lives outside the heap, and there are thousands of cells. */
export type Cell = number[];
/** What one event adds: place, value, place, value ... */
export type Delta = readonly number[];

export const placeOf = Object.fromEntries(countNames.map((name, place) => [name, place])) as Record<
  CountName,
  number
>;
export const longestWaitPlace = countNames.length;
/** Fractions first: copies of such a row hold their numbers unboxed from the start. */
const zeros: readonly number[] = Array.from({ length: countNames.length + 1 }, () => 0.5).fill(0);

export const emptyCell = (): Cell => zeros.slice();

export function addDelta(cell: Cell, delta: Delta): void {
  for (let i = 0; i < delta.length; i += 2) {
    const place = delta[i]!;
    const value = delta[i + 1]!;
    if (place === longestWaitPlace) cell[place] = Math.max(cell[place]!, value);
    else cell[place]! += value;
  }
}

export function addCell(sum: Cell, cell: Cell): void {
  for (let place = 0; place < longestWaitPlace; place++) sum[place]! += cell[place]!;
  sum[longestWaitPlace] = Math.max(sum[longestWaitPlace]!, cell[longestWaitPlace]!);
}

export function countsOf(cell: Cell): FigureCounts {
  const counts = {} as FigureCounts;
  for (const name of countNames) counts[name] = cell[placeOf[name]]!;
  counts.longestWaitMs = cell[longestWaitPlace]!;
  return counts;
}

/** Most of a row is 0: JSON keeps the rest. */
export function packCell(cell: Cell): number[] {
  const packed: number[] = [];
  cell.forEach((value, place) => value !== 0 && packed.push(place, value));
  return packed;
}

export function unpackCell(packed: readonly number[]): Cell {
  const cell = emptyCell();
  addDelta(cell, packed);
  return cell;
}
