/**
 * Sends the audit trail to the SIEM, in order and at least once. The trail itself is the spool: it is on disk, and a checkpoint
 * says how far the SIEM is, so nothing waits in memory and nobody waits for the SIEM. What waits is bounded: beyond it, the
 * oldest are skipped and the SIEM is told how many.
 *
 * On the way it checks the chain of hashes, so that a trail that somebody changed is told at once and not at the next audit.
 *
 * The race it stops: a receiver that dies has taken bytes that it never wrote down. The checkpoint follows only what the other
 * machine has acknowledged and a connection has outlived by some seconds; the rest is sent again.
 */
import type { SettingsStore } from '../auth/ports.ts';
import type { SiteSyslog } from '../contract/site-syslog.ts';
import type { AuditTrail, FollowedEntry } from './audit-trail.ts';
import type { SiemLink } from './siem-link.ts';
import { syslogMessage, type SiemEntry, type SyslogOrigin } from './syslog-format.ts';

export interface SiemFeedParts {
  audit: Pick<AuditTrail, 'follow' | 'head'>;
  settings: Pick<SettingsStore, 'get' | 'set'>;
  open(target: SiteSyslog): Promise<SiemLink>;
  origin: Omit<SyslogOrigin, 'enterpriseId'>;
  now: () => number;
  logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Tests make it quicker and smaller. */
  limits?: Partial<typeof defaultLimits>;
}

export const defaultLimits = {
  /** Entries that may wait for the SIEM. */
  maxWaiting: 100_000,
  batch: 200,
  lookEveryMs: 500,
  /** A connection has to outlive a message by so much for it to count as received. */
  settleMs: 5_000,
  firstRetryMs: 1_000,
  lastRetryMs: 60_000,
  /** At the end of the process, for what is left. */
  farewellMs: 1_000,
};

interface Checkpoint {
  seq: number;
  /** Of that entry; absent where it was never seen. */
  hash?: string;
}

interface Sent extends Checkpoint {
  atMs: number;
}

export interface SiemHealth {
  state: 'off' | 'up' | 'down';
  detail?: string;
  since?: number;
  /** Entries that the SIEM does not have for sure. */
  waiting: number;
  sent: number;
  skipped: number;
  /** Connections that came about. */
  connections: number;
  isChainIntact: boolean;
}

const settingName = 'siem.checkpoint';
const synthetic = { actor: 'system' };

export class SiemFeed {
  readonly #parts: SiemFeedParts;
  readonly #limits: typeof defaultLimits;
  #target: SiteSyslog | undefined;
  #stopRun: AbortController | undefined;
  #run: Promise<void> = Promise.resolve();
  #checkpoint: Checkpoint = { seq: 0 };
  #saved = -1;
  #health: SiemHealth = {
    state: 'off',
    waiting: 0,
    sent: 0,
    skipped: 0,
    connections: 0,
    isChainIntact: true,
  };
  #isLeaving = false;

  constructor(parts: SiemFeedParts) {
    this.#parts = parts;
    this.#limits = { ...defaultLimits, ...parts.limits };
  }

  health(): SiemHealth {
    return { ...this.#health };
  }

  /** What the site in force says; the same again changes nothing. */
  apply(target: SiteSyslog | undefined): void {
    if (JSON.stringify(target) === JSON.stringify(this.#target)) return;
    this.#target = target;
    this.#stopRun?.abort();
    const before = this.#run;
    if (!target) {
      this.#run = before.then(() => void (this.#health.state = 'off'));
      return;
    }
    const stop = new AbortController();
    this.#stopRun = stop;
    this.#run = before.then(() => this.#serve(target, stop.signal));
  }

  /** Sends what is left, within a bound; the rest is sent by the next process. */
  async stop(): Promise<void> {
    this.#isLeaving = true;
    // Who cannot be reached now is not waited for.
    if (this.#health.state !== 'up') this.#stopRun?.abort();
    const bound = setTimeout(() => this.#stopRun?.abort(), this.#limits.farewellMs);
    await this.#run;
    clearTimeout(bound);
    this.#stopRun?.abort();
  }

  async #serve(target: SiteSyslog, signal: AbortSignal): Promise<void> {
    let retryMs = this.#limits.firstRetryMs;
    while (!signal.aborted) {
      let link: SiemLink | undefined;
      // A link that is stopped takes no more, and so ends who waits for it.
      const close = () => link?.close();
      signal.addEventListener('abort', close);
      try {
        const notice = await this.#prepare();
        link = await this.#open(target, signal);
        if (!link) return;
        this.#up();
        retryMs = this.#limits.firstRetryMs;
        await this.#feed(link, target, notice, signal);
        return;
      } catch (error) {
        if (!signal.aborted) this.#down(error);
        else return;
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
      if (this.#isLeaving) return;
      await pause(retryMs, signal);
      retryMs = Math.min(this.#limits.lastRetryMs, retryMs * 2);
    }
  }

  /** Undefined where it is stopped meanwhile. */
  async #open(target: SiteSyslog, signal: AbortSignal): Promise<SiemLink | undefined> {
    const opening = this.#parts.open(target);
    let stop: () => void = () => undefined;
    const stopped = new Promise<undefined>((done) => (stop = () => done(undefined)));
    signal.addEventListener('abort', stop);
    try {
      const link = signal.aborted ? undefined : await Promise.race([opening, stopped]);
      if (!link)
        opening.then(
          (late) => late.close(),
          () => undefined,
        );
      return link;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #up(): void {
    const { logger } = this.#parts;
    const { detail, since, ...rest } = this.#health;
    if (detail !== undefined) logger.info({ since }, 'the SIEM is reached again');
    this.#health = { ...rest, state: 'up', connections: rest.connections + 1 };
  }

  #down(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    const { logger, now } = this.#parts;
    // Said once for each reason, not with each try.
    if (this.#health.detail !== detail)
      logger.warn({ reason: detail }, 'the SIEM cannot be reached; events wait in the audit trail');
    this.#health = { ...this.#health, state: 'down', detail, since: this.#health.since ?? now() };
  }

  /** How far the SIEM is; what it has to be told of besides. */
  async #prepare(): Promise<SiemEntry[]> {
    const { audit, settings } = this.#parts;
    const head = (await audit.head()).seq;
    const kept = (await settings.get(settingName)) as Partial<Checkpoint> | undefined;
    if (typeof kept?.seq !== 'number') {
      // Switched on for the first time: from here on.
      this.#checkpoint = { seq: head };
      await this.#save();
      return [];
    }
    this.#checkpoint = { seq: kept.seq, ...(typeof kept.hash === 'string' && { hash: kept.hash }) };
    this.#saved = kept.seq;
    this.#health.waiting = Math.max(0, head - kept.seq);
    if (kept.seq > head) {
      this.#checkpoint = { seq: head };
      return [this.#broken(head, `its newest ${kept.seq - head} entries are gone`)];
    }
    const tooMany = head - kept.seq - this.#limits.maxWaiting;
    if (tooMany <= 0) return [];
    const from = kept.seq + 1;
    this.#checkpoint = { seq: kept.seq + tooMany };
    this.#parts.logger.error(
      { count: tooMany },
      'too much waited for the SIEM: the oldest entries are skipped',
    );
    const details = { count: tooMany, fromEntry: from, toEntry: this.#checkpoint.seq };
    return [{ ...synthetic, at: this.#parts.now(), action: 'siem.skipped', details }];
  }

  #broken(seq: number, fault: string): SiemEntry {
    if (this.#health.isChainIntact)
      this.#parts.logger.error(
        { seq, fault },
        'the audit trail is broken: it was changed outside Hearthline, or restored',
      );
    this.#health.isChainIntact = false;
    return { ...synthetic, at: this.#parts.now(), action: 'audit.broken', details: { fault, entry: seq } };
  }

  async #feed(link: SiemLink, target: SiteSyslog, notices: SiemEntry[], signal: AbortSignal): Promise<void> {
    const { audit, now } = this.#parts;
    const { batch, lookEveryMs } = this.#limits;
    const origin = { ...this.#parts.origin, enterpriseId: target.enterpriseId };
    const send = (entry: SiemEntry) => link.send(syslogMessage(entry, origin));
    for (const notice of notices) {
      await send(notice);
      if (typeof notice.details['count'] === 'number') this.#health.skipped += notice.details['count'];
    }
    const open: Sent[] = [];
    let at = this.#checkpoint;
    while (!signal.aborted) {
      if (link.fault) throw link.fault;
      await this.#confirm(link, open);
      // While Postgres is away nothing new is written either.
      const entries = await audit.follow(at.seq, at.hash, batch).catch((): FollowedEntry[] => []);
      for (const { fault, ...entry } of entries) {
        if (fault !== undefined) await send(this.#broken(entry.seq, fault));
        await send(entry);
        this.#health.sent += 1;
        at = { seq: entry.seq, hash: entry.hash };
        open.push({ ...at, atMs: now() });
      }
      this.#health.waiting = at.seq - this.#checkpoint.seq;
      if (entries.length === batch) continue;
      // Nothing is confirmed early: what is young is sent again by the next process.
      if (this.#isLeaving) return;
      await pause(lookEveryMs, signal);
    }
  }

  /** Moves the checkpoint behind what the other side has for sure. */
  async #confirm(link: SiemLink, open: Sent[]): Promise<void> {
    const isAcknowledged = link.isAcknowledged();
    if (open.length === 0 || isAcknowledged === false) return;
    const before = this.#parts.now() - this.#limits.settleMs;
    let last: Sent | undefined;
    while (open[0] && open[0].atMs <= before) last = open.shift();
    if (!last) return;
    this.#checkpoint = { seq: last.seq, ...(last.hash !== undefined && { hash: last.hash }) };
    await this.#save().catch((err: unknown) =>
      this.#parts.logger.warn(
        { err },
        'how far the SIEM is could not be written down; it may get entries twice',
      ),
    );
  }

  async #save(): Promise<void> {
    if (this.#saved === this.#checkpoint.seq) return;
    await this.#parts.settings.set(settingName, this.#checkpoint);
    this.#saved = this.#checkpoint.seq;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    }
    signal.addEventListener('abort', end, { once: true });
  });
}
