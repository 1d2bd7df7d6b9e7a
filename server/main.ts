/**
 * The composer: the only place that knows every part. It joins the pure engine, the log, history, telephony and the
 * screens, takes over what a former process left, and lets go in order. No rule of the business is in here.
 */
import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { renderText } from '../installer/prompts.ts';
import { keepLedger } from '../sip/system/ledger/process-ledger.ts';
import { createCallControl, defaultTimings } from '../sip/call/call-control.ts';
import { createServiceNotify } from '../sip/system/service-notify.ts';
import type { AdminOps } from './api/admin-ops.ts';
import type { StaticDirs } from './api/ports.ts';
import { createAdminSocketApp, listenAdminSocket } from './api/admin-socket.ts';
import { AcdShell } from './app/acd-shell.ts';
import { ActiveSite } from './app/active-site.ts';
import { Callbacks } from './app/callback/callbacks.ts';
import { FeatureCodes } from './app/feature-codes.ts';
import { SiteService } from './app/site-service.ts';
import { takeOver } from './app/takeover.ts';
import { VoiceCalls } from './app/voice-calls.ts';
import { createSecretFiles } from './lib/secret-files.ts';
import { createCallbackRepo } from './db/repos/callback-repo.ts';
import { createAccess } from './auth/access.ts';
import { resetPassword } from './auth/password-reset.ts';
import { createAlerts } from './compose/alerts.ts';
import { exposeFigures } from './compose/figures.ts';
import { exposeOperations } from './compose/operations-metrics.ts';
import { createFiguresSide } from './compose/figures-side.ts';
import { healthOf } from './compose/health.ts';
import { createTextSide } from './compose/text.ts';
import { exposeGuard } from './compose/text-guard.ts';
import { createReconciler } from './compose/reconciling.ts';
import { rotateReplyKeys } from './compose/reply-keys.ts';
import { createTrailSide } from './compose/trail.ts';
import { openStaffDoor, openTls } from './compose/staff-door.ts';
import { createResidency, keepWayToStores } from './compose/residency.ts';
import { createMaintenance } from './compose/maintenance.ts';
import { createPages } from './compose/pages.ts';
import { firstSite, recoverHouse } from './compose/recover-house.ts';
import { offerSetup, writeSetupSecret } from './compose/setup-secret.ts';
import { createRecordsSide } from './compose/records.ts';
import { keepSnapshots } from './compose/snapshots.ts';
import { createStartingDoor } from './compose/starting-door.ts';
import { openStores } from './compose/stores.ts';
import { BadEnvironment, readEnvironment, type ServerConfig } from './config/env.ts';
import { PromptFiles } from './config/prompt-files.ts';
import { verifyPin } from './config/site-file.ts';
import { readSite } from './config/site-reader.ts';
import { createClock } from './lib/clock.ts';
import { newId } from './lib/ids.ts';
import { logLastWords } from './lib/last-words.ts';
import { createLogger } from './lib/log.ts';
import { measureLoopLag } from './lib/loop-lag.ts';
import { createMetrics } from './lib/metrics.ts';
import { createShutdown } from './lib/shutdown.ts';

/** Ties every process of this installation to the same dialogs in the SIP engine. */
const sipTag = 'hearthline';

async function main(): Promise<void> {
  // First of all: what is opened from here on is seen.
  keepLedger();
  // Each look into Node's own process.env asks the system; the SIP client library looks with every header.
  process.env = { ...process.env };
  const config = readEnvironment(process.env);
  const logger = createLogger('server', config.logLevel);
  logLastWords(logger);
  const shutdown = createShutdown(logger);
  shutdown.listen();
  const service = createServiceNotify(process.env, (err) => logger.error({ err }, 'systemd is not told'));
  service.status('Reading the event log');
  const instanceId = randomUUID();
  const clock = createClock();
  const metrics = createMetrics();
  const lag = measureLoopLag(metrics);
  shutdown.add('loop lag', () => lag.stop());
  const tls = openTls({ config, now: () => clock.now(), logger, shutdown });

  const leaveWayToStores = await keepWayToStores(config, logger);
  const stores = await openStores(config, {
    logger,
    instanceId,
    door: createStartingDoor({ config, tls, logger }),
    onFenced: () => void shutdown.run('fenced').then(() => process.exit(1)),
  });
  shutdown.add('stores', () => stores.close());
  const prompts = new PromptFiles(config.promptsDir, renderText);
  const stored = await firstSite(stores, config, logger);
  const { site, version } = stored;
  await prompts.prepare(site, (err) => logger.error({ err }, 'a prompt of the site is missing'));

  // What was: the snapshot and the events after it, folded again without acting on any.
  const house = await recoverHouse(stores, site, clock.now());
  const shell = new AcdShell({ acd: house.acd, log: stores.log, clock, logger });
  shutdown.add('routing', () => shell.stop());
  const live = house.live;
  const { recent } = house;
  shell.onEvent((event) => live.apply(event));
  shell.onEvent((event) => recent.apply(event));

  const calls = createCallControl({
    control: config.sipControl,
    secret: config.sipSecret,
    mediaControl: config.mediaControl,
    tag: sipTag,
    store: stores.legs,
    logger,
    minExpiresSec: config.minExpiresSec,
    maxExpiresSec: 3600,
    timings: { ...defaultTimings, rtpTimeoutMs: config.rtpTimeoutMs },
    secretOf: (name) => createSecretFiles(join(config.dataDir, 'secrets')).text(name),
    startTimeoutMs: 10_000,
  });
  const active = new ActiveSite();
  const features = new FeatureCodes({ shell, calls, site: active, prompts, clock, logger, verifyPin });
  const callbacks = new Callbacks({
    shell,
    calls,
    site: active,
    prompts,
    store: createCallbackRepo(stores.sequelize, newId),
    clock,
    logger,
  });
  const voice = new VoiceCalls({
    shell,
    calls,
    site: active,
    prompts,
    clock,
    features,
    recent,
    callbacks,
    announcement: (language) => maintenance.file(language),
  });
  const screens = staticDirs(config);
  const records = createRecordsSide({
    stores,
    site: active,
    recordingsDir: config.recordingsDir,
    clock,
    logger,
  });
  const { audit, customers } = records;
  const maintenance = createMaintenance({
    settings: stores.settings,
    site: active,
    promptsDir: config.promptsDir,
    render: renderText,
    audit,
    clock,
    logger,
  });
  shutdown.add('maintenance', () => maintenance.stop());
  const { dataDir } = config;
  const trail = createTrailSide({ audit, settings: stores.settings, dataDir, clock, logger, metrics });
  shutdown.add('trail', () => trail.stop());
  const text = createTextSide({
    stores,
    shell,
    site: active,
    live,
    calls,
    callbacks,
    customers,
    maintenance,
    clock,
    logger,
    config,
    tls,
    uiDir: dirname(screens.adminUiDir),
  });
  shutdown.add('text channels', () => text.stop());
  const siteService = new SiteService({
    active,
    store: stores.sites,
    shell,
    calls,
    prompts,
    readSite,
    onApplied: (applied) => {
      live.setSite(applied, clock.now());
      text.siteChanged();
      trail.siteChanged(applied);
    },
  });
  siteService.apply(stored, house.siteVersion === version);

  shutdown.add('records', () => records.stop());
  records.start();
  const access = createAccess({
    sequelize: stores.sequelize,
    redis: stores.redisCommands,
    settings: stores.settings,
    audit,
    clock,
    newId,
  });
  exposeFigures(
    metrics,
    shell,
    () => live,
    () => clock.now(),
  );
  const figures = createFiguresSide({
    stores,
    live,
    site: () => active.site,
    now: () => clock.now(),
    metrics,
    logger,
  });
  shutdown.add('figures', () => figures.stop());
  let isTakenOver = false;
  const health = () => healthOf(stores, calls, isTakenOver, text.health(), residency.health());
  exposeGuard(metrics, text.guard);
  const operations = exposeOperations({
    metrics,
    stores,
    health,
    tls,
    lastBackup: () => trail.told.lastBackup,
    dirs: { data: config.dataDir, recordings: config.recordingsDir },
    statusSockets: config.statusSockets,
  });
  const alerting = createAlerts({
    sequelize: stores.sequelize,
    source: live.figures,
    history: figures.usualDays,
    explain: (alert, by) => figures.alertDrift(alert, by),
    site: active,
    sendNotice: text.sendNotice,
    dataDir: config.dataDir,
    clock,
    logger,
  });
  shutdown.add('alerts', () => alerting.stop());
  const residency = createResidency({
    config,
    site: active,
    alertWebhooks: () => alerting.alerts.webhooks(),
    calls,
    audit,
    metrics,
    clock,
    logger,
  });
  shutdown.add('residency', () => residency.stop());
  const http = createPages({
    config,
    stores,
    shell,
    live,
    site: active,
    access,
    records,
    siteService,
    text,
    figures,
    alerting,
    residency,
    maintenance,
    health,
    metricsText: () => operations.text(),
    statics: screens,
    clock,
    logger,
  });
  shell.onBatch(() => http.liveHub.notify());
  shutdown.add('screens', () => http.close());

  calls.onEvent((event) => voice.onCallEvent(event));
  const reconciler = createReconciler({
    shell,
    calls,
    voice,
    features,
    site: active,
    clock,
    logger,
    metrics,
    sipTag,
    sipStatus: config.statusSockets.sip,
  });
  shutdown.add('reconciler', () => reconciler.stop());
  const found = await calls.start();
  shutdown.add('telephony', () => calls.stop());
  shell.record({ type: 'server.started', at: clock.now(), data: { instanceId } });
  // A kill may have cut the log between two events of one command.
  shell.run({ type: 'repair' });
  takeOver(shell, calls, voice, found.phones, logger);
  isTakenOver = true;
  shell.schedule();
  reconciler.start();
  void text.start();
  alerting.start();
  leaveWayToStores();
  void residency.start();

  const keeper = keepSnapshots({
    stores,
    shell,
    live,
    recent,
    now: () => clock.now(),
    siteVersion: () => active.version,
    logger,
  });
  shutdown.add('snapshots', () => keeper.stop());
  const onSetupSecret = (secret: string) => writeSetupSecret(config.setupSecretFile, secret);
  // Before the first page can be asked for. Without Postgres nobody can sign in anyway: calls go first.
  await offerSetup(access.setup, onSetupSecret).catch((err: unknown) =>
    logger.error({ err }, 'no setup secret could be made'),
  );
  await openStaffDoor({ http, tls, config, shutdown, logger });
  const ops: AdminOps = {
    tell: (event) => trail.told.take(event),
    rotateReplyKeys: () => rotateReplyKeys(stores.settings),
    endSessions: () => access.sessions.endAll(),
    retention: records.retention,
    maintenance,
    timeZone: () => active.site.site.timeZone,
    users: {
      list: () => access.users.list(),
      resetPassword: (username, actor) =>
        resetPassword(
          { ...access, audit, endSessionsOf: (userId) => http.endSessionsOf(userId) },
          username,
          actor,
        ),
    },
  };
  const adminApp = createAdminSocketApp({
    access,
    audit,
    siteService,
    health,
    metricsText: () => operations.text(),
    logger,
    newId,
    onSetupSecret,
    ops,
    residency,
  });
  const admin = await listenAdminSocket(adminApp, config.adminSocket);
  shutdown.add('admin socket', () => void admin.close());
  service.ready(`Routing; pages on port ${config.http.port}`);
  service.keepAlive(() => shell.takesItsTurn());
  shutdown.add('systemd', () => service.stopping());
  trail.started(health);
  await maintenance.resume();
  logger.info({ port: config.http.port, version, instanceId }, 'ready');
}

/** Where the built pages are: told from where this file is, which is another place once all is packed into one. */
function staticDirs(config: ServerConfig): StaticDirs {
  // Run from sources or from what was built of them, the screens are in dist.
  const above = resolve(import.meta.dirname, '..');
  const built = config.uiDir ?? (basename(above) === 'dist' ? above : join(above, 'dist'));
  return { wallboardDir: join(built, 'wallboard'), adminUiDir: join(built, 'admin-ui') };
}

main().catch((error: unknown) => {
  if (error instanceof BadEnvironment) process.stderr.write(`hearthline server: ${error.message}\n`);
  else createLogger('server').fatal({ err: error }, 'the server could not start');
  process.exit(error instanceof BadEnvironment ? 2 : 1);
});
