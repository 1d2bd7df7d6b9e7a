/**
 * The port behind which every mail is kept as it came, byte for byte, before anybody is told that we have it: the relay gets
 * its 250 and the IMAP server its \Seen only after `keep` has resolved (RFC 5321 §4.2.5: whoever answers 250 answers for the
 * mail). What is kept and not settled is read again after a crash, as often as it takes.
 */
import type { QuarantineReason } from '../../contract/rest-quarantine.ts';

export type { QuarantineReason };

export interface NewRawMail {
  readonly mailboxId: string;
  readonly source: 'smtp' | 'imap';
  /** Names the delivery: the same key with the same content again is the same mail. */
  readonly sourceKey: string;
  /** ms UTC. */
  readonly receivedAt: number;
  /** '' is the null path of reports; absent where the source knows none (IMAP). */
  readonly envelopeFrom?: string;
  readonly envelopeTo: readonly string[];
  readonly content: Uint8Array;
}

export interface RawMail extends Omit<NewRawMail, 'content'> {
  readonly rawId: string;
  readonly bytes: number;
  /** Of the content, hex. */
  readonly sha256: string;
  /** It was in quarantine for that reason, and somebody has released it: it is to become a mail in any case. */
  readonly releasedFrom?: QuarantineReason;
}

/** What people are shown of a mail that is kept back, as far as its header could be read. */
export interface RawFacts {
  readonly from?: { readonly address: string; readonly name?: string };
  readonly subject?: string;
}

export type RawOutcome =
  /** `asFile`: it could not be read, and agents have it as an attached file. */
  | { readonly state: 'read'; readonly messageId: string; readonly asFile?: QuarantineReason }
  | { readonly state: 'quarantined'; readonly reason: QuarantineReason; readonly facts?: RawFacts }
  /** Of a message that was there before, or of this one before a crash. */
  | { readonly state: 'duplicate'; readonly messageId?: string };

export interface RawCounts {
  readonly unread: number;
  /** By reason, of mails that were received since the moment asked for. */
  readonly quarantined: Readonly<Partial<Record<QuarantineReason, number>>>;
}

export interface RawMailStore {
  /** Resolves when the mail is committed; throws when it is not. */
  keep(raw: NewRawMail): Promise<{ readonly rawId: string; readonly isNew: boolean }>;
  /** The oldest first; those of the mailboxes in `except` are left out. */
  unread(limit: number, except?: readonly string[]): Promise<RawMail[]>;
  /** Throws when there is none: a row has its content. */
  content(rawId: string): Promise<Uint8Array>;
  /** The first outcome counts: a second one is that of a reading that was repeated. */
  settle(rawId: string, outcome: RawOutcome): Promise<void>;
  /** The UID up to which an IMAP folder was looked through; `folderKey` names account, folder and UIDVALIDITY. */
  folderMark(mailboxId: string, folderKey: string): Promise<number | undefined>;
  /** It only rises. */
  markFolder(mailboxId: string, folderKey: string, uid: number): Promise<void>;
  /** `since`: ms UTC. */
  counts(since: number): Promise<RawCounts>;
}
