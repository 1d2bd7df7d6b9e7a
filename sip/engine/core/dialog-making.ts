/**
 * Dialogs out of messages: from a request that came in, from an answer to one of ours, from a NOTIFY that came
 * before the answer; and what a later message changes in them. Pure: storing and owning a dialog is up to the caller.
 * RFC 3261 12.1, 12.2.1.2, 12.2.2; RFC 6665 4.4.1.
 */
import { Dialog, dialogId } from '../dialog/dialog.ts';
import type { Outbound } from '../transport/flow.ts';
import { H } from '../wire/header-names.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseNameAddr, splitNameAddrs } from '../wire/name-addr.ts';
import { parseSipUri } from '../wire/uri.ts';
import type { Essentials } from '../wire/validate.ts';
import { contactDiffersFrom } from './outgoing.ts';
import type { UasRequest } from './uas-request.ts';

/** What a request of ours lends to a dialog it makes. */
export interface DialogMaker {
  readonly method: string;
  readonly dialogId: string;
  readonly callId: string;
  readonly localTag: string;
  readonly cseq: number;
}

/** A dialog seen from the side that was asked; our tag must be known. */
export function dialogOfRequest(request: UasRequest): Dialog {
  const { msg, essentials, from } = request;
  const remoteTag = essentials.fromTag ?? '';
  const routeSet = recordRoutes(msg);
  const dialog = new Dialog({
    id: dialogId(essentials.callId, remoteTag),
    role: 'uas',
    method: msg.method,
    callId: essentials.callId,
    localTag: request.localTag as string,
    remoteTag,
    localParty: `${essentials.to};tag=${request.localTag}`,
    remoteParty: essentials.from,
    localSeq: essentials.cseq.number,
    remoteSeq: essentials.cseq.number,
    remoteTarget: contactUri(msg) ?? parseNameAddr(essentials.from)?.uri ?? '',
    routeSet,
  });
  const isSingleHop = msg.count(H.via) === 1 && essentials.via.length === (msg.get(H.via) ?? '').length;
  if (routeSet.length === 0 && isSingleHop) {
    if (from.protocol === 'tcp' || contactDiffersFrom(dialog.remoteTarget, from)) dialog.symmetric = from;
  }
  return dialog;
}

/** A dialog seen from the side that sent the request, out of a response with a To tag. */
export function dialogOfAnswer(
  maker: DialogMaker,
  response: SipMessage,
  sent: SipMessage,
  toTag: string,
): Dialog {
  const dialog = new Dialog({
    id: maker.dialogId,
    role: 'uac',
    method: maker.method,
    callId: maker.callId,
    localTag: maker.localTag,
    remoteTag: toTag,
    localParty: sent.get(H.from) as string,
    remoteParty: response.get(H.to) as string,
    localSeq: maker.cseq,
    remoteSeq: -1,
    remoteTarget: contactUri(response) ?? sent.uri,
    routeSet: recordRoutes(response).reverse(),
  });
  dialog.inviteSeq = maker.cseq;
  return dialog;
}

/** The dialog of a SUBSCRIBE of ours whose 2xx has not come yet, out of the NOTIFY that overtook it. */
export function dialogOfNotify(
  maker: DialogMaker,
  msg: SipMessage,
  essentials: Essentials,
  toTag: string,
): Dialog {
  const dialog = new Dialog({
    id: maker.dialogId,
    role: 'uac',
    method: 'SUBSCRIBE',
    callId: essentials.callId,
    localTag: toTag,
    remoteTag: essentials.fromTag ?? '',
    localParty: essentials.to,
    remoteParty: essentials.from,
    localSeq: maker.cseq,
    remoteSeq: -1,
    remoteTarget: contactUri(msg) ?? '',
    routeSet: recordRoutes(msg),
  });
  dialog.state = 'confirmed';
  return dialog;
}

/**
 * Stays on an open connection; on the way of the INVITE for a phone whose Contact is not where it is. `sentOver` is
 * that way, if the request went elsewhere than its own URI says.
 */
export function chooseFlow(
  dialog: Dialog,
  response: SipMessage,
  from: Outbound,
  requestUri: string,
  sentOver: Outbound | undefined,
): void {
  if (dialog.routeSet.length > 0) return;
  if (from.protocol === 'tcp') {
    dialog.symmetric = from;
    return;
  }
  if (sentOver === undefined || !response.has(H.contact)) return;
  const isOwnContact = parseSipUri(dialog.remoteTarget)?.host === parseSipUri(requestUri)?.host;
  if (isOwnContact && contactDiffersFrom(dialog.remoteTarget, from)) dialog.symmetric = sentOver;
}

/** A Contact in a target refresh says where the peer is from now on. */
export function refreshTarget(dialog: Dialog, msg: SipMessage): void {
  const uri = contactUri(msg);
  if (uri !== undefined) dialog.remoteTarget = uri;
}

export function contactUri(msg: SipMessage): string | undefined {
  return parseNameAddr(msg.get(H.contact) ?? '')?.uri;
}

/** In the order of the message, which is the route set of the side that was asked; the other side turns it round. */
export function recordRoutes(msg: SipMessage): string[] {
  const routes: string[] = [];
  for (const line of msg.all(H.recordRoute)) routes.push(...splitNameAddrs(line));
  return routes;
}
