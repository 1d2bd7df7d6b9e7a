/**
 * Our 2xx to an INVITE, sent again until its ACK comes. RFC 3261 13.3.1.4.
 *
 * The race stopped here: an ACK that never comes would leave a call up that the peer does not have; it is hung up.
 */
import type { Dialog } from '../dialog/dialog.ts';
import { WheelTimer } from '../timer-wheel.ts';
import type { Outbound } from '../transport/flow.ts';
import type { Core } from './core.ts';
import type { UacSender } from './uac-sender.ts';

/** T1 doubling to T2, for 64*T1, whatever the transport; then the call is hung up. */
export function repeatUntilAck(
  core: Core,
  sender: UacSender,
  dialog: Dialog,
  text: string,
  back: Outbound,
  cseq: number,
  ackId: string,
): void {
  stopRepeating(core, dialog);
  const { wheel, timings } = core;
  const timer = new WheelTimer(() => {
    const repetition = dialog.repetition;
    if (repetition === undefined) return;
    repetition.leftMs -= repetition.intervalMs;
    if (repetition.leftMs <= 0) {
      dialog.repetition = undefined;
      core.metrics.count('ack_timeouts_total');
      sender.bye(dialog, 'SIP;cause=200;text="ACK timeout"', true);
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

export function stopRepeating(core: Core, dialog: Dialog): void {
  if (dialog.repetition === undefined) return;
  core.wheel.cancel(dialog.repetition.timer);
  dialog.repetition = undefined;
}
