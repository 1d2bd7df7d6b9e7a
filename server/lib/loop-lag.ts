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
  const gauge = metrics.gauge(
    'hearthline_loop_delay_seconds',
    'Delay of the event loop since the last scrape, by quantile',
  );
  metrics.onCollect(() => {
    if (histogram.count === 0) return;
    // The histogram holds whole timer periods: what exceeds the resolution is the delay.
    const seconds = (ns: number) => Math.max(0, ns / 1e6 - resolutionMs) / 1000;
    gauge.set(seconds(histogram.percentile(50)), { quantile: '0.5' });
    gauge.set(seconds(histogram.percentile(99)), { quantile: '0.99' });
    gauge.set(seconds(histogram.max), { quantile: '1' });
    histogram.reset();
  });
  return { stop: () => void histogram.disable() };
}
