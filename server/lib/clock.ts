/**
 * Time as the rest of the server sees it (design §8): instants in whole ms UTC that never go back, and
 * durations from the monotonic clock. When the machine's wall clock is set back, ours goes on at half
 * pace until the other has caught up: standing still would make every wait look like nothing, and
 * following would make it negative. A jump forward is believed at once.
 */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** ms UTC, whole, never smaller than what was answered before. */
  now(): number;
  /** For durations only: ms since an arbitrary moment, with fractions. */
  monotonicMs(): number;
}

export interface ClockSources {
  wallMs(): number;
  monotonicMs(): number;
}

const machine: ClockSources = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

export function createClock(sources: ClockSources = machine, notBefore = 0): Clock {
  let last = notBefore;
  let lastMono = sources.monotonicMs();
  return {
    now() {
      const mono = sources.monotonicMs();
      // In step, the wall clock is always ahead of half the time that passed.
      last = Math.max(sources.wallMs(), last + (mono - lastMono) / 2);
      lastMono = mono;
      return Math.floor(last);
    },
    monotonicMs: () => sources.monotonicMs(),
  };
}
