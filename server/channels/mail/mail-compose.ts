/**
 * The mail that goes out for an answer of the desk (RFC 5322): the agent's text, the signature of the mailbox, and the mail
 * answered below it, as text and as HTML.
 *
 * - Message-ID is made of our message's id, so that a repeat bears the same one.
 * - References begin with the customer's mail and end with it (§3.6.4), bounded; In-Reply-To names it.
 * - Reply-To carries the token of the thread behind a plus (unless the mailbox cannot), the subject carries it in brackets:
 *   clients lose References, few lose both.
 * - What a machine wrote (no agent's name) says so: Auto-Submitted (RFC 3834 §5) and X-Hearthline-Loop. It never answers a mail
 *   that was not to be answered by one.
 * - It goes to the customer's address alone. The envelope's sender is the mailbox, so that bounces come back to it.
 *
 * Header injection: every value of a header is one line of bounded length before nodemailer gets it, addresses and ids are
 * checked against what they may consist of and refused otherwise. Neither files nor URLs are read on anybody's behalf; what is
 * quoted is sanitised, since it goes out in our name.
 */
import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { OutgoingMessage, StoredFile } from '../../app/text/channel.ts';
import { deliveryFaults, withDetail } from '../../contract/delivery-faults.ts';
import type { SiteMailbox } from '../../contract/site-text.ts';
import type { Language } from '../../contract/site-values.ts';
import type { MailExtra } from './mail-incoming.ts';
import {
  cleanBlock,
  cleanLine,
  loopHeader,
  quoteReply,
  replyAddress,
  safeHtml,
  signToken,
  subjectMark,
} from './reading-side.ts';

export interface ComposedMail {
  /** In angle brackets, as everything that names a mail here. */
  messageId: string;
  date: Date;
  envelope: { from: string; to: string[] };
  from: { name: string; address: string };
  to: { name: string; address: string } | { name: string; address: string }[];
  replyTo: string;
  subject: string;
  inReplyTo?: string;
  references?: string[];
  headers: Record<string, string>;
  text: string;
  html: string;
  attachments: ComposedFile[];
}

export interface ComposedFile {
  filename: string;
  content: Buffer;
  contentType: string;
  contentDisposition: 'attachment' | 'inline';
  cid?: string;
}

export interface ComposeParts {
  readonly mailbox: SiteMailbox;
  readonly tokenKey: Uint8Array;
  readonly timeZone: string;
  readonly maxBytes: number;
  readonly now: () => number;
  readonly readFile: (sha256: string) => Promise<Uint8Array>;
}

/** `fault`: this message will never be a mail. */
export type Composition = { readonly mail: ComposedMail } | { readonly fault: string };

const maxNameChars = 100;
const maxSubjectChars = 200;
const maxFileNameChars = 150;
const maxReferences = 30;
const maxQuotedHtmlChars = 100_000;

const localPattern = /^[^\s"(),:;<>@[\\\]\p{C}]{1,64}$/u;
const domainPattern = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** An address that can be written to, with its domain in ASCII. */
export function sendableAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(0, at));
  const domain = domainToASCII(address.slice(at + 1)).toLowerCase();
  return localPattern.test(local) && domainPattern.test(domain) ? `${local}@${domain}` : undefined;
}

const idPattern = /^[\x21-\x3b\x3d\x3f\x41-\x7e]{1,120}@[\x21-\x3b\x3d\x3f\x41-\x7e]{1,130}$/;
const bracketed = (id: string): string => `<${id}>`;

/** Without brackets; the same for the same message of ours. */
export function ownMailId(messageId: string, mailboxAddress: string): string {
  const local = /^[A-Za-z0-9._-]{1,100}$/.test(messageId)
    ? messageId
    : createHash('sha256').update(messageId).digest('hex');
  return `${local}@${mailboxAddress.slice(mailboxAddress.lastIndexOf('@') + 1).toLowerCase()}`;
}

/** The oldest of the thread stays, and the newest: that is what clients sort by. */
function referencesOf({ answers, references }: OutgoingMessage): string[] {
  const extra: Partial<MailExtra> = answers?.extra ?? {};
  const theirs = Array.isArray(extra.references) ? extra.references : [];
  const last = answers?.externalId;
  const ids = [...theirs, ...references.toReversed()].filter(
    (id): id is string => typeof id === 'string' && idPattern.test(id) && id !== last,
  );
  const unique = [...new Set(ids), ...(last !== undefined && idPattern.test(last) ? [last] : [])];
  if (unique.length <= maxReferences) return unique;
  return [...unique.slice(0, 1), ...unique.slice(1 - maxReferences)];
}

const replyPrefix = /^(?:re|aw|antw|ответ|отв|r|rif|sv)\s{0,3}(?:\[\d{1,3}\])?\s{0,3}:/iu;

function subjectOf({ subject, answers }: OutgoingMessage, token: string): string {
  const extra: Partial<MailExtra> = answers?.extra ?? {};
  const given = subject ?? extra.subject ?? '';
  const bare = cleanLine(given.slice(0, 2000).replace(/\s{0,9}\[#HL-[^\]\s]{1,80}\]/gi, ''), maxSubjectChars);
  const isAnswer = answers !== undefined && !replyPrefix.test(bare);
  return `${isAnswer ? 'Re: ' : ''}${bare} ${subjectMark(token)}`.replace(/ {2,}/g, ' ').trim();
}

function languageOf(outgoing: OutgoingMessage, mailbox: SiteMailbox): Language {
  const known: readonly string[] = ['en', 'ru', 'it'];
  return known.includes(outgoing.language) ? (outgoing.language as Language) : (mailbox.language ?? 'en');
}

function textWithSignature(outgoing: OutgoingMessage, mailbox: SiteMailbox): string {
  const { signature = {} } = mailbox;
  const text = signature[languageOf(outgoing, mailbox)] ?? Object.values(signature)[0];
  const lines = [
    outgoing.agentName === undefined ? '' : cleanLine(outgoing.agentName, maxNameChars),
    text ?? '',
  ];
  const block = lines.filter((line) => line !== '').join('\n');
  return block === '' ? outgoing.text : `${outgoing.text.trimEnd()}\n\n-- \n${block}`;
}

export const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

function bodiesOf(outgoing: OutgoingMessage, parts: ComposeParts): { text: string; html: string } {
  const own = cleanBlock(textWithSignature(outgoing, parts.mailbox));
  const { answers } = outgoing;
  if (!answers) return { text: `${own}\n`, html: `<div>${escapeHtml(own).replace(/\n/g, '<br>\n')}</div>\n` };
  const { text, html, from, at } = answers;
  // Sanitising takes time by length; a longer one is quoted as its text. Pictures of theirs are not sent back.
  const isShort = html !== undefined && html.length <= maxQuotedHtmlChars;
  const quoted = isShort ? safeHtml(html, { urlOfContentId: new Map() }).html : undefined;
  return quoteReply(
    {
      text,
      sentAt: at,
      from: { name: from.name ?? '', address: from.address },
      ...(quoted !== undefined && { html: quoted.replace(/<img\b[^>]*>/gi, '') }),
    },
    own,
    { language: languageOf(outgoing, parts.mailbox), timeZone: parts.timeZone },
  );
}

const mimePattern = /^[a-z0-9][a-z0-9.+-]{0,80}\/[a-z0-9.+-]{1,80}$/;

function fileOf(file: StoredFile, content: Uint8Array): ComposedFile {
  const mime = file.mime.toLowerCase();
  // A mail within a mail may not be encoded (RFC 2046 §5.2.1), and we did not write it.
  const isPlain = mimePattern.test(mime) && !mime.startsWith('message/') && !mime.startsWith('multipart/');
  const cid =
    file.contentId !== undefined && /^[\w.@+-]{1,200}$/.test(file.contentId) ? file.contentId : undefined;
  return {
    filename: cleanLine(file.name.replace(/[/\\]/g, '_'), maxFileNameChars) || 'file',
    content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
    contentType: isPlain ? mime : 'application/octet-stream',
    contentDisposition: file.isInline === true && cid !== undefined ? 'inline' : 'attachment',
    ...(cid !== undefined && { cid }),
  };
}

function headersOf({ agentName, answers }: OutgoingMessage): Record<string, string> {
  if (agentName !== undefined) return {};
  return { 'Auto-Submitted': answers ? 'auto-replied' : 'auto-generated', [loopHeader]: '1' };
}

function faultBefore(outgoing: OutgoingMessage, { maxBytes }: ComposeParts): string | undefined {
  const extra: Partial<MailExtra> = outgoing.answers?.extra ?? {};
  if (outgoing.agentName === undefined && extra.noMachineAnswer !== undefined)
    return withDetail('noMachineAnswer', cleanLine(extra.noMachineAnswer, 40));
  if (outgoing.files.some(({ refused }) => refused !== undefined)) return deliveryFaults.refusedFile;
  const bytes = outgoing.files.reduce((sum, file) => sum + file.bytes, 0);
  // Base64 makes four of three, and lines of them.
  if (bytes * 1.37 > maxBytes) return deliveryFaults.tooLarge;
  return undefined;
}

/** Rejects where a file cannot be read now. */
export async function composeMail(outgoing: OutgoingMessage, parts: ComposeParts): Promise<Composition> {
  const { mailbox, now, readFile } = parts;
  const address = sendableAddress(outgoing.to.address);
  if (address === undefined) return { fault: deliveryFaults.badAddress };
  const fault = faultBefore(outgoing, parts);
  if (fault !== undefined) return { fault };
  const token = signToken(outgoing.threadId, parts.tokenKey);
  const references = referencesOf(outgoing);
  const answered = references.at(-1);
  const attachments: ComposedFile[] = [];
  for (const file of outgoing.files) attachments.push(fileOf(file, await readFile(file.sha256)));
  const withToken = mailbox.plusAddressing === false ? undefined : replyAddress(mailbox.address, token);
  return {
    mail: {
      messageId: bracketed(ownMailId(outgoing.messageId, mailbox.address)),
      date: new Date(now()),
      envelope: { from: mailbox.address, to: [address] },
      from: { name: cleanLine(mailbox.senderName ?? mailbox.name, maxNameChars), address: mailbox.address },
      to: { name: cleanLine(outgoing.to.name ?? '', maxNameChars), address },
      replyTo: withToken ?? mailbox.address,
      subject: subjectOf(outgoing, token),
      ...(answered !== undefined &&
        answered === outgoing.answers?.externalId && { inReplyTo: bracketed(answered) }),
      ...(references.length > 0 && { references: references.map(bracketed) }),
      headers: headersOf(outgoing),
      ...bodiesOf(outgoing, parts),
      attachments,
    },
  };
}
