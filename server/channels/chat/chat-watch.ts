/**
 * Looks at all chats once a second, for what no event tells: a customer who has gone, waits long or says nothing, and an end
 * that could not be written down because the database was away or the server was killed. It keeps nothing of its own.
 */
import type { ChatChannelParts } from './chat-channel.ts';
import type { ChatSession } from './chat-store.ts';
import { chatWords } from './chat-words.ts';
import type { LiveChat } from './live-chat.ts';
import type { LiveChats } from './live-chats.ts';

const sweepEveryMs = 1000;
export const goneAfterMs = 120_000;
/** A tab that is being reloaded is not gone. */
const absentAfterMs = 10_000;
/** The end of a contact is told within a moment, if it is told at all. */
const endedAfterMs = 5_000;

export interface ChatWatchParts extends Pick<ChatChannelParts, 'now' | 'logger'> {
  chats: LiveChats;
  desk: Pick<ChatChannelParts['desk'], 'say' | 'standing' | 'unansweredSince'>;
  /** 0: never. */
  idleMs(session: ChatSession): number;
  /** What is said to who waits. */
  waiting(session: ChatSession): readonly { afterSec: number; text: string }[];
  restate(chat: LiveChat): void;
  present(chat: LiveChat): void;
  end(chat: LiveChat, by: 'customer' | 'idle'): Promise<void>;
  contactEnded(threadId: string, by: 'system'): Promise<void>;
}

export class ChatWatch {
  readonly #parts: ChatWatchParts;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: ChatWatchParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#sweep(), sweepEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const { chats } = this.#parts;
    const now = this.#parts.now();
    for (const chat of chats.all) {
      this.#parts.restate(chat);
      const { emptySince, session } = chat;
      const absentMs = emptySince === undefined ? 0 : now - emptySince;
      if (absentMs > absentAfterMs) this.#parts.present(chat);
      if (!chat.isBusy) {
        if (chat.state.phase === 'waiting' && session.threadId !== undefined && absentMs > goneAfterMs)
          this.#end(chat, 'customer');
        else if (chat.state.phase === 'talking') this.#checkIdle(chat, now);
        else this.#checkWaiting(chat, now);
        this.#checkEnd(chat, now);
      }
      chats.forgetIfDone(chat, now);
    }
  }

  /**
   * Says what is due, each text once: the store takes a text of the same name for a thread once, also after a restart,
   * which knows nothing of what was said. No text any more once an agent has had the chat.
   */
  #checkWaiting(chat: LiveChat, now: number): void {
    const { desk } = this.#parts;
    const { threadId } = chat.session;
    if (threadId === undefined || chat.wasTaken) return;
    const since = desk.unansweredSince(threadId);
    if (since === undefined) return;
    const due = this.#parts
      .waiting(chat.session)
      .filter(({ afterSec }) => now - since >= afterSec * 1000 && !chat.saidAfterSec.has(afterSec));
    if (due.length === 0) return;
    const say = async () => {
      for (const { afterSec, text } of due) {
        // Taken while we were about to speak.
        if (desk.unansweredSince(threadId) === undefined) return;
        await desk.say(threadId, text, `waiting-${afterSec}`);
        chat.saidAfterSec.add(afterSec);
      }
    };
    this.#quietly(chat.inTurn(say), 'a line of the house could not be kept');
  }

  #checkIdle(chat: LiveChat, now: number): void {
    const idleMs = this.#parts.idleMs(chat.session);
    // It is the customer's turn only after the agent has said something.
    if (idleMs === 0 || chat.lastAgentAt <= chat.lastCustomerAt) return;
    const words = chatWords[chat.session.language];
    const { threadId } = chat.session;
    if (threadId === undefined) return;
    if (chat.warnedAt === undefined && now - chat.lastAgentAt > idleMs) {
      chat.warnedAt = now;
      this.#say(threadId, words.idleWarning);
    } else if (chat.warnedAt !== undefined && now - chat.warnedAt > idleMs) {
      chat.warnedAt = now;
      this.#say(threadId, words.idleClosed);
      this.#end(chat, 'idle');
    }
  }

  /** What `contactEnded` could not write down. */
  #checkEnd(chat: LiveChat, now: number): void {
    const { desk } = this.#parts;
    const { threadId, endedBy } = chat.session;
    if (threadId === undefined || endedBy !== undefined || desk.standing(threadId).phase !== 'gone')
      chat.overSince = undefined;
    else if (now - (chat.overSince ??= now) > endedAfterMs) {
      chat.overSince = now;
      this.#quietly(this.#parts.contactEnded(threadId, 'system'), 'the end of a chat could not be noted');
    }
  }

  #say(threadId: string, text: string): void {
    this.#quietly(this.#parts.desk.say(threadId, text), 'a line of the house could not be kept');
  }

  #end(chat: LiveChat, by: 'customer' | 'idle'): void {
    this.#quietly(this.#parts.end(chat, by), 'a chat could not be ended');
  }

  #quietly(work: Promise<void>, fault: string): void {
    work.catch((err: unknown) => this.#parts.logger.warn({ err }, fault));
  }
}
