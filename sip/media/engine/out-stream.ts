/**
 * One leg's outgoing RTP stream: the SSRC stays the same for the session's whole life, sequence and timestamp go on
 * whatever feeds it (prompt, music, another leg, events), as RFC 3550 §5.1 asks of one source.
 * Relayed packets keep their own gaps and order (a constant offset), so the peer's jitter buffer sees the truth.
 * Pure: time and randomness come in. Race it stops: a late packet of a feed that was replaced is not let through.
 */
import { seqDiff } from './rtp-packet.ts';

const SAMPLES_PER_MS = 8;
const FRAME_SAMPLES = 160;
const RESYNC_SEQ_JUMP = 1000;
const RESYNC_TS_JUMP = 10 * 8000;
const FRESH_PACKETS = 64;

export class OutStream {
  readonly ssrc: number;
  seq: number;
  timestamp: number;
  packets = 0;
  bytes = 0;
  sendErrors = 0;
  private lastAtMs = -1;
  private isMapped = false;
  private mappedSsrc = 0;
  private seqOffset = 0;
  private tsOffset = 0;
  private baseSeq = 0;
  private lastInSeq = 0;
  private lastInTs = 0;
  private sinceBase = 0;
  /** Of the packet to be sent; set by `relay` and `next`. */
  outSeq = 0;
  outTs = 0;
  outMarker = false;

  constructor(ssrc: number, seq: number, timestamp: number) {
    this.ssrc = ssrc >>> 0;
    this.seq = seq & 0xffff;
    this.timestamp = timestamp >>> 0;
  }

  /** The feed changes: the next packet, of whatever source, starts a talk spurt. */
  detach(): void {
    this.isMapped = false;
  }

  private timestampAt(nowMs: number): number {
    if (this.lastAtMs < 0) return this.timestamp;
    const elapsed = Math.round((nowMs - this.lastAtMs) * SAMPLES_PER_MS);
    return (this.timestamp + Math.max(FRAME_SAMPLES, elapsed)) >>> 0;
  }

  private mustMap(inSeq: number, inTs: number, inSsrc: number): boolean {
    if (!this.isMapped || inSsrc !== this.mappedSsrc) return true;
    const jump = seqDiff(inSeq, this.lastInSeq);
    if (jump > RESYNC_SEQ_JUMP || jump < -RESYNC_SEQ_JUMP) return true;
    const tsJump = (inTs - this.lastInTs) | 0;
    return tsJump > RESYNC_TS_JUMP || tsJump < -RESYNC_TS_JUMP;
  }

  /** Maps a relayed packet; false: it is too late to be sent. */
  relay(inSeq: number, inTs: number, inSsrc: number, inMarker: boolean, nowMs: number): boolean {
    this.outMarker = inMarker;
    if (this.mustMap(inSeq, inTs, inSsrc)) {
      this.isMapped = true;
      this.mappedSsrc = inSsrc;
      this.seqOffset = (this.seq + 1 - inSeq) & 0xffff;
      this.tsOffset = (this.timestampAt(nowMs) - inTs) >>> 0;
      this.baseSeq = inSeq;
      this.sinceBase = 0;
      this.lastInSeq = inSeq;
      this.lastInTs = inTs;
      this.outMarker = true;
    } else if (this.sinceBase < FRESH_PACKETS) {
      if (seqDiff(inSeq, this.baseSeq) < 0) return false;
      this.sinceBase++;
    }
    this.outSeq = (inSeq + this.seqOffset) & 0xffff;
    this.outTs = (inTs + this.tsOffset) >>> 0;
    if (seqDiff(inSeq, this.lastInSeq) >= 0) {
      this.lastInSeq = inSeq;
      this.lastInTs = inTs;
      this.seq = this.outSeq;
      this.timestamp = this.outTs;
      this.lastAtMs = nowMs;
    }
    return true;
  }

  /** A packet of the feed was left out on purpose: close the gap so that it does not look like loss. */
  skip(inSeq: number, inSsrc: number): void {
    if (!this.isMapped || inSsrc !== this.mappedSsrc || seqDiff(inSeq, this.lastInSeq) <= 0) return;
    this.seqOffset = (this.seqOffset - 1) & 0xffff;
  }

  /** The next packet of our own making. `samples` is what it moves the clock by after a spurt has begun. */
  next(isStart: boolean, nowMs: number, samples: number): void {
    this.isMapped = false;
    this.seq = (this.seq + 1) & 0xffff;
    if (isStart) this.timestamp = this.timestampAt(nowMs);
    else this.timestamp = (this.timestamp + samples) >>> 0;
    this.lastAtMs = nowMs;
    this.outSeq = this.seq;
    this.outTs = this.timestamp;
    this.outMarker = isStart;
  }

  exportState(): {
    ssrc: number;
    seq: number;
    timestamp: number;
    idleMs: number;
    packets: number;
    bytes: number;
  } {
    const { ssrc, seq, timestamp, packets, bytes } = this;
    return { ssrc, seq, timestamp, idleMs: this.lastAtMs, packets, bytes };
  }

  static importState(from: ReturnType<OutStream['exportState']>): OutStream {
    const stream = new OutStream(from.ssrc, from.seq, from.timestamp);
    stream.lastAtMs = from.idleMs;
    stream.packets = from.packets;
    stream.bytes = from.bytes;
    return stream;
  }
}
