/**
 * A dialog: the state two user agents share, and where the next request in it goes. RFC 3261 12.
 * Plain data with the few rules that belong to it; no I/O. The 2xx repetition and the pending ACK live here too
 * because they end with the dialog.
 */
import type { AppConnection } from '../control/connection.ts';
import type { WheelTimer } from '../timer-wheel.ts';
import type { Outbound } from '../transport/flow.ts';
import { parseNameAddr } from '../wire/name-addr.ts';
import { parseSipUri } from '../wire/uri.ts';

export interface Repetition {
  text: string;
  back: Outbound;
  cseq: number;
  intervalMs: number;
  leftMs: number;
  timer: WheelTimer;
  /** Transaction id under which the app will see the ACK. */
  ackId: string;
}

export interface DialogInit {
  id: string;
  role: 'uas' | 'uac';
  method: string;
  callId: string;
  localTag: string;
  remoteTag: string;
  localParty: string;
  remoteParty: string;
  localSeq: number;
  remoteSeq: number;
  remoteTarget: string;
  routeSet: string[];
}

export class Dialog {
  readonly id: string;
  readonly role: 'uas' | 'uac';
  /** The method that made it: INVITE or SUBSCRIBE. */
  readonly method: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From value of our requests, and To value of our requests, tags included. */
  readonly localParty: string;
  readonly remoteParty: string;
  localSeq: number;
  remoteSeq: number;
  remoteTarget: string;
  routeSet: string[];
  state: 'early' | 'confirmed' | 'terminated' = 'early';
  /** Set when the peer is reached where its messages come from rather than at its Contact (NAT, TCP). */
  symmetric: Outbound | undefined;
  owner: AppConnection | undefined;
  ownerTag = '';
  /** Our 2xx that waits for its ACK. */
  repetition: Repetition | undefined;
  /** CSeq of a 2xx to our INVITE that the app has not acknowledged yet. */
  unackedSeq: number | undefined;
  /** The ACK as sent, for repeated 2xx. */
  lastAck: { cseq: number; text: string; out: Outbound } | undefined;
  /** The app gave up while a 2xx was on its way: hang up as soon as it is acknowledged. */
  isByeDueAfterAck = false;
  /** A BYE of ours is under way: the call is over, whenever the peer answers. */
  isEnding = false;
  /** INVITEs in the dialog without a final answer: ours, and the peer's. */
  pendingInvites = 0;
  hasPendingServerInvite = false;
  /** Reliable provisional responses taken from the peer: the last RSeq, and the INVITE's CSeq. */
  lastRSeq: number | undefined;
  inviteSeq = 0;
  /** Ends a subscription that nobody refreshes. */
  expiry: WheelTimer | undefined;
  nextFork: Dialog | undefined;

  constructor(init: DialogInit) {
    this.id = init.id;
    this.role = init.role;
    this.method = init.method;
    this.callId = init.callId;
    this.localTag = init.localTag;
    this.remoteTag = init.remoteTag;
    this.localParty = init.localParty;
    this.remoteParty = init.remoteParty;
    this.localSeq = init.localSeq;
    this.remoteSeq = init.remoteSeq;
    this.remoteTarget = init.remoteTarget;
    this.routeSet = init.routeSet;
  }

  own(app: AppConnection): void {
    this.owner = app;
    this.ownerTag = app.tag;
  }
}

export function dialogId(callId: string, firstFromTag: string): string {
  return `${callId};from-tag=${firstFromTag}`;
}

export interface RequestTarget {
  requestUri: string;
  routes: string[];
  hopUri: string;
}

/** Request-URI, Route headers and next hop of a request in the dialog, for loose and strict routers (12.2.1.1). */
export function requestTarget(remoteTarget: string, routeSet: readonly string[]): RequestTarget {
  const first = routeSet[0];
  if (first === undefined) return { requestUri: remoteTarget, routes: [], hopUri: remoteTarget };
  const hopUri = parseNameAddr(first)?.uri ?? remoteTarget;
  if (parseSipUri(hopUri)?.params?.has('lr') === true) {
    return { requestUri: remoteTarget, routes: [...routeSet], hopUri };
  }
  const question = hopUri.indexOf('?');
  return {
    requestUri: question < 0 ? hopUri : hopUri.slice(0, question),
    routes: [...routeSet.slice(1), `<${remoteTarget}>`],
    hopUri,
  };
}
