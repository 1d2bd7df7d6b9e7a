/** The list of contacts, newest first. */
import { pageQuerySchema } from '../../contract/rest.ts';
import type { ApiParts } from '../parts.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export const contactRoutes = (parts: ApiParts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/contacts',
    access: 'contacts.list',
    handle: async (ctx) => ({ json: await parts.deps.contacts.list(ctx.query(pageQuerySchema)) }),
  }),
];
