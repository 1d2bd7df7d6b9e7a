/**
 * One monotonic clock for all threads of the process: `performance.now()` counts from each thread's own start, and a
 * session that moves to another worker takes its times along.
 */

const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export function monotonicMs(): number {
  return performance.now() + offsetMs;
}
