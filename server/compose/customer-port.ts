/** Joins the desk's questions about customers (api/desk) to their cards (app/customers): only for contacts on the agent's own desk. */
import type { CustomerPort } from '../api/desk/port.ts';
import type { CallerHint, CardAnswer, Customers } from '../app/customers/customers.ts';
import type { AgentDesk } from '../app/text/agent-desk.ts';
import { AddressRate } from '../channels/address-rate.ts';

export interface CustomerPortParts {
  customers: Customers;
  agents: Pick<AgentDesk, 'onDesk'>;
  /** Who is on the line. */
  caller: (contactId: string) => CallerHint | undefined;
}

/** Of one agent: to find somebody, not to read through the cards. */
export const findRate = { burst: 20, perMinute: 30 };

export function createCustomerPort({ customers, agents, caller }: CustomerPortParts): CustomerPort {
  const finds = new AddressRate(findRate);
  const notYours = { refused: 'not-yours' };
  const change = async (
    agentId: string,
    contactId: string,
    run: (hint: CallerHint | undefined) => Promise<CardAnswer>,
  ) => (agents.onDesk(agentId, contactId)?.state === 'connected' ? run(caller(contactId)) : notYours);
  return {
    of: async (agentId, contactId) =>
      agents.onDesk(agentId, contactId) ? customers.of(contactId, caller(contactId)) : notYours,
    async find(agentId, contactId, text) {
      if (!agents.onDesk(agentId, contactId)) return notYours;
      const retryInSec = finds.take(agentId);
      return retryInSec > 0 ? { retryInSec } : customers.find(contactId, text);
    },
    choose: (agentId, contactId, customerId) =>
      change(agentId, contactId, (hint) => customers.choose(contactId, customerId, agentId, hint)),
    link: (agentId, contactId, customerId) =>
      change(agentId, contactId, (hint) => customers.link(contactId, customerId, agentId, hint)),
    name: (agentId, contactId, customerId, name) =>
      change(agentId, contactId, (hint) => customers.name(contactId, customerId, name, hint)),
  };
}
