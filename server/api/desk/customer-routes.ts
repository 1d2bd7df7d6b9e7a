/**
 * Whose a contact is, over HTTP: the card, the cards that it may be, and what the agent says. Only of contacts on the agent's own
 * desk, and nothing may be looked for without one. What is said is in the audit trail by ids, without names.
 */
import {
  type ContactCustomer,
  customerChoiceSchema,
  customerNameSchema,
  findCustomersSchema,
} from '../../contract/customers.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal, tooManyTries } from '../refusal.ts';
import { defineRoute, type Route, type SignedIn } from '../route.ts';
import type { CustomerAnswer } from './port.ts';
import { agentOf, checked } from './routes.ts';

function shown(answer: CustomerAnswer): ContactCustomer {
  if (!('refused' in answer)) return answer;
  if (answer.refused === 'unknown')
    throw refusal('not-found', 'there is no such customer', { reason: 'unknown-customer' });
  checked(answer);
  throw notFound('contact');
}

export function deskCustomerRoutes({ deps: { desk, audit } }: ApiParts): Route[] {
  const { customers } = desk;
  const noted = async (
    who: SignedIn,
    entry: { action: string; customerId: string; contactId: string },
    answer: CustomerAnswer,
  ) => {
    const json = shown(answer);
    const { action, customerId, contactId } = entry;
    await audit.append({
      actor: who.actor,
      action,
      target: `customer:${customerId}`,
      details: { contactId },
    });
    return { json };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/desk/contacts/:id/customer',
      access: 'desk.use',
      forLimited: 'same',
      handle: async (ctx, who) => ({ json: shown(await customers.of(agentOf(who), ctx.id())) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/desk/contacts/:id/customers',
      access: 'desk.use',
      forLimited: 'same',
      async handle(ctx, who) {
        const agentId = agentOf(who);
        const { find } = ctx.query(findCustomersSchema);
        const found = await customers.find(agentId, ctx.id(), find);
        if ('refused' in found) throw notFound('contact');
        if ('retryInSec' in found) throw tooManyTries(found.retryInSec * 1000);
        return { json: found };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/customer/choose',
      access: 'desk.use',
      forLimited: 'same',
      body: customerChoiceSchema,
      async handle(ctx, who) {
        const entry = { action: 'customer.chosen', contactId: ctx.id(), customerId: ctx.body.customerId };
        return noted(who, entry, await customers.choose(agentOf(who), entry.contactId, entry.customerId));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/customer/link',
      access: 'desk.use',
      forLimited: 'same',
      body: customerChoiceSchema,
      async handle(ctx, who) {
        const entry = { action: 'customer.linked', contactId: ctx.id(), customerId: ctx.body.customerId };
        return noted(who, entry, await customers.link(agentOf(who), entry.contactId, entry.customerId));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/customer/name',
      access: 'desk.use',
      forLimited: 'same',
      body: customerNameSchema,
      async handle(ctx, who) {
        const { customerId, name } = ctx.body;
        const entry = { action: 'customer.named', contactId: ctx.id(), customerId };
        return noted(who, entry, await customers.name(agentOf(who), entry.contactId, customerId, name));
      },
    }),
  ];
}
