/** What commands of this machine ask of the running server, over the admin socket. */
import type { Express, Request } from 'express';
import { z } from 'zod';
import { toldEventSchema, type ToldEvent } from '../audit/told-events.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Maintenance } from '../app/maintenance.ts';
import type { Retention } from '../app/text/retention.ts';
import type { PasswordReset } from '../auth/password-reset.ts';
import type { UserRecord } from '../auth/ports.ts';
import type { AppError } from '../lib/app-error.ts';
import { refusal, tooManyTries } from './refusal.ts';

export interface AdminOps {
  /** Into the audit trail. */
  tell(event: ToldEvent): Promise<void>;
  /** How many keys before the new one still hold. */
  rotateReplyKeys(): Promise<number>;
  /** Signs everybody out; returns how many sessions ended. */
  endSessions(): Promise<number>;
  /** What is old enough to be forgotten by the rules of the site. */
  retention: Pick<Retention, 'due' | 'look'>;
  maintenance: Pick<Maintenance, 'state' | 'on' | 'off'>;
  /** Of the site in force. */
  timeZone(): string;
  users: {
    list(): Promise<UserRecord[]>;
    /** Of a name in small letters. */
    resetPassword(username: string, actor: string): Promise<PasswordReset>;
  };
}

const actor = 'local';

/** A year is a mistake, and so is what is over. */
const longestMs = 31 * 86_400_000;
const maintenanceSchema = z.strictObject({
  untilMs: z.int().positive(),
  text: z.string().trim().min(1).max(2000).optional(),
});
/** Any text: a name that nobody can have is a name that nobody has. */
const resetSchema = z.strictObject({ username: z.string().trim().toLowerCase().min(1).max(100) });
const busyRetryMs = 2000;

function bodyOf(req: Request): unknown {
  try {
    return JSON.parse(typeof req.body === 'string' ? req.body : '');
  } catch {
    return undefined;
  }
}

export function mountOps(app: Express, ops: AdminOps, audit: Pick<AuditTrail, 'append'>): void {
  app.post('/told-events', async (req, res) => {
    const parsed = toldEventSchema.safeParse(bodyOf(req));
    if (!parsed.success) throw refusal('bad-request', 'this is no event that a command may tell');
    await ops.tell(parsed.data);
    res.json({});
  });
  const announced = () => ({ ...ops.maintenance.state, timeZone: ops.timeZone() });
  app.get('/maintenance', (_req, res) => {
    res.json(announced());
  });
  app.post('/maintenance', async (req, res) => {
    const { success, data } = maintenanceSchema.safeParse(bodyOf(req));
    const leftMs = (data?.untilMs ?? 0) - Date.now();
    if (!success || leftMs <= 0 || leftMs > longestMs)
      throw refusal(
        'bad-request',
        'maintenance is announced for 31 days at most, with at most 2000 characters',
      );
    const { untilMs, text } = data;
    await ops.maintenance.on({ untilMs, ...(text !== undefined && { text }) }, actor);
    res.json(announced());
  });
  app.post('/maintenance/off', async (_req, res) => {
    await ops.maintenance.off(actor);
    res.json(announced());
  });
  app.get('/retention', async (_req, res) => {
    res.json(await ops.retention.due());
  });
  app.post('/retention/run', async (_req, res) => {
    res.json(await ops.retention.look(actor));
  });
  app.post('/keys/reply-tokens', async (_req, res) => {
    const kept = await ops.rotateReplyKeys();
    await audit.append({ actor, action: 'key.rotated', target: 'key:reply-tokens', details: { kept } });
    res.json({ kept });
  });
  app.post('/keys/sessions', async (_req, res) => {
    const ended = await ops.endSessions();
    await audit.append({ actor, action: 'key.rotated', target: 'key:sessions', details: { ended } });
    res.json({ ended });
  });
  mountUsers(app, ops.users);
}

/** What who sits at the machine needs to know of a user, and no more. */
const presentUser = ({ username, role, isDisabled, lastSignInAt }: UserRecord) => ({
  username,
  role,
  isDisabled,
  ...(lastSignInAt !== undefined && { lastSignInAt }),
});

function resetRefusal(outcome: Exclude<PasswordReset['outcome'], 'reset'>): AppError {
  if (outcome === 'busy') return tooManyTries(busyRetryMs);
  if (outcome === 'switched-off')
    return refusal('conflict', 'this user is switched off', { reason: 'switched-off' });
  return refusal('not-found', 'there is no such user', { reason: 'unknown-user' });
}

function mountUsers(app: Express, users: AdminOps['users']): void {
  app.get('/users', async (_req, res) => {
    res.json({ items: (await users.list()).map(presentUser) });
  });
  app.post('/users/reset-password', async (req, res) => {
    const { success, data } = resetSchema.safeParse(bodyOf(req));
    if (!success) throw refusal('bad-request', 'the user name has 1 to 100 characters');
    const reset = await users.resetPassword(data.username, actor);
    if (reset.outcome !== 'reset') throw resetRefusal(reset.outcome);
    const { username, oneTimePassword, ended } = reset;
    res.json({ username, oneTimePassword, ended });
  });
}
