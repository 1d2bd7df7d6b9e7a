/**
 * Forgets after a day what strangers and agents began and left: files that were sent up and never sent along, chats in
 * which nothing was ever written. Nothing that belongs to a message is touched; the rest is the retention's.
 */
import type { ClockPort, LoggerPort } from '../ports.ts';

export const leftForMs = 24 * 3_600_000;
const lookEveryMs = 10 * 60_000;
/** Not while everything else begins. */
const firstLookMs = 60_000;

export interface ForgettingParts {
  /** Each forgets what was begun before that instant, some at a time, and answers how many. */
  forget: readonly ((before: number) => Promise<number>)[];
  clock: ClockPort;
  logger: LoggerPort;
}

export class Forgetting {
  readonly #parts: ForgettingParts;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: ForgettingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sleep(firstLookMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async look(): Promise<void> {
    const { forget, clock, logger } = this.#parts;
    const before = clock.now() - leftForMs;
    for (const one of forget)
      try {
        await one(before);
      } catch (err) {
        logger.warn({ err }, 'what was left could not be forgotten now');
      }
  }

  #sleep(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.look().then(() => this.#sleep(lookEveryMs)), ms);
    this.#timer.unref();
  }
}
