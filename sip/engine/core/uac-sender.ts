/**
 * Requests that go out, new ones and those in a dialog: written, given a way and a transaction; and the engine's own
 * BYE and ACK. RFC 3261 8.1, 12.2.1, 13.2.2.4, 15.1; RFC 3262 4. What apps may ask for is checked in `uac.ts`.
 *
 * Races stopped here: a dialog that ends cancels our open INVITE in it; a 200 that crosses the CANCEL is acknowledged
 * and hung up; responses reach the app only after the frame that names their transaction.
 */
import type { AppConnection } from '../control/connection.ts';
import { dialogId, requestTarget } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Outbound } from '../transport/flow.ts';
import type { Hop } from '../transport/transport-layer.ts';
import { tagOf } from '../wire/name-addr.ts';
import { contentOf, localise } from './app-message.ts';
import type { AppMessage } from './app-message.ts';
import type { Core } from './core.ts';
import { newBranch, newCallId, newSequence, newTag } from './ids.ts';
import { NextHops, targetOf } from './next-hop.ts';
import type { HopTarget } from './next-hop.ts';
import {
  NEEDS_CONTACT,
  NOWHERE,
  contactAsFrom,
  liveFlow,
  rackLine,
  routeLines,
  sentAnswer,
  seqGiven,
  viaLine,
} from './outgoing.ts';
import { UacRequest } from './uac-request.ts';
import type { UacRequestHost } from './uac-request.ts';

export class UacSender implements UacRequestHost {
  readonly core: Core;
  /** Requests of apps that have no final answer yet, by transaction id. */
  readonly requests = new Map<string, UacRequest>();
  readonly #hops: NextHops;

  constructor(core: Core) {
    this.core = core;
    this.#hops = new NextHops(core.transport);
  }

  // --- for apps --------------------------------------------------------------------------------------------

  /** A request outside of any dialog. `isDirect`: it goes where its own URI or Route says. */
  sendNew(
    message: AppMessage,
    content: string,
    target: HopTarget,
    app: AppConnection,
    msgId: string,
    isDirect: boolean,
  ): void {
    const { method, uri: requestUri } = message.msg;
    const isDialogForming = method === 'INVITE' || method === 'SUBSCRIBE';
    const branch = newBranch();
    const tag = message.from === undefined ? undefined : tagOf(message.from);
    const ownTag = tag ?? newTag();
    const callId = message.callId ?? newCallId();
    const cseq = seqGiven(message) ?? newSequence();
    const build = (flow: Outbound): string => {
      const hostPort = this.core.ownHostPort(flow);
      const contact = message.contact === undefined ? undefined : localise(message.contact, hostPort);
      let from = message.from === undefined ? undefined : localise(message.from, hostPort);
      from ??= contact !== undefined && !contact.includes(',') ? contactAsFrom(contact) : `<sip:${hostPort}>`;
      const to = message.to === undefined ? `<${requestUri}>` : localise(message.to, hostPort);
      const contactLine =
        contact !== undefined
          ? `Contact: ${contact}\r\n`
          : isDialogForming
            ? `Contact: ${this.core.ownContact(flow)}\r\n`
            : '';
      return (
        `${method} ${requestUri} SIP/2.0\r\n${viaLine(flow, branch)}` +
        `Max-Forwards: ${message.maxForwards ?? '70'}\r\n` +
        `From: ${from}${tag === undefined ? `;tag=${ownTag}` : ''}\r\nTo: ${to}\r\n` +
        `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${contactLine}${routeLines(message.routes)}` +
        localise(message.others, hostPort) +
        content
      );
    };
    const request = new UacRequest(this, {
      app,
      method,
      cseq,
      branch,
      dialogId: isDialogForming ? dialogId(callId, ownTag) : '',
      dialog: undefined,
      localTag: ownTag,
      callId,
      isDirect,
    });
    this.#hops.find(target, build, (flow, failure) => {
      if (flow === 'self') {
        app.respond(msgId, 'NOK|can not send request to myself');
        return;
      }
      this.#launch(request, flow, build, target.isProtocolGiven, msgId, failure);
    });
  }

  /** A request in a dialog, of an app or our own; undefined if there is no way to its next hop. */
  sendInDialog(
    dialog: Dialog,
    method: string,
    message: AppMessage | undefined,
    content: string,
    app: AppConnection | undefined,
    msgId: string,
    extra = '',
  ): UacRequest | undefined {
    const plan = requestTarget(dialog.remoteTarget, dialog.routeSet);
    const given = message === undefined ? undefined : seqGiven(message);
    const cseq = given !== undefined && given > dialog.localSeq ? given : dialog.localSeq + 1;
    const branch = newBranch();
    const build = (flow: Outbound): string => {
      const hostPort = this.core.ownHostPort(flow);
      let contact = '';
      if (message?.contact !== undefined) contact = `Contact: ${localise(message.contact, hostPort)}\r\n`;
      else if (NEEDS_CONTACT.has(method)) contact = `Contact: ${this.core.ownContact(flow)}\r\n`;
      const others = message === undefined ? extra : localise(message.others, hostPort) + extra;
      const rack = method === 'PRACK' ? rackLine(dialog, message) : '';
      return (
        `${method} ${plan.requestUri} SIP/2.0\r\n${viaLine(flow, branch)}Max-Forwards: 70\r\n` +
        `From: ${dialog.localParty}\r\nTo: ${dialog.remoteParty}\r\nCall-ID: ${dialog.callId}\r\n` +
        `CSeq: ${cseq} ${method}\r\n${contact}${routeLines(plan.routes)}${rack}${others}${content}`
      );
    };
    const target = targetOf(plan.hopUri);
    const direct = dialog.routeSet.length === 0 ? liveFlow(dialog.symmetric) : undefined;
    if (direct === undefined && (target === undefined || target === 'unavailable')) return undefined;
    dialog.localSeq = cseq;
    if (method === 'BYE') dialog.isEnding = true;
    const request = new UacRequest(this, {
      app,
      method,
      cseq,
      branch,
      dialogId: dialog.id,
      dialog,
      localTag: dialog.localTag,
      callId: dialog.callId,
      isDirect: true,
    });
    request.endsSubscription =
      method === 'NOTIFY' && /^Subscription-State:[ \t]*terminated/im.test(message?.others ?? '');
    if (direct !== undefined) this.#launch(request, direct, build, true, msgId, undefined);
    else {
      const known = target as HopTarget;
      this.#hops.find(known, build, (found, failure) => {
        const flow = found === 'self' ? undefined : found;
        const fault = found === 'self' ? '482 Loop Detected' : failure;
        this.#launch(request, flow, build, known.isProtocolGiven, msgId, fault);
      });
    }
    return request;
  }

  /** Starts the client transaction and tells the app what was sent and under which id. */
  #launch(
    request: UacRequest,
    flow: Outbound | undefined,
    build: (flow: Outbound) => string,
    isProtocolGiven: boolean,
    msgId: string,
    failure: string | undefined,
  ): void {
    const { app } = request;
    // Without a way to the peer the text is still shown to the app, as if sent from our first address.
    const shown = flow ?? this.core.transport.flow(this.core.transport.defaultAddress, NOWHERE);
    if (shown === undefined) {
      if (msgId !== '') app?.respond(msgId, 'NOK|requested protocol/transport not available');
      return;
    }
    const text = build(shown);
    request.text = text;
    this.requests.set(request.id, request);
    if (request.method === 'INVITE' && request.dialog === undefined) {
      this.core.cdr('attempt', 'application', '', text);
    }
    if (msgId !== '') app?.respond(msgId, sentAnswer(shown, text, request.id));
    if (flow === undefined || failure !== undefined) {
      request.failInternally(failure ?? '503 Service Unavailable');
      return;
    }
    const fallback =
      flow.protocol === 'tcp' && !isProtocolGiven
        ? () => {
            const hop: Hop = { protocol: 'udp', address: flow.remoteAddress, port: flow.remotePort };
            const udp = this.core.transport.flow(flow.localAddress, hop);
            return udp === undefined ? undefined : { flow: udp, text: build(udp) };
          }
        : undefined;
    request.launch(flow, text, fallback);
    this.core.metrics.count('requests_sent_total');
  }

  // --- the engine's own requests ---------------------------------------------------------------------------

  /** Acknowledges a 2xx. `message` is the app's ACK, whose headers and body are used. */
  sendAck(
    dialog: Dialog,
    cseq: number,
    message: AppMessage | undefined,
    sent?: (flow: Outbound, text: string) => void,
  ): void {
    dialog.unackedSeq = undefined;
    const plan = requestTarget(dialog.remoteTarget, dialog.routeSet);
    const content = (message === undefined ? undefined : contentOf(message)) ?? 'Content-Length: 0\r\n\r\n';
    const branch = newBranch();
    const build = (flow: Outbound): string =>
      `ACK ${plan.requestUri} SIP/2.0\r\n${viaLine(flow, branch)}Max-Forwards: 70\r\n` +
      `From: ${dialog.localParty}\r\nTo: ${dialog.remoteParty}\r\nCall-ID: ${dialog.callId}\r\n` +
      `CSeq: ${cseq} ACK\r\n${routeLines(plan.routes)}` +
      `${message === undefined ? '' : localise(message.others, this.core.ownHostPort(flow))}${content}`;
    const finish = (flow: Outbound | 'self' | undefined): void => {
      if (flow === undefined || flow === 'self') return;
      const text = build(flow);
      dialog.lastAck = { cseq, text, out: flow };
      flow.send(text);
      sent?.(flow, text);
      if (dialog.isByeDueAfterAck) {
        this.bye(dialog, 'SIP;cause=200;text="ACK-BYE due to cancel race condition"', true);
      }
    };
    const direct = dialog.routeSet.length === 0 ? liveFlow(dialog.symmetric) : undefined;
    if (direct !== undefined) {
      finish(direct);
      return;
    }
    const target = targetOf(plan.hopUri);
    if (target !== undefined && target !== 'unavailable') this.#hops.find(target, build, finish);
  }

  /** Hangs up by itself; the dialog is gone at once. The app, if it is told, sees an `unsolicited` BYE. */
  bye(dialog: Dialog, reason: string, isAppTold: boolean): void {
    if (dialog.state === 'terminated') return;
    this.cancelPendingInvite(dialog);
    const owner = isAppTold ? this.core.ownerOf(dialog) : undefined;
    const extra = `Reason: ${reason}\r\n`;
    const request = this.sendInDialog(
      dialog,
      'BYE',
      undefined,
      'Content-Length: 0\r\n\r\n',
      undefined,
      '',
      extra,
    );
    this.core.metrics.count('own_byes_total');
    if (owner !== undefined && request?.text !== undefined) {
      this.core.sendSip(owner, 'application', request.shownOut, 'unsolicited', dialog.id, request.text);
    }
    this.core.removeDialog(dialog);
  }

  /** A re-INVITE of ours that is still open is cancelled before its dialog ends. */
  cancelPendingInvite(dialog: Dialog): void {
    if (dialog.pendingInvites === 0) return;
    for (const request of this.requests.values()) {
      if (request.dialog === dialog && request.method === 'INVITE' && !request.isFinal)
        request.wantCancel('');
    }
  }
}
