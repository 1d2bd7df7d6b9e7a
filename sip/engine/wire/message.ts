/**
 * A SIP message as an index over its original text. Nothing is copied or decoded until somebody asks, and the
 * text is passed on as it came: text is latin1, one character per byte, so every byte survives and lengths are
 * byte lengths. Pure: it knows no socket, clock or table. RFC 3261 7, 18.3.
 *
 * It judges only whether the text has the shape of a message; whether a well-shaped message makes sense is the
 * business of `validate.ts`.
 */
import { H, headerId, wireName } from './header-names.ts';
import { isToken, skipSpace, trimEnd } from './chars.ts';
import { MAX_HEADER_COUNT, MAX_HEADER_LINE_BYTES, MAX_MESSAGE_BYTES } from './limits.ts';

const CR = 13;
const STRIDE = 5;

export class SipMessage {
  text: string;
  isRequest = true;
  method = '';
  uri = '';
  version = '';
  status = 0;
  reason = '';
  /** What is wrong with the shape, if anything; the headers read so far stay usable for an answer. */
  shapeError: string | undefined;
  /** False when a header is folded or has a compact name: then the text is rewritten before it is passed on. */
  isPlain = true;
  headEnd = 0;
  bodyStart = 0;
  /** id, name start, name end, value start, value end; flat to keep one array per message. */
  readonly index: number[] = [];

  constructor(text: string) {
    this.text = text;
  }

  get headerCount(): number {
    return this.index.length / STRIDE;
  }

  idAt(i: number): number {
    return this.index[i * STRIDE] as number;
  }

  nameAt(i: number): string {
    const at = i * STRIDE;
    return this.text.slice(this.index[at + 1], this.index[at + 2]);
  }

  valueAt(i: number): string {
    const at = i * STRIDE;
    const raw = this.text.slice(this.index[at + 3], this.index[at + 4]);
    return this.isPlain ? raw : unfold(raw);
  }

  /** Where in the text the value of header line i begins. */
  valueStartAt(i: number): number {
    return this.index[i * STRIDE + 3] as number;
  }

  indexOf(id: number, from = 0): number {
    for (let at = from * STRIDE; at < this.index.length; at += STRIDE) {
      if (this.index[at] === id) return at / STRIDE;
    }
    return -1;
  }

  has(id: number): boolean {
    return this.indexOf(id) >= 0;
  }

  count(id: number): number {
    let n = 0;
    for (let at = 0; at < this.index.length; at += STRIDE) if (this.index[at] === id) n++;
    return n;
  }

  get(id: number): string | undefined {
    const i = this.indexOf(id);
    return i < 0 ? undefined : this.valueAt(i);
  }

  all(id: number): string[] {
    const values: string[] = [];
    for (let i = this.indexOf(id); i >= 0; i = this.indexOf(id, i + 1)) values.push(this.valueAt(i));
    return values;
  }

  /** A header the engine has no id for, by name. */
  getByName(name: string): string | undefined {
    const lower = name.toLowerCase();
    for (let i = 0; i < this.headerCount; i++) {
      if (this.nameAt(i).toLowerCase() === lower) return this.valueAt(i);
    }
    return undefined;
  }

  get body(): string {
    return this.bodyStart >= this.text.length ? '' : this.text.slice(this.bodyStart);
  }

  get hasBody(): boolean {
    return this.bodyStart < this.text.length;
  }

  /** Cuts what follows the declared body: spurious octets of a datagram (RFC 3261 18.3). */
  truncateBody(bytes: number): void {
    const end = this.bodyStart + bytes;
    if (end < this.text.length) this.text = this.text.slice(0, end);
  }
}

/**
 * Indexes a text. Returns undefined when it is not even the beginning of a SIP message; otherwise a message,
 * with `shapeError` set when its shape is broken.
 */
export function parseMessage(text: string): SipMessage | undefined {
  const firstLineEnd = text.indexOf('\r\n');
  const msg = new SipMessage(text);
  if (text.length > MAX_MESSAGE_BYTES) msg.shapeError = 'message too large';
  const lineEnd = firstLineEnd < 0 ? text.length : firstLineEnd;
  if (!readStartLine(msg, lineEnd)) return undefined;
  if (firstLineEnd < 0) {
    msg.shapeError ??= 'no end of start line';
    msg.headEnd = msg.bodyStart = text.length;
    return msg;
  }
  indexHeaders(msg, firstLineEnd + 2);
  return msg;
}

function readStartLine(msg: SipMessage, end: number): boolean {
  const text = msg.text;
  if (text.startsWith('SIP/')) return readStatusLine(msg, end);
  const firstSpace = text.indexOf(' ');
  if (firstSpace <= 0 || firstSpace >= end || !isToken(text, 0, firstSpace)) return false;
  const versionAt = text.lastIndexOf(' SIP/', end - 1);
  if (versionAt < 0 || versionAt < firstSpace) return false;
  msg.method = text.slice(0, firstSpace);
  msg.uri = text.slice(firstSpace + 1, versionAt);
  msg.version = text.slice(versionAt + 1, end);
  // Extra spaces anywhere in the request line are an error that we do not guess about (RFC 4475 3.1.2.8-10).
  if (msg.uri === '' || msg.uri.includes(' ') || msg.uri.includes('\t') || /\s/.test(msg.version)) {
    msg.shapeError ??= 'malformed request line';
  }
  return true;
}

function readStatusLine(msg: SipMessage, end: number): boolean {
  const text = msg.text;
  const firstSpace = text.indexOf(' ');
  if (firstSpace < 0 || firstSpace >= end) return false;
  msg.isRequest = false;
  msg.version = text.slice(0, firstSpace);
  const codeEnd = firstSpace + 4;
  const code = text.slice(firstSpace + 1, codeEnd);
  msg.status = /^[1-6][0-9][0-9]$/.test(code) ? Number(code) : 0;
  if (msg.status === 0 || (codeEnd < end && text.charCodeAt(codeEnd) !== 32)) {
    msg.shapeError ??= 'malformed status line';
  }
  msg.reason = text.slice(Math.min(codeEnd + 1, end), end);
  return true;
}

function indexHeaders(msg: SipMessage, start: number): void {
  const text = msg.text;
  let at = start;
  for (;;) {
    const lineFeed = text.indexOf('\n', at);
    if (lineFeed < 0) {
      msg.shapeError ??= 'no end of headers';
      msg.headEnd = msg.bodyStart = text.length;
      return;
    }
    if (lineFeed === at + 1 && text.charCodeAt(at) === CR) {
      msg.headEnd = at;
      msg.bodyStart = lineFeed + 1;
      return;
    }
    const end = lineFeed - 1;
    // A bare CR or LF inside the head is how headers get smuggled past one parser and into the next.
    if (text.indexOf('\r', at) !== end) msg.shapeError ??= 'bare CR or LF in header';
    if (!indexLine(msg, at, end < at ? at : end)) return;
    at = lineFeed + 1;
  }
}

function indexLine(msg: SipMessage, start: number, end: number): boolean {
  const text = msg.text;
  const index = msg.index;
  const first = text.charCodeAt(start);
  if (first === 32 || first === 9) {
    msg.isPlain = false;
    if (index.length === 0) msg.shapeError ??= 'folding before the first header';
    else index[index.length - 1] = trimEnd(text, start, end);
    const lineStart = index[index.length - 4];
    if (lineStart !== undefined && end - lineStart > MAX_HEADER_LINE_BYTES)
      msg.shapeError ??= 'header too long';
    return true;
  }
  if (end - start > MAX_HEADER_LINE_BYTES) msg.shapeError ??= 'header too long';
  if (index.length / STRIDE >= MAX_HEADER_COUNT) {
    msg.shapeError ??= 'too many headers';
    msg.headEnd = msg.bodyStart = text.length;
    return false;
  }
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end) {
    msg.shapeError ??= 'header without a colon';
    return true;
  }
  const nameEnd = trimEnd(text, start, colon);
  if (!isToken(text, start, nameEnd)) {
    msg.shapeError ??= 'malformed header name';
    return true;
  }
  // A one-letter name is a compact form, which not every reader behind us knows.
  if (nameEnd - start === 1 || nameEnd !== colon) msg.isPlain = false;
  const valueStart = skipSpace(text, colon + 1, end);
  index.push(
    headerId(text.slice(start, nameEnd)),
    start,
    nameEnd,
    valueStart,
    trimEnd(text, valueStart, end),
  );
  return true;
}

/** Joins folded lines by one space (RFC 3261 7.3.1). Line by line, so that runs of spaces cost no more than once. */
export function unfold(raw: string): string {
  if (raw.indexOf('\n') < 0) return raw;
  let out = '';
  for (const line of raw.split('\n')) {
    const part = line.trim();
    if (part !== '') out += out === '' ? part : ` ${part}`;
  }
  return out;
}

/**
 * The text to hand on, with the top Via value replaced. Plain messages keep every other byte as it came; a
 * message with folded lines or compact names is written anew with full names.
 */
export function forwardText(msg: SipMessage, topVia: string | undefined, topViaLength: number): string {
  const viaAt = topVia === undefined ? -1 : msg.indexOf(H.via);
  if (msg.isPlain) {
    if (viaAt < 0) return msg.text;
    const start = msg.valueStartAt(viaAt);
    return msg.text.slice(0, start) + topVia + msg.text.slice(start + topViaLength);
  }
  const startLineEnd = msg.text.indexOf('\r\n');
  let out = msg.text.slice(0, startLineEnd) + '\r\n';
  for (let i = 0; i < msg.headerCount; i++) {
    let value = msg.valueAt(i);
    if (i === viaAt) value = topVia + value.slice(topViaLength);
    out += wireName(msg.nameAt(i)) + ': ' + value + '\r\n';
  }
  return out + '\r\n' + msg.body;
}
