/**
 * Files of the desk. One that is sent to us is read whole, up to the stated limit, and kept under its digest; its name is
 * never a path. One that is asked for is sent to be saved, save for pictures of kinds that are nothing else, and under a
 * policy that would stop even a page in disguise: no script, no form, no frame, no connection.
 */
import type { Response } from 'express';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import { mediaType, requestBytes } from '../../lib/request-bytes.ts';
import type { DeskFile } from './port.ts';
import { agentOf, checked, fileQuerySchema } from './routes.ts';

const sandboxed = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox";

export function sendFile(
  res: Response,
  file: Pick<DeskFile, 'name' | 'mime' | 'isPicture'>,
  content: Uint8Array,
): void {
  const isShown = file.isPicture;
  res.setHeader('Content-Security-Policy', sandboxed);
  res.setHeader('Content-Disposition', fileDisposition(isShown ? 'inline' : 'attachment', file.name));
  res.setHeader('Content-Type', isShown ? file.mime : 'application/octet-stream');
  res.setHeader('Cache-Control', 'private, max-age=3600, immutable');
  res.setHeader('Content-Length', String(content.byteLength));
  res.status(200).end(content);
}

export function deskFileRoutes({ deps: { desk } }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/attachments',
      access: 'desk.use',
      forLimited: 'same',
      async handle(ctx, who) {
        const agentId = agentOf(who);
        const { name } = ctx.query(fileQuerySchema);
        checked(desk.mayAttach(agentId, ctx.id()));
        const content = await requestBytes(ctx.req, desk.maxFileBytes());
        const kept = await desk.attach(agentId, ctx.id(), { name, mime: mediaType(ctx.req), content });
        if ('refused' in kept) {
          checked(kept.refused === 'not-yours' ? kept : undefined);
          throw refusal('attachment-refused', 'this file may not be sent', { reason: kept.refused });
        }
        const { attachmentId, file } = kept;
        const { mime, bytes, isPicture } = file;
        return { status: 201, json: { attachmentId, name: file.name, mime, bytes, isPicture } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/desk/attachments/:id',
      access: 'desk.use',
      forLimited: 'same',
      async handle(ctx, who) {
        const found = await desk.file(agentOf(who), ctx.id());
        if (!found) throw notFound('file');
        if (found.file.refused !== undefined)
          throw refusal('attachment-refused', 'this file may not be opened', { reason: found.file.refused });
        sendFile(ctx.res, found.file, found.content);
        return undefined;
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/desk/messages/:id/html',
      access: 'desk.use',
      forLimited: 'same',
      async handle(ctx, who) {
        const found = await desk.html(agentOf(who), ctx.id());
        if (!found) throw notFound('message');
        ctx.res.setHeader(
          'Content-Security-Policy',
          `${sandboxed} allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'`,
        );
        ctx.res.setHeader('X-Frame-Options', 'SAMEORIGIN');
        ctx.res.setHeader('X-Blocked-Images', String(found.blockedImages));
        const style =
          'body{font:14px/1.5 system-ui,sans-serif;margin:12px;overflow-wrap:anywhere}img{max-width:100%}';
        const body = `<!doctype html><html><head><meta charset="utf-8"><style>${style}</style></head><body>${found.html}</body></html>`;
        return { text: { type: 'text/html; charset=utf-8', body } };
      },
    }),
  ];
}
