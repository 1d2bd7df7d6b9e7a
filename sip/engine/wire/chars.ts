/**
 * Character classes of the SIP grammar as lookup tables, over strings that hold one byte per character (latin1).
 * Pure. RFC 3261 25.1.
 */

const TOKEN = new Uint8Array(256);
const CALL_ID = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') {
  TOKEN[c.charCodeAt(0)] = 1;
  CALL_ID[c.charCodeAt(0)] = 1;
}
for (const c of "-.!%*_+`'~") TOKEN[c.charCodeAt(0)] = 1;
for (const c of '-.!%*_+`\'~()<>:\\"/[]?{}@') CALL_ID[c.charCodeAt(0)] = 1;

export const SP = 32;
export const TAB = 9;
export const QUOTE = 34;
export const BACKSLASH = 92;
export const LT = 60;
export const GT = 62;
export const SEMI = 59;
export const COMMA = 44;
export const EQUALS = 61;
export const COLON = 58;

export function isTokenChar(code: number): boolean {
  return code < 256 && TOKEN[code] === 1;
}

/** Is text[start, end) a non-empty token? */
export function isToken(text: string, start = 0, end = text.length): boolean {
  if (end <= start) return false;
  for (let i = start; i < end; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** Is the text a Call-ID (`word ["@" word]`, taken loosely)? */
export function isCallId(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) if (CALL_ID[text.charCodeAt(i)] !== 1) return false;
  return true;
}

export function isDigits(text: string, start = 0, end = text.length): boolean {
  if (end <= start) return false;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}

export function skipSpace(text: string, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (c !== SP && c !== TAB) break;
    i++;
  }
  return i;
}

export function trimEnd(text: string, start: number, end: number): number {
  let i = end;
  while (i > start) {
    const c = text.charCodeAt(i - 1);
    if (c !== SP && c !== TAB) break;
    i--;
  }
  return i;
}

/** The place after a quoted string that opens at `at`, or -1 if it is never closed. */
export function skipQuoted(text: string, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i + 1;
  }
  return -1;
}
