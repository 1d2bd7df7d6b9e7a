/**
 * What a channel of text is to the rest of the house (S16): it takes in what customers write and hands it to the desk, and
 * sends what agents answer. It routes nothing and keeps no conversation. Mail, chat, forms and the signed webhooks of
 * third parties are channels in this sense; docs/channels.md shows how to write one.
 *
 * In: `desk.take(incoming)`. When it answers, the message is kept for good: acknowledge then, and not before; the same
 * `externalId` may be handed over any number of times and counts once.
 * Out: `send(outgoing)`, one at a time per thread and in order. Repeats after a crash or a lost answer are possible: send
 * what bears the same `messageId` so that the other side can tell.
 */
import type { Site } from '../../contract/site.ts';

/**
 * What the contacts of a channel count as in routing: live (chat), to be answered in time (mail), or by a call of ours
 * (callback: its agent's phone rings, then the customer's).
 */
export type TextWork = 'chat' | 'mail' | 'callback';

/** Requests that are answered by a call, ours or an agent's: nothing is sent by it. */
export const formChannelId = 'form';

export interface ChannelCapabilities {
  readonly work: TextWork;
  /** The customer is there or not, and types: such news come by `desk.presence`. */
  readonly isLive: boolean;
  readonly hasHtml: boolean;
  /** Absent: no attachments. */
  readonly attachments?: { readonly maxBytes: number; readonly maxCount: number };
  /** Absent: as the outbox has it for all. */
  readonly sending?: {
    /** So many of its messages are in its hands at a time. */
    readonly atOnce: number;
    /** For one message, whatever the other side does: longer than that side may rightly think about it. */
    readonly boundMs: number;
  };
}

export type ChannelHealth =
  | { readonly state: 'off' | 'up' }
  /** `since`: ms UTC. `detail`: for the bank's IT, without personal data. */
  | { readonly state: 'degraded' | 'down'; readonly since: number; readonly detail: string };

/**
 * `sent`: it is with the next server, or before the customer. `later`: it was tried, try again. `off`: its way out is
 * switched off or not set up; nothing was tried, and it waits for as long as that takes. `failed`: it never will be sent.
 */
export type SendResult =
  | { readonly outcome: 'sent'; readonly externalId?: string }
  | { readonly outcome: 'later'; readonly fault: string }
  | { readonly outcome: 'off' }
  | { readonly outcome: 'failed'; readonly fault: string };

export interface Channel {
  /** The first part of a contact's `via`: `mail` of `mail:help`. */
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  /** The site in force has changed: connections are opened and closed accordingly. Off: none is open. */
  apply(site: Site): Promise<void>;
  /** `signal`: its time is over (`sending.boundMs`); what is under way ends then, since it is tried again. */
  send(outgoing: OutgoingMessage, signal: AbortSignal): Promise<SendResult>;
  health(): ChannelHealth;
  close(): Promise<void>;
}

/** A file, kept already under its digest. */
export interface StoredFile {
  readonly attachmentId: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly refused?: 'type' | 'size' | 'virus' | 'unchecked';
  readonly contentId?: string;
  readonly isInline?: boolean;
}

export interface CustomerAddress {
  /** As the channel knows the customer: a mail address, a session's id, a number. */
  readonly address: string;
  readonly name?: string;
}

/** How an incoming message finds its thread; the first that fits counts. Nothing fits: a thread of its own. */
export interface ThreadClues {
  /** Said by something only the other side of the thread can know (a token of ours). */
  readonly threadId?: string;
  /** One thread a customer: the newest with this address by this endpoint, as messengers have it. */
  readonly isOneThread?: boolean;
  /** Ids of messages that this one answers; joined only where the sender is of that thread already. */
  readonly answers?: readonly string[];
}

export interface IncomingMessage {
  readonly channelId: string;
  /** Mailbox, widget, form: the second part of `via`. */
  readonly endpointId: string;
  readonly queueId: string;
  /** What reports call its way in, where that is not `channel:endpoint`: a form whose answers go by mail. */
  readonly via?: string;
  /** What its contacts count as. Absent: `chat` of the channel of that name, else `mail`. */
  readonly work?: TextWork;
  /** Somebody must look at it. Absent: so it is with messages of people, and with nothing else. */
  readonly asksSomebody?: boolean;
  /** The channel's own id of the message: the same one again is not kept twice. */
  readonly externalId: string;
  /**
   * Digest of what the sender wrote, where ids are made by senders: the same id with another one is another message, of the
   * same thread if its sender is of that. Absent: the id alone decides.
   */
  readonly contentKey?: string;
  readonly receivedAt: number;
  readonly from: CustomerAddress;
  readonly language: string;
  readonly text: string;
  readonly quoted?: string;
  /** As it came; it is made safe when it is shown. */
  readonly html?: string;
  readonly subject?: string;
  readonly kind: 'message' | 'auto-reply' | 'bounce' | 'complaint' | 'receipt';
  /** A machine may answer it, or an agent. False: nobody may. */
  readonly mayBeAnswered: boolean;
  readonly clues: ThreadClues;
  readonly files: readonly StoredFile[];
  readonly topic?: string;
  readonly consent?: { readonly version: string; readonly text: string; readonly address: string };
  /** What only the channel understands: a mail's Message-ID and references, for the answer. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface OutgoingMessage {
  readonly messageId: string;
  readonly threadId: string;
  readonly channelId: string;
  readonly endpointId: string;
  readonly to: CustomerAddress;
  readonly agentName?: string;
  readonly language: string;
  readonly subject?: string;
  readonly text: string;
  readonly files: readonly StoredFile[];
  /** The customer's newest message that it answers. */
  readonly answers?: {
    readonly externalId: string;
    readonly at: number;
    readonly from: CustomerAddress;
    readonly text: string;
    readonly html?: string;
    readonly extra?: Readonly<Record<string, unknown>>;
  };
  /** Of the newest messages of the thread, ours included, newest first. */
  readonly references: readonly string[];
}

export interface Taken {
  readonly messageId: string;
  readonly threadId: string;
  /** Absent of what belongs to a thread but asks nobody: a bounce, a receipt. */
  readonly contactId?: string;
  /** It was here before. */
  readonly isDuplicate: boolean;
}

/** The desk as channels see it. */
export interface ChannelDesk {
  /** Resolves when the message is committed. Throws only where nothing could be kept: then do not acknowledge. */
  take(incoming: IncomingMessage): Promise<Taken>;
  /** Keeps a file under its digest, checked by the rules of type and size and by the virus check. */
  keepFile(file: {
    readonly name: string;
    readonly mime: string;
    readonly content: Uint8Array;
    readonly contentId?: string;
    readonly isInline?: boolean;
    /** Who may send it along. Absent: the channel itself. */
    readonly owner?: string;
  }): Promise<StoredFile>;
  /** One that is not sent yet, if it is this owner's. */
  fileOf(attachmentId: string, owner: string): Promise<StoredFile | undefined>;
  readFile(sha256: string): Promise<Uint8Array>;
  /**
   * What became of a message that was sent: a bounce names it. `endpointId`: only if it went out there. False: no message of
   * ours is called that, or not yet.
   */
  delivered(
    channelId: string,
    externalId: string,
    state: 'delivered' | 'failed',
    fault?: string,
    endpointId?: string,
  ): Promise<boolean>;
}
