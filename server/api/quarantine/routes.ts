/**
 * The quarantine of mails: list, one mail's facts, the mail as it came, release, delete. Whoever takes a mail out is in the audit
 * trail; the mail as it came is handed out only after that was written, as a recording is. It is sent to be saved and never
 * shown: strangers wrote it.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { z } from 'zod';
import { quarantineShows, type QuarantineMail } from '../../contract/rest-quarantine.ts';
import { emptyRequestSchema, pageQuerySchema } from '../../contract/rest.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import type { ApiParts } from '../parts.ts';
import type { ApiLogger } from '../ports.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const querySchema = pageQuerySchema.extend({ show: z.enum(quarantineShows).default('all') });

export function quarantineRoutes(parts: ApiParts): Route[] {
  return [...readingRoutes(parts), ...changingRoutes(parts)];
}

function readingRoutes({ deps: { quarantine, audit, logger } }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/quarantine',
      access: 'quarantine.manage',
      handle: async (ctx) => ({ json: await quarantine.list(ctx.query(querySchema)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/quarantine/count',
      access: 'quarantine.manage',
      handle: async () => ({ json: quarantine.count() }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/quarantine/:id',
      access: 'quarantine.manage',
      async handle(ctx) {
        const mail = await quarantine.byId(ctx.id());
        if (!mail) throw notFound('mail');
        return { json: mail };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/quarantine/:id/raw',
      access: 'quarantine.manage',
      async handle(ctx, who) {
        const mail = await quarantine.byId(ctx.id());
        if (!mail) throw notFound('mail');
        const { rawId, reason } = mail;
        await audit.append({
          actor: who.actor,
          action: 'quarantine.downloaded',
          target: rawId,
          details: { reason },
        });
        await sendRaw(ctx.res, mail, quarantine.content(rawId), logger);
        return undefined;
      },
    }),
  ];
}

function changingRoutes({ deps: { quarantine, audit } }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/quarantine/:id/release',
      access: 'quarantine.manage',
      body: emptyRequestSchema,
      async handle(ctx, who) {
        const rawId = ctx.id();
        const released = await quarantine.release(rawId, who.actor);
        if ('refused' in released) {
          if (released.refused === 'not-found') throw notFound('mail');
          throw refusal('conflict', 'the mail cannot be released', { reason: released.refused });
        }
        await audit.append({
          actor: who.actor,
          action: 'quarantine.released',
          target: rawId,
          details: { reason: released.was },
        });
        const answer = await released.answer;
        return { status: answer.outcome === 'waiting' ? 202 : 200, json: answer };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/quarantine/:id',
      access: 'quarantine.manage',
      async handle(ctx, who) {
        const rawId = ctx.id();
        const reason = await quarantine.remove(rawId);
        if (reason === undefined) throw notFound('mail');
        await audit.append({
          actor: who.actor,
          action: 'quarantine.deleted',
          target: rawId,
          details: { reason },
        });
        return { status: 204 };
      },
    }),
  ];
}

async function sendRaw(
  res: Response,
  { rawId, bytes }: QuarantineMail,
  content: AsyncIterable<Uint8Array>,
  logger: ApiLogger,
): Promise<void> {
  res.status(200);
  res.setHeader('Content-Type', 'message/rfc822');
  res.setHeader('Content-Disposition', fileDisposition('attachment', `${rawId}.eml`));
  res.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Length', String(bytes));
  try {
    await pipeline(Readable.from(content, { objectMode: false }), res);
  } catch (err) {
    // Somebody who has seen enough, or a mail that was deleted meanwhile: the length tells that it is not whole.
    logger.warn({ err, rawId }, 'a mail in quarantine could not be sent whole');
    res.destroy();
  }
}
