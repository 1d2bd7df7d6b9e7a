/**
 * Requests that no app needs to see: methods, extensions, content types and answers that this engine cannot handle,
 * and health probes. Pure. RFC 3261 8.2.1, 8.2.2.3, 8.2.3; RFC 4475 3.3.6, 3.3.7, 3.3.15.
 */
import { ALLOW } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseSipUri } from '../wire/uri.ts';
import type { Essentials } from '../wire/validate.ts';

const OFFERED_METHODS = new Set([
  'INVITE',
  'REGISTER',
  'MESSAGE',
  'OPTIONS',
  'INFO',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
  'REFER',
]);
const DIALOG_ONLY_METHODS = new Set(['BYE', 'UPDATE', 'PRACK']);

/** Extensions an app may take part in; session timers (RFC 4028) are not offered, so they cannot be required. */
const KNOWN_EXTENSIONS = new Set([
  '100rel',
  'replaces',
  'path',
  'norefersub',
  'histinfo',
  'from-change',
  'tdialog',
]);

export interface ScreeningRefusal {
  status: number;
  extra: string;
}

/** What is answered without an app; undefined for a request that is to be offered or belongs to a dialog. */
export function screen(msg: SipMessage, essentials: Essentials): ScreeningRefusal | undefined {
  const { method } = msg;
  if (!OFFERED_METHODS.has(method) && !DIALOG_ONLY_METHODS.has(method)) {
    return { status: 501, extra: `Allow: ${ALLOW}\r\n` };
  }
  const byContent = refuseByContent(msg);
  if (byContent !== undefined) return byContent;
  if (essentials.toTag !== undefined) return undefined;
  if (DIALOG_ONLY_METHODS.has(method)) return { status: 481, extra: '' };
  // Health probes of trunks and phones ask the address itself, no user on it: no app is needed to say "alive".
  if (method === 'OPTIONS' && parseSipUri(msg.uri)?.user === undefined) {
    return { status: 200, extra: `Allow: ${ALLOW}\r\nAccept: application/sdp\r\nSupported: 100rel\r\n` };
  }
  return undefined;
}

function refuseByContent(msg: SipMessage): ScreeningRefusal | undefined {
  return refuseByRequire(msg) ?? (msg.method === 'INVITE' ? refuseInvite(msg) : undefined);
}

function refuseByRequire(msg: SipMessage): ScreeningRefusal | undefined {
  if (!msg.has(H.require)) return undefined;
  const unknown: string[] = [];
  for (const line of msg.all(H.require)) {
    for (const token of line.split(',')) {
      const name = token.trim();
      if (name !== '' && !KNOWN_EXTENSIONS.has(name.toLowerCase())) unknown.push(name);
    }
  }
  return unknown.length === 0 ? undefined : { status: 420, extra: `Unsupported: ${unknown.join(', ')}\r\n` };
}

function refuseInvite(msg: SipMessage): ScreeningRefusal | undefined {
  if (msg.hasBody) {
    const type = (msg.get(H.contentType) ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    const isOptional = /handling\s*=\s*optional/i.test(msg.get(H.contentDisposition) ?? '');
    if (type !== '' && type !== 'application/sdp' && !type.startsWith('multipart/') && !isOptional) {
      return { status: 415, extra: 'Accept: application/sdp\r\n' };
    }
  }
  const accept = msg.all(H.accept);
  if (accept.length === 0) return undefined;
  for (const line of accept) {
    for (const range of line.split(',')) {
      const type = (range.split(';')[0] ?? '').trim().toLowerCase();
      if (type === 'application/sdp' || type === 'application/*' || type === '*/*') return undefined;
    }
  }
  return {
    status: 406,
    extra: 'Accept: application/sdp\r\nWarning: 399 hearthline "only SDP can be answered"\r\n',
  };
}
