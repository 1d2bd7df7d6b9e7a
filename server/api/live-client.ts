/**
 * One live socket: what it may send, and whether it still follows. A screen that does not read, says nothing or says
 * too much is cut rather than waited for: it reconnects and takes a snapshot, so memory stays bounded.
 */
import type { LiveChannel } from './live-channel.ts';

/** What is needed of a `ws` socket. */
export interface HubSocket {
  readonly bufferedAmount: number;
  send(data: Buffer, options: { binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): void;
  on(event: 'pong' | 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

export interface LiveOwner {
  kind: 'display' | 'session';
  id: string;
}

export type CutReason = 'slow' | 'silent' | 'flood' | 'malformed' | 'too-many';

export const maxBufferedBytes = 1_000_000;
export const maxStuckMs = 5000;
export const maxSilenceMs = 30_000;
/** A `painted` for each patch is due at full speed, 25 a second: the limit stands above that. */
export const inboundPerSec = 40;
export const inboundBurst = 80;
const asText = { binary: false };

export class LiveClient {
  readonly socket: HubSocket;
  readonly owner: LiveOwner;
  readonly channel: LiveChannel;
  /** Of a display: the settings it was given its ticket with. */
  readonly settingsKey: string;
  /** That its settings are others by now. */
  isTold = false;
  #heardAtMs: number;
  #stuckSinceMs: number | undefined;
  #tokens = inboundBurst;
  #tokensAtMs: number;

  constructor(
    socket: HubSocket,
    owner: LiveOwner,
    channel: LiveChannel,
    nowMs: number,
    displaySettingsKey = '',
  ) {
    this.socket = socket;
    this.owner = owner;
    this.channel = channel;
    this.settingsKey = displaySettingsKey;
    this.#heardAtMs = nowMs;
    this.#tokensAtMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** Counts one inbound frame; false when it is one too many. */
  takeToken(nowMs: number): boolean {
    this.heard(nowMs);
    const refill = ((nowMs - this.#tokensAtMs) / 1000) * inboundPerSec;
    this.#tokens = Math.min(inboundBurst, this.#tokens + refill) - 1;
    this.#tokensAtMs = nowMs;
    return this.#tokens >= 0;
  }

  /** Looked at with every beat. */
  faultAt(nowMs: number): CutReason | undefined {
    this.#stuckSinceMs = this.socket.bufferedAmount > 0 ? (this.#stuckSinceMs ?? nowMs) : undefined;
    if (this.#stuckSinceMs !== undefined && nowMs - this.#stuckSinceMs > maxStuckMs) return 'slow';
    return nowMs - this.#heardAtMs > maxSilenceMs ? 'silent' : undefined;
  }

  /** False when too much is under way already: then nothing is sent. */
  send(frame: Buffer): boolean {
    if (this.socket.bufferedAmount > Math.max(maxBufferedBytes, 2 * this.channel.snapshotBytes)) return false;
    this.socket.send(frame, asText);
    return true;
  }
}
