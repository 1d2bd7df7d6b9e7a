/**
 * Texts that the engine writes itself: answers to a request, and the pieces of our own requests. Pure.
 * RFC 3261 8.2.6 (answers), 17.1.1.3 (ACK to a non-2xx), 9.1 (CANCEL).
 */
import { H } from './header-names.ts';
import type { SipMessage } from './message.ts';

export const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  415: 'Unsupported Media Type',
  420: 'Bad Extension',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  487: 'Request Terminated',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** The methods of which the engine can make something; the value of Allow. */
export const ALLOW =
  'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, MESSAGE, NOTIFY, SUBSCRIBE, REFER, PRACK, UPDATE, PUBLISH';

/** The Via lines of a request as an answer repeats them, with the top value as seen from our side. */
export function viaLines(msg: SipMessage, topVia: string, topViaLength: number): string {
  let out = '';
  let isTop = true;
  for (let i = msg.indexOf(H.via); i >= 0; i = msg.indexOf(H.via, i + 1)) {
    const value = msg.valueAt(i);
    out += isTop ? `Via: ${topVia}${value.slice(topViaLength)}\r\n` : `Via: ${value}\r\n`;
    isTop = false;
  }
  return out;
}

/** The part of an answer that does not depend on the status: everything up to the To tag. */
export interface AnswerParts {
  vias: string;
  from: string;
  to: string;
  /** Set when the request itself had one: then no other is added. */
  hasToTag: boolean;
  callId: string;
  cseq: string;
}

export function answerHead(
  parts: AnswerParts,
  status: number,
  reason: string,
  toTag: string | undefined,
): string {
  const to = parts.hasToTag || toTag === undefined ? parts.to : `${parts.to};tag=${toTag}`;
  return (
    `SIP/2.0 ${status} ${reason}\r\n${parts.vias}From: ${parts.from}\r\nTo: ${to}\r\n` +
    `Call-ID: ${parts.callId}\r\nCSeq: ${parts.cseq}\r\n`
  );
}

/** A whole answer without a body. `extra` is header lines, each ended by CRLF. */
export function answer(
  parts: AnswerParts,
  status: number,
  toTag: string | undefined,
  extra = '',
  reason = REASONS[status] ?? 'Unknown',
): string {
  return `${answerHead(parts, status, reason, toTag)}${extra}Content-Length: 0\r\n\r\n`;
}

/** An answer to a request that was too broken to be understood: repeats what could be read of it. */
export function answerBroken(
  msg: SipMessage,
  topVia: string,
  status: number,
  reason: string,
  toTag: string,
): string {
  let out = `SIP/2.0 ${status} ${reason}\r\nVia: ${topVia}\r\n`;
  const vias = msg.all(H.via);
  for (let i = 1; i < vias.length; i++) out += `Via: ${vias[i]}\r\n`;
  const from = msg.get(H.from);
  if (from !== undefined) out += `From: ${from}\r\n`;
  const to = msg.get(H.to);
  if (to !== undefined) out += /;\s*tag\s*=/i.test(to) ? `To: ${to}\r\n` : `To: ${to};tag=${toTag}\r\n`;
  const callId = msg.get(H.callId);
  if (callId !== undefined) out += `Call-ID: ${callId}\r\n`;
  const cseq = msg.get(H.cseq);
  if (cseq !== undefined) out += `CSeq: ${cseq}\r\n`;
  return `${out}Content-Length: 0\r\n\r\n`;
}

/** The ACK or CANCEL that belongs to an INVITE of ours: same top Via, From, Call-ID, CSeq number and routes. */
export function followUp(
  invite: SipMessage,
  method: 'ACK' | 'CANCEL',
  to: string,
  cseqNumber: number,
  extra = '',
): string {
  let routes = '';
  for (let i = invite.indexOf(H.route); i >= 0; i = invite.indexOf(H.route, i + 1)) {
    routes += `Route: ${invite.valueAt(i)}\r\n`;
  }
  return (
    `${method} ${invite.uri} SIP/2.0\r\nVia: ${invite.get(H.via)}\r\nMax-Forwards: 70\r\n` +
    `From: ${invite.get(H.from)}\r\nTo: ${to}\r\nCall-ID: ${invite.get(H.callId)}\r\n` +
    `CSeq: ${cseqNumber} ${method}\r\n${routes}${extra}Content-Length: 0\r\n\r\n`
  );
}
