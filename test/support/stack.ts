/**
 * The whole product for one test file: Postgres, Redis, the SIP engine, the media engine and the server,
 * under the product's own supervisor (in this process), in a temporary data directory, on ephemeral
 * loopback ports. Runs the sources through tsx, or dist/ with HEARTHLINE_TEST_DIST=1.
 */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createHash, randomInt } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFirstPhones, writeFirstSite } from '../../installer/first-site.ts';
import type { FirstPhones } from '../../installer/first-site.ts';
import { takenRtpPorts } from '../../installer/ports.ts';
import { freePort } from './free-port.ts';
import { renderPrompts } from '../../installer/prompts.ts';
import { databaseOf } from '../../installer/stores.ts';
import { catalogueTexts, soundPrompts } from '../../server/config/prompt-catalogue.ts';
import type { ProcessName } from '../../installer/supervised-process.ts';
import { Supervisor } from '../../installer/supervisor.ts';
import type { DatabasePlace, StoreAddress } from '../../server/lib/store-address.ts';
import { copyPostgresTemplate } from './postgres.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface StackOptions {
  /** The seed site as YAML; the product's own first site when left out. */
  site?: string;
  /** Added to the environment of the engines and the server. */
  env?: Record<string, string>;
  /** Restart what dies, as in production (the default). */
  autoRestart?: boolean;
  /** The address that it listens on; loopback when left out. */
  bind?: string;
  /** How many RTP ports; 400 when left out. */
  rtpPortCount?: number;
  /** The pages over TLS. */
  tls?: { certFile: string; keyFile: string };
  readyMs?: number;
  /** The data directory, which outlives the stack: of an earlier one, or what was restored. A new one when left out. */
  dataDir?: string;
  /** Keeps the database's log for restores to any moment. */
  archivesLog?: boolean;
  /** The bank's own in place of ours. */
  postgres?: StoreAddress;
  redis?: StoreAddress;
}

export interface Stack {
  readonly httpUrl: string;
  readonly httpPort: number;
  /** For customers: chat and forms. */
  readonly publicUrl: string;
  readonly sipPort: number;
  readonly rtpPorts: { first: number; last: number };
  readonly dataDir: string;
  readonly recordingsDir: string;
  readonly promptsDir: string;
  readonly adminSocket: string;
  readonly redisSocket: string;
  /** The directory: `host` for pg. Database and user are both "hearthline". */
  readonly pgSocket: string;
  /** The database, wherever it is. */
  readonly database: DatabasePlace;
  /** Phones, passwords and PIN of the product's first site; undefined with a site of the test's own. */
  readonly firstPhones: FirstPhones | undefined;
  pids(): Partial<Record<ProcessName, number>>;
  isRunning(name: ProcessName): boolean;
  /** Kills and resolves when that process is gone; with autoRestart it comes back by itself. */
  killProcess(name: ProcessName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts again what was killed, where autoRestart is off. */
  startProcess(name: ProcessName): void;
  waitReady(timeoutMs?: number): Promise<void>;
  /** Imports a whole site; rejects with the faults when it is refused. */
  importSite(yaml: string): Promise<void>;
  exportSite(): Promise<string>;
  /** A page of the admin socket, whatever its status. */
  adminText(path: string): Promise<string>;
  /** The one-time administrator secret of the first start. */
  setupSecret(): string;
  logs(name: ProcessName): string;
  stop(): Promise<void>;
}

interface RtpRange {
  rtpFirst: number;
  rtpLast: number;
  /** Gives the range back to other stacks. */
  release: () => void;
}

/** Ranges start on a grid, and the TCP port of each mark that a range covers says that it is taken by a stack. */
const rtpGrid = 400;

async function freeRtpRange(count: number): Promise<RtpRange> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const rtpFirst = rtpGrid * randomInt(20_000 / rtpGrid, Math.floor((32_768 - count) / rtpGrid) + 1);
    const range = { rtpFirst, rtpLast: rtpFirst + count - 1 };
    const marks = Array.from({ length: Math.ceil(count / rtpGrid) }, (_, i) => rtpFirst + i * rtpGrid);
    const claims = await Promise.all(marks.map(claim));
    const release = () => claims.forEach((one) => one?.close());
    const isFree =
      claims.every((one) => one !== undefined) &&
      takenRtpPorts({ ...range, bind: '127.0.0.1', dataDir: '', httpPort: 0, publicPort: 0, sipPort: 0 })
        .length === 0;
    if (isFree) return { ...range, release };
    release();
  }
  throw new Error('no free range of RTP ports');
}

function claim(port: number): Promise<Server | undefined> {
  return new Promise((done) => {
    const server = createServer().unref();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => done(server));
  });
}

/** The built-in prompts, spoken once for the machine and linked into each stack. */
async function sharedPrompts(): Promise<string> {
  const digest = createHash('sha256')
    .update(JSON.stringify([catalogueTexts(), soundPrompts]))
    .digest('hex')
    .slice(0, 12);
  const dir = `/tmp/hearthline-prompts-${process.getuid?.() ?? 0}-${digest}`;
  if (existsSync(dir)) return dir;
  const temp = makeTempDir();
  await renderPrompts({ dir: temp });
  chmodSync(temp, 0o755);
  try {
    renameSync(temp, dir);
  } catch {
    removeTempDir(temp);
  }
  return dir;
}

/** Hard links: the files are only ever replaced whole, so a stack cannot change those of another. */
export async function linkPrompts(promptsDir: string): Promise<void> {
  const result = spawnSync('cp', ['-rl', `${await sharedPrompts()}/.`, promptsDir], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`prompts could not be linked: ${result.stderr}`);
}

function adminRequest(socketPath: string, method: string, path: string, body?: string): Promise<string> {
  return new Promise((done, fail) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/yaml' };
    const call = request({ socketPath, method, path, headers, timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () =>
        response.statusCode === 200 ? done(text) : fail(new Error(`${response.statusCode}: ${text}`)),
      );
    });
    call.on('timeout', () => call.destroy(new Error('no answer in 20 s')));
    call.on('error', fail);
    call.end(body);
  });
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const temp = makeTempDir();
  const { release, ...rtpPorts } = await freeRtpRange(options.rtpPortCount ?? rtpGrid);
  const settings = {
    dataDir: options.dataDir ?? join(temp, 'var'),
    httpPort: await freePort(),
    publicPort: await freePort(),
    sipPort: await freePort(),
    ...rtpPorts,
    bind: options.bind ?? '127.0.0.1',
    ...(options.tls && { tls: options.tls }),
    ...(options.postgres && { postgres: options.postgres }),
    ...(options.redis && { redis: options.redis }),
  };
  const scheme = options.tls ? 'https' : 'http';
  const isNew = !existsSync(join(settings.dataDir, 'postgres', 'PG_VERSION'));
  const told: string[] = [];
  const supervisor = new Supervisor({
    settings,
    autoRestart: options.autoRestart ?? true,
    extraEnv: options.env ?? {},
    fsync: false,
    archivesLog: options.archivesLog ?? false,
    makeCluster: copyPostgresTemplate,
    report: {
      line: (text) => told.push(text),
      warning: (text, details = []) => told.push(text, ...details),
    },
  });
  const stop = async () => {
    await supervisor.stop();
    release();
    removeTempDir(temp);
  };
  const readyMs = options.readyMs ?? 30_000;
  let firstPhones: FirstPhones | undefined;
  try {
    await supervisor.prepare();
    const { layout } = supervisor;
    if (options.site === undefined && isNew) {
      await writeFirstSite(layout);
      firstPhones = readFirstPhones(layout.firstPhonesFile);
    } else if (options.site !== undefined) writeFileSync(layout.seedSiteFile, options.site, { mode: 0o600 });
    await linkPrompts(layout.promptsDir);
    await supervisor.startBelow(true);
    supervisor.startServer();
    await supervisor.waitReady(readyMs);
  } catch (error) {
    await stop();
    throw new Error(`the stack does not start\n${told.join('\n')}`, { cause: error });
  }
  const { layout } = supervisor;
  return {
    httpUrl: `${scheme}://127.0.0.1:${settings.httpPort}`,
    httpPort: settings.httpPort,
    publicUrl: `${scheme}://127.0.0.1:${settings.publicPort}`,
    sipPort: settings.sipPort,
    rtpPorts: { first: settings.rtpFirst, last: settings.rtpLast },
    dataDir: settings.dataDir,
    recordingsDir: layout.recordingsDir,
    promptsDir: layout.promptsDir,
    adminSocket: layout.adminSocket,
    redisSocket: layout.redis.socket,
    pgSocket: layout.postgres.socketDir,
    database: databaseOf({ layout, settings }),
    firstPhones,
    pids: () => supervisor.pids(),
    isRunning: (name) => supervisor.process(name).isRunning,
    async killProcess(name, signal = 'SIGKILL') {
      const child = supervisor.process(name);
      const gone = child.gone();
      child.kill(signal);
      await gone;
    },
    startProcess: (name) => supervisor.process(name).start(),
    waitReady: (timeoutMs = readyMs) => supervisor.waitReady(timeoutMs),
    async importSite(yaml) {
      await adminRequest(layout.adminSocket, 'PUT', '/site', yaml);
    },
    exportSite: () => adminRequest(layout.adminSocket, 'GET', '/site'),
    adminText: (path) =>
      adminRequest(layout.adminSocket, 'GET', path).catch((error: unknown) => String(error)),
    setupSecret: () => readFileSync(layout.setupSecretFile, 'utf8').trim(),
    logs: (name) => readFileSync(join(layout.logDir, `${name}.log`), 'utf8'),
    stop,
  };
}
