/**
 * Requests that come in for a dialog: their order, what they end or settle, and the ACK of our 2xx.
 * RFC 3261 12.2.2, 13.2.2.4, 14.2, 15.1.2; RFC 3262 3; RFC 6665 4.4.1.
 *
 * Races stopped here: two INVITEs at once in one dialog; requests that overtake each other; a BYE while an INVITE is
 * open; a NOTIFY before the answer to its SUBSCRIBE.
 */
import type { Dialog } from '../dialog/dialog.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import type { AnswerParts } from '../wire/build.ts';
import { forwardText } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import type { Essentials } from '../wire/validate.ts';
import { viaSeenFrom } from '../wire/via.ts';
import type { Core } from './core.ts';
import { dialogOfNotify } from './dialog-making.ts';
import { stopRepeating } from './success-repetition.ts';
import { transactionKey } from './transaction-key.ts';
import type { UacSender } from './uac-sender.ts';
import { RETRY_AFTER } from './uas-offers.ts';
import type { UasOffers } from './uas-offers.ts';
import type { UasProvisionals } from './uas-provisionals.ts';
import { UasRequest } from './uas-request.ts';

export class UasInDialog {
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

  onRequest(draft: UasRequestDraft, toTag: string): void {
    const { msg, essentials, transaction, parts } = draft;
    let dialog = this.#core.dialogs.find(essentials.callId, toTag, essentials.fromTag ?? '');
    if (dialog === undefined && msg.method === 'NOTIFY')
      dialog = this.#dialogFromNotify(msg, essentials, toTag);
    if (dialog === undefined) {
      this.#offers.refuse(transaction, parts, 481);
      return;
    }
    if (essentials.cseq.number < dialog.remoteSeq) {
      this.#offers.refuse(transaction, parts, 500);
      return;
    }
    if (msg.method === 'INVITE') {
      if (dialog.pendingInvites > 0) {
        this.#offers.refuse(transaction, parts, 491);
        return;
      }
      if (dialog.hasPendingServerInvite) {
        this.#offers.refuse(transaction, parts, 500, RETRY_AFTER);
        return;
      }
      dialog.hasPendingServerInvite = true;
    }
    dialog.remoteSeq = essentials.cseq.number;
    if (dialog.symmetric !== undefined) dialog.symmetric = draft.from;
    if (msg.method === 'PRACK' && !this.#provisionals.acceptPrack(dialog, msg)) {
      this.#offers.refuse(transaction, parts, 481);
      return;
    }
    if (msg.method === 'BYE') {
      this.#onBye(dialog, draft.text);
    }
    const request = new UasRequest(transaction, msg, essentials, parts, draft.text, draft.from, dialog);
    transaction.request = request;
    this.#offers.offer(request);
  }

  /** A NOTIFY may overtake the 2xx to the SUBSCRIBE, and makes the dialog then (RFC 6665 4.4.1). */
  #dialogFromNotify(msg: SipMessage, essentials: Essentials, toTag: string): Dialog | undefined {
    for (const request of this.#sender.requests.values()) {
      if (request.method !== 'SUBSCRIBE' || request.callId !== essentials.callId) continue;
      if (request.localTag !== toTag || request.dialog !== undefined) continue;
      const dialog = dialogOfNotify(request, msg, essentials, toTag);
      if (request.app !== undefined) dialog.own(request.app);
      this.#core.dialogs.add(dialog);
      this.#core.expireSubscription(dialog, 3_600);
      return dialog;
    }
    return undefined;
  }

  #onBye(dialog: Dialog, text: string): void {
    stopRepeating(this.#core, dialog);
    // Whatever INVITE of the peer is still open in the dialog ends with it (RFC 3261 15.1.2).
    if (dialog.hasPendingServerInvite || dialog.state === 'early') this.#endInvitesIn(dialog);
    this.#core.cdr('stop', 'network', 'normal-release', text);
  }

  #endInvitesIn(dialog: Dialog): void {
    for (const request of this.#offers.requests.values()) {
      if (request.dialog === dialog && request.method === 'INVITE' && !request.isDone) {
        this.#offers.finish(request, 487);
      }
    }
  }

  onAck(msg: SipMessage, essentials: Essentials, from: Outbound): void {
    const core = this.#core;
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
    stopRepeating(this.#core, dialog);
    const app = core.ownerOf(dialog);
    if (app === undefined) return;
    const topVia = viaSeenFrom(essentials.via, from.remoteAddress, from.remotePort);
    const text = forwardText(msg, topVia, essentials.via.length);
    core.sendSip(app, 'network', from, repetition.ackId, dialog.id, text);
  }
}

/** The parts of an in-dialog request before its dialog is known. */
export class UasRequestDraft {
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
