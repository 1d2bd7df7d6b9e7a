/**
 * Customers' cards in Postgres (app/customers/ports.ts). Every change waits for one lock, so that what was looked up is still so
 * when it is written. Races stopped: two contacts of one unknown address (one card); a provisional card that is given up
 * while a contact gets it; two agents who say at once whose an address is.
 *
 * Cards that the house makes itself may be lost with the last instant before a crash of the database: nobody has been told
 * of them, and they are made again. What an agent has said is on the disk when it is answered.
 */
import type { Sequelize } from 'sequelize';
import { foldedText } from '../../app/customers/customer-address.ts';
import { cardAddressKey, type Plan, planOf } from '../../app/customers/identification.ts';
import type { CardLink, CardOutcome, CustomerStorePort } from '../../app/customers/ports.ts';
import { addressesAtMost, type CardAddress, cardsFound } from '../../contract/customers.ts';
import { cardsOf, factsOf, factsOfOne, type FactsRow, unseenFacts } from './customer-rows.ts';
import { instant, type Select, selectIn } from './text-rows.ts';

/** Any constant that nothing else in this database locks. */
const lockKey = 4_127_720_015;

export function createCustomerRepo(sequelize: Sequelize, newId: (noun: string) => string): CustomerStorePort {
  const select = selectIn(sequelize);
  const alone = <T>(work: (within: Select) => Promise<T>): Promise<T> =>
    sequelize.transaction(async (transaction) => {
      const within = selectIn(sequelize, transaction);
      await within('select pg_advisory_xact_lock($1)', [lockKey]);
      return work(within);
    });
  return {
    async unseen(limit) {
      const rows = await select<FactsRow>(unseenFacts, [limit]);
      const last = rows.at(-1);
      return { facts: rows.map(factsOf), ...(last && { upTo: Number(last.first_seq) }) };
    },
    async facts(contactId) {
      const [row] = await select<FactsRow>(factsOfOne, [contactId]);
      return row ? factsOf(row) : { contactId };
    },
    identify: (contacts, now, upTo) =>
      alone(async (within) => {
        await within('set local synchronous_commit = off');
        const holders = await holdersOf(
          within,
          contacts.flatMap(({ addresses }) => addresses),
        );
        const plan = planOf(contacts, idsByKey(holders), () => newId('cu'));
        await carryOut(within, plan, now);
        if (upTo !== undefined)
          await within('update customer_progress set first_seq = greatest(first_seq, $1)', [upTo]);
      }),
    async standing(contactId, addresses) {
      const [row] = await linkOf(select, contactId);
      const holders = await holdersOf(select, addresses);
      const holderIds = [...new Set(holders.map(({ customerId }) => customerId))].slice(0, cardsFound + 1);
      const shown = row ? [...new Set([row.customer_id, ...holderIds])] : holderIds;
      return {
        isChosen: row?.chosen_by != null,
        holderIds,
        cards: await cardsOf(select, shown, contactId),
        ...(row && { linkedId: row.customer_id }),
      };
    },
    async find(contactId, name, terms, limit) {
      const rows = await select<{ customer_id: string }>(
        `select c.customer_id from customers c
         where strpos(c.pii_find, nullif($1, '')) > 0 or exists (select 1 from customer_addresses a
           cross join unnest($2::text[]) as w(term)
           where a.customer_id = c.customer_id and a.kind <> 'chat' and strpos(a.pii_value, w.term) > 0)
         order by c.is_provisional, c.pii_find, c.customer_id limit $3`,
        [name, [...terms], limit],
      );
      const ids = rows.map(({ customer_id: customerId }) => customerId);
      return cardsOf(select, ids, contactId);
    },
    name: (customerId, name) =>
      alone(async (within) => {
        const named = await within(
          `update customers set pii_name = $2, pii_find = $3, is_provisional = false
           where customer_id = $1 and is_provisional returning 1`,
          [customerId, name, foldedText(name)],
        );
        if (named.length > 0) return 'done';
        return (await isThere(within, customerId)) ? 'already-known' : 'unknown';
      }),
    choose: (link) => alone((within) => choose(within, link)),
    link: (link, now) => alone((within) => give(within, link, now)),
  };
}

interface Holder extends CardAddress {
  customerId: string;
  isProvisional: boolean;
}

function idsByKey(holders: readonly Holder[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const holder of holders) {
    const key = cardAddressKey(holder);
    ids.set(key, [...(ids.get(key) ?? []), holder.customerId]);
  }
  return ids;
}

const kindsOf = (addresses: readonly CardAddress[]): [string[], string[]] => [
  addresses.map(({ kind }) => kind),
  addresses.map(({ value }) => value),
];

async function holdersOf(select: Select, addresses: readonly CardAddress[]): Promise<Holder[]> {
  if (addresses.length === 0) return [];
  return select<Holder>(
    `select distinct a.kind, a.pii_value as value, a.customer_id as "customerId", c.is_provisional as "isProvisional"
     from customer_addresses a join customers c on c.customer_id = a.customer_id
     join unnest($1::text[], $2::text[]) as w(kind, value) on w.kind = a.kind and w.value = a.pii_value
     order by a.customer_id`,
    kindsOf(addresses),
  );
}

const linkOf = (select: Select, contactId: string) =>
  select<{ customer_id: string; chosen_by: string | null }>(
    'select customer_id, chosen_by from contact_customers where contact_id = $1',
    [contactId],
  );

async function isThere(select: Select, customerId: string): Promise<boolean> {
  return (await select('select 1 from customers where customer_id = $1', [customerId])).length > 0;
}

async function carryOut(select: Select, { cards, links, names }: Plan, now: number): Promise<void> {
  if (cards.length > 0) {
    const known = cards.map(({ name }) => name ?? null);
    await select(
      `insert into customers (customer_id, pii_name, pii_find, is_provisional, created_at)
       select n.customer_id, n.name, n.find, true, ${instant('$4')}
       from unnest($1::text[], $2::text[], $3::text[]) as n(customer_id, name, find)`,
      [
        cards.map(({ customerId }) => customerId),
        known,
        known.map((name) => (name === null ? null : foldedText(name))),
        now,
      ],
    );
    const added = cards.flatMap(({ customerId, addresses }) => addresses.map(() => customerId));
    await addAddresses(
      select,
      added,
      cards.flatMap(({ addresses }) => addresses),
      now,
    );
  }
  if (links.length > 0)
    await select(
      `insert into contact_customers (contact_id, customer_id)
       select l.contact_id, l.customer_id from unnest($1::text[], $2::text[]) as l(contact_id, customer_id)
       on conflict do nothing`,
      [links.map(({ contactId }) => contactId), links.map(({ customerId }) => customerId)],
    );
  if (names.length > 0)
    await select(
      `update customers c set pii_name = n.name, pii_find = n.find
       from unnest($1::text[], $2::text[], $3::text[]) as n(customer_id, name, find)
       where c.customer_id = n.customer_id and c.is_provisional and c.pii_name is null`,
      [
        names.map(({ customerId }) => customerId),
        names.map(({ name }) => name),
        names.map(({ name }) => foldedText(name)),
      ],
    );
}

/** The n-th address to the n-th card. */
async function addAddresses(
  select: Select,
  customerIds: readonly string[],
  addresses: readonly CardAddress[],
  now: number,
): Promise<void> {
  await select(
    `insert into customer_addresses (kind, pii_value, customer_id, since)
     select a.kind, a.value, a.customer_id, ${instant('$4')}
     from unnest($1::text[], $2::text[], $3::text[]) as a(kind, value, customer_id) on conflict do nothing`,
    [...kindsOf(addresses), [...customerIds], now],
  );
}

async function say(select: Select, { contactId, customerId, agentId }: CardLink): Promise<void> {
  await select(
    `insert into contact_customers (contact_id, customer_id, chosen_by) values ($1, $2, $3)
     on conflict (contact_id) do update set customer_id = excluded.customer_id, chosen_by = excluded.chosen_by`,
    [contactId, customerId, agentId],
  );
}

async function choose(select: Select, link: CardLink): Promise<CardOutcome> {
  const holders = await holdersOf(select, link.addresses);
  if (!holders.some(({ customerId }) => customerId === link.customerId))
    return (await isThere(select, link.customerId)) ? 'other-address' : 'unknown';
  await say(select, link);
  return 'done';
}

async function give(select: Select, link: CardLink, now: number): Promise<CardOutcome> {
  const { customerId, addresses, contactId } = link;
  if (!(await isThere(select, customerId))) return 'unknown';
  const holders = await holdersOf(select, addresses);
  const others = holders.filter((holder) => holder.customerId !== customerId);
  const missing = addresses.length - (holders.length - others.length);
  const [row] = await linkOf(select, contactId);
  const isSaid = row?.customer_id === customerId && row.chosen_by !== null;
  if (missing === 0 && (isSaid || (others.length === 0 && addresses.length > 0))) return 'already-so';
  const known = others.filter(({ isProvisional }) => !isProvisional);
  const isFull = addresses.some(
    (address) => known.filter((one) => cardAddressKey(one) === cardAddressKey(address)).length >= cardsFound,
  );
  const [counted] = await select<{ count: string }>(
    'select count(*) from customer_addresses where customer_id = $1',
    [customerId],
  );
  if (isFull || Number(counted?.count ?? 0) + missing > addressesAtMost) return 'too-many';
  await addAddresses(
    select,
    addresses.map(() => customerId),
    addresses,
    now,
  );
  const provisional = others.filter(({ isProvisional }) => isProvisional);
  await giveUp(select, provisional, customerId);
  await say(select, link);
  return 'done';
}

/** What was only known to have these addresses is that customer: its contacts are, once it has no other address. */
async function giveUp(select: Select, losers: readonly Holder[], customerId: string): Promise<void> {
  if (losers.length === 0) return;
  const ids = losers.map((one) => one.customerId);
  await select(
    `delete from customer_addresses a using unnest($1::text[], $2::text[], $3::text[]) as w(kind, value, customer_id)
     where a.kind = w.kind and a.pii_value = w.value and a.customer_id = w.customer_id`,
    [...kindsOf(losers), ids],
  );
  const isBare = `customer_id = any($1) and not exists
    (select 1 from customer_addresses a where a.customer_id = x.customer_id)`;
  await select(`update contact_customers x set customer_id = $2 where ${isBare}`, [ids, customerId]);
  await select(`delete from customers x where ${isBare}`, [ids]);
}
