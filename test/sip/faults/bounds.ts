/** Bounds on how soon a killed process is back hold for the built product; from sources, tsx translates it first. */
import { readFileSync } from 'node:fs';

const isBuilt = process.env['HEARTHLINE_TEST_DIST'] === '1';

export const backBound = (builtMs: number): number => (isBuilt ? builtMs : builtMs * 3);

/** What these processes have waited for a processor so far, ms. */
export const queuedMs = (pids: readonly (number | undefined)[]): number =>
  pids.reduce((sum: number, pid) => {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return sum + Number(waitedNs) / 1e6;
  }, 0);

/**
 * A time without what a process had to wait for a processor that others used (its run-queue delay): what its start
 * takes on a machine of its own. A machine that is busy with other work would fail these bounds for no fault of ours.
 */
export function withoutQueueing(elapsedMs: number, pid: number | undefined): number {
  return elapsedMs - queuedMs([pid]);
}
