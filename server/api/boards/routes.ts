/**
 * Boards: list, lay out, look at before it is kept, take away. Somebody limited to some teams and queues has to do with boards of
 * theirs alone (board-within.ts). A change is on the screens that show the board with the next patch, without a touch.
 */
import { isBoardWithin } from '../../app/boards/board-within.ts';
import type { View } from '../../auth/view.ts';
import { type Board, boardChangeSchema, boardRequestSchema } from '../../contract/boards.ts';
import { LiveLook } from '../live-look.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route } from '../route.ts';
import { auditedBoard, presentBoard } from './presenter.ts';

export function boardRoutes({ deps, hub }: ApiParts): Route[] {
  const { boards, audit, live } = deps;
  const { book, screens } = boards;
  /** One that shows more than the caller sees is not there. */
  const seen = async (boardId: string, view: View) => {
    const row = await book.byId(boardId);
    if (!row || !isBoardWithin(row.board, view)) throw notFound('board');
    return row;
  };
  const check = (board: Board, view: View): void => {
    if (!isBoardWithin(board, view)) throw outsideView();
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/boards',
      access: 'boards.manage',
      forLimited: 'narrowed',
      async handle(_ctx, { view }) {
        const rows = (await book.list()).filter(({ board }) => isBoardWithin(board, view));
        return { json: { items: rows.map(presentBoard) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/boards/:id',
      access: 'boards.manage',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const row = await seen(ctx.id(), view);
        return { json: presentBoard(row) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/boards',
      access: 'boards.manage',
      forLimited: 'narrowed',
      body: boardRequestSchema,
      async handle({ body }, who) {
        check(body.board, who.view);
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
      forLimited: 'narrowed',
      body: boardChangeSchema,
      async handle(ctx, who) {
        const { board, ifVersion } = ctx.body;
        await seen(ctx.id(), who.view);
        check(board, who.view);
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
      forLimited: 'narrowed',
      async handle(ctx, who) {
        const boardId = ctx.id();
        const row = await seen(boardId, who.view);
        const outcome = await book.remove(boardId);
        if (!outcome) throw notFound('board');
        if (outcome !== 'removed')
          throw refusal('conflict', 'displays show this board', {
            reason: 'shown',
            displays: outcome.shownBy,
          });
        const details = auditedBoard(row);
        await audit.append({
          actor: who.actor,
          action: 'board.removed',
          target: boardId,
          details,
        });
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/boards/preview',
      access: 'boards.manage',
      forLimited: 'narrowed',
      body: boardRequestSchema,
      async handle({ body }, { view }) {
        check(body.board, view);
        const look = new LiveLook(live);
        if (!view.within) return { json: screens.look(look).draft(body.board) };
        const floor = look.floorWithin(view);
        const tree = screens.look({ board: () => floor.board, floor: () => floor }).draft(body.board);
        const alerts = Object.entries(tree.alerts).filter(([, { scope }]) => view.hasScope(scope ?? 'site'));
        return { json: { ...tree, alerts: Object.fromEntries(alerts) } };
      },
    }),
  ];
}
