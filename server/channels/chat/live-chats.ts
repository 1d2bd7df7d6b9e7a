/**
 * The chats in memory, by session and by thread, each loaded once however many ask. Which ones: those whose contact is
 * open, and those that somebody looks at or looked at a moment ago; what strangers begin and leave is forgotten.
 */
import type { ChatSession, ChatStorePort } from './chat-store.ts';
import type { LiveChat } from './live-chat.ts';

/** Nobody looks, and nothing is under way. */
const forgetAfterMs = 60_000;

export class LiveChats {
  readonly #store: ChatStorePort;
  readonly #load: (session: ChatSession) => Promise<LiveChat>;
  readonly #chats = new Map<string, LiveChat>();
  readonly #byThread = new Map<string, LiveChat>();
  readonly #opening = new Map<string, Promise<LiveChat>>();

  constructor(store: ChatStorePort, load: (session: ChatSession) => Promise<LiveChat>) {
    this.#store = store;
    this.#load = load;
  }

  get all(): Iterable<LiveChat> {
    return this.#chats.values();
  }

  get sessionIds(): string[] {
    return [...this.#chats.keys()];
  }

  ofThread(threadId: string): LiveChat | undefined {
    return this.#byThread.get(threadId);
  }

  async open(session: ChatSession): Promise<LiveChat> {
    const { sessionId } = session;
    const known = this.#chats.get(sessionId);
    if (known) return known;
    const before = this.#opening.get(sessionId);
    if (before) return before;
    const opening = this.#load(session)
      .then((chat) => {
        this.#chats.set(sessionId, chat);
        this.noteThread(chat);
        return chat;
      })
      .finally(() => this.#opening.delete(sessionId));
    this.#opening.set(sessionId, opening);
    return opening;
  }

  /** The chat of an open contact, after a start: its customer may never come back, and somebody must see to that. */
  async adopt(threadId: string): Promise<void> {
    if (this.#byThread.has(threadId)) return;
    const session = await this.#store.byThread(threadId);
    if (session) await this.open(session);
  }

  noteThread(chat: LiveChat): void {
    if (chat.session.threadId !== undefined) this.#byThread.set(chat.session.threadId, chat);
  }

  forgetIfDone(chat: LiveChat, now: number): void {
    const { session, state, emptySince } = chat;
    if (emptySince === undefined || now - emptySince <= forgetAfterMs) return;
    const isUnderWay = session.threadId !== undefined && state.phase !== 'ended';
    if (isUnderWay || chat.isBusy) return;
    this.#chats.delete(session.sessionId);
    if (session.threadId !== undefined) this.#byThread.delete(session.threadId);
  }
}
