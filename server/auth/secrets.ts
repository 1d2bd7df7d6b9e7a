/**
 * Random secrets, their hashes and comparison. Secrets of full entropy (tokens, grants, the setup secret) are
 * kept as SHA-256 only; what people choose goes through password.ts instead.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** 256 bits, safe in a cookie and in a URL. */
export const randomToken = (): string => randomBytes(32).toString('base64url');

export const sha256Hex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Compares in a time that does not depend on where the two differ; hashing first hides the length too. */
export function isSameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** `count` characters drawn evenly from `alphabet`. */
export const randomText = (alphabet: string, count: number): string =>
  Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join('');

/** What people type by hand: case, spaces and dashes are theirs to choose. */
export const plainCode = (typed: string): string => typed.toUpperCase().replace(/[\s-]/g, '');

/** Text in groups of `size`, joined by dashes, for reading aloud and typing. */
export const inGroups = (text: string, size: number): string =>
  (text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join('-');
