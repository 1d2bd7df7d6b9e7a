/**
 * Whose turn it is to be told what changed. Channels are told in short turns of the event loop, each at its own distance from its
 * last: so no event waits for the frames of all screens, and calls go in between. What telling costs is measured, and decides how
 * often: all together take three fifths of the time at most, and trees that are dear to make (boards, the floors of limited users) a
 * quarter. Has no timers.
 */
import type { LiveChannel } from './live-channel.ts';
import { isPaced } from './live-view.ts';

/** A screen is told no more often than this. */
export const tellEveryMs = 40;
/** Of what telling everybody costs, from one time to the next. */
const distance = 5 / 3;
/** Trees that take less in all are told as often as any. */
const dearMs = 20;
/** The cheapest of so many turns is what a channel costs: one that took longer was held up by something else. */
const turnsCompared = 4;

interface Told {
  /** Which of the changes heard of it was told last. */
  heard: number;
  atMs: number;
  makingMs: readonly number[];
  allMs: readonly number[];
}
const untold: Told = { heard: -1, atMs: -Infinity, makingMs: [], allMs: [] };

const costOf = (spentMs: readonly number[]): number =>
  spentMs.length < turnsCompared ? 0 : Math.min(...spentMs);
const newestFirst = (spentMs: readonly number[], newest: number): number[] =>
  [newest, ...spentMs].slice(0, turnsCompared);

export class LivePace {
  readonly #told = new WeakMap<LiveChannel, Told>();
  #heard = 0;

  /** Something changed, which no channel was told yet. */
  heard(): void {
    this.#heard += 1;
  }

  /** Who is still to be told, and at which instant (monotonic, ms) that may be at the earliest; in this order. */
  due(channels: readonly LiveChannel[]): { channel: LiveChannel; atMs: number }[] {
    const [everyMs, pacedEveryMs] = this.#distances(channels);
    const found: { channel: LiveChannel; atMs: number }[] = [];
    for (const channel of channels) {
      const told = this.#of(channel);
      if (told.heard === this.#heard) continue;
      found.push({ channel, atMs: told.atMs + (isPaced(channel.view) ? pacedEveryMs : everyMs) });
    }
    return found.sort((a, b) => a.atMs - b.atMs);
  }

  /** `makingMs`: for the tree and the frame; what is left until `endMs`, for sending it. */
  took(channel: LiveChannel, startMs: number, makingMs: number, endMs: number): void {
    const before = this.#of(channel);
    this.#told.set(channel, {
      heard: this.#heard,
      atMs: startMs,
      makingMs: newestFirst(before.makingMs, makingMs),
      allMs: newestFirst(before.allMs, endMs - startMs),
    });
  }

  #of(channel: LiveChannel): Told {
    return this.#told.get(channel) ?? untold;
  }

  /** From one telling to the next, of those told as often as possible and of those that are dear. */
  #distances(channels: readonly LiveChannel[]): [everyMs: number, pacedEveryMs: number] {
    let [plainMs, pacedMs, makingMs] = [0, 0, 0];
    for (const channel of channels) {
      const told = this.#of(channel);
      if (isPaced(channel.view)) {
        pacedMs += costOf(told.allMs);
        makingMs += costOf(told.makingMs);
      } else plainMs += costOf(told.allMs);
    }
    const areDear = makingMs > dearMs;
    const everyMs = Math.max(tellEveryMs, distance * (plainMs + (areDear ? 0 : pacedMs)));
    return [everyMs, areDear ? Math.max(everyMs, 4 * makingMs, distance * pacedMs) : everyMs];
  }
}
