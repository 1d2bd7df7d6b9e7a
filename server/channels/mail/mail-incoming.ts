/**
 * What a mail that was read means to the desk: whose mailbox, which queue, which thread, whether it may be answered; or why it
 * goes into quarantine instead. Pure but for the files, which are kept before.
 *
 * The sender is the address in From, also where a Reply-To names another: the customer is known by it, and an answer to an
 * account's owner must not go where a forged mail asks for it. Reply-To is handed on to be shown.
 *
 * Who may answer: nobody, where a mail came from a machine or nobody reads the answers. Mails of lists, and those that ask
 * for no automatic answers, an agent may answer and no machine may: `extra.noMachineAnswer`, which mail-compose.ts obeys.
 */
import type { IncomingMessage, StoredFile, ThreadClues } from '../../app/text/channel.ts';
import { deliveryFaults, withDetail } from '../../contract/delivery-faults.ts';
import type { SiteMailbox } from '../../contract/site-text.ts';
import { mailboxOf, queueOf, type MailboxBook } from './mailbox-book.ts';
import type { QuarantineReason, RawMail } from './raw-mail.ts';
import { isForward, splitQuoted, threadKeys, type ReadMail } from './reading-side.ts';

export const mailChannelId = 'mail';

/** What is kept of a mail with its message, for the answer and for those who look closely. */
export interface MailExtra extends Record<string, unknown> {
  readonly rawId: string;
  readonly messageId?: string;
  readonly references?: readonly string[];
  readonly subject?: string;
  /** A machine may not answer it. */
  readonly noMachineAnswer?: string;
}

export type Destination = { readonly mailbox: SiteMailbox } | { readonly quarantine: QuarantineReason };

/** Where a mail goes, before any of its files is kept. */
export function destinationOf(raw: RawMail, mail: ReadMail, book: MailboxBook): Destination {
  if (mail.noAnswerReason === 'own-loop') return { quarantine: 'loop' };
  if (!mail.from) return { quarantine: 'no-sender' };
  if (book.byAddress(mail.from.address)) return { quarantine: 'loop' };
  const { envelopeTo } = raw;
  const { deliveredTo, to, cc } = mail;
  const mailbox = mailboxOf(book, raw.mailboxId, { envelopeTo, deliveredTo, to, cc });
  return mailbox ? { mailbox } : { quarantine: 'no-mailbox' };
}

/** One delivery or several, it is one message: by its own id, and by its bytes where it has none. */
export const externalIdOf = (raw: RawMail, mail: ReadMail): string =>
  mail.messageId ?? `sha256:${raw.sha256}`;

export function cluesOf(mail: ReadMail, tokenKeys: readonly Uint8Array[]): ThreadClues {
  const keys = threadKeys(mail, tokenKeys);
  const isReport = mail.kind === 'bounce' || mail.kind === 'receipt' || mail.kind === 'complaint';
  // The mark in the subject of a forward was carried along; the one in an address was written to.
  const isAddressOnly = isReport || isForward(mail.subject);
  const token = keys.find((key) => key.by === 'token' && (key.where === 'address' || !isAddressOnly));
  const answers = keys.flatMap((key) => (key.by === 'message-id' ? [key.messageId] : []));
  return {
    ...(token?.by === 'token' && { threadId: token.threadRef }),
    ...(answers.length > 0 && { answers }),
  };
}

/** Reasons for which a machine may not answer, and an agent may. */
const machinesOnly = new Set(['suppressed', 'automatic']);

function answering(mail: ReadMail): { mayBeAnswered: boolean; noMachineAnswer?: string } {
  const { noAnswerReason: reason } = mail;
  if (reason === undefined) return { mayBeAnswered: true };
  const isForPeople = mail.kind === 'customer' || mail.kind === 'list';
  return { mayBeAnswered: isForPeople && machinesOnly.has(reason), noMachineAnswer: reason };
}

function extraOf(raw: RawMail, mail: ReadMail, noMachineAnswer: string | undefined): MailExtra {
  const { messageId, references, inReplyTo, sentAt, fromFault, noAnswerReason, bounce, reportType } = mail;
  return {
    rawId: raw.rawId,
    ...(messageId !== undefined && { messageId }),
    references: references.length > 0 ? references : inReplyTo,
    subject: mail.subject,
    to: mail.to.slice(0, 50),
    cc: mail.cc.slice(0, 50),
    ...(mail.replyTo.length > 0 && { replyTo: mail.replyTo.slice(0, 5) }),
    ...(sentAt !== undefined && { sentAt }),
    ...(fromFault !== undefined && { fromFault }),
    ...(noMachineAnswer !== undefined && { noMachineAnswer }),
    ...(noAnswerReason !== undefined && { noAnswerReason }),
    ...(bounce && { bounce: { isFailure: bounce.isFailure, status: bounce.status ?? '' } }),
    ...(reportType !== undefined && { reportType }),
    ...(mail.kind === 'list' && { isList: true }),
    ...(mail.faults.length > 0 && { faults: mail.faults }),
  };
}

export interface IncomingParts {
  readonly raw: RawMail;
  readonly mail: ReadMail;
  readonly mailbox: SiteMailbox;
  readonly files: readonly StoredFile[];
  readonly tokenKeys: readonly Uint8Array[];
  /** Of the site. */
  readonly language: string;
}

/** `mail.from` is there: destinationOf has seen to it. */
export function incomingOf({
  raw,
  mail,
  mailbox,
  files,
  tokenKeys,
  language,
}: IncomingParts): IncomingMessage {
  const { own, quoted } = splitQuoted(mail.text);
  const { mayBeAnswered, noMachineAnswer } = answering(mail);
  const { address = '', name = '' } = mail.from ?? {};
  return {
    channelId: mailChannelId,
    endpointId: mailbox.id,
    queueId: queueOf(mailbox, mail.subject),
    externalId: externalIdOf(raw, mail),
    contentKey: mail.contentKey,
    receivedAt: raw.receivedAt,
    from: { address, ...(name !== '' && { name }) },
    language: mailbox.language ?? language,
    text: own,
    kind: mail.kind === 'customer' || mail.kind === 'list' ? 'message' : mail.kind,
    mayBeAnswered,
    clues: cluesOf(mail, tokenKeys),
    files,
    extra: extraOf(raw, mail, noMachineAnswer),
    ...(mail.subject !== '' && { subject: mail.subject }),
    ...(quoted !== '' && { quoted }),
    ...(mail.html !== undefined && { html: mail.html }),
  };
}

export interface DeliveryNews {
  /** Of our mail. */
  readonly externalId: string;
  readonly state: 'delivered' | 'failed';
  readonly fault?: string;
}

/** What a report says became of a mail of ours; undefined for what is on its way still, and for what is no report. */
export function deliveryNews({
  kind,
  bounce,
  reportType,
  originalMessageId,
}: ReadMail): DeliveryNews | undefined {
  if (originalMessageId === undefined) return undefined;
  if (kind === 'receipt' && reportType === 'displayed')
    return { externalId: originalMessageId, state: 'delivered' };
  if (kind !== 'bounce' || bounce?.isFailure !== true) return undefined;
  const { status } = bounce;
  return {
    externalId: originalMessageId,
    state: 'failed',
    fault: status === undefined ? deliveryFaults.cameBack : withDetail('cameBack', status),
  };
}
