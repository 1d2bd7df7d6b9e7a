/**
 * The chat channel (S6): customers' sessions, their lines into the desk and the agents' back, their place in the queue.
 * HTTP and sockets are chat-door's; what is kept is the desk's and the store's.
 *
 * A contact begins with the first line. A line is acknowledged when it is committed, and its client id counts once, so a
 * widget may say it again after any cut. The customer's tabs may come and go: who waits and has been gone for two minutes
 * has left; who is being helped and says nothing is warned, and after as long again the chat is closed.
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
import type { SiteWidget } from '../../contract/site-text.ts';
import type { ChatSession, ChatStorePort } from './chat-store.ts';
import { chatWords } from './chat-words.ts';
import { LiveChat, type ChatSocket } from './live-chat.ts';

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
    /** A line of the house itself, seen by the customer. */
    say(threadId: string, text: string): Promise<void>;
    standing(threadId: string): ContactStanding;
  };
  store: ChatStorePort;
  site(): Site;
  isOpen(hoursId: string, at: number): boolean;
  agentName(agentId: string): string | undefined;
  now(): number;
  newId(noun: string): string;
  logger: { warn(fields: object, message: string): void };
}

const sweepEveryMs = 1000;
export const goneAfterMs = 120_000;
/** A tab that is being reloaded is not gone. */
const absentAfterMs = 10_000;
const typingMs = 5_000;
/** Nobody looks, and nothing is under way. */
const forgetAfterMs = 60_000;

export type LineRefusal = 'too-long' | 'ended' | 'too-many' | 'attachment';

/** A picture is fetched by its address alone, so the token stands in it. */
export const fileUrl = (attachmentId: string, token: string): string =>
  `/chat/files/${attachmentId}?token=${token}`;

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
  readonly #chats = new Map<string, LiveChat>();
  readonly #opening = new Map<string, Promise<LiveChat>>();
  readonly #timer: NodeJS.Timeout;
  #isOn = false;

  constructor(parts: ChatChannelParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#sweep(), sweepEveryMs);
    this.#timer.unref();
  }

  async apply(site: Site): Promise<void> {
    this.#isOn = (site.widgets?.length ?? 0) > 0;
    if (!this.#isOn) for (const chat of this.#chats.values()) chat.closeAll(1001, 'switched off');
  }

  health(): ChannelHealth {
    return { state: this.#isOn ? 'up' : 'off' };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const chat of this.#chats.values()) chat.closeAll(1012, 'restart');
  }

  /** It is in the store already, where the customer's tabs read it. */
  async send({ threadId }: OutgoingMessage): Promise<SendResult> {
    await this.#ofThread(threadId)?.refresh();
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
  ): Promise<{ token: string; sessionId: string } | 'closed' | 'consent-needed'> {
    if (!this.isOpen(widget)) return 'closed';
    const { consent: wanted } = widget;
    if (wanted && request.consent?.version !== wanted.version) return 'consent-needed';
    const token = randomBytes(32).toString('base64url');
    const createdAt = this.#parts.now();
    const { language, name, email, topic, page } = request;
    const session: ChatSession = {
      sessionId: this.#parts.newId('chat'),
      widgetId: widget.id,
      language,
      address,
      createdAt,
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(widget.topics.some(({ id }) => id === topic) && topic !== undefined && { topic }),
      ...(page !== undefined && { page }),
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
    return session && this.#open(session, token);
  }

  async #open(session: ChatSession, token: string): Promise<LiveChat> {
    const known = this.#chats.get(session.sessionId);
    if (known) return known;
    const opening = this.#opening.get(session.sessionId) ?? this.#load(session, token);
    this.#opening.set(session.sessionId, opening);
    return opening.finally(() => this.#opening.delete(session.sessionId));
  }

  async #load(session: ChatSession, token: string): Promise<LiveChat> {
    const chat = new LiveChat({
      session,
      store: this.#parts.store,
      nameOf: (agentId) => this.#parts.agentName(agentId),
      urlOf: (attachmentId) => fileUrl(attachmentId, token),
    });
    await chat.refresh();
    this.#restate(chat);
    this.#chats.set(session.sessionId, chat);
    return chat;
  }

  join(chat: LiveChat, socket: ChatSocket, after: number): void {
    chat.join(socket, after, this.#parts.now());
    this.#present(chat);
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
    if (chat.state.phase === 'ended') return { refused: 'ended' };
    const { session } = chat;
    const widget = this.widget(session.widgetId);
    if (!widget) return { refused: 'ended' };
    const files = await this.#filesOf(session, line.attachmentIds);
    if (!files) return { refused: 'attachment' };
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
      chat.session = { ...session, threadId };
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
    this.#ofThread(threadId)?.tell({ type: 'typing' });
  }

  async end(chat: LiveChat, by: 'customer' | 'idle'): Promise<void> {
    const { threadId, sessionId } = chat.session;
    await this.#parts.store.end(sessionId, this.#parts.now(), by);
    chat.session = { ...chat.session, endedAt: this.#parts.now(), endedBy: by };
    if (threadId !== undefined)
      this.#parts.desk.end(threadId, by === 'idle' ? 'idle' : 'ended by the customer');
    chat.setState({ phase: 'ended', by });
  }

  /** Something happened in a thread: its tabs are told. */
  changed(threadId: string): void {
    const chat = this.#ofThread(threadId);
    if (!chat) return;
    void chat
      .refresh()
      .catch((err: unknown) => this.#parts.logger.warn({ err }, 'the lines of a chat could not be read'));
    this.#restate(chat);
  }

  /** The contact of a thread is over. */
  async contactEnded(threadId: string, by: 'agent' | 'system' | 'customer'): Promise<void> {
    const session = this.#ofThread(threadId)?.session ?? (await this.#parts.store.byThread(threadId));
    if (!session || session.endedAt !== undefined) return;
    await this.#parts.store.end(session.sessionId, this.#parts.now(), by);
    const chat = this.#ofThread(threadId);
    if (!chat) return;
    chat.session = { ...chat.session, endedAt: this.#parts.now(), endedBy: by };
    await chat.refresh();
    chat.setState({ phase: 'ended', by });
  }

  #ofThread(threadId: string): LiveChat | undefined {
    for (const chat of this.#chats.values()) if (chat.session.threadId === threadId) return chat;
    return undefined;
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

  #sweep(): void {
    const now = this.#parts.now();
    for (const [sessionId, chat] of this.#chats) {
      this.#restate(chat);
      const { emptySince } = chat;
      const absentMs = emptySince === undefined ? 0 : now - emptySince;
      if (absentMs > absentAfterMs) this.#present(chat);
      if (chat.state.phase === 'waiting' && chat.session.threadId !== undefined && absentMs > goneAfterMs)
        this.#endQuietly(chat, 'customer');
      else if (chat.state.phase === 'talking') this.#checkIdle(chat, now);
      if (absentMs > forgetAfterMs && chat.state.phase !== 'waiting') this.#chats.delete(sessionId);
    }
  }

  #checkIdle(chat: LiveChat, now: number): void {
    const idleMs = (this.widget(chat.session.widgetId)?.idleSec ?? 0) * 1000;
    // It is the customer's turn only after the agent has said something.
    if (idleMs === 0 || chat.lastAgentAt <= chat.lastCustomerAt) return;
    const words = chatWords[chat.session.language];
    const { threadId } = chat.session;
    if (threadId === undefined) return;
    if (chat.warnedAt === undefined && now - chat.lastAgentAt > idleMs) {
      chat.warnedAt = now;
      this.#sayQuietly(threadId, words.idleWarning);
    } else if (chat.warnedAt !== undefined && now - chat.warnedAt > idleMs) {
      chat.warnedAt = now;
      this.#sayQuietly(threadId, words.idleClosed);
      this.#endQuietly(chat, 'idle');
    }
  }

  #sayQuietly(threadId: string, text: string): void {
    this.#parts.desk
      .say(threadId, text)
      .catch((err: unknown) => this.#parts.logger.warn({ err }, 'a line of the house could not be kept'));
  }

  #endQuietly(chat: LiveChat, by: 'customer' | 'idle'): void {
    this.end(chat, by).catch((err: unknown) => this.#parts.logger.warn({ err }, 'a chat could not be ended'));
  }
}

export const textIn = (texts: Partial<Record<Language, string>>, language: Language): string =>
  texts[language] ?? texts.en ?? Object.values(texts)[0] ?? '';
