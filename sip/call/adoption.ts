/**
 * What outlives a process: legs of a former server process are taken over (their dialogs live in the SIP engine,
 * their audio in the media engine), and legs whose engine died are ended with a reason (N9, design §1).
 */
import type { CallContext } from './context.ts';
import { bye } from './dial-out.ts';
import { fromRecord, type LegRecord, type PendingRecord } from './leg.ts';
import type { Binding } from './registrar.ts';

export interface Adoption {
  /** Which engine held the dialogs. */
  engineId?: string;
  lost: string[];
  /** Dialogs whose audio is gone: to be ended as soon as signalling is there. */
  orphanDialogs: string[];
}

const isLegRecord = (value: unknown): value is LegRecord =>
  typeof value === 'object' && value !== null && 'dialogId' in value && 'role' in value;

const isPendingRecord = (value: unknown): value is PendingRecord =>
  typeof value === 'object' && value !== null && 'pendingDialogId' in value;

export function adoptLegs(
  ctx: CallContext,
  stored: { legs: [string, unknown][]; bindings: [string, unknown][] },
  sessions: Set<string>,
): Adoption {
  const result: Adoption = { lost: [], orphanDialogs: [] };
  for (const [phoneId, bindings] of stored.bindings) {
    if (Array.isArray(bindings)) ctx.registrar.adopt(phoneId, bindings as Binding[]);
  }
  for (const [id, record] of stored.legs) {
    if (id === 'engine') {
      result.engineId = (record as { engineId: string }).engineId;
      continue;
    }
    if (isPendingRecord(record)) {
      ctx.expected.set(record.pendingDialogId, id);
      continue;
    }
    if (!isLegRecord(record) || !sessions.has(id)) {
      if (isLegRecord(record)) result.orphanDialogs.push(record.dialogId);
      ctx.store.remove(id);
      result.lost.push(id);
      continue;
    }
    const leg = fromRecord(id, record);
    ctx.legs.set(id, leg);
    ctx.byDialog.set(record.dialogId, leg);
  }
  // Legs that were ringing or not yet answered in the crash: the engine cancelled them, their audio goes too.
  for (const id of sessions) if (!ctx.legs.has(id)) ctx.attempt('close', ctx.media.close(id));
  return result;
}

/**
 * The moment is over in which the engine hands over anew what a crash left unanswered. From here on an INVITE that names
 * a dialog in hand is no returning caller, and whoever did not come back is forgotten.
 */
export function endAdoption(ctx: CallContext): void {
  for (const legId of ctx.expected.values()) if (!ctx.legs.has(legId)) ctx.store.remove(legId);
  ctx.expected.clear();
  for (const leg of ctx.legs.values()) delete leg.isAdopted;
}

/** The media engine came back as another one: every leg that it does not know has no audio. */
export function dropLostMedia(ctx: CallContext, known: Set<string>): void {
  for (const leg of ctx.legs.values()) {
    if (leg.port === 0 || known.has(leg.id)) continue;
    if (leg.dialogId) bye(ctx, leg.dialogId, 'media engine restarted');
    leg.port = 0;
    delete leg.recordingId;
    if (leg.state === 'up') ctx.ended(leg, 'media-lost', 'media engine restarted');
  }
}

/** The SIP engine came back as another one: it has no dialog of ours, whatever the phones believe. */
export function dropLostSignalling(ctx: CallContext, options: { isSilent: boolean }): string[] {
  const lost: string[] = [];
  // A copy: what hears of a lost leg may dial another at once.
  const legs = [...ctx.legs.values()];
  for (const leg of legs) {
    lost.push(leg.id);
    if (options.isSilent) ctx.forget(leg);
    else if (leg.role === 'out' && leg.state !== 'up') {
      ctx.forget(leg);
      ctx.emit({
        type: 'dial.failed',
        legId: leg.id,
        cause: 'fault',
        status: 503,
        reason: 'SIP engine restarted',
      });
    } else ctx.ended(leg, 'engine-lost', 'SIP engine restarted');
  }
  return lost;
}

/**
 * The control connection dropped. Answers to what was under way are lost with it; the engine cancels our INVITEs and
 * offers us the unanswered calls anew. Legs that are not up would wait for ever, and a caller would be in hand twice.
 */
export function dropUnsettled(ctx: CallContext): void {
  const reason = 'connection to the SIP engine lost';
  const legs = [...ctx.legs.values()];
  for (const leg of legs) {
    if (leg.state === 'up') continue;
    if (leg.role === 'in') {
      ctx.ended(leg, 'engine-lost', reason);
      continue;
    }
    const wasGivenUp = leg.state === 'closing';
    ctx.forget(leg);
    ctx.emit({
      type: 'dial.failed',
      legId: leg.id,
      cause: wasGivenUp ? 'cancelled' : 'fault',
      status: wasGivenUp ? 487 : 503,
      reason,
    });
  }
}
