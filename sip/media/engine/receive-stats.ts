/**
 * Counts what one leg receives: sequence validation, loss, reordering, duplicates, jitter (RFC 3550 A.1, A.3, A.8).
 * Pure: the time comes in. Totals survive a change of source (new SSRC); the sequence state starts anew.
 */
import { seqDiff } from './rtp-packet.ts';

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const WINDOW = 32;

export const IN_ORDER = 0;
export const LATE = 1;
export const DUPLICATE = 2;
/** The sequence jumped; believed only once a second packet follows it (RFC 3550 A.1). */
export const OUT_OF_RANGE = 3;

export class ReceiveStats {
  packets = 0;
  bytes = 0;
  reordered = 0;
  duplicates = 0;
  jitterUnits = 0;
  private started = false;
  private highest = 0;
  private expectedOfSource = 0;
  private uniqueOfSource = 0;
  private lostBefore = 0;
  private badSeq = -1;
  private seen = 0;
  private lastTransit = 0;

  /** A new source: what was lost so far stays counted. */
  restart(): void {
    this.lostBefore = this.lost();
    this.started = false;
    this.expectedOfSource = 0;
    this.uniqueOfSource = 0;
  }

  lost(): number {
    return this.lostBefore + Math.max(0, this.expectedOfSource - this.uniqueOfSource);
  }

  jitterMs(): number {
    return this.jitterUnits / 8;
  }

  private begin(seq: number): void {
    this.started = true;
    this.highest = seq;
    this.expectedOfSource = 1;
    this.uniqueOfSource = 0;
    this.badSeq = -1;
    this.seen = 0;
    this.lastTransit = Number.NaN;
  }

  private place(seq: number): number {
    if (!this.started) {
      this.begin(seq);
      this.seen = 1;
      return IN_ORDER;
    }
    const ahead = seqDiff(seq, this.highest);
    if (ahead > 0 && ahead < MAX_DROPOUT) {
      this.highest = seq;
      this.expectedOfSource += ahead;
      this.seen = ahead >= WINDOW ? 1 : (this.seen << ahead) | 1;
      this.badSeq = -1;
      return IN_ORDER;
    }
    if (ahead <= 0 && ahead > -MAX_MISORDER) {
      // Older than the window: cannot be told from a duplicate, and is too late to be heard.
      if (ahead <= -WINDOW) return DUPLICATE;
      const bit = 1 << -ahead;
      if (this.seen & bit) return DUPLICATE;
      this.seen |= bit;
      return LATE;
    }
    if (seq === this.badSeq) {
      this.restart();
      this.begin(seq);
      this.seen = 1;
      return IN_ORDER;
    }
    this.badSeq = (seq + 1) & 0xffff;
    return OUT_OF_RANGE;
  }

  /** `isAudio` is false for events, whose timestamp stands still and would falsify the jitter. */
  update(seq: number, timestamp: number, nowMs: number, bytes: number, isAudio: boolean): number {
    const verdict = this.place(seq);
    if (verdict === DUPLICATE) {
      this.duplicates++;
      return verdict;
    }
    if (verdict === OUT_OF_RANGE) return verdict;
    this.packets++;
    this.bytes += bytes;
    this.uniqueOfSource++;
    if (verdict === LATE) {
      this.reordered++;
      if (this.uniqueOfSource > this.expectedOfSource) this.expectedOfSource = this.uniqueOfSource;
      return verdict;
    }
    if (isAudio) {
      const transit = (nowMs * 8 - timestamp) % 4294967296;
      let delta = transit - this.lastTransit;
      this.lastTransit = transit;
      if (delta < 0) delta = -delta;
      // A jump of the timestamp (a new talk spurt of a careless sender) is not jitter.
      if (delta < 16000) this.jitterUnits += (delta - this.jitterUnits) / 16;
    }
    return verdict;
  }

  /** Plain data, for moving a session to another worker. */
  exportTotals(): {
    packets: number;
    bytes: number;
    reordered: number;
    duplicates: number;
    lost: number;
    jitter: number;
  } {
    const { packets, bytes, reordered, duplicates } = this;
    return { packets, bytes, reordered, duplicates, lost: this.lost(), jitter: this.jitterUnits };
  }

  importTotals(totals: ReturnType<ReceiveStats['exportTotals']>): void {
    this.packets = totals.packets;
    this.bytes = totals.bytes;
    this.reordered = totals.reordered;
    this.duplicates = totals.duplicates;
    this.lostBefore = totals.lost;
    this.jitterUnits = totals.jitter;
  }
}
