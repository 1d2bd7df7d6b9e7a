/**
 * One RTP endpoint: a port of ours and the peer behind it, for a leg's whole life.
 * For: the worker's hot path; every packet of the product passes `onPacket`. It may not touch files, timers or the
 * control socket: what it has to tell goes to its host, when to send comes from the host's pacing tick.
 * RFC 3550 (RTP), RFC 3551 (payload types), RFC 4733 (events), RFC 4961 (symmetric RTP).
 */
import type {
  Codec,
  Direction,
  MediaEvent,
  PlayFinishedReason,
  SessionStats,
  SessionSummary,
} from '../protocol.ts';
import { DEFAULT_RTP_TIMEOUT_MS, numberToIpv4 } from '../protocol.ts';
import { DtmfIn, type DtmfListener } from './dtmf-in-state.ts';
import { DtmfOut, type DtmfPacketSender } from './dtmf-out.ts';
import { lawTable, PT_PCMA, PT_PCMU } from './g711.ts';
import { OutStream } from './out-stream.ts';
import { FRAME_BYTES, type Player } from './player.ts';
import { DUPLICATE, OUT_OF_RANGE, ReceiveStats } from './receive-stats.ts';
import type { RecordTimeline } from './record-timeline.ts';
import { parseRtp, RTP_HEADER_BYTES, RtpHeader, writeRtp } from './rtp-packet.ts';
import type { PacketReceiver, RtpSocket } from './rtp-sockets.ts';
import { LOCKED, SourceLock, STRANGER } from './source-lock-state.ts';
import { COUNTER, type SessionState } from './thread-messages.ts';

export interface SessionHost {
  /** Monotonic ms of the packet or tick at hand; the same clock in all workers. */
  nowMs: number;
  readonly counters: Float64Array;
  emit(event: MediaEvent): void;
  /** Bytes went to that address, or came while they did. */
  traffic(ip: number, port: number, counts: { legs: number; bytesOut: number; bytesIn: number }): void;
  isOwnAddress(ip: number, port: number): boolean;
}

export interface Tap {
  recordingId: string;
  timeline: RecordTimeline;
  channel: number;
}

export interface PendingPlay {
  playId: string;
  cancel(): void;
}

/** Frames of our own making. Several, because a socket may still hold the previous ones for a moment. */
const OWN_FRAMES = 512;
const OWN_FRAME_BYTES = RTP_HEADER_BYTES + FRAME_BYTES;
const ownFrames = Array.from({ length: OWN_FRAMES }, () => Buffer.alloc(OWN_FRAME_BYTES));
let ownFrame = 0;

function nextOwnFrame(): Buffer {
  ownFrame = (ownFrame + 1) % OWN_FRAMES;
  return ownFrames[ownFrame] as Buffer;
}

const header = new RtpHeader();

function randomUint32(): number {
  return Math.floor(Math.random() * 4294967296);
}

export class Session implements PacketReceiver, DtmfListener, DtmfPacketSender {
  readonly sessionId: string;
  readonly socket: RtpSocket;
  readonly pacingPhase: number;
  codecPt = PT_PCMU;
  dtmfPt = -1;
  direction: Direction = 'sendrecv';
  remoteIp = -1;
  remotePort = 0;
  rtpTimeoutMs = DEFAULT_RTP_TIMEOUT_MS;
  peer: Session | null = null;
  player: Player | null = null;
  pendingPlay: PendingPlay | null = null;
  tap: Tap | null = null;
  readonly dtmfOut = new DtmfOut();
  readonly lock = new SourceLock();
  private readonly host: SessionHost;
  private readonly stats = new ReceiveStats();
  private readonly dtmfIn = new DtmfIn();
  private out: OutStream;
  private toIp = -1;
  private toPort = 0;
  private canSend = true;
  private isExpecting = true;
  private strangers = 0;
  private malformed = 0;
  private otherPayload = 0;
  private unexpected = 0;
  private firstPacketAt: number | null = null;
  private lastPacketMs = -1;
  private quietSinceMs: number;
  private hasTimedOut = false;
  private isOwnSpurt = false;
  private toldOut = 0;
  private toldIn = 0;
  private toldIp = -1;

  constructor(sessionId: string, socket: RtpSocket, host: SessionHost, pacingPhase: number) {
    this.sessionId = sessionId;
    this.socket = socket;
    this.host = host;
    this.pacingPhase = pacingPhase;
    this.quietSinceMs = host.nowMs;
    this.out = new OutStream(randomUint32(), Math.floor(Math.random() * 32768), randomUint32());
    socket.owner = this;
  }

  // --- settings -------------------------------------------------------------------------------------------------

  setRemote(ip: number, port: number): void {
    if (ip === this.remoteIp && port === this.remotePort) return;
    this.remoteIp = ip;
    this.remotePort = port;
    this.lock.reopen(ip);
    this.tellTraffic();
    this.toIp = ip;
    this.toPort = port;
    this.quietSinceMs = this.host.nowMs;
  }

  setDirection(direction: Direction): void {
    if (direction === this.direction) return;
    this.direction = direction;
    this.canSend = direction === 'sendrecv' || direction === 'sendonly';
    this.isExpecting = direction === 'sendrecv' || direction === 'recvonly';
    this.quietSinceMs = this.host.nowMs;
    this.hasTimedOut = false;
    // What was withheld is not loss: both streams start a new spurt.
    this.detachFeed();
    this.peer?.detachFeed();
  }

  setCodec(codec: Codec): void {
    this.codecPt = codec === 'PCMA' ? PT_PCMA : PT_PCMU;
  }

  get codec(): Codec {
    return this.codecPt === PT_PCMA ? 'PCMA' : 'PCMU';
  }

  /** Whoever feeds the outgoing stream changes. */
  detachFeed(): void {
    this.out.detach();
    this.isOwnSpurt = false;
  }

  /** Loop protection for an address that only later became ours. */
  checkTarget(): void {
    if (this.toPort !== 0 && this.host.isOwnAddress(this.toIp, this.toPort)) this.toPort = 0;
  }

  // --- receiving ------------------------------------------------------------------------------------------------

  onPacket(buf: Uint8Array, length: number, ip: number, port: number): void {
    const { host } = this;
    const { counters } = host;
    counters[COUNTER.packetsIn] = (counters[COUNTER.packetsIn] as number) + 1;
    if (!parseRtp(buf, length, header)) {
      this.malformed++;
      counters[COUNTER.malformed] = (counters[COUNTER.malformed] as number) + 1;
      return;
    }
    const { payloadType, seq, ssrc } = header;
    const isAudio = payloadType === PT_PCMU || payloadType === PT_PCMA;
    const isKnown = isAudio || payloadType === this.dtmfPt;
    const locked = this.lock.accept(ip, port, ssrc, seq, isKnown);
    if (locked === STRANGER || (locked === LOCKED && !this.lockTo(ip, port))) {
      this.strangers++;
      counters[COUNTER.strangers] = (counters[COUNTER.strangers] as number) + 1;
      return;
    }
    const { nowMs } = host;
    const verdict = this.stats.update(seq, header.timestamp, nowMs, length, isAudio);
    this.lastPacketMs = nowMs;
    if (this.firstPacketAt === null) this.onFirstPacket();
    if (this.hasTimedOut) {
      this.hasTimedOut = false;
      host.emit({ event: 'rtp-resumed', sessionId: this.sessionId });
    }
    if (verdict === DUPLICATE || verdict === OUT_OF_RANGE) return;
    if (!this.isExpecting) {
      this.unexpected++;
      return;
    }
    if (isAudio) this.onAudio(buf);
    else if (isKnown) this.onEvent(buf);
    else {
      this.otherPayload++;
      this.peer?.out.skip(seq, ssrc);
    }
  }

  private lockTo(ip: number, port: number): boolean {
    if (this.host.isOwnAddress(ip, port)) {
      this.lock.reopen(this.remoteIp);
      return false;
    }
    this.tellTraffic();
    this.toIp = ip;
    this.toPort = port;
    this.stats.restart();
    this.dtmfIn.restart(this);
    this.tap?.timeline.resync(this.tap.channel);
    return true;
  }

  private onFirstPacket(): void {
    this.firstPacketAt = Date.now();
    this.host.emit({ event: 'rtp-started', sessionId: this.sessionId });
  }

  private onAudio(buf: Uint8Array): void {
    const { tap, peer } = this;
    // Before the relay, which transcodes in place.
    if (tap !== null) {
      tap.timeline.add(
        tap.channel,
        buf,
        header.payloadOffset,
        header.payloadLength,
        header.payloadType,
        header.timestamp,
        this.host.nowMs,
      );
    }
    if (peer === null) return;
    const table = lawTable(header.payloadType, peer.codecPt);
    if (table !== null) {
      const end = header.payloadOffset + header.payloadLength;
      for (let i = header.payloadOffset; i < end; i++) buf[i] = table[buf[i] as number] as number;
    }
    peer.relay(buf, peer.codecPt);
  }

  private onEvent(buf: Uint8Array): void {
    const { peer } = this;
    this.dtmfIn.packet(
      buf,
      header.payloadOffset,
      header.payloadLength,
      header.timestamp,
      this.host.nowMs,
      this,
    );
    if (peer === null || this.peer === null) return;
    if (peer.dtmfPt < 0) peer.out.skip(header.seq, header.ssrc);
    else peer.relay(buf, peer.dtmfPt);
  }

  onDigitStart(digit: string): void {
    if (this.player?.hasBargeIn) this.endPlay('barge-in', digit);
  }

  onDigitEnd(digit: string, durationMs: number): void {
    this.host.emit({ event: 'dtmf', sessionId: this.sessionId, digit, durationMs });
  }

  // --- sending --------------------------------------------------------------------------------------------------

  /** The packet in `header`, received by the other leg, goes out here. */
  private relay(buf: Uint8Array, payloadType: number): void {
    const { out } = this;
    if (!this.canSend || this.dtmfOut.isActive) {
      out.detach();
      return;
    }
    if (!out.relay(header.seq, header.timestamp, header.ssrc, header.marker, this.host.nowMs)) return;
    // The header is written right before the payload: CSRCs, extension and padding of the peer are left behind.
    const at = header.payloadOffset - RTP_HEADER_BYTES;
    writeRtp(buf, at, payloadType, out.outMarker, out.outSeq, out.outTs, out.ssrc);
    this.transmit(buf, at, RTP_HEADER_BYTES + header.payloadLength);
  }

  private transmit(buf: Uint8Array, at: number, length: number): void {
    if (this.toPort === 0) return;
    const { out } = this;
    const { counters } = this.host;
    if (this.socket.send(buf, at, length, this.toIp, this.toPort)) {
      out.packets++;
      out.bytes += length;
      counters[COUNTER.packetsOut] = (counters[COUNTER.packetsOut] as number) + 1;
    } else {
      out.sendErrors++;
      counters[COUNTER.sendErrors] = (counters[COUNTER.sendErrors] as number) + 1;
    }
  }

  /** Every 20 ms while something of our own is to be sent. */
  pace(): void {
    if (this.dtmfOut.isActive) {
      this.dtmfOut.tick(this);
      if (!this.dtmfOut.isActive) this.detachFeed();
      return;
    }
    const { player, out } = this;
    if (player === null) return;
    const frame = nextOwnFrame();
    if (!player.nextFrame(frame, RTP_HEADER_BYTES)) {
      this.endPlay('done');
      return;
    }
    if (!this.canSend) {
      this.isOwnSpurt = false;
      return;
    }
    // The codec may have been negotiated anew while the prompt plays.
    const table = lawTable(player.law, this.codecPt);
    if (table !== null) {
      for (let i = RTP_HEADER_BYTES; i < OWN_FRAME_BYTES; i++) frame[i] = table[frame[i] as number] as number;
    }
    out.next(!this.isOwnSpurt, this.host.nowMs, FRAME_BYTES);
    this.isOwnSpurt = true;
    writeRtp(frame, 0, this.codecPt, out.outMarker, out.outSeq, out.outTs, out.ssrc);
    this.transmit(frame, 0, OWN_FRAME_BYTES);
  }

  sendEvent(isStart: boolean, payload: Uint8Array): void {
    const { out } = this;
    const frame = nextOwnFrame();
    // The timestamp is that of the press's beginning in all of its packets.
    out.next(isStart, this.host.nowMs, 0);
    frame.set(payload, RTP_HEADER_BYTES);
    writeRtp(frame, 0, this.dtmfPt, out.outMarker, out.outSeq, out.outTs, out.ssrc);
    if (this.canSend) this.transmit(frame, 0, RTP_HEADER_BYTES + payload.length);
  }

  startPlay(player: Player): void {
    this.pendingPlay = null;
    this.player = player;
    this.detachFeed();
  }

  endPlay(reason: PlayFinishedReason, digit?: string): void {
    const playId = this.player?.playId ?? this.pendingPlay?.playId;
    if (playId === undefined) return;
    this.pendingPlay?.cancel();
    this.pendingPlay = null;
    this.player = null;
    this.detachFeed();
    const { sessionId } = this;
    this.host.emit({
      event: 'play-finished',
      sessionId,
      playId,
      reason,
      ...(digit === undefined ? {} : { digit }),
    });
  }

  /** What has come together since the last telling, for the address that it went to. */
  tellTraffic(): void {
    const bytesOut = this.out.bytes - this.toldOut;
    if (bytesOut === 0) return;
    const bytesIn = this.stats.bytes - this.toldIn;
    this.host.traffic(this.toIp, this.toPort, { legs: this.toldIp === this.toIp ? 0 : 1, bytesOut, bytesIn });
    this.toldIp = this.toIp;
    this.toldOut = this.out.bytes;
    this.toldIn = this.stats.bytes;
  }

  // --- watching -------------------------------------------------------------------------------------------------

  /** A few times a second: presses without an end, and silence. */
  sweep(): void {
    const { nowMs } = this.host;
    this.dtmfIn.sweep(nowMs, this);
    if (this.rtpTimeoutMs === 0 || this.hasTimedOut || !this.isExpecting || this.remotePort === 0) return;
    const silentMs = nowMs - Math.max(this.lastPacketMs, this.quietSinceMs);
    if (silentMs < this.rtpTimeoutMs) return;
    this.hasTimedOut = true;
    this.host.emit({ event: 'rtp-timeout', sessionId: this.sessionId, silentMs: Math.round(silentMs) });
  }

  summary(): SessionSummary {
    const playing = this.player?.playId ?? this.pendingPlay?.playId;
    return {
      sessionId: this.sessionId,
      port: this.socket.port,
      ...(this.peer ? { bridgedWith: this.peer.sessionId } : {}),
      ...(playing === undefined ? {} : { playing }),
      ...(this.tap ? { recordingId: this.tap.recordingId } : {}),
      ...(this.remotePort === 0
        ? {}
        : { remote: { ip: numberToIpv4(this.remoteIp), port: this.remotePort } }),
    };
  }

  snapshot(): SessionStats {
    const { stats, out, lock, host } = this;
    return {
      codec: this.codec,
      packetsIn: stats.packets,
      bytesIn: stats.bytes,
      packetsOut: out.packets,
      bytesOut: out.bytes,
      sendErrors: out.sendErrors,
      lost: stats.lost(),
      reordered: stats.reordered,
      duplicates: stats.duplicates,
      jitterMs: Math.round(stats.jitterMs() * 100) / 100,
      strangers: this.strangers,
      malformed: this.malformed,
      otherPayload: this.otherPayload,
      unexpected: this.unexpected,
      firstPacketAt: this.firstPacketAt,
      lastPacketAt: this.lastPacketMs < 0 ? null : Math.round(Date.now() - (host.nowMs - this.lastPacketMs)),
      lockedTo: lock.state === 'open' ? null : { ip: numberToIpv4(lock.ip), port: lock.port },
    };
  }

  exportState(): SessionState {
    this.tellTraffic();
    const { strangers, malformed, otherPayload, unexpected, firstPacketAt, lastPacketMs } = this;
    return {
      sessionId: this.sessionId,
      port: this.socket.port,
      codecPt: this.codecPt,
      dtmfPt: this.dtmfPt,
      direction: this.direction,
      remoteIp: this.remoteIp,
      remotePort: this.remotePort,
      rtpTimeoutMs: this.rtpTimeoutMs,
      lock: this.lock.exportState(),
      stats: this.stats.exportTotals(),
      out: this.out.exportState(),
      totals: { strangers, malformed, otherPayload, unexpected, firstPacketAt, lastPacketAt: lastPacketMs },
    };
  }

  importState(from: SessionState): void {
    this.codecPt = from.codecPt;
    this.dtmfPt = from.dtmfPt;
    this.setDirection(from.direction);
    this.remoteIp = from.remoteIp;
    this.remotePort = from.remotePort;
    this.rtpTimeoutMs = from.rtpTimeoutMs;
    this.lock.importState(from.lock);
    const isLocked = from.lock.state !== 'open';
    this.toIp = isLocked ? from.lock.ip : from.remoteIp;
    this.toPort = isLocked ? from.lock.port : from.remotePort;
    this.stats.importTotals(from.stats);
    this.out = OutStream.importState(from.out);
    // Told by the worker that it was with.
    this.toldOut = this.out.bytes;
    this.toldIn = this.stats.bytes;
    this.toldIp = this.toldOut > 0 ? this.toIp : -1;
    this.strangers = from.totals.strangers;
    this.malformed = from.totals.malformed;
    this.otherPayload = from.totals.otherPayload;
    this.unexpected = from.totals.unexpected;
    this.firstPacketAt = from.totals.firstPacketAt;
    this.lastPacketMs = from.totals.lastPacketAt ?? -1;
  }
}
