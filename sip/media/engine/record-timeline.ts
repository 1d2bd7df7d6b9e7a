/**
 * Puts the audio of two legs on one real-time line: left `a`, right `b` (mono when there is no `b`).
 * Packets are placed by RTP timestamp, so jitter and reordering do no harm, and what is missing stays silence.
 * A sender's clock is never quite ours (100 ppm are 360 ms an hour): the difference between where a packet
 * lies and when it came, taken from the least delayed of a second's packets so that jitter does not count, is steered
 * out one sample a packet, inaudibly: both channels stay within a few ms.
 * Pure: time comes in, bytes go out. The last HOLD_BACK of the line is kept open for late packets.
 */
import { lawTable, silenceOf } from './g711.ts';

const RATE_PER_MS = 8;
const CAPACITY = 32_768;
const MASK = CAPACITY - 1;
const HOLD_BACK = 300 * RATE_PER_MS;
const CHUNK = 1000 * RATE_PER_MS;
/** Deviation that is left alone. */
const TOLERATED = 2 * RATE_PER_MS;
/** Beyond this a stream has jumped (new talk spurt, sender restarted): place it anew when it stays so. */
const JUMP = 200 * RATE_PER_MS;
const FAR_JUMP = 1000 * RATE_PER_MS;
const JUMP_PACKETS = 10;
/** Packets over which the least delayed one is sought. */
const WINDOW_PACKETS = 50;

class ChannelClock {
  isSynced = false;
  base = 0;
  baseTs = 0;
  jumps = 0;
  leastOff = Infinity;
  inWindow = 0;
  /** Samples still to be steered by, one a packet. */
  toSteer = 0;
}

export class RecordTimeline {
  readonly channels: 1 | 2;
  readonly law: number;
  lateSamples = 0;
  private readonly startMs: number;
  private readonly ring: Uint8Array;
  private readonly clocks: ChannelClock[];
  private flushed = 0;

  constructor(channels: 1 | 2, law: number, startMs: number) {
    this.channels = channels;
    this.law = law;
    this.startMs = startMs;
    this.ring = new Uint8Array(CAPACITY * channels).fill(silenceOf(law));
    this.clocks = channels === 2 ? [new ChannelClock(), new ChannelClock()] : [new ChannelClock()];
  }

  private positionAt(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.startMs) * RATE_PER_MS));
  }

  /** A new source on a channel: its timestamps start anew. */
  resync(channel: number): void {
    (this.clocks[channel] as ChannelClock).isSynced = false;
  }

  private place(clock: ChannelClock, timestamp: number, length: number, nowMs: number): number {
    // A packet is complete when its last sample was spoken: its first lies one packet earlier.
    const arrived = this.positionAt(nowMs) - length;
    if (clock.isSynced) {
      const at = clock.base + ((timestamp - clock.baseTs) | 0);
      const off = arrived - at;
      const isJump = off > JUMP || off < -JUMP;
      clock.jumps = isJump ? clock.jumps + 1 : 0;
      if (!isJump) return this.steer(clock, at, off);
      if (clock.jumps < JUMP_PACKETS && off < FAR_JUMP && off > -JUMP) return at;
    }
    clock.isSynced = true;
    clock.base = arrived;
    clock.baseTs = timestamp;
    clock.jumps = 0;
    clock.leastOff = Infinity;
    clock.inWindow = 0;
    clock.toSteer = 0;
    return arrived;
  }

  private steer(clock: ChannelClock, at: number, off: number): number {
    if (clock.toSteer !== 0) {
      const by = clock.toSteer > 0 ? 1 : -1;
      clock.toSteer -= by;
      clock.base += by;
      return at + by;
    }
    if (off < clock.leastOff) clock.leastOff = off;
    if (++clock.inWindow === WINDOW_PACKETS) {
      if (clock.leastOff > TOLERATED || clock.leastOff < -TOLERATED) clock.toSteer = clock.leastOff;
      clock.leastOff = Infinity;
      clock.inWindow = 0;
    }
    return at;
  }

  add(
    channel: number,
    buf: Uint8Array,
    offset: number,
    length: number,
    law: number,
    timestamp: number,
    nowMs: number,
  ): void {
    const clock = this.clocks[channel] as ChannelClock;
    const before = clock.base;
    let at = this.place(clock, timestamp, length, nowMs);
    let from = offset;
    let count = length;
    if (at < this.flushed) {
      const cut = Math.min(count, this.flushed - at);
      this.lateSamples += cut;
      at += cut;
      from += cut;
      count -= cut;
    }
    if (count <= 0 || at + count > this.flushed + CAPACITY) return;
    const table = lawTable(law, this.law);
    const { ring, channels } = this;
    for (let i = 0; i < count; i++) {
      const byte = buf[from + i] as number;
      ring[((at + i) & MASK) * channels + channel] = table ? (table[byte] as number) : byte;
    }
    // Stretched by one sample: repeat the neighbour rather than leave a hole of silence.
    if (clock.base === before + 1 && at > this.flushed) {
      ring[((at - 1) & MASK) * channels + channel] = ring[(at & MASK) * channels + channel] as number;
    }
  }

  /** Bytes that are ready to be written: at least a second of them, or null. */
  flush(nowMs: number): Uint8Array | null {
    const upTo = this.positionAt(nowMs) - HOLD_BACK;
    if (upTo - this.flushed < CHUNK) return null;
    return this.take(Math.min(upTo, this.flushed + CAPACITY - 1));
  }

  /** The rest, up to now. */
  finish(nowMs: number): Uint8Array {
    return this.take(Math.max(this.flushed, Math.min(this.positionAt(nowMs), this.flushed + CAPACITY - 1)));
  }

  get samples(): number {
    return this.flushed;
  }

  private take(upTo: number): Uint8Array {
    const { ring, channels } = this;
    const out = new Uint8Array((upTo - this.flushed) * channels);
    const start = (this.flushed & MASK) * channels;
    const firstPart = Math.min(out.length, ring.length - start);
    out.set(ring.subarray(start, start + firstPart));
    ring.fill(silenceOf(this.law), start, start + firstPart);
    if (firstPart < out.length) {
      const rest = out.length - firstPart;
      out.set(ring.subarray(0, rest), firstPart);
      ring.fill(silenceOf(this.law), 0, rest);
    }
    this.flushed = upTo;
    return out;
  }
}
