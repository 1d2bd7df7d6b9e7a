/**
 * Small pieces of outgoing requests that both the UAC and its requests use. Pure but for tags and the clock in
 * frames.
 */
import type { Dialog } from '../dialog/dialog.ts';
import type { Outbound } from '../transport/flow.ts';
import type { Hop } from '../transport/transport-layer.ts';
import { isDigits } from '../wire/chars.ts';
import { answer } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import { parseMessage } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseNameAddr, tagOf } from '../wire/name-addr.ts';
import { hostText, isIpLiteral, parseSipUri } from '../wire/uri.ts';
import type { SipUri } from '../wire/uri.ts';
import type { AppMessage } from './app-message.ts';
import { frameTime } from './core.ts';
import { newTag } from './ids.ts';

export const NEEDS_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE']);
export const NOWHERE: Hop = { protocol: 'udp', address: '0.0.0.0', port: 0 };

export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

export function isSamePeer(a: Outbound, b: Outbound): boolean {
  return a.remotePort === b.remotePort && a.remoteAddress === b.remoteAddress;
}

export function viaLine(flow: Outbound, branch: string): string {
  const protocol = flow.protocol === 'tcp' ? 'TCP' : 'UDP';
  return `Via: SIP/2.0/${protocol} ${hostText(flow.localAddress)}:${flow.localPort};rport;branch=${branch}\r\n`;
}

export function routeLines(routes: readonly string[]): string {
  let out = '';
  for (const route of routes) out += `Route: ${route}\r\n`;
  return out;
}

/** Which reliable response a PRACK acknowledges: the app's word, else the last one that came (RFC 3262 7.2). */
export function rackLine(dialog: Dialog, message: AppMessage | undefined): string {
  return `RAck: ${message?.rack ?? `${dialog.lastRSeq ?? 1} ${dialog.inviteSeq} INVITE`}\r\n`;
}

export function firstRoute(message: AppMessage): string | undefined {
  const line = message.routes[0];
  return line === undefined ? undefined : parseNameAddr(line)?.uri;
}

export function seqGiven(message: AppMessage): number | undefined {
  const digits = message.cseq?.split(' ')[0];
  return digits !== undefined && isDigits(digits) && digits.length <= 10 ? Number(digits) : undefined;
}

/** A Contact as the From of a request: its URI only, since contact parameters mean nothing there. */
export function contactAsFrom(contact: string): string {
  const close = contact.indexOf('>');
  return close >= 0 ? contact.slice(0, close + 1) : `<${contact.split(';')[0]}>`;
}

export function contactAlias(uri: SipUri): string {
  return `${uri.user ?? ''}@${uri.host}:${uri.port ?? 5060}`;
}

/** A TCP connection that has closed is of no use any more; datagrams always are. */
export function liveFlow(flow: Outbound | undefined): Outbound | undefined {
  if (flow === undefined || flow.protocol === 'udp') return flow;
  return (flow as { isOpen?: boolean }).isOpen === false ? undefined : flow;
}

export function sentAnswer(flow: Outbound, text: string, id: string, bytes = text.length): string {
  return (
    `OK|application|${bytes}|${flow.protocol}|${flow.localAddress}|${flow.localPort}|` +
    `${frameTime()}|${id}|Msg sent:|\r\n${text}`
  );
}

/** An answer that the network did not give: time-out, refused connection, unknown host. */
export function internalAnswer(sentText: string, statusLine: string): string {
  const sent = parseMessage(sentText) as SipMessage;
  const status = Number(statusLine.slice(0, 3));
  const to = sent.get(H.to) as string;
  return answer(
    {
      vias: `Via: ${sent.get(H.via)}\r\n`,
      from: sent.get(H.from) as string,
      to,
      hasToTag: tagOf(to) !== undefined,
      callId: sent.get(H.callId) as string,
      cseq: sent.get(H.cseq) as string,
    },
    status,
    newTag(),
    '',
    statusLine.slice(4),
  );
}

/** Is the peer reached elsewhere than where its messages come from? Then answers to it go where they come from. */
export function contactDiffersFrom(contactUri: string, source: Outbound): boolean {
  const uri = parseSipUri(contactUri);
  return uri === undefined || !isIpLiteral(uri.host) || uri.host !== source.remoteAddress;
}
