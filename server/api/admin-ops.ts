/** What commands of this machine ask of the running server, over the admin socket. */
import type { Express, Request } from 'express';
import { toldEventSchema, type ToldEvent } from '../audit/told-events.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
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
}

const actor = 'local';

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
