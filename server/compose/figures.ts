/** What /metrics says of routing and calls, gathered at the time of a scrape. */
import type { AcdShell } from '../app/acd-shell.ts';
import type { LiveFigures } from '../app/live-figures.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import { exposeQueues } from './queue-metrics.ts';

export function exposeFigures(
  metrics: MetricsRegistry,
  shell: AcdShell,
  live: () => LiveFigures,
  now: () => number,
): void {
  const contacts = metrics.gauge('hearthline_contacts', 'Contacts in hand, by state');
  const agents = metrics.gauge('hearthline_agents', 'Agents, by state');
  const queues = exposeQueues(metrics);
  const phones = metrics.gauge('hearthline_phones_unreachable', 'Phones of agents that are not registered');
  const ignored = metrics.counter(
    'hearthline_commands_ignored_total',
    'Commands that changed nothing, by kind and reason',
  );
  const lost = metrics.gauge(
    'hearthline_accounting_difference',
    'Offered and waiting less what became of them: always 0',
  );
  metrics.onCollect(() => {
    const byState = new Map<string, number>();
    for (const { state } of shell.acd.contacts()) byState.set(state, (byState.get(state) ?? 0) + 1);
    for (const state of ['greeting', 'waiting', 'offered', 'connected', 'flowed-out'])
      contacts.set(byState.get(state) ?? 0, { state });
    const board = live().board(now());
    for (const [state, count] of Object.entries(board.agentsByState)) agents.set(count, { state });
    queues(board, now());
    phones.set(board.unreachablePhones);
    for (const [key, count] of shell.ignoredCounts()) {
      const [command, reason] = key.split(':');
      ignored.set(count, { command: command!, reason: reason! });
    }
    const a = board.accounting;
    lost.set(a.offered + a.waitingAtStart - a.answered - a.abandoned - a.flowedOut - a.waiting);
  });
}
