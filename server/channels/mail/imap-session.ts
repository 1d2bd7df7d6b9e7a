/**
 * One connection to a folder, from sign-in to its end; imap-watch.ts says what is fetched and why.
 *
 * The race it stops: a connection that dies between keeping and marking. The mail is found again, is already kept under its
 * key, and is marked then.
 */
import { createHash } from 'node:crypto';
import type { FetchMessageObject, ImapFlow } from 'imapflow';
import type { SiteMailbox } from '../../contract/site-text.ts';
import { faultWord } from './fault-word.ts';
import type { PartHealth } from './part-health.ts';
import type { NewRawMail, RawMailStore } from './raw-mail.ts';

export interface ImapWatchSettings {
  readonly mailboxId: string;
  readonly imap: NonNullable<SiteMailbox['imap']>;
  readonly maxBytes: number;
}

export interface ImapKeeper {
  /** Resolves when the mail is committed. */
  keep(raw: NewRawMail): Promise<unknown>;
  readonly store: Pick<RawMailStore, 'folderMark' | 'markFolder'>;
  readonly now: () => number;
}

/** Mails are marked so many at a time: that many are fetched again at most after a crash. */
const batchSize = 50;

/** Ours, and not the mail server's. */
export class KeepFault extends Error {}

async function orKeepFault<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new KeepFault(faultWord(error));
  }
}

/** What a folder is known by; a folder of another server or user has other UIDs. */
function accountKey({ imap }: ImapWatchSettings): string {
  const account = JSON.stringify([imap.host, imap.port, imap.auth.user, imap.folder]);
  return createHash('sha256').update(account).digest('hex').slice(0, 12);
}

/** One connection, from sign-in to its end. */
export class ImapSession {
  private readonly settings: ImapWatchSettings;
  private readonly parts: ImapKeeper;
  private readonly client: ImapFlow;
  private readonly health: PartHealth;
  /** Of this connection: kept and marked, or left where they are. */
  private readonly done = new Set<number>();
  private tooLarge = 0;
  private isMarkRefused = false;
  private hasNews = true;
  private wake: () => void = () => undefined;

  constructor(settings: ImapWatchSettings, parts: ImapKeeper, client: ImapFlow, health: PartHealth) {
    this.settings = settings;
    this.parts = parts;
    this.client = client;
    this.health = health;
  }

  /** Ends by throwing, or when the connection is closed. */
  async run(pollMs: number, onUp: () => void): Promise<void> {
    const { client, settings, parts } = this;
    let isEnded = false;
    client.on('exists', () => this.news());
    client.on('close', () => {
      isEnded = true;
      this.wake();
    });
    await client.connect();
    const folder = await client.mailboxOpen(settings.imap.folder);
    const folderKey = `${accountKey(settings)}:${folder.uidValidity}`;
    const lastUid = folder.uidNext - 1;
    let mark = await orKeepFault(parts.store.folderMark(settings.mailboxId, folderKey));
    onUp();
    while (!isEnded) {
      this.hasNews = false;
      const highest = await this.round(folderKey, mark);
      const next = Math.max(mark ?? 0, highest, lastUid);
      if (next !== mark) await orKeepFault(parts.store.markFolder(settings.mailboxId, folderKey, next));
      mark = next;
      this.tell();
      await this.untilNews(pollMs, () => isEnded);
    }
  }

  private news(): void {
    this.hasNews = true;
    this.wake();
  }

  private untilNews(pollMs: number, isEnded: () => boolean): Promise<void> {
    if (this.hasNews || isEnded()) return Promise.resolve();
    return new Promise((done) => {
      const clock = setTimeout(() => this.wake(), pollMs);
      this.wake = () => {
        clearTimeout(clock);
        this.wake = () => undefined;
        done();
      };
    });
  }

  private tell(): void {
    if (this.isMarkRefused) this.health.worse('degraded', 'fetched mails cannot be marked in the folder');
    else if (this.tooLarge > 0)
      this.health.worse(
        'degraded',
        `${this.tooLarge} mails are larger than the site allows and stay in the folder`,
      );
    else this.health.up();
  }

  /** Answers the highest UID that it found; 0: nothing was new. */
  private async round(folderKey: string, mark: number | undefined): Promise<number> {
    const uids = await this.newUids(mark);
    for (let from = 0; from < uids.length; from += batchSize) {
      const batch = uids.slice(from, from + batchSize);
      const kept: number[] = [];
      try {
        for await (const { uid, mail } of this.mails(batch)) {
          await this.keep(`${folderKey}:${uid}`, mail);
          kept.push(uid);
        }
      } finally {
        // Also when the next one could not be kept; on a connection that is gone this does nothing.
        if (kept.length > 0 && this.client.usable) await this.mark(kept);
      }
    }
    return uids.at(-1) ?? 0;
  }

  private async newUids(mark: number | undefined): Promise<number[]> {
    const search = async (query: object): Promise<number[]> => {
      const found = await this.client.search({ ...query, deleted: false }, { uid: true });
      if (!Array.isArray(found)) throw new Error('the server does not search');
      return found;
    };
    const unseen = await search({ seen: false });
    // `n:*` is the last mail also where that is below n (RFC 3501 §6.4.8).
    const above =
      mark === undefined ? [] : (await search({ uid: `${mark + 1}:*` })).filter((uid) => uid > mark);
    return [...new Set([...unseen, ...above])].filter((uid) => !this.done.has(uid)).toSorted((a, b) => a - b);
  }

  /** Sizes first: one that is too large is never asked for. */
  private async *mails(batch: readonly number[]): AsyncGenerator<{ uid: number; mail: FetchMessageObject }> {
    const sizes = await this.client.fetchAll(batch.join(','), { uid: true, size: true }, { uid: true });
    const sizeOf = new Map(sizes.map(({ uid, size }) => [uid, size ?? 0]));
    for (const uid of batch) {
      const size = sizeOf.get(uid);
      // Somebody else has deleted it meanwhile.
      if (size === undefined) continue;
      if (size > this.settings.maxBytes) {
        this.done.add(uid);
        this.tooLarge += 1;
        continue;
      }
      const query = { uid: true, source: true, internalDate: true };
      const mail = await this.client.fetchOne(String(uid), query, { uid: true });
      if (mail) yield { uid, mail };
    }
  }

  private async keep(sourceKey: string, { source, internalDate }: FetchMessageObject): Promise<void> {
    const { mailboxId } = this.settings;
    const now = this.parts.now();
    const arrivedAt = internalDate === undefined ? Number.NaN : new Date(internalDate).getTime();
    const kept = this.parts.keep({
      mailboxId,
      source: 'imap',
      sourceKey,
      // A server whose clock is ahead does not make mails of the future.
      receivedAt: Number.isNaN(arrivedAt) ? now : Math.min(arrivedAt, now),
      envelopeTo: [],
      content: source ?? new Uint8Array(),
    });
    await orKeepFault(kept);
  }

  private async mark(uids: readonly number[]): Promise<void> {
    const range = uids.join(',');
    const isMarked =
      this.settings.imap.afterwards === 'delete'
        ? await this.client.messageDelete(range, { uid: true })
        : await this.client.messageFlagsAdd(range, ['\\Seen'], { uid: true });
    if (!isMarked && this.client.usable) this.isMarkRefused = true;
    for (const uid of uids) this.done.add(uid);
  }
}
