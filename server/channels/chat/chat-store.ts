/** What the chat gateway keeps, as a port: sessions by their token's digest, and the lines that customers may see. */
import type { ChatLine } from '../../contract/chat.ts';
import type { Language } from '../../contract/site.ts';

export interface ChatSession {
  readonly sessionId: string;
  readonly widgetId: string;
  /** From the first line on. */
  readonly threadId?: string;
  readonly language: Language;
  readonly name?: string;
  readonly email?: string;
  readonly topic?: string;
  readonly consent?: { readonly version: string; readonly text: string; readonly at: number };
  readonly page?: string;
  /** The network address, for consent and against abuse. */
  readonly address: string;
  readonly createdAt: number;
  readonly endedAt?: number;
  readonly endedBy?: 'customer' | 'agent' | 'system' | 'idle';
}

/** A line with the place it has in its thread, where notes take places too. */
export interface StoredLine extends Omit<ChatLine, 'seq' | 'name' | 'attachments'> {
  readonly threadSeq: number;
  readonly agentId?: string;
  readonly attachments: readonly {
    attachmentId: string;
    name: string;
    mime: string;
    bytes: number;
    isPicture: boolean;
  }[];
}

export interface ChatStorePort {
  /** Committed when it resolves. */
  begin(session: ChatSession, tokenHash: string): Promise<void>;
  byToken(tokenHash: string): Promise<ChatSession | undefined>;
  byThread(threadId: string): Promise<ChatSession | undefined>;
  setThread(sessionId: string, threadId: string): Promise<void>;
  end(sessionId: string, at: number, by: NonNullable<ChatSession['endedBy']>): Promise<void>;
  /** It goes on after all: a line was on its way when its contact ended. */
  revive(sessionId: string): Promise<void>;
  /** Forgets the sessions begun before that instant in which nothing was ever written; answers how many. */
  dropSilent(before: number, except: readonly string[]): Promise<number>;
  /** In order; notes left out. */
  lines(threadId: string, afterThreadSeq: number): Promise<StoredLine[]>;
}
