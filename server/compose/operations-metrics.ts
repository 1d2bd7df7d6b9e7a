/**
 * What /metrics says to those who operate the house: which parts are up, how far history is behind, disks, certificate, backups,
 * this process. It asks nothing of Redis or Postgres at a scrape, so that monitoring answers while they are away.
 */
import { statfs } from 'node:fs/promises';
import type { HealthAnswer } from '../contract/rest.ts';
import { buildInfo } from '../lib/build-info.ts';
import { secondsBuckets, type Gauge, type Labels, type MetricsRegistry } from '../lib/metrics.ts';
import type { TlsListeners } from '../lib/tls-listeners.ts';
import { readStatus } from './engine-metrics.ts';
import type { LastBackup } from './told-events.ts';
import type { Stores } from './stores.ts';

export interface OperationsParts {
  metrics: MetricsRegistry;
  stores: Pick<Stores, 'log' | 'projector'>;
  health(): HealthAnswer;
  tls: TlsListeners | undefined;
  lastBackup(): LastBackup;
  /** By the name of the place. */
  dirs: Readonly<Record<string, string>>;
  /** Where the engines tell theirs. */
  statusSockets: Readonly<Record<string, string>>;
}

export interface OperationsMetrics {
  /** Of this process and of the engines, which are asked at the scrape. */
  text(): Promise<string>;
}

const channelPrefix = 'channel-';
const seconds = (ms: number) => ms / 1000;
const setOrRemove = (gauge: Gauge, value: number | undefined, labels?: Labels) =>
  value === undefined ? gauge.remove(labels) : gauge.set(value, labels);

function exposeHealth(metrics: MetricsRegistry, health: () => HealthAnswer): void {
  const ready = metrics.gauge(
    'hearthline_ready',
    '1 when every part that calls need is ready, as /healthz says',
  );
  const up = metrics.gauge('hearthline_part_up', '1 when the part is ready, by part');
  const channels = metrics.gauge(
    'hearthline_channel_up',
    '1 when the channel of text works, by channel; those that are switched off are left out',
  );
  metrics.onCollect(() => {
    const { isReady, parts } = health();
    ready.set(Number(isReady));
    channels.clear();
    for (const [name, part] of Object.entries(parts))
      if (name.startsWith(channelPrefix))
        channels.set(Number(part.isReady), { channel: name.slice(channelPrefix.length) });
      else up.set(Number(part.isReady), { part: name });
  });
}

function exposeHistory(metrics: MetricsRegistry, stores: OperationsParts['stores']): void {
  const append = metrics.histogram(
    'hearthline_log_append_seconds',
    'How long Redis takes to append a batch of events',
    secondsBuckets,
  );
  stores.log.observeAppends((tookMs) => append.observe(seconds(tookMs)));
  const unwritten = metrics.gauge('hearthline_log_unwritten_events', 'Events that Redis does not have yet');
  const retained = metrics.gauge(
    'hearthline_log_retained_events',
    'Events held in memory until history has them',
  );
  const appended = metrics.counter('hearthline_log_events_total', 'Number of the newest event of the log');
  const lag = metrics.gauge('hearthline_projector_lag_events', 'Events that history does not have yet');
  const missing = metrics.counter(
    'hearthline_projector_missing_events_total',
    'Events that were gone from the log before history had them: always 0',
  );
  const unreadable = metrics.counter(
    'hearthline_projector_unreadable_events_total',
    'Events that history could not store: always 0',
  );
  metrics.onCollect(() => {
    const log = stores.log.health();
    const history = stores.projector()?.health();
    unwritten.set(log.unwritten);
    retained.set(log.retained);
    appended.set(log.lastSeq);
    setOrRemove(lag, history && Math.max(0, log.lastSeq - history.projectedSeq));
    missing.set(history?.missing ?? 0);
    unreadable.set(history?.unreadable ?? 0);
  });
}

function exposeCertificate(metrics: MetricsRegistry, tls: TlsListeners | undefined): void {
  const end = metrics.gauge(
    'hearthline_certificate_end_timestamp_seconds',
    'When the certificate of the pages ends, as Unix time; absent without TLS',
  );
  metrics.onCollect(() => setOrRemove(end, tls && seconds(tls.facts.untilMs)));
}

function exposeBackups(metrics: MetricsRegistry, lastBackup: () => LastBackup): void {
  const done = metrics.gauge(
    'hearthline_backup_last_success_timestamp_seconds',
    'When the last good backup was done, as Unix time; absent before the first',
  );
  const failed = metrics.gauge(
    'hearthline_backup_last_failure_timestamp_seconds',
    'When a backup failed last, as Unix time; absent where none did',
  );
  const size = metrics.gauge('hearthline_backup_size_bytes', 'Size of the last good backup');
  const free = metrics.gauge(
    'hearthline_backup_disk_free_bytes',
    'Free space where backups go, as the last one found it',
  );
  metrics.onCollect(() => {
    const { doneAt, failedAt, bytes, freeBytes } = lastBackup();
    setOrRemove(done, doneAt === undefined ? undefined : seconds(doneAt));
    setOrRemove(failed, failedAt === undefined ? undefined : seconds(failedAt));
    setOrRemove(size, bytes);
    setOrRemove(free, freeBytes);
  });
}

function exposeProcess(metrics: MetricsRegistry): void {
  const { version, commit } = buildInfo();
  metrics
    .gauge('hearthline_build_info', 'Always 1; version, commit and Node are in its labels')
    .set(1, { version, commit, node: process.versions.node });
  const started = metrics.gauge(
    'hearthline_server_start_timestamp_seconds',
    'When the server process started, as Unix time',
  );
  started.set(Math.round(seconds(Date.now()) - process.uptime()));
  const resident = metrics.gauge('hearthline_server_resident_bytes', 'Memory of the server process');
  const heap = metrics.gauge('hearthline_server_heap_used_bytes', 'Heap of the server process in use');
  const cpu = metrics.counter(
    'hearthline_server_cpu_seconds_total',
    'Processor time of the server process, by mode',
  );
  metrics.onCollect(() => {
    const memory = process.memoryUsage();
    const used = process.cpuUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    cpu.set(used.user / 1e6, { mode: 'user' });
    cpu.set(used.system / 1e6, { mode: 'system' });
  });
}

function disks(metrics: MetricsRegistry, dirs: OperationsParts['dirs']): () => Promise<void> {
  const free = metrics.gauge(
    'hearthline_disk_free_bytes',
    'Free space of the disk that the place is on, by place',
  );
  const size = metrics.gauge('hearthline_disk_size_bytes', 'Size of the disk that the place is on, by place');
  return async () => {
    for (const [place, dir] of Object.entries(dirs)) {
      const stat = await statfs(dir).catch(() => undefined);
      setOrRemove(free, stat && stat.bavail * stat.bsize, { place });
      setOrRemove(size, stat && stat.blocks * stat.bsize, { place });
    }
  };
}

export function exposeOperations(parts: OperationsParts): OperationsMetrics {
  const { metrics, stores, tls } = parts;
  exposeProcess(metrics);
  exposeHealth(metrics, () => parts.health());
  exposeHistory(metrics, stores);
  exposeCertificate(metrics, tls);
  exposeBackups(metrics, () => parts.lastBackup());
  const refreshDisks = disks(metrics, parts.dirs);
  return {
    async text() {
      const sockets = Object.values(parts.statusSockets);
      const [engines] = await Promise.all([
        Promise.all(sockets.map((socket) => readStatus(socket, '/metrics'))),
        refreshDisks(),
      ]);
      return [metrics.text(), ...engines].join('');
    },
  };
}
