/**
 * All sessions of one worker: carries out the control operations, paces what the engine itself sends, watches for
 * silence, flushes recordings. For: worker.ts, which owns the sockets' loop. It may not block or do I/O: files belong
 * to the disk thread.
 */
import type {
  MediaEvent,
  MediaRequest,
  RecordStartParams,
  SessionClosedReason,
  SessionSettings,
  SessionSummary,
  SessionStats,
} from '../protocol.ts';
import { ipv4ToNumber } from '../protocol.ts';
import { Player } from './player.ts';
import { PromptCache } from './prompt-cache.ts';
import { Recorder } from './recorder.ts';
import { Refusal } from './refusal.ts';
import type { SocketPool } from './rtp-sockets.ts';
import { Session, type SessionHost } from './session.ts';
import { TrafficCount } from './traffic.ts';
import {
  COUNTER,
  type FromWorker,
  type ToDisk,
  type ToWorker,
  type WorkerSettings,
} from './thread-messages.ts';

/** The pacing clock: sessions are spread over its four phases, so that 500 prompts do not leave in one burst. */
export const PHASE_MS = 5;
export const PHASES = 4;
const SWEEP_TICKS = 20;
/** Once a second. */
const TELL_TICKS = 200;
const MAX_CATCH_UP_TICKS = 40;
const PROMPT_CACHE_BYTES = 64 * 1024 * 1024;
const WARM_SOCKETS = 32;
const MAX_QUEUED_DIGITS = 128;

export interface CorePorts {
  disk(message: ToDisk, transfer?: ArrayBuffer): void;
  post(message: FromWorker): void;
}

export class RtpCore implements SessionHost {
  nowMs = 0;
  readonly counters: Float64Array;
  private readonly pool: SocketPool;
  private readonly ports: CorePorts;
  private readonly ownPorts: Uint8Array;
  private readonly localIps: Set<number>;
  private readonly refusedIps: Set<number>;
  private readonly prompts: PromptCache;
  private readonly sessions = new Map<string, Session>();
  private readonly recorder: Recorder;
  /** Sessions with something of our own to send, by phase. */
  private readonly senders: Set<Session>[] = Array.from({ length: PHASES }, () => new Set<Session>());
  private readonly sent = new TrafficCount();
  private outbox: FromWorker = { answers: [], events: [] };
  private startMs = -1;
  private tickCount = 0;
  private nextPhase = 0;

  constructor(settings: WorkerSettings, pool: SocketPool, ports: CorePorts) {
    this.pool = pool;
    this.ports = ports;
    this.counters = new Float64Array(settings.counters);
    this.ownPorts = new Uint8Array(settings.ownPorts);
    this.localIps = new Set(settings.localIps);
    this.refusedIps = new Set(settings.broadcastIps);
    this.recorder = new Recorder(settings, this.counters, (message, transfer) =>
      ports.disk(message, transfer),
    );
    this.prompts = new PromptCache(
      { load: (path, law) => ports.disk({ t: 'load', worker: settings.index, path, law }) },
      PROMPT_CACHE_BYTES,
    );
  }

  emit(event: MediaEvent): void {
    this.outbox.events.push(event);
  }

  traffic(ip: number, port: number, counts: { legs: number; bytesOut: number; bytesIn: number }): void {
    this.sent.add(ip, port, counts);
  }

  /** Sends what has gathered since the last call; once per turn of the loop. */
  flushOutbox(): void {
    const { outbox } = this;
    if (outbox.answers.length === 0 && outbox.events.length === 0 && !outbox.traffic) return;
    this.outbox = { answers: [], events: [] };
    this.ports.post(outbox);
  }

  isOwnAddress(ip: number, port: number): boolean {
    if (this.ownPorts[port] !== 1) return false;
    return ip >>> 24 === 127 || this.localIps.has(ip);
  }

  // --- control --------------------------------------------------------------------------------------------------

  handle(message: ToWorker): void {
    switch (message.t) {
      case 'request':
        this.answer(message.key, () => this.perform(message.request));
        return;
      case 'list':
        this.answer(message.key, () => ({ sessions: this.list() }));
        return;
      case 'ping':
        this.answer(message.key, () => ({}));
        return;
      case 'export':
        this.answer(message.key, () => this.exportSession(message.sessionId));
        return;
      case 'import':
        this.answer(message.key, () => {
          const socket = this.pool.adopt(message.state.port);
          if (!socket) throw new Refusal('no-ports', 'the port could not be taken over');
          this.addSession(new Session(message.state.sessionId, socket, this, this.phase())).importState(
            message.state,
          );
          return {};
        });
        return;
      case 'reserve':
        this.answer(message.key, () => ({ ports: this.pool.reserve(message.count, this.nowMs) }));
        return;
      case 'unreserve':
        this.unreserve(message.ports);
        return;
      case 'record-drop':
        this.recorder.drop(message.recordingId);
        return;
      case 'close-all':
        this.answer(message.key, () => this.closeAll(message.reason));
        return;
    }
  }

  private answer(key: number, work: () => Record<string, unknown>): void {
    try {
      const body = work();
      body['ok'] = true;
      this.outbox.answers.push({ key, body });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.outbox.answers.push({ key, body: { ok: false, code: error.code, message: error.message } });
    }
  }

  private perform(request: MediaRequest): Record<string, unknown> {
    switch (request.op) {
      case 'open':
        return this.open(request.sessionId, request, request.port);
      case 'update':
        this.apply(this.session(request.sessionId), request);
        return {};
      case 'play':
        return this.play(request);
      case 'stop':
        this.stopPlay(this.session(request.sessionId), 'stopped');
        return {};
      case 'bridge':
        return this.bridge(this.session(request.a), this.session(request.b));
      case 'unbridge':
        this.unbridge(this.session(request.a));
        return {};
      case 'record-start':
        return this.recordStart(request);
      case 'record-stop':
        this.recorder.stop(request.recordingId, this.nowMs);
        return {};
      case 'dtmf':
        return this.sendDtmf(this.session(request.sessionId), request.digits, request.durationMs ?? 160);
      case 'stats':
        return { stats: this.session(request.sessionId).snapshot() };
      case 'close':
        return this.close(this.session(request.sessionId));
      case 'hello':
      case 'closeAll':
      case 'reserve':
      case 'list':
        throw new Refusal('unknown-op', 'answered by the main thread');
    }
  }

  private session(sessionId: string): Session {
    const session = this.sessions.get(sessionId);
    if (!session) throw new Refusal('unknown-session', 'no such session');
    return session;
  }

  private phase(): number {
    this.nextPhase = (this.nextPhase + 1) % PHASES;
    return this.nextPhase;
  }

  private addSession(session: Session): Session {
    this.sessions.set(session.sessionId, session);
    return session;
  }

  private unreserve(ports: readonly number[]): void {
    for (const port of ports) {
      const socket = this.pool.claim(port);
      if (socket) this.pool.release(socket, this.nowMs);
    }
  }

  private open(sessionId: string, settings: SessionSettings, port?: number): Record<string, unknown> {
    const known = this.sessions.get(sessionId);
    if (known) {
      this.apply(known, settings);
      return { port: known.socket.port };
    }
    const socket = port === undefined ? this.pool.acquire(this.nowMs) : this.pool.claim(port);
    if (!socket) throw new Refusal('no-ports', 'every RTP port is in use, or this one was not reserved');
    try {
      this.checkRemote(settings);
    } catch (error) {
      this.pool.release(socket, this.nowMs);
      throw error;
    }
    const session = this.addSession(new Session(sessionId, socket, this, this.phase()));
    this.apply(session, settings);
    return { port: socket.port };
  }

  private checkRemote(settings: SessionSettings): number {
    if (!settings.remote) return -1;
    const ip = ipv4ToNumber(settings.remote.ip);
    const first = ip >>> 24;
    if (ip < 0 || first === 0 || first >= 224 || this.refusedIps.has(ip)) {
      throw new Refusal('bad-remote', 'remote is a multicast, broadcast or reserved address');
    }
    if (this.isOwnAddress(ip, settings.remote.port))
      throw new Refusal('own-port', 'remote is a port of this engine');
    return ip;
  }

  private apply(session: Session, settings: SessionSettings): void {
    const ip = this.checkRemote(settings);
    if (settings.remote) session.setRemote(ip, settings.remote.port);
    if (settings.codec) session.setCodec(settings.codec);
    if (settings.dtmfPt !== undefined) session.dtmfPt = settings.dtmfPt ?? -1;
    if (settings.direction) session.setDirection(settings.direction);
    if (settings.rtpTimeoutMs !== undefined) session.rtpTimeoutMs = settings.rtpTimeoutMs;
  }

  private play(request: Extract<MediaRequest, { op: 'play' }>): Record<string, unknown> {
    const session = this.session(request.sessionId);
    if (session.peer) throw new Refusal('bridged', 'a bridged session cannot play');
    this.stopPlay(session, 'replaced');
    const law = session.codecPt;
    const clips: Uint8Array[] = [];
    let missing = request.files.length;
    let isCancelled = false;
    session.pendingPlay = { playId: request.playId, cancel: () => (isCancelled = true) };
    request.files.forEach((path, index) => {
      this.prompts.get(path, law, this.nowMs, (clip, error) => {
        if (isCancelled) return;
        if (!clip) {
          session.pendingPlay = null;
          isCancelled = true;
          const { sessionId, playId } = request;
          this.emit({ event: 'play-finished', sessionId, playId, reason: 'error', message: error });
          return;
        }
        clips[index] = clip;
        if (--missing > 0) return;
        session.startPlay(
          new Player(request.playId, clips, {
            law,
            isLooping: request.loop === true,
            hasBargeIn: request.bargeIn === true,
            gapMs: request.gapMs ?? 0,
          }),
        );
        this.addSender(session);
      });
    });
    return {};
  }

  private addSender(session: Session): void {
    (this.senders[session.pacingPhase] as Set<Session>).add(session);
  }

  private stopPlay(session: Session, reason: 'stopped' | 'replaced'): void {
    session.endPlay(reason);
  }

  promptLoaded(path: string, law: number, clip: Uint8Array | null, error: string): void {
    this.prompts.loaded(path, law, clip, error, this.nowMs);
  }

  private bridge(a: Session, b: Session): Record<string, unknown> {
    if (a === b) throw new Refusal('same-session', 'a session cannot be bridged with itself');
    if (a.peer === b) return {};
    this.unbridge(a);
    this.unbridge(b);
    this.stopPlay(a, 'stopped');
    this.stopPlay(b, 'stopped');
    a.peer = b;
    b.peer = a;
    a.detachFeed();
    b.detachFeed();
    return {};
  }

  private unbridge(session: Session): void {
    const { peer } = session;
    if (!peer) return;
    session.peer = null;
    peer.peer = null;
    session.detachFeed();
    peer.detachFeed();
  }

  private sendDtmf(session: Session, digits: string, durationMs: number): Record<string, unknown> {
    if (session.dtmfPt < 0)
      throw new Refusal('no-dtmf-payload-type', 'the peer does not take telephone events');
    if (session.dtmfOut.length + digits.length > MAX_QUEUED_DIGITS) {
      throw new Refusal('bad-request', 'too many digits are waiting');
    }
    if (!session.dtmfOut.isActive) session.detachFeed();
    session.dtmfOut.add(digits, durationMs);
    this.addSender(session);
    return {};
  }

  private countQuality({ packetsIn, lost, jitterMs }: SessionStats): void {
    if (packetsIn === 0) return;
    const { counters } = this;
    counters[COUNTER.legsEnded] = (counters[COUNTER.legsEnded] as number) + 1;
    counters[COUNTER.packetsLost] = (counters[COUNTER.packetsLost] as number) + lost;
    counters[COUNTER.jitterSumMs] = (counters[COUNTER.jitterSumMs] as number) + jitterMs;
  }

  private close(session: Session): Record<string, unknown> {
    const stats = session.snapshot();
    this.countQuality(stats);
    session.tellTraffic();
    this.stopPlay(session, 'stopped');
    this.unbridge(session);
    (this.senders[session.pacingPhase] as Set<Session>).delete(session);
    this.sessions.delete(session.sessionId);
    this.pool.release(session.socket, this.nowMs);
    const { tap } = session;
    session.tap = null;
    if (tap) this.recorder.stopIfDeserted(tap.recordingId, this.nowMs);
    return { stats };
  }

  private recordStart(request: RecordStartParams): Record<string, unknown> {
    const a = this.session(request.a);
    const b = request.b === undefined ? null : this.session(request.b);
    this.recorder.start(request, a, b, this.nowMs);
    return {};
  }

  private closeAll(reason: SessionClosedReason): Record<string, unknown> {
    const all = [...this.sessions.values()];
    for (const session of all) {
      this.close(session);
      this.emit({ event: 'session-closed', sessionId: session.sessionId, reason });
    }
    return { closed: all.map((session) => session.sessionId) };
  }

  private exportSession(sessionId: string): Record<string, unknown> {
    const session = this.session(sessionId);
    if (session.tap)
      throw new Refusal('other-worker', 'both sessions are being recorded, by different workers');
    this.stopPlay(session, 'stopped');
    this.unbridge(session);
    (this.senders[session.pacingPhase] as Set<Session>).delete(session);
    this.sessions.delete(sessionId);
    const state = session.exportState();
    this.pool.surrender(session.socket);
    return { state };
  }

  private list(): SessionSummary[] {
    return [...this.sessions.values()].map((session) => session.summary());
  }

  // --- time -----------------------------------------------------------------------------------------------------

  /** Ms until the next tick is due (may be negative). */
  private untilNextTick(nowMs: number): number {
    return this.startMs + (this.tickCount + 1) * PHASE_MS - nowMs;
  }

  /** Ms to sleep before `tick` has something to do. */
  sleepMs(nowMs: number): number {
    return this.startMs < 0 ? 0 : this.untilNextTick(nowMs) + this.tickIntervalMs() - PHASE_MS;
  }

  /** How long the loop may sleep: sending wants every phase, watching every 20 ms, an idle engine less. */
  tickIntervalMs(): number {
    for (const senders of this.senders) if (senders.size > 0) return PHASE_MS;
    return this.sessions.size > 0 ? PHASE_MS * PHASES : 100;
  }

  /** Runs every tick that is due. Absolute time: a late one is made up for, so prompts do not drift. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.startMs < 0) this.startMs = nowMs;
    const late = -this.untilNextTick(nowMs);
    if (late < 0) return;
    const { counters } = this;
    if (late > (counters[COUNTER.tickLateMaxMs] as number)) counters[COUNTER.tickLateMaxMs] = late;
    counters[COUNTER.tickLateSumMs] = (counters[COUNTER.tickLateSumMs] as number) + late;
    counters[COUNTER.ticks] = (counters[COUNTER.ticks] as number) + 1;
    const due = Math.floor(late / PHASE_MS) + 1;
    if (due > MAX_CATCH_UP_TICKS) this.tickCount += due - MAX_CATCH_UP_TICKS;
    for (let i = Math.min(due, MAX_CATCH_UP_TICKS); i > 0; i--) this.oneTick();
  }

  private oneTick(): void {
    this.tickCount++;
    const senders = this.senders[this.tickCount % PHASES] as Set<Session>;
    for (const session of senders) {
      session.pace();
      if (session.player === null && !session.dtmfOut.isActive) senders.delete(session);
    }
    if (this.tickCount % PHASES === 0) this.recorder.flush(this.nowMs);
    if (this.tickCount % SWEEP_TICKS === 0) this.sweep();
    if (this.tickCount % TELL_TICKS === 0) this.tellTraffic();
  }

  private tellTraffic(): void {
    for (const session of this.sessions.values()) session.tellTraffic();
    const traffic = this.sent.take();
    if (traffic) this.outbox.traffic = traffic;
  }

  private sweep(): void {
    let bridged = 0;
    let playing = 0;
    for (const session of this.sessions.values()) {
      session.sweep();
      session.checkTarget();
      if (session.peer) bridged++;
      if (session.player) playing++;
    }
    const { counters, pool } = this;
    counters[COUNTER.sessions] = this.sessions.size;
    counters[COUNTER.bridged] = bridged;
    counters[COUNTER.playing] = playing;
    counters[COUNTER.recording] = this.recorder.size;
    counters[COUNTER.portsFree] = pool.free;
    counters[COUNTER.promptCacheBytes] = this.prompts.bytes;
    // One socket a sweep: never a burst of system calls beside the audio.
    pool.warm(this.nowMs, WARM_SOCKETS);
  }
}
