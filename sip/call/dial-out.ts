/**
 * Outgoing leg to a phone of ours: one INVITE per registered contact, the first 200 wins (RFC 3261 §13.2, §16.7
 * in spirit); or to a number behind a trunk. Races: a 200 that crosses our CANCEL is acknowledged and ended; a second 200 after the winner
 * likewise; a phone that answers nothing at all is given up early, long before the transaction's 32 s.
 */
import type { CallContext } from './context.ts';
import { localSdp, mediaOf, moveLeg, newLeg, type Branch, type Leg } from './leg.ts';
import type { DialFace, DialFailure, DialOptions, SipOutbound } from '../port.ts';
import { addressTowards } from './address-towards.ts';
import type { Binding } from './registrar.ts';
import { offeredCodecs, offeredDtmfPt, readSdp } from './sdp.ts';
import type { Acknowledge, OutgoingRequest, SipResponse } from './srf.ts';
import { escapeUser, hostOf, quote } from './uri.ts';

/** The reason of a leg that is given up because another phone was picked up. */
const answeredElsewhere = 'answered-elsewhere';

/** One INVITE: to a phone's contact, or to a trunk. */
interface Destination {
  uri: string;
  /** Where it is sent to, whatever the URI says. */
  proxy: string;
  auth?: { username: string; password: string };
}

export function dialOut(ctx: CallContext, legId: string, options: DialOptions): void {
  if (ctx.legs.has(legId)) return;
  if ('trunkId' in options) dialTrunk(ctx, legId, options);
  else dialPhone(ctx, legId, options);
}

function dialPhone(ctx: CallContext, legId: string, options: DialFace & { phoneId: string }): void {
  const bindings = ctx.registrar.locate(options.phoneId);
  const leg = newLeg(legId, 'out', bindings[0]?.localIp ?? '127.0.0.1');
  leg.phoneId = options.phoneId;
  ctx.legs.set(legId, leg);
  if (bindings.length === 0) return failSoon(ctx, leg, 'unreachable', 480, 'not registered');
  const destinations = bindings.map((binding) => ({ uri: binding.contact, proxy: nextHop(binding) }));
  dial(ctx, leg, options, destinations);
}

function dialTrunk(
  ctx: CallContext,
  legId: string,
  options: DialFace & { trunkId: string; number: string },
): void {
  const { trunkId, number } = options;
  const trunk = ctx.admission.trunkById(trunkId);
  const isFull = trunk !== undefined && ctx.legs.ofTrunk(trunkId) >= trunk.maxCalls;
  const leg = newLeg(legId, 'out', '127.0.0.1');
  leg.trunkId = trunkId;
  ctx.legs.set(legId, leg);
  if (!trunk?.outbound) return failSoon(ctx, leg, 'unreachable', 503, 'no such way out');
  if (isFull) return failSoon(ctx, leg, 'unreachable', 503, 'the trunk is full');
  wayOut(ctx, trunk.outbound, number).then(
    ({ localIp, destination }) => {
      leg.localIp = localIp;
      // Forgotten meanwhile, or given up: then `dial` says so.
      if (leg.state !== 'ended') dial(ctx, leg, options, [destination]);
    },
    (error: unknown) => {
      ctx.logger.warn({ err: error, trunkId }, 'a trunk cannot be used');
      failed(ctx, leg, 'unreachable', 503, 'no way to the trunk');
    },
  );
}

async function wayOut(
  ctx: CallContext,
  { host, port, transport, auth }: SipOutbound,
  number: string,
): Promise<{ localIp: string; destination: Destination }> {
  const { localIp, remoteIp } = await addressTowards(host, port);
  const at = `${hostOf(remoteIp)}:${port}`;
  const destination = {
    uri: `sip:${escapeUser(number)}@${at}`,
    proxy: `sip:${at}${transport === 'udp' ? '' : `;transport=${transport}`}`,
    ...(auth && { auth: { username: auth.username, password: await ctx.secretOf(auth.secret) } }),
  };
  return { localIp, destination };
}

function dial(ctx: CallContext, leg: Leg, face: DialFace, destinations: readonly Destination[]): void {
  if (!ctx.isSignallingUp) return failSoon(ctx, leg, 'fault', 503, 'signalling is down');
  const { near } = face;
  const reserved = ctx.ports.take(near === undefined ? undefined : ctx.legs.get(near)?.mediaWorker);
  if (reserved) leg.port = reserved.port;
  const opened = ctx.media.open({
    sessionId: leg.id,
    rtpTimeoutMs: ctx.timings.rtpNeverMs,
    ...(near && { near }),
    ...(reserved && { port: reserved.port }),
  });
  // With a port in hand the INVITE leaves before the media engine has heard of the leg; what follows reaches it in order.
  // After whatever is being carried out now, though: that may take the offer back.
  (reserved ? Promise.resolve(reserved) : opened)
    .then(({ port }) => sendInvites(ctx, leg, port, { destinations, face }))
    .catch((error: unknown) => noMedia(ctx, leg, error));
  if (reserved) opened.catch((error: unknown) => noMedia(ctx, leg, error));
}

function sendInvites(
  ctx: CallContext,
  leg: Leg,
  port: number,
  { destinations, face }: { destinations: readonly Destination[]; face: DialFace },
): void {
  // Forgotten before it had a port that could have been given back.
  if (leg.state === 'ended' && leg.port === 0) return ctx.attempt('close', ctx.media.close(leg.id));
  if (leg.state === 'ended') return;
  leg.port = port;
  if (leg.state !== 'dialing') return failed(ctx, leg, 'cancelled', 487, leg.closeReason ?? 'given up');
  for (const destination of destinations) sendInvite(ctx, leg, destination, face);
  const { noResponseMs, trunkNoResponseMs } = ctx.timings;
  const patienceMs = leg.phoneId === undefined ? trunkNoResponseMs : noResponseMs;
  leg.noResponseTimer = setTimeout(() => giveUpSilent(ctx, leg), patienceMs);
}

/** The phone may ring already, or have been picked up: it is let go. */
function noMedia(ctx: CallContext, leg: Leg, error: unknown): void {
  leg.port = 0;
  if (leg.state === 'ended') return;
  ctx.logger.error({ err: error, legId: leg.id }, 'no media for an outgoing call');
  if (leg.state === 'up') {
    if (leg.dialogId) bye(ctx, leg.dialogId, 'no media');
    return ctx.ended(leg, 'media-lost', 'no media');
  }
  cancelDial(ctx, leg, 'no media');
  failed(ctx, leg, 'fault', 503, 'no media');
}

/** Never inside the caller's own call: it may hold a half-changed state. */
function failSoon(ctx: CallContext, leg: Leg, cause: DialFailure, status: number, reason: string): void {
  setImmediate(() => failed(ctx, leg, cause, status, reason));
}

function failed(ctx: CallContext, leg: Leg, cause: DialFailure, status: number, reason: string): void {
  if (leg.state === 'ended') return;
  ctx.forget(leg);
  ctx.emit({ type: 'dial.failed', legId: leg.id, cause, status, reason });
}

function sendInvite(ctx: CallContext, leg: Leg, { uri, proxy, auth }: Destination, face: DialFace): void {
  const branch: Branch = {
    contact: uri,
    hasProvisional: false,
    isDone: false,
    isCancelWanted: false,
  };
  leg.branches.push(branch);
  const from = `${quote(face.displayName)} <sip:${escapeUser(face.pii.from)}@localhost>`;
  ctx.srf.request(
    {
      uri,
      method: 'INVITE',
      proxy,
      ...(auth && { auth }),
      headers: {
        From: from,
        Contact: `<sip:${escapeUser(face.pii.from)}@localhost>`,
        'Content-Type': 'application/sdp',
        Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, REFER, PRACK',
      },
      body: localSdp(leg, { codecs: offeredCodecs, dtmfPt: offeredDtmfPt }),
    },
    (error, req) => {
      if (error || !req) return branchDone(ctx, leg, branch, 503, error?.message ?? 'not sent');
      branch.req = req;
      req.on('response', (res, ack) => onResponse(ctx, leg, branch, res, ack));
      if (branch.isCancelWanted) cancelBranch(ctx, leg, branch);
    },
  );
}

/** The address the REGISTER came from: right behind NAT, and the same as the contact elsewhere. */
function nextHop(binding: Binding): string {
  const transport = binding.protocol === 'udp' ? '' : `;transport=${binding.protocol}`;
  return `sip:${hostOf(binding.ip)}:${binding.port}${transport}`;
}

function onResponse(ctx: CallContext, leg: Leg, branch: Branch, res: SipResponse, ack: Acknowledge): void {
  branch.hasProvisional = true;
  if (res.status < 200) {
    if (res.status > 100 && moveLeg(leg, 'ring')) ctx.emit({ type: 'dial.alerted', legId: leg.id });
    if (res.has('RSeq')) ack();
    return;
  }
  if (res.status >= 300) {
    branchDone(ctx, leg, branch, res.status, res.reason);
    return;
  }
  branch.isDone = true;
  ack();
  const remote = res.body ? readSdp(res.body) : 'malformed';
  if (!res.stackDialogId || leg.state === 'ended' || leg.state === 'closing' || leg.state === 'up') {
    if (res.stackDialogId) bye(ctx, res.stackDialogId, 'answered too late');
    if (leg.state === 'closing') branchDone(ctx, leg, branch, 487, leg.closeReason ?? 'given up');
    return;
  }
  if (typeof remote !== 'object') {
    bye(ctx, res.stackDialogId, 'no usable audio');
    branchDone(ctx, leg, branch, 488, `answer without usable audio: ${remote}`);
    return;
  }
  accept(ctx, leg, branch, res.stackDialogId, remote);
}

function accept(
  ctx: CallContext,
  leg: Leg,
  winner: Branch,
  dialogId: string,
  remote: NonNullable<Leg['remote']>,
): void {
  if (!moveLeg(leg, 'accept')) return;
  clearTimeout(leg.noResponseTimer);
  leg.remote = remote;
  leg.closeReason = answeredElsewhere;
  for (const branch of leg.branches) if (branch !== winner && !branch.isDone) cancelBranch(ctx, leg, branch);
  ctx.attempt('update', ctx.media.update({ sessionId: leg.id, ...mediaOf(remote) }));
  ctx.established(leg, dialogId);
  if (leg.port === 0) {
    bye(ctx, dialogId, 'media engine restarted');
    return failAnswered(ctx, leg);
  }
  ctx.emit({ type: 'dial.answered', legId: leg.id });
}

/** Answered, but its audio is gone: to routing it was never answered. */
function failAnswered(ctx: CallContext, leg: Leg): void {
  ctx.forget(leg);
  ctx.emit({
    type: 'dial.failed',
    legId: leg.id,
    cause: 'fault',
    status: 500,
    reason: 'media engine restarted',
  });
}

/** A leg fails when its last branch has; the reason is that of the branch which says most. */
function branchDone(ctx: CallContext, leg: Leg, branch: Branch, status: number, reason: string): void {
  if (branch.isDone && leg.state === 'up') return;
  branch.isDone = true;
  if (leg.branches.some((b) => !b.isDone) || leg.state === 'up') return;
  const cause = leg.state === 'closing' && status === 487 ? 'cancelled' : causeOf(status);
  failed(ctx, leg, cause, status, reason);
}

function causeOf(status: number): DialFailure {
  if (status === 486 || status === 600) return 'busy';
  if ([403, 480, 603, 302, 488].includes(status)) return 'rejected';
  if (status === 487) return 'no-answer';
  if ([404, 408, 410, 430, 500, 502, 503, 504].includes(status)) return 'unreachable';
  return 'rejected';
}

function giveUpSilent(ctx: CallContext, leg: Leg): void {
  if (leg.state !== 'dialing' || leg.branches.some((b) => b.hasProvisional)) return;
  for (const branch of leg.branches) cancelBranch(ctx, leg, branch);
  if (leg.phoneId) ctx.registrar.markDead(leg.phoneId);
  failed(ctx, leg, 'unreachable', 408, 'nothing is answered there');
}

export function cancelDial(ctx: CallContext, leg: Leg, reason: string): void {
  leg.closeReason = reason;
  if (!moveLeg(leg, 'close')) return;
  clearTimeout(leg.noResponseTimer);
  for (const branch of leg.branches) if (!branch.isDone) cancelBranch(ctx, leg, branch);
}

function cancelBranch(ctx: CallContext, leg: Leg, branch: Branch): void {
  const req: OutgoingRequest | undefined = branch.req;
  if (!req) {
    branch.isCancelWanted = true;
    return;
  }
  // RFC 3326 §3.1: the phone then shows no missed call.
  const isElsewhere = leg.closeReason === answeredElsewhere;
  const headers = isElsewhere ? { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } : {};
  req.cancel({ headers }, (error) => {
    if (error) ctx.logger.debug({ err: error }, 'CANCEL not sent');
  });
}

export function bye(ctx: CallContext, dialogId: string, reason: string): void {
  const text = reason.replace(/["\\\r\n]/g, ' ');
  ctx.srf.request(
    {
      method: 'BYE',
      stackDialogId: dialogId,
      headers: { Reason: `Q.850;cause=16;text="${text}"` },
    },
    (error) => {
      if (error) ctx.logger.debug({ err: error, dialogId }, 'BYE not sent');
    },
  );
}
