/** What commands of this machine ask of the running server, over the admin socket. */
import type { Express, Request } from 'express';
import { z } from 'zod';
import { toldEventSchema, type ToldEvent } from '../audit/told-events.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Maintenance } from '../app/maintenance.ts';
import type { Retention } from '../app/text/retention.ts';
import { refusal } from './refusal.ts';

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
}

const actor = 'local';

/** A year is a mistake, and so is what is over. */
const longestMs = 31 * 86_400_000;
const maintenanceSchema = z.strictObject({
  untilMs: z.int().positive(),
  text: z.string().trim().min(1).max(2000).optional(),
});

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
}
