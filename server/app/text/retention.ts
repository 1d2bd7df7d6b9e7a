/**
 * Forgets text and recordings by their age, where the site says so: threads whose contacts are all closed for that long lose their messages, files,
 * mails as they came, and who they were with; mails as they came and recordings go after a time of their own. Never one of an open
 * contact, and nothing that waits to be sent. What history counts stays, and so do the rows of threads and contacts, without persons.
 *
 * It works the whole day, little by little: a thread is one short transaction of its own, and some of them are followed by a
 * pause, so that nobody waits for it. Each look with a result is in the audit trail with its counts. A kill in between costs
 * nothing but the entry of that look: what is forgotten stays so, and the rest is found again.
 */
import type { SiteRetention } from '../../contract/site-retention.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';

export interface ForgottenCounts {
  readonly threads: number;
  readonly messages: number;
  readonly files: number;
  readonly rawMails: number;
  readonly recordings: number;
}

/** Before which instant; undefined: of these nothing is forgotten. */
export interface DueBefore {
  readonly text?: number;
  readonly rawMails?: number;
  readonly recordings?: number;
}

export interface DueCounts {
  readonly threads: number;
  readonly rawMails: number;
  readonly recordings: number;
}

export interface RetentionStorePort {
  /** One thread that was closed before that instant; undefined: there is none. */
  forgetThread(before: number): Promise<Omit<ForgottenCounts, 'threads' | 'recordings'> | undefined>;
  /** Mails as they came that arrived before that instant, so many at most; answers how many. */
  forgetRawMails(before: number, limit: number): Promise<number>;
  /** Recordings that ended before that instant, row and file, so many at most; answers how many. */
  forgetRecordings(before: number, limit: number): Promise<number>;
  /** What would go. */
  countDue(before: DueBefore): Promise<DueCounts>;
}

export interface RetentionParts {
  store: RetentionStorePort;
  retention(): SiteRetention | undefined;
  audit: {
    append(entry: { actor: string; action: string; details: Record<string, unknown> }): Promise<void>;
  };
  clock: ClockPort;
  logger: LoggerPort;
  /** For tests. */
  pauseMs?: number;
}

const dayMs = 86_400_000;
const lookEveryMs = 10 * 60_000;
/** Not while everything else begins. */
const firstLookMs = 120_000;
/** In one go, before others have their turn. */
export const forgottenAtOnce = 20;
const pauseMs = 200;
/** In one look: the next goes on. */
export const forgottenInALook = 5000;

export class Retention {
  readonly #parts: RetentionParts;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sleep(firstLookMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #before({ textDays, rawMailDays, recordingDays }: SiteRetention): DueBefore {
    const now = this.#parts.clock.now();
    return {
      ...(textDays !== undefined && { text: now - textDays * dayMs }),
      ...(rawMailDays !== undefined && { rawMails: now - rawMailDays * dayMs }),
      ...(recordingDays !== undefined && { recordings: now - recordingDays * dayMs }),
    };
  }

  /** What the site says, and how much is old enough now. */
  async due(): Promise<{ retention: SiteRetention; due: DueCounts }> {
    const retention = this.#parts.retention() ?? {};
    return { retention, due: await this.#parts.store.countDue(this.#before(retention)) };
  }

  /** Answers what was forgotten, which is then in the audit trail. `actor`: who wanted it now. */
  async look(actor = 'system'): Promise<ForgottenCounts> {
    const { audit, logger } = this.#parts;
    const retention = this.#parts.retention();
    const sum = { threads: 0, messages: 0, files: 0, rawMails: 0, recordings: 0 };
    if (!retention) return sum;
    const before = this.#before(retention);
    try {
      if (before.text !== undefined) await this.#forgetThreads(before.text, sum);
      if (before.rawMails !== undefined) await this.#forgetRawMails(before.rawMails, sum);
      if (before.recordings !== undefined) await this.#forgetRecordings(before.recordings, sum);
    } catch (err) {
      logger.warn({ err }, 'what is old could not be forgotten now');
    }
    if (sum.threads + sum.rawMails + sum.recordings > 0)
      await audit.append({
        actor,
        action: 'retention.applied',
        details: { ...sum, ...retention },
      });
    return sum;
  }

  async #forgetThreads(
    before: number,
    sum: { -readonly [K in keyof ForgottenCounts]: number },
  ): Promise<void> {
    const { store } = this.#parts;
    while (!this.#isStopped && sum.threads < forgottenInALook) {
      const gone = await store.forgetThread(before);
      if (!gone) return;
      sum.threads += 1;
      sum.messages += gone.messages;
      sum.files += gone.files;
      sum.rawMails += gone.rawMails;
      if (sum.threads % forgottenAtOnce === 0) await this.#pause();
    }
  }

  async #forgetRawMails(before: number, sum: { rawMails: number }): Promise<void> {
    const { store } = this.#parts;
    const atMost = sum.rawMails + forgottenInALook;
    while (!this.#isStopped && sum.rawMails < atMost) {
      const gone = await store.forgetRawMails(before, forgottenAtOnce);
      sum.rawMails += gone;
      if (gone < forgottenAtOnce) return;
      await this.#pause();
    }
  }

  async #forgetRecordings(before: number, sum: { recordings: number }): Promise<void> {
    const { store } = this.#parts;
    while (!this.#isStopped && sum.recordings < forgottenInALook) {
      const gone = await store.forgetRecordings(before, forgottenAtOnce);
      sum.recordings += gone;
      if (gone < forgottenAtOnce) return;
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, this.#parts.pauseMs ?? pauseMs));
  }

  #sleep(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.look()
        .catch((err: unknown) => this.#parts.logger.warn({ err }, 'what was forgotten could not be told'))
        .finally(() => this.#sleep(lookEveryMs));
    }, ms);
    this.#timer.unref();
  }
}
