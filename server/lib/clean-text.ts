/**
 * Strings from outside made fit for Postgres and for a header of ours: no NUL, no lone surrogate, and in what must be
 * one line no control character at all, so that a decoded name or subject can never begin a header of its own
 * (RFC 5322 §2.2 header injection). Marks that turn the direction of writing go from single lines too: with them
 * `exe.pdf` is shown for a file that ends in `fdp.exe`. The one rule for every door: mails, chats, forms, webhooks, the desk.
 */
const replacement = '\uFFFD';
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const blockControls = /[\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F]/g;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const lineControls = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g;
const directionMarks = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g;

/** Lone surrogates and NUL as U+FFFD. */
export function wellFormed(text: string): string {
  // With `u`, a surrogate matches only where it has no partner.
  return text.replace(/\p{Surrogate}/gu, replacement).replaceAll('\0', replacement);
}

/** Several lines, ended by LF; tabs stay, other control characters go. */
export function cleanBlock(text: string): string {
  return wellFormed(text.replace(/\r\n?/g, '\n').replace(blockControls, ''));
}

/** One line, of at most that many UTF-16 units; a pair is never split. */
export function cleanLine(text: string, maxLength: number): string {
  // Cut before as well: a subject of megabytes need not be cleaned to its end.
  const start = text.slice(0, maxLength * 4);
  const line = start.replace(directionMarks, '').replace(lineControls, ' ').replace(/ {2,}/g, ' ').trim();
  return cutAt(wellFormed(line), maxLength).trimEnd();
}

/** At most that many UTF-16 units of a well-formed text, well-formed still. */
export function cutAt(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength);
}

/** Without those characters at its end. A pattern with `+$` looks at every run of them anew from each of its places. */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Every string in plain data made well-formed, keys too: a `jsonb` refuses what a text would only show badly. */
export function wellFormedData(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(wellFormedData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [wellFormed(key), wellFormedData(inner)]),
  );
}
