/**
 * One clock for all SIP timers: a wheel of slots, turned by a single interval that runs only while a timer is
 * set. Setting and cancelling are O(1) and allocate nothing but the timer itself, which its owner may reuse.
 * A call holds a dozen timers for half a minute each, so one `setTimeout` per transaction would cost more than
 * the calls do. Timers fire up to one tick late, never early.
 */

const SLOTS = 1024;
const MASK = SLOTS - 1;
/** Slot of a timer that has left the wheel and is about to fire. */
const DUE = -2;

export class WheelTimer {
  next: WheelTimer | undefined;
  prev: WheelTimer | undefined;
  slot = -1;
  rounds = 0;
  readonly fire: () => void;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  get isSet(): boolean {
    return this.slot >= 0;
  }
}

export class TimerWheel {
  readonly tickMs: number;
  #slots: (WheelTimer | undefined)[] = Array.from<WheelTimer | undefined>({ length: SLOTS }).fill(undefined);
  #cursor = 0;
  #count = 0;
  #interval: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #ticks = 0;
  #now: () => number;

  constructor(tickMs = 20, now: () => number = () => performance.now()) {
    this.tickMs = tickMs;
    this.#now = now;
  }

  get size(): number {
    return this.#count;
  }

  set(timer: WheelTimer, delayMs: number): void {
    if (timer.slot >= 0) this.cancel(timer);
    if (this.#interval === undefined) this.#start();
    // One tick more: the present tick has partly passed, and a timer may not be early.
    const elapsedTicks = Math.floor((this.#now() - this.#startedAt) / this.tickMs) - this.#ticks;
    const ticks = Math.max(1, Math.ceil(delayMs / this.tickMs)) + Math.max(0, elapsedTicks);
    const slot = (this.#cursor + ticks) & MASK;
    timer.rounds = Math.floor((ticks - 1) / SLOTS);
    timer.slot = slot;
    const head = this.#slots[slot];
    timer.prev = undefined;
    timer.next = head;
    if (head !== undefined) head.prev = timer;
    this.#slots[slot] = timer;
    this.#count++;
  }

  cancel(timer: WheelTimer): void {
    if (timer.slot < 0) {
      timer.slot = -1;
      return;
    }
    if (timer.prev === undefined) this.#slots[timer.slot] = timer.next;
    else timer.prev.next = timer.next;
    if (timer.next !== undefined) timer.next.prev = timer.prev;
    timer.prev = timer.next = undefined;
    timer.slot = -1;
    this.#count--;
  }

  /** Turns the wheel to the present; public for tests, which bring their own clock. */
  advance(): void {
    const due = Math.floor((this.#now() - this.#startedAt) / this.tickMs);
    while (this.#ticks < due) {
      this.#ticks++;
      this.#cursor = (this.#cursor + 1) & MASK;
      this.#turnSlot(this.#cursor);
      if (this.#count === 0) {
        this.stop();
        return;
      }
    }
  }

  stop(): void {
    clearInterval(this.#interval);
    this.#interval = undefined;
  }

  #start(): void {
    this.#startedAt = this.#now();
    this.#ticks = 0;
    this.#interval = setInterval(() => this.advance(), this.tickMs);
    this.#interval.unref();
  }

  #turnSlot(slot: number): void {
    // Due timers leave the slot before any of them fires, since firing may set and cancel others in it.
    let due: WheelTimer[] | undefined;
    let at = this.#slots[slot];
    while (at !== undefined) {
      const next: WheelTimer | undefined = at.next;
      if (at.rounds > 0) at.rounds--;
      else {
        this.cancel(at);
        at.slot = DUE;
        (due ??= []).push(at);
      }
      at = next;
    }
    if (due === undefined) return;
    for (const timer of due) {
      // Cancelled or set anew by a timer that fired before it in the same tick.
      if (timer.slot !== DUE) continue;
      timer.slot = -1;
      timer.fire();
    }
  }
}
