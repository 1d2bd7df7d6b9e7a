/**
 * How long somebody at a place in the queue will wait, and how far such estimates have been off. The measure is the
 * queue's own pace: the mean time between two answers while somebody waited. It needs no model of agents who serve
 * several queues, since it sees what they do. Pure; a fold of events like everything else.
 *
 * An estimate is told to nobody before enough answers were seen, when the last of them is long past, or while those
 * announced of late were too far from what was then waited.
 */
export interface Pace {
  /** Mean time from one answer to the next while somebody waits. */
  readonly meanMs: number;
  readonly answers: number;
  readonly lastAt: number;
  /** Mean of |announced - waited| / waited over announcements that came to an answer. */
  readonly error: number;
  readonly judged: number;
}

export const noPace: Pace = { meanMs: 0, answers: 0, lastAt: 0, error: 0, judged: 0 };

/** The newest answers count most: about twenty of them make the mean. */
const share = 0.1;
const minAnswers = 5;
const staleAfterMs = 30 * 60_000;
const maxError = 0.5;
const minJudged = 5;
/** Below this a relative error says nothing. */
const leastWaitMs = 10_000;

const mixed = (mean: number, count: number, value: number): number =>
  mean + (value - mean) * Math.max(share, 1 / (count + 1));

/** An answer, `busyMs` after the one before or after the first began to wait, whichever came later. */
export function answered(pace: Pace, at: number, busyMs: number): Pace {
  return {
    ...pace,
    meanMs: mixed(pace.meanMs, pace.answers, busyMs),
    answers: pace.answers + 1,
    lastAt: at,
  };
}

/** What was announced, beside what was then waited from the announcement on. */
export function judged(pace: Pace, announcedMs: number, waitedMs: number): Pace {
  const off = Math.min(10, Math.abs(announcedMs - waitedMs) / Math.max(leastWaitMs, waitedMs));
  return { ...pace, error: mixed(pace.error, pace.judged, off), judged: pace.judged + 1 };
}

/** For the `position`th in line, 1 = next; undefined while it cannot be trusted. */
export function estimateMs(pace: Pace, position: number, at: number): number | undefined {
  if (pace.answers < minAnswers || at - pace.lastAt > staleAfterMs) return undefined;
  if (pace.judged >= minJudged && pace.error > maxError) return undefined;
  return Math.round(position * pace.meanMs);
}
