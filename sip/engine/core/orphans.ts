/**
 * What happens to calls when their app goes away: nothing that the caller hears, if another app comes in time.
 *
 *   unanswered requests of the peer  -> offered to another app of the verb, else held, else 503
 *   our INVITEs without an answer    -> cancelled; a 200 that crosses is acknowledged and hung up
 *   established dialogs              -> kept for the grace time, owned by the next app of the same tag
 *   at the end of the grace time     -> held BYEs get 200, other held requests 503, every orphan is hung up
 */
import type { AppConnection } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import type { Core } from './core.ts';
import type { UacSender } from './uac-sender.ts';
import type { UasOffers } from './uas-offers.ts';

const ORPHAN_REASON = 'SIP;cause=503;text="application gone"';
/** Hang-ups per turn of the loop when thousands of calls end at once. */
const BYES_PER_TURN = 100;

export class Orphans {
  readonly #core: Core;
  readonly #offers: UasOffers;
  readonly #sender: UacSender;
  readonly #grace = new Map<string, WheelTimer>();

  constructor(core: Core, offers: UasOffers, sender: UacSender) {
    this.#core = core;
    this.#offers = offers;
    this.#sender = sender;
  }

  onAppLost(app: AppConnection): void {
    this.#cancelItsInvites(app);
    this.#settleItsDialogs(app);
    for (const request of this.#offers.requests.values()) {
      if (request.app === app) this.#offers.reoffer(request);
    }
    const { tag } = app;
    if (this.#core.apps.ownerFor(tag) !== undefined || this.#grace.has(tag)) return;
    const timer = new WheelTimer(() => this.#endGrace(tag));
    this.#grace.set(tag, timer);
    this.#core.wheel.set(timer, this.#core.config.graceMs);
  }

  onAppBack(app: AppConnection): void {
    for (const tag of [app.tag, '']) {
      const timer = this.#grace.get(tag);
      if (timer === undefined) continue;
      this.#core.wheel.cancel(timer);
      this.#grace.delete(tag);
    }
  }

  #cancelItsInvites(app: AppConnection): void {
    for (const request of this.#sender.requests.values()) {
      if (request.app !== app) continue;
      request.app = undefined;
      if (request.method === 'INVITE' && request.dialog === undefined) {
        request.wantCancel('Reason: SIP;cause=480;text="application gone"\r\n');
      }
    }
  }

  /** A 2xx that the app got and did not acknowledge: a new call is given up, a re-INVITE is just completed. */
  #settleItsDialogs(app: AppConnection): void {
    for (const dialog of this.#core.dialogs) {
      if (dialog.owner !== app) continue;
      dialog.owner = undefined;
      const seq = dialog.unackedSeq;
      if (seq === undefined) continue;
      this.#sender.sendAck(dialog, seq, undefined);
      if (dialog.role === 'uac' && seq === dialog.inviteSeq) this.#sender.bye(dialog, ORPHAN_REASON, false);
    }
  }

  #endGrace(tag: string): void {
    this.#grace.delete(tag);
    for (const request of this.#offers.held) {
      if (!request.isInDialog || request.dialog?.ownerTag !== tag) continue;
      if (request.method === 'BYE') this.#offers.finish(request, 200);
      else this.#offers.finish(request, 503);
    }
    const orphans: Dialog[] = [];
    for (const dialog of this.#core.dialogs) {
      if (dialog.ownerTag === tag && dialog.owner === undefined && dialog.state === 'confirmed') {
        orphans.push(dialog);
      }
    }
    this.#core.log.warn({ orphans: orphans.length }, 'grace time over, hanging up orphaned dialogs');
    this.#core.metrics.count('orphans_ended_total', orphans.length);
    this.#hangUp(orphans);
  }

  #hangUp(orphans: Dialog[]): void {
    for (const dialog of orphans.splice(0, BYES_PER_TURN)) {
      if (dialog.method === 'INVITE') this.#sender.bye(dialog, ORPHAN_REASON, false);
      else this.#core.removeDialog(dialog);
    }
    if (orphans.length > 0) setImmediate(() => this.#hangUp(orphans));
  }
}
