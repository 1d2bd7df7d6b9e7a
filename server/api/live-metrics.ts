/**
 * Figures of the live sockets, as Prometheus text: event-to-pixel as the screens measure it (N3), frames sent,
 * sockets cut and why. May not use a label that a stranger chooses.
 */
import { createMetrics } from '../lib/metrics.ts';
import { isPlausibleLatency } from './live-request.ts';
import { liveKinds, type LiveKind } from './live-view.ts';

const pixelBuckets = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5] as const;

export interface LiveMetrics {
  painted(scope: LiveKind, latencyMs: number): void;
  sent(scope: LiveKind, sockets: number): void;
  cut(why: string): void;
  resynced(): void;
  failed(): void;
  text(open: (scope: LiveKind) => number): string;
}

export function createLiveMetrics(): LiveMetrics {
  const registry = createMetrics();
  const pixel = registry.histogram(
    'hearthline_event_to_pixel_seconds',
    'From the event in the log to the painted frame, told by the screens.',
    pixelBuckets,
  );
  const odd = registry.counter(
    'hearthline_event_to_pixel_refused_total',
    'Latencies told by a screen that are out of bounds, so not counted.',
  );
  const frames = registry.counter('hearthline_live_frames_sent_total', 'Frames sent to live sockets.');
  const cuts = registry.counter('hearthline_live_sockets_cut_total', 'Live sockets cut by us, by reason.');
  const resyncs = registry.counter('hearthline_live_resyncs_total', 'Fresh snapshots asked for after a gap.');
  const faults = registry.counter('hearthline_live_faults_total', 'Times the live state could not be read.');
  const sockets = registry.gauge('hearthline_live_sockets', 'Live sockets open now.');
  return {
    painted(scope, latencyMs) {
      if (isPlausibleLatency(latencyMs)) pixel.observe(latencyMs / 1000, { scope });
      else odd.inc();
    },
    sent: (scope, count) => frames.inc(count, { scope }),
    cut: (reason) => cuts.inc(1, { reason }),
    resynced: () => resyncs.inc(),
    failed: () => faults.inc(),
    text(open) {
      for (const scope of liveKinds) sockets.set(open(scope), { scope });
      return registry.text();
    },
  };
}
