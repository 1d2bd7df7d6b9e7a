/**
 * One request of ours from its sending to its last response, as its transaction and its app see it.
 * RFC 3261 9.1, 13.2.2; RFC 3262 4; RFC 6026 8.
 *
 * Races stopped here: a 200 that crosses the CANCEL is acknowledged and hung up; a repeated 2xx gets its ACK again; a
 * 2xx of a losing fork is acknowledged with its own tag and hung up.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import type { ClientOwner } from '../transaction/client-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import { followUp } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import { forwardText, parseMessage } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import { tagOf } from '../wire/name-addr.ts';
import type { Core } from './core.ts';
import { chooseFlow, dialogOfAnswer, recordRoutes, refreshTarget } from './dialog-making.ts';
import type { DialogMaker } from './dialog-making.ts';
import { clientKey, internalAnswer } from './outgoing.ts';
import { UacCancel } from './uac-cancel.ts';
import type { CancellableInvite } from './uac-cancel.ts';

const MAX_FORKS = 16;

/** What a request needs of whoever sends it; implemented by `uac-sender.ts`. */
export interface UacRequestHost {
  readonly core: Core;
  readonly requests: Map<string, UacRequest>;
  sendAck(dialog: Dialog, cseq: number, message: undefined): void;
  bye(dialog: Dialog, reason: string, isAppTold: boolean): void;
}

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

export class UacRequest implements ClientOwner, CancellableInvite, DialogMaker {
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
  endsSubscription = false;
  readonly #host: UacRequestHost;
  readonly #isDirect: boolean;
  #cancel: UacCancel | undefined;
  #early: Dialog[] = [];
  #winner: Dialog | undefined;
  #losers: Dialog[] | undefined;

  constructor(host: UacRequestHost, init: UacRequestInit) {
    this.#host = host;
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

  get isCancelSent(): boolean {
    return this.#cancel?.isSent === true;
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
    const { core } = this.#host;
    const key = clientKey(this.branch, this.method);
    this.transaction = new ClientTransaction(core, key, this.method === 'INVITE', text, flow, this);
    core.clients.set(key, this.transaction);
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
    if (this.#cancel === undefined) {
      this.#cancel = new UacCancel(this.#host.core, this, extra);
      this.#cancel.sendIfDue();
    }
    return this.#cancel.text;
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
    for (const early of this.#early) this.#host.core.removeDialog(early);
    this.#early = [];
    this.#host.core.metrics.count('internal_failures_total');
    if (this.app !== undefined && this.#host.core.apps.has(this.app)) {
      this.#host.core.sendSip(this.app, 'network', undefined, this.id, this.dialogId, answer);
    }
  }

  onResponse(response: SipMessage, from: Outbound): void {
    const { status } = response;
    if (status === 100) {
      this.#cancel?.sendIfDue();
      return;
    }
    if (this.method === 'INVITE') {
      if (this.dialog !== undefined) this.#onReinviteResponse(this.dialog, response, from);
      else this.#onInviteResponse(response, from);
    } else this.#onOtherResponse(response, from);
  }

  #final(): void {
    this.isFinal = true;
    this.#host.requests.delete(this.id);
    this.#cancel?.stop();
    if (this.method === 'INVITE' && this.dialog !== undefined && this.isLaunched)
      this.dialog.pendingInvites--;
  }

  #passUp(response: SipMessage, from: Outbound): void {
    if (this.app === undefined || !this.#host.core.apps.has(this.app)) return;
    const text = forwardText(response, undefined, 0);
    this.#host.core.sendSip(this.app, 'network', from, this.id, this.dialogId, text);
  }

  get #hasApp(): boolean {
    return this.app !== undefined && this.#host.core.apps.has(this.app);
  }

  // --- INVITE ----------------------------------------------------------------------------------------------

  #onInviteResponse(response: SipMessage, from: Outbound): void {
    const { core } = this.#host;
    const toTag = tagOf(response.get(H.to) as string) ?? '';
    if (response.status < 200) {
      if (this.isFinal) return;
      if (toTag !== '' && !this.#noteEarly(response, from, toTag)) return;
      this.#passUp(response, from);
      this.#cancel?.sendIfDue();
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
    const detail = this.#cancel === undefined ? 'call-rejected' : 'call-canceled';
    core.cdr('stop', 'network', detail, response.text);
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
    this.#host.core.dialogs.prefer(dialog);
    return true;
  }

  #make(response: SipMessage, from: Outbound, toTag: string): Dialog {
    const sent = parseMessage(this.text) as SipMessage;
    const dialog = this.#makeFork(response, sent, toTag);
    chooseFlow(dialog, response, from, sent.uri, this.#isDirect ? undefined : this.transaction?.out);
    return dialog;
  }

  #makeFork(response: SipMessage, sent: SipMessage, toTag: string): Dialog {
    const dialog = dialogOfAnswer(this, response, sent, toTag);
    if (this.app !== undefined) dialog.own(this.app);
    this.#host.core.dialogs.add(dialog);
    return dialog;
  }

  #onSuccess(response: SipMessage, from: Outbound, toTag: string): void {
    const { core } = this.#host;
    this.#final();
    let winner = this.#early.find((one) => one.remoteTag === toTag);
    for (const early of this.#early) if (early !== winner) core.removeDialog(early);
    if (winner === undefined) winner = this.#make(response, from, toTag);
    else {
      // The route set and target of the 2xx count, not those of a provisional response (RFC 3261 13.2.2.4).
      winner.routeSet = recordRoutes(response).reverse();
      refreshTarget(winner, response);
    }
    this.#early = [];
    this.#winner = winner;
    winner.state = 'confirmed';
    winner.unackedSeq = this.cseq;
    core.dialogs.prefer(winner);
    core.metrics.count('dialogs_total');
    if (!this.#hasApp) {
      this.#host.sendAck(winner, this.cseq, undefined);
      this.#host.bye(winner, 'SIP;cause=480;text="application gone"', false);
      return;
    }
    // A 200 that crossed the CANCEL: the app acknowledges it, then the engine hangs up.
    winner.isByeDueAfterAck = this.#cancel !== undefined;
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
    const loser = this.#makeFork(response, sent, toTag);
    loser.state = 'confirmed';
    if (winner !== undefined && winner.state !== 'terminated') this.#host.core.dialogs.prefer(winner);
    this.#losers.push(loser);
    this.#host.core.metrics.count('losing_forks_total');
    this.#host.sendAck(loser, this.cseq, undefined);
    this.#host.bye(loser, 'SIP;cause=200;text="Call completed elsewhere"', false);
  }

  #onReinviteResponse(dialog: Dialog, response: SipMessage, from: Outbound): void {
    if (response.status < 200) {
      if (this.isFinal) return;
      this.#passUp(response, from);
      this.#cancel?.sendIfDue();
      return;
    }
    if (this.isFinal) {
      const ack = dialog.lastAck;
      if (response.status < 300 && ack?.cseq === this.cseq) ack.out.send(ack.text);
      return;
    }
    this.#final();
    if (response.status < 300) {
      refreshTarget(dialog, response);
      dialog.unackedSeq = this.cseq;
      if (!this.#hasApp || dialog.state === 'terminated') {
        this.#host.sendAck(dialog, this.cseq, undefined);
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
      refreshTarget(this.dialog, response);
    }
    this.#afterFinal(status);
    this.#passUp(response, from);
  }

  #onSubscribed(response: SipMessage, from: Outbound): void {
    const { core } = this.#host;
    const toTag = tagOf(response.get(H.to) as string) ?? '';
    let dialog = this.dialog ?? core.dialogs.find(this.callId, this.localTag, toTag);
    dialog ??= this.#make(response, from, toTag);
    dialog.state = 'confirmed';
    const expires = Number(response.get(H.expires) ?? '3600');
    core.expireSubscription(dialog, Number.isFinite(expires) ? expires : 3600);
  }

  /** What a final answer, real or made by us, means for the dialog (RFC 3261 12.2.1.2, 15; RFC 6665 4.2.2). */
  #afterFinal(status: number): void {
    const { dialog } = this;
    if (dialog === undefined) return;
    if (this.method === 'BYE') {
      if (status === 401 || status === 407) dialog.isEnding = false;
      else this.#host.core.removeDialog(dialog);
    }
    const isGone = status === 481 || status === 408;
    if (dialog.method === 'SUBSCRIBE' && (this.endsSubscription || (isGone && this.method === 'NOTIFY'))) {
      this.#host.core.removeDialog(dialog);
    }
  }
}
