/**
 * The one small process above the others: prepares the data directory, starts the databases, the SIP
 * engine, the media engine and the server, restarts whichever dies without touching the rest, and stops
 * all of them in order. It carries no call and holds no state of its own: what a call needs lives in the
 * children, which even survive its own death (the next start ends them in good order).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childSpecs } from './child-specs.ts';
import { endLeftovers, lockDataDirectory } from './data-lock.ts';
import { askHealth } from './health.ts';
import { prepareLayout } from './layout.ts';
import type { Layout } from './layout.ts';
import { importantText, readableLine } from './log-file.ts';
import { freeLoopbackPort, isTcpPortFree, portFaults, takenRtpPorts } from './ports.ts';
import {
  createPostgresDatabase,
  initPostgres,
  markPostgresMade,
  waitForPostgres,
  writePostgresAccess,
} from './postgres.ts';
import { finishRestore } from './ops/backup/swap.ts';
import { prepareWalArchive, walArchiveSettings } from './ops/backup/wal-archive.ts';
import { waitForRedis } from './redis.ts';
import type { Settings } from './settings.ts';
import { readDatabaseAddress, readRedisAddress, StoreAddressFault } from '../server/lib/store-address.ts';
import { readTlsPair, TlsFault } from '../server/lib/tls-pair.ts';
import { SupervisedProcess } from './supervised-process.ts';
import type { ProcessName } from './supervised-process.ts';

export interface SupervisorReport {
  /** Worth a line on the terminal. */
  line(text: string): void;
  /** Something went wrong; the details are lines of a log. */
  warning(text: string, details?: readonly string[]): void;
}

export interface SupervisorOptions {
  settings: Settings;
  report: SupervisorReport;
  autoRestart?: boolean;
  extraEnv?: Record<string, string>;
  /** Tests may trade the safety of a power cut for speed. */
  fsync?: boolean;
  /** Keeps the database's log file by file, for restores to any moment (docs/backup.md). */
  archivesLog?: boolean;
  /** Puts a ready-made cluster where none is; tests copy a template. */
  makeCluster?: (dataDir: string) => Promise<void>;
}

/** A start that cannot be; the message is for the person at the terminal. */
export class StartError extends Error {}

/** A server that cannot speak TLS would be started again for ever. */
function checkTls(files: NonNullable<Settings['tls']>): void {
  try {
    readTlsPair(files);
  } catch (error) {
    if (error instanceof TlsFault) throw new StartError(`HTTPS: ${error.message}`);
    throw error;
  }
}

/** So would be one that cannot read its password. */
function checkStores({ postgres, redis }: Settings): void {
  try {
    if (postgres) readDatabaseAddress(postgres);
    if (redis) readRedisAddress(redis);
  } catch (error) {
    if (error instanceof StoreAddressFault) throw new StartError(error.message);
    throw error;
  }
}

const followMs = 1000;
const linesShownAtOnce = 4;
const databaseStartMs = 60_000;

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly processes = new Map<ProcessName, SupervisedProcess>();
  private release: (() => void) | undefined;
  private follower: NodeJS.Timeout | undefined;
  private layoutMade: Layout | undefined;
  private stopping: Promise<void> | undefined;
  isRealTime = false;
  isNewDatabase = false;
  /** RTP ports other programs held before our media engine opened any. */
  foreignRtpPorts = 0;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  get layout(): Layout {
    if (!this.layoutMade) throw new Error('prepare() comes first');
    return this.layoutMade;
  }

  get settings(): Settings {
    return this.options.settings;
  }

  /** Lock, leftovers, ports, directories, secrets: everything that can be refused before a start. */
  async prepare(): Promise<void> {
    const { settings, report } = this.options;
    this.release = lockDataDirectory(settings.dataDir);
    const leftovers = await endLeftovers(join(settings.dataDir, 'run'));
    if (leftovers.length > 0)
      report.line(`A start before this one was cut off; ended what it left: ${leftovers.join(', ')}.`);
    if (settings.tls) checkTls(settings.tls);
    checkStores(settings);
    if (finishRestore(settings.dataDir))
      report.line('A restore was cut off while it put the data in place; that is finished now.');
    const faults = await portFaults(settings);
    if (faults.length > 0) throw new StartError(faults.join('\n'));
    this.foreignRtpPorts = takenRtpPorts(settings).length;
    const layout = prepareLayout(settings.dataDir);
    this.layoutMade = layout;
    const { adminSocket, setupSecretFile, mediaControlSocket, mediaStatusSocket, sipStatusSocket } = layout;
    for (const stale of [
      adminSocket,
      setupSecretFile,
      mediaControlSocket,
      mediaStatusSocket,
      sipStatusSocket,
    ])
      rmSync(stale, { force: true });
    if (!existsSync(layout.sipSecretFile))
      writeFileSync(layout.sipSecretFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    const { specs, isRealTime } = childSpecs({
      settings,
      layout: await this.withCluster(layout),
      sipControl: `127.0.0.1:${await this.controlPort(layout)}`,
      extraEnv: this.options.extraEnv ?? {},
      fsync: this.options.fsync ?? true,
      postgresSettings: this.archiveSettings(layout),
    });
    this.isRealTime = isRealTime;
    for (const spec of Object.values(specs))
      this.processes.set(
        spec.name,
        new SupervisedProcess(spec, this.watcher(), this.options.autoRestart ?? true),
      );
    this.follower = setInterval(() => this.followLogs(), followMs);
  }

  private archiveSettings(layout: Layout): Record<string, string> {
    if (this.options.archivesLog !== true || this.options.settings.postgres) return {};
    prepareWalArchive({ layout }, layout.postgres.runAs);
    return walArchiveSettings({ layout });
  }

  private async withCluster(layout: Layout): Promise<Layout> {
    if (this.options.settings.postgres) return layout;
    const { makeCluster } = this.options;
    if (makeCluster && !existsSync(join(layout.postgres.dataDir, 'PG_VERSION')))
      await makeCluster(layout.postgres.dataDir);
    this.isNewDatabase = await initPostgres(layout.postgres, { sync: this.options.fsync ?? true });
    writePostgresAccess(layout.postgres);
    return layout;
  }

  /** Kept from start to start while it is free, so that a child started again finds the other. */
  private async controlPort(layout: Layout): Promise<number> {
    const file = join(layout.runDir, 'sip-control-port');
    const kept = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (kept > 0 && kept < 65_536 && (await isTcpPortFree('127.0.0.1', kept))) return kept;
    const port = await freeLoopbackPort();
    writeFileSync(file, `${port}\n`, { mode: 0o600 });
    return port;
  }

  private watcher() {
    const { report } = this.options;
    return {
      onDeath: (_name: ProcessName, text: string, lastLines: string[]) => report.warning(text, lastLines),
      onBack: (_name: ProcessName, text: string) => report.line(text),
    };
  }

  private followLogs(): void {
    for (const { spec } of this.processes.values()) {
      const important = spec.log.newLines().flatMap((line) => importantText(line) ?? []);
      for (const text of important.slice(0, linesShownAtOnce))
        this.options.report.warning(`${spec.name}: ${text}`);
      if (important.length > linesShownAtOnce)
        this.options.report.warning(
          `${spec.name}: and ${important.length - linesShownAtOnce} more in ${spec.log.path}`,
        );
      spec.log.rotateIfLarge();
    }
  }

  process(name: ProcessName): SupervisedProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error('prepare() comes first');
    return found;
  }

  /**
   * Databases and engines; resolves when both databases answer. With `alsoServer` the server loads
   * meanwhile and waits for them by itself; a database that is yet to be made it could not wait for.
   */
  async startBelow(alsoServer = false): Promise<void> {
    const { postgres, redis } = this.layout;
    if (alsoServer && !this.isNewDatabase) this.startServer();
    for (const name of ['postgres', 'redis', 'sip', 'media'] as const) this.processes.get(name)?.start();
    // Of those of the bank the server says itself that it waits for them.
    const waits = {
      postgres: () => waitForPostgres(postgres.socketDir, databaseStartMs),
      redis: () => waitForRedis(redis.socket, databaseStartMs),
    };
    await Promise.all(
      (['postgres', 'redis'] as const)
        .filter((name) => this.processes.has(name))
        .map((name) =>
          waits[name]().catch((error: unknown) => {
            throw this.startFault(name, error);
          }),
        ),
    );
    if (this.isNewDatabase) {
      await createPostgresDatabase(postgres.socketDir);
      markPostgresMade(postgres);
    }
  }

  startServer(): void {
    this.process('server').start();
  }

  private startFault(name: ProcessName, cause: unknown): StartError {
    const { spec } = this.process(name);
    const last = spec.log.lastLines(8).map((line) => `    ${readableLine(line)}`);
    return new StartError(`${spec.title} did not start. The end of ${spec.log.path}:\n${last.join('\n')}`, {
      cause,
    });
  }

  /** Until the server answers that everything is ready. */
  async waitReady(timeoutMs: number, onWaiting?: (parts: string[]) => void): Promise<void> {
    const endAt = performance.now() + timeoutMs;
    let told = '';
    for (;;) {
      const health = await askHealth(this.options.settings);
      if (health.isReady) return;
      if (this.stopping) throw new StartError('stopped while starting');
      const waiting = health.waitingFor.join(', ');
      if (waiting !== told) onWaiting?.(health.waitingFor);
      told = waiting;
      if (performance.now() > endAt) throw this.notReadyFault(health.waitingFor);
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }

  private notReadyFault(waitingFor: string[]): StartError {
    const troubled = [...this.processes.values()].filter((p) => p.deaths > 0 || p.spec.name === 'server');
    const ends = troubled.flatMap(({ spec, deaths }) => [
      `The end of ${spec.log.path}${deaths > 0 ? ` (it died ${deaths} times)` : ''}:`,
      ...spec.log.lastLines(6).map((line) => `    ${readableLine(line)}`),
    ]);
    return new StartError(`Not ready in time: ${waitingFor.join(', ')}.\n${ends.join('\n')}`);
  }

  pids(): Partial<Record<ProcessName, number>> {
    const pids: Partial<Record<ProcessName, number>> = {};
    for (const [name, { pid }] of this.processes) if (pid !== undefined) pids[name] = pid;
    return pids;
  }

  /** Server first, so that nothing is asked of what is no longer there; the databases last. Idempotent. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    const stop = (name: ProcessName) => this.processes.get(name)?.stop();
    await stop('server');
    await Promise.all([stop('sip'), stop('media')]);
    await Promise.all([stop('redis'), stop('postgres')]);
    if (this.follower) {
      clearInterval(this.follower);
      this.followLogs();
    }
    for (const { spec } of this.processes.values()) spec.log.close();
    this.release?.();
  }

  /** When it has to be at once: no order, no goodbye. */
  killAll(): void {
    for (const process of this.processes.values()) process.kill('SIGKILL');
  }
}
