/**
 * Provisional responses that must be repeated: reliable ones until their PRACK, ringing ones so that no proxy forgets
 * the call. RFC 3262 3; RFC 3261 13.3.1.1. It does not write them, the app does.
 *
 * Races stopped here: a second reliable response waits for the PRACK of the first; a PRACK that comes late, or for
 * nothing, is told apart from one that counts.
 */
import type { Dialog } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import { H } from '../wire/header-names.ts';
import type { SipMessage } from '../wire/message.ts';
import type { Core } from './core.ts';
import { newSequence } from './ids.ts';
import type { UasOffers } from './uas-offers.ts';
import type { UasRequest } from './uas-request.ts';

const REFRESH_MS = 60_000;

export class UasProvisionals {
  readonly #core: Core;
  readonly #offers: UasOffers;

  constructor(core: Core, offers: UasOffers) {
    this.#core = core;
    this.#offers = offers;
  }

  /** A proxy forgets a ringing call after three minutes unless it hears from us (RFC 3261 13.3.1.1). */
  refresh(request: UasRequest): void {
    this.#offers.setTimer(request, REFRESH_MS, () => {
      if (request.isDone || request.isHeld) return;
      if (request.reliable === undefined) request.transaction.repeat();
      this.refresh(request);
    });
  }

  nextRSeq(request: UasRequest): number {
    request.lastRSeq = request.lastRSeq === 0 ? newSequence() : request.lastRSeq + 1;
    return request.lastRSeq;
  }

  sendReliably(request: UasRequest, rseq: number, text: string): void {
    if (request.reliable !== undefined) {
      request.reliableQueue.push({ rseq, text });
      return;
    }
    const { wheel, timings } = this.#core;
    const timer = new WheelTimer(() => {
      const { reliable } = request;
      if (reliable === undefined || request.isDone) return;
      reliable.leftMs -= reliable.intervalMs;
      if (reliable.leftMs <= 0) {
        this.#offers.finish(request, 500);
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
  acceptPrack(dialog: Dialog, msg: SipMessage): boolean {
    const rack = /^(\d+)\s+(\d+)\s+INVITE$/.exec(msg.get(H.rack) ?? '');
    if (rack === null) return false;
    for (const request of this.#offers.requests.values()) {
      if (request.dialog !== dialog || request.method !== 'INVITE') continue;
      const { reliable } = request;
      if (reliable?.rseq !== Number(rack[1]) || request.essentials.cseq.number !== Number(rack[2])) continue;
      this.#core.wheel.cancel(reliable.timer);
      request.reliable = undefined;
      const next = request.reliableQueue.shift();
      if (next !== undefined) this.sendReliably(request, next.rseq, next.text);
      return true;
    }
    return false;
  }
}
