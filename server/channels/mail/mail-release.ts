/**
 * What a mail becomes that somebody has released from quarantine: in any case a message that an agent sees. One that can be read
 * now is the message that it would have been; one that cannot is what is known of it, with the mail as it came attached. What
 * held it back is not asked again: whoever released it has looked.
 *
 * Nobody may answer one that came from an address of ours, since the answer would come back; nor one whose sender is told by its
 * envelope alone, since answers go to the address in From and nowhere else (mail-incoming.ts). One without a sender joins no
 * thread by what it says it answers: nothing would tell its writer from a stranger.
 */
import type { IncomingMessage, StoredFile } from '../../app/text/channel.ts';
import type { Language } from '../../contract/site.ts';
import type { SiteMailbox } from '../../contract/site-text.ts';
import {
  destinationOf,
  externalIdOf,
  incomingOf,
  mailChannelId,
  type IncomingParts,
} from './mail-incoming.ts';
import { mailboxOf, queueOf, type MailboxBook } from './mailbox-book.ts';
import type { QuarantineReason, RawFacts, RawMail } from './raw-mail.ts';
import { isAddress } from './mail-fields.ts';
import type { ReadMail } from './reading-side.ts';

/** Where it would have gone; else where its envelope says; else the first: somebody must get it. */
export function mailboxOfReleased(
  raw: RawMail,
  mail: ReadMail | undefined,
  book: MailboxBook,
): SiteMailbox | undefined {
  const destination = mail && destinationOf(raw, mail, book);
  if (destination && 'mailbox' in destination) return destination.mailbox;
  const { deliveredTo = [], to = [], cc = [] } = mail ?? {};
  const { envelopeTo } = raw;
  return mailboxOf(book, raw.mailboxId, { envelopeTo, deliveredTo, to, cc }) ?? book.all[0];
}

/** Of a mail that could be read. */
export function releasedIncoming(parts: IncomingParts, book: MailboxBook): IncomingMessage {
  const incoming = incomingOf(parts);
  const { from } = parts.mail;
  const isOurs = from !== undefined && book.byAddress(from.address) !== undefined;
  const isLoop = isOurs || parts.mail.noAnswerReason === 'own-loop';
  const { threadId } = incoming.clues;
  return {
    ...incoming,
    asksSomebody: true,
    mayBeAnswered: incoming.mayBeAnswered && from !== undefined && !isLoop,
    ...(isLoop && { clues: {} }),
    ...(!from && { clues: threadId === undefined ? {} : { threadId } }),
  };
}

const cannotBeRead: Readonly<Record<Language, string>> = {
  en: '[This mail could not be read. It is attached as it came. Be careful when you open it.]',
  it: '[Non è stato possibile leggere questa e-mail. È allegata così come è arrivata. La apra con cautela.]',
  ru: '[Это письмо не удалось прочитать. Оно приложено в том виде, в котором пришло. Открывайте его осторожно.]',
};

export const wholeMailFile = { name: 'mail.eml', mime: 'message/rfc822' } as const;

export interface BareParts {
  readonly raw: RawMail;
  /** Absent where it cannot be read at all. */
  readonly mail: ReadMail | undefined;
  readonly facts: RawFacts;
  readonly mailbox: SiteMailbox;
  readonly book: MailboxBook;
  /** The mail as it came. */
  readonly file: StoredFile;
  readonly reason: QuarantineReason;
  readonly language: Language;
}

/** Of one that could not. */
export function bareIncoming(parts: BareParts): IncomingMessage {
  const { raw, mail, facts, mailbox, book, file, reason } = parts;
  const { envelopeFrom = '' } = raw;
  const { from, subject = '' } = facts;
  const language = mailbox.language ?? parts.language;
  const isOurs = from !== undefined && book.byAddress(from.address) !== undefined;
  return {
    channelId: mailChannelId,
    endpointId: mailbox.id,
    queueId: queueOf(mailbox, subject),
    // As it would be called if it could be read: it counts once, whichever way it is taken.
    externalId: mail ? externalIdOf(raw, mail) : `sha256:${raw.sha256}`,
    receivedAt: raw.receivedAt,
    from: from ?? { address: isAddress(envelopeFrom) ? envelopeFrom : '' },
    language,
    text: cannotBeRead[language],
    kind: 'message',
    mayBeAnswered: from !== undefined && !isOurs,
    asksSomebody: true,
    clues: {},
    files: [file],
    extra: { rawId: raw.rawId, subject, noMachineAnswer: 'unreadable', unreadable: reason },
    ...(subject !== '' && { subject }),
  };
}
