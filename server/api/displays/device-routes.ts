/**
 * What a TV itself calls: enrol, ask for its state, take a ticket. Identified by its own cookie, never by a person's
 * session; it can read the boards it shows and nothing else.
 */
import { emptyRequestSchema, enrolRequestSchema } from '../../contract/rest.ts';
import { readCookie, setCookie } from '../cookies.ts';
import { issueDisplayTicket } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { RequestContext, Route } from '../route.ts';

export function deviceRoutes(parts: ApiParts): Route[] {
  const { enrolment } = parts.deps.access;
  const tokenOf = (ctx: RequestContext<unknown>) => readCookie(ctx.req.headers, 'display', ctx.isSecure);
  return [
    defineRoute({
      method: 'post',
      path: '/display/enrol',
      access: 'open',
      body: enrolRequestSchema,
      async handle(ctx) {
        const token = tokenOf(ctx);
        const { language } = ctx.body;
        const result = await enrolment.enrol({
          ...ctx.caller,
          ...(token === undefined ? {} : { token }),
          ...(language === undefined ? {} : { language }),
        });
        if (result.outcome === 'too-many-tries') throw tooManyTries(result.retryInMs);
        if (result.outcome === 'already-approved')
          throw refusal('conflict', 'this display is approved already', { reason: 'already-approved' });
        const { displayId, code, codeExpiresAt } = result;
        return {
          status: 201,
          json: { displayId, code, codeExpiresAt },
          cookies: [setCookie('display', result.token, ctx.isSecure)],
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/display/state',
      access: 'open',
      handle: async (ctx) => ({ json: await enrolment.state(tokenOf(ctx)) }),
    }),
    defineRoute({
      method: 'post',
      path: '/display/ticket',
      access: 'open',
      body: emptyRequestSchema,
      async handle(ctx) {
        const token = tokenOf(ctx);
        const display = await enrolment.identify(token);
        if (!display || token === undefined) throw refusal('forbidden', 'this display is not approved');
        // The socket is given its tree in the turn in which it opens.
        if (display.settings) await parts.deps.boards.book.ready();
        return {
          json: issueDisplayTicket(parts, display.id, display.settings),
          cookies: [setCookie('display', token, ctx.isSecure)],
        };
      },
    }),
  ];
}
