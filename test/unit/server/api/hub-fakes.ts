/** Time and sockets in the hands of a test of the live hub. */
import { expect } from 'chai';
import type { HubSocket, HubTimers } from '../../../../server/api/live-hub.ts';
import type { BoardPart, BoardState, FloorState, LiveMessage } from '../../../../server/contract/live.ts';
import { applyMergePatch } from '../../../../server/contract/merge-patch.ts';
import type { JsonObject } from '../../../../server/contract/merge-patch.ts';

interface Due {
  at: number;
  order: number;
  everyMs: number | undefined;
  work: () => void;
}

export class FakeTime {
  nowMs = 1000;
  #due: Due[] = [];
  #order = 0;

  readonly clock = { now: () => 1_790_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs };
  readonly timers: HubTimers = {
    soon: (work) => void this.#plan(0, undefined, work),
    after: (ms, work) => this.#plan(ms, undefined, work),
    every: (ms, work) => this.#plan(ms, ms, work),
  };

  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const [next] = this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
      if (!next || next.at > end) break;
      this.nowMs = Math.max(this.nowMs, next.at);
      if (next.everyMs === undefined) this.#due.shift();
      else next.at += next.everyMs;
      next.work();
    }
    this.nowMs = end;
  }

  #plan(ms: number, everyMs: number | undefined, work: () => void): () => void {
    const due = { at: this.nowMs + ms, order: this.#order++, everyMs, work };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((one) => one !== due);
    };
  }
}

/** Keeps what it was sent, and applies it as a screen does; may lose frames on the way. */
export class FakeSocket implements HubSocket {
  bufferedAmount = 0;
  isLosing = false;
  frames: Buffer[] = [];
  tree: JsonObject | undefined;
  n = 0;
  hasGap = false;
  closedWith: number | 'terminated' | undefined;
  pings = 0;
  #listeners = new Map<string, (data?: unknown, isBinary?: boolean) => void>();

  send(data: Buffer): void {
    if (this.isLosing) return;
    this.frames.push(data);
    const message = JSON.parse(data.toString('utf8')) as LiveMessage;
    if (message.type === 'snapshot') {
      this.tree = message.state as unknown as JsonObject;
      this.n = message.n;
      this.hasGap = false;
    } else if (message.type === 'patch') {
      if (message.n === this.n + 1) {
        this.tree = applyMergePatch(this.tree ?? {}, message.patch as JsonObject);
        this.n = message.n;
      } else this.hasGap = true;
    } else if (message.type === 'beat' && message.n !== this.n) this.hasGap = true;
  }
  ping(): void {
    this.pings += 1;
  }
  close(code: number): void {
    this.closedWith = code;
    this.emit('close');
  }
  terminate(): void {
    this.closedWith = 'terminated';
    this.emit('close');
  }
  // The hub registers one listener of each kind.
  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(event, listener as (data?: unknown, isBinary?: boolean) => void);
  }
  emit(event: string, data?: unknown): void {
    this.#listeners.get(event)?.(data, false);
  }
  ask(request: unknown): void {
    this.emit('message', Buffer.from(JSON.stringify(request)));
  }
  messages(type: LiveMessage['type']): LiveMessage[] {
    return this.frames
      .map((frame) => JSON.parse(frame.toString('utf8')) as LiveMessage)
      .filter((message) => message.type === type);
  }
}

/** A source whose trees are whatever the test says. */
export class FakeSource {
  tree: JsonObject = {};
  reads = 0;
  isBroken = false;
  at = 0;
  board(): BoardState {
    this.reads += 1;
    if (this.isBroken) throw new Error('not ready');
    return this.tree as unknown as BoardState;
  }
  floor(): FloorState {
    return this.board() as unknown as FloorState;
  }
  part(): BoardPart {
    return expect.fail('nobody here sees a part of the site');
  }
  eventAt(): number {
    return this.at;
  }
}
