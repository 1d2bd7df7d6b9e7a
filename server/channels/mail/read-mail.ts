/**
 * What one mail says (RFC 5322, MIME RFC 2045 to 2049), decoded and made safe to store and to show: no NUL and no lone
 * surrogate in any string, no control character in what is one line. It reads bytes and nothing else: message/external-body
 * is never fetched, nothing packed is unpacked, and a message inside the mail is an attachment, none of whose headers
 * count for this one.
 *
 * It never throws for what a mail contains; mail-bounds.ts says what comes of too much of it. A mail may still take long:
 * mail-reader.ts reads it in a thread with a clock.
 */
import { createHash } from 'node:crypto';
import PostalMime, { decodeWords, type Attachment, type Email } from 'postal-mime';
import { safeFileName } from '../../lib/safe-file-name.ts';
import { cleanBlock, cleanLine, cutAt } from './clean-text.ts';
import { contentKeyOf } from './content-key.ts';
import { textOfHtml } from './html-text.ts';
import {
  maxDepth,
  maxHeaderBytes,
  maxMailBytes,
  maxNameChars,
  maxSubjectChars,
  maxTextChars,
  type MailFault,
} from './mail-bounds.ts';
import { sentAtOf } from './mail-date.ts';
import {
  addressesOf,
  fromOf,
  isAddress,
  MailHeader,
  messageIdOf,
  messageIdsOf,
  type FromFault,
  type MailAddress,
} from './mail-fields.ts';
import { classify, type Classified } from './mail-kind.ts';
import { mendMail, type MendedMail } from './mail-mend.ts';
import { takeUuFiles } from './uuencode.ts';

export interface MailAttachment {
  /** Never empty, never a path. */
  name: string;
  /** As the sender says, lower case; nobody has looked into the bytes. */
  mime: string;
  bytes: Uint8Array;
  /** Hex, of the bytes. */
  sha256: string;
  /** Without angle brackets. */
  contentId?: string;
  /** Meant to be shown in the text; to be listed all the same when the HTML does not show it. */
  isInline: boolean;
}

export interface ReadMail extends Classified {
  messageId?: string;
  inReplyTo: string[];
  /** Oldest first, as they stand in the mail. */
  references: string[];
  from?: MailAddress;
  fromFault?: FromFault;
  replyTo: MailAddress[];
  to: MailAddress[];
  cc: MailAddress[];
  /** Addresses that mail servers on the way noted (Delivered-To and the like). */
  deliveredTo: string[];
  /** '' for the null path of RFC 5321 §4.5.5; undefined when no server noted one. */
  returnPath?: string;
  /** '' when there is none. */
  subject: string;
  sentAt?: number;
  text: string;
  /** As it came: never to be shown before safeHtml. */
  html?: string;
  attachments: MailAttachment[];
  /** Of what its sender wrote, hex: the same of every copy. */
  contentKey: string;
  faults: MailFault[];
}

export interface UnreadableMail {
  isUnreadable: true;
  reason: 'empty' | 'not-parsed';
}

const mimePattern = /^[a-z0-9][\w.+-]{0,80}\/[\w.+-]{1,80}$/;

export { safeFileName };

/** For parts without a name, so that a program can be found for them. */
const endings = new Map([
  ['message/rfc822', '.eml'],
  ['message/delivery-status', '.txt'],
  ['message/feedback-report', '.txt'],
  ['message/disposition-notification', '.txt'],
  ['text/calendar', '.ics'],
  ['application/pdf', '.pdf'],
  ['image/png', '.png'],
  ['image/jpeg', '.jpg'],
  ['image/gif', '.gif'],
]);

const bytesOf = (content: Attachment['content']): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);

function attachmentOf(part: Attachment, index: number): MailAttachment {
  const bytes = bytesOf(part.content);
  const type = part.mimeType.toLowerCase();
  const mime = mimePattern.test(type) ? type : 'application/octet-stream';
  const contentId = cleanLine((part.contentId ?? '').replace(/^\s*<|>\s*$/g, ''), maxNameChars);
  return {
    name: safeFileName(part.filename ?? '', `part-${index + 1}${endings.get(mime) ?? ''}`),
    mime,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...(contentId !== '' && { contentId }),
    isInline: part.disposition === 'inline' || part.related === true,
  };
}

/** Cut first: the rest need not be cleaned. */
function blockOf(text: string, faults: Set<MailFault>): string {
  if (text.length > maxTextChars) faults.add('text-cut');
  return cutAt(cleanBlock(text.slice(0, maxTextChars)), maxTextChars);
}

interface Body {
  text: string;
  html?: string;
  attachments: MailAttachment[];
}

function bodyOf(email: Email, raw: Uint8Array, mended: MendedMail, faults: Set<MailFault>): Body {
  const attachments = email.attachments.map(attachmentOf);
  const html = email.html === undefined ? '' : blockOf(email.html, faults);
  const taken = takeUuFiles(email.text ?? '');
  for (const file of taken.files)
    attachments.push(
      attachmentOf(
        {
          filename: file.name,
          mimeType: 'application/octet-stream',
          disposition: 'attachment',
          content: file.bytes,
        },
        attachments.length,
      ),
    );
  let text = blockOf(taken.text, faults);
  if (text.trim() === '' && html !== '') text = textOfHtml(html);
  if (text.trim() === '' && html.trim() === '' && attachments.length === 0) {
    const rest = blockOf(decodedRest(raw, mended), faults);
    if (rest.trim() !== '') {
      faults.add('body-as-is');
      text = rest;
    }
  }
  return { text, ...(html.trim() !== '' && { html }), attachments };
}

/** Everything behind the header, when its structure yields nothing. */
function decodedRest(raw: Uint8Array, { bodyStart, charset }: MendedMail): string {
  const rest = raw.subarray(bodyStart, bodyStart + maxTextChars);
  try {
    return new TextDecoder(charset).decode(rest);
  } catch {
    return new TextDecoder().decode(rest);
  }
}

async function parse(mended: MendedMail, faults: Set<MailFault>): Promise<Email | undefined> {
  const options = {
    forceRfc822Attachments: true,
    maxNestingDepth: maxDepth + 2,
    // What was found beyond the bound is out already; mends add a little.
    maxHeadersSize: maxHeaderBytes * 4,
  };
  try {
    return await PostalMime.parse(mended.raw, options);
  } catch {
    faults.add('body-as-is');
  }
  try {
    return await PostalMime.parse(mended.raw.subarray(0, mended.bodyStart), options);
  } catch {
    return undefined;
  }
}

const deliveryFields = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-delivered-to'];

function returnPathOf(header: MailHeader): { returnPath?: string } {
  const value = header.first('return-path')?.trim() ?? header.first('x-envelope-from')?.trim();
  if (value === undefined || value === '') return {};
  if (/^<\s*>$/.test(value)) return { returnPath: '' };
  const [path] = addressesOf([value]);
  return path ? { returnPath: path.address } : {};
}

function assemble(email: Email, body: Body, faults: Set<MailFault>): ReadMail {
  const header = new MailHeader(email.headers);
  const subject = cleanLine(
    decodeWords((header.first('subject') ?? '').slice(0, 64 * 1024)),
    maxSubjectChars,
  );
  const messageId = messageIdOf(header.first('message-id'));
  const date = header.first('date');
  const sentAt = date === undefined ? undefined : sentAtOf(date);
  if (date !== undefined && sentAt === undefined) faults.add('date-unreadable');
  const facts = {
    inReplyTo: messageIdsOf(header.all('in-reply-to')),
    references: messageIdsOf(header.all('references'), faults),
    ...fromOf(header.all('from')),
    replyTo: addressesOf(header.all('reply-to'), faults),
    to: addressesOf(header.all('to'), faults),
    cc: addressesOf(header.all('cc'), faults),
    deliveredTo: deliveryFields
      .flatMap((name) => header.all(name))
      .map(bareAddress)
      .filter(isAddress)
      .slice(0, 20),
    ...returnPathOf(header),
    subject,
    ...body,
  };
  return {
    ...(messageId !== undefined && { messageId }),
    ...(sentAt !== undefined && { sentAt }),
    ...facts,
    ...classify(header, facts),
    contentKey: contentKeyOf({ ...facts, ...(sentAt !== undefined && { sentAt }) }),
    faults: [...faults],
  };
}

const bareAddress = (value: string): string => value.trim().replace(/^<|>$/g, '');

export async function readMail(bytes: Uint8Array): Promise<ReadMail | UnreadableMail> {
  if (bytes.length === 0) return { isUnreadable: true, reason: 'empty' };
  const raw = bytes.length > maxMailBytes ? bytes.subarray(0, maxMailBytes) : bytes;
  const mended = mendMail(raw);
  const { faults } = mended;
  if (raw !== bytes) faults.add('mail-too-big');
  const email = await parse(mended, faults);
  if (!email) return { isUnreadable: true, reason: 'not-parsed' };
  return assemble(email, bodyOf(email, raw, mended, faults), faults);
}
