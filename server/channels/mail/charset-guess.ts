/**
 * What 8-bit bytes mean when a mail does not say it, or says us-ascii: UTF-8 where they are that, else one of the three
 * charsets such mails come in. Guessing is for bytes that would otherwise be lost; a charset that is declared is taken
 * at its word.
 */
export type GuessedCharset = 'utf-8' | 'windows-1251' | 'koi8-r' | 'windows-1252';

const decoders = new Map<string, TextDecoder>();

export function decodeAs(bytes: Uint8Array, charset: GuessedCharset): string {
  const decoder = decoders.get(charset) ?? new TextDecoder(charset);
  decoders.set(charset, decoder);
  return decoder.decode(bytes);
}

const isHigh = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x80;

export function hasHighBytes(bytes: Uint8Array): boolean {
  return bytes.some(isHigh);
}

/** More of it is UTF-8 than is not: one character cut in half does not make a text something else. */
export function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = decodeAs(bytes, 'utf-8');
  // What is valid may hold U+FFFD as a character of its own.
  if (Buffer.compare(Buffer.from(text), bytes) === 0) return true;
  let good = 0;
  let bad = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd) bad += 1;
    else if (code >= 0x80) good += 1;
  }
  return good >= bad;
}

/**
 * Western text has single accented letters between ASCII ones, Cyrillic has whole words of high bytes. Of the Cyrillic
 * charsets, KOI8-R has its small letters where windows-1251 has the capitals, and small ones are the more frequent.
 */
export function guessCharset(bytes: Uint8Array): GuessedCharset {
  if (isMostlyUtf8(bytes)) return 'utf-8';
  let paired = 0;
  let high = 0;
  let lower = 0;
  let upper = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x80) continue;
    high += 1;
    if (isHigh(bytes[i - 1]) || isHigh(bytes[i + 1])) paired += 1;
    if (byte >= 0xe0) upper += 1;
    else if (byte >= 0xc0) lower += 1;
  }
  if (paired * 2 <= high || lower + upper < high / 2) return 'windows-1252';
  return lower > upper ? 'koi8-r' : 'windows-1251';
}
