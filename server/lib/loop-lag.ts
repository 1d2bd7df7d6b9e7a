/**
 * How late this process's event loop runs, as a metric: the house rule is that nothing holds a loop for more
 * than 20 ms (design §3). Read and reset at each scrape, so each figure covers the time since the last one.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsRegistry } from './metrics.ts';

const resolutionMs = 20;

export interface LoopLag {
  stop(): void;
}

export function measureLoopLag(metrics: MetricsRegistry): LoopLag {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const gauge = (name: string, which: string) =>
    metrics.gauge(
      `hearthline_loop_delay_${name}_seconds`,
      `Delay of the event loop since the last scrape, ${which}`,
    );
  const median = gauge('p50', 'the median');
  const p99 = gauge('p99', '99th percentile');
  const worst = gauge('max', 'the worst');
  metrics.onCollect(() => {
    if (histogram.count === 0) return;
    // The histogram holds whole timer periods: what exceeds the resolution is the delay.
    const seconds = (ns: number) => Math.max(0, ns / 1e6 - resolutionMs) / 1000;
    median.set(seconds(histogram.percentile(50)));
    p99.set(seconds(histogram.percentile(99)));
    worst.set(seconds(histogram.max));
    histogram.reset();
  });
  return { stop: () => void histogram.disable() };
}
