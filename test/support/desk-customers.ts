/** Customers' cards of the stand-in of `desk-backend.ts`: out of memory, without any rule of who is who. */
import express, { type Response, type Router } from 'express';
import {
  type CardAddress,
  type ContactCustomer,
  customerChoiceSchema,
  type CustomerCard,
  customerNameSchema,
  findCustomersSchema,
} from '../../server/contract/customers.ts';
import type { DeskView } from '../../server/contract/desk.ts';

export const cardOf = (
  customerId: string,
  name: string,
  addresses: CardAddress[],
  byChannel: CustomerCard['earlier']['byChannel'] = {},
  lastAt?: number,
): CustomerCard => ({
  customerId,
  name,
  isProvisional: false,
  addresses,
  earlier: { byChannel, ...(lastAt !== undefined && { lastAt }) },
});

export const oneCustomer = (customer: CustomerCard): ContactCustomer => ({
  state: 'one',
  addresses: customer.addresses.slice(0, 1),
  customer,
  isChosen: false,
  others: [],
});

export const severalCustomers = (address: CardAddress, others: CustomerCard[]): ContactCustomer => ({
  state: 'several',
  addresses: [address],
  isChosen: false,
  others,
});

const nobody: ContactCustomer = { state: 'none', addresses: [], isChosen: false, others: [] };

interface Parts {
  view: DeskView;
  customers: Map<string, ContactCustomer>;
  cards: CustomerCard[];
}

export function customerRoutes({ view, customers, cards }: Parts): Router {
  const router = express.Router();
  const fail = (response: Response, status: number, code: string, reason?: string) =>
    void response
      .status(status)
      .json({ error: { code, message: code, ...(reason && { details: { reason } }) } });
  const path = '/api/desk/contacts/:id/customer';
  router.use('/api/desk/contacts/:id', (request, response, next) => {
    const isMine = view.mine.some(({ contactId }) => contactId === request.params.id);
    if (isMine) next();
    else fail(response, 404, 'not-found');
  });
  const of = (contactId: string) => customers.get(contactId) ?? nobody;
  router.get(path, (request, response) => void response.json(of(request.params.id)));
  router.get(`${path}s`, (request, response) => {
    const asked = findCustomersSchema.safeParse({ ...request.query });
    if (!asked.success) return fail(response, 400, 'bad-request');
    const wanted = asked.data.find.toLowerCase();
    const found = cards.filter(({ name, addresses }) =>
      [name ?? '', ...addresses.map(({ value }) => value)].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
    );
    response.json({ customers: found, isCut: false });
  });
  router.post(`${path}/:what`, (request, response) => {
    const { id: contactId, what } = request.params;
    const now = of(contactId);
    const known = [...cards, ...now.others, ...(now.customer ? [now.customer] : [])];
    const schema = what === 'name' ? customerNameSchema : customerChoiceSchema;
    const body = schema.safeParse(request.body);
    if (!body.success) return fail(response, 400, 'bad-request');
    const card = known.find(({ customerId }) => customerId === body.data.customerId);
    if (!card) return fail(response, 404, 'not-found', 'unknown-customer');
    if (what === 'name' && !card.isProvisional) return fail(response, 409, 'conflict', 'already-known');
    const next: ContactCustomer = { ...now, state: 'one', isChosen: what !== 'name', customer: card };
    if (what === 'name' && 'name' in body.data)
      next.customer = { ...card, isProvisional: false, name: String(body.data.name) };
    next.others = now.others.filter((one) => one !== card);
    customers.set(contactId, next);
    response.json(next);
  });
  return router;
}
