/**
 * The facts of reports that mail systems write: delivery status (RFC 3464, status codes RFC 3463), disposition (MDN,
 * RFC 8098) and feedback (ARF, RFC 5965); and of the bounces of those that write prose instead (qmail, Exchange, Notes,
 * Gmail). It reads what is said; whether it is true nobody knows: a report can be forged by who saw the mail.
 */
import { fieldsOf } from './part-header.ts';
import { isAddress, messageIdOf } from './mail-fields.ts';

export interface BounceRecipient {
  address?: string;
  /** As said: failed, delayed, delivered, relayed, expanded. */
  action?: string;
  /** Such as 5.1.1. */
  status?: string;
}

export interface BounceReport {
  recipients: BounceRecipient[];
}

interface Part {
  mime: string;
  bytes: Uint8Array;
}

const maxRecipients = 100;
/** A report is short, and of the mail it returns only the header is of interest. */
const maxReportBytes = 256 * 1024;
const originals = new Set([
  'message/rfc822',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global',
  'message/global-headers',
]);
const statusPattern = /^([245]\.\d{1,3}\.\d{1,3})\b/;

export const textOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(0, maxReportBytes));

/** `rfc822; a@b` or `rfc822;a@b`, at times without the type. */
function recipientOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bare = value
    .replace(/^[\w-]{1,20}\s*;/, '')
    .trim()
    .replace(/^<|>$/g, '');
  return isAddress(bare) ? bare : undefined;
}

/** A group of fields for the message, then one a recipient; some systems put more blank lines between than they may. */
export function deliveryStatus(parts: readonly Part[]): BounceReport | undefined {
  const part = parts.find(
    ({ mime }) => mime === 'message/delivery-status' || mime === 'message/global-delivery-status',
  );
  if (!part) return undefined;
  const recipients: BounceRecipient[] = [];
  for (const block of textOf(part.bytes).split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    const fields = new Map(fieldsOf(block).toReversed());
    const address =
      recipientOf(fields.get('final-recipient')) ?? recipientOf(fields.get('original-recipient'));
    const action = /^[a-z]{1,20}/.exec((fields.get('action') ?? '').toLowerCase())?.[0];
    const status = statusPattern.exec(fields.get('status') ?? '')?.[1];
    if (address === undefined && action === undefined && status === undefined) continue;
    if (recipients.length >= maxRecipients) break;
    recipients.push({
      ...(address !== undefined && { address }),
      ...(action !== undefined && { action }),
      ...(status !== undefined && { status }),
    });
  }
  return { recipients };
}

/** What stands where the mail that is returned begins. */
const copyLine =
  /^(?:-{2,} ?(?:below this line is a copy of the message|original message|returned message|this is a copy of|undelivered message)|original message headers:)/im;
const proseForms: readonly RegExp[] = [
  /^hi\. this is the qmail-send program at /im,
  /^did not reach the following recipient\(s\):/im,
  /^-{3,} *failure reasons? *-{3,}/im,
  /^delivery (?:to the following recipients? failed|has failed to these recipients)/im,
  /^this is the mail system at host /im,
  /^(?:the following address(?:es)? had (?:permanent )?(?:fatal errors|delivery problems)|message could not be delivered)/im,
];
const statusForms: readonly RegExp[] = [
  /\(#([45]\.\d{1,3}\.\d{1,3})\)/,
  /\b[45]\d\d[ -]#?([45]\.\d{1,3}\.\d{1,3})\b/,
  /\bdsn[ =:]{1,3}([45]\.\d{1,3}\.\d{1,3})\b/i,
  /(?:^|[\s(])([45]\.[0-7]\.\d{1,3})(?=[\s),;:]|$)/m,
];
/** RFC 3463 for those who say it in words. */
const wordForms: readonly (readonly [RegExp, string])[] = [
  [
    /recipient name is not recogni[sz]ed|user unknown|unknown user|no such user|does not exist|unknown recipient/i,
    '5.1.1',
  ],
  [/mailbox (?:is )?full|over quota|quota exceeded/i, '5.2.2'],
  [/message (?:is )?too large|size limit/i, '5.3.4'],
  [/host (?:or domain name )?not found|domain not found/i, '5.1.2'],
];
const addressPatterns: readonly RegExp[] = [
  /^<([^<>\s]{3,320})>:/gm,
  /^\s{0,40}([^\s<>:;,]{1,64}@[^\s<>:;,]{1,255})(?:<mailto:|\s*$| on [A-Z][a-z]{2}, )/gm,
];

const unknownStatus = '5.0.0';

/** Of mail systems that follow no standard: the part before the mail they return. */
export function proseBounce(text: string, failedRecipients: string | undefined): BounceReport | undefined {
  const copyAt = text.search(copyLine);
  const said = text.slice(0, copyAt < 0 ? 20_000 : Math.min(copyAt, 20_000));
  if (failedRecipients === undefined && !proseForms.some((form) => form.test(said))) return undefined;
  const found = new Set(
    (failedRecipients ?? '')
      .split(',')
      .map((address) => address.trim())
      .filter(isAddress),
  );
  // Notes names the recipient below its heading; what stands under "To:" of the copy is no failure.
  for (const pattern of addressPatterns) {
    if (found.size > 0) break;
    for (const [, address = ''] of said.matchAll(pattern)) if (isAddress(address)) found.add(address);
  }
  const written = statusForms.map((form) => form.exec(said)?.[1]).find((status) => status !== undefined);
  const status = written ?? wordForms.find(([form]) => form.test(said))?.[1] ?? unknownStatus;
  const addresses: (string | undefined)[] = found.size > 0 ? [...found].slice(0, maxRecipients) : [undefined];
  return { recipients: addresses.map((address) => ({ ...(address !== undefined && { address }), status })) };
}

const idLine = /^message-id:[ \t]*(?:\r?\n[ \t]+)?<?([^<>\s]{1,250})>?/im;

/** The id of the mail a report is about, out of the copy it carries. */
export function originalMessageId(parts: readonly Part[], text: string): string | undefined {
  const copy = parts.find(({ mime }) => originals.has(mime));
  if (copy) return messageIdOf(idLine.exec(textOf(copy.bytes))?.[1]);
  const copyAt = text.search(copyLine);
  return copyAt < 0 ? undefined : messageIdOf(idLine.exec(text.slice(copyAt, copyAt + maxReportBytes))?.[1]);
}

/** One field of the first part of that type. */
export function reportField(parts: readonly Part[], mime: string, name: string): string | undefined {
  const part = parts.find((candidate) => candidate.mime === mime);
  if (!part) return undefined;
  return fieldsOf(textOf(part.bytes)).find(([field]) => field === name)?.[1];
}
