/** What running processes cost, for measurements: processor time and memory of a process with all below it, and what the host kept from this machine. */
import { readdirSync, readFileSync } from 'node:fs';

export interface MachineTicks {
  all: number;
  /** Time this machine wanted to run and its host gave to others: what a late answer may be due to. */
  stolen: number;
}

export function machineTicks(): MachineTicks {
  const ticks = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/ +/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, n) => sum + n, 0), stolen: ticks[7]! };
}

/** Percent of the machine's time between two looks that its host gave to others. */
export const stolenPct = (first: MachineTicks, last: MachineTicks): number =>
  (100 * (last.stolen - first.stolen)) / Math.max(1, last.all - first.all);

/** What these processes have waited for a processor so far, ms. */
export const queuedMs = (pids: readonly (number | undefined)[]): number =>
  pids.reduce((sum: number, pid) => {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return sum + Number(waitedNs) / 1e6;
  }, 0);

/** User and system time of a process and its children, those that ended included. */
export function treeCpuSec(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100;
    return own + childrenOf(pid).reduce((sum, child) => sum + treeCpuSec(child), 0);
  } catch {
    return 0;
  }
}

function proportionalKb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    });
}

/** Proportional set size of a process and all below it, MB: shared pages are counted once. */
export const treeMb = (pid: number): number =>
  proportionalKb(pid) / 1024 + childrenOf(pid).reduce((sum, child) => sum + treeMb(child), 0);
