/**
 * Boards: list, lay out, look at before it is kept, take away. Whoever sees the displays sees them; supervisors change them.
 * A change is on the screens that show the board with the next patch, without a touch.
 */
import { boardChangeSchema, boardRequestSchema } from '../../contract/boards.ts';
import { LiveLook } from '../live-look.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { auditedBoard, presentBoard } from './presenter.ts';

export function boardRoutes({ deps, hub }: ApiParts): Route[] {
  const { boards, audit, live } = deps;
  const { book, screens } = boards;
  return [
    defineRoute({
      method: 'get',
      path: '/api/boards',
      access: 'displays.list',
      handle: async () => ({ json: { items: (await book.list()).map(presentBoard) } }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/boards/:id',
      access: 'displays.list',
      async handle(ctx) {
        const row = await book.byId(ctx.id());
        if (!row) throw notFound('board');
        return { json: presentBoard(row) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/boards',
      access: 'boards.manage',
      body: boardRequestSchema,
      async handle({ body }, who) {
        const row = await book.create(body.board, who.session.username);
        if (row === 'full') throw refusal('conflict', 'there are too many boards', { reason: 'full' });
        const details = auditedBoard(row);
        await audit.append({ actor: who.actor, action: 'board.created', target: row.boardId, details });
        return { status: 201, json: presentBoard(row) };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/api/boards/:id',
      access: 'boards.manage',
      body: boardChangeSchema,
      async handle(ctx, who) {
        const { board, ifVersion } = ctx.body;
        const row = await book.change(ctx.id(), { board, ifVersion, by: who.session.username });
        if (!row) throw notFound('board');
        if ('currentVersion' in row)
          throw refusal('conflict', 'the board was changed in between', {
            reason: 'board-changed',
            currentVersion: row.currentVersion,
          });
        hub.notify();
        const details = auditedBoard(row);
        await audit.append({ actor: who.actor, action: 'board.changed', target: row.boardId, details });
        return { json: presentBoard(row) };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/boards/:id',
      access: 'boards.manage',
      async handle(ctx, who) {
        const boardId = ctx.id();
        const row = await book.byId(boardId);
        const outcome = await book.remove(boardId);
        if (!outcome) throw notFound('board');
        if (outcome !== 'removed')
          throw refusal('conflict', 'displays show this board', {
            reason: 'shown',
            displays: outcome.shownBy,
          });
        const details = row && auditedBoard(row);
        await audit.append({
          actor: who.actor,
          action: 'board.removed',
          target: boardId,
          ...(details && { details }),
        });
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/boards/preview',
      access: 'boards.manage',
      body: boardRequestSchema,
      handle: async ({ body }) => ({ json: screens.look(new LiveLook(live)).draft(body.board) }),
    }),
  ];
}
