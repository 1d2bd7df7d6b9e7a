/**
 * Requests that came in, from their offer to an app to their end: given to an app or held until one comes, watched,
 * and answered by the engine itself where the app does not. It neither reads the network nor apps' answers.
 * RFC 3261 8.2, 13.3.1.1; RFC 4320 4.2.
 *
 * Races stopped here: no request is ever left without an answer because an app went away or is silent; a request is
 * closed once, so whatever comes later finds nothing.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { ALLOW, answer } from '../wire/build.ts';
import type { AnswerParts } from '../wire/build.ts';
import type { Core } from './core.ts';
import { newTag } from './ids.ts';
import type { UasRequest } from './uas-request.ts';

export const RETRY_AFTER = 'Retry-After: 5\r\n';

export class UasOffers {
  /** Offered requests without a final answer, by the id the app knows. */
  readonly requests = new Map<string, UasRequest>();
  /** Requests that wait for an app to come, or to be ready. */
  readonly held = new Set<UasRequest>();
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  // --- offering --------------------------------------------------------------------------------------------

  /** Gives a request to an app, or holds it until one comes. */
  offer(request: UasRequest): void {
    const core = this.#core;
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
    const owner = this.#core.ownerOf(dialog);
    return owner?.isReady === true ? owner : undefined;
  }

  #holdOrRefuse(request: UasRequest): void {
    const core = this.#core;
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
    this.setTimer(request, core.config.inviteHoldMs, () => {
      if (request.isHeld) this.finish(request, 503, RETRY_AFTER);
    });
  }

  /** Is an app connected that has had the time to register its routes? */
  #isSettledWithoutRoute(): boolean {
    for (const app of this.#core.apps) {
      if (performance.now() - app.connectedAtMs > 1_000) return true;
    }
    return false;
  }

  /** Tries the held requests again; called when an app becomes ready or registers a verb. */
  offerHeld(): void {
    for (const request of this.held) {
      const canGo = request.isInDialog
        ? this.#readyOwner(request.dialog as Dialog) !== undefined
        : this.#core.apps.hasRoute(request.method.toLowerCase());
      if (canGo) this.offer(request);
    }
  }

  #release(request: UasRequest): void {
    request.isHeld = false;
    this.held.delete(request);
    if (request.timer !== undefined) this.#core.wheel.cancel(request.timer);
  }

  setTimer(request: UasRequest, delayMs: number, fire: () => void): void {
    if (request.timer !== undefined) this.#core.wheel.cancel(request.timer);
    request.timer = new WheelTimer(fire);
    this.#core.wheel.set(request.timer, delayMs);
  }

  /** An app that never answers: the engine answers for it before the peer has given up or waits for ever. */
  #watch(request: UasRequest): void {
    const { giveUpMs } = this.#core.timings;
    if (request.method === 'INVITE') {
      this.setTimer(request, giveUpMs * 2, () => this.finish(request, 480));
    } else if (request.method === 'BYE') {
      this.setTimer(request, giveUpMs / 4, () => this.finish(request, 200));
    } else {
      // Too late to be heard of, RFC 4320 4.2 forbids a 408: forget it without a word.
      this.setTimer(request, giveUpMs, () => this.#forget(request));
    }
  }

  #forget(request: UasRequest): void {
    this.close(request);
    request.transaction.abandon();
  }

  /** Offers a request of a lost app anew, under a new id. */
  reoffer(request: UasRequest): void {
    this.requests.delete(request.id);
    if (request.isDone) return;
    request.id = randomUUID();
    this.offer(request);
  }

  // --- answers of the engine -------------------------------------------------------------------------------

  /** A final answer to a request that is not offered at all. */
  refuse(transaction: ServerTransaction, parts: AnswerParts, status: number, extra = ''): void {
    this.#core.closeHalfOpen(transaction);
    transaction.final(status, answer(parts, status, newTag(), extra));
  }

  /** A final answer by the engine itself. */
  finish(request: UasRequest, status: number, extra = ''): void {
    if (request.isDone) return;
    const { dialog } = request;
    this.close(request);
    request.localTag ??= newTag();
    request.transaction.final(status, answer(request.parts, status, request.localTag, extra));
    if (dialog === undefined) return;
    if (request.method === 'BYE' || (!request.isInDialog && dialog.state === 'early')) {
      this.#core.removeDialog(dialog);
    }
  }

  /** Everything that waits for its end is let go; the answer is up to the caller. */
  close(request: UasRequest): void {
    request.isDone = true;
    this.#release(request);
    this.requests.delete(request.id);
    this.#core.closeHalfOpen(request.transaction);
    if (request.reliable !== undefined) this.#core.wheel.cancel(request.reliable.timer);
    request.reliable = undefined;
    if (request.method === 'INVITE' && request.isInDialog && request.dialog !== undefined) {
      request.dialog.hasPendingServerInvite = false;
    }
    request.transaction.request = undefined;
  }
}
