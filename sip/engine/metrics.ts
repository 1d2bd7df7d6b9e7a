/**
 * Counters and gauges of the engine, written as Prometheus text. Counting is an increment of a number.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { counterHelp, gaugeHelp, totalHelp } from './metric-names.ts';
import type { CounterName, GaugeName, TotalName } from './metric-names.ts';

const prefix = 'hearthline_sip_';
const loopResolutionMs = 20;

const sample = (name: string, type: 'counter' | 'gauge', help: string, value: number): string =>
  `# HELP ${prefix}${name} ${help}\n# TYPE ${prefix}${name} ${type}\n${prefix}${name} ${value}\n`;

export class Metrics {
  readonly #counters = new Map<CounterName, number>();
  readonly #gauges = new Map<GaugeName, () => number>();
  readonly #totals = new Map<TotalName, () => number>();

  constructor() {
    for (const name of Object.keys(counterHelp)) this.#counters.set(name as CounterName, 0);
  }

  count(name: CounterName, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  value(name: CounterName): number {
    return this.#counters.get(name) ?? 0;
  }

  gauge(name: GaugeName, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** A total that something else counts. */
  total(name: TotalName, read: () => number): void {
    this.#totals.set(name, read);
  }

  text(): string {
    let out = '';
    for (const [name, value] of this.#counters) out += sample(name, 'counter', counterHelp[name], value);
    for (const [name, read] of this.#totals) out += sample(name, 'counter', totalHelp[name], read());
    for (const [name, read] of this.#gauges) out += sample(name, 'gauge', gaugeHelp[name], read());
    return out;
  }
}

/** Of the loop that carries all calls; each figure covers the time since the last scrape. */
export function measureLoop(metrics: Metrics): void {
  const histogram = monitorEventLoopDelay({ resolution: loopResolutionMs });
  histogram.enable();
  // The histogram holds whole timer periods: what exceeds the resolution is the delay.
  const delay = (ns: number) => Math.max(0, ns / 1e6 - loopResolutionMs) / 1000;
  metrics.gauge('loop_delay_p99_seconds', () =>
    histogram.count === 0 ? 0 : delay(histogram.percentile(99)),
  );
  // Written last, so that the one before covers the same time.
  metrics.gauge('loop_delay_max_seconds', () => {
    const worst = histogram.count === 0 ? 0 : delay(histogram.max);
    histogram.reset();
    return worst;
  });
}
