/**
 * What passes between the threads of the media process: main (control socket), workers (RTP), disk (files).
 * Types only. Messages are batched: one post per turn, not one per request.
 */
import type {
  Direction,
  MediaEvent,
  MediaRequest,
  RecoveredRecording,
  SessionClosedReason,
  SessionStats,
} from '../protocol.ts';
import type { OutStream } from './out-stream.ts';
import type { ReceiveStats } from './receive-stats.ts';
import type { SourceLock } from './source-lock-state.ts';

export interface WorkerSettings {
  index: number;
  bind: string;
  ports: number[];
  /** One byte a port: 1 where some worker of this engine holds it. */
  ownPorts: SharedArrayBuffer;
  counters: SharedArrayBuffer;
  /** IPv4 addresses of this machine, and its directed broadcast addresses. */
  localIps: number[];
  broadcastIps: number[];
  /** Bytes handed to the disk thread by this worker and not yet written. */
  diskBacklog: SharedArrayBuffer;
  sockets: 'dgram' | 'koffi';
  /** For koffi: written to wake a thread that blocks in epoll; -1 otherwise. */
  wakeFd: number;
}

/** A session on its way to another worker. */
export interface SessionState {
  sessionId: string;
  port: number;
  codecPt: number;
  dtmfPt: number;
  direction: Direction;
  remoteIp: number;
  remotePort: number;
  rtpTimeoutMs: number;
  lock: ReturnType<SourceLock['exportState']>;
  stats: ReturnType<ReceiveStats['exportTotals']>;
  out: ReturnType<OutStream['exportState']>;
  totals: Pick<
    SessionStats,
    'strangers' | 'malformed' | 'otherPayload' | 'unexpected' | 'firstPacketAt' | 'lastPacketAt'
  >;
}

export type ToWorker =
  | { t: 'request'; key: number; request: MediaRequest }
  | { t: 'list'; key: number }
  /** Answered at once: whoever asks learns that the worker still takes its turns. */
  | { t: 'ping'; key: number }
  | { t: 'export'; key: number; sessionId: string }
  | { t: 'import'; key: number; state: SessionState }
  | { t: 'record-drop'; recordingId: string }
  | { t: 'reserve'; key: number; count: number }
  | { t: 'unreserve'; ports: number[] }
  | { t: 'close-all'; key: number; reason: SessionClosedReason };

export interface WorkerAnswer {
  key: number;
  body: Record<string, unknown>;
}

/** What went to one address since it was last told. */
export interface Traffic {
  ip: number;
  firstPort: number;
  lastPort: number;
  /** Legs that began to send there. */
  legs: number;
  bytesOut: number;
  bytesIn: number;
}

export interface FromWorker {
  answers: WorkerAnswer[];
  events: MediaEvent[];
  /** Of addresses to which something went; a few times a minute. */
  traffic?: Traffic[];
}

export type ToDisk =
  | { t: 'open'; recordingId: string; file: string; channels: 1 | 2; law: number; worker: number }
  | { t: 'chunk'; recordingId: string; data: Uint8Array }
  | { t: 'close'; recordingId: string; error?: string }
  | { t: 'load'; worker: number; path: string; law: number }
  | { t: 'drain' };

export type DiskToWorker = {
  t: 'loaded';
  path: string;
  law: number;
  clip: Uint8Array | null;
  error?: string;
};

export type DiskToMain =
  | { t: 'ready'; recovered: RecoveredRecording[] }
  | { t: 'opened'; recordingId: string }
  | { t: 'failed'; recordingId: string; error: string }
  | { t: 'finished'; event: Extract<MediaEvent, { event: 'recording-finished' }> }
  | { t: 'drained' };

/** Places in the counters' Float64Array of each worker. */
export const COUNTER = {
  packetsIn: 0,
  packetsOut: 1,
  strangers: 2,
  malformed: 3,
  sendErrors: 4,
  sessions: 5,
  bridged: 6,
  playing: 7,
  recording: 8,
  portsFree: 9,
  tickLateMaxMs: 10,
  tickLateSumMs: 11,
  ticks: 12,
  recordedBytes: 13,
  promptCacheBytes: 14,
  /** Of legs that ended and had audio. */
  legsEnded: 15,
  packetsLost: 16,
  jitterSumMs: 17,
  length: 20,
} as const;
