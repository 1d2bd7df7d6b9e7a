/**
 * Displays: list, approve by the code on the screen, rename, revoke (N16, M11); for supervisors too: what each shows.
 * Race stopped: a ticket that was given for the old settings is void when the new ones are in force.
 */
import { displaySettingsSchema } from '../../contract/boards.ts';
import {
  approveDisplayRequestSchema,
  emptyRequestSchema,
  renameDisplayRequestSchema,
} from '../../contract/rest.ts';
import type { DisplayRecord } from '../../auth/ports.ts';
import { shutOut } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { presentDisplay } from './presenter.ts';

export function displayRoutes(parts: ApiParts): Route[] {
  const { displays, enrolment } = parts.deps.access;
  const present = (display: DisplayRecord) =>
    presentDisplay(display, parts.hub.connectionsOf({ kind: 'display', id: display.id }));
  return [
    defineRoute({
      method: 'get',
      path: '/api/displays',
      access: 'displays.list',
      handle: async () => ({ json: { items: (await displays.list()).map(present) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/displays/approve',
      access: 'displays.manage',
      body: approveDisplayRequestSchema,
      async handle({ body }, who) {
        const result = await enrolment.approve({ ...body, by: who.actor });
        if (result === 'code-unknown')
          throw refusal('not-found', 'no display shows this code now', { reason: 'display-code-unknown' });
        if ('retryInMs' in result) throw tooManyTries(result.retryInMs);
        return { json: present(result) };
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/api/displays/:id',
      access: 'displays.manage',
      body: renameDisplayRequestSchema,
      async handle(ctx, who) {
        const display = await enrolment.rename(ctx.id(), ctx.body.name, who.actor);
        if (!display) throw notFound('approved display');
        return { json: present(display) };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/api/displays/:id/settings',
      access: 'boards.manage',
      body: displaySettingsSchema,
      async handle(ctx, who) {
        const display = await enrolment.configure(ctx.id(), ctx.body, who.actor);
        if (!display) throw notFound('approved display');
        if ('unknownBoards' in display)
          throw refusal('bad-request', 'there is no such board', {
            reason: 'unknown-board',
            boards: display.unknownBoards,
          });
        parts.tickets.voidOwner(`display:${display.id}`);
        parts.hub.settingsChanged(display.id, display.settings);
        return { json: present(display) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/displays/:id/revoke',
      access: 'displays.manage',
      body: emptyRequestSchema,
      async handle(ctx, who) {
        const display = await enrolment.revoke(ctx.id(), who.actor);
        if (!display) throw notFound('display that could be revoked');
        shutOut(parts, { kind: 'display', id: display.id });
        return { json: present(display) };
      },
    }),
  ];
}
