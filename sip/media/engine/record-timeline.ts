/**
 * Puts the audio of two legs on one real-time line: left `a`, right `b` (mono when there is no `b`).
 * Packets are placed by RTP timestamp, so jitter and reordering do no harm, and what is missing stays silence.
 * A sender's clock is never quite ours (100 ppm are 360 ms an hour): the smoothed difference between where a packet
 * lies and when it came is steered out one sample at a time, inaudibly, so both channels stay within a few ms.
 * Pure: time comes in, bytes go out. The last HOLD_BACK of the line is kept open for late packets.
 */
import { lawTable, silenceOf } from './g711.ts';

const RATE_PER_MS = 8;
const CAPACITY = 32_768;
const MASK = CAPACITY - 1;
const HOLD_BACK = 300 * RATE_PER_MS;
const CHUNK = 1000 * RATE_PER_MS;
/** Deviation that is left alone: less than half of what the ear or a cross-check could notice. */
const TOLERATED = 5 * RATE_PER_MS;
/** Beyond this a stream has jumped (new talk spurt, sender restarted): place it anew when it stays so. */
const JUMP = 200 * RATE_PER_MS;
const FAR_JUMP = 1000 * RATE_PER_MS;
const JUMP_PACKETS = 10;
const SMOOTHING = 1 / 32;

class ChannelClock {
  isSynced = false;
  base = 0;
  baseTs = 0;
  deviation = 0;
  jumps = 0;
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
      if (!isJump) {
        clock.deviation += (off - clock.deviation) * SMOOTHING;
        if (clock.deviation > TOLERATED) return this.steer(clock, at, 1);
        if (clock.deviation < -TOLERATED) return this.steer(clock, at, -1);
        return at;
      }
      if (clock.jumps < JUMP_PACKETS && off < FAR_JUMP && off > -JUMP) return at;
    }
    clock.isSynced = true;
    clock.base = arrived;
    clock.baseTs = timestamp;
    clock.deviation = 0;
    clock.jumps = 0;
    return arrived;
  }

  private steer(clock: ChannelClock, at: number, by: 1 | -1): number {
    clock.base += by;
    clock.deviation -= by;
    return at + by;
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
