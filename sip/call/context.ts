/** What the call flows share: the legs in hand and the ways out. Made once by the composer, call-control.ts. */
import type { Logger } from 'pino';
import type { MediaClient } from '../media/client.ts';
import type { CallEvent, LegEnd, LegStore } from '../port.ts';
import type { Admission } from './admission.ts';
import { moveLeg, toRecord, type Leg } from './leg.ts';
import { LegTable } from './leg-table.ts';
import { PortReserve } from './port-reserve.ts';
import type { Registrar } from './registrar.ts';
import type { SrfClient } from './srf.ts';

export interface CallTimings {
  /**
   * A phone that answers nothing at all, not even 100, for so long is taken to be unplugged. Shorter than the
   * shortest ring time of a site, so that a dead phone is never taken for an agent who does not answer.
   */
  noResponseMs: number;
  /** The same of a trunk, which may be far away. */
  trunkNoResponseMs: number;
  /** Silence on a leg whose audio had begun, and on one that never sent any. */
  rtpTimeoutMs: number;
  rtpNeverMs: number;
}

export class CallContext {
  readonly legs = new LegTable();
  readonly byDialog = new Map<string, Leg>();
  /** dialogId -> legId of callers whom a former process had not yet answered; the engine hands them over anew. */
  readonly expected = new Map<string, string>();
  readonly srf: SrfClient;
  readonly media: MediaClient;
  readonly ports: PortReserve;
  readonly registrar: Registrar;
  readonly admission: Admission;
  readonly store: LegStore;
  readonly logger: Logger;
  readonly timings: CallTimings;
  readonly secretOf: (name: string) => Promise<string>;
  isSignallingUp = false;
  private readonly listeners: ((event: CallEvent) => void)[] = [];

  constructor(parts: {
    srf: SrfClient;
    media: MediaClient;
    registrar: Registrar;
    admission: Admission;
    store: LegStore;
    logger: Logger;
    timings: CallTimings;
    secretOf: (name: string) => Promise<string>;
  }) {
    this.srf = parts.srf;
    this.media = parts.media;
    this.ports = new PortReserve(parts.media);
    this.registrar = parts.registrar;
    this.admission = parts.admission;
    this.store = parts.store;
    this.logger = parts.logger;
    this.timings = parts.timings;
    this.secretOf = parts.secretOf;
  }

  onEvent(listener: (event: CallEvent) => void): void {
    this.listeners.push(listener);
  }

  mute(): void {
    this.listeners.length = 0;
  }

  emit(event: CallEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** A leg came up: from now on it survives a restart. */
  established(leg: Leg, dialogId: string): void {
    leg.dialogId = dialogId;
    this.byDialog.set(dialogId, leg);
    this.remember(leg);
  }

  remember(leg: Leg): void {
    const record = toRecord(leg);
    if (record) this.store.save(leg.id, record);
  }

  /** Takes a leg out of the world: media closed, recording finished, peer released. Repeating it is harmless. */
  forget(leg: Leg): void {
    if (!moveLeg(leg, 'gone')) return;
    clearTimeout(leg.noResponseTimer);
    this.legs.delete(leg.id);
    if (leg.dialogId && this.byDialog.get(leg.dialogId) === leg) this.byDialog.delete(leg.dialogId);
    if (leg.dialogId || leg.role === 'in') this.store.remove(leg.id);
    const peer = leg.peer ? this.legs.get(leg.peer) : undefined;
    if (peer?.peer === leg.id) {
      delete peer.peer;
      if (leg.recordingId && peer.recordingId === leg.recordingId) delete peer.recordingId;
      this.remember(peer);
    }
    if (leg.recordingId) this.attempt('record-stop', this.media.recordStop(leg.recordingId));
    if (leg.port > 0) this.attempt('close', this.media.close(leg.id));
  }

  /** The last event of a leg that was up, or that came in. */
  ended(leg: Leg, by: LegEnd, reason: string): void {
    if (leg.state === 'ended') return;
    this.forget(leg);
    this.emit({ type: 'leg.ended', legId: leg.id, by, reason });
  }

  /** For media commands whose failure changes nothing here: an event or the health check tells of it. */
  attempt(what: string, done: Promise<unknown>): void {
    done.catch((error: unknown) => this.logger.warn({ what, err: error }, 'media command failed'));
  }
}
