/**
 * The quarantine of mails (S5): what was kept back is shown, handed out as it came, released and deleted. A release marks the mail
 * and the channel reads it anew (channels/mail/mail-release.ts); this waits a little for what becomes of it, so that whoever
 * asked has an answer. A crash between changes nothing: what is marked is read after the start, and the desk takes it once.
 *
 * How many there are is counted here, not too often, for the figures and for the console.
 */
import {
  settledReasons,
  type QuarantineCount,
  type QuarantineMail,
  type QuarantinePage,
  type QuarantineReason,
  type QuarantineShow,
  type ReleaseAnswer,
} from '../../contract/rest-quarantine.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';

export interface QuarantineFate {
  readonly state: 'unread' | 'read' | 'quarantined' | 'duplicate' | 'deleted';
  readonly reason?: QuarantineReason;
  readonly contactId?: string;
  readonly wasReleased: boolean;
}

export interface QuarantineQuery {
  readonly show: QuarantineShow;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface QuarantineStorePort {
  list(query: QuarantineQuery): Promise<QuarantinePage>;
  byId(rawId: string): Promise<QuarantineMail | undefined>;
  /** Of a mail that is here, in order. */
  content(rawId: string): AsyncIterable<Uint8Array>;
  /** Answers why it was here; undefined: it is not, or no more. */
  release(rawId: string, by: string, at: number): Promise<QuarantineReason | undefined>;
  remove(rawId: string): Promise<QuarantineReason | undefined>;
  fate(rawId: string): Promise<QuarantineFate | undefined>;
  counts(): Promise<ReadonlyMap<QuarantineReason, number>>;
}

/** The channel, as far as it reads what is kept. */
export interface MailReadingPort {
  /** Mail is switched on. */
  isOn(): boolean;
  /** Something kept may be read. */
  wake(): void;
  /** Told of each mail whose outcome is written down; answers how to stop. */
  onSettled(listener: (rawId: string) => void): () => void;
}

export interface QuarantineParts {
  store: QuarantineStorePort;
  /** Undefined until it is open. */
  mail(): MailReadingPort | undefined;
  clock: ClockPort;
  logger: LoggerPort;
  /** For tests: how long an answer is waited for. */
  waitMs?: number;
}

export type ReleaseOutcome =
  | { readonly was: QuarantineReason; readonly answer: Promise<ReleaseAnswer> }
  | { readonly refused: 'not-found' | 'already-released' | 'channel-off' };

const lookEveryMs = 30_000;
/** Less than a console waits for an answer. */
export const releaseWaitMs = 12_000;

export class Quarantine {
  readonly #parts: QuarantineParts;
  #counts: ReadonlyMap<QuarantineReason, number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** By reason, as of half a minute ago. */
  counts(): ReadonlyMap<QuarantineReason, number> {
    return this.#counts;
  }

  list(query: QuarantineQuery): Promise<QuarantinePage> {
    return this.#parts.store.list(query);
  }

  byId(rawId: string): Promise<QuarantineMail | undefined> {
    return this.#parts.store.byId(rawId);
  }

  content(rawId: string): AsyncIterable<Uint8Array> {
    return this.#parts.store.content(rawId);
  }

  count(): QuarantineCount {
    const entries = [...this.#counts];
    const sum = (list: typeof entries): number => list.reduce((total, [, count]) => total + count, 0);
    return {
      total: sum(entries),
      unsettled: sum(entries.filter(([reason]) => !settledReasons.includes(reason))),
    };
  }

  /** It is marked when this resolves; `answer` follows, and never rejects but with the store. */
  async release(rawId: string, by: string): Promise<ReleaseOutcome> {
    const { store, clock } = this.#parts;
    const mail = this.#parts.mail();
    if (!mail?.isOn()) return { refused: 'channel-off' };
    const heard = this.#settlement(mail, rawId);
    try {
      const was = await store.release(rawId, by, clock.now());
      if (was === undefined) {
        heard.stop();
        const fate = await store.fate(rawId);
        const isReleased = fate?.wasReleased === true && fate.state !== 'deleted';
        return { refused: isReleased ? 'already-released' : 'not-found' };
      }
      mail.wake();
      return { was, answer: this.#answer(rawId, heard.settled) };
    } catch (error) {
      heard.stop();
      throw error;
    }
  }

  /** Answers why it was here; undefined: it is not, or no more. */
  async remove(rawId: string): Promise<QuarantineReason | undefined> {
    const was = await this.#parts.store.remove(rawId);
    void this.#look();
    return was;
  }

  /** Listened for before the mail is marked: else it could be read in between. */
  #settlement(mail: MailReadingPort, rawId: string): { settled: Promise<void>; stop: () => void } {
    let stop = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      const unlisten = mail.onSettled((id) => {
        if (id === rawId) stop();
      });
      const timer = setTimeout(() => stop(), this.#parts.waitMs ?? releaseWaitMs);
      stop = () => {
        clearTimeout(timer);
        unlisten();
        resolve();
      };
    });
    return { settled, stop: () => stop() };
  }

  async #answer(rawId: string, settled: Promise<void>): Promise<ReleaseAnswer> {
    await settled;
    void this.#look();
    const fate = await this.#parts.store.fate(rawId);
    const contact = fate?.contactId === undefined ? {} : { contactId: fate.contactId };
    if (fate?.state === 'duplicate') return { outcome: 'duplicate', ...contact };
    if (fate?.state !== 'read') return { outcome: 'waiting' };
    return fate.reason === undefined
      ? { outcome: 'taken', ...contact }
      : { outcome: 'as-file', reason: fate.reason, ...contact };
  }

  async #look(): Promise<void> {
    const { store, logger } = this.#parts;
    clearTimeout(this.#timer);
    try {
      this.#counts = await store.counts();
    } catch (err) {
      logger.warn({ err }, 'the mails in quarantine could not be counted now');
    }
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#look(), lookEveryMs);
    this.#timer.unref();
  }
}
