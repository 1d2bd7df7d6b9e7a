/**
 * Call control over drachtio-srf: joins the flows of this folder behind the port others see (sip/port.ts).
 * It decides nothing about routing. It runs unchanged on the embedded engine and on drachtio-server.
 */
import type { Logger } from 'pino';
import { MediaClient } from '../media/client.ts';
import type { CallControl, CallEvent, DialOptions, LegStore, LegView, SipSite } from '../port.ts';
import { Admission, isTrunkAddress } from './admission.ts';
import { adoptLegs, dropLostMedia, dropLostSignalling, dropUnsettled, endAdoption } from './adoption.ts';
import { CallContext, type CallTimings } from './context.ts';
import { bye, cancelDial, dialOut } from './dial-out.ts';
import { handleInDialog } from './in-dialog.ts';
import { allowedMethods, answerLeg, handleInvite, refusesExtensions } from './invite-in.ts';
import type { IncomingInfo, Leg } from './leg.ts';
import { acceptRefer, refuseRefer } from './refer.ts';
import { Registrar } from './registrar.ts';
import { createSrf, type SipRequest, type SipResponse } from './srf.ts';

export interface CallControlOptions {
  control: { host: string; port: number };
  secret: string;
  mediaControl: string;
  /** Ties this process to the dialogs of the one before it (engine: owner of dialogs). */
  tag: string;
  store: LegStore;
  logger: Logger;
  minExpiresSec: number;
  maxExpiresSec: number;
  timings: CallTimings;
  /** The password of that name, asked for at each call. */
  secretOf: (name: string) => Promise<string>;
  /** How long `start` waits for both engines before it goes on without. */
  startTimeoutMs: number;
}

export const defaultTimings: CallTimings = {
  noResponseMs: 2500,
  trunkNoResponseMs: 8000,
  rtpTimeoutMs: 20_000,
  rtpNeverMs: 60_000,
};

/** The engine hands over what it holds within a second of our coming back. */
const adoptionMs = 5000;

export function createCallControl(options: CallControlOptions): CallControl {
  return new SrfCallControl(options);
}

class SrfCallControl implements CallControl {
  private readonly options: CallControlOptions;
  private readonly ctx: CallContext;
  /** What the engine called itself: another one has none of our dialogs. */
  private engineId: string | undefined;
  private isStopping = false;
  private isAdopting = true;

  constructor(options: CallControlOptions) {
    this.options = options;
    const { store } = options;
    const registrar = new Registrar({
      minExpiresSec: options.minExpiresSec,
      maxExpiresSec: options.maxExpiresSec,
      now: Date.now,
      onRegistered: (phoneId, transport) => this.ctx.emit({ type: 'phone.registered', phoneId, transport }),
      onUnregistered: (phoneId, reason) => this.ctx.emit({ type: 'phone.unregistered', phoneId, reason }),
      onChanged: (phoneId, bindings) =>
        bindings ? store.saveBinding(phoneId, bindings) : store.removeBinding(phoneId),
    });
    this.ctx = new CallContext({
      srf: createSrf(options.tag),
      media: new MediaClient(),
      registrar,
      admission: new Admission(),
      store,
      logger: options.logger,
      timings: options.timings,
      secretOf: options.secretOf,
    });
    this.listenToSignalling();
    this.listenToMedia();
  }

  configure(site: SipSite): void {
    this.ctx.admission.configure(site.trunks, site.numbers);
    this.ctx.registrar.configure(site.realm, site.phones, site.digestAlgorithms);
  }

  async start(): Promise<{ adopted: string[]; lost: string[]; phones: string[] }> {
    const stored = await this.options.store.load();
    const sessions = await this.connectMedia();
    const found = adoptLegs(this.ctx, stored, sessions);
    await this.connectSignalling(found.engineId);
    // Another engine than the one that holds these dialogs: none of them lives.
    const isOtherEngine = found.engineId !== undefined && this.engineId !== found.engineId;
    const lost = [...found.lost];
    if (isOtherEngine) lost.push(...dropLostSignalling(this.ctx, { isSilent: true }));
    for (const dialogId of found.orphanDialogs) bye(this.ctx, dialogId, 'lost in a restart');
    setTimeout(() => {
      endAdoption(this.ctx);
      this.isAdopting = false;
    }, adoptionMs).unref();
    const adopted = [...this.ctx.legs.keys()];
    return { adopted, lost, phones: this.ctx.registrar.registeredPhones() };
  }

  stop(): void {
    this.isStopping = true;
    // Commands cut off by letting go are no news of the calls: those go on, and the next process hears of them.
    this.ctx.mute();
    this.ctx.registrar.stop();
    this.ctx.srf.disconnect();
    this.ctx.media.disconnect();
  }

  answer(legId: string): void {
    const leg = this.ctx.legs.get(legId);
    if (leg) answerLeg(this.ctx, leg);
  }

  reject(legId: string, status: number, reason: string): void {
    const leg = this.ctx.legs.get(legId);
    if (leg?.state !== 'arrived') return;
    leg.invite?.res.send(status, reason);
    this.ctx.ended(leg, 'local', reason);
  }

  play(
    legId: string,
    playId: string,
    files: string[],
    options: { isLoop?: boolean; hasBargeIn?: boolean } = {},
  ): void {
    const leg = this.ctx.legs.get(legId);
    if (!leg || leg.port === 0) return;
    if (leg.peer) this.ctx.attempt('unbridge', this.ctx.media.unbridge(legId));
    const { isLoop, hasBargeIn } = options;
    this.ctx.media
      .play({
        sessionId: legId,
        playId,
        files,
        ...(isLoop && { loop: true }),
        ...(hasBargeIn && { bargeIn: true }),
      })
      .catch((error: unknown) => {
        this.ctx.logger.warn({ err: error, legId }, 'a prompt could not be played');
        this.ctx.emit({ type: 'play.finished', legId, playId, reason: 'error' });
      });
  }

  stopPlay(legId: string): void {
    if (this.ctx.legs.has(legId)) this.ctx.attempt('stop', this.ctx.media.stop(legId));
  }

  dial(legId: string, options: DialOptions): void {
    dialOut(this.ctx, legId, options);
  }

  connect(a: string, b: string, recording?: { recordingId: string; file: string }): void {
    const left = this.ctx.legs.get(a);
    const right = this.ctx.legs.get(b);
    if (!left || !right) return;
    left.peer = b;
    right.peer = a;
    this.ctx.attempt('bridge', this.ctx.media.bridge(a, b));
    if (recording) {
      left.recordingId = right.recordingId = recording.recordingId;
      this.ctx.media.recordStart({ ...recording, a, b }).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'not started';
        this.ctx.emit({ type: 'recording.failed', recordingId: recording.recordingId, reason });
      });
    }
    this.ctx.remember(left);
    this.ctx.remember(right);
  }

  hangup(legId: string, reason: string): void {
    const leg = this.ctx.legs.get(legId);
    if (!leg) return;
    if (leg.state === 'dialing' || leg.state === 'alerting') return cancelDial(this.ctx, leg, reason);
    if (leg.state === 'closing') return;
    if (leg.state === 'up' && leg.dialogId) bye(this.ctx, leg.dialogId, reason);
    else leg.invite?.res.send(480, reason);
    this.ctx.ended(leg, 'local', reason);
  }

  acceptTransfer(legId: string): void {
    const leg = this.ctx.legs.get(legId);
    if (leg) acceptRefer(this.ctx, leg);
  }

  refuseTransfer(legId: string, status: number, reason: string): void {
    const leg = this.ctx.legs.get(legId);
    if (leg) refuseRefer(leg, status, reason);
  }

  isRegistered(phoneId: string): boolean {
    return this.ctx.registrar.locate(phoneId).length > 0;
  }

  phoneAddresses(): ReadonlyMap<string, string> {
    return this.ctx.registrar.addresses();
  }

  hasLeg(legId: string): boolean {
    return this.ctx.legs.has(legId);
  }

  isExpected(legId: string): boolean {
    return [...this.ctx.expected.values()].includes(legId);
  }

  legIds(): string[] {
    return [...this.ctx.legs.keys()];
  }

  legs(): LegView[] {
    const views: LegView[] = [];
    for (const { id, role, state, dialogId, port } of this.ctx.legs.values()) {
      if (state === 'ended') continue;
      views.push({ legId: id, role, state, hasMedia: port > 0, ...(dialogId && { dialogId }) });
    }
    return views;
  }

  isSettled(): boolean {
    return !this.isAdopting && !this.isStopping && this.ctx.isSignallingUp && this.ctx.media.isConnected;
  }

  mediaSessions(): Promise<string[] | undefined> {
    return this.ctx.media.list().catch(() => undefined);
  }

  closeStrayMedia(sessionId: string): void {
    if (!this.ctx.legs.has(sessionId)) this.ctx.attempt('close', this.ctx.media.close(sessionId));
  }

  endStrayDialog(dialogId: string, reason: string): void {
    if (!this.ctx.byDialog.has(dialogId) && !this.ctx.expected.has(dialogId)) bye(this.ctx, dialogId, reason);
  }

  isTrunkAddress(address: string): boolean {
    return isTrunkAddress(address);
  }

  isUp(legId: string): boolean {
    return this.ctx.legs.get(legId)?.state === 'up';
  }

  incoming(legId: string): IncomingInfo | undefined {
    return this.ctx.legs.get(legId)?.incoming;
  }

  onEvent(listener: (event: CallEvent) => void): void {
    this.ctx.onEvent(listener);
  }

  health(): { sip: boolean; media: boolean } {
    return { sip: this.ctx.isSignallingUp, media: this.ctx.media.isConnected };
  }

  private listenToSignalling(): void {
    const { srf, logger } = this.ctx;
    srf.use((req, res) => this.dispatch(req, res));
    for (const verb of [
      'invite',
      'register',
      'options',
      'info',
      'message',
      'notify',
      'subscribe',
      'publish',
      'refer',
    ])
      srf.use(verb, () => undefined);
    srf.on('connect', (error: Error | undefined, _hostport: string, version: string) => {
      if (error) return logger.error({ err: error }, 'the SIP engine refused us');
      this.onEngine(version);
    });
    srf.on('close', () => {
      const wasUp = this.ctx.isSignallingUp;
      this.ctx.isSignallingUp = false;
      if (!wasUp || this.isStopping) return;
      logger.warn('connection to the SIP engine lost');
      dropUnsettled(this.ctx);
    });
    srf.on('error', (error: Error) => logger.debug({ err: error }, 'SIP engine connection'));
  }

  private onEngine(version: string): void {
    const isOther = this.engineId !== undefined && this.engineId !== version;
    this.engineId = version;
    this.ctx.isSignallingUp = true;
    this.options.store.save('engine', { engineId: version });
    this.ctx.logger.info({ engine: version }, 'connected to the SIP engine');
    if (isOther) dropLostSignalling(this.ctx, { isSilent: false });
  }

  private dispatch(req: SipRequest, res: SipResponse): void {
    try {
      const leg = req.stackDialogId ? this.ctx.byDialog.get(req.stackDialogId) : undefined;
      if (leg) return handleInDialog(this.ctx, leg, req, res);
      this.dispatchNew(req, res);
    } catch (error) {
      // A header the parser cannot read: the peer's fault, answered as such.
      this.ctx.logger.warn({ err: error, method: req.method }, 'a request could not be read');
      if (req.method !== 'ACK') res.send(400);
    }
  }

  private dispatchNew(req: SipRequest, res: SipResponse): void {
    if (req.method === 'ACK' || req.method === 'CANCEL') return;
    if (req.stackDialogId && req.method !== 'INVITE') return res.send(481);
    switch (req.method) {
      case 'INVITE':
        return handleInvite(this.ctx, req, res);
      case 'REGISTER':
        return refusesExtensions(req, res) ? undefined : this.ctx.registrar.handleRegister(req, res);
      case 'OPTIONS':
        if (refusesExtensions(req, res)) return;
        return res.send(200, { headers: { Allow: allowedMethods, Accept: 'application/sdp' } });
      default:
        return res.send(405, { headers: { Allow: allowedMethods } });
    }
  }

  private listenToMedia(): void {
    const { media } = this.ctx;
    media.on('connected', ({ isSameInstance, sessions, recovered }) => {
      if (!isSameInstance) dropLostMedia(this.ctx, new Set(sessions.map((s) => s.sessionId)));
      // What a crashed engine left half written was finished at its start.
      for (const recording of recovered) this.ctx.emit({ type: 'recording.completed', ...recording });
    });
    media.on('disconnected', () => {
      if (!this.isStopping) this.ctx.logger.warn('connection to the media engine lost');
    });
    media.on('rtp-started', ({ sessionId }) => {
      const rtpTimeoutMs = this.options.timings.rtpTimeoutMs;
      if (this.ctx.legs.has(sessionId)) this.ctx.attempt('update', media.update({ sessionId, rtpTimeoutMs }));
    });
    media.on('rtp-timeout', ({ sessionId }) => this.onSilence(sessionId));
    media.on('dtmf', ({ sessionId, digit }) => {
      if (this.ctx.legs.has(sessionId)) this.ctx.emit({ type: 'leg.dtmf', legId: sessionId, digit });
    });
    media.on('play-finished', ({ sessionId, playId, reason }) =>
      this.ctx.emit({ type: 'play.finished', legId: sessionId, playId, reason }),
    );
    media.on('recording-finished', ({ recordingId, file, bytes, durationMs, sha256, error }) => {
      // Cut short by a fault: what there is stays on the disk, but it is no complete recording (N18).
      if (error !== undefined) {
        const reason = `${error}; ${bytes} bytes are in ${file}`;
        return this.ctx.emit({ type: 'recording.failed', recordingId, reason });
      }
      this.ctx.emit({ type: 'recording.completed', recordingId, file, bytes, durationMs, sha256 });
    });
    media.on('recording-failed', ({ recordingId, error }) =>
      this.ctx.emit({ type: 'recording.failed', recordingId, reason: error }),
    );
  }

  private onSilence(legId: string): void {
    const leg: Leg | undefined = this.ctx.legs.get(legId);
    if (leg?.state !== 'up' || leg.isHeld || !leg.dialogId) return;
    bye(this.ctx, leg.dialogId, 'no audio received');
    this.ctx.ended(leg, 'rtp-timeout', 'no audio received');
  }

  private async connectMedia(): Promise<Set<string>> {
    const answer = await within(
      this.options.startTimeoutMs,
      this.ctx.media.connect(this.options.mediaControl),
    );
    return new Set(answer?.sessions.map((s) => s.sessionId));
  }

  private async connectSignalling(knownEngine: string | undefined): Promise<void> {
    const connected = new Promise<void>((resolve) => this.ctx.srf.once('connect', () => resolve()));
    this.ctx.srf.connect({
      ...this.options.control,
      secret: this.options.secret,
      reconnect: { retryMaxDelay: 250, maxAttempts: 0, connectTimeout: 0 },
    });
    await within(this.options.startTimeoutMs, connected);
    // Not there yet: when it comes, it is compared with the one that held our dialogs.
    this.engineId ??= knownEngine;
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
