/**
 * The counts of one scope by one attribution: of today, of the shift in hand and of each of the last minutes. For a restart it is
 * kept as text. Most minutes are over and change no more, so each remembers its own text: a snapshot of a large house is taken
 * every few seconds, between two calls.
 */
import {
  addCell,
  addDelta,
  type Cell,
  type Delta,
  emptyCell,
  longestWaitPlace,
  packCell,
  placeOf,
  unpackCell,
} from './figure-cells.ts';

export const minuteMs = 60_000;
/** Twice the longest rolling window: a trend looks at the window before. */
const minutesKept = 121;
/** Old ones are looked for when there are so many more, not with each new one. */
const minutesMore = 30;

/** Counts in whole numbers: [place, value, ...] of what is not 0. */
export interface PackedSpan {
  readonly today: readonly number[];
  readonly shift: readonly number[];
  /** `minute:place value,place value;...`, in base 36, a place in one letter. */
  readonly minutes: string;
}

interface Minute {
  readonly cell: Cell;
  /** As it was last packed; undefined: it has changed since. */
  text: string | undefined;
}

const base = 36;
if (longestWaitPlace >= base) throw new Error('a place no longer fits into one letter');

function textOf(start: number, cell: Cell): string {
  let text = '';
  cell.forEach((value, place) => {
    if (value !== 0) text += `${text === '' ? '' : ','}${place.toString(base)}${value.toString(base)}`;
  });
  return `${(start / minuteMs).toString(base)}:${text}`;
}

function deltaOf(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((pair) => [parseInt(pair[0]!, base), parseInt(pair.slice(1), base)]);
}

function* minutesOf(text: string): Iterable<[start: number, delta: number[]]> {
  if (text === '') return;
  for (const minute of text.split(';')) {
    const [start = '', pairs = ''] = minute.split(':');
    yield [parseInt(start, base) * minuteMs, deltaOf(pairs)];
  }
}

const isTime = (place: number) => place >= placeOf.readyMs && place < longestWaitPlace;
const timesIn = (packed: readonly number[]) => packed.filter((_, i) => isTime(packed[i - (i % 2)]!));

export class FigureSpan {
  #today = emptyCell();
  #shift = emptyCell();
  readonly #minutes = new Map<number, Minute>();
  /** The one added to last, which most of what comes belongs to. */
  #lastStart = -1;
  #last: Minute | undefined;
  /** As it was last packed; undefined: it has changed since. */
  #packed: PackedSpan | undefined;

  get today(): Cell {
    return this.#today;
  }

  get shift(): Cell {
    return this.#shift;
  }

  add(at: number, delta: Delta, isOfToday: boolean, isOfShift: boolean): void {
    if (isOfToday) addDelta(this.#today, delta);
    if (isOfShift) addDelta(this.#shift, delta);
    this.#addToMinute(at, delta);
  }

  clear(which: 'today' | 'shift'): void {
    if (which === 'today') this.#today = emptyCell();
    else this.#shift = emptyCell();
    this.#packed = undefined;
  }

  #addToMinute(at: number, delta: Delta): void {
    const start = at - (at % minuteMs);
    if (start !== this.#lastStart || !this.#last) {
      this.#lastStart = start;
      this.#last = this.#minuteOf(start);
    }
    this.#last.text = undefined;
    this.#packed = undefined;
    addDelta(this.#last.cell, delta);
  }

  /** Over the minutes that begin in [from, to). */
  sum(from: number, to: number): Cell {
    const sum = emptyCell();
    for (const [start, { cell }] of this.#minutes) if (start >= from && start < to) addCell(sum, cell);
    return sum;
  }

  /** Undefined: nothing was counted in it. */
  minute(start: number): Cell | undefined {
    return this.#minutes.get(start)?.cell;
  }

  /** The same object until something changes. */
  pack(): PackedSpan {
    if (this.#packed) return this.#packed;
    this.#forget();
    const texts: string[] = [];
    for (const [start, minute] of this.#minutes) texts.push((minute.text ??= textOf(start, minute.cell)));
    this.#packed = {
      today: packCell(this.#today),
      shift: packCell(this.#shift),
      minutes: texts.join(';'),
    };
    return this.#packed;
  }

  /** Adds what was packed; `times`: the times of agents alone. */
  load(packed: PackedSpan, only?: 'times'): void {
    const taken = (delta: readonly number[]) => (only ? timesIn(delta) : delta);
    addCell(this.#today, unpackCell(taken(packed.today)));
    addCell(this.#shift, unpackCell(taken(packed.shift)));
    this.#packed = undefined;
    for (const [start, delta] of minutesOf(packed.minutes)) this.#addToMinute(start, taken(delta));
  }

  #minuteOf(start: number): Minute {
    let minute = this.#minutes.get(start);
    if (!minute) {
      if (this.#minutes.size >= minutesKept + minutesMore) this.#forget();
      this.#minutes.set(start, (minute = { cell: emptyCell(), text: undefined }));
    }
    return minute;
  }

  /** Those by arrival do not come in order. */
  #forget(): void {
    let newest = 0;
    for (const start of this.#minutes.keys()) if (start > newest) newest = start;
    const oldest = newest - minutesKept * minuteMs;
    for (const start of this.#minutes.keys()) if (start <= oldest) this.#minutes.delete(start);
  }
}
