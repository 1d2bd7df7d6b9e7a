/** Bounds on how soon a killed process is back hold for the built product; from sources, tsx translates it first. */
import { queuedMs } from '../../support/process-cost.ts';

const isBuilt = process.env['HEARTHLINE_TEST_DIST'] === '1';

export const backBound = (builtMs: number): number => (isBuilt ? builtMs : builtMs * 3);

/**
 * A time without what a process had to wait for a processor that others used (its run-queue delay): what its start
 * takes on a machine of its own. A machine that is busy with other work would fail these bounds for no fault of ours.
 */
export function withoutQueueing(elapsedMs: number, pid: number | undefined): number {
  return elapsedMs - queuedMs([pid]);
}
