/**
 * Requests that come in: matched to transactions, screened, and handed on: to the dialog they name, or to be offered
 * to an app. RFC 3261 8.2, 9.2, 17.2.3; RFC 6026.
 *
 * Races stopped here: a retransmission never reaches an app twice; a CANCEL is answered by the engine even if the
 * app is silent.
 */
import { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import { answer, answerBroken, viaLines } from '../wire/build.ts';
import type { AnswerParts } from '../wire/build.ts';
import { forwardText } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import { parseSipUri } from '../wire/uri.ts';
import type { Essentials, Refusal } from '../wire/validate.ts';
import { viaSeenFrom } from '../wire/via.ts';
import type { Via } from '../wire/via.ts';
import type { Core } from './core.ts';
import { contactUri } from './dialog-making.ts';
import { newTag } from './ids.ts';
import { contactAlias } from './outgoing.ts';
import { screen } from './screening.ts';
import { transactionKey } from './transaction-key.ts';
import { UasInDialog, UasRequestDraft } from './uas-in-dialog.ts';
import { RETRY_AFTER } from './uas-offers.ts';
import type { UasOffers } from './uas-offers.ts';
import { UasRequest } from './uas-request.ts';

export class Uas {
  readonly #core: Core;
  readonly #offers: UasOffers;
  readonly #inDialog: UasInDialog;

  constructor(core: Core, offers: UasOffers, inDialog: UasInDialog) {
    this.#core = core;
    this.#offers = offers;
    this.#inDialog = inDialog;
  }

  /** A request too broken to act on: answered if the RFC allows it, without any state. */
  refuseBroken(msg: SipMessage, via: Via, refusal: Refusal, from: Outbound): void {
    this.#core.metrics.count('malformed_total');
    if (msg.method === 'ACK') return;
    const back = this.#core.transport.wayBack(from, via.port ?? 5060);
    const topVia = viaSeenFrom(via, from.remoteAddress, from.remotePort);
    back.send(answerBroken(msg, topVia, refusal.status, refusal.reason, newTag()));
  }

  onRequest(msg: SipMessage, essentials: Essentials, from: Outbound): void {
    const core = this.#core;
    if (msg.method === 'ACK') {
      this.#inDialog.onAck(msg, essentials, from);
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
    const refusal = screen(msg, essentials);
    if (refusal !== undefined) {
      this.#offers.refuse(transaction, parts, refusal.status, refusal.extra);
      return;
    }
    const text = forwardText(msg, topVia, essentials.via.length);
    if (essentials.toTag !== undefined) {
      this.#inDialog.onRequest(
        new UasRequestDraft(transaction, msg, essentials, parts, text, from),
        essentials.toTag,
      );
      return;
    }
    this.#rememberConnection(msg, from);
    const request = new UasRequest(transaction, msg, essentials, parts, text, from, undefined);
    transaction.request = request;
    this.#offers.offer(request);
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
    const core = this.#core;
    // Room is kept for the end of calls that are up already: they must be able to free what they hold.
    const isEnding = essentials.toTag !== undefined || method === 'CANCEL';
    const limit = core.config.maxTransactions * (isEnding ? 1.25 : 1);
    if (core.servers.size + core.clients.size >= limit) return true;
    return (
      method === 'INVITE' && (core.halfOpen.get(from.remoteAddress) ?? 0) >= core.config.maxHalfOpenPerSource
    );
  }

  /** A registration over TCP tells over which connection that Contact is reached. */
  #rememberConnection(msg: SipMessage, from: Outbound): void {
    if (from.protocol !== 'tcp' || (msg.method !== 'REGISTER' && msg.method !== 'SUBSCRIBE')) return;
    const contact = contactUri(msg);
    const uri = contact === undefined ? undefined : parseSipUri(contact);
    const connection = this.#core.transport.tcp.find(from.localAddress, from.remoteAddress, from.remotePort);
    if (uri !== undefined && connection !== undefined) {
      this.#core.transport.tcp.alias(contactAlias(uri), connection);
    }
  }

  #onCancel(
    msg: SipMessage,
    essentials: Essentials,
    parts: AnswerParts,
    transaction: ServerTransaction,
    topVia: string,
    from: Outbound,
  ): void {
    const core = this.#core;
    const invite = core.servers.get(transactionKey(msg, essentials, 'INVITE'));
    if (invite === undefined || invite.state === 'accepted') {
      this.#offers.refuse(transaction, parts, 481);
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
    this.#offers.finish(request, 487);
    if (app !== undefined && core.apps.has(app)) {
      const text = forwardText(msg, topVia, essentials.via.length);
      core.sendSip(app, 'network', from, id, shownDialogId, text);
    }
  }
}
