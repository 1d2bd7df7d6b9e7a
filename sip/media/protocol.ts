/**
 * What crosses the control socket of the media engine: JSON lines, both ways.
 * For: the engine, its client and their tests. It may not import anything: both ends stand on it alone.
 * Validation is by hand because a call's set-up costs about six messages and the engine lives on low latency.
 * Every limit a hostile or broken client could push against is checked here, before anything is done.
 */

export type Codec = 'PCMU' | 'PCMA';
/** From the engine's side: `sendonly` and `inactive` mean that the peer's audio is neither expected nor used. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface RemoteAddress {
  ip: string;
  port: number;
}

export interface SessionSettings {
  remote?: RemoteAddress;
  codec?: Codec;
  /** Payload type of RFC 4733 events that the peer understands and sends; null: none. */
  dtmfPt?: number | null;
  direction?: Direction;
  /** Silence after which `rtp-timeout` is told; 0: never. */
  rtpTimeoutMs?: number;
}

export interface OpenParams extends SessionSettings {
  sessionId: string;
  ptimeMs?: 20;
  /** A session this one will be bridged with: both are then kept by the same worker. A hint only. */
  near?: string;
  /** A port this client reserved: the session has it without anybody waiting for the answer. */
  port?: number;
}

/** A bound port that waits for a session of the client that reserved it; given back when that client goes. */
export interface ReservedPort {
  port: number;
  /** Sessions with the same one are joined without a move. */
  worker: number;
}

export interface UpdateParams extends SessionSettings {
  sessionId: string;
}

export interface PlayParams {
  sessionId: string;
  playId: string;
  files: string[];
  loop?: boolean;
  bargeIn?: boolean;
  gapMs?: number;
}

export interface RecordStartParams {
  recordingId: string;
  a: string;
  /** Left out: the recording is mono and has only `a`. */
  b?: string;
  file: string;
}

export interface DtmfParams {
  sessionId: string;
  digits: string;
  durationMs?: number;
}

export type MediaRequest =
  | { op: 'hello' }
  | ({ op: 'open' } & OpenParams)
  | ({ op: 'update' } & UpdateParams)
  | ({ op: 'play' } & PlayParams)
  | { op: 'stop'; sessionId: string }
  | { op: 'bridge'; a: string; b: string }
  | { op: 'unbridge'; a: string }
  | ({ op: 'record-start' } & RecordStartParams)
  | { op: 'record-stop'; recordingId: string }
  | ({ op: 'dtmf' } & DtmfParams)
  | { op: 'stats'; sessionId: string }
  | { op: 'close'; sessionId: string }
  | { op: 'closeAll' }
  /** Up to so many ports, fewer when they are scarce. */
  | { op: 'reserve'; count: number }
  /** Read-only and cheap: asks no worker. */
  | { op: 'list' };

export type MediaOp = MediaRequest['op'];

export interface SessionSummary {
  sessionId: string;
  port: number;
  bridgedWith?: string;
  playing?: string;
  recordingId?: string;
  remote?: RemoteAddress;
}

export interface RecoveredRecording {
  recordingId: string;
  file: string;
  bytes: number;
  durationMs: number;
  sha256: string;
}

export interface HelloAnswer {
  instanceId: string;
  version: string;
  sessions: SessionSummary[];
  /** Recordings that a crash had left unfinished and that this start of the engine finished. */
  recovered: RecoveredRecording[];
}

export interface SessionStats {
  codec: Codec;
  packetsIn: number;
  bytesIn: number;
  packetsOut: number;
  bytesOut: number;
  sendErrors: number;
  lost: number;
  reordered: number;
  duplicates: number;
  jitterMs: number;
  /** Dropped because they came from another source than the locked one. */
  strangers: number;
  malformed: number;
  /** Valid packets of a payload type this session does not use (comfort noise, for one). */
  otherPayload: number;
  /** Received while the direction makes us expect none. */
  unexpected: number;
  /** UTC ms of the first and the last valid packet; null: none came. */
  firstPacketAt: number | null;
  lastPacketAt: number | null;
  lockedTo: RemoteAddress | null;
}

export type PlayFinishedReason = 'done' | 'stopped' | 'barge-in' | 'error' | 'replaced';

/** `lost`: it could not be moved to another worker. */
export type SessionClosedReason = 'orphaned' | 'shutdown' | 'close-all' | 'lost';

export type MediaEvent =
  | { event: 'rtp-started'; sessionId: string }
  | { event: 'rtp-timeout'; sessionId: string; silentMs: number }
  | { event: 'rtp-resumed'; sessionId: string }
  | { event: 'dtmf'; sessionId: string; digit: string; durationMs: number }
  | {
      event: 'play-finished';
      sessionId: string;
      playId: string;
      reason: PlayFinishedReason;
      digit?: string;
      message?: string;
    }
  | {
      event: 'recording-finished';
      recordingId: string;
      file: string;
      bytes: number;
      durationMs: number;
      sha256: string;
      error?: string;
    }
  | { event: 'recording-failed'; recordingId: string; error: string }
  | { event: 'session-closed'; sessionId: string; reason: SessionClosedReason };

export type MediaErrorCode =
  | 'bad-request'
  | 'unknown-op'
  | 'unknown-session'
  | 'unknown-recording'
  | 'recording-exists'
  | 'recording-failed'
  | 'already-recorded'
  | 'bad-path'
  | 'bad-remote'
  | 'own-port'
  | 'no-ports'
  | 'bridged'
  | 'same-session'
  | 'other-worker'
  | 'no-dtmf-payload-type'
  | 'shutting-down';

export type MediaAnswer =
  | ({ id: number; ok: true } & Record<string, unknown>)
  | { id: number; ok: false; code: MediaErrorCode; message: string };

export const LIMITS = {
  lineBytes: 64 * 1024,
  idChars: 64,
  files: 64,
  pathChars: 1024,
  digits: 64,
  gapMs: 10_000,
  minDtmfMs: 40,
  maxDtmfMs: 6000,
  maxRtpTimeoutMs: 3_600_000,
  reserve: 256,
} as const;

export const DEFAULT_RTP_TIMEOUT_MS = 20_000;

export type ParsedRequest =
  | { ok: true; id: number; request: MediaRequest }
  | { ok: false; id: number; code: MediaErrorCode; message: string };

type Fields = Record<string, unknown>;

class Invalid {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

function idOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.length === 0 || value.length > LIMITS.idChars) {
    throw new Invalid(`${name} must be a string of 1 to ${LIMITS.idChars} characters`);
  }
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) throw new Invalid(`${name} must be printable ASCII without blanks`);
  }
  return value;
}

function optionalInt(fields: Fields, name: string, min: number, max: number): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new Invalid(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function optionalFlag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new Invalid(`${name} must be true or false`);
  return value;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Dotted quad to an unsigned number, or -1. Pure. */
export function ipv4ToNumber(ip: string): number {
  const match = IPV4.exec(ip);
  if (!match) return -1;
  let result = 0;
  for (let i = 1; i <= 4; i++) {
    const part = Number(match[i]);
    if (part > 255) return -1;
    result = result * 256 + part;
  }
  return result;
}

export function numberToIpv4(ip: number): string {
  return `${(ip >>> 24) & 255}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

function isDirection(value: unknown): value is Direction {
  return value === 'sendrecv' || value === 'sendonly' || value === 'recvonly' || value === 'inactive';
}

function settingsOf(fields: Fields): SessionSettings {
  const settings: SessionSettings = {};
  const remote = fields['remote'];
  if (remote !== undefined && remote !== null) {
    if (typeof remote !== 'object') throw new Invalid('remote must be {ip, port}');
    const { ip, port } = remote as Fields;
    if (typeof ip !== 'string' || ipv4ToNumber(ip) < 0)
      throw new Invalid('remote.ip must be an IPv4 address');
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
      throw new Invalid('remote.port must be 1 to 65535');
    }
    settings.remote = { ip, port };
  }
  const codec = fields['codec'];
  if (codec !== undefined) {
    if (codec !== 'PCMU' && codec !== 'PCMA') throw new Invalid('codec must be PCMU or PCMA');
    settings.codec = codec;
  }
  if (fields['dtmfPt'] === null) settings.dtmfPt = null;
  else {
    const dtmfPt = optionalInt(fields, 'dtmfPt', 96, 127);
    if (dtmfPt !== undefined) settings.dtmfPt = dtmfPt;
  }
  const direction = fields['direction'];
  if (direction !== undefined) {
    if (!isDirection(direction))
      throw new Invalid('direction must be sendrecv, sendonly, recvonly or inactive');
    settings.direction = direction;
  }
  const rtpTimeoutMs = optionalInt(fields, 'rtpTimeoutMs', 0, LIMITS.maxRtpTimeoutMs);
  if (rtpTimeoutMs !== undefined) settings.rtpTimeoutMs = rtpTimeoutMs;
  return settings;
}

function playOf(fields: Fields): MediaRequest {
  const files = fields['files'];
  if (!Array.isArray(files) || files.length === 0 || files.length > LIMITS.files) {
    throw new Invalid(`files must be a list of 1 to ${LIMITS.files} paths`);
  }
  const paths: string[] = [];
  for (const file of files as unknown[]) {
    if (
      typeof file !== 'string' ||
      !file.startsWith('/') ||
      file.length > LIMITS.pathChars ||
      file.includes('\0')
    ) {
      throw new Invalid('files must be absolute paths');
    }
    paths.push(file);
  }
  return {
    op: 'play',
    sessionId: idOf(fields, 'sessionId'),
    playId: idOf(fields, 'playId'),
    files: paths,
    loop: optionalFlag(fields, 'loop'),
    bargeIn: optionalFlag(fields, 'bargeIn'),
    gapMs: optionalInt(fields, 'gapMs', 0, LIMITS.gapMs) ?? 0,
  };
}

/** A recording's name is relative, stays below the recordings folder and ends in .wav. */
export function isSafeRecordingName(file: string): boolean {
  if (file.length > 255 || !/^[A-Za-z0-9._/-]+\.wav$/.test(file)) return false;
  return file.split('/').every((part) => part !== '' && !part.startsWith('.'));
}

function recordStartOf(fields: Fields): MediaRequest {
  const file = fields['file'];
  if (typeof file !== 'string') throw new Invalid('file must be a string');
  const params: RecordStartParams = { recordingId: idOf(fields, 'recordingId'), a: idOf(fields, 'a'), file };
  if (fields['b'] !== undefined && fields['b'] !== null) params.b = idOf(fields, 'b');
  return { op: 'record-start', ...params };
}

function dtmfOf(fields: Fields): MediaRequest {
  const digits = fields['digits'];
  if (typeof digits !== 'string' || digits.length > LIMITS.digits || !/^[0-9A-D*#]+$/.test(digits)) {
    throw new Invalid(`digits must be 1 to ${LIMITS.digits} of 0-9 A-D * #`);
  }
  const durationMs = optionalInt(fields, 'durationMs', LIMITS.minDtmfMs, LIMITS.maxDtmfMs) ?? 160;
  return { op: 'dtmf', sessionId: idOf(fields, 'sessionId'), digits, durationMs };
}

function openOf(fields: Fields): MediaRequest {
  if (fields['ptimeMs'] !== undefined && fields['ptimeMs'] !== 20) throw new Invalid('ptimeMs must be 20');
  const params: OpenParams = { sessionId: idOf(fields, 'sessionId'), ...settingsOf(fields) };
  if (fields['near'] !== undefined) params.near = idOf(fields, 'near');
  const port = optionalInt(fields, 'port', 1, 65_535);
  if (port !== undefined) params.port = port;
  return { op: 'open', ...params };
}

function requestOf(fields: Fields): MediaRequest | undefined {
  switch (fields['op']) {
    case 'hello':
      return { op: 'hello' };
    case 'open':
      return openOf(fields);
    case 'update':
      return { op: 'update', sessionId: idOf(fields, 'sessionId'), ...settingsOf(fields) };
    case 'play':
      return playOf(fields);
    case 'stop':
      return { op: 'stop', sessionId: idOf(fields, 'sessionId') };
    case 'bridge':
      return { op: 'bridge', a: idOf(fields, 'a'), b: idOf(fields, 'b') };
    case 'unbridge':
      return { op: 'unbridge', a: idOf(fields, 'a') };
    case 'record-start':
      return recordStartOf(fields);
    case 'record-stop':
      return { op: 'record-stop', recordingId: idOf(fields, 'recordingId') };
    case 'dtmf':
      return dtmfOf(fields);
    case 'stats':
      return { op: 'stats', sessionId: idOf(fields, 'sessionId') };
    case 'close':
      return { op: 'close', sessionId: idOf(fields, 'sessionId') };
    case 'closeAll':
      return { op: 'closeAll' };
    case 'reserve':
      return { op: 'reserve', count: optionalInt(fields, 'count', 1, LIMITS.reserve) ?? 1 };
    case 'list':
      return { op: 'list' };
    default:
      return undefined;
  }
}

export function parseRequest(value: unknown): ParsedRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, id: 0, code: 'bad-request', message: 'a request is a JSON object' };
  }
  const fields = value as Fields;
  const id = fields['id'];
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
    return { ok: false, id: 0, code: 'bad-request', message: 'id must be a whole number' };
  }
  try {
    const request = requestOf(fields);
    return request
      ? { ok: true, id, request }
      : { ok: false, id, code: 'unknown-op', message: 'no such operation' };
  } catch (error) {
    if (error instanceof Invalid) return { ok: false, id, code: 'bad-request', message: error.message };
    throw error;
  }
}
