/**
 * What the house tells of itself and to whom: starts and stops, parts that are gone, what commands did, all into the audit trail;
 * and from there to the SIEM of the site in force.
 */
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { SettingsStore } from '../auth/ports.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { Site } from '../contract/site.ts';
import { buildInfo } from '../lib/build-info.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import { watchParts } from './part-watch.ts';
import { createSiemFeed } from './siem.ts';
import { ToldEvents } from './told-events.ts';

export interface TrailSide {
  told: ToldEvents;
  siteChanged(site: Site): void;
  /** The server serves from here on. */
  started(health: () => HealthAnswer): void;
  stop(): Promise<void>;
}

export function createTrailSide(parts: {
  audit: AuditTrail;
  settings: SettingsStore;
  dataDir: string;
  clock: Clock;
  logger: Logger;
  metrics: MetricsRegistry;
}): TrailSide {
  const told = new ToldEvents(parts);
  const feed = createSiemFeed(parts);
  let watch: { stop(): void } | undefined;
  return {
    told,
    siteChanged: ({ syslog }) => feed.apply(syslog),
    started(health) {
      told.start();
      const { version, commit } = buildInfo();
      void told.tell({ action: 'service.started', details: { version, commit } });
      watch = watchParts(health, told);
    },
    async stop() {
      watch?.stop();
      told.stop();
      if (watch) await told.tell({ action: 'service.stopped' });
      await feed.stop();
    },
  };
}
