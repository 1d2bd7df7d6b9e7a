/**
 * The media engine: a process of its own that moves RTP (design §6), so that a restart of the server drops no audio.
 * Joins the threads: workers (RTP), disk (files), and here the control and status sockets. It may not touch packets.
 * A thread that dies takes the process with it: the supervisor starts it anew and clients see a new instance id.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { MessageChannel, type Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { createServiceNotify } from '../../system/service-notify.ts';
import { keepLedger } from '../../system/ledger/process-ledger.ts';
import type { MediaEvent, RecoveredRecording } from '../protocol.ts';
import { ConfigError, readConfig, type EngineConfig } from './config.ts';
import { ControlServer } from './control-server.ts';
import type { DiskSettings } from './disk.ts';
import { localAddresses, schedulingClass } from './host-facts.ts';
import { loadNative, makeWakeFd, wakeThread } from './native.ts';
import { startStatusServer } from './status-server.ts';
import { Switchboard, type WorkerLink } from './switchboard.ts';
import { addTraffic } from './traffic.ts';
import { startThread } from './thread-start.ts';
import { COUNTER, type DiskToMain, type FromWorker, type ToWorker } from './thread-messages.ts';
import type { WorkerStart } from './worker.ts';

const VERSION = '0.1.0';
const DRAIN_LIMIT_MS = 5000;

const ledger = keepLedger();
const log = pino({ name: 'media', level: process.env['HEARTHLINE_LOG_LEVEL'] ?? 'info' });

const service = createServiceNotify(process.env, (err) => log.error({ err }, 'systemd is not told'));

function dieOf(thread: string, error: unknown): void {
  log.fatal({ thread, err: error }, 'a thread of the media engine died');
  process.exit(1);
}

class Engine {
  private readonly config: EngineConfig;
  private readonly sockets: 'dgram' | 'koffi';
  private readonly instanceId = randomUUID();
  private readonly switchboard: Switchboard;
  private readonly control: ControlServer;
  private readonly disk: Worker;
  private readonly counters: Float64Array[] = [];
  private recovered: RecoveredRecording[] = [];
  private isReady = false;
  private isStopping = false;
  private finished = 0;
  private failed = 0;
  private orphanTimer: NodeJS.Timeout | undefined;
  private onDiskReady: () => void = () => undefined;
  private onDrained: () => void = () => undefined;

  constructor(config: EngineConfig) {
    this.config = config;
    const canUseNative = loadNative();
    if (config.sockets === 'koffi' && !canUseNative)
      throw new ConfigError('koffi cannot be loaded here: use dgram');
    const sockets: 'dgram' | 'koffi' = config.sockets === 'dgram' || !canUseNative ? 'dgram' : 'koffi';
    this.sockets = sockets;
    const diskWorkers: DiskSettings['workers'] = [];
    const links: WorkerLink[] = [];
    const starts: WorkerStart[] = [];
    const ownPorts = new SharedArrayBuffer(65536);
    for (let index = 0; index < config.workers; index++) {
      const { port1, port2 } = new MessageChannel();
      const wakeFd = sockets === 'koffi' ? makeWakeFd() : -1;
      const diskBacklog = new SharedArrayBuffer(4);
      const counters = new SharedArrayBuffer(COUNTER.length * 8);
      this.counters.push(new Float64Array(counters));
      diskWorkers.push({ port: port1, wakeFd, diskBacklog });
      const ports: number[] = [];
      for (let port = config.firstPort + index; port <= config.lastPort; port += config.workers)
        ports.push(port);
      const { bind } = config;
      const settings = {
        index,
        bind,
        ports,
        ownPorts,
        counters,
        ...localAddresses(),
        diskBacklog,
        sockets,
        wakeFd,
      };
      starts.push({ settings, diskPort: port2 });
    }
    const diskData: DiskSettings = {
      recordingsDir: config.recordingsDir,
      workers: diskWorkers,
      canUseNative,
    };
    this.disk = startThread('disk', {
      workerData: diskData,
      transferList: diskWorkers.map(({ port }) => port),
    });
    for (const start of starts) links.push(this.startWorker(start));
    this.switchboard = new Switchboard(links, {
      onEvent: (event) => this.onEvent(event),
      helloFacts: () => ({ instanceId: this.instanceId, version: VERSION, recovered: this.recovered }),
    });
    this.disk.on('message', (message: DiskToMain) => this.onDisk(message));
    this.disk.on('error', (error) => dieOf('disk', error));
    this.control = new ControlServer({
      onRequest: (client, id, request) => {
        if (!this.isStopping) this.switchboard.onRequest(client, id, request);
        else client.send({ id, ok: false, code: 'shutting-down', message: 'the media engine is stopping' });
      },
      onClientGone: (client) => this.switchboard.onClientGone(client),
      onClientsChanged: (count) => this.watchForOrphans(count),
    });
  }

  private startWorker(start: WorkerStart): WorkerLink {
    const worker = startThread('worker', { workerData: start, transferList: [start.diskPort] });
    worker.on('message', (message: FromWorker) => {
      this.switchboard.onWorkerMessage(message);
      if (message.traffic) addTraffic(ledger.ledger, message.traffic);
    });
    worker.on('error', (error) => dieOf('worker', error));
    worker.on('exit', () => this.isStopping || dieOf('worker', new Error('exited')));
    const { wakeFd } = start.settings;
    return {
      post: (batch: ToWorker[]) => {
        worker.postMessage(batch);
        if (wakeFd >= 0) wakeThread(wakeFd);
      },
    };
  }

  private onDisk(message: DiskToMain): void {
    this.switchboard.onDiskMessage(message);
    if (message.t === 'ready') {
      this.recovered = message.recovered;
      if (message.recovered.length > 0) {
        log.warn({ count: message.recovered.length }, 'recordings left by a crash were finished');
      }
      this.onDiskReady();
    } else if (message.t === 'failed') {
      this.failed++;
      log.error({ recordingId: message.recordingId, error: message.error }, 'a recording failed');
    } else if (message.t === 'finished') {
      this.finished++;
    } else if (message.t === 'drained') this.onDrained();
  }

  private onEvent(event: MediaEvent): void {
    this.control.broadcast(event);
  }

  /** Sessions outlive their client for a while: a restarted server finds them. For ever they would leak ports. */
  private watchForOrphans(clientCount: number): void {
    clearTimeout(this.orphanTimer);
    if (clientCount > 0 || this.isStopping) return;
    this.orphanTimer = setTimeout(() => {
      if (this.switchboard.sessionCount === 0) return;
      log.warn({ sessions: this.switchboard.sessionCount }, 'no client came back: closing its sessions');
      void this.switchboard.closeAll('orphaned');
    }, this.config.orphanSec * 1000);
  }

  async start(): Promise<void> {
    const { config } = this;
    await new Promise<void>((resolve) => (this.onDiskReady = resolve));
    await this.switchboard.whenRunning();
    const scheduling = schedulingClass();
    await startStatusServer(config.statusPath, {
      instanceId: this.instanceId,
      version: VERSION,
      scheduling,
      sockets: this.sockets,
      workerCounters: this.counters,
      isReady: () => this.isReady,
      clients: () => this.control.clientCount,
      recordingsFinished: () => this.finished,
      recordingsFailed: () => this.failed,
      connections: () => ledger.wholeReport(),
    });
    await this.control.listen(config.controlPath);
    this.isReady = true;
    service.ready(`Audio on UDP ports ${config.firstPort} to ${config.lastPort}`);
    // Every audio thread, and not the one of the disk: a disk that hangs must not end calls.
    service.keepAlive(() => this.switchboard.whenRunning().then(() => true));
    if (scheduling.name !== 'fifo' && scheduling.name !== 'rr') {
      log.warn(
        { class: scheduling.name },
        'not in a real-time scheduling class: audio may stutter under load',
      );
    }
    const { bind, firstPort, lastPort, workers } = config;
    const { sockets } = this;
    log.info(
      {
        bind,
        firstPort,
        lastPort,
        workers,
        sockets,
        scheduling,
        instanceId: this.instanceId,
        pid: process.pid,
      },
      'ready',
    );
  }

  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    service.stopping();
    clearTimeout(this.orphanTimer);
    const limit = setTimeout(() => {
      log.error('stopping took too long');
      process.exit(1);
    }, DRAIN_LIMIT_MS);
    await this.switchboard.closeAll('shutdown');
    // The disk thread answers once every recording it has open was closed by its worker and is whole.
    await new Promise<void>((resolve) => {
      this.onDrained = resolve;
      this.disk.postMessage({ t: 'drain' });
    });
    this.control.close();
    clearTimeout(limit);
    log.info('stopped');
    setImmediate(() => process.exit(0));
  }
}

try {
  const config = readConfig(process.env);
  mkdirSync(config.recordingsDir, { recursive: true, mode: 0o750 });
  const engine = new Engine(config);
  process.on('SIGTERM', () => void engine.stop());
  process.on('SIGINT', () => void engine.stop());
  await engine.start();
} catch (error) {
  if (error instanceof ConfigError) log.fatal(error.message);
  else log.fatal({ err: error }, 'the media engine could not start');
  process.exit(1);
}
