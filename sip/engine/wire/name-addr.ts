/**
 * From, To, Contact, Route and their like: `[display] <uri> *(;param)` or `uri *(;param)`. Pure.
 * RFC 3261 20.10, 20.20, 25.1. A value that can be read in two ways is refused, never guessed (RFC 4475 3.1.2.6,
 * 3.1.2.13-15), since the reader behind us might guess the other way.
 */
import {
  COMMA,
  EQUALS,
  GT,
  LT,
  QUOTE,
  SEMI,
  SP,
  TAB,
  isTokenChar,
  skipQuoted,
  skipSpace,
  trimEnd,
} from './chars.ts';
import { MAX_PARAM_COUNT } from './limits.ts';

export interface NameAddr {
  uri: string;
  /** Raw parameter values by lower-case name; a flag has the empty string. */
  params: Map<string, string> | undefined;
  /** Place after this value: a comma or the end of the text. */
  end: number;
}

export function parseNameAddr(text: string, start = 0): NameAddr | undefined {
  const end = text.length;
  let at = skipSpace(text, start, end);
  let uri: string;
  const open = findOpen(text, at, end);
  if (open === -2) return undefined;
  if (open >= 0) {
    const close = text.indexOf('>', open + 1);
    if (close < 0) return undefined;
    uri = text.slice(open + 1, close);
    at = close + 1;
  } else {
    let stop = at;
    while (stop < end) {
      const c = text.charCodeAt(stop);
      if (c === SEMI || c === COMMA) break;
      stop++;
    }
    uri = text.slice(at, trimEnd(text, at, stop));
    // Without brackets a "?" cannot be told from a header of the URI (RFC 3261 20.10).
    if (uri.includes('?')) return undefined;
    at = stop;
  }
  if (uri === '' || hasSpace(uri)) return undefined;
  return readParams(text, at, end, uri);
}

/** Where the "<" is; -1 if there is none in this value, -2 if what stands before it is not a display name. */
function findOpen(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) === LT) return start;
  if (text.charCodeAt(start) === QUOTE) {
    const after = skipQuoted(text, start, end);
    if (after < 0) return -2;
    const open = skipSpace(text, after, end);
    return text.charCodeAt(open) === LT ? open : -2;
  }
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === LT) return i;
    if (!isTokenChar(c) && c !== SP && c !== TAB) {
      // Not a display name any more: fine for a bare URI, an error if a "<" follows before the parameters.
      return hasBracketAhead(text, i, end) ? -2 : -1;
    }
  }
  return -1;
}

function hasBracketAhead(text: string, from: number, end: number): boolean {
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === LT) return true;
    if (c === SEMI) return false;
  }
  return false;
}

function hasSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= SP) return true;
  return false;
}

function readParams(text: string, start: number, end: number, uri: string): NameAddr | undefined {
  let params: Map<string, string> | undefined;
  let at = start;
  for (;;) {
    at = skipSpace(text, at, end);
    if (at >= end) return { uri, params, end };
    const c = text.charCodeAt(at);
    if (c === COMMA) return { uri, params, end: at };
    if (c !== SEMI) return undefined;
    const nameStart = skipSpace(text, at + 1, end);
    let nameEnd = nameStart;
    while (nameEnd < end && isTokenChar(text.charCodeAt(nameEnd))) nameEnd++;
    if (nameEnd === nameStart) return undefined;
    params ??= new Map();
    if (params.size >= MAX_PARAM_COUNT) return undefined;
    const name = text.slice(nameStart, nameEnd).toLowerCase();
    at = skipSpace(text, nameEnd, end);
    if (text.charCodeAt(at) !== EQUALS || at >= end) {
      if (!params.has(name)) params.set(name, '');
      continue;
    }
    const valueStart = skipSpace(text, at + 1, end);
    const valueEnd = paramValueEnd(text, valueStart, end);
    if (valueEnd <= valueStart) return undefined;
    if (!params.has(name)) params.set(name, text.slice(valueStart, valueEnd));
    at = valueEnd;
  }
}

function paramValueEnd(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) === QUOTE) return skipQuoted(text, start, end);
  let at = start;
  while (at < end) {
    const c = text.charCodeAt(at);
    if (c === SEMI || c === COMMA || c === SP || c === TAB) break;
    if (c === LT || c === GT || c === QUOTE) return -1;
    at++;
  }
  return at;
}

/** All values of a comma-separated header line; undefined if one is malformed. */
export function parseNameAddrList(text: string): NameAddr[] | undefined {
  const list: NameAddr[] = [];
  let at = 0;
  for (;;) {
    const one = parseNameAddr(text, at);
    if (one === undefined) return undefined;
    list.push(one);
    if (one.end >= text.length) return list;
    at = one.end + 1;
  }
}

/** Splits a comma-separated list of name-addrs into their raw texts; for route sets, which are passed on verbatim. */
export function splitNameAddrs(text: string): string[] {
  const list: string[] = [];
  let at = 0;
  while (at < text.length) {
    const one = parseNameAddr(text, at);
    if (one === undefined) break;
    list.push(text.slice(skipSpace(text, at, text.length), trimEnd(text, at, one.end)));
    at = one.end + 1;
  }
  return list;
}

/** The tag of a From or To value, undefined without one. */
export function tagOf(value: string): string | undefined {
  const parsed = parseNameAddr(value);
  const tag = parsed?.params?.get('tag');
  return tag === undefined || tag === '' ? undefined : tag;
}

/** The value without its tag parameter, as it is written in front of a new one. */
export function withoutTag(value: string): string {
  const from = Math.max(value.lastIndexOf('>'), 0);
  const match = /\s*;\s*tag\s*=\s*[^;\s]+/i.exec(value.slice(from));
  if (match === null) return value;
  return value.slice(0, from + match.index) + value.slice(from + match.index + match[0].length);
}
