/**
 * Does a well-shaped message make sense? Decides between "carry on", "refuse with this status" and "drop".
 * Pure. RFC 3261 8.2, 16.3, 18.3, 20; the expected outcomes are those of RFC 4475 and RFC 5118.
 */
import { H } from './header-names.ts';
import { isCallId, isDigits, isToken } from './chars.ts';
import { MAX_CSEQ, MAX_TOKEN_BYTES, MAX_URI_BYTES } from './limits.ts';
import type { SipMessage } from './message.ts';
import { parseNameAddr, parseNameAddrList } from './name-addr.ts';
import type { NameAddr } from './name-addr.ts';
import { parseSipUri, uriScheme } from './uri.ts';
import { parseVia } from './via.ts';
import type { Via } from './via.ts';

export interface CSeq {
  number: number;
  method: string;
}

/** What every later step needs from a message; read once. */
export interface Essentials {
  via: Via;
  callId: string;
  cseq: CSeq;
  from: string;
  to: string;
  fromTag: string | undefined;
  toTag: string | undefined;
}

export interface Refusal {
  status: number;
  reason: string;
}

export type Verdict = { essentials: Essentials } | { refusal: Refusal; via: Via } | { drop: string };

const bad = (reason: string): Refusal => ({ status: 400, reason: `Bad Request - ${reason}` });

export function parseCSeq(value: string): CSeq | undefined {
  const match = /^(\d{1,20})[ \t]+(\S+)$/.exec(value);
  if (match === null) return undefined;
  const number = Number(match[1]);
  const method = match[2] as string;
  if (number > MAX_CSEQ || !isToken(method)) return undefined;
  return { number, method };
}

/** The declared body length; undefined if there is none, NaN if it is not a length. */
export function declaredLength(msg: SipMessage): number | undefined {
  const value = msg.get(H.contentLength);
  if (value === undefined) return undefined;
  return isDigits(value) && value.length <= 9 ? Number(value) : Number.NaN;
}

/**
 * Judges a message from the network. A message whose top Via cannot be read is dropped: there is nowhere to
 * answer to. On a datagram a body longer than declared is cut, a shorter one refused (RFC 3261 18.3).
 */
export function judge(msg: SipMessage): Verdict {
  const viaValue = msg.get(H.via);
  const via = viaValue === undefined ? undefined : parseVia(viaValue);
  if (via === undefined) {
    return judgeWithoutVia(msg, viaValue);
  }
  const shape = msg.shapeError;
  if (!msg.isRequest) {
    if (shape !== undefined) return { drop: shape };
    const essentials = readEssentials(msg, via);
    return 'status' in essentials ? { drop: essentials.reason } : { essentials };
  }
  if (msg.version !== 'SIP/2.0' && /^SIP\/\d+\.\d+$/i.test(msg.version) && shape === undefined) {
    return { refusal: { status: 505, reason: 'Version Not Supported' }, via };
  }
  if (shape !== undefined) return { refusal: bad(shape), via };
  const essentials = readEssentials(msg, via);
  if ('status' in essentials) return { refusal: essentials, via };
  const refusal = judgeRequest(msg, essentials);
  return refusal === undefined ? { essentials } : { refusal, via };
}

/** A Via of which only the address part can be read is still somewhere to send a 400 to (RFC 4475 3.1.2.1). */
function judgeWithoutVia(msg: SipMessage, viaValue: string | undefined): Verdict {
  if (!msg.isRequest || viaValue === undefined) return { drop: 'no readable Via' };
  const semi = viaValue.indexOf(';');
  const via = semi < 0 ? undefined : parseVia(viaValue.slice(0, semi));
  if (via === undefined) return { drop: 'no readable Via' };
  return { refusal: bad('malformed Via'), via };
}

const SINGLE = [
  [H.from, 'From'],
  [H.to, 'To'],
  [H.callId, 'Call-ID'],
  [H.cseq, 'CSeq'],
] as const;

const AT_MOST_ONE = [
  [H.maxForwards, 'Max-Forwards'],
  [H.contentLength, 'Content-Length'],
  [H.contentType, 'Content-Type'],
] as const;

function readEssentials(msg: SipMessage, via: Via): Essentials | Refusal {
  for (const [id, name] of SINGLE) {
    const n = msg.count(id);
    if (n === 0) return bad(`missing ${name}`);
    if (n > 1) return bad(`repeated ${name}`);
  }
  for (const [id, name] of AT_MOST_ONE) if (msg.count(id) > 1) return bad(`repeated ${name}`);
  const callId = msg.get(H.callId) as string;
  if (!isCallId(callId) || callId.length > MAX_TOKEN_BYTES) return bad('malformed Call-ID');
  const cseq = parseCSeq(msg.get(H.cseq) as string);
  if (cseq === undefined) return bad('malformed CSeq');
  const from = msg.get(H.from) as string;
  const to = msg.get(H.to) as string;
  const fromAddr = parseParty(from);
  if (fromAddr === undefined) return bad('malformed From');
  const toAddr = parseParty(to);
  if (toAddr === undefined) return bad('malformed To');
  const length = declaredLength(msg);
  if (length !== undefined) {
    const actual = msg.text.length - msg.bodyStart;
    if (Number.isNaN(length)) return bad('malformed Content-Length');
    if (length > actual) return bad('body shorter than Content-Length');
    if (length < actual) msg.truncateBody(length);
  }
  return {
    via,
    callId,
    cseq,
    from,
    to,
    fromTag: tagFrom(fromAddr),
    toTag: tagFrom(toAddr),
  };
}

function parseParty(value: string): NameAddr | undefined {
  const addr = parseNameAddr(value);
  if (addr === undefined || addr.end < value.length || addr.uri.length > MAX_URI_BYTES) return undefined;
  const tag = addr.params?.get('tag');
  if (tag !== undefined && (!isToken(tag) || tag.length > MAX_TOKEN_BYTES)) return undefined;
  const scheme = uriScheme(addr.uri);
  if (scheme === undefined) return undefined;
  if ((scheme === 'sip' || scheme === 'sips') && parseSipUri(addr.uri) === undefined) return undefined;
  return addr;
}

function tagFrom(addr: NameAddr): string | undefined {
  const tag = addr.params?.get('tag');
  return tag === '' ? undefined : tag;
}

function judgeRequest(msg: SipMessage, essentials: Essentials): Refusal | undefined {
  if (essentials.cseq.method !== msg.method) return bad('CSeq method does not match');
  const maxForwards = msg.get(H.maxForwards);
  if (maxForwards !== undefined && (!isDigits(maxForwards) || Number(maxForwards) > 255)) {
    return bad('malformed Max-Forwards');
  }
  if (msg.uri.length > MAX_URI_BYTES) return { status: 414, reason: 'Request-URI Too Long' };
  const scheme = uriScheme(msg.uri);
  if (scheme === undefined) return bad('malformed Request-URI');
  if (scheme === 'sip' || scheme === 'sips') {
    const uri = parseSipUri(msg.uri);
    // Headers in a Request-URI are never allowed and must not leak into the message (RFC 4475 3.1.2.11).
    if (uri === undefined || uri.hasHeaders) return bad('malformed Request-URI');
  } else if (scheme !== 'tel' && msg.method !== 'ACK' && msg.method !== 'CANCEL') {
    return { status: 416, reason: 'Unsupported URI Scheme' };
  }
  return judgeContact(msg, essentials);
}

function judgeContact(msg: SipMessage, essentials: Essentials): Refusal | undefined {
  for (let i = msg.indexOf(H.contact); i >= 0; i = msg.indexOf(H.contact, i + 1)) {
    const value = msg.valueAt(i);
    if (value === '*' && msg.method === 'REGISTER') continue;
    if (parseNameAddrList(value) === undefined) return bad('malformed Contact');
  }
  if (msg.method === 'REGISTER') {
    const scheme = uriScheme(parseNameAddr(essentials.to)?.uri ?? '');
    if (scheme !== 'sip' && scheme !== 'sips') return bad('To of a registration is not a SIP URI');
  }
  return undefined;
}
