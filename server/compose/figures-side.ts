/** Everything that is asked of the figures of history, joined to the thread that knows them. */
import type { LiveFigures } from '../app/live-figures.ts';
import { Intraday } from '../app/figures/intraday.ts';
import { alertDrift, driftReport, type TrendAlert } from '../app/figures/drift-reports.ts';
import { fcrContacts, fcrReport } from '../app/figures/fcr-reports.ts';
import { intervalReport } from '../app/figures/interval-reports.ts';
import { UsualDays } from '../app/figures/usual-days.ts';
import { Statements } from '../app/figures/statements.ts';
import type { ReportPort } from '../api/ports.ts';
import type { DriftKey } from '../contract/drift-facts.ts';
import type { DriftReport } from '../contract/rest-drift.ts';
import type { Site } from '../contract/site.ts';
import { createDrillRepo } from '../db/repos/drill-repo.ts';
import { createStatementRepo } from '../db/repos/statement-repo.ts';
import type { Logger } from '../lib/log.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import type { Stores } from './stores.ts';

export interface FiguresSide {
  reports: ReportPort;
  intraday: Intraday;
  usualDays: UsualDays;
  /** What explains an alert on a trend. */
  alertDrift(alert: TrendAlert, by?: DriftKey): Promise<DriftReport | undefined>;
  stop(): void;
}

export function createFiguresSide(parts: {
  stores: Stores;
  live: LiveFigures;
  site: () => Site;
  now: () => number;
  metrics: MetricsRegistry;
  logger: Logger;
}): FiguresSide {
  const { stores, live, site, now, metrics, logger } = parts;
  const history = stores.figures;
  const timeZone = () => site().site.timeZone;
  const drill = createDrillRepo(stores.sequelize, (ids) => stores.contacts.byIds(ids));
  const store = createStatementRepo(stores.sequelize);
  const firstContact = {
    history,
    contactsOf: (ids: readonly string[]) => stores.contacts.byIds(ids),
    site,
    now,
  };
  const statements = new Statements({
    history,
    store,
    lastDay: () => live.lastDay(),
    timeZone,
    now,
    lastSeq: () => stores.log.lastSeq(),
    projectedSeq: () => history.projectedSeq(),
    logger,
  });
  statements.start();
  const differences = metrics.gauge(
    'hearthline_figure_differences',
    'Counts of the last day in which live figures, reports and their recount differ: always 0',
  );
  const lag = metrics.gauge('hearthline_figures_lag_events', 'Events that the roll-ups have still to follow');
  metrics.onCollect(() => {
    differences.set(statements.differences());
    lag.set(Math.max(0, stores.log.lastSeq() - history.projectedSeq()));
  });
  return {
    reports: {
      intervals: (query, within) => intervalReport({ history, site, now }, query, within),
      contacts: (query) => drill.contacts(query),
      statements: (atMost) => store.newest(atMost),
      fcr: (query) => fcrReport(firstContact, query),
      fcrContacts: (query) => fcrContacts(firstContact, query),
      drift: ({ baseFrom, baseTo, ...query }) =>
        driftReport({ history, site }, { ...query, base: [{ from: baseFrom, to: baseTo }] }),
    },
    intraday: new Intraday({ history, timeZone, now, logger }),
    usualDays: new UsualDays({ history, figures: live.figures, timeZone }),
    alertDrift: (alert, by) => alertDrift({ history, site }, alert, by),
    stop: () => statements.stop(),
  };
}
