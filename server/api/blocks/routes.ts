/** Blocked senders: list, find, add, remove. Each change is in the audit trail with the sender, since it cannot be told without. */
import { z } from 'zod';
import { blockRequestSchema, type BlockRow } from '../../contract/rest-quarantine.ts';
import { pageQuerySchema } from '../../contract/rest.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const querySchema = pageQuerySchema.extend({ find: z.string().trim().max(320).optional() });

const detailsOf = ({ kind, value, reason, endsAt }: BlockRow): Record<string, unknown> => ({
  kind,
  value,
  reason,
  ...(endsAt !== undefined && { endsAt }),
});

export function blockRoutes({ deps: { blocks, audit } }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/blocks',
      access: 'blocks.manage',
      handle: async (ctx) => ({ json: await blocks.list(ctx.query(querySchema)) }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/blocks',
      access: 'blocks.manage',
      body: blockRequestSchema,
      async handle({ body }, who) {
        const added = await blocks.add(body, who.session.username);
        if ('fault' in added) throw refusal('bad-request', 'this cannot be blocked', { reason: added.fault });
        if ('conflict' in added)
          throw refusal('conflict', 'it is blocked already, or there is no room', { reason: added.conflict });
        const { block } = added;
        await audit.append({
          actor: who.actor,
          action: 'block.added',
          target: block.blockId,
          details: detailsOf(block),
        });
        return { status: 201, json: block };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/blocks/:id',
      access: 'blocks.manage',
      async handle(ctx, who) {
        const block = await blocks.remove(ctx.id());
        if (!block) throw notFound('block');
        await audit.append({
          actor: who.actor,
          action: 'block.removed',
          target: block.blockId,
          details: detailsOf(block),
        });
        return { status: 204 };
      },
    }),
  ];
}
