/**
 * Whether Postgres answers, asked twice a second: history alone would not notice one that is gone while nothing happens.
 * A question that is not answered in time counts as no; it is not asked again before it has come back.
 */
import type { Sequelize } from 'sequelize';
import { storeFault } from '../lib/store-fault.ts';

const everyMs = 500;
const patienceMs = 1500;

export class DatabaseProbe {
  readonly #sequelize: Sequelize;
  readonly #timer: NodeJS.Timeout;
  #askedAt: number | undefined;
  #fault: string | undefined;

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize;
    this.#timer = setInterval(() => void this.#ask(), everyMs);
    this.#timer.unref();
  }

  get isUp(): boolean {
    const isLate = this.#askedAt !== undefined && performance.now() - this.#askedAt > patienceMs;
    return this.#fault === undefined && !isLate;
  }

  /** Why the last question was not answered, in words. */
  get fault(): string | undefined {
    return this.#fault;
  }

  async #ask(): Promise<void> {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = performance.now();
    try {
      await this.#sequelize.query('SELECT 1');
      this.#fault = undefined;
    } catch (error) {
      this.#fault = storeFault(error).why;
    } finally {
      this.#askedAt = undefined;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
