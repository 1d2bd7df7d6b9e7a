/**
 * Talks to the media engine for call control: one promise an operation, typed events, reconnects for ever.
 * It may not keep sessions of its own: after a reconnect `connected` tells which sessions the engine still has.
 * Requests are sent in the order of the calls; a request whose connection drops is rejected, never repeated, because
 * only the caller knows whether repeating is right.
 */
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type {
  DtmfParams,
  HelloAnswer,
  MediaErrorCode,
  MediaEvent,
  MediaOp,
  OpenParams,
  PlayParams,
  RecordStartParams,
  ReservedPort,
  SessionStats,
  UpdateParams,
} from './protocol.ts';

export type MediaClientErrorCode = MediaErrorCode | 'disconnected' | 'timeout';

export class MediaError extends Error {
  readonly code: MediaClientErrorCode;
  readonly op: MediaOp;
  constructor(code: MediaClientErrorCode, op: MediaOp, message: string) {
    super(message);
    this.name = 'MediaError';
    this.code = code;
    this.op = op;
  }
}

type EventMap = { [E in MediaEvent as E['event']]: [event: E] } & {
  connected: [facts: HelloAnswer & { isSameInstance: boolean }];
  disconnected: [];
};

export interface MediaClientOptions {
  /** How long an answer may take; the engine answers within a few ms. */
  requestTimeoutMs?: number;
  minBackoffMs?: number;
  maxBackoffMs?: number;
}

interface Pending {
  op: MediaOp;
  sentAtMs: number;
  resolve: (body: Record<string, unknown>) => void;
  reject: (error: MediaError) => void;
}

const DEFAULTS = { requestTimeoutMs: 5000, minBackoffMs: 50, maxBackoffMs: 1000 };
const MAX_ANSWER_CHARS = 64 * 1024 * 1024;

const watchEveryMs = 250;

export class MediaClient extends EventEmitter<EventMap> {
  private readonly options: Required<MediaClientOptions>;
  private path = '';
  private socket: Socket | null = null;
  private isUp = false;
  private isClosed = true;
  private nextId = 1;
  private backoffMs: number;
  private instanceId = '';
  private readonly pending = new Map<number, Pending>();
  private outbox = '';
  private retryTimer: NodeJS.Timeout | undefined;
  private watchTimer: NodeJS.Timeout | undefined;
  private watchedAtMs = 0;

  constructor(options: MediaClientOptions = {}) {
    super();
    this.options = { ...DEFAULTS, ...options };
    this.backoffMs = this.options.minBackoffMs;
  }

  /** Resolves at the first `connected`; keeps reconnecting until `disconnect`. */
  connect(path: string): Promise<HelloAnswer & { isSameInstance: boolean }> {
    this.path = path;
    this.isClosed = false;
    const ready = new Promise<HelloAnswer & { isSameInstance: boolean }>((resolve) =>
      this.once('connected', resolve),
    );
    this.dial();
    return ready;
  }

  get isConnected(): boolean {
    return this.isUp;
  }

  disconnect(): void {
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    this.socket?.destroy();
    this.drop();
  }

  open(params: OpenParams): Promise<{ port: number }> {
    return this.request('open', params).then((body) => ({ port: body['port'] as number }));
  }

  /** Ports for `open`, bound already: what is asked for them needs no answer before the port is told to a peer. */
  reserve(count: number): Promise<ReservedPort[]> {
    return this.request('reserve', { count }).then((body) => body['ports'] as ReservedPort[]);
  }

  async update(params: UpdateParams): Promise<void> {
    await this.request('update', params);
  }

  async play(params: PlayParams): Promise<void> {
    await this.request('play', params);
  }

  async stop(sessionId: string): Promise<void> {
    await this.request('stop', { sessionId });
  }

  async bridge(a: string, b: string): Promise<void> {
    await this.request('bridge', { a, b });
  }

  async unbridge(a: string): Promise<void> {
    await this.request('unbridge', { a });
  }

  async recordStart(params: RecordStartParams): Promise<void> {
    await this.request('record-start', params);
  }

  async recordStop(recordingId: string): Promise<void> {
    await this.request('record-stop', { recordingId });
  }

  async dtmf(params: DtmfParams): Promise<void> {
    await this.request('dtmf', params);
  }

  stats(sessionId: string): Promise<SessionStats> {
    return this.request('stats', { sessionId }).then((body) => body['stats'] as SessionStats);
  }

  close(sessionId: string): Promise<{ stats: SessionStats }> {
    return this.request('close', { sessionId }).then((body) => ({ stats: body['stats'] as SessionStats }));
  }

  closeAll(): Promise<{ closed: string[] }> {
    return this.request('closeAll', {}).then((body) => ({ closed: body['closed'] as string[] }));
  }

  /** Which sessions there are, as of the commands sent before this one; changes nothing. */
  list(): Promise<string[]> {
    return this.request('list', {}).then((body) => body['sessionIds'] as string[]);
  }

  // --- connection -----------------------------------------------------------------------------------------------

  private dial(): void {
    if (this.isClosed) return;
    const socket = connect(this.path);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    this.socket = socket;
    socket.on('connect', () => this.greet(socket));
    socket.on('data', (data: Buffer) => {
      const lines = (rest + decoder.write(data)).split('\n');
      rest = lines.pop() as string;
      if (rest.length > MAX_ANSWER_CHARS) socket.destroy();
      for (const line of lines) if (line !== '') this.onLine(line);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.drop();
      this.retry();
    });
  }

  private greet(socket: Socket): void {
    this.send('hello', {}, socket)
      .then((body) => {
        this.isUp = true;
        this.backoffMs = this.options.minBackoffMs;
        const answer = body as unknown as HelloAnswer;
        const isSameInstance = answer.instanceId === this.instanceId;
        this.instanceId = answer.instanceId;
        this.emit('connected', { ...answer, isSameInstance });
      })
      .catch(() => socket.destroy());
  }

  private retry(): void {
    if (this.isClosed) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.dial(), this.backoffMs);
    this.backoffMs = Math.min(this.options.maxBackoffMs, this.backoffMs * 2);
  }

  private drop(): void {
    const wasUp = this.isUp;
    this.isUp = false;
    this.socket = null;
    this.outbox = '';
    clearInterval(this.watchTimer);
    this.watchTimer = undefined;
    const lost = [...this.pending.values()];
    this.pending.clear();
    for (const { op, reject } of lost) reject(new MediaError('disconnected', op, 'the connection was lost'));
    if (wasUp) this.emit('disconnected');
  }

  private request(op: MediaOp, params: object): Promise<Record<string, unknown>> {
    const { socket } = this;
    if (!this.isUp || !socket) {
      return Promise.reject(new MediaError('disconnected', op, 'not connected to the media engine'));
    }
    return this.send(op, params, socket);
  }

  private send(op: MediaOp, params: object, socket: Socket): Promise<Record<string, unknown>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { op, sentAtMs: performance.now(), resolve, reject });
      if (this.outbox === '') {
        // What one turn of the event loop asks for travels in one write.
        setImmediate(() => {
          const text = this.outbox;
          this.outbox = '';
          if (text !== '' && this.socket === socket) socket.write(text);
        });
      }
      this.outbox += `${JSON.stringify({ id, op, ...params })}\n`;
      this.watchTimer ??= this.watch();
    });
  }

  private watch(): NodeJS.Timeout {
    this.watchedAtMs = performance.now();
    return setInterval(() => this.expire(), watchEveryMs);
  }

  /** One timer for all requests; they are in order of age. */
  private expire(): void {
    const late = performance.now() - this.watchedAtMs;
    this.watchedAtMs = performance.now();
    // This process stood still: the answers may well lie in the socket, unread.
    if (late > 4 * watchEveryMs) return;
    const oldest = performance.now() - this.options.requestTimeoutMs;
    for (const [id, { op, sentAtMs, reject }] of this.pending) {
      if (sentAtMs > oldest) return;
      this.pending.delete(id);
      reject(new MediaError('timeout', op, 'the media engine did not answer in time'));
    }
    if (this.pending.size > 0) return;
    clearInterval(this.watchTimer);
    this.watchTimer = undefined;
  }

  private onLine(line: string): void {
    const message = JSON.parse(line) as Record<string, unknown>;
    if (typeof message['event'] === 'string') {
      const event = message as unknown as MediaEvent;
      this.emit(event.event, ...([event] as never));
      return;
    }
    const pending = this.pending.get(message['id'] as number);
    if (!pending) return;
    this.pending.delete(message['id'] as number);
    if (message['ok'] === true) pending.resolve(message);
    else
      pending.reject(
        new MediaError(message['code'] as MediaErrorCode, pending.op, String(message['message'])),
      );
  }
}
