/**
 * Answers of apps to requests that came in: checked, completed with what the engine decides, sent, and what they mean
 * for the dialog. RFC 3261 8.2.6, 12.1.1, 13.3; RFC 3262 3; RFC 6665.
 *
 * Races stopped here: a late answer of the app is refused; the app that answers last owns the dialog.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection, SipFrame } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { dialogId } from '../dialog/dialog.ts';
import { REASONS, answerHead } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import type { SipMessage } from '../wire/message.ts';
import { tagOf } from '../wire/name-addr.ts';
import { contentOf, localise, readAppMessage } from './app-message.ts';
import type { AppMessage } from './app-message.ts';
import type { Core } from './core.ts';
import { frameTime } from './core.ts';
import { dialogOfRequest, refreshTarget } from './dialog-making.ts';
import { newTag } from './ids.ts';
import { repeatUntilAck } from './success-repetition.ts';
import type { UacSender } from './uac-sender.ts';
import type { UasOffers } from './uas-offers.ts';
import type { UasProvisionals } from './uas-provisionals.ts';
import type { UasRequest } from './uas-request.ts';

const UNKNOWN_TRANSACTION = 'NOK|Response not sent due to unknown transaction';

export class UasAnswers {
  readonly #core: Core;
  readonly #offers: UasOffers;
  readonly #provisionals: UasProvisionals;
  readonly #sender: UacSender;

  constructor(core: Core, offers: UasOffers, provisionals: UasProvisionals, sender: UacSender) {
    this.#core = core;
    this.#offers = offers;
    this.#provisionals = provisionals;
    this.#sender = sender;
  }

  onAppResponse(app: AppConnection, frame: SipFrame): void {
    const request = this.#offers.requests.get(frame.transactionId);
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
    const rseq = isReliable ? this.#provisionals.nextRSeq(request) : 0;
    let text = answerHead(
      request.parts,
      status,
      reason === '' ? (REASONS[status] ?? '') : reason,
      isTagged ? request.localTag : undefined,
    );
    if (makesDialog) for (const route of request.msg.all(H.recordRoute)) text += `Record-Route: ${route}\r\n`;
    text += this.#contactLine(request, message, status, isReliable);
    if (isReliable) text += `RSeq: ${rseq}\r\n`;
    text += localise(message.others, this.#core.ownHostPort(request.transaction.back)) + content;
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
      if (status < 300) this.#core.cdr('start', 'application', 'uas', text);
      else this.#core.cdr('stop', 'application', 'call-rejected', text);
    }
  }

  #contactLine(request: UasRequest, message: AppMessage, status: number, isReliable: boolean): string {
    const { back } = request.transaction;
    if (message.contact !== undefined) {
      return `Contact: ${localise(message.contact, this.#core.ownHostPort(back))}\r\n`;
    }
    const { method } = request;
    const isSuccess = status >= 200 && status < 300;
    const isNeeded =
      isReliable ||
      (isSuccess && (method === 'INVITE' || method === 'SUBSCRIBE')) ||
      (method === 'INVITE' && request.isInDialog && status > 100 && status < 300);
    return isNeeded ? `Contact: ${this.#core.ownContact(back)}\r\n` : '';
  }

  #transmit(request: UasRequest, status: number, text: string, rseq: number, app: AppConnection): void {
    const { transaction } = request;
    if (status < 200) {
      request.hasProvisional ||= status > 100;
      if (rseq > 0) this.#provisionals.sendReliably(request, rseq, text);
      else if (status > 100 || !transaction.isInvite) transaction.provisional(text);
      if (request.method === 'INVITE' && status > 100) this.#provisionals.refresh(request);
      return;
    }
    const { dialog } = request;
    const ackId = request.isInDialog ? randomUUID() : request.id;
    this.#offers.close(request);
    transaction.final(status, text);
    if (dialog === undefined) return;
    if (status < 300) this.#succeed(request, dialog, text, ackId, app);
    else if (!request.isInDialog) this.#core.removeDialog(dialog);
    if (request.method === 'BYE') this.#core.removeDialog(dialog);
    if (request.method === 'NOTIFY' && isTerminated(request.msg) && dialog.method === 'SUBSCRIBE') {
      this.#core.removeDialog(dialog);
    }
  }

  #succeed(request: UasRequest, dialog: Dialog, text: string, ackId: string, app: AppConnection): void {
    const { method, msg } = request;
    const isTargetRefresh = method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE';
    if (isTargetRefresh && request.isInDialog) refreshTarget(dialog, msg);
    if (method === 'INVITE') {
      if (!request.isInDialog) this.#core.metrics.count('dialogs_total');
      dialog.state = 'confirmed';
      dialog.own(app);
      const { back } = request.transaction;
      repeatUntilAck(this.#core, this.#sender, dialog, text, back, request.essentials.cseq.number, ackId);
    } else if (method === 'SUBSCRIBE') {
      dialog.state = 'confirmed';
      const expires = Number(/^Expires:[ \t]*(\d+)/im.exec(text)?.[1] ?? msg.get(H.expires) ?? '3600');
      this.#core.expireSubscription(dialog, Number.isFinite(expires) ? expires : 3_600);
    }
  }

  #makeDialog(request: UasRequest, app: AppConnection): Dialog {
    const dialog = dialogOfRequest(request);
    dialog.own(app);
    this.#core.dialogs.add(dialog);
    return dialog;
  }
}

function isTerminated(msg: SipMessage): boolean {
  return /^terminated\b/i.test(msg.get(H.subscriptionState) ?? '');
}
