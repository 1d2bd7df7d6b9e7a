/** Rows of customers' cards, and what a contact tells of its customer. SQL of customer-repo.ts; nothing is decided here. */
import type { ContactFacts } from '../../app/customers/customer-address.ts';
import {
  addressesShown,
  type CardAddress,
  contactsCounted,
  type CustomerCard,
} from '../../contract/customers.ts';
import type { Channel } from '../../contract/events.ts';
import { optional } from './optional.ts';
import { msOf, type Select } from './text-rows.ts';

interface FactsRow {
  contact_id: string;
  first_seq: string | null;
  channel: string | null;
  pii_from: string | null;
  pii_from_name: string | null;
  channel_id: string | null;
  endpoint_id: string | null;
  pii_address: string | null;
  pii_name: string | null;
  email: string | null;
  phone: string | null;
}

const factColumns = `h.first_seq, h.channel, h.pii_from, h.pii_from_name, t.channel_id, t.endpoint_id, t.pii_address, t.pii_name,
  coalesce(s.pii_email, m.extra->>'email') as email, m.extra->>'phone' as phone`;
/** What a form was told besides is with its request alone: in mails such words would be a stranger's. */
const textJoins = (contactId: string): string => `
  left join text_contacts c on c.contact_id = ${contactId}
  left join threads t on t.thread_id = c.thread_id
  left join lateral (select pii_email from chat_sessions where thread_id = t.thread_id limit 1) s on true
  left join lateral (select extra from messages where contact_id = c.contact_id and author = 'customer'
    order by seq limit 1) m on c.via like 'form:%'`;

export const unseenFacts = `select h.contact_id, ${factColumns} from contacts h ${textJoins('h.contact_id')}
  where h.first_seq > (select first_seq from customer_progress) order by h.first_seq limit $1`;
export const factsOfOne = `select k.contact_id, ${factColumns} from (select $1::text as contact_id) k
  left join contacts h on h.contact_id = k.contact_id ${textJoins('k.contact_id')}`;

export function factsOf(row: FactsRow): ContactFacts {
  const { contact_id: contactId, channel_id: channelId, endpoint_id: endpointId, pii_address: address } = row;
  if (channelId === null || endpointId === null || address === null)
    return {
      contactId,
      ...(row.channel === 'voice' && optional({ from: row.pii_from, name: row.pii_from_name })),
    };
  return {
    contactId,
    ...optional({ name: row.pii_name }),
    text: { channelId, endpointId, address, ...optional({ email: row.email, phone: row.phone }) },
  };
}
export type { FactsRow };

interface CardRow {
  customer_id: string;
  pii_name: string | null;
  is_provisional: boolean;
  addresses: CardAddress[] | null;
  earlier: { channel: Channel; count: number; last: number | null }[] | null;
}

/** Known ones first, by their names. `exceptContactId`: not counted. */
export async function cardsOf(
  select: Select,
  customerIds: readonly string[],
  exceptContactId: string,
): Promise<CustomerCard[]> {
  if (customerIds.length === 0) return [];
  const rows = await select<CardRow>(
    `select c.customer_id, c.pii_name, c.is_provisional,
       (select json_agg(json_build_object('kind', a.kind, 'value', a.pii_value)) from
         (select kind, pii_value from customer_addresses where customer_id = c.customer_id
          order by since, kind desc, pii_value limit ${addressesShown}) a) as addresses,
       (select json_agg(json_build_object('channel', e.channel, 'count', e.count, 'last', e.last)) from
         (select h.channel, count(*) as count, ${msOf('max(h.arrived_at)')} as last from
           (select contact_id from contact_customers where customer_id = c.customer_id and contact_id <> $2
            order by contact_id desc limit ${contactsCounted}) l
          join contacts h on h.contact_id = l.contact_id where h.channel is not null group by h.channel) e) as earlier
     from customers c where c.customer_id = any($1)
     order by c.is_provisional, c.pii_find, c.customer_id`,
    [[...customerIds], exceptContactId],
  );
  return rows.map(cardOf);
}

function cardOf({ customer_id, pii_name, is_provisional, addresses, earlier }: CardRow): CustomerCard {
  const channels = earlier ?? [];
  const lastAt = Math.max(...channels.map(({ last }) => last ?? 0));
  return {
    customerId: customer_id,
    isProvisional: is_provisional,
    addresses: addresses ?? [],
    ...optional({ name: pii_name }),
    earlier: {
      byChannel: Object.fromEntries(channels.map(({ channel, count }) => [channel, count])),
      ...(lastAt > 0 && { lastAt }),
    },
  };
}
