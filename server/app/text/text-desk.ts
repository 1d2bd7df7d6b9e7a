/**
 * What customers write, from the moment a channel hands it over until its contact is closed (S5, S6, S13, S14): kept first,
 * then a contact for it in routing. It decides nothing about who answers, and knows no channel but by its interface.
 *
 * Exactly once through any crash: the message and its contact are committed before they are told of; the contact's id is
 * made there, so that bringing it into routing again is refused as a duplicate; and `resume`, after a start, brings in what
 * was kept but never came so far, and closes what routing has ended meanwhile.
 * Race stopped: a customer writes, or an answer comes back, while the agent closes. The message has joined a contact that has
 * ended by the time it is to be shown: then its thread gets a new contact, with that message.
 */
import { webcrypto } from 'node:crypto';
import type { Command } from '../acd-shell.ts';
import type { AcdShell } from '../acd-shell.ts';
import type { ActiveSite } from '../active-site.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import type { DeskFault, DeskNews } from './desk-news.ts';
import type { ChannelDesk, IncomingMessage, StoredFile, Taken } from './channel.ts';
import { behind } from './behind.ts';
import { fitToKeep, maxFaultLength } from './fit-to-keep.ts';
import { OpenTexts } from './open-texts.ts';
import type {
  FileCheckPort,
  FileStorePort,
  OpenText,
  OwnMessage,
  SettledRow,
  TakenRow,
  TextStorePort,
} from './ports.ts';
import type { HearthlineEvent } from '../../contract/events.ts';
import { cleanLine, wellFormed } from '../../lib/clean-text.ts';
import { honestType } from '../../lib/picture-kind.ts';
import { safeFileName } from '../../lib/safe-file-name.ts';

/** Ended contacts that are remembered: more than messages could be on their way to. */
const endedAtMost = 10_000;
/** Messages at most that are kept and could not be shown for the moment. */
const unshownAtMost = 10_000;

export interface TextDeskParts {
  shell: AcdShell;
  site: Pick<ActiveSite, 'queue' | 'site'>;
  store: TextStorePort;
  files: FileStorePort;
  fileCheck: FileCheckPort;
  /** What becomes of a callback that has ended. */
  callbacks: { settle(text: OpenText, endedAt: number): Promise<OpenText | undefined> };
  news: DeskNews;
  clock: ClockPort;
  logger: LoggerPort;
}

export class TextDesk implements ChannelDesk {
  readonly texts = new OpenTexts();
  readonly #parts: TextDeskParts;
  /** Kept, and in no queue: theirs is not in the site. */
  readonly #stranded = new Set<string>();
  /** Contacts that ended of late, and when: a message that was on its way to one asks for another. */
  readonly #ended = new Map<string, number>();
  /** Kept, and then the database went away before they had a contact: their channel brings them again. */
  readonly #unshown = new Map<string, number>();
  #open: () => void = () => undefined;
  readonly #isOpen: Promise<void>;

  constructor(parts: TextDeskParts) {
    this.#parts = parts;
    this.#isOpen = new Promise((resolve) => {
      this.#open = resolve;
    });
    parts.shell.onEvent((event) => this.#onEvent(event));
  }

  async take(incoming: IncomingMessage): Promise<Taken> {
    await this.#isOpen;
    const row = await this.#parts.store.take(fitToKeep(incoming), this.#parts.clock.now());
    const taken = await this.#shown(row);
    return {
      messageId: row.message.messageId,
      threadId: row.threadId,
      isDuplicate: row.isDuplicate,
      ...(taken && { contactId: taken.contactId }),
    };
  }

  async keepFile(file: Parameters<ChannelDesk['keepFile']>[0]): Promise<StoredFile> {
    const { files, fileCheck, clock } = this.#parts;
    const { content, owner = 'channel', ...told } = file;
    const facts = { ...told, name: safeFileName(told.name, 'file'), mime: honestType(told.mime, content) };
    const refused = await fileCheck.check({ ...facts, content });
    const sha256 = await sha256Of(content);
    const bytes = content.byteLength;
    return files.keep({
      ...facts,
      bytes,
      sha256,
      owner,
      at: clock.now(),
      content,
      ...(refused && { refused }),
    });
  }

  async fileOf(attachmentId: string, owner: string): Promise<StoredFile | undefined> {
    const file = await this.#parts.files.byId(attachmentId);
    return file?.owner === owner && file.threadId === undefined ? file : undefined;
  }

  async readFile(sha256: string): Promise<Uint8Array> {
    const content = await this.#parts.files.content(sha256);
    if (!content) throw new Error('there is no file of this digest');
    return content;
  }

  async delivered(
    channelId: string,
    externalId: string,
    state: 'delivered' | 'failed',
    fault?: string,
    endpointId?: string,
  ): Promise<boolean> {
    const heard = {
      channelId,
      externalId: wellFormed(externalId),
      state,
      ...(fault !== undefined && { fault: cleanLine(fault, maxFaultLength) }),
      ...(endpointId !== undefined && { endpointId }),
    };
    const row = await this.#parts.store.delivered(heard, this.#parts.clock.now());
    if (row) await this.settled(row);
    return row !== undefined;
  }

  /** What became of a message of ours is shown; may be said again. Where its contact is over, somebody is asked anew. */
  async settled({ message, failure }: SettledRow): Promise<void> {
    const { store, shell, news, clock } = this.#parts;
    if (!failure) return news.message(message);
    const { text, isFirst, failedAt } = failure;
    const endedAt = this.#ended.get(text.contactId);
    if (endedAt === undefined) {
      if (!this.texts.get(text.contactId)) this.texts.put(text);
      news.message(message, text.contactId);
      if (!shell.acd.contact(text.contactId)) this.#route(text);
      return;
    }
    // Who closed it after the failure has seen that; nobody else has.
    const isSeen = !isFirst && failedAt <= endedAt;
    const again = isSeen ? undefined : await store.askAgain(message.messageId, text.contactId, clock.now());
    if (again) await this.settled(again);
    else news.message(message);
  }

  /** A message of ours into its thread: kept, then shown on the desks. The same `clientId` again says nothing twice. */
  async add(own: Omit<OwnMessage, 'at'>): ReturnType<TextStorePort['add']> {
    const { store, news, clock } = this.#parts;
    const added = await store.add({ ...own, at: clock.now() });
    if (added === 'unknown-attachment') return added;
    this.texts.noteMessage(added.message);
    if (!added.isDuplicate) news.message(added.message);
    return added;
  }

  /** After a start, once history is as far as the log: what was kept and what routing knows are made to agree. */
  async resume(): Promise<{ open: number; routed: number; closed: number }> {
    const { store, shell, clock, logger, callbacks } = this.#parts;
    const result = { open: 0, routed: 0, closed: 0 };
    const rows = await store.open();
    for (const { text, newestMessageId, undeliveredId, ...row } of rows) {
      const known = shell.acd.contact(text.contactId);
      // An agent may have closed it since the start: history need not know that yet.
      const endedAt = row.endedAt ?? this.#ended.get(text.contactId);
      if (!known && endedAt !== undefined && text.work === 'callback') {
        result.closed++;
        const next = await callbacks.settle(text, endedAt);
        if (next) this.show(next);
        continue;
      }
      if (!known && endedAt !== undefined) {
        await store.close(text.contactId, endedAt);
        result.closed++;
        if (newestMessageId !== undefined)
          await this.#noted(await store.reopen(newestMessageId, clock.now()));
        const undelivered =
          undeliveredId !== undefined && (await store.askAgain(undeliveredId, text.contactId, clock.now()));
        if (undelivered) await this.settled(undelivered);
        continue;
      }
      this.texts.put(text);
      result.open++;
      if (known?.state !== 'greeting' && known) continue;
      this.#route(text);
      result.routed++;
    }
    for (const { id, channel } of Array.from(shell.acd.contacts()))
      if (channel !== 'voice' && !this.texts.get(id))
        shell.run({ type: 'contact.fail', contactId: id, reason: 'nothing was kept of it' });
    this.#open();
    logger.info(result, 'text contacts taken over');
    return result;
  }

  /** A contact that was made for what is kept already: another try of a callback. */
  show(text: OpenText): void {
    this.texts.put(text);
    this.#route(text);
    this.#parts.news.contactChanged(text.contactId);
  }

  /** Another site is in force: what had no queue may have one now. */
  siteChanged(): void {
    for (const contactId of this.#stranded) {
      const text = this.texts.get(contactId);
      if (text) this.#route(text);
    }
  }

  /** A live customer came, went or types. */
  presence(threadId: string, change: { isHere?: boolean; typingUntil?: number }): void {
    if (!this.texts.notePresence(threadId, change)) return;
    const text = this.texts.ofThread(threadId);
    if (text) this.#parts.news.contactChanged(text.contactId);
  }

  /** The customer has gone for good, or asked for an end. */
  end(threadId: string, reason: string): DeskFault | undefined {
    const text = this.texts.ofThread(threadId);
    if (!text) return 'not-found';
    const { ignored } = this.#parts.shell.run({ type: 'contact.leave', contactId: text.contactId, reason });
    return ignored ? 'conflict' : undefined;
  }

  /** A message is kept: shows it, and sees that somebody is asked. What fails here is made good when it is brought again. */
  async #shown(row: TakenRow): Promise<OpenText | undefined> {
    const { messageId } = row.message;
    const isUnshown = row.isDuplicate && this.#unshown.has(messageId);
    if (row.isDuplicate && !isUnshown) return row.text;
    const { store, clock } = this.#parts;
    remember(this.#unshown, messageId, clock.now(), unshownAtMost);
    const isClosed = isUnshown && !row.text;
    const text = await this.#noted(isClosed ? await store.reopen(messageId, clock.now()) : row);
    this.#unshown.delete(messageId);
    return text;
  }

  /** It has joined a contact that ended meanwhile: a new one, once, for what `reopen` tells of has none before it. */
  async #noted(row: TakenRow): Promise<OpenText | undefined> {
    const { store, shell, news, clock } = this.#parts;
    if (!row.text) return undefined;
    if (!row.isNewContact && this.#ended.has(row.text.contactId)) {
      this.texts.drop(row.text.contactId);
      return this.#noted(await store.reopen(row.message.messageId, clock.now()));
    }
    this.texts.put(row.text);
    this.texts.noteMessage(row.message);
    news.message(row.message);
    // Not in routing and not ended: another message of this thread made it and is about to say so, or it has no queue.
    if (row.isNewContact || !shell.acd.contact(row.text.contactId)) this.#route(row.text);
    return row.text;
  }

  #route(text: OpenText): void {
    const { shell, logger } = this.#parts;
    const { contactId } = text;
    if (!shell.acd.contact(contactId)) {
      const { ignored } = shell.run(this.#arrival(text));
      if (ignored) {
        this.#stranded.add(contactId);
        logger.warn({ contactId, queue: text.queueId, ignored }, 'a message has no queue to wait in');
        return;
      }
    }
    this.#stranded.delete(contactId);
    // It enters its queue when it is due (callbacks.ts).
    if (text.work === 'callback') return;
    const preferred = this.#lastAgent(text);
    shell.run({ type: 'contact.enqueue', contactId, ...(preferred && { preferred }) });
  }

  #arrival({ contactId, work, queueId, via, language, customer }: OpenText): Command {
    return {
      type: 'contact.arrive',
      contactId,
      channel: work,
      queueId,
      numberId: via,
      language,
      pii: { from: customer.address, ...(customer.name !== undefined && { fromName: customer.name }) },
    };
  }

  /** As the queue has it for callers: who helped of late is waited for. */
  #lastAgent({
    queueId,
    lastAgentId,
    lastAgentAt = 0,
  }: OpenText): { agentId: string; waitMs: number } | undefined {
    const rule = this.#parts.site.queue(queueId)?.lastAgent;
    if (!rule || lastAgentId === undefined) return undefined;
    const isRecent = this.#parts.clock.now() - lastAgentAt <= rule.withinHours * 3_600_000;
    return isRecent ? { agentId: lastAgentId, waitMs: rule.waitSec * 1000 } : undefined;
  }

  #onEvent(event: HearthlineEvent): void {
    const { store, news, logger } = this.#parts;
    const text = event.contactId === undefined ? undefined : this.texts.get(event.contactId);
    if (!text) {
      if (event.type === 'contact.ended') remember(this.#ended, event.contactId!, event.at, endedAtMost);
      return;
    }
    switch (event.type) {
      case 'contact.answered':
        behind(logger, () => store.noteAgent(text.contactId, event.agentId!, event.at));
        break;
      case 'contact.queued':
        this.texts.put({ ...text, queueId: event.queueId ?? text.queueId });
        break;
      case 'contact.flowed-out':
        if (!event.data.target.startsWith('queue:')) this.#turnedAway(text, event.data.target);
        break;
      case 'contact.ended':
        this.texts.drop(text.contactId);
        this.#stranded.delete(text.contactId);
        remember(this.#ended, text.contactId, event.at, endedAtMost);
        if (text.work !== 'callback') behind(logger, () => store.close(text.contactId, event.at));
        return news.ended(text, event.data.endedBy);
      default:
    }
    news.contactChanged(text.contactId);
  }

  /** A chat is told so. The queue of a mail or callback was taken out of the site: it waits in the one that
   * its mailbox or form names now. */
  #turnedAway(text: OpenText, target: string): void {
    if (text.work === 'chat') return this.#parts.news.turnedAway(text, target);
    const { mail, forms = [] } = this.#parts.site.site;
    const endpoints = text.work === 'mail' ? (mail?.mailboxes ?? []) : forms;
    const queueId = endpoints.find(({ id }) => id === text.endpointId)?.queue;
    const { ignored } =
      queueId === undefined
        ? { ignored: 'unknown-queue' }
        : this.#parts.shell.run({ type: 'contact.enqueue', contactId: text.contactId, queueId });
    if (ignored) this.#stranded.add(text.contactId);
  }
}

/** On a thread of its own: the one of the event loop serves the calls as well. */
async function sha256Of(content: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', content)).toString('hex');
}

/** The newest so many. */
function remember(known: Map<string, number>, id: string, at: number, atMost: number): void {
  known.set(id, at);
  if (known.size > atMost) known.delete(known.keys().next().value!);
}
