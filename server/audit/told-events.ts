/**
 * What commands of this machine (backups, keys, certificates, residency) and the server itself tell the audit trail. A command asks the running server
 * over its admin socket; while the server is away it leaves a file in `<data>/told-events`, which the server takes in when it is
 * back. The list is closed: nobody writes just anything into the trail in somebody's name.
 */
import { z } from 'zod';

export const toldActions = [
  'backup.done',
  'backup.failed',
  'backup.restored',
  'certificate.changed',
  'key.rotated',
  'residency.unknown-connection',
  'service.back',
  'service.lost',
  'service.started',
  'service.stopped',
  'upgrade.done',
  'upgrade.failed',
  'upgrade.rolled-back',
] as const;

const detail = z.union([z.string().max(300), z.number(), z.boolean()]);

export const toldEventSchema = z.strictObject({
  action: z.enum(toldActions),
  target: z.string().max(300).optional(),
  /** No secrets and no personal data: it goes to the SIEM. */
  details: z
    .record(z.string().max(40), detail)
    .refine((details) => Object.keys(details).length <= 20, 'has more than 20 details')
    .optional(),
  /** When it happened, ms UTC; left out: now. */
  at: z.int().min(0).optional(),
});

export type ToldEvent = z.infer<typeof toldEventSchema>;

export const toldEventsFolder = 'told-events';

/** Told so much later, an entry says when it happened. */
const lateMs = 10_000;

/** As an entry of the trail, whose own time is when it was written. */
/** Of these the server tells by itself. */
const isOwn = (action: ToldEvent['action']): boolean => action.startsWith('service.');

export function entryOf({ action, target, details, at }: ToldEvent, nowMs: number) {
  const isLate = at !== undefined && Math.abs(nowMs - at) > lateMs;
  return {
    actor: isOwn(action) ? 'system' : 'local',
    action,
    ...(target !== undefined && { target }),
    details: { ...details, ...(isLate && { happenedAt: new Date(at).toISOString() }) },
  };
}
