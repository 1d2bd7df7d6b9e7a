/**
 * Why this agent (N4): decisions, newest first, and the whole life of one contact as routing saw it. For those who may
 * list contacts; it says less of a caller than that list does. History lags the log by the projector's moment, so an
 * offer is here once it is in Postgres.
 */
import { decisionQuerySchema, storyStepsAtMost } from '../../contract/rest-decisions.ts';
import type { ApiParts } from '../parts.ts';
import { notFound } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { presentOffer, presentStory } from './presenter.ts';

export function decisionRoutes({ deps }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/decisions',
      access: 'contacts.list',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const { items, nextCursor } = await deps.decisions.offers(
          ctx.query(decisionQuerySchema),
          view.within,
        );
        return {
          json: {
            items: items.map((offer) => presentOffer(offer, view)),
            ...(nextCursor !== undefined && { nextCursor }),
          },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/contacts/:id/story',
      access: 'contacts.list',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const contactId = ctx.id();
        if (view.within && !(await deps.contacts.isWithin(contactId, view.within))) throw notFound('contact');
        const events = await deps.decisions.contactEvents(contactId, storyStepsAtMost + 1);
        if (events.length === 0) throw notFound('contact');
        return { json: presentStory(contactId, events, view) };
      },
    }),
  ];
}
