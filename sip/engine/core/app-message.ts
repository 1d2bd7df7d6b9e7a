/**
 * A SIP text written by an app, taken apart: the headers the engine decides itself, and the rest, ready to be
 * written. Pure. Apps may leave out nearly everything; what they may not set (Via, Content-Length...) is dropped.
 */
import { H, wireName } from '../wire/header-names.ts';
import { parseMessage } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';

export interface AppMessage {
  msg: SipMessage;
  from: string | undefined;
  to: string | undefined;
  callId: string | undefined;
  cseq: string | undefined;
  contact: string | undefined;
  maxForwards: string | undefined;
  contentType: string | undefined;
  rack: string | undefined;
  routes: string[];
  /** Header lines as they go out, each ended by CRLF. */
  others: string;
  body: string;
}

/** `hostPort` replaces `@localhost` in the headers that tell the peer where we are. */
export function readAppMessage(text: string): AppMessage | undefined {
  // The client ends a message without a body at its last header line now and then.
  const whole = text.includes('\r\n\r\n') ? text : `${text}${text.endsWith('\r\n') ? '' : '\r\n'}\r\n`;
  const msg = parseMessage(whole);
  if (msg === undefined) return undefined;
  const out: AppMessage = {
    msg,
    from: undefined,
    to: undefined,
    callId: undefined,
    cseq: undefined,
    contact: undefined,
    maxForwards: undefined,
    contentType: undefined,
    rack: undefined,
    routes: [],
    others: '',
    body: msg.body,
  };
  for (let i = 0; i < msg.headerCount; i++) place(out, msg, i);
  return out;
}

function place(out: AppMessage, msg: SipMessage, i: number): void {
  const value = msg.valueAt(i);
  switch (msg.idAt(i)) {
    case H.via:
    case H.contentLength:
    case H.recordRoute:
    case H.rseq:
    case H.sessionExpires:
    case H.minSe:
      return;
    case H.from:
      out.from = value;
      return;
    case H.to:
      out.to = value;
      return;
    case H.callId:
      out.callId = value;
      return;
    case H.cseq:
      out.cseq = value;
      return;
    case H.contact:
      out.contact = out.contact === undefined ? value : `${out.contact}, ${value}`;
      return;
    case H.maxForwards:
      out.maxForwards = value;
      return;
    case H.contentType:
      out.contentType = value;
      return;
    case H.rack:
      out.rack = value;
      return;
    case H.route:
      out.routes.push(value);
      return;
    default:
      out.others += `${wireName(msg.nameAt(i))}: ${value}\r\n`;
  }
}

/** Puts our address where the app wrote `localhost`. */
export function localise(value: string, hostPort: string): string {
  if (!value.includes('localhost')) return value;
  return value
    .replace(/@localhost(:\d+)?(?=[>;,\s]|$)/g, `@${hostPort}`)
    .replace(/(sips?:)localhost(:\d+)?(?=[>;,\s]|$)/g, `$1${hostPort}`);
}

/** Content headers and body; undefined when the kind of a body is not known. */
export function contentOf(message: AppMessage): string | undefined {
  const { body } = message;
  if (body === '') {
    const type = message.contentType === undefined ? '' : `Content-Type: ${message.contentType}\r\n`;
    return `${type}Content-Length: 0\r\n\r\n`;
  }
  const type = message.contentType ?? (body.startsWith('v=0') ? 'application/sdp' : undefined);
  if (type === undefined) return undefined;
  return `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
