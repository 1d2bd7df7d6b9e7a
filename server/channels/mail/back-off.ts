/**
 * How long to wait before a mail server is tried again: twice as long each time, and drawn at random between half of that and
 * all of it, so that many mailboxes do not come back to a restarted server in the same instant. A sign-in that was refused
 * waits long from the first time on: mail systems lock accounts after a handful of wrong passwords.
 */
export interface BackOffTimes {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly refusedMs: number;
  readonly refusedLongestMs: number;
}

export const backOffTimes: BackOffTimes = {
  firstMs: 1000,
  longestMs: 120_000,
  refusedMs: 60_000,
  refusedLongestMs: 600_000,
};

/** `tries`: failures so far, from 1. */
export function backOffMs(
  tries: number,
  isRefused: boolean,
  times: BackOffTimes = backOffTimes,
  random: () => number = Math.random,
): number {
  const [first, longest] = isRefused
    ? [times.refusedMs, times.refusedLongestMs]
    : [times.firstMs, times.longestMs];
  const whole = Math.min(longest, first * 2 ** Math.min(tries - 1, 20));
  return isRefused ? whole : whole / 2 + (random() * whole) / 2;
}
