/** A ticket for the live socket of a signed-in user (M11). */
import { liveTicketRequestSchema } from '../../contract/rest.ts';
import { issueTicket } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export const liveTicketRoutes = (parts: ApiParts): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/live-ticket',
    access: 'live.watch',
    forLimited: 'narrowed',
    body: liveTicketRequestSchema,
    handle: async ({ body }, who) => ({
      json: issueTicket(parts, who.session, body.scope),
    }),
  }),
];
