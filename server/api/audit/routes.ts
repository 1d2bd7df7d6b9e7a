/** The audit trail: read it, and prove that nobody changed it. Nothing writes to it from here. */
import { z } from 'zod';
import { emptyRequestSchema, pageQuerySchema } from '../../contract/rest.ts';
import type { ApiParts } from '../parts.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const querySchema = pageQuerySchema.extend({ cursor: z.coerce.number().int().positive().optional() });

export function auditRoutes(parts: ApiParts): Route[] {
  const { audit } = parts.deps;
  return [
    defineRoute({
      method: 'get',
      path: '/api/audit',
      access: 'audit.read',
      async handle(ctx) {
        const { cursor, limit } = ctx.query(querySchema);
        const items = await audit.list(limit, cursor);
        const last = items.at(-1);
        const isMore = items.length === limit && last !== undefined && last.seq > 1;
        return { json: { items, ...(isMore ? { nextCursor: String(last.seq) } : {}) } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/audit/verify',
      access: 'audit.read',
      body: emptyRequestSchema,
      async handle(_ctx, who) {
        const verdict = await audit.verify();
        const details = { isIntact: verdict.isIntact, checked: verdict.checked };
        await audit.append({ actor: who.actor, action: 'audit.verified', details });
        return { json: verdict };
      },
    }),
  ];
}
