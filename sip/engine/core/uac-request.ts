/**
 * One request of ours from its sending to its last response, as its transaction and its app see it.
 * RFC 3261 9.1, 13.2.2; RFC 3262 4; RFC 6026 8.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import type { ClientOwner } from '../transaction/client-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import { followUp } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import { forwardText, parseMessage } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseNameAddr, splitNameAddrs, tagOf } from '../wire/name-addr.ts';
import { parseSipUri } from '../wire/uri.ts';
import { contactDiffersFrom, internalAnswer } from './outgoing.ts';
import type { Uac } from './uac.ts';

const MAX_FORKS = 16;

export interface UacRequestInit {
  app: AppConnection | undefined;
  method: string;
  cseq: number;
  branch: string;
  dialogId: string;
  dialog: Dialog | undefined;
  localTag: string;
  callId: string;
  isDirect: boolean;
}

export class UacRequest implements ClientOwner {
  readonly id: string = randomUUID();
  app: AppConnection | undefined;
  readonly method: string;
  readonly cseq: number;
  readonly branch: string;
  readonly dialogId: string;
  /** The dialog it was sent in; undefined for a request that may make one. */
  readonly dialog: Dialog | undefined;
  readonly localTag: string;
  readonly callId: string;
  text = '';
  transaction: ClientTransaction | undefined;
  shownOut: Outbound | undefined;
  isFinal = false;
  isCancelSent = false;
  endsSubscription = false;
  readonly #uac: Uac;
  readonly #isDirect: boolean;
  #isCancelWanted = false;
  #cancelExtra = '';
  #giveUp: WheelTimer | undefined;
  #early: Dialog[] = [];
  #winner: Dialog | undefined;
  #losers: Dialog[] | undefined;

  constructor(uac: Uac, init: UacRequestInit) {
    this.#uac = uac;
    this.app = init.app;
    this.method = init.method;
    this.cseq = init.cseq;
    this.branch = init.branch;
    this.dialogId = init.dialogId;
    this.dialog = init.dialog;
    this.localTag = init.localTag;
    this.callId = init.callId;
    this.#isDirect = init.isDirect;
  }

  get isLaunched(): boolean {
    return this.transaction !== undefined;
  }

  launch(
    flow: Outbound,
    text: string,
    fallback: (() => { flow: Outbound; text: string } | undefined) | undefined,
  ): void {
    this.shownOut = flow;
    if (this.method === 'INVITE' && this.dialog !== undefined) this.dialog.pendingInvites++;
    this.transaction = this.#uac.createTransaction(this, flow, text);
    if (fallback !== undefined) {
      this.transaction.fallback = () => {
        const other = fallback();
        if (other !== undefined) {
          this.shownOut = other.flow;
          this.text = other.text;
        }
        return other;
      };
    }
    this.transaction.start();
  }

  // --- CANCEL ----------------------------------------------------------------------------------------------

  /** Cancels now, or as soon as a provisional response allows it; gives the CANCEL's text. */
  wantCancel(extra: string): string {
    if (!this.#isCancelWanted) {
      this.#isCancelWanted = true;
      this.#cancelExtra = extra;
      this.#sendCancelIfDue();
    }
    return this.#cancelText();
  }

  #cancelText(): string {
    const sent = parseMessage(this.text) as SipMessage;
    return followUp(sent, 'CANCEL', sent.get(H.to) as string, this.cseq, this.#cancelExtra);
  }

  #sendCancelIfDue(): void {
    const { transaction } = this;
    if (!this.#isCancelWanted || this.isCancelSent || this.isFinal || transaction?.hasProvisional !== true)
      return;
    this.isCancelSent = true;
    const { core } = this.#uac;
    const key = `${this.branch}|CANCEL`;
    const cancel = new ClientTransaction(core, key, false, this.#cancelText(), transaction.out, undefined);
    core.clients.set(key, cancel);
    cancel.start();
    // RFC 3261 9.1: without a final response for 64*T1 the INVITE counts as cancelled.
    this.#giveUp = new WheelTimer(() => {
      if (this.isFinal) return;
      transaction.abandon();
      this.failInternally('487 Request Terminated');
    });
    core.wheel.set(this.#giveUp, core.timings.giveUpMs);
  }

  // --- transaction reports ---------------------------------------------------------------------------------

  ackFor(response: SipMessage): string {
    const sent = parseMessage(this.text) as SipMessage;
    return followUp(sent, 'ACK', response.get(H.to) as string, this.cseq);
  }

  onTimeout(): void {
    this.failInternally('408 Request Timeout');
  }

  onTransportError(): void {
    this.failInternally('503 Service Unavailable');
  }

  /** A final answer made by us, because the network gave none. */
  failInternally(statusLine: string): void {
    if (this.isFinal) return;
    const answer = internalAnswer(this.text, statusLine);
    this.#final();
    this.#afterFinal(Number(statusLine.slice(0, 3)));
    for (const early of this.#early) this.#uac.core.removeDialog(early);
    this.#early = [];
    this.#uac.core.metrics.count('internal_failures_total');
    if (this.app !== undefined && this.#uac.core.apps.has(this.app)) {
      this.#uac.core.sendSip(this.app, 'network', undefined, this.id, this.dialogId, answer);
    }
  }

  onResponse(response: SipMessage, from: Outbound): void {
    const { status } = response;
    if (status === 100) {
      this.#sendCancelIfDue();
      return;
    }
    if (this.method === 'INVITE') {
      if (this.dialog !== undefined) this.#onReinviteResponse(this.dialog, response, from);
      else this.#onInviteResponse(response, from);
    } else this.#onOtherResponse(response, from);
  }

  #final(): void {
    this.isFinal = true;
    this.#uac.requests.delete(this.id);
    if (this.#giveUp !== undefined) this.#uac.core.wheel.cancel(this.#giveUp);
    if (this.method === 'INVITE' && this.dialog !== undefined && this.isLaunched)
      this.dialog.pendingInvites--;
  }

  #passUp(response: SipMessage, from: Outbound): void {
    if (this.app === undefined || !this.#uac.core.apps.has(this.app)) return;
    const text = forwardText(response, undefined, 0);
    this.#uac.core.sendSip(this.app, 'network', from, this.id, this.dialogId, text);
  }

  get #hasApp(): boolean {
    return this.app !== undefined && this.#uac.core.apps.has(this.app);
  }

  // --- INVITE ----------------------------------------------------------------------------------------------

  #onInviteResponse(response: SipMessage, from: Outbound): void {
    const { core } = this.#uac;
    const toTag = tagOf(response.get(H.to) as string) ?? '';
    if (response.status < 200) {
      if (this.isFinal) return;
      if (toTag !== '' && !this.#noteEarly(response, from, toTag)) return;
      this.#passUp(response, from);
      this.#sendCancelIfDue();
      return;
    }
    if (response.status < 300) {
      if (this.isFinal) this.#onLateSuccess(response, toTag);
      else this.#onSuccess(response, from, toTag);
      return;
    }
    if (this.isFinal) return;
    this.#final();
    for (const early of this.#early) core.removeDialog(early);
    this.#early = [];
    core.cdr('stop', 'network', this.#isCancelWanted ? 'call-canceled' : 'call-rejected', response.text);
    this.#passUp(response, from);
  }

  /** Keeps an early dialog per fork; false for a repeated reliable response, which the app has seen already. */
  #noteEarly(response: SipMessage, from: Outbound, toTag: string): boolean {
    let dialog = this.#early.find((one) => one.remoteTag === toTag);
    if (dialog === undefined) {
      if (this.#early.length >= MAX_FORKS) return true;
      dialog = this.#make(response, from, toTag);
      this.#early.push(dialog);
    }
    const rseqText = response.get(H.rseq);
    if (rseqText === undefined) return true;
    const rseq = Number(rseqText);
    if (dialog.lastRSeq !== undefined && rseq <= dialog.lastRSeq) return false;
    dialog.lastRSeq = rseq;
    this.#uac.core.dialogs.prefer(dialog);
    return true;
  }

  #make(response: SipMessage, from: Outbound, toTag: string): Dialog {
    const sent = parseMessage(this.text) as SipMessage;
    const dialog = this.#uac.makeDialog(this, response, sent, toTag);
    this.#chooseFlow(dialog, response, from, sent.uri);
    return dialog;
  }

  /** Stays on an open connection; on the way of the INVITE for a phone whose Contact is not where it is. */
  #chooseFlow(dialog: Dialog, response: SipMessage, from: Outbound, requestUri: string): void {
    if (dialog.routeSet.length > 0) return;
    if (from.protocol === 'tcp') {
      dialog.symmetric = from;
      return;
    }
    if (this.#isDirect || this.transaction === undefined || !response.has(H.contact)) return;
    const isOwnContact = parseSipUri(dialog.remoteTarget)?.host === parseSipUri(requestUri)?.host;
    if (isOwnContact && contactDiffersFrom(dialog.remoteTarget, from)) {
      dialog.symmetric = this.transaction.out;
    }
  }

  #onSuccess(response: SipMessage, from: Outbound, toTag: string): void {
    const { core } = this.#uac;
    this.#final();
    let winner = this.#early.find((one) => one.remoteTag === toTag);
    for (const early of this.#early) if (early !== winner) core.removeDialog(early);
    if (winner === undefined) winner = this.#make(response, from, toTag);
    else {
      // The route set and target of the 2xx count, not those of a provisional response (RFC 3261 13.2.2.4).
      const routes: string[] = [];
      for (const line of response.all(H.recordRoute)) routes.push(...splitNameAddrs(line));
      winner.routeSet = routes.reverse();
      const contact = parseNameAddr(response.get(H.contact) ?? '')?.uri;
      if (contact !== undefined) winner.remoteTarget = contact;
    }
    this.#early = [];
    this.#winner = winner;
    winner.state = 'confirmed';
    winner.unackedSeq = this.cseq;
    core.dialogs.prefer(winner);
    core.metrics.count('dialogs_total');
    if (!this.#hasApp) {
      this.#uac.sendAck(winner, this.cseq, undefined);
      this.#uac.bye(winner, 'SIP;cause=480;text="application gone"', false);
      return;
    }
    // A 200 that crossed the CANCEL: the app acknowledges it, then the engine hangs up.
    winner.isByeDueAfterAck = this.#isCancelWanted;
    this.#passUp(response, from);
    core.cdr('start', 'network', 'uac', response.text);
  }

  /** A 2xx after the first: repeated, so the ACK is repeated; or of another fork, which has lost. */
  #onLateSuccess(response: SipMessage, toTag: string): void {
    const known =
      this.#winner?.remoteTag === toTag
        ? this.#winner
        : this.#losers?.find((loser) => loser.remoteTag === toTag);
    if (known !== undefined) {
      const ack = known.lastAck;
      if (ack?.cseq === this.cseq) ack.out.send(ack.text);
      return;
    }
    this.#losers ??= [];
    if (this.#losers.length >= MAX_FORKS) return;
    const sent = parseMessage(this.text) as SipMessage;
    const winner = this.#winner;
    const loser = this.#uac.makeDialog(this, response, sent, toTag);
    loser.state = 'confirmed';
    if (winner !== undefined && winner.state !== 'terminated') this.#uac.core.dialogs.prefer(winner);
    this.#losers.push(loser);
    this.#uac.core.metrics.count('losing_forks_total');
    this.#uac.sendAck(loser, this.cseq, undefined);
    this.#uac.bye(loser, 'SIP;cause=200;text="Call completed elsewhere"', false);
  }

  #onReinviteResponse(dialog: Dialog, response: SipMessage, from: Outbound): void {
    if (response.status < 200) {
      if (this.isFinal) return;
      this.#passUp(response, from);
      this.#sendCancelIfDue();
      return;
    }
    if (this.isFinal) {
      const ack = dialog.lastAck;
      if (response.status < 300 && ack?.cseq === this.cseq) ack.out.send(ack.text);
      return;
    }
    this.#final();
    if (response.status < 300) {
      const contact = parseNameAddr(response.get(H.contact) ?? '')?.uri;
      if (contact !== undefined) dialog.remoteTarget = contact;
      dialog.unackedSeq = this.cseq;
      if (!this.#hasApp || dialog.state === 'terminated') {
        this.#uac.sendAck(dialog, this.cseq, undefined);
        return;
      }
    }
    this.#passUp(response, from);
  }

  // --- everything else -------------------------------------------------------------------------------------

  #onOtherResponse(response: SipMessage, from: Outbound): void {
    const { status } = response;
    if (status < 200) {
      this.#passUp(response, from);
      return;
    }
    if (this.isFinal) return;
    this.#final();
    if (this.method === 'SUBSCRIBE' && status < 300) this.#onSubscribed(response, from);
    if (this.method === 'UPDATE' && status < 300 && this.dialog !== undefined) {
      const contact = parseNameAddr(response.get(H.contact) ?? '')?.uri;
      if (contact !== undefined) this.dialog.remoteTarget = contact;
    }
    this.#afterFinal(status);
    this.#passUp(response, from);
  }

  #onSubscribed(response: SipMessage, from: Outbound): void {
    const { core } = this.#uac;
    const toTag = tagOf(response.get(H.to) as string) ?? '';
    let dialog = this.dialog ?? core.dialogs.find(this.callId, this.localTag, toTag);
    dialog ??= this.#make(response, from, toTag);
    dialog.state = 'confirmed';
    const expires = Number(response.get(H.expires) ?? '3600');
    this.#uac.expireSubscription(dialog, Number.isFinite(expires) ? expires : 3600);
  }

  /** What a final answer, real or made by us, means for the dialog (RFC 3261 12.2.1.2, 15; RFC 6665 4.2.2). */
  #afterFinal(status: number): void {
    const { dialog } = this;
    if (dialog === undefined) return;
    if (this.method === 'BYE' && status !== 401 && status !== 407) this.#uac.core.removeDialog(dialog);
    const isGone = status === 481 || status === 408;
    if (dialog.method === 'SUBSCRIBE' && (this.endsSubscription || (isGone && this.method === 'NOTIFY'))) {
      this.#uac.core.removeDialog(dialog);
    }
  }
}
