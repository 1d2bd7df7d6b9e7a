/**
 * Customers' cards, the addresses they are known by, and which card a contact belongs to (docs/adr/0011). Several cards may have one
 * address: a family's number. `contact_customers`: found by the address, or said by an agent (`chosen_by`); a contact of
 * an address that several have is without a row until then. `customer_progress`: up to where history was looked through.
 * `pii_find`: the name as it is searched for.
 */
export const customersMigration = {
  name: '0015-customers',
  up: `
    create table customers (
      customer_id text primary key,
      pii_name text,
      pii_find text,
      is_provisional boolean not null,
      created_at timestamptz not null
    );
    create table customer_addresses (
      kind text not null,
      pii_value text not null,
      customer_id text not null references customers on delete cascade,
      since timestamptz not null,
      primary key (kind, pii_value, customer_id)
    );
    create index customer_addresses_customer on customer_addresses (customer_id);
    create table contact_customers (
      contact_id text primary key,
      customer_id text not null references customers on delete cascade,
      chosen_by text
    );
    create index contact_customers_customer on contact_customers (customer_id, contact_id desc);
    create table customer_progress (
      only_one boolean primary key default true check (only_one),
      first_seq bigint not null
    );
    insert into customer_progress (first_seq) values (0);`,
  down: `
    drop table customer_progress;
    drop table contact_customers;
    drop table customer_addresses;
    drop table customers;`,
};
