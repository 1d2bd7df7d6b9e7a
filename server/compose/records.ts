/** What is kept of customers and for how long: their cards, and the text that retention lets go of, with the trail of both. */
import type { ActiveSite } from '../app/active-site.ts';
import { Customers } from '../app/customers/customers.ts';
import { Retention } from '../app/text/retention.ts';
import { createAuditTrail, type AuditTrail } from '../audit/audit-trail.ts';
import { createCustomerRepo } from '../db/repos/customer-repo.ts';
import { createRetentionRepo } from '../db/repos/retention-repo.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import { recordingRemover } from './recording-files.ts';
import type { Stores } from './stores.ts';

export interface RecordsSide {
  audit: AuditTrail;
  customers: Customers;
  retention: Pick<Retention, 'due' | 'look'>;
  /** Once a site is in force. */
  start(): void;
  stop(): void | Promise<void>;
}

export function createRecordsSide(parts: {
  stores: Stores;
  site: Pick<ActiveSite, 'site'>;
  recordingsDir: string;
  clock: Clock;
  logger: Logger;
}): RecordsSide {
  const { stores, site, clock, logger } = parts;
  const audit = createAuditTrail(stores.sequelize, clock);
  const customers = new Customers({
    store: createCustomerRepo(stores.sequelize, newId),
    site: () => site.site,
    clock,
    logger,
  });
  const retention = new Retention({
    store: createRetentionRepo(stores.sequelize, recordingRemover(parts.recordingsDir, logger)),
    retention: () => site.site.retention,
    audit,
    clock,
    logger,
  });
  return {
    audit,
    customers,
    retention,
    start() {
      retention.start();
      customers.start();
    },
    stop() {
      retention.stop();
      return customers.stop();
    },
  };
}
