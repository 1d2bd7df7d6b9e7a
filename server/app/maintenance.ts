/**
 * The announcement of maintenance: until its end every caller hears it before the greeting, and goes on as always; whom it is to send away
 * the emergency switch sends away. It ends by itself, outlives a restart, and is in the audit trail. It decides nothing about routing.
 * The sounds are there before it counts as on, so no caller waits for them.
 */
import type { Language } from '../contract/site.ts';
import type { ClockPort, LoggerPort } from './ports.ts';

export interface MaintenanceState {
  untilMs: number;
  /** In the words of the administrator, said to everybody; left out: our own words, in each language. */
  text?: string;
}

export interface MaintenanceParts {
  store: {
    get(): Promise<MaintenanceState | undefined>;
    set(state: MaintenanceState): Promise<void>;
    remove(): Promise<void>;
  };
  /** Renders the announcement; answers its file by language. */
  speak: (state: MaintenanceState) => Promise<ReadonlyMap<Language, string>>;
  audit: {
    append(entry: { actor: string; action: string; details?: Record<string, unknown> }): Promise<void>;
  };
  clock: ClockPort;
  logger: LoggerPort;
}

/** A timer longer than this fires at once. */
const longestTimerMs = 2 ** 31 - 1;

export class Maintenance {
  readonly #parts: MaintenanceParts;
  #now: { state: MaintenanceState; files: ReadonlyMap<Language, string> } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
  }

  /** Undefined: there is none, or it is over. */
  get state(): MaintenanceState | undefined {
    const state = this.#now?.state;
    return state && state.untilMs > this.#parts.clock.now() ? state : undefined;
  }

  /** What a caller of that language hears first. */
  file(language: Language): string | undefined {
    return this.state && this.#now?.files.get(language);
  }

  /** What was announced before this start. */
  async resume(): Promise<void> {
    const { store, speak, logger } = this.#parts;
    try {
      const state = await store.get();
      if (!state) return;
      this.#now = { state, files: await speak(state) };
      this.#watch();
    } catch (err) {
      logger.error({ err }, 'the announcement of maintenance could not be taken up again');
    }
  }

  async on(state: MaintenanceState, actor: string): Promise<void> {
    const { store, speak, audit } = this.#parts;
    const files = await speak(state);
    await store.set(state);
    this.#now = { state, files };
    this.#watch();
    const until = new Date(state.untilMs).toISOString();
    await audit.append({ actor, action: 'maintenance.announced', details: { until } });
  }

  /** False: there was none. */
  async off(actor: string): Promise<boolean> {
    const { store, audit } = this.#parts;
    if (!this.#now) return false;
    clearTimeout(this.#timer);
    this.#now = undefined;
    await store.remove();
    await audit.append({ actor, action: 'maintenance.ended' });
    return true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Silent at its time by the clock; the timer only clears up and tells. */
  #watch(): void {
    clearTimeout(this.#timer);
    const left = (this.#now?.state.untilMs ?? 0) - this.#parts.clock.now();
    this.#timer = setTimeout(
      () => {
        if (this.state) return this.#watch();
        this.off('system').catch((err: unknown) =>
          this.#parts.logger.warn({ err }, 'the end of the maintenance could not be noted'),
        );
      },
      Math.min(Math.max(left, 0), longestTimerMs),
    );
    this.#timer.unref();
  }
}
