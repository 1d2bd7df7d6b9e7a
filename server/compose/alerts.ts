/**
 * Alerts, joined to the live figures, the house's own mail, webhooks and Postgres. They start last and stop early: no call,
 * mail or chat waits for them.
 */
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import type { AlertsPort } from '../api/alerts/port.ts';
import type { ActiveSite } from '../app/active-site.ts';
import { alertSiteOf } from '../app/alerts/alert-site.ts';
import { Alerts } from '../app/alerts/alerts.ts';
import type { AlertWays, ExplainAlert, HistorySource, Sent } from '../app/alerts/ports.ts';
import type { LoggerPort } from '../app/ports.ts';
import type { SendResult } from '../app/text/channel.ts';
import type { MailNotice } from '../channels/mail/mail-notice.ts';
import { createAlertPoster } from '../channels/webhook/alert-webhook.ts';
import type { Site } from '../contract/site.ts';
import { createAlertRepo } from '../db/repos/alert-repo.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { createSecretFiles } from '../lib/secret-files.ts';
import type { FigureSource } from '../stats/figure-source.ts';

export interface AlertsSideParts {
  sequelize: Sequelize;
  source: FigureSource;
  history: HistorySource;
  explain: ExplainAlert;
  site: Pick<ActiveSite, 'site'>;
  /** By the first mailbox of the site that sends; `off`: none does. */
  sendNotice: (notice: MailNotice, signal: AbortSignal) => Promise<SendResult>;
  dataDir: string;
  clock: Pick<Clock, 'now'>;
  logger: LoggerPort;
}

export interface AlertsSide {
  alerts: Alerts;
  /** For the API. */
  port: AlertsPort;
  start(): void;
  stop(): Promise<void>;
}

export function createAlerts(parts: AlertsSideParts): AlertsSide {
  const { sequelize, source, history, explain, clock, logger } = parts;
  let known: { site: Site; view: ReturnType<typeof alertSiteOf> } | undefined;
  const site = () => {
    const current = parts.site.site;
    if (known?.site !== current) known = { site: current, view: alertSiteOf(current) };
    return known.view;
  };
  const alerts = new Alerts({
    store: createAlertRepo(sequelize),
    source,
    history,
    explain,
    ways: waysOf(parts),
    site,
    clock,
    newId,
    logger,
  });
  return {
    alerts,
    port: { alerts, scopes: () => site().scopes() },
    start: () => alerts.start(),
    stop: () => alerts.stop(),
  };
}

function waysOf({ sendNotice, dataDir, clock }: AlertsSideParts): AlertWays {
  const secrets = createSecretFiles(join(dataDir, 'secrets'));
  return {
    mail: async (mail, signal) => sentOf(await sendNotice(mail, signal)),
    webhook: createAlertPoster({ secret: (name) => secrets.text(name), now: () => clock.now() }),
  };
}

/** What a relay said may hold addresses: only that it was so goes on. A mailbox may come with the next site. */
function sentOf(result: SendResult): Sent {
  switch (result.outcome) {
    case 'sent':
      return { outcome: 'sent' };
    case 'off':
      return { outcome: 'later', fault: 'no-mailbox' };
    case 'failed':
      return { outcome: 'failed', fault: 'refused' };
    case 'later':
      return { outcome: 'later', fault: 'unreachable' };
  }
}

/** Until history answers: no rule of a trend holds. */
export const noHistory: HistorySource = { meanOfInterval: () => Promise.resolve(undefined) };
