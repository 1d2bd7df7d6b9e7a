/** Figures of a measurement: one JSON line each beside its limit, and what a part of it cost in processor time. */
import type { House } from './house.ts';
import { machineTicks, stolenPct, treeCpuSec } from './process-cost.ts';

let isPassed = false;
/** A limit was passed by any figure so far. */
export const isLimitPassed = (): boolean => isPassed;

const rounded = (value: number) => Number(value.toPrecision(4));
export function figure(name: string, value: number, unit: string, limit: number | null = null): void {
  const isWithin = limit === null || value <= limit;
  // Not a number: what was to be measured never happened.
  if (!isWithin) isPassed = true;
  process.stdout.write(
    `${JSON.stringify({ figure: name, value: rounded(value), unit, limit, ...(limit !== null && { isWithin }) })}\n`,
  );
}
export const note = (text: string) => void process.stdout.write(`${JSON.stringify({ note: text })}\n`);

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
/** The 50th and the 99th percentile; the limit is of the latter. */
export function spread(name: string, ms: readonly number[], limit: number | null = null): void {
  figure(`${name} p50`, share(ms, 0.5), 'ms');
  figure(`${name} p99`, share(ms, 0.99), 'ms', limit);
}

export class Meter {
  readonly #house: House;
  readonly #cpu: { all: number; server: number };
  readonly #at = performance.now();
  readonly #machine = machineTicks();

  constructor(house: House) {
    this.#house = house;
    this.#cpu = this.#now();
  }

  #now() {
    const pids = this.#house.stack.pids();
    const all = Object.values(pids).reduce((sum, pid) => sum + treeCpuSec(pid), 0);
    return { all, server: treeCpuSec(pids.server ?? 0) };
  }

  read(part: string): { sec: number; cpuSec: number; serverCpuSec: number } {
    const now = this.#now();
    figure(`${part}: stolen_pct`, stolenPct(this.#machine, machineTicks()), '%');
    return {
      sec: (performance.now() - this.#at) / 1000,
      cpuSec: now.all - this.#cpu.all,
      serverCpuSec: now.server - this.#cpu.server,
    };
  }
}
