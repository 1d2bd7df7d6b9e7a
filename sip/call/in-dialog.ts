/**
 * Requests inside a call: BYE, re-INVITE and UPDATE (hold, resume, a new address), ACK with an answer, DTMF by
 * INFO, transfer by REFER. A re-INVITE changes nothing in the routing of audio but what its peer says of itself (design §6).
 */
import type { CallContext } from './context.ts';
import { allowedMethods, readOffer, refusesExtensions } from './invite-in.ts';
import { localSdp, mediaOf, type Leg } from './leg.ts';
import { handleRefer } from './refer.ts';
import { answerDirection, offeredCodecs, offeredDtmfPt, readSdp, type RemoteMedia } from './sdp.ts';
import type { SipRequest, SipResponse } from './srf.ts';

export function handleInDialog(ctx: CallContext, leg: Leg, req: SipRequest, res: SipResponse): void {
  switch (req.method) {
    case 'BYE':
      res.send(200);
      return ctx.ended(leg, req.source === 'application' ? 'fault' : 'remote', reasonOf(req));
    case 'INVITE':
    case 'UPDATE':
      return renegotiate(ctx, leg, req, res);
    case 'ACK':
      return answerInAck(ctx, leg, req);
    case 'INFO':
      res.send(200);
      return dtmfByInfo(ctx, leg, req);
    case 'OPTIONS':
      return res.send(200, { headers: { Allow: allowedMethods, Accept: 'application/sdp' } });
    case 'NOTIFY':
    case 'PRACK':
      return res.send(200);
    case 'REFER':
      return handleRefer(ctx, leg, req, res);
    default:
      return res.send(405, { headers: { Allow: allowedMethods } });
  }
}

function reasonOf(req: SipRequest): string {
  const header = req.get('reason') ?? '';
  return /text="([^"]{1,100})"/.exec(header)?.[1] ?? 'hung up';
}

function renegotiate(ctx: CallContext, leg: Leg, req: SipRequest, res: SipResponse): void {
  if (refusesExtensions(req, res)) return;
  const offer = readOffer(req, res);
  if (offer === null) return;
  if (offer) applyRemote(ctx, leg, offer);
  const isInvite = req.method === 'INVITE';
  if (!offer && !isInvite) return res.send(200);
  // Without an offer we offer everything as it stands, and the answer comes in the ACK (RFC 3261 §14.2).
  leg.isAnswerInAck = !offer;
  if (!offer) leg.direction = 'sendrecv';
  leg.sdpVersion++;
  ctx.remember(leg);
  const body = localSdp(leg, { codecs: offeredCodecs, dtmfPt: offeredDtmfPt });
  res.send(200, { headers: { 'Content-Type': 'application/sdp', Allow: allowedMethods }, body });
}

function answerInAck(ctx: CallContext, leg: Leg, req: SipRequest): void {
  if (!leg.isAnswerInAck) return;
  leg.isAnswerInAck = false;
  const answer = req.body?.trim() ? readSdp(req.body) : 'malformed';
  if (typeof answer === 'object') applyRemote(ctx, leg, answer);
  else ctx.logger.warn({ legId: leg.id, fault: answer }, 'no usable answer in the ACK');
}

/** What the peer now says of itself: address, codec, and whether it listens. */
function applyRemote(ctx: CallContext, leg: Leg, remote: RemoteMedia): void {
  const wasHeld = leg.isHeld;
  leg.remote = remote;
  leg.direction = answerDirection(remote.direction);
  leg.isHeld = remote.direction === 'sendonly' || remote.direction === 'inactive';
  ctx.attempt(
    'update',
    ctx.media.update({
      sessionId: leg.id,
      ...mediaOf(remote),
      direction: leg.direction,
    }),
  );
  ctx.remember(leg);
  if (leg.isHeld !== wasHeld) ctx.emit({ type: leg.isHeld ? 'leg.held' : 'leg.resumed', legId: leg.id });
}

function dtmfByInfo(ctx: CallContext, leg: Leg, req: SipRequest): void {
  const type = (req.get('content-type') ?? '').toLowerCase();
  const body = req.body ?? '';
  const digit = type.includes('dtmf-relay') ? /Signal\s*=\s*([0-9*#A-D])/i.exec(body)?.[1] : body.trim();
  if (type.includes('dtmf') && digit && /^[0-9*#A-D]$/i.test(digit))
    ctx.emit({ type: 'leg.dtmf', legId: leg.id, digit: digit.toUpperCase() });
}
