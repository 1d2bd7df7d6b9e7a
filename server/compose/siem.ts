/** The feed of the SIEM joined to the house: the trail, the site in force, secrets, metrics. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { SiemFeed } from '../audit/siem-feed.ts';
import { openSiemLink } from '../audit/siem-link.ts';
import type { SettingsStore } from '../auth/ports.ts';
import { buildInfo } from '../lib/build-info.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import { createSecretFiles } from '../lib/secret-files.ts';

export interface SiemParts {
  audit: AuditTrail;
  settings: SettingsStore;
  dataDir: string;
  clock: Clock;
  logger: Logger;
  metrics: MetricsRegistry;
}

export function createSiemFeed({ audit, settings, dataDir, clock, logger, metrics }: SiemParts): SiemFeed {
  const secrets = createSecretFiles(join(dataDir, 'secrets'));
  const feed = new SiemFeed({
    audit,
    settings,
    open: (target) => openSiemLink(target, secrets),
    origin: { hostname: hostname(), version: buildInfo().version, processId: process.pid },
    now: () => clock.now(),
    logger,
  });
  exposeFeed(metrics, feed);
  return feed;
}

function exposeFeed(metrics: MetricsRegistry, feed: SiemFeed): void {
  const up = metrics.gauge(
    'hearthline_siem_up',
    '1 while the SIEM is connected; absent where the site names none',
  );
  const waiting = metrics.gauge(
    'hearthline_siem_waiting_events',
    'Entries of the audit trail that the SIEM does not have for sure',
  );
  const sent = metrics.counter(
    'hearthline_siem_sent_events_total',
    'Entries sent to the SIEM, repeats included',
  );
  const skipped = metrics.counter(
    'hearthline_siem_skipped_events_total',
    'Entries that the SIEM never gets, since too much waited: they are in the audit trail',
  );
  const connections = metrics.counter('hearthline_siem_connections_total', 'Connections to the SIEM');
  const intact = metrics.gauge(
    'hearthline_audit_chain_intact',
    '0 once an entry on its way to the SIEM did not fit the one before it',
  );
  metrics.onCollect(() => {
    const health = feed.health();
    if (health.state === 'off') up.remove();
    else up.set(Number(health.state === 'up'));
    waiting.set(health.waiting);
    sent.set(health.sent);
    skipped.set(health.skipped);
    connections.set(health.connections);
    intact.set(Number(health.isChainIntact));
  });
}
