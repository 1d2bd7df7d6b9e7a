/**
 * Counts as they are kept: one row of numbers, in the order of `countNames`, with the longest wait behind them. Everything but
 * that maximum adds up, so that rows of two quarters, queues or channels make the row of both.
 */
import { type CountName, countNames, type FigureCounts } from '../contract/figures.ts';

export type Cell = Float64Array;
/** What one event adds: place, value, place, value ... */
export type Delta = readonly number[];

export const placeOf = Object.fromEntries(countNames.map((name, place) => [name, place])) as Record<
  CountName,
  number
>;
export const longestWaitPlace = countNames.length;
const cellSize = countNames.length + 1;

export const emptyCell = (): Cell => new Float64Array(cellSize);

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
