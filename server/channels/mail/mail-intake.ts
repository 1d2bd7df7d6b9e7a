/**
 * From the mail that is kept to the message that the desk has taken: a loop over what is kept and unread, one mail at a time,
 * the oldest first. It begins again with what a crash has left: the desk takes a message twice as once, and a mail is settled
 * only when the desk has it.
 *
 * The order within a mailbox holds: a mail that the desk does not take now (the database, a full disk) is tried again, and
 * those behind it wait. After some tries it is put aside, so that one that never will be taken does not stop a mailbox; it is
 * tried further for a day, and then goes into quarantine. Nothing that is kept is ever deleted here.
 *
 * A mail that nobody can read, has no sender, came round or is from a blocked sender goes into quarantine at once. None of
 * those is answered. One that is released from there is taken in any case (mail-release.ts).
 */
import type { SenderCheck } from '../../app/text/block-list.ts';
import type { ChannelDesk, ChannelHealth, IncomingMessage, StoredFile } from '../../app/text/channel.ts';
import { settledReasons } from '../../contract/rest-quarantine.ts';
import type { Language } from '../../contract/site.ts';
import type { Logger } from '../../lib/log.ts';
import { faultWord } from './fault-word.ts';
import { factsOf, headerFacts } from './mail-facts.ts';
import { deliveryNews, destinationOf, incomingOf, mailChannelId } from './mail-incoming.ts';
import type { MailboxBook } from './mailbox-book.ts';
import { bareIncoming, mailboxOfReleased, releasedIncoming, wholeMailFile } from './mail-release.ts';
import { createPartHealth, type PartHealth } from './part-health.ts';
import type {
  NewRawMail,
  QuarantineReason,
  RawCounts,
  RawMail,
  RawMailStore,
  RawOutcome,
} from './raw-mail.ts';
import type { ReaderPort, ReadMail, UnreadableReason } from './reading-side.ts';

export interface IntakeTimes {
  /** Looks without being told, for mails that were released from quarantine. */
  readonly pollMs: number;
  readonly firstRetryMs: number;
  readonly asideRetryMs: number;
  readonly giveUpMs: number;
  /** Mails in quarantine for so long make the channel degraded, so that somebody looks. */
  readonly noticeMs: number;
}

export const intakeTimes: IntakeTimes = {
  pollMs: 30_000,
  firstRetryMs: 1000,
  asideRetryMs: 300_000,
  giveUpMs: 86_400_000,
  noticeMs: 86_400_000,
};

export interface IntakeParts {
  readonly store: RawMailStore;
  readonly desk: Pick<ChannelDesk, 'take' | 'keepFile' | 'delivered'>;
  readonly reader: ReaderPort;
  readonly senders: SenderCheck;
  /** The present one first. */
  readonly tokenKeys: readonly Uint8Array[];
  readonly now: () => number;
  readonly logger: Logger;
}

export interface IntakeSite {
  readonly book: MailboxBook;
  readonly language: Language;
}

export interface MailIntake {
  /** Resolves when the mail is committed. */
  keep(raw: NewRawMail): Promise<{ isNew: boolean }>;
  /** The site in force; undefined: mail is off, and what is kept waits. */
  apply(site: IntakeSite | undefined): void;
  /** Something kept may be read. */
  wake(): void;
  /** Told of each mail whose outcome is written down; answers how to stop. */
  onSettled(listener: (rawId: string) => void): () => void;
  counts(): RawCounts;
  health(): ChannelHealth;
  close(): Promise<void>;
}

interface Trouble {
  tries: number;
  sinceMs: number;
  dueMs: number;
}

const batchSize = 20;
export const triesInOrder = 6;
/** Of a released mail as what it is, before it is taken as a file. */
const triesReleased = 3;
const maxAside = 200;
/** The machine may have been busy, not the mail bad. */
const again = new Set<UnreadableReason>(['too-slow', 'crashed']);
/** They are as they should be there. */
const unremarkable = new Set<string>(settledReasons);

class NotNow extends Error {}

class Intake {
  private readonly parts: IntakeParts;
  private readonly times: IntakeTimes;
  private readonly part: PartHealth;
  private site: IntakeSite | undefined;
  private seen: RawCounts = { unread: 0, quarantined: {} };
  /** By rawId. */
  private readonly troubles = new Map<string, Trouble>();
  /** Mailboxes that wait for a mail, and its rawId. */
  private readonly waiting = new Map<string, string>();
  private readonly listeners = new Set<(rawId: string) => void>();
  private isClosed = false;
  private isWoken = false;
  private wake: () => void = () => undefined;

  constructor(parts: IntakeParts, times: IntakeTimes) {
    this.parts = parts;
    this.times = times;
    this.part = createPartHealth(parts.now);
  }

  apply(site: IntakeSite | undefined): void {
    this.site = site;
    this.news();
  }

  counts(): RawCounts {
    return this.seen;
  }

  health(): ChannelHealth {
    return this.part.get();
  }

  async keep(raw: NewRawMail): Promise<{ isNew: boolean }> {
    const kept = await this.parts.store.keep(raw);
    this.news();
    return kept;
  }

  end(): void {
    this.isClosed = true;
    this.wake();
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.isClosed) {
      let pauseMs = this.times.pollMs;
      this.isWoken = false;
      try {
        if (this.site && (await this.round())) pauseMs = 0;
        await this.count();
        failures = 0;
      } catch (error) {
        failures += 1;
        pauseMs = this.retryMs(failures);
        this.isWoken = false;
        this.part.worse('down', `kept mails cannot be read (${faultWord(error)})`);
        this.parts.logger.warn({ fault: faultWord(error) }, 'kept mails cannot be read');
      }
      await this.pause(Math.min(pauseMs, this.nextDueMs()), failures > 0);
    }
  }

  onSettled(listener: (rawId: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  news(): void {
    this.isWoken = true;
    this.wake();
  }

  private pause(ms: number, isFault: boolean): Promise<void> {
    if (this.isClosed || ms <= 0 || (this.isWoken && !isFault)) return Promise.resolve();
    return new Promise((done) => {
      const clock = setTimeout(() => this.wake(), ms);
      this.wake = () => {
        // New mails do not make a store answer that does not.
        if (isFault && !this.isClosed && this.isWoken) this.isWoken = false;
        clearTimeout(clock);
        this.wake = () => undefined;
        done();
      };
    });
  }

  private retryMs(tries: number): number {
    return Math.min(this.times.asideRetryMs, this.times.firstRetryMs * 2 ** Math.min(tries - 1, 10));
  }

  private nextDueMs(): number {
    const now = this.parts.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.troubles.values()) next = Math.min(next, Math.max(1, dueMs - now));
    return next;
  }

  private isDue(rawId: string): boolean {
    return (this.troubles.get(rawId)?.dueMs ?? 0) <= this.parts.now();
  }

  /** True: something was read, and there may be more. */
  private async round(): Promise<boolean> {
    const held = [...this.waiting].filter(([, rawId]) => !this.isDue(rawId)).map(([mailboxId]) => mailboxId);
    // Those put aside are among the oldest, and must not be all that is seen.
    const mails = await this.parts.store.unread(batchSize + this.troubles.size, held);
    let isRead = false;
    for (const raw of mails) {
      const { site } = this;
      if (this.isClosed || !site) return false;
      const before = this.waiting.get(raw.mailboxId);
      if ((before !== undefined && before !== raw.rawId) || !this.isDue(raw.rawId)) continue;
      isRead = true;
      await this.one(raw, site);
    }
    return isRead;
  }

  private async one(raw: RawMail, site: IntakeSite): Promise<void> {
    let outcome: RawOutcome;
    try {
      outcome = await this.outcomeOf(raw, site);
    } catch (error) {
      const trouble = this.note(raw, error);
      if (trouble) return;
      outcome = await this.held(raw, 'not-taken');
    }
    await this.parts.store.settle(raw.rawId, outcome);
    for (const listener of this.listeners) listener(raw.rawId);
    this.troubles.delete(raw.rawId);
    if (this.waiting.get(raw.mailboxId) === raw.rawId) this.waiting.delete(raw.mailboxId);
    if (outcome.state === 'quarantined')
      this.parts.logger.warn({ rawId: raw.rawId, reason: outcome.reason }, 'a mail is in quarantine');
  }

  /** Undefined: it has been tried for long enough. */
  private note(raw: RawMail, error: unknown): Trouble | undefined {
    const now = this.parts.now();
    const { tries, sinceMs } = this.troubles.get(raw.rawId) ?? { tries: 0, sinceMs: now };
    if (error instanceof NotNow && this.isClosed) return { tries, sinceMs, dueMs: now };
    if (!(error instanceof NotNow) && now - sinceMs >= this.times.giveUpMs) return undefined;
    const isInOrder = tries + 1 < triesInOrder || this.troubles.size >= maxAside;
    const trouble = {
      tries: tries + 1,
      sinceMs,
      dueMs: now + (isInOrder ? this.retryMs(tries + 1) : this.times.asideRetryMs),
    };
    this.troubles.set(raw.rawId, trouble);
    if (isInOrder) this.waiting.set(raw.mailboxId, raw.rawId);
    else if (this.waiting.get(raw.mailboxId) === raw.rawId) this.waiting.delete(raw.mailboxId);
    this.parts.logger.warn(
      { rawId: raw.rawId, tries: trouble.tries, fault: faultWord(error) },
      'a mail is not taken now',
    );
    return trouble;
  }

  private async outcomeOf(raw: RawMail, site: IntakeSite): Promise<RawOutcome> {
    if (raw.releasedFrom !== undefined) return this.released(raw, site);
    const { desk, senders, tokenKeys } = this.parts;
    if (senders.isBlocked('mail', { mails: [raw.envelopeFrom] })) return this.held(raw, 'blocked');
    const reading = await this.read(raw);
    if ('unreadable' in reading) return this.held(raw, reading.unreadable);
    const { mail } = reading;
    if (senders.isBlocked('mail', { mails: [mail.from?.address, mail.returnPath] }))
      return this.held(raw, 'blocked', mail);
    const news = deliveryNews(mail);
    const destination = destinationOf(raw, mail, site.book);
    if ('quarantine' in destination) {
      // A report without a sender that could be read is a report.
      if (news && destination.quarantine === 'no-sender')
        await desk.delivered(mailChannelId, news.externalId, news.state, news.fault);
      return this.held(raw, destination.quarantine, mail);
    }
    const { mailbox } = destination;
    const files = await this.files(mail);
    const { language } = site;
    return this.take(mail, incomingOf({ raw, mail, mailbox, files, tokenKeys, language }));
  }

  private async take(mail: ReadMail | undefined, incoming: IncomingMessage): Promise<RawOutcome> {
    const { desk } = this.parts;
    const news = mail && deliveryNews(mail);
    // First what it says: where that opens a contact, the report is to be found there.
    if (news) await desk.delivered(mailChannelId, news.externalId, news.state, news.fault);
    const taken = await desk.take(incoming);
    return { state: taken.isDuplicate ? 'duplicate' : 'read', messageId: taken.messageId };
  }

  /** Into quarantine. What is known of it is for people, and may be lacking. */
  private async held(raw: RawMail, reason: QuarantineReason, mail?: ReadMail): Promise<RawOutcome> {
    const { store, reader } = this.parts;
    const facts = mail
      ? factsOf(mail)
      : await store
          .content(raw.rawId)
          .then((content) => headerFacts(reader, content))
          .catch(() => ({}));
    return { state: 'quarantined', reason, facts };
  }

  /** One that the desk did not take in all that time is taken as a file: whatever it is in it that is not taken. */
  private async released(raw: RawMail, site: IntakeSite): Promise<RawOutcome> {
    const { book, language } = site;
    const reading = await this.read(raw);
    const mail = 'mail' in reading ? reading.mail : undefined;
    const mailbox = mailboxOfReleased(raw, mail, book);
    if (!mailbox) throw new NotNow('no mailbox');
    const isTried = (this.troubles.get(raw.rawId)?.tries ?? 0) >= triesReleased;
    const reason = 'unreadable' in reading ? reading.unreadable : isTried ? 'not-taken' : undefined;
    if (mail && reason === undefined) {
      const { tokenKeys } = this.parts;
      const files = await this.files(mail);
      return this.take(mail, releasedIncoming({ raw, mail, mailbox, files, tokenKeys, language }, book));
    }
    const content = await this.parts.store.content(raw.rawId);
    const facts = mail ? factsOf(mail) : await headerFacts(this.parts.reader, content);
    const file = await this.parts.desk.keepFile({ ...wholeMailFile, content });
    const why = reason ?? 'not-parsed';
    const outcome = await this.take(
      mail,
      bareIncoming({ raw, mail, facts, mailbox, book, file, reason: why, language }),
    );
    return outcome.state === 'read' ? { ...outcome, asFile: why } : outcome;
  }

  private async read(raw: RawMail): Promise<{ mail: ReadMail } | { unreadable: UnreadableReason }> {
    for (let tries = 1; ; tries += 1) {
      const content = withReturnPath(raw, await this.parts.store.content(raw.rawId));
      const reading = await this.parts.reader.read(content, { mayTake: true });
      if ('notRead' in reading) throw new NotNow(reading.notRead);
      if (!('unreadable' in reading) || !again.has(reading.unreadable) || tries > 1) return reading;
    }
  }

  private async files(mail: ReadMail): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    for (const { name, mime, bytes, contentId, isInline } of mail.attachments)
      files.push(
        await this.parts.desk.keepFile({
          name,
          mime,
          content: bytes,
          isInline,
          ...(contentId !== undefined && { contentId }),
        }),
      );
    return files;
  }

  private async count(): Promise<void> {
    const { now, store } = this.parts;
    this.seen = await store.counts(now() - this.times.noticeMs);
    if (!this.site) {
      this.part.off();
      return;
    }
    const quarantined = Object.entries(this.seen.quarantined).filter(([reason]) => !unremarkable.has(reason));
    const said = quarantined.map(([reason, count]) => `${count} in quarantine (${reason})`);
    if (this.troubles.size > 0) said.unshift(`${this.troubles.size} not taken and tried again`);
    if (said.length === 0) this.part.up();
    else this.part.worse('degraded', said.join(', '));
  }
}

/** The last server on the way notes the sender of the envelope (RFC 5321 §4.4); for the listener that is us. */
function withReturnPath({ envelopeFrom }: RawMail, content: Uint8Array): Uint8Array {
  if (envelopeFrom === undefined) return new Uint8Array(content);
  const path = Buffer.from(`Return-Path: <${envelopeFrom}>\r\n`);
  const whole = new Uint8Array(path.length + content.length);
  whole.set(path);
  whole.set(content, path.length);
  return whole;
}

export function startMailIntake(parts: IntakeParts, times: IntakeTimes = intakeTimes): MailIntake {
  const intake = new Intake(parts, times);
  const running = intake.run();
  return {
    keep: (raw) => intake.keep(raw),
    apply: (site) => intake.apply(site),
    wake: () => intake.news(),
    onSettled: (listener) => intake.onSettled(listener),
    counts: () => intake.counts(),
    health: () => intake.health(),
    async close() {
      intake.end();
      await running;
    },
  };
}
