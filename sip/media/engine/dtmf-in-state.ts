/**
 * Telephone events of one peer (RFC 4733 §2.5): one press is told once, however many packets carry it or are lost.
 *
 *            event packet, new timestamp                end bit, silence of 200 ms,
 *   +------+ ---------------------------> +---------+   or the next press
 *   | idle |                              | pressed | -----------------------------+
 *   +------+ <--------------------------- +---------+                              |
 *       ^                onEnd(digit, durationMs)                                  |
 *       +--------------------------------------------------------------------------+
 *
 * The timestamp identifies a press: repeats of a finished one, and older ones, are ignored. Pure: time comes in.
 */

const DIGITS = '0123456789*#ABCD';
const LOST_END_MS = 200;

export interface DtmfListener {
  onDigitStart(digit: string): void;
  onDigitEnd(digit: string, durationMs: number): void;
}

export class DtmfIn {
  private digit = '';
  private timestamp = 0;
  private hasTimestamp = false;
  private durationUnits = 0;
  private lastAtMs = 0;

  get isPressed(): boolean {
    return this.digit !== '';
  }

  /** A new source: its timestamps tell nothing about the old one's. */
  restart(listener: DtmfListener): void {
    this.finish(listener);
    this.hasTimestamp = false;
  }

  packet(
    buf: Uint8Array,
    at: number,
    length: number,
    timestamp: number,
    nowMs: number,
    listener: DtmfListener,
  ): void {
    if (length < 4) return;
    const event = buf[at] as number;
    if (event >= DIGITS.length) return;
    const isEnd = ((buf[at + 1] as number) & 0x80) !== 0;
    const duration = ((buf[at + 2] as number) << 8) | (buf[at + 3] as number);
    if (!this.hasTimestamp || ((timestamp - this.timestamp) | 0) > 0) {
      this.finish(listener);
      this.hasTimestamp = true;
      this.timestamp = timestamp;
      this.digit = DIGITS[event] as string;
      this.durationUnits = 0;
      listener.onDigitStart(this.digit);
    } else if (timestamp !== this.timestamp || this.digit === '') return;
    this.lastAtMs = nowMs;
    if (duration > this.durationUnits) this.durationUnits = duration;
    if (isEnd) this.finish(listener);
  }

  /** Called now and then: a press whose end was lost is finished. */
  sweep(nowMs: number, listener: DtmfListener): void {
    if (this.digit !== '' && nowMs - this.lastAtMs > LOST_END_MS) this.finish(listener);
  }

  private finish(listener: DtmfListener): void {
    if (this.digit === '') return;
    const digit = this.digit;
    this.digit = '';
    listener.onDigitEnd(digit, Math.round(this.durationUnits / 8));
  }
}

export function eventCodeOf(digit: string): number {
  return DIGITS.indexOf(digit);
}
