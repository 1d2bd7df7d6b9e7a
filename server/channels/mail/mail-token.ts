/**
 * The signed token that goes out with our mails and says, when it comes back, which thread an answer belongs to: in the
 * reply address (`help+hl-<token>@bank.example`, RFC 5233 plus addressing) and in the subject (`[#HL-<token>]`). Clients
 * lose References; few lose both of these.
 *
 * A token is `<reference><signature>` in Crockford's base 32, written in small letters and read in either case, with the
 * letters that people mistake (o, i, l) read as the digits they are taken for. The signature is HMAC-SHA-256 over the
 * reference, cut to 80 bits: nobody makes a token without the key, and a guess has to come by mail. More bits would not
 * fit behind the names that mailboxes have. It is no secret, though: whoever was shown our mail has it.
 *
 * The reference is a name of ours (`t_01K...`, lib/ids.ts): noun and letters of the same alphabet, so that it goes in as
 * it is and the local part stays within the 64 characters of RFC 5321 §4.5.3.1.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const signatureChars = 16;
const letters = '0123456789abcdefghjkmnpqrstvwxyz';
const referencePattern = /^([a-z]{1,4})_([0-9A-HJKMNP-TV-Z]{26})$/;
const tokenPattern = /^([a-z]{1,4})-([0-9a-z]{26})([0-9a-z]{16})$/;

function base32(bytes: Uint8Array, chars: number): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5 && text.length < chars) {
      bits -= 5;
      text += letters[(value >> bits) & 31];
    }
  }
  return text;
}

function signature(threadRef: string, key: Uint8Array): string {
  return base32(
    createHmac('sha256', key).update(`hearthline mail thread ${threadRef}`).digest(),
    signatureChars,
  );
}

const forgiving = (text: string): string => text.replaceAll('o', '0').replace(/[il]/g, '1');

/** Our own bug when the reference is not of our form: a token for it could not be read back. */
export function signToken(threadRef: string, key: Uint8Array): string {
  const [, noun, id] = referencePattern.exec(threadRef) ?? [];
  if (noun === undefined || id === undefined) throw new Error('a mail token needs a reference of ours');
  return `${noun}-${id.toLowerCase()}${signature(threadRef, key)}`;
}

/** `keys`: the present one first; those before it hold for mails that are out still. */
export function readToken(token: string, keys: readonly Uint8Array[]): string | undefined {
  const [, noun, id, said] = tokenPattern.exec(token.toLowerCase()) ?? [];
  if (noun === undefined || id === undefined || said === undefined) return undefined;
  const threadRef = `${noun}_${forgiving(id).toUpperCase()}`;
  if (!referencePattern.test(threadRef)) return undefined;
  const given = Buffer.from(forgiving(said));
  // Every key is tried, so that the time does not tell which one it was.
  let isSigned = false;
  for (const key of keys)
    isSigned = timingSafeEqual(given, Buffer.from(signature(threadRef, key))) || isSigned;
  return isSigned ? threadRef : undefined;
}

const addressMark = '+hl-';

/** `help@bank.example` as the address to answer to; undefined when the local part would become too long. */
export function replyAddress(address: string, token: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = `${address.slice(0, at)}${addressMark}${token}`;
  return at > 0 && local.length <= 64 ? `${local}${address.slice(at)}` : undefined;
}

export const subjectMark = (token: string): string => `[#HL-${token}]`;

/** The tokens in an address; unverified. */
export function tokensInAddress(address: string): string[] {
  const local = address.slice(0, Math.max(0, address.lastIndexOf('@'))).toLowerCase();
  const mark = local.lastIndexOf(addressMark);
  return mark < 0 ? [] : [local.slice(mark + addressMark.length)];
}

/** The tokens in a subject, in order; unverified. Some systems break them with a blank where they fold. */
export function tokensInSubject(subject: string): string[] {
  return Array.from(subject.matchAll(/\[#HL-([0-9a-z\s-]{44,60})\]/gi), ([, token = '']) =>
    token.replace(/\s/g, ''),
  );
}
