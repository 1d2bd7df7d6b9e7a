/** Figures of each queue for monitoring, out of the live board: those of the day count from local midnight of the site. */
import type { BoardState, QueueLive } from '../contract/live.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';

interface QueueFigure {
  name: string;
  help: string;
  /** Undefined: nothing to say yet. */
  of: (queue: QueueLive, now: number) => number | undefined;
}

const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

const figures: readonly QueueFigure[] = [
  { name: 'waiting', help: 'Contacts waiting, by queue', of: (queue) => queue.waiting },
  {
    name: 'oldest_wait_seconds',
    help: 'How long the longest waiting contact has waited, by queue; 0 when nobody waits',
    of: ({ oldestWaitingSince }, now) =>
      oldestWaitingSince === undefined ? 0 : Math.max(0, now - oldestWaitingSince) / 1000,
  },
  { name: 'ringing', help: 'Contacts ringing at an agent, by queue', of: (queue) => queue.ringing },
  { name: 'talking', help: 'Contacts with an agent, by queue', of: (queue) => queue.talking },
  { name: 'agents_logged_in', help: 'Agents logged in, by queue', of: (queue) => queue.agentsLoggedIn },
  { name: 'agents_ready', help: 'Agents who are ready, by queue', of: (queue) => queue.agentsReady },
  { name: 'offered_today', help: 'Contacts offered since midnight, by queue', of: (queue) => queue.offered },
  {
    name: 'answered_today',
    help: 'Contacts answered since midnight, by queue',
    of: (queue) => queue.answered,
  },
  {
    name: 'abandoned_today',
    help: 'Contacts abandoned since midnight, by queue',
    of: (queue) => queue.abandoned,
  },
  {
    name: 'flowed_out_today',
    help: 'Contacts that flowed out since midnight, by queue',
    of: (queue) => queue.flowedOut,
  },
  { name: 'rona_today', help: 'Offers not answered since midnight, by queue', of: (queue) => queue.rona },
  {
    name: 'service_level_ratio',
    help: 'Service level since midnight, 0 to 1, by queue; absent before the first contact',
    of: (queue) => queue.serviceLevel,
  },
  {
    name: 'service_level_target_ratio',
    help: 'Service level that the site asks for, 0 to 1, by queue',
    of: ({ targetPercent }) => targetPercent / 100,
  },
  {
    name: 'mean_answer_seconds',
    help: 'Mean wait of answered contacts since midnight, by queue; absent before the first',
    of: ({ asaMs }) => inSeconds(asaMs),
  },
  {
    name: 'mean_handle_seconds',
    help: 'Mean handling time since midnight, by queue; absent before the first',
    of: ({ ahtMs }) => inSeconds(ahtMs),
  },
];

export function exposeQueues(metrics: MetricsRegistry): (board: BoardState, now: number) => void {
  const gauges = figures.map(({ name, help, of }) => ({
    of,
    gauge: metrics.gauge(`hearthline_queue_${name}`, help),
  }));
  return (board, now) => {
    for (const { gauge, of } of gauges) {
      // A queue that left the site must not stand for ever.
      gauge.clear();
      for (const queue of Object.values(board.queues)) {
        const value = of(queue, now);
        if (value !== undefined) gauge.set(value, { queue: queue.queueId });
      }
    }
  };
}
