/**
 * `/healthz`, `/metrics` (Prometheus text) and `/connections` (to whom something was sent) over HTTP on a Unix socket. Reads
 * shared counters and what workers told by themselves: asking never reaches a worker.
 */
import { createServer, type Server } from 'node:http';
import type { LedgerReport } from '../../system/ledger/connection-ledger.ts';
import { listenOnUnixSocket } from './unix-socket.ts';
import type { SchedulingClass } from './host-facts.ts';
import { COUNTER } from './thread-messages.ts';

export interface StatusSource {
  instanceId: string;
  version: string;
  scheduling: SchedulingClass;
  sockets: string;
  workerCounters: Float64Array[];
  isReady(): boolean;
  clients(): number;
  recordingsFinished(): number;
  recordingsFailed(): number;
  connections(): Promise<LedgerReport>;
}

const GAUGES: [keyof typeof COUNTER, string, string][] = [
  ['sessions', 'sessions', 'RTP sessions that are open'],
  ['bridged', 'sessions_bridged', 'Sessions that are bridged with another'],
  ['playing', 'sessions_playing', 'Sessions that play a prompt or music'],
  ['recording', 'recordings_running', 'Recordings that are running'],
  ['portsFree', 'ports_free', 'RTP ports that are not in use'],
  ['promptCacheBytes', 'prompt_cache_bytes', 'Prompts held in memory'],
];

const TOTALS: [keyof typeof COUNTER, string, string][] = [
  ['packetsIn', 'packets_in_total', 'RTP packets received by open sessions'],
  ['packetsOut', 'packets_out_total', 'RTP packets sent'],
  ['strangers', 'packets_stranger_total', 'Packets dropped because they came from a stranger'],
  ['malformed', 'packets_malformed_total', 'Packets dropped because they are not RTP'],
  ['sendErrors', 'send_errors_total', 'Packets that the kernel did not take'],
  ['recordedBytes', 'recorded_bytes_total', 'Bytes of audio handed to the disk thread'],
  ['ticks', 'ticks_total', 'Wake-ups of the pacing tick'],
  ['legsEnded', 'legs_measured_total', 'Legs that ended after audio came from them'],
  ['packetsLost', 'packets_lost_total', 'RTP packets that never came, of legs that ended'],
];

function metricsText(source: StatusSource): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, samples: [string, number][]): void => {
    lines.push(`# HELP hearthline_media_${name} ${help}`, `# TYPE hearthline_media_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`hearthline_media_${name}${labels} ${value}`);
  };
  const perWorker = (place: number): [string, number][] =>
    source.workerCounters.map((counters, index) => [`{worker="${index}"}`, counters[place] as number]);
  const { scheduling, version, sockets, instanceId } = source;
  metric('info', 'gauge', 'What runs', [
    [`{version="${version}",sockets="${sockets}",instance="${instanceId}"}`, 1],
  ]);
  metric('scheduling_realtime', 'gauge', '1 when the process runs in a real-time class', [
    [
      `{class="${scheduling.name}",priority="${scheduling.priority}"}`,
      scheduling.name === 'fifo' || scheduling.name === 'rr' ? 1 : 0,
    ],
  ]);
  metric('control_clients', 'gauge', 'Clients of the control socket', [['', source.clients()]]);
  metric('recordings_finished_total', 'counter', 'Recordings finished', [['', source.recordingsFinished()]]);
  metric('recordings_failed_total', 'counter', 'Recordings that failed', [['', source.recordingsFailed()]]);
  for (const [key, name, help] of GAUGES) metric(name, 'gauge', help, perWorker(COUNTER[key]));
  for (const [key, name, help] of TOTALS) metric(name, 'counter', help, perWorker(COUNTER[key]));
  const perWorkerSec = (place: number): [string, number][] =>
    perWorker(place).map(([labels, ms]) => [labels, ms / 1000]);
  metric(
    'tick_late_max_seconds',
    'gauge',
    'Worst lateness of the pacing tick since the last scrape',
    perWorkerSec(COUNTER.tickLateMaxMs),
  );
  metric(
    'tick_late_seconds_total',
    'counter',
    'Summed lateness of the pacing tick',
    perWorkerSec(COUNTER.tickLateSumMs),
  );
  metric(
    'jitter_seconds_total',
    'counter',
    'Summed jitter of legs that ended: divide by legs_measured_total',
    perWorkerSec(COUNTER.jitterSumMs),
  );
  for (const counters of source.workerCounters) counters[COUNTER.tickLateMaxMs] = 0;
  return `${lines.join('\n')}\n`;
}

export async function startStatusServer(path: string, source: StatusSource): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (request.url === '/healthz') {
      const isReady = source.isReady();
      response.writeHead(isReady ? 200 : 503, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ status: isReady ? 'ready' : 'starting', scheduling: source.scheduling.name }),
      );
    } else if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsText(source));
    } else if (request.url === '/connections') {
      void source.connections().then((report) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(report));
      });
    } else response.writeHead(404).end();
  });
  await listenOnUnixSocket(server, path);
  return server;
}
