/**
 * Blind transfer by the phone's own key (RFC 3515, 5589 §6): an agent's phone names in REFER whom the call is to go to.
 * Nobody but an agent's phone may ask. Nothing is called by us on its word: what the name stands for, and whether the call goes there, is decided above this
 * port, and the phone is told by one final NOTIFY. A transfer that would join two calls (Replaces) is declined.
 */
import type { CallContext } from './context.ts';
import type { Leg } from './leg.ts';
import type { SipRequest, SipResponse } from './srf.ts';
import { userOf } from './uri.ts';

export function handleRefer(ctx: CallContext, leg: Leg, req: SipRequest, res: SipResponse): void {
  const referTo = req.get('refer-to')?.trim() ?? '';
  const uri = /^[^<]*<([^<>]+)>/.exec(referTo)?.[1] ?? referTo.split(';')[0]!;
  const target = userOf(uri);
  if (target === undefined) return res.send(400, 'Bad Refer-To');
  if (uri.includes('?') || leg.phoneId === undefined || leg.state !== 'up' || leg.refer) return res.send(603);
  leg.refer = { res, isReported: !/^\s*false\b/i.test(req.get('refer-sub') ?? '') };
  ctx.emit({ type: 'leg.transfer-asked', legId: leg.id, target });
}

/** To be called before the leg is hung up. Without a REFER that waits for it, it does nothing. */
export function acceptRefer(ctx: CallContext, leg: Leg): void {
  const { refer, dialogId } = leg;
  delete leg.refer;
  if (!refer || !dialogId) return;
  // RFC 4488: the phone may ask for no report.
  if (!refer.isReported) return refer.res.send(202, { headers: { 'Refer-Sub': 'false' } });
  refer.res.send(202);
  const headers = {
    Event: 'refer',
    'Subscription-State': 'terminated;reason=noresource',
    'Content-Type': 'message/sipfrag;version=2.0',
  };
  ctx.srf.request(
    { method: 'NOTIFY', stackDialogId: dialogId, headers, body: 'SIP/2.0 200 OK\r\n' },
    (error) => {
      if (error) ctx.logger.debug({ err: error, legId: leg.id }, 'NOTIFY of a transfer not sent');
    },
  );
}

export function refuseRefer(leg: Leg, status: number, reason: string): void {
  const { refer } = leg;
  delete leg.refer;
  refer?.res.send(status, reason);
}
