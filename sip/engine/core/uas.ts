/**
 * Requests that come in: matched to transactions and dialogs, screened, offered to an app, answered.
 * RFC 3261 8.2, 9.2, 12.2.2, 13.3, 15.1.2, 17.2.3; RFC 3262 3; RFC 6026.
 *
 * Races stopped here: a retransmission never reaches an app twice; a CANCEL is answered by the engine even if the
 * app is silent, and a late answer of the app is refused; a 2xx is repeated until its ACK and the call hung up
 * when none comes; no request is ever left without an answer because an app went away.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection, SipFrame } from '../control/connection.ts';
import { Dialog, dialogId } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import { ALLOW, REASONS, answer, answerBroken, answerHead, viaLines } from '../wire/build.ts';
import type { AnswerParts } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import { forwardText } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseNameAddr, splitNameAddrs, tagOf } from '../wire/name-addr.ts';
import { parseSipUri } from '../wire/uri.ts';
import type { Essentials, Refusal } from '../wire/validate.ts';
import { isRfc3261Branch, viaSeenFrom } from '../wire/via.ts';
import type { Via } from '../wire/via.ts';
import { contentOf, localise, readAppMessage } from './app-message.ts';
import type { AppMessage } from './app-message.ts';
import type { Core } from './core.ts';
import { frameTime } from './core.ts';
import { newSequence, newTag } from './ids.ts';
import { contactAlias, contactDiffersFrom } from './outgoing.ts';
import { refuseByContent } from './screening.ts';
import type { Uac } from './uac.ts';
import { UasRequest } from './uas-request.ts';

const UNKNOWN_TRANSACTION = 'NOK|Response not sent due to unknown transaction';
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
const RETRY_AFTER = 'Retry-After: 5\r\n';
const PROVISIONAL_REFRESH_MS = 60_000;

export class Uas {
  readonly core: Core;
  readonly #uac: Uac;
  /** Offered requests without a final answer, by the id the app knows. */
  readonly requests = new Map<string, UasRequest>();
  /** Requests that wait for an app to come, or to be ready. */
  readonly held = new Set<UasRequest>();

  constructor(core: Core, uac: Uac) {
    this.core = core;
    this.#uac = uac;
  }

  // --- from the network ------------------------------------------------------------------------------------

  /** A request too broken to act on: answered if the RFC allows it, without any state. */
  refuseBroken(msg: SipMessage, via: Via, refusal: Refusal, from: Outbound): void {
    this.core.metrics.count('malformed_total');
    if (msg.method === 'ACK') return;
    const back = this.core.transport.wayBack(from, via.port ?? 5060);
    const topVia = viaSeenFrom(via, from.remoteAddress, from.remotePort);
    back.send(answerBroken(msg, topVia, refusal.status, refusal.reason, newTag()));
  }

  onRequest(msg: SipMessage, essentials: Essentials, from: Outbound): void {
    const { core } = this;
    if (msg.method === 'ACK') {
      this.#onAck(msg, essentials, from);
      return;
    }
    const key = transactionKey(msg, essentials, msg.method);
    const known = core.servers.get(key);
    if (known !== undefined) {
      core.metrics.count('retransmissions_absorbed_total');
      known.repeat();
      return;
    }
    const topVia = viaSeenFrom(essentials.via, from.remoteAddress, from.remotePort);
    const parts = this.#parts(msg, essentials, topVia);
    const back = core.transport.wayBack(from, essentials.via.port ?? 5060);
    if (this.#isOverloaded(msg.method, essentials, from)) {
      core.metrics.count('overload_refused_total');
      back.send(answer(parts, 503, newTag(), RETRY_AFTER));
      return;
    }
    const isInvite = msg.method === 'INVITE';
    const transaction = new ServerTransaction(core, key, isInvite, back, from.remoteAddress);
    core.servers.set(key, transaction);
    if (isInvite) {
      core.openHalfOpen(transaction);
      transaction.provisional(answer(parts, 100, undefined));
    }
    if (msg.method === 'CANCEL') {
      this.#onCancel(msg, essentials, parts, transaction, topVia, from);
      return;
    }
    const refusal = this.#screen(msg, essentials);
    if (refusal !== undefined) {
      this.#refuse(transaction, parts, refusal.status, refusal.extra);
      return;
    }
    const text = forwardText(msg, topVia, essentials.via.length);
    if (essentials.toTag !== undefined) {
      this.#onInDialog(
        new UasRequestDraft(transaction, msg, essentials, parts, text, from),
        essentials.toTag,
      );
      return;
    }
    this.#rememberConnection(msg, from);
    const request = new UasRequest(transaction, msg, essentials, parts, text, from, undefined);
    transaction.request = request;
    this.offer(request);
    if (isInvite) core.cdr('attempt', 'network', '', text);
  }

  #parts(msg: SipMessage, essentials: Essentials, topVia: string): AnswerParts {
    return {
      vias: viaLines(msg, topVia, essentials.via.length),
      from: essentials.from,
      to: essentials.to,
      hasToTag: essentials.toTag !== undefined,
      callId: essentials.callId,
      cseq: `${essentials.cseq.number} ${essentials.cseq.method}`,
    };
  }

  #isOverloaded(method: string, essentials: Essentials, from: Outbound): boolean {
    const { core } = this;
    // Room is kept for the end of calls that are up already: they must be able to free what they hold.
    const isEnding = essentials.toTag !== undefined || method === 'CANCEL';
    const limit = core.config.maxTransactions * (isEnding ? 1.25 : 1);
    if (core.servers.size + core.clients.size >= limit) return true;
    return (
      method === 'INVITE' && (core.halfOpen.get(from.remoteAddress) ?? 0) >= core.config.maxHalfOpenPerSource
    );
  }

  #screen(msg: SipMessage, essentials: Essentials): { status: number; extra: string } | undefined {
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

  #refuse(transaction: ServerTransaction, parts: AnswerParts, status: number, extra = ''): void {
    this.core.closeHalfOpen(transaction);
    transaction.final(status, answer(parts, status, newTag(), extra));
  }

  /** A registration over TCP tells over which connection that Contact is reached. */
  #rememberConnection(msg: SipMessage, from: Outbound): void {
    if (from.protocol !== 'tcp' || (msg.method !== 'REGISTER' && msg.method !== 'SUBSCRIBE')) return;
    const contact = parseNameAddr(msg.get(H.contact) ?? '')?.uri;
    const uri = contact === undefined ? undefined : parseSipUri(contact);
    const connection = this.core.transport.tcp.find(from.localAddress, from.remoteAddress, from.remotePort);
    if (uri !== undefined && connection !== undefined) {
      this.core.transport.tcp.alias(contactAlias(uri), connection);
    }
  }

  #onInDialog(draft: UasRequestDraft, toTag: string): void {
    const { msg, essentials, transaction, parts } = draft;
    let dialog = this.core.dialogs.find(essentials.callId, toTag, essentials.fromTag ?? '');
    if (dialog === undefined && msg.method === 'NOTIFY')
      dialog = this.#dialogFromNotify(msg, essentials, toTag);
    if (dialog === undefined) {
      this.#refuse(transaction, parts, 481);
      return;
    }
    if (essentials.cseq.number < dialog.remoteSeq) {
      this.#refuse(transaction, parts, 500);
      return;
    }
    if (msg.method === 'INVITE') {
      if (dialog.pendingInvites > 0) {
        this.#refuse(transaction, parts, 491);
        return;
      }
      if (dialog.hasPendingServerInvite) {
        this.#refuse(transaction, parts, 500, RETRY_AFTER);
        return;
      }
      dialog.hasPendingServerInvite = true;
    }
    dialog.remoteSeq = essentials.cseq.number;
    if (dialog.symmetric !== undefined) dialog.symmetric = draft.from;
    if (msg.method === 'PRACK' && !this.#acceptPrack(dialog, msg)) {
      this.#refuse(transaction, parts, 481);
      return;
    }
    if (msg.method === 'BYE') {
      this.#onBye(dialog, draft.text);
    }
    const request = new UasRequest(transaction, msg, essentials, parts, draft.text, draft.from, dialog);
    transaction.request = request;
    this.offer(request);
  }

  /** A NOTIFY may overtake the 2xx to the SUBSCRIBE, and makes the dialog then (RFC 6665 4.4.1). */
  #dialogFromNotify(msg: SipMessage, essentials: Essentials, toTag: string): Dialog | undefined {
    for (const request of this.#uac.requests.values()) {
      if (request.method !== 'SUBSCRIBE' || request.callId !== essentials.callId) continue;
      if (request.localTag !== toTag || request.dialog !== undefined) continue;
      const dialog = new Dialog({
        id: request.dialogId,
        role: 'uac',
        method: 'SUBSCRIBE',
        callId: essentials.callId,
        localTag: toTag,
        remoteTag: essentials.fromTag ?? '',
        localParty: essentials.to,
        remoteParty: essentials.from,
        localSeq: request.cseq,
        remoteSeq: -1,
        remoteTarget: parseNameAddr(msg.get(H.contact) ?? '')?.uri ?? '',
        routeSet: recordRoutes(msg),
      });
      dialog.state = 'confirmed';
      if (request.app !== undefined) dialog.own(request.app);
      this.core.dialogs.add(dialog);
      this.#uac.expireSubscription(dialog, 3_600);
      return dialog;
    }
    return undefined;
  }

  #onBye(dialog: Dialog, text: string): void {
    this.#stopRepeating(dialog);
    // Whatever INVITE of the peer is still open in the dialog ends with it (RFC 3261 15.1.2).
    if (dialog.hasPendingServerInvite || dialog.state === 'early') this.#endInvitesIn(dialog);
    this.core.cdr('stop', 'network', 'normal-release', text);
  }

  #endInvitesIn(dialog: Dialog): void {
    for (const request of this.requests.values()) {
      if (request.dialog === dialog && request.method === 'INVITE' && !request.isDone) {
        this.finish(request, 487);
      }
    }
  }

  #onAck(msg: SipMessage, essentials: Essentials, from: Outbound): void {
    const { core } = this;
    const transaction = core.servers.get(transactionKey(msg, essentials, 'INVITE'));
    if (transaction !== undefined && transaction.state !== 'accepted') {
      transaction.ack();
      return;
    }
    if (essentials.toTag === undefined) return;
    const dialog = core.dialogs.find(essentials.callId, essentials.toTag, essentials.fromTag ?? '');
    const repetition = dialog?.repetition;
    if (dialog === undefined || repetition === undefined || repetition.cseq !== essentials.cseq.number)
      return;
    this.#stopRepeating(dialog);
    const app = core.ownerOf(dialog);
    if (app === undefined) return;
    const topVia = viaSeenFrom(essentials.via, from.remoteAddress, from.remotePort);
    const text = forwardText(msg, topVia, essentials.via.length);
    core.sendSip(app, 'network', from, repetition.ackId, dialog.id, text);
  }

  #onCancel(
    msg: SipMessage,
    essentials: Essentials,
    parts: AnswerParts,
    transaction: ServerTransaction,
    topVia: string,
    from: Outbound,
  ): void {
    const { core } = this;
    const invite = core.servers.get(transactionKey(msg, essentials, 'INVITE'));
    if (invite === undefined || invite.state === 'accepted') {
      this.#refuse(transaction, parts, 481);
      return;
    }
    const request = invite.request as UasRequest | undefined;
    const tag = request?.localTag ?? newTag();
    transaction.final(200, answer(parts, 200, tag));
    if (request === undefined || request.isDone) return;
    request.localTag ??= tag;
    const { app, id } = request;
    const shownDialogId = request.dialog === undefined ? '' : request.dialog.id;
    core.cdr('stop', 'network', 'call-canceled', request.text);
    this.finish(request, 487);
    if (app !== undefined && core.apps.has(app)) {
      const text = forwardText(msg, topVia, essentials.via.length);
      core.sendSip(app, 'network', from, id, shownDialogId, text);
    }
  }

  // --- offering --------------------------------------------------------------------------------------------

  /** Gives a request to an app, or holds it until one comes. */
  offer(request: UasRequest): void {
    const { core } = this;
    const app = request.isInDialog
      ? this.#readyOwner(request.dialog as Dialog)
      : core.apps.pick(request.method.toLowerCase(), request.app?.tag);
    if (app === undefined) {
      this.#holdOrRefuse(request);
      return;
    }
    this.#release(request);
    request.app = app;
    this.requests.set(request.id, request);
    this.#watch(request);
    const { dialog } = request;
    if (request.isInDialog) {
      core.sendSip(app, 'network', request.from, request.id, (dialog as Dialog).id, request.text);
    } else {
      const { localAddress, localPort } = request.from;
      core.sendSip(
        app,
        'network',
        request.from,
        request.id,
        '',
        request.text,
        `${localAddress}|${localPort}|`,
      );
    }
  }

  #readyOwner(dialog: Dialog): AppConnection | undefined {
    const owner = this.core.ownerOf(dialog);
    return owner?.isReady === true ? owner : undefined;
  }

  #holdOrRefuse(request: UasRequest): void {
    const { core } = this;
    if (request.isHeld) return;
    if (!request.isInDialog && this.#isSettledWithoutRoute()) {
      // Apps are there and none takes this method. An OPTIONS is a keep-alive then.
      if (request.method === 'OPTIONS') this.finish(request, 200, `Allow: ${ALLOW}\r\n`);
      else this.finish(request, 503, RETRY_AFTER);
      return;
    }
    request.isHeld = true;
    this.held.add(request);
    core.metrics.count('held_total');
    if (request.isInDialog) return;
    if (core.config.inviteHoldMs === 0) {
      this.finish(request, 503, RETRY_AFTER);
      return;
    }
    this.#setTimer(request, core.config.inviteHoldMs, () => {
      if (request.isHeld) this.finish(request, 503, RETRY_AFTER);
    });
  }

  /** Is an app connected that has had the time to register its routes? */
  #isSettledWithoutRoute(): boolean {
    for (const app of this.core.apps) {
      if (performance.now() - app.connectedAtMs > 1_000) return true;
    }
    return false;
  }

  /** Tries the held requests again; called when an app becomes ready or registers a verb. */
  offerHeld(): void {
    for (const request of this.held) {
      const canGo = request.isInDialog
        ? this.#readyOwner(request.dialog as Dialog) !== undefined
        : this.core.apps.hasRoute(request.method.toLowerCase());
      if (canGo) this.offer(request);
    }
  }

  #release(request: UasRequest): void {
    request.isHeld = false;
    this.held.delete(request);
    if (request.timer !== undefined) this.core.wheel.cancel(request.timer);
  }

  #setTimer(request: UasRequest, delayMs: number, fire: () => void): void {
    if (request.timer !== undefined) this.core.wheel.cancel(request.timer);
    request.timer = new WheelTimer(fire);
    this.core.wheel.set(request.timer, delayMs);
  }

  /** An app that never answers: the engine answers for it before the peer has given up or waits for ever. */
  #watch(request: UasRequest): void {
    const { giveUpMs } = this.core.timings;
    if (request.method === 'INVITE') {
      this.#setTimer(request, giveUpMs * 2, () => this.finish(request, 480));
    } else if (request.method === 'BYE') {
      this.#setTimer(request, giveUpMs / 4, () => this.finish(request, 200));
    } else {
      // Too late to be heard of, RFC 4320 4.2 forbids a 408: forget it without a word.
      this.#setTimer(request, giveUpMs, () => this.#forget(request));
    }
  }

  #forget(request: UasRequest): void {
    this.#close(request);
    request.transaction.abandon();
  }

  /** Offers a request of a lost app anew, under a new id. */
  reoffer(request: UasRequest): void {
    this.requests.delete(request.id);
    if (request.isDone) return;
    request.id = randomUUID();
    this.offer(request);
  }

  // --- answering -------------------------------------------------------------------------------------------

  /** A final answer by the engine itself. */
  finish(request: UasRequest, status: number, extra = ''): void {
    if (request.isDone) return;
    const { dialog } = request;
    this.#close(request);
    request.localTag ??= newTag();
    request.transaction.final(status, answer(request.parts, status, request.localTag, extra));
    if (dialog === undefined) return;
    if (request.method === 'BYE' || (!request.isInDialog && dialog.state === 'early')) {
      this.core.removeDialog(dialog);
    }
  }

  #close(request: UasRequest): void {
    request.isDone = true;
    this.#release(request);
    this.requests.delete(request.id);
    this.core.closeHalfOpen(request.transaction);
    if (request.reliable !== undefined) this.core.wheel.cancel(request.reliable.timer);
    request.reliable = undefined;
    if (request.method === 'INVITE' && request.isInDialog && request.dialog !== undefined) {
      request.dialog.hasPendingServerInvite = false;
    }
    request.transaction.request = undefined;
  }

  onAppResponse(app: AppConnection, frame: SipFrame): void {
    const request = this.requests.get(frame.transactionId);
    if (request === undefined) {
      app.respond(frame.msgId, UNKNOWN_TRANSACTION);
      return;
    }
    const message = readAppMessage(frame.text);
    const status = message?.msg.status ?? 0;
    if (
      message === undefined ||
      message.msg.isRequest ||
      status < 100 ||
      message.msg.shapeError !== undefined
    ) {
      app.respond(frame.msgId, 'NOK|invalid response');
      return;
    }
    const content = contentOf(message);
    if (content === undefined) {
      app.respond(frame.msgId, 'NOK|missing content-type');
      return;
    }
    request.app = app;
    const isReliable = status > 100 && status < 200 && /^Require:.*\b100rel\b/im.test(message.others);
    if (isReliable && !this.#peerKnows100rel(request)) {
      app.respond(frame.msgId, 'NOK|Remote endpoint does not support 100rel');
      return;
    }
    this.#answerFromApp(app, frame.msgId, request, message, content, isReliable);
  }

  #peerKnows100rel(request: UasRequest): boolean {
    const { msg } = request;
    const offered = [...msg.all(H.supported), ...msg.all(H.require)].join(',');
    return request.method === 'INVITE' && /(^|[,\s])100rel([,\s]|$)/i.test(offered);
  }

  #answerFromApp(
    app: AppConnection,
    msgId: string,
    request: UasRequest,
    message: AppMessage,
    content: string,
    isReliable: boolean,
  ): void {
    const { status, reason } = message.msg;
    const isTagged = status > 100;
    if (isTagged && request.localTag === undefined) {
      request.localTag = (message.to === undefined ? undefined : tagOf(message.to)) ?? newTag();
    }
    const isDialogForming =
      !request.isInDialog && (request.method === 'INVITE' || request.method === 'SUBSCRIBE');
    const makesDialog =
      isDialogForming && isTagged && status < 300 && (request.method === 'INVITE' || status >= 200);
    if (makesDialog && request.dialog === undefined) request.dialog = this.#makeDialog(request, app);
    else if (request.dialog !== undefined) request.dialog.own(app);
    const rseq = isReliable ? this.#nextRSeq(request) : 0;
    let text = answerHead(
      request.parts,
      status,
      reason === '' ? (REASONS[status] ?? '') : reason,
      isTagged ? request.localTag : undefined,
    );
    if (makesDialog) for (const route of request.msg.all(H.recordRoute)) text += `Record-Route: ${route}\r\n`;
    text += this.#contactLine(request, message, status, isReliable);
    if (isReliable) text += `RSeq: ${rseq}\r\n`;
    text += localise(message.others, this.core.ownHostPort(request.transaction.back)) + content;
    this.#transmit(request, status, text, rseq, app);
    const { back } = request.transaction;
    const hasDialogId = isDialogForming || (request.isInDialog && request.method !== 'BYE');
    const shown = hasDialogId
      ? (request.dialog?.id ?? dialogId(request.essentials.callId, request.essentials.fromTag ?? ''))
      : '';
    app.respond(
      msgId,
      `OK|application|${text.length}|${back.protocol}|${back.remoteAddress}|${back.remotePort}|${frameTime()}|` +
        `${request.id}|${shown}||Msg sent:|\r\n${text}`,
    );
    if (status >= 200 && request.method === 'INVITE' && !request.isInDialog) {
      if (status < 300) this.core.cdr('start', 'application', 'uas', text);
      else this.core.cdr('stop', 'application', 'call-rejected', text);
    }
  }

  #contactLine(request: UasRequest, message: AppMessage, status: number, isReliable: boolean): string {
    const { back } = request.transaction;
    if (message.contact !== undefined) {
      return `Contact: ${localise(message.contact, this.core.ownHostPort(back))}\r\n`;
    }
    const { method } = request;
    const isSuccess = status >= 200 && status < 300;
    const isNeeded =
      isReliable ||
      (isSuccess && (method === 'INVITE' || method === 'SUBSCRIBE')) ||
      (method === 'INVITE' && request.isInDialog && status > 100 && status < 300);
    return isNeeded ? `Contact: ${this.core.ownContact(back)}\r\n` : '';
  }

  #transmit(request: UasRequest, status: number, text: string, rseq: number, app: AppConnection): void {
    const { transaction } = request;
    if (status < 200) {
      request.hasProvisional ||= status > 100;
      if (rseq > 0) this.#sendReliably(request, rseq, text);
      else if (status > 100 || !transaction.isInvite) transaction.provisional(text);
      if (request.method === 'INVITE' && status > 100) this.#refreshProvisional(request);
      return;
    }
    const { dialog } = request;
    const ackId = request.isInDialog ? randomUUID() : request.id;
    this.#close(request);
    transaction.final(status, text);
    if (dialog === undefined) return;
    if (status < 300) this.#succeed(request, dialog, text, ackId, app);
    else if (!request.isInDialog) this.core.removeDialog(dialog);
    if (request.method === 'BYE') this.core.removeDialog(dialog);
    if (request.method === 'NOTIFY' && isTerminated(request.msg) && dialog.method === 'SUBSCRIBE') {
      this.core.removeDialog(dialog);
    }
  }

  #succeed(request: UasRequest, dialog: Dialog, text: string, ackId: string, app: AppConnection): void {
    const { method, msg } = request;
    if (method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE') {
      const contact = parseNameAddr(msg.get(H.contact) ?? '')?.uri;
      if (contact !== undefined && request.isInDialog) dialog.remoteTarget = contact;
    }
    if (method === 'INVITE') {
      if (!request.isInDialog) this.core.metrics.count('dialogs_total');
      dialog.state = 'confirmed';
      dialog.own(app);
      this.#repeatUntilAck(dialog, text, request.transaction.back, request.essentials.cseq.number, ackId);
    } else if (method === 'SUBSCRIBE') {
      dialog.state = 'confirmed';
      const expires = Number(/^Expires:[ \t]*(\d+)/im.exec(text)?.[1] ?? msg.get(H.expires) ?? '3600');
      this.#uac.expireSubscription(dialog, Number.isFinite(expires) ? expires : 3_600);
    }
  }

  #makeDialog(request: UasRequest, app: AppConnection): Dialog {
    const { msg, essentials, from } = request;
    const remoteTag = essentials.fromTag ?? '';
    const contact = parseNameAddr(msg.get(H.contact) ?? '')?.uri;
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
      remoteTarget: contact ?? parseNameAddr(essentials.from)?.uri ?? '',
      routeSet,
    });
    const isSingleHop = msg.count(H.via) === 1 && essentials.via.length === (msg.get(H.via) ?? '').length;
    if (routeSet.length === 0 && isSingleHop) {
      if (from.protocol === 'tcp' || contactDiffersFrom(dialog.remoteTarget, from)) dialog.symmetric = from;
    }
    dialog.own(app);
    this.core.dialogs.add(dialog);
    return dialog;
  }

  // --- 2xx until ACK ---------------------------------------------------------------------------------------

  /** RFC 3261 13.3.1.4: T1 doubling to T2, for 64*T1, whatever the transport; then the call is hung up. */
  #repeatUntilAck(dialog: Dialog, text: string, back: Outbound, cseq: number, ackId: string): void {
    this.#stopRepeating(dialog);
    const { wheel, timings } = this.core;
    const timer = new WheelTimer(() => {
      const repetition = dialog.repetition;
      if (repetition === undefined) return;
      repetition.leftMs -= repetition.intervalMs;
      if (repetition.leftMs <= 0) {
        dialog.repetition = undefined;
        this.core.metrics.count('ack_timeouts_total');
        this.#uac.bye(dialog, 'SIP;cause=200;text="ACK timeout"', true);
        return;
      }
      back.send(text);
      repetition.intervalMs = Math.min(repetition.intervalMs * 2, timings.t2Ms, repetition.leftMs);
      wheel.set(timer, repetition.intervalMs);
    });
    const { t1Ms: intervalMs, giveUpMs: leftMs } = timings;
    dialog.repetition = { text, back, cseq, intervalMs, leftMs, timer, ackId };
    wheel.set(timer, intervalMs);
  }

  #stopRepeating(dialog: Dialog): void {
    if (dialog.repetition === undefined) return;
    this.core.wheel.cancel(dialog.repetition.timer);
    dialog.repetition = undefined;
  }

  // --- provisional responses -------------------------------------------------------------------------------

  /** A proxy forgets a ringing call after three minutes unless it hears from us (RFC 3261 13.3.1.1). */
  #refreshProvisional(request: UasRequest): void {
    this.#setTimer(request, PROVISIONAL_REFRESH_MS, () => {
      if (request.isDone || request.isHeld) return;
      if (request.reliable === undefined) request.transaction.repeat();
      this.#refreshProvisional(request);
    });
  }

  #nextRSeq(request: UasRequest): number {
    request.lastRSeq = request.lastRSeq === 0 ? newSequence() : request.lastRSeq + 1;
    return request.lastRSeq;
  }

  #sendReliably(request: UasRequest, rseq: number, text: string): void {
    if (request.reliable !== undefined) {
      request.reliableQueue.push({ rseq, text });
      return;
    }
    const { wheel, timings } = this.core;
    const timer = new WheelTimer(() => {
      const { reliable } = request;
      if (reliable === undefined || request.isDone) return;
      reliable.leftMs -= reliable.intervalMs;
      if (reliable.leftMs <= 0) {
        this.finish(request, 500);
        return;
      }
      request.transaction.provisional(reliable.text);
      reliable.intervalMs = Math.min(reliable.intervalMs * 2, reliable.leftMs);
      wheel.set(timer, reliable.intervalMs);
    });
    request.reliable = { rseq, text, intervalMs: timings.t1Ms, leftMs: timings.giveUpMs, timer };
    request.transaction.provisional(text);
    wheel.set(timer, timings.t1Ms);
  }

  /** Stops the repetition that a PRACK acknowledges; false for a PRACK that acknowledges nothing (RFC 3262 3). */
  #acceptPrack(dialog: Dialog, msg: SipMessage): boolean {
    const rack = /^(\d+)\s+(\d+)\s+INVITE$/.exec(msg.get(H.rack) ?? '');
    if (rack === null) return false;
    for (const request of this.requests.values()) {
      if (request.dialog !== dialog || request.method !== 'INVITE') continue;
      const { reliable } = request;
      if (reliable?.rseq !== Number(rack[1]) || request.essentials.cseq.number !== Number(rack[2])) continue;
      this.core.wheel.cancel(reliable.timer);
      request.reliable = undefined;
      const next = request.reliableQueue.shift();
      if (next !== undefined) this.#sendReliably(request, next.rseq, next.text);
      return true;
    }
    return false;
  }
}

/** The parts of an in-dialog request before its dialog is known. */
class UasRequestDraft {
  readonly transaction: ServerTransaction;
  readonly msg: SipMessage;
  readonly essentials: Essentials;
  readonly parts: AnswerParts;
  readonly text: string;
  readonly from: Outbound;

  constructor(
    transaction: ServerTransaction,
    msg: SipMessage,
    essentials: Essentials,
    parts: AnswerParts,
    text: string,
    from: Outbound,
  ) {
    this.transaction = transaction;
    this.msg = msg;
    this.essentials = essentials;
    this.parts = parts;
    this.text = text;
    this.from = from;
  }
}

function recordRoutes(msg: SipMessage): string[] {
  const routes: string[] = [];
  for (const line of msg.all(H.recordRoute)) routes.push(...splitNameAddrs(line));
  return routes;
}

function isTerminated(msg: SipMessage): boolean {
  return /^terminated\b/i.test(msg.get(H.subscriptionState) ?? '');
}

/**
 * Which transaction a request belongs to (RFC 3261 17.2.3). Peers older than RFC 3261 put nothing unique into the
 * branch; for them it is the fields that a retransmission repeats.
 */
function transactionKey(msg: SipMessage, essentials: Essentials, method: string): string {
  const { via } = essentials;
  if (isRfc3261Branch(via.branch)) return `${via.branch}|${via.host}:${via.port ?? 5060}|${method}`;
  const { callId, cseq, fromTag } = essentials;
  const top = via.branch ?? '';
  return `old|${callId}|${fromTag ?? ''}|${cseq.number}|${msg.uri}|${top}|${via.host}:${via.port ?? 5060}|${method}`;
}
