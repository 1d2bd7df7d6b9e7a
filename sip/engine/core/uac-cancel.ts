/**
 * The CANCEL of one INVITE of ours, from the wish to the end of the INVITE. RFC 3261 9.1.
 *
 * Races stopped here: a CANCEL before any provisional response is held until one comes, and not sent any more once
 * the INVITE has its final answer; an INVITE whose peer ignores the CANCEL does not stay for ever.
 */
import { WheelTimer } from '../timer-wheel.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { followUp } from '../wire/build.ts';
import { H } from '../wire/header-names.ts';
import { parseMessage } from '../wire/message.ts';
import type { SipMessage } from '../wire/message.ts';
import type { Core } from './core.ts';
import { clientKey } from './outgoing.ts';

/** What it must know of the INVITE, as that stands at the moment. */
export interface CancellableInvite {
  readonly text: string;
  readonly cseq: number;
  readonly branch: string;
  readonly isFinal: boolean;
  readonly transaction: ClientTransaction | undefined;
  failInternally(statusLine: string): void;
}

export class UacCancel {
  isSent = false;
  readonly #core: Core;
  readonly #invite: CancellableInvite;
  /** Header lines of whoever cancels. */
  readonly #extra: string;
  #giveUp: WheelTimer | undefined;

  constructor(core: Core, invite: CancellableInvite, extra: string) {
    this.#core = core;
    this.#invite = invite;
    this.#extra = extra;
  }

  get text(): string {
    const sent = parseMessage(this.#invite.text) as SipMessage;
    return followUp(sent, 'CANCEL', sent.get(H.to) as string, this.#invite.cseq, this.#extra);
  }

  sendIfDue(): void {
    const invite = this.#invite;
    const { transaction } = invite;
    if (this.isSent || invite.isFinal || transaction?.hasProvisional !== true) return;
    this.isSent = true;
    const core = this.#core;
    const key = clientKey(invite.branch, 'CANCEL');
    const cancel = new ClientTransaction(core, key, false, this.text, transaction.out, undefined);
    core.clients.set(key, cancel);
    cancel.start();
    // RFC 3261 9.1: without a final response for 64*T1 the INVITE counts as cancelled.
    this.#giveUp = new WheelTimer(() => {
      if (invite.isFinal) return;
      transaction.abandon();
      invite.failInternally('487 Request Terminated');
    });
    core.wheel.set(this.#giveUp, core.timings.giveUpMs);
  }

  /** The INVITE has its final answer. */
  stop(): void {
    if (this.#giveUp !== undefined) this.#core.wheel.cancel(this.#giveUp);
  }
}
