/**
 * The chat channel (S6): customers' sessions, their lines into the desk and the agents' back, their place in the queue.
 * HTTP and sockets are chat-door's; what is kept is the desk's and the store's.
 *
 * A contact begins with the first line. A line is acknowledged when it is committed, and its client id counts once, so a
 * widget may say it again after any cut. The customer's tabs may come and go: who waits and has been gone for two minutes
 * has left; who is being helped and says nothing is warned, and after as long again the chat is closed.
 * Race stopped: a line is on its way while its contact ends. Lines and ends of one chat are taken in turn, so the line is
 * either refused, or has a contact of its own and the chat goes on.
 */
import { createHash, randomBytes } from 'node:crypto';
import type {
  Channel,
  ChannelDesk,
  ChannelHealth,
  OutgoingMessage,
  SendResult,
} from '../../app/text/channel.ts';
import type { ChatState, StartChat } from '../../contract/chat.ts';
import type { Language, Site } from '../../contract/site.ts';
import { cleanBlock, cleanLine } from '../../lib/clean-text.ts';
import type { SiteWidget } from '../../contract/site-text.ts';
import type { ChatSession, ChatStorePort } from './chat-store.ts';
import { ChatWatch } from './chat-watch.ts';
import { LiveChat, type ChatSocket } from './live-chat.ts';
import { LiveChats } from './live-chats.ts';

/** What routing says of the contact of a thread, as far as customers are told. */
export type ContactStanding =
  | { phase: 'waiting'; position?: number; estimateMs?: number }
  | { phase: 'talking'; agentId: string }
  | { phase: 'flowed-out' }
  | { phase: 'gone' };

export interface ChatChannelParts {
  desk: ChannelDesk & {
    presence(threadId: string, change: { isHere?: boolean; typingUntil?: number }): void;
    end(threadId: string, reason: string): unknown;
    /** A line of the house itself, seen by the customer. Under the same `onceAs` it is said once to a thread, whatever is killed. */
    say(threadId: string, text: string, onceAs?: string): Promise<void>;
    /** Since when the thread's contact waits for its first agent, ms UTC; undefined where it does not, or had one before. */
    unansweredSince(threadId: string): number | undefined;
    standing(threadId: string): ContactStanding;
    /** Of the chats whose contact is open. */
    openThreads(): Iterable<string>;
  };
  store: ChatStorePort;
  site(): Site;
  isOpen(hoursId: string, at: number): boolean;
  agentName(agentId: string): string | undefined;
  now(): number;
  newId(noun: string): string;
  logger: { warn(fields: object, message: string): void };
}

const typingMs = 5_000;
const maxNameLength = 100;
const maxPageLength = 500;

/** `name-needed`, `email-needed`: the widget asks for it, and does without it no more (`asks: must`). */
export type StartRefusal = 'closed' | 'consent-needed' | 'name-needed' | 'email-needed';
export type LineRefusal = 'too-long' | 'ended' | 'too-many' | 'attachment' | 'empty';

export const tokenHash = (token: string): string =>
  createHash('sha256').update(`chat:${token}`).digest('hex');

export class ChatChannel implements Channel {
  /** Of one line. */
  static readonly attachments = { maxBytes: 10_000_000, maxCount: 5 } as const;
  readonly id = 'chat';
  readonly capabilities = {
    work: 'chat',
    isLive: true,
    hasHtml: false,
    attachments: ChatChannel.attachments,
  } as const;
  readonly #parts: ChatChannelParts;
  readonly #chats: LiveChats;
  readonly #watch: ChatWatch;
  #isOn = false;

  constructor(parts: ChatChannelParts) {
    this.#parts = parts;
    this.#chats = new LiveChats(parts.store, (session) => this.#load(session));
    this.#watch = new ChatWatch({
      chats: this.#chats,
      desk: parts.desk,
      idleMs: ({ widgetId }) => (this.widget(widgetId)?.idleSec ?? 0) * 1000,
      waiting: ({ widgetId, language }) =>
        (this.widget(widgetId)?.waiting ?? []).map(({ afterSec, text }) => ({
          afterSec,
          text: textIn(text, language),
        })),
      restate: (chat) => this.#restate(chat),
      present: (chat) => this.#present(chat),
      end: (chat, by) => this.end(chat, by),
      contactEnded: (threadId, by) => this.contactEnded(threadId, by),
      now: () => parts.now(),
      logger: parts.logger,
    });
  }

  async apply(site: Site): Promise<void> {
    this.#isOn = (site.widgets?.length ?? 0) > 0;
    if (!this.#isOn) for (const chat of this.#chats.all) chat.closeAll(1001, 'switched off');
    for (const threadId of this.#parts.desk.openThreads()) await this.#chats.adopt(threadId);
  }

  health(): ChannelHealth {
    return { state: this.#isOn ? 'up' : 'off' };
  }

  async close(): Promise<void> {
    this.#watch.stop();
    for (const chat of this.#chats.all) chat.closeAll(1012, 'restart');
  }

  /** It is in the store already, where the customer's tabs read it. */
  async send({ threadId }: OutgoingMessage): Promise<SendResult> {
    await this.#chats.ofThread(threadId)?.refresh();
    return { outcome: 'sent' };
  }

  widget(widgetId: string): SiteWidget | undefined {
    return this.#parts.site().widgets?.find(({ id }) => id === widgetId);
  }

  /** Web sites on which any of the chats may be shown. */
  origins(): string[] {
    return (this.#parts.site().widgets ?? []).flatMap(({ origins }) => origins);
  }

  isOpen(widget: SiteWidget): boolean {
    return widget.hours === undefined || this.#parts.isOpen(widget.hours, this.#parts.now());
  }

  /** `token` is told once, here. */
  async start(
    widget: SiteWidget,
    request: StartChat,
    address: string,
  ): Promise<{ token: string; sessionId: string } | StartRefusal> {
    if (!this.isOpen(widget)) return 'closed';
    const { consent: wanted, asks } = widget;
    const { language, email, topic } = request;
    const name = cleanLine(request.name ?? '', maxNameLength);
    if (asks.name === 'must' && name === '') return 'name-needed';
    if (asks.email === 'must' && email === undefined) return 'email-needed';
    if (wanted && request.consent?.version !== wanted.version) return 'consent-needed';
    const token = randomBytes(32).toString('base64url');
    const createdAt = this.#parts.now();
    const page = cleanLine(request.page ?? '', maxPageLength);
    const session: ChatSession = {
      sessionId: this.#parts.newId('chat'),
      widgetId: widget.id,
      language,
      address,
      createdAt,
      ...(name !== '' && { name }),
      ...(email !== undefined && { email }),
      ...(widget.topics.some(({ id }) => id === topic) && topic !== undefined && { topic }),
      ...(page !== '' && { page }),
      ...(wanted && {
        consent: { version: wanted.version, text: textIn(wanted.text, language), at: createdAt },
      }),
    };
    await this.#parts.store.begin(session, tokenHash(token));
    return { token, sessionId: session.sessionId };
  }

  /** Undefined for a token that opens nothing. */
  async open(token: string): Promise<LiveChat | undefined> {
    const session = await this.#parts.store.byToken(tokenHash(token));
    if (!session) return undefined;
    const chat = await this.#chats.open(session);
    chat.token = token;
    return chat;
  }

  async #load(session: ChatSession): Promise<LiveChat> {
    const chat = new LiveChat({
      session,
      store: this.#parts.store,
      nameOf: (agentId) => this.#parts.agentName(agentId),
      loadedAt: this.#parts.now(),
    });
    await chat.refresh();
    this.#restate(chat);
    return chat;
  }

  /** False: it is open in too many tabs. */
  join(chat: LiveChat, socket: ChatSocket, after: number): boolean {
    const isJoined = chat.join(socket, after, this.#parts.now());
    if (isJoined) this.#present(chat);
    return isJoined;
  }

  leave(chat: LiveChat, socket: ChatSocket): void {
    chat.leave(socket, this.#parts.now());
  }

  /** A line of the customer's: kept, and then its number. */
  say(
    chat: LiveChat,
    line: { clientId: string; text: string; attachmentIds: readonly string[] },
  ): Promise<{ seq: number } | { refused: LineRefusal }> {
    return chat.inTurn(() => this.#say(chat, line));
  }

  async #say(
    chat: LiveChat,
    line: { clientId: string; text: string; attachmentIds: readonly string[] },
  ): Promise<{ seq: number } | { refused: LineRefusal }> {
    const known = chat.seqOf(line.clientId);
    if (known !== undefined) return { seq: known };
    if (chat.session.endedBy !== undefined) return { refused: 'ended' };
    if (chat.isFull) return { refused: 'too-many' };
    if (cleanBlock(line.text).trim() === '' && line.attachmentIds.length === 0) return { refused: 'empty' };
    const { session } = chat;
    const widget = this.widget(session.widgetId);
    if (!widget) return { refused: 'ended' };
    const files = await this.#filesOf(session, line.attachmentIds);
    if (!files || (files.length > 0 && !widget.attachments)) return { refused: 'attachment' };
    const { threadId } = await this.#parts.desk.take({
      channelId: 'chat',
      endpointId: widget.id,
      queueId: widget.topics.find(({ id }) => id === session.topic)?.queue ?? widget.queue,
      externalId: `${session.sessionId}:${line.clientId}`,
      receivedAt: this.#parts.now(),
      from: {
        address: session.email ?? session.sessionId,
        ...(session.name !== undefined && { name: session.name }),
      },
      language: session.language,
      text: line.text,
      kind: 'message',
      mayBeAnswered: true,
      clues: session.threadId === undefined ? {} : { threadId: session.threadId },
      files,
      ...(session.topic !== undefined && { topic: session.topic }),
      ...(session.threadId === undefined &&
        session.consent && { consent: { ...session.consent, address: session.address } }),
    });
    if (session.threadId === undefined) {
      await this.#parts.store.setThread(session.sessionId, threadId);
      chat.session = { ...chat.session, threadId };
      this.#chats.noteThread(chat);
      this.#present(chat);
    }
    await chat.refresh();
    this.#restate(chat);
    const seq = chat.seqOf(line.clientId);
    if (seq === undefined) throw new Error('a line that was kept is not there');
    return { seq };
  }

  async #filesOf(session: ChatSession, attachmentIds: readonly string[]) {
    const files = await Promise.all(
      attachmentIds.map((id) => this.#parts.desk.fileOf(id, `customer:${session.sessionId}`)),
    );
    const found = files.filter((file) => file !== undefined && file.refused === undefined);
    return found.length === files.length ? found.map((file) => file!) : undefined;
  }

  typing({ session: { threadId } }: LiveChat): void {
    if (threadId !== undefined)
      this.#parts.desk.presence(threadId, { typingUntil: this.#parts.now() + typingMs });
  }

  agentTypes(threadId: string): void {
    this.#chats.ofThread(threadId)?.tell({ type: 'typing' });
  }

  end(chat: LiveChat, by: 'customer' | 'idle'): Promise<void> {
    return chat.inTurn(() => this.#end(chat, by));
  }

  async #end(chat: LiveChat, by: 'customer' | 'idle'): Promise<void> {
    if (chat.session.endedBy !== undefined) return;
    const { threadId, sessionId } = chat.session;
    await this.#parts.store.end(sessionId, this.#parts.now(), by);
    chat.session = { ...chat.session, endedAt: this.#parts.now(), endedBy: by };
    if (threadId !== undefined)
      this.#parts.desk.end(threadId, by === 'idle' ? 'idle' : 'ended by the customer');
    chat.setState({ phase: 'ended', by });
  }

  /** Something happened in a thread: its tabs are told. */
  changed(threadId: string): void {
    const chat = this.#chats.ofThread(threadId);
    if (!chat) return;
    void chat
      .refresh()
      .catch((err: unknown) => this.#parts.logger.warn({ err }, 'the lines of a chat could not be read'));
    this.#restate(chat);
  }

  /** The contact of a thread is over. */
  async contactEnded(threadId: string, by: 'agent' | 'system' | 'customer'): Promise<void> {
    await this.#chats.adopt(threadId);
    const chat = this.#chats.ofThread(threadId);
    if (chat) await chat.inTurn(() => this.#noteEnd(chat, threadId, by));
  }

  async #noteEnd(chat: LiveChat, threadId: string, by: 'agent' | 'system' | 'customer'): Promise<void> {
    const isOver = () => this.#parts.desk.standing(threadId).phase === 'gone';
    // A line that was on its way has a contact of its own by now.
    if (chat.session.endedBy !== undefined || !isOver()) return;
    await this.#parts.store.end(chat.session.sessionId, this.#parts.now(), by);
    if (!isOver()) return this.#parts.store.revive(chat.session.sessionId);
    chat.session = { ...chat.session, endedAt: this.#parts.now(), endedBy: by };
    await chat.refresh();
    chat.setState({ phase: 'ended', by });
  }

  /** Chats that begun before that instant and never had a line. */
  forgetSilent(before: number): Promise<number> {
    return this.#parts.store.dropSilent(before, this.#chats.sessionIds);
  }

  #present({ session: { threadId }, tabs }: LiveChat): void {
    if (threadId !== undefined) this.#parts.desk.presence(threadId, { isHere: tabs > 0 });
  }

  #restate(chat: LiveChat): void {
    const state = this.#stateOf(chat.session);
    if (state) chat.setState(state);
  }

  #stateOf({ threadId, endedBy }: ChatSession): ChatState | undefined {
    if (endedBy !== undefined) return { phase: 'ended', by: endedBy };
    if (threadId === undefined) return { phase: 'waiting' };
    const standing = this.#parts.desk.standing(threadId);
    switch (standing.phase) {
      case 'waiting':
        return standing;
      case 'talking': {
        const agentName = this.#parts.agentName(standing.agentId);
        return { phase: 'talking', ...(agentName !== undefined && { agentName }) };
      }
      case 'flowed-out':
        return { phase: 'waiting' };
      case 'gone':
        // Told by `contactEnded`, with who ended it.
        return undefined;
    }
  }
}

export const textIn = (texts: Partial<Record<Language, string>>, language: Language): string =>
  texts[language] ?? texts.en ?? Object.values(texts)[0] ?? '';
