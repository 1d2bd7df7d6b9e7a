/**
 * The timer values of RFC 3261 table 4, derived from T1, T2 and T4. Tests shorten the three; nothing else does.
 */

export interface Timings {
  t1Ms: number;
  t2Ms: number;
  t4Ms: number;
  /** 64*T1: timers B, F, H, J, L, M, and how long a 2xx is repeated. */
  giveUpMs: number;
  /** Timer D: at least 32 s on UDP. */
  timerDMs: number;
}

export function timingsFrom(t1Ms: number, t2Ms: number, t4Ms: number): Timings {
  const giveUpMs = 64 * t1Ms;
  return { t1Ms, t2Ms, t4Ms, giveUpMs, timerDMs: giveUpMs };
}
