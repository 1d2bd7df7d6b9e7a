/** The list of contacts, newest first; and a chat or mail given back to its queue by a supervisor, in the audit trail. */
import { returnRequestSchema, type ReturnAnswer, type ReturnRefusal } from '../../contract/contacts.ts';
import { pageQuerySchema } from '../../contract/rest.ts';
import type { ContactPlaces } from '../../auth/view.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const words: Record<ReturnRefusal, string> = {
  'not-text': 'this is a call; only a chat or a mail can be returned to its queue',
  'not-with-agent': 'no agent works on this contact now',
  'other-agent': 'another agent has this contact now',
  'queue-closed': 'its queue lets nobody in just now; the agent keeps the contact',
  'queue-removed': 'its queue is no longer in the site file; the agent keeps the contact',
};

/** Where a contact in hand is: nowhere, if it is none. */
function placesNow({ live }: ApiParts['deps'], contactId: string): ContactPlaces {
  const { contacts } = live.floor();
  const contact = Object.hasOwn(contacts, contactId) ? contacts[contactId] : undefined;
  return { queueIds: [contact?.queueId], agentIds: [contact?.agentId] };
}

export const contactRoutes = ({ deps }: ApiParts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/contacts',
    access: 'contacts.list',
    forLimited: 'narrowed',
    handle: async (ctx, { view }) => ({
      json: await deps.contacts.list(ctx.query(pageQuerySchema), view.within),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/contacts/:id/return',
    access: 'agents.switch',
    forLimited: 'narrowed',
    body: returnRequestSchema,
    async handle(request, who) {
      const contactId = request.id();
      const { agentId } = request.body;
      if (who.view.within && !who.view.hasContact(placesNow(deps, contactId))) throw notFound('contact');
      const outcome = deps.routing.returnContact({ contactId, agentId });
      if ('refused' in outcome) {
        if (outcome.refused === 'unknown-contact') throw notFound('contact');
        throw refusal('conflict', words[outcome.refused], { reason: outcome.refused });
      }
      const { queueId } = outcome;
      await deps.audit.append({
        actor: who.actor,
        action: 'contact.returned',
        target: `contact:${contactId}`,
        details: { agentId, queueId },
      });
      const answer: ReturnAnswer = { contactId, agentId, queueId };
      return { json: answer };
    },
  }),
];
