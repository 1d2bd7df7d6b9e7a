/**
 * Recordings: list, and listening only with a reason. The reason is in the audit trail before a single byte can be
 * had (M9): if it cannot be written, nothing is played. A grant belongs to the session that gave the reason.
 */
import { z } from 'zod';
import { listenRequestSchema, pageQuerySchema } from '../../contract/rest.ts';
import type { View } from '../../auth/view.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { sendAudio } from './audio-answer.ts';

const audioQuerySchema = z.strictObject({ grant: z.string().min(20).max(100) });

export function recordingRoutes(parts: ApiParts): Route[] {
  const { recordings, audit, logger } = parts.deps;
  /** Of somebody else's queue and agent: as if it were not there. */
  const checkSeen = async (recordingId: string, view: View): Promise<void> => {
    const row = await recordings.byId(recordingId);
    const isSeen = row && (!view.within || view.hasQueue(row.queueId) || view.hasAgent(row.agentId));
    if (!isSeen) throw notFound('recording');
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/recordings',
      access: 'recordings.list',
      forLimited: 'narrowed',
      handle: async (ctx, { view }) => ({
        json: await recordings.list(ctx.query(pageQuerySchema), view.within),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/recordings/:id/listen',
      access: 'recordings.listen',
      forLimited: 'narrowed',
      body: listenRequestSchema,
      async handle(ctx, who) {
        const recordingId = ctx.id();
        const { reason } = ctx.body;
        await checkSeen(recordingId, who.view);
        const target = recordingId;
        await audit.append({ actor: who.actor, action: 'recording.opened', target, details: { reason } });
        const owner = `session:${who.session.sessionId}`;
        const { token, expiresAt } = parts.grants.issue({ owner, recordingId, reason, isPlayed: false });
        const url = `/api/recordings/${encodeURIComponent(recordingId)}/audio?grant=${token}`;
        return { json: { grant: token, url, expiresAt } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/recordings/:id/audio',
      access: 'recordings.listen',
      forLimited: 'narrowed',
      async handle(ctx, who) {
        const recordingId = ctx.id();
        const grant = parts.grants.look(ctx.query(audioQuerySchema).grant);
        if (grant?.recordingId !== recordingId || grant.owner !== `session:${who.session.sessionId}`)
          throw refusal('forbidden', 'say why you listen first', { reason: 'no-grant' });
        // The view may be another since the grant was given.
        await checkSeen(recordingId, who.view);
        const sound = await recordings.open(recordingId);
        if (!sound) throw notFound('recording');
        if (!grant.isPlayed) {
          const details = { reason: grant.reason };
          await audit.append({ actor: who.actor, action: 'recording.played', target: recordingId, details });
          // Seeking asks again and again: one playback, one entry.
          grant.isPlayed = true;
        }
        await sendAudio(ctx.req, ctx.res, sound, logger);
        return undefined;
      },
    }),
  ];
}
