/**
 * The top Via value: where an answer goes, and which transaction a message belongs to. Pure.
 * RFC 3261 18.2.1 and 18.2.2, RFC 3581 (rport).
 */
import { COMMA, EQUALS, SEMI, isToken, isTokenChar, skipQuoted, skipSpace, trimEnd } from './chars.ts';
import { MAX_PARAM_COUNT } from './limits.ts';
import { parseHostPort, hostText } from './uri.ts';

export interface Via {
  transport: string;
  host: string;
  port: number | undefined;
  branch: string | undefined;
  hasRport: boolean;
  /** Parameters in their order, raw, for writing the value again. */
  params: [string, string | undefined][];
  /** Length of this value in the text it was read from, up to a comma or the end. */
  length: number;
}

/** Reads the first Via value of a header line. */
export function parseVia(text: string): Via | undefined {
  const end = text.length;
  const protocolEnd = afterSlashToken(text, 0, end, 'SIP');
  if (protocolEnd < 0) return undefined;
  const versionEnd = afterSlashToken(text, protocolEnd, end, undefined);
  if (versionEnd < 0) return undefined;
  const transportStart = skipSpace(text, versionEnd, end);
  let at = transportStart;
  while (at < end && isTokenChar(text.charCodeAt(at))) at++;
  if (at === transportStart) return undefined;
  const transport = text.slice(transportStart, at).toUpperCase();
  const hostStart = skipSpace(text, at, end);
  if (hostStart === at) return undefined;
  at = hostStart;
  while (at < end && text.charCodeAt(at) !== SEMI && text.charCodeAt(at) !== COMMA) at++;
  const hostPort = parseHostPort(withoutSpace(text.slice(hostStart, trimEnd(text, hostStart, at))));
  if (hostPort === undefined) return undefined;
  const via: Via = { transport, ...hostPort, branch: undefined, hasRport: false, params: [], length: end };
  return readViaParams(text, at, end, via);
}

/** White space is allowed around the colon of the port, and nearly never there. */
function withoutSpace(text: string): string {
  return text.includes(' ') || text.includes('\t') ? text.replace(/[ \t]/g, '') : text;
}

/** Skips `token SLASH`, checking the token if one is expected; -1 if it is not there. */
function afterSlashToken(text: string, start: number, end: number, expected: string | undefined): number {
  const from = skipSpace(text, start, end);
  let at = from;
  while (at < end && isTokenChar(text.charCodeAt(at))) at++;
  if (at === from) return -1;
  if (expected !== undefined && text.slice(from, at).toUpperCase() !== expected) return -1;
  at = skipSpace(text, at, end);
  return text.charAt(at) === '/' ? at + 1 : -1;
}

function readViaParams(text: string, start: number, end: number, via: Via): Via | undefined {
  let at = start;
  for (;;) {
    at = skipSpace(text, at, end);
    if (at >= end) return via;
    const c = text.charCodeAt(at);
    if (c === COMMA) {
      via.length = at;
      return via;
    }
    if (c !== SEMI) return undefined;
    const nameStart = skipSpace(text, at + 1, end);
    at = nameStart;
    while (at < end && isTokenChar(text.charCodeAt(at))) at++;
    if (at === nameStart || via.params.length >= MAX_PARAM_COUNT) return undefined;
    const name = text.slice(nameStart, at);
    at = skipSpace(text, at, end);
    let value: string | undefined;
    if (at < end && text.charCodeAt(at) === EQUALS) {
      const valueStart = skipSpace(text, at + 1, end);
      at = text.charAt(valueStart) === '"' ? skipQuoted(text, valueStart, end) : valueStart;
      if (at < 0) return undefined;
      while (at < end && text.charCodeAt(at) !== SEMI && text.charCodeAt(at) !== COMMA) at++;
      value = text.slice(valueStart, trimEnd(text, valueStart, at));
    }
    noteParam(via, name, value);
  }
}

function noteParam(via: Via, name: string, value: string | undefined): void {
  const lower = name.length === 6 || name.length === 5 ? name.toLowerCase() : name;
  if (lower === 'branch') via.branch ??= value;
  else if (lower === 'rport') via.hasRport = true;
  via.params.push([name, value]);
}

/** Has the branch the magic cookie and something unique behind it (RFC 3261 8.1.1.7, RFC 4475 3.2.1)? */
export function isRfc3261Branch(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > 7 && branch.startsWith('z9hG4bK') && isToken(branch);
}

/**
 * The value with `received` and `rport` filled in for the address a request came from. rport is filled even if
 * the peer did not ask for it: answers then reach a phone behind address translation that is too old to ask.
 */
export function viaSeenFrom(via: Via, address: string, port: number): string {
  let out = `SIP/2.0/${via.transport} ${hostText(via.host)}`;
  if (via.port !== undefined) out += `:${via.port}`;
  let hasRport = false;
  for (const [name, value] of via.params) {
    const lower = name.toLowerCase();
    if (lower === 'received') continue;
    if (lower === 'rport') {
      if (!hasRport) out += `;rport=${port}`;
      hasRport = true;
    } else out += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  if (!hasRport) out += `;rport=${port}`;
  if (via.host !== address) out += `;received=${address}`;
  return out;
}
