/**
 * How long to wait before the next try, for ever. Full jitter below a ceiling that doubles up to a small
 * limit: forty televisions that lost one server must not come back in the same millisecond, and none may
 * stay dark for more than a few seconds after it is up again.
 */
export const firstBackOffMs = 250;
export const longestBackOffMs = 3000;

/** `attempt` counts from 0; `random` in 0..1. */
export function backOffMs(attempt: number, random: number): number {
  const ceiling = Math.min(longestBackOffMs, firstBackOffMs * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 4 + random * ceiling * 0.75);
}
