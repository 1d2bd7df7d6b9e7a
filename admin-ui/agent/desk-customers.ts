/**
 * Whose the open contact is: asked for when it is opened and after each change of ours, and kept for as long as it is open,
 * no longer: other customers' data are not gathered in the page. Refusals of what the agent does are told.
 * The race it stops: a slow answer for a contact, or for an earlier question, that comes after a newer one.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ContactCustomer, FoundCustomers } from '../../server/contract/customers.ts';
import type { Answer, Refusal } from '../shared/api-client.ts';
import type { Request } from './desk.ts';

/** By the contract (`findCustomersSchema`), whose module would bring the validator along. */
export const shortestFind = 3;

export interface DeskCustomers {
  /** Of the contact that is open; undefined while it is asked for. */
  view: ReadonlySignal<ContactCustomer | undefined>;
  fault: ReadonlySignal<Refusal | undefined>;
  isBusy: ReadonlySignal<boolean>;
  /** Another contact is open, or none. */
  follow: (contactId: string | undefined) => void;
  fetch: () => void;
  find: (text: string) => Promise<Answer<FoundCustomers> | undefined>;
  /** Of those who have the address, for this contact. */
  choose: (customerId: string) => Promise<boolean>;
  /** The address belongs to that customer. */
  link: (customerId: string) => Promise<boolean>;
  name: (customerId: string, name: string) => Promise<boolean>;
}

interface Held {
  contactId: string;
  answer?: Answer<ContactCustomer>;
}

export function createDeskCustomers(request: Request, tell: (refusal: Refusal) => void): DeskCustomers {
  const held = signal<Held | undefined>(undefined);
  const isBusy = signal(false);
  let question = 0;
  const pathOf = (contactId: string) => `/api/desk/contacts/${encodeURIComponent(contactId)}/customer`;
  const fetch = async () => {
    const now = held.peek();
    if (!now) return;
    const asked = (question += 1);
    const answer = await request<ContactCustomer>(pathOf(now.contactId));
    if (asked === question && held.peek()?.contactId === now.contactId)
      held.value = { contactId: now.contactId, answer };
  };
  const change = async (what: 'choose' | 'link' | 'name', body: object): Promise<boolean> => {
    const now = held.peek();
    if (!now || isBusy.peek()) return false;
    isBusy.value = true;
    const path = `${pathOf(now.contactId)}/${what}`;
    const answer = await request<ContactCustomer>(path, { method: 'POST', body });
    isBusy.value = false;
    const isOpen = held.peek()?.contactId === now.contactId;
    if (!answer.isOk) {
      tell(answer);
      // What was shown is not so any more.
      if (isOpen && answer.code !== 'unreachable') void fetch();
      return false;
    }
    question += 1;
    if (isOpen) held.value = { contactId: now.contactId, answer };
    return true;
  };
  return {
    view: computed(() => (held.value?.answer?.isOk ? held.value.answer.body : undefined)),
    fault: computed(() => {
      const answer = held.value?.answer;
      return answer && !answer.isOk ? answer : undefined;
    }),
    isBusy,
    follow: (contactId) => {
      if (contactId !== held.peek()?.contactId)
        held.value = contactId === undefined ? undefined : { contactId };
      void fetch();
    },
    fetch: () => void fetch(),
    find: async (text) => {
      const now = held.peek();
      if (!now) return undefined;
      const path = `/api/desk/contacts/${encodeURIComponent(now.contactId)}/customers`;
      return request<FoundCustomers>(`${path}?find=${encodeURIComponent(text)}`);
    },
    choose: (customerId) => change('choose', { customerId }),
    link: (customerId) => change('link', { customerId }),
    name: (customerId, name) => change('name', { customerId, name }),
  };
}
