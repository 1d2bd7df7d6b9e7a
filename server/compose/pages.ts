/** The pages and their live sockets: what the HTTP side asks of every other part. */
import { createHttpServer, type HttpServer } from '../api/index.ts';
import type { ApiDeps } from '../api/ports.ts';
import type { AcdShell } from '../app/acd-shell.ts';
import type { ActiveSite } from '../app/active-site.ts';
import { withEmergency, withMaintenance } from '../app/board-notices.ts';
import type { LiveFigures } from '../app/live-figures.ts';
import type { Maintenance } from '../app/maintenance.ts';
import { routingSwitches } from '../app/routing-switches.ts';
import type { ServerConfig } from '../config/env.ts';
import type { BoardState } from '../contract/live.ts';
import { createChannelUseRepo } from '../db/repos/channel-use-repo.ts';
import { createConsentRepo } from '../db/repos/consent-repo.ts';
import { newId } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { AlertsSide } from './alerts.ts';
import { boardSite, createBoardSide } from './boards.ts';
import { egressOfStores } from '../residency/store-egress.ts';
import type { FiguresSide } from './figures-side.ts';
import type { RecordsSide } from './records.ts';
import { createRecordingStore } from './recording-files.ts';
import type { ResidencySide } from './residency.ts';
import { metricsTokenOf } from './staff-door.ts';
import type { Stores } from './stores.ts';
import type { TextSide } from './text.ts';
import { textChannelsOf } from './text-guard.ts';

export interface PagesParts extends Pick<
  ApiDeps,
  'access' | 'siteService' | 'health' | 'metricsText' | 'statics' | 'clock'
> {
  config: ServerConfig;
  stores: Stores;
  shell: AcdShell;
  live: LiveFigures;
  site: ActiveSite;
  records: RecordsSide;
  text: TextSide;
  figures: FiguresSide;
  alerting: AlertsSide;
  residency: ResidencySide;
  maintenance: Maintenance;
  logger: Logger;
}

export function createPages(parts: PagesParts): HttpServer {
  const { config, stores, shell, live, site, text, figures, alerting, clock, logger } = parts;
  const { access, siteService, residency, health, metricsText, statics } = parts;
  const { sequelize } = stores;
  return createHttpServer({
    access,
    siteService,
    residency,
    health,
    metricsText,
    statics,
    logger,
    clock,
    newId,
    audit: parts.records.audit,
    alerting: alerting.port,
    desk: text.desk,
    quarantine: text.guard.quarantine,
    blocks: text.guard.blocks,
    textChannels: () => textChannelsOf(site.site),
    hours: site,
    routing: routingSwitches(shell),
    recordings: createRecordingStore(stores.recordings, config.recordingsDir),
    contacts: stores.contacts,
    channels: {
      site: () => site.site,
      health: () => text.health(),
      ...createChannelUseRepo(sequelize),
      stores: egressOfStores(config),
    },
    consents: createConsentRepo(sequelize),
    decisions: stores.decisions,
    fairness: stores.fairness,
    reports: figures.reports,
    live: liveSource(parts),
    boards: createBoardSide({
      sequelize,
      clock,
      logger,
      newId,
      sources: {
        figures: live.figures,
        intraday: figures.intraday,
        alerts: () => alerting.alerts.standing(),
        site: boardSite(site),
      },
    }),
    settings: {
      trustedProxyHops: config.trustedProxyHops === 0 ? false : config.trustedProxyHops,
      isTls: config.isTls,
      ...(config.metricsToken && { metricsToken: config.metricsToken }),
      readMetricsToken: metricsTokenOf(config, logger),
    },
  });
}

/** The figures, and with them what stands over all of them: emergency and maintenance. */
function liveSource({ live, shell, maintenance, clock }: PagesParts): ApiDeps['live'] {
  const withNotices = (board: BoardState) =>
    withMaintenance(withEmergency(board, shell.acd.emergencies()), maintenance.state?.untilMs);
  return {
    board: () => withNotices(live.board(clock.now())),
    floor: () => {
      const floor = live.floor(clock.now());
      return { ...floor, board: withNotices(floor.board) };
    },
    part: (of) => live.boardPart(of, clock.now()),
    eventAt: () => live.eventAt(),
  };
}
