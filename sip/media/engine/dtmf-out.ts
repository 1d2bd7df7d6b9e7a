/**
 * Sends telephone events (RFC 4733 §2.5.1): a packet every 20 ms with a growing duration, the end three times,
 * a pause between digits. Driven by the worker's pacing tick; it may not own a timer.
 * While it sends, the leg's audio is held back: an event replaces the tone, it does not accompany it.
 */
import { eventCodeOf } from './dtmf-in-state.ts';

const FRAME_UNITS = 160;
const END_PACKETS = 3;
const PAUSE_FRAMES = 4;
const VOLUME = 10;

export interface DtmfPacketSender {
  /** Sends one event packet; `isStart`: a new press begins (marker bit, new timestamp, held for the press). */
  sendEvent(isStart: boolean, payload: Uint8Array, pressUnits: number): void;
}

export class DtmfOut {
  private queue = '';
  private durationUnits: number[] = [];
  private sentUnits = 0;
  private endsLeft = 0;
  private pauseLeft = 0;
  private readonly payload = new Uint8Array(4);

  get isActive(): boolean {
    return this.queue !== '';
  }

  add(digits: string, durationMs: number): void {
    this.queue += digits;
    for (let i = 0; i < digits.length; i++) this.durationUnits.push(durationMs * 8);
  }

  get length(): number {
    return this.queue.length;
  }

  tick(sender: DtmfPacketSender): void {
    if (this.queue === '') return;
    if (this.pauseLeft > 0) {
      this.pauseLeft--;
      if (this.pauseLeft === 0) this.shift();
      return;
    }
    const total = this.durationUnits[0] as number;
    const isStart = this.sentUnits === 0 && this.endsLeft === 0;
    if (this.endsLeft === 0) {
      this.sentUnits = Math.min(total, this.sentUnits + FRAME_UNITS);
      if (this.sentUnits >= total && !isStart) this.endsLeft = END_PACKETS;
    }
    const isEnd = this.endsLeft > 0;
    this.payload[0] = eventCodeOf(this.queue[0] as string);
    this.payload[1] = (isEnd ? 0x80 : 0) | VOLUME;
    this.payload[2] = this.sentUnits >> 8;
    this.payload[3] = this.sentUnits & 0xff;
    sender.sendEvent(isStart, this.payload, this.sentUnits);
    if (isEnd && --this.endsLeft === 0) this.pauseLeft = PAUSE_FRAMES;
  }

  private shift(): void {
    this.queue = this.queue.slice(1);
    this.durationUnits.shift();
    this.sentUnits = 0;
    this.endsLeft = 0;
  }
}
