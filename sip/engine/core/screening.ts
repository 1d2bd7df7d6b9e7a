/**
 * Requests that no app needs to see: extensions, content types and answers that this engine cannot handle. Pure.
 * RFC 3261 8.2.2.3, 8.2.3; RFC 4475 3.3.6, 3.3.7, 3.3.15.
 */
import { H } from '../wire/header-names.ts';
import type { SipMessage } from '../wire/message.ts';

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

export function refuseByContent(msg: SipMessage): ScreeningRefusal | undefined {
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
