/**
 * Incoming INVITE: who is it, may it, and the answer. UAS side of RFC 3261 §13.3.
 * Race: the caller's CANCEL may cross our 200; the engine then answers 481 to the CANCEL, or tells us first,
 * in which case the leg ends and whatever media was opened is closed again.
 */
import { randomUUID } from 'node:crypto';
import type { CallContext } from './context.ts';
import { bye } from './dial-out.ts';
import {
  localSdp,
  mediaOf,
  moveLeg,
  newLeg,
  type IncomingInfo,
  type Leg,
  type PendingRecord,
} from './leg.ts';
import { localIpOf } from './registrar.ts';
import { offeredCodecs, offeredDtmfPt, readSdp, type RemoteMedia } from './sdp.ts';
import type { NameAddr, SipRequest, SipResponse } from './srf.ts';
import { userOf } from './uri.ts';

export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, REFER, PRACK';
const knownExtensions = new Set(['100rel', 'timer', 'replaces']);

/** RFC 3261 §8.2.2.3: true when it was answered 420. */
export function refusesExtensions(req: SipRequest, res: SipResponse): boolean {
  const unknown = (req.get('require') ?? '')
    .split(',')
    .map((s) => s.trim().toLowerCase())
    .filter((s) => s !== '' && !knownExtensions.has(s));
  if (unknown.length === 0) return false;
  res.send(420, { headers: { Unsupported: unknown.join(', ') } });
  return true;
}

/** Reads the offer of a request; undefined when there is none, null when the request was refused. */
export function readOffer(req: SipRequest, res: SipResponse): RemoteMedia | undefined | null {
  const body = req.body?.trim() ? req.body : undefined;
  if (!body) return undefined;
  const type = (req.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/sdp') {
    res.send(415, { headers: { Accept: 'application/sdp' } });
    return null;
  }
  const media = readSdp(body);
  if (typeof media === 'object') return media;
  res.send(media === 'malformed' ? 400 : 488, { headers: { Warning: `399 hearthline "${media}"` } });
  return null;
}

export function handleInvite(ctx: CallContext, req: SipRequest, res: SipResponse): void {
  if (refusesExtensions(req, res)) return;
  const dialled = userOf(req.uri);
  const who = identify(ctx, req, res, dialled);
  if (!who) return;
  const number = dialled === undefined ? undefined : ctx.admission.number(dialled);
  const isFeatureCode = who.source.kind === 'phone' && dialled?.startsWith('*') === true;
  if (dialled === undefined || (!number && !isFeatureCode)) return res.send(404);
  if (!req.has('contact')) return res.send(400, 'Missing Contact');
  const offer = readOffer(req, res);
  if (offer === null) return;
  if (isOverCap(ctx, who.source, dialled, number?.maxCalls)) return res.send(486);
  const leg = newLeg(legIdFor(ctx, req), 'in', localIpOf(req));
  leg.incoming = { dialled, source: who.source, pii: who.pii };
  leg.invite = { req, res };
  if (offer) leg.remote = offer;
  ctx.legs.set(leg.id, leg);
  ctx.store.save(leg.id, { pendingDialogId: dialogIdOf(req) } satisfies PendingRecord);
  req.on('cancel', () => ctx.ended(leg, 'remote', 'cancelled by the caller'));
  try {
    ctx.emit({ type: 'leg.incoming', legId: leg.id, ...leg.incoming });
  } catch (error) {
    // Refused by whoever dispatches: the leg must not count against the limits for ever.
    ctx.forget(leg);
    throw error;
  }
}

/** As the engine names the dialog that this INVITE will make (its control protocol, §9). */
function dialogIdOf(req: SipRequest): string {
  const from = req.getParsedHeader('from') as NameAddr;
  return `${req.get('call-id')};from-tag=${from.params['tag'] ?? ''}`;
}

/**
 * A caller whom a crash kept from being answered is the same caller: same id, same place in the queue. The answer may
 * have been written down and yet never sent: then what was taken over for it is no leg.
 */
function legIdFor(ctx: CallContext, req: SipRequest): string {
  const dialogId = dialogIdOf(req);
  const phantom = ctx.byDialog.get(dialogId);
  const known = phantom?.isAdopted ? phantom.id : ctx.expected.get(dialogId);
  ctx.expected.delete(dialogId);
  if (phantom?.isAdopted) ctx.forget(phantom);
  return known ?? `l-${randomUUID()}`;
}

type Caller = Pick<IncomingInfo, 'source' | 'pii'>;

/**
 * A trunk is known by its address; everybody else must prove to be a phone. At a trunk's address a phone of ours is
 * told by its credentials, by a feature code, or by the port it registered from: on one host both may live, while a
 * PBX may well have extensions that are named like our phones.
 */
function identify(
  ctx: CallContext,
  req: SipRequest,
  res: SipResponse,
  dialled: string | undefined,
): Caller | undefined {
  const from = req.getParsedHeader('from') as NameAddr;
  const fromUser = userOf(from.uri) ?? '';
  const fromName = from.name?.replace(/^"|"$/g, '').trim().slice(0, 80);
  const pii = { from: fromUser.slice(0, 80) || 'anonymous', ...(fromName && { fromName }) };
  const trunk = ctx.admission.trunkOf(req.source_address, req.source_port);
  const isClaimingPhone =
    req.has('authorization') ||
    dialled?.startsWith('*') === true ||
    ctx.registrar.isBoundAt(fromUser, req.source_address, req.source_port);
  if (trunk && !isClaimingPhone) return { source: { kind: 'trunk', trunkId: trunk.trunkId }, pii };
  const phoneId = ctx.registrar.authenticate(req, res);
  if (phoneId === undefined) return undefined;
  return { source: { kind: 'phone', phoneId }, pii: { ...pii, from: phoneId } };
}

function isOverCap(
  ctx: CallContext,
  source: IncomingInfo['source'],
  dialled: string,
  numberCap: number | undefined,
): boolean {
  const trunkCap = source.kind === 'trunk' ? ctx.admission.trunkById(source.trunkId)?.maxCalls : undefined;
  if (numberCap !== undefined && ctx.legs.ofNumber(dialled) >= numberCap) return true;
  return source.kind === 'trunk' && trunkCap !== undefined && ctx.legs.ofTrunk(source.trunkId) >= trunkCap;
}

export function answerLeg(ctx: CallContext, leg: Leg): void {
  if (!leg.invite || !moveLeg(leg, 'answer')) return;
  const reserved = ctx.ports.take();
  if (reserved) leg.mediaWorker = reserved.worker;
  ctx.media
    .open({
      sessionId: leg.id,
      ...(reserved && { port: reserved.port }),
      rtpTimeoutMs: ctx.timings.rtpNeverMs,
      ...(leg.remote && mediaOf(leg.remote)),
    })
    .then(({ port }) => {
      leg.port = port;
      if (leg.state !== 'answering') return ctx.attempt('close', ctx.media.close(leg.id));
      sendAnswer(ctx, leg);
    })
    .catch((error: unknown) => {
      ctx.logger.error({ err: error, legId: leg.id }, 'no media for an incoming call');
      leg.invite?.res.send(503, { headers: { 'Retry-After': '5' } });
      ctx.ended(leg, 'fault', 'no media');
    });
}

/** The media engine went away between the opening of the port and the answer. */
export function endWithoutMedia(ctx: CallContext, leg: Leg): void {
  if (leg.dialogId) bye(ctx, leg.dialogId, 'media engine restarted');
  ctx.ended(leg, 'media-lost', 'media engine restarted');
}

function sendAnswer(ctx: CallContext, leg: Leg): void {
  const { res } = leg.invite!;
  leg.isAnswerInAck = !leg.remote;
  const body = localSdp(leg, { codecs: offeredCodecs, dtmfPt: offeredDtmfPt });
  // Written down before it is sent: a crash in between must find the caller, not an orphan.
  leg.dialogId = dialogIdOf(leg.invite!.req);
  ctx.remember(leg);
  res.send(200, { headers: { 'Content-Type': 'application/sdp', Allow: allowedMethods }, body }, (error) => {
    delete leg.invite;
    if (error || !res.stackDialogId) return ctx.ended(leg, 'fault', 'the answer could not be sent');
    // Given up while the 200 was under way: the call is up at the caller, and only a BYE ends it.
    if (!moveLeg(leg, 'sent')) return bye(ctx, res.stackDialogId, 'given up before it was answered');
    ctx.established(leg, res.stackDialogId);
    if (leg.port === 0) return endWithoutMedia(ctx, leg);
    ctx.emit({ type: 'leg.answered', legId: leg.id });
  });
}
