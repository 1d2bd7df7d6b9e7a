/** What the text desk needs of the outside: a store that has committed when it answers, and a check of files. */
import type { DeliveryState, MessageView } from '../../contract/desk.ts';
import type { CustomerAddress, IncomingMessage, OutgoingMessage, StoredFile, TextWork } from './channel.ts';

/** One conversation's contact that is not closed, as the desk remembers it. */
export interface OpenText {
  readonly contactId: string;
  readonly threadId: string;
  readonly channelId: string;
  readonly endpointId: string;
  readonly via: string;
  readonly queueId: string;
  readonly work: TextWork;
  readonly language: string;
  readonly createdAt: number;
  readonly customer: CustomerAddress;
  readonly subject?: string;
  readonly lastAgentId?: string;
  readonly lastAgentAt?: number;
  /** Of the customer's messages in this contact, in order. */
  readonly customerSeqs: readonly number[];
  readonly preview?: string;
  /** Up to where each agent has read. */
  readonly reads: Readonly<Record<string, number>>;
}

export interface TakenRow {
  readonly isDuplicate: boolean;
  /** A contact was made for it; else it joined one, which may have ended meanwhile. */
  readonly isNewContact: boolean;
  /** Absent of what asks nobody. */
  readonly text?: OpenText;
  readonly message: MessageView;
  readonly threadId: string;
}

export interface ThreadFacts {
  readonly threadId: string;
  readonly channelId: string;
  readonly endpointId: string;
  readonly customer: CustomerAddress;
  readonly mayBeAnswered: boolean;
}

export interface ThreadRow extends ThreadFacts {
  readonly messages: readonly MessageView[];
  readonly isCut: boolean;
}

export interface OwnMessage {
  readonly threadId: string;
  readonly contactId: string;
  readonly author: 'agent' | 'system';
  readonly agentId?: string;
  readonly isNote: boolean;
  readonly text: string;
  readonly clientId?: string;
  readonly attachmentIds: readonly string[];
  readonly at: number;
  /** It goes to the customer. */
  readonly isSent: boolean;
}

/** A message of ours and what became of it. */
export interface SettledRow {
  readonly message: MessageView;
  /** Of an agent's that has failed, where the thread has an open contact; one that was closed has been opened anew. */
  readonly failure?: {
    /** Where somebody sees it. */
    readonly text: OpenText;
    /** That it failed was noted now, and not before. */
    readonly isFirst: boolean;
    readonly failedAt: number;
  };
}

/** What is not to be handed over at the moment. */
export interface NotNow {
  readonly threadIds: readonly string[];
  /** Without an endpoint: the channel as a whole. */
  readonly ways: readonly { readonly channelId: string; readonly endpointId?: string }[];
}

export interface DueMessage extends OutgoingMessage {
  readonly contactId: string;
  readonly agentId?: string;
  readonly attempts: number;
}

/** What the house writes of its own accord, outside any contact: a transcript. An answer to it makes one. */
export interface Letter {
  readonly channelId: string;
  readonly endpointId: string;
  readonly queueId: string;
  readonly to: CustomerAddress;
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
}

export interface TextStorePort {
  /** A thread of its own with one message, to be sent. */
  post(letter: Letter): Promise<void>;
  /** In one transaction, committed to the disk: thread, contact, message, files, consent. */
  take(incoming: IncomingMessage, now: number): Promise<TakenRow>;
  /** The contact that a message joined has ended: a new one for its thread, with that message and what came after. */
  reopen(messageId: string, now: number): Promise<TakenRow>;
  /** The same `clientId` again: the message as it is, `isDuplicate`. `unknown-attachment`: none of this agent's, or sent already. */
  add(message: OwnMessage): Promise<{ message: MessageView; isDuplicate: boolean } | 'unknown-attachment'>;
  close(contactId: string, at: number, disposition?: string): Promise<void>;
  setDisposition(contactId: string, disposition: string): Promise<void>;
  noteAgent(contactId: string, agentId: string, at: number): Promise<void>;
  read(contactId: string, agentId: string, seq: number): Promise<void>;
  thread(contactId: string): Promise<ThreadRow | undefined>;
  /** The same without its messages, which may be many. */
  threadFacts(contactId: string): Promise<ThreadFacts | undefined>;
  message(messageId: string): Promise<{ message: MessageView; html?: string } | undefined>;
  /** Every contact that is not closed, and of each whether history knows that it ended. */
  open(): Promise<OpenRow[]>;
  /** In order within a thread, never a later one before an earlier one is settled. */
  due(now: number, limit: number, except: NotNow): Promise<DueMessage[]>;
  /** When the next is due, ms UTC. */
  nextDue(except: NotNow): Promise<number | undefined>;
  /** Of one that has failed: in the same transaction its thread gets a contact, unless one is open. */
  settle(
    messageId: string,
    outcome: { state: DeliveryState; fault?: string; externalId?: string; nextTryAt?: number },
    now: number,
  ): Promise<SettledRow | undefined>;
  /** Of a message of ours, by what its channel called it; as with `settle` where it has failed. */
  delivered(
    news: {
      channelId: string;
      externalId: string;
      state: 'delivered' | 'failed';
      fault?: string;
      /** Absent: of any endpoint of the channel. */
      endpointId?: string;
    },
    now: number,
  ): Promise<SettledRow | undefined>;
  /** The open contact of a failed message's thread has ended before anybody saw it: a new one. */
  askAgain(messageId: string, endedContactId: string, now: number): Promise<SettledRow | undefined>;
}

export interface OpenRow {
  readonly text: OpenText;
  readonly endedAt?: number;
  /** The first that a customer wrote after that. */
  readonly newestMessageId?: string;
  /** The first answer in its thread that failed after that. */
  readonly undeliveredId?: string;
}

export interface FileStorePort {
  /** `owner`: `agent:ID`, `customer:ID`, `mail`: who may send it along. */
  keep(
    file: Omit<StoredFile, 'attachmentId'> & { content: Uint8Array; owner: string; at: number },
  ): Promise<StoredFile>;
  content(sha256: string): Promise<Uint8Array | undefined>;
  ofMessage(messageId: string): Promise<StoredFile[]>;
  byId(attachmentId: string): Promise<KeptFile | undefined>;
  /** Forgets what was kept before that instant and never sent along; answers how many. */
  dropLoose(before: number): Promise<number>;
}

export interface KeptFile extends StoredFile {
  readonly threadId?: string;
  readonly owner: string;
  /** It is part of a note, which customers do not see. */
  readonly isInternal: boolean;
}

export interface FileCheckPort {
  /** Undefined: nothing is against it. */
  check(file: { name: string; mime: string; content: Uint8Array }): Promise<StoredFile['refused']>;
}
