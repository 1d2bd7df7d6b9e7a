/**
 * The HTTP API as it is served, on a port of its own: real Postgres and Redis, real sign-in, and small stand-ins for
 * the parts that belong to others (site, recordings, live state). Time can be moved.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, Server } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Sequelize } from 'sequelize';
import { createHttpServer } from '../../../../server/api/index.ts';
import type { HttpServer } from '../../../../server/api/index.ts';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { ActiveSite } from '../../../../server/app/active-site.ts';
import type { BoardSources } from '../../../../server/app/boards/ports.ts';
import { routingSwitches } from '../../../../server/app/routing-switches.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import type { ApiDeps, ApiSettings, RecordingStore } from '../../../../server/api/ports.ts';
import { createAuditTrail } from '../../../../server/audit/audit-trail.ts';
import { createAccess } from '../../../../server/auth/access.ts';
import { createSettingsStore } from '../../../../server/auth/setting-store.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import type { UserView } from '../../../../server/contract/user-view.ts';
import type { RecordingRow, SessionView } from '../../../../server/contract/rest.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { createChannelUseRepo } from '../../../../server/db/repos/channel-use-repo.ts';
import { createConsentRepo } from '../../../../server/db/repos/consent-repo.ts';
import { createDecisionRepo } from '../../../../server/db/repos/decision-repo.ts';
import { createFairnessReader } from '../../../../server/db/fairness-reader.ts';
import { createFigures, type Figures } from '../../../../server/db/figures-thread.ts';
import { createDrillRepo } from '../../../../server/db/repos/drill-repo.ts';
import { createStatementRepo } from '../../../../server/db/repos/statement-repo.ts';
import { createContactRepo } from '../../../../server/db/repos/contact-repo.ts';
import { alertDrift, driftReport } from '../../../../server/app/figures/drift-reports.ts';
import { fcrContacts, fcrReport } from '../../../../server/app/figures/fcr-reports.ts';
import { intervalReport } from '../../../../server/app/figures/interval-reports.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { newId } from '../../../../server/lib/ids.ts';
import { createMetrics } from '../../../../server/lib/metrics.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../../../server/redis/client.ts';
import { boardSite, createBoardSide, noFigures } from '../../../../server/compose/boards.ts';
import { type AlertsSide, createAlerts, noHistory } from '../../../../server/compose/alerts.ts';
import { createResidency, type ResidencySide } from '../../../../server/compose/residency.ts';
import { createTextGuard, type TextGuard } from '../../../../server/compose/text-guard.ts';
import { StandInFigures } from '../../../support/stand-in-figures.ts';
import { emptyDesk } from '../../../support/empty-desk.ts';
import type { TestPostgres } from '../../../support/postgres.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestRedis } from '../../../support/redis.ts';
import { startRedis } from '../../../support/redis.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { emptyFloor } from './live-trees.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // The shape is the test's business.
  json: Record<string, never> & { [key: string]: unknown };
}

/** A browser's worth of cookies and habits: Origin and Sec-Fetch-Site on every unsafe request. */
export interface Browser {
  cookies: Map<string, string>;
  csrf?: string;
  call(method: string, path: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
}

export interface Harness {
  origin: string;
  port: number;
  http: HttpServer;
  deps: ApiDeps;
  guard: TextGuard;
  /** Its rules are looked at when a test says so. */
  alerting: AlertsSide;
  /** Watches once a test starts it. */
  residency: ResidencySide;
  figures: StandInFigures;
  /** The roll-ups of reports follow history from here on, or from the first report that is asked for. */
  followFigures(): void;
  sequelize: Sequelize;
  tempDir: string;
  clock: { offsetMs: number };
  setupSecret: string;
  floor: ReturnType<typeof emptyFloor>;
  /** Whose hours are asked; another one comes into force with `replace`. */
  active: ActiveSite;
  /** What boards are built of; parts may be replaced. */
  boardSources: BoardSources;
  sound: Buffer;
  /** Recordings that there are; another store may take their place. */
  shelf: { recordings: RecordingStore };
  postgres: TestPostgres;
  redisServer: TestRedis;
  /** One Redis command. */
  redis(args: string[]): Promise<unknown>;
  browser(): Browser;
  /** A signed-in browser; the administrator is made at first use. */
  admin(): Promise<Browser>;
  /** A user of that role who has changed the one-time password. */
  user(role: 'admin' | 'supervisor' | 'viewer', username: string, view?: UserView): Promise<Browser>;
  stop(): Promise<void>;
}

/** Routing with one queue, whose log nobody reads. */
function routingShell(): AcdShell {
  let seq = 0;
  const log = {
    append: (drafts: EventDraft[]) =>
      drafts.map((draft) => ({ ...draft, id: `e-${++seq}`, seq, v: 1 as const })),
    lastSeq: () => seq,
  };
  const now = { now: () => Date.now(), monotonicMs: () => performance.now() };
  const shell = new AcdShell({ acd: createAcd(), log, clock: now, logger: createLogger('test', 'silent') });
  const site = siteSchema.parse({ site: { name: 'First' }, queues: [{ id: 'main', name: 'Main' }] });
  shell.run({ type: 'site.apply', site: toAcdSite(site, 1) });
  shell.stop();
  return shell;
}

export const adminPassword = 'quiet-harbour-lantern';
export const adminName = 'ada';

export function send(
  port: number,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = String(res.headers['content-type']).includes('json') && text !== '';
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        });
      });
    });
    req.setTimeout(20_000, () => req.destroy(new Error(`no answer to ${method} ${path}`)));
    req.on('error', reject);
    req.end(body);
  });
}

function createBrowser(port: number): Browser {
  const cookies = new Map<string, string>();
  const browser: Browser = {
    cookies,
    async call(method, path, body, headers = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const isUnsafe = method !== 'GET' && method !== 'HEAD';
      const answer = await send(
        port,
        method,
        path,
        {
          host: `127.0.0.1:${port}`,
          accept: 'application/json',
          ...(cookie === '' ? {} : { cookie }),
          ...(isUnsafe ? { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' } : {}),
          ...(browser.csrf === undefined ? {} : { 'x-hearthline-csrf': browser.csrf }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body === undefined ? undefined : JSON.stringify(body),
      );
      for (const line of answer.headers['set-cookie'] ?? []) {
        const [pair = '', ...attributes] = line.split('; ');
        const [name = '', value = ''] = pair.split('=');
        if (attributes.includes('Max-Age=0')) cookies.delete(name);
        else cookies.set(name, value);
      }
      const token = (answer.json as Partial<SessionView>).csrfToken;
      if (typeof token === 'string') browser.csrf = token;
      return answer;
    },
  };
  return browser;
}

const recording: RecordingRow = {
  recordingId: 'rec_1',
  contactId: 'c_1',
  startedAt: 1_790_000_000_000,
  durationMs: 1000,
  bytes: 100_000,
};

function makeScreens(dir: string): { wallboardDir: string; adminUiDir: string } {
  const place = (name: string) => {
    mkdirSync(join(dir, name, 'assets'), { recursive: true });
    writeFileSync(join(dir, name, 'index.html'), `<!doctype html><title>${name}</title>`);
    writeFileSync(join(dir, name, 'assets', 'app-D3adB33f.js'), 'export {};');
    return join(dir, name);
  };
  return { wallboardDir: place('wallboard'), adminUiDir: place('admin-ui') };
}

export async function startHarness(settings: Partial<ApiSettings> = {}): Promise<Harness> {
  const logger = createLogger('test', 'silent');
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const sequelize = connectDatabase({
    socketDir: postgres.dir,
    database: postgres.database,
    user: postgres.user,
    logger,
  });
  await migrateUp(sequelize, logger);
  const client = createRedisClient({ socketPath: redis.socket, name: 'api-test', logger });
  await client.connect();
  const time = { offsetMs: 0 };
  const clock = {
    now: () => Date.now() + time.offsetMs,
    monotonicMs: () => performance.now() + time.offsetMs,
  };
  const audit = createAuditTrail(sequelize, clock);
  const access = createAccess({
    sequelize,
    redis: { sendCommand: (args) => client.sendCommand(args) },
    settings: createSettingsStore(sequelize),
    audit,
    clock,
    newId,
    passwordCost: { logN: 12, r: 8, p: 1 },
  });
  const tempDir = makeTempDir();
  const sound = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
  const floor = emptyFloor();
  const active = new ActiveSite();
  active.replace({ site: siteSchema.parse({ site: { name: 'First' } }), version: 1, yaml: '' });
  let site = 'site:\n  name: First\n';
  let version = 1;
  const { dir: socketDir, database, user } = postgres;
  const fairness = createFairnessReader({ socketDir, database, user });
  // A thread that most tests have no use for.
  let figuresThread: Figures | undefined;
  const figures = () => (figuresThread ??= createFigures({ socketDir, database, user }, logger));
  const contacts = createContactRepo(sequelize);
  const drill = createDrillRepo(sequelize, (ids) => contacts.byIds(ids));
  const firstContact = () => ({
    history: figures(),
    contactsOf: (ids: readonly string[]) => contacts.byIds(ids),
    site: () => active.site,
    now: () => clock.now(),
  });
  const guard = createTextGuard({ stores: { sequelize }, clock, logger });
  await guard.start();
  const boardSources: BoardSources = { ...noFigures, site: boardSite(active) };
  const shown = new StandInFigures();
  const alerting = createAlerts({
    sequelize,
    source: shown,
    history: noHistory,
    explain: (alert, by) => alertDrift({ history: figures(), site: () => active.site }, alert, by),
    site: active,
    sendNotice: async () => ({ outcome: 'off' }),
    dataDir: tempDir,
    clock,
    logger,
  });
  await alerting.alerts.load();
  const shelf: { recordings: RecordingStore } = {
    recordings: {
      list: async () => ({ items: [recording] }),
      byId: async (id) => (id === recording.recordingId ? recording : undefined),
      open: async (id) =>
        id === recording.recordingId
          ? {
              bytes: sound.length,
              contentType: 'audio/wav',
              stream: (range) => Readable.from([range ? sound.subarray(range.start, range.end + 1) : sound]),
            }
          : undefined,
    },
  };
  const residency = createResidency({
    config: {
      dataDir: tempDir,
      adminSocket: join(tempDir, 'none', 'admin.sock'),
      statusSockets: {},
      postgres: { socketDir: tempDir, database: 'hearthline', user: 'hearthline' },
      redis: { socketPath: tempDir },
    },
    site: active,
    alertWebhooks: () => alerting.alerts.webhooks(),
    calls: { phoneAddresses: () => new Map() },
    audit,
    metrics: createMetrics(),
    clock,
    logger,
  });
  const deps: ApiDeps = {
    residency,
    alerting: alerting.port,
    desk: emptyDesk,
    quarantine: guard.quarantine,
    blocks: guard.blocks,
    textChannels: () => ['mail', 'chat'],
    access,
    audit,
    clock,
    newId,
    logger,
    siteService: {
      exportYaml: async () => ({ version, yaml: site }),
      check: async (yaml) => (yaml.includes('name') ? [] : [{ path: ['site'], message: 'no name', line: 1 }]),
      async import(yaml, _actor, ifVersion) {
        if (ifVersion !== undefined && ifVersion !== version) return { currentVersion: version };
        if (!yaml.includes('name')) return { faults: [{ path: ['site'], message: 'no name', line: 1 }] };
        site = yaml;
        return { version: ++version };
      },
    },
    hours: active,
    routing: routingSwitches(routingShell()),
    recordings: {
      list: (query, within) => shelf.recordings.list(query, within),
      byId: (id) => shelf.recordings.byId(id),
      open: (id) => shelf.recordings.open(id),
    },
    contacts,
    channels: { site: () => active.site, health: () => ({}), ...createChannelUseRepo(sequelize), stores: [] },
    consents: createConsentRepo(sequelize),
    decisions: createDecisionRepo(sequelize),
    fairness,
    reports: {
      intervals: (query, within) =>
        intervalReport(
          { history: figures(), site: () => active.site, now: () => clock.now() },
          query,
          within,
        ),
      contacts: (query) => drill.contacts(query),
      statements: (atMost) => createStatementRepo(sequelize).newest(atMost),
      fcr: (query) => fcrReport(firstContact(), query),
      fcrContacts: (query) => fcrContacts(firstContact(), query),
      drift: ({ baseFrom, baseTo, ...query }) =>
        driftReport(
          { history: figures(), site: () => active.site },
          { ...query, base: [{ from: baseFrom, to: baseTo }] },
        ),
    },
    live: {
      board: () => floor.tree.board,
      floor: () => floor.tree,
      part: (of) => floor.part(of),
      eventAt: () => floor.eventAt,
    },
    boards: createBoardSide({ sequelize, clock, logger, newId, sources: boardSources }),
    health: () => ({ isReady: true, parts: { redis: { isReady: true, detail: 'lag 0 ms' } } }),
    metricsText: async () => 'other_metric 1\n',
    settings: { trustedProxyHops: false, isTls: false, ...settings },
    statics: makeScreens(tempDir),
  };
  const http = createHttpServer(deps);
  const server: Server = createServer(http.app);
  http.attachUpgrade(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const setupSecret = (await access.setup.renew()) ?? '';

  const admin = async (): Promise<Browser> => {
    const one = createBrowser(port);
    if (await access.setup.isNeeded())
      await one.call('POST', '/api/setup', {
        secret: setupSecret,
        username: adminName,
        password: adminPassword,
      });
    else await one.call('POST', '/api/session', { username: adminName, password: adminPassword });
    if (one.csrf === undefined) throw new Error('the administrator could not sign in');
    return one;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    http,
    deps,
    guard,
    alerting,
    residency,
    figures: shown,
    followFigures: () => void figures(),
    sequelize,
    tempDir,
    clock: time,
    setupSecret,
    floor,
    active,
    boardSources,
    sound,
    shelf,
    postgres,
    redisServer: redis,
    redis: (args) => client.sendCommand(args),
    browser: () => createBrowser(port),
    admin,
    async user(role, username, view) {
      const made = await (
        await admin()
      ).call('POST', '/api/users', { username, role, ...(view && { view }) });
      const current = String(made.json['oneTimePassword']);
      const one = createBrowser(port);
      await one.call('POST', '/api/session', { username, password: current });
      await one.call('POST', '/api/me/password', { current, next: adminPassword });
      return one;
    },
    async stop() {
      http.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      guard.stop();
      await alerting.stop();
      await residency.stop();
      await fairness.close();
      await figuresThread?.close();
      await sequelize.close();
      await closeClient(client);
      await Promise.all([postgres.stop(), redis.stop()]);
      removeTempDir(tempDir);
    },
  };
}
