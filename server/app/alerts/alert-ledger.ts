/**
 * The alerts that matter now (they stand, or something of them is still to be sent), and their way into the store. Memory
 * leads and the store follows: while Postgres is away alerts begin, end and are told of all the same, and what they became
 * is written when it is back. Each write states an alert as it is then, by its id, so that one may be repeated.
 *
 * Races stopped: an alert that changes while it is being written is written again; two writes at once.
 */
import type { LoggerPort } from '../ports.ts';
import { noticeKinds, ways, type AlertStorePort, type KeptAlert } from './ports.ts';

const writtenAtOnce = 200;
/** Should Postgres stay away: the oldest that are over are given up. */
export const unwrittenAtMost = 20_000;

/** Nothing of it is still to come. */
export const isSettled = ({ endedAt, notices }: KeptAlert): boolean =>
  endedAt !== undefined &&
  ways.every((way) =>
    noticeKinds.every((kind) => {
      const state = notices[way]?.[kind]?.state;
      return state !== 'held' && state !== 'waiting';
    }),
  );

export class AlertLedger {
  readonly #store: Pick<AlertStorePort, 'write'>;
  readonly #logger: LoggerPort;
  /** In the order in which they began. */
  readonly #alerts = new Map<string, KeptAlert>();
  readonly #dirty = new Set<string>();
  #writing: Promise<boolean> | undefined;
  #isFailing = false;

  constructor(store: Pick<AlertStorePort, 'write'>, logger: LoggerPort) {
    this.#store = store;
    this.#logger = logger;
  }

  /** As they were stored. */
  load(alerts: readonly KeptAlert[]): void {
    for (const alert of alerts) this.#alerts.set(alert.alertId, alert);
  }

  get(alertId: string): KeptAlert | undefined {
    return this.#alerts.get(alertId);
  }

  all(): IterableIterator<KeptAlert> {
    return this.#alerts.values();
  }

  /** How many the store does not know as they are. */
  get unwritten(): number {
    return this.#dirty.size;
  }

  /** It need not be written for this alone. */
  keep(alert: KeptAlert): void {
    this.#alerts.set(alert.alertId, alert);
  }

  put(alert: KeptAlert): void {
    this.#alerts.set(alert.alertId, alert);
    this.#dirty.add(alert.alertId);
    if (this.#dirty.size > unwrittenAtMost) this.#giveUpOldest();
  }

  /** True: the store knows everything. Never rejects. */
  flush(): Promise<boolean> {
    this.#writing ??= this.#flush().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #flush(): Promise<boolean> {
    while (this.#dirty.size > 0) {
      const batch = [...this.#dirty].slice(0, writtenAtOnce).map((alertId) => this.#alerts.get(alertId)!);
      try {
        await this.#store.write(batch);
      } catch (err) {
        if (!this.#isFailing) this.#logger.warn({ err }, 'alerts cannot be written down now');
        this.#isFailing = true;
        return false;
      }
      this.#isFailing = false;
      for (const alert of batch) this.#written(alert);
    }
    return true;
  }

  #written(alert: KeptAlert): void {
    if (this.#alerts.get(alert.alertId) !== alert) return;
    this.#dirty.delete(alert.alertId);
    if (isSettled(alert)) this.#alerts.delete(alert.alertId);
  }

  #giveUpOldest(): void {
    for (const alertId of this.#dirty) {
      const alert = this.#alerts.get(alertId);
      if (alert && !isSettled(alert)) continue;
      this.#dirty.delete(alertId);
      this.#alerts.delete(alertId);
      this.#logger.error({ alertId }, 'an alert is not in the history: Postgres was away for too long');
      return;
    }
  }
}
