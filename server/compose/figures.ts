/** What /metrics says of routing and calls, gathered at the time of a scrape. */
import type { AcdShell } from '../app/acd-shell.ts';
import type { LiveFigures } from '../app/live-figures.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';

export function exposeFigures(
  metrics: MetricsRegistry,
  shell: AcdShell,
  live: () => LiveFigures,
  now: () => number,
): void {
  const contacts = metrics.gauge('hearthline_contacts', 'Contacts in hand, by state');
  const agents = metrics.gauge('hearthline_agents', 'Agents, by state');
  const waiting = metrics.gauge('hearthline_queue_waiting', 'Contacts waiting, by queue');
  const ignored = metrics.gauge(
    'hearthline_commands_ignored',
    'Commands that changed nothing, by kind and reason',
  );
  const lost = metrics.gauge(
    'hearthline_accounting_difference',
    'Offered and waiting less what became of them: always 0',
  );
  const known = new Set<string>();
  metrics.onCollect(() => {
    const byState = new Map<string, number>();
    for (const { state } of shell.acd.contacts()) byState.set(state, (byState.get(state) ?? 0) + 1);
    for (const state of ['greeting', 'waiting', 'offered', 'connected', 'flowed-out'])
      contacts.set(byState.get(state) ?? 0, { state });
    const board = live().board(now());
    for (const [state, count] of Object.entries(board.agentsByState)) agents.set(count, { state });
    // A queue that left the site has nobody waiting; its last figure must not stand for ever.
    for (const queueId of known) if (!board.queues[queueId]) waiting.set(0, { queue: queueId });
    for (const { queueId, waiting: count } of Object.values(board.queues)) {
      known.add(queueId);
      waiting.set(count, { queue: queueId });
    }
    for (const [key, count] of shell.ignoredCounts()) {
      const [command, reason] = key.split(':');
      ignored.set(count, { command: command!, reason: reason! });
    }
    const a = board.accounting;
    lost.set(a.offered + a.waitingAtStart - a.answered - a.abandoned - a.flowedOut - a.waiting);
  });
}
