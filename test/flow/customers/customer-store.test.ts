/** Customers' cards on a real Postgres: what comes at once, what agents say at once, and what is given up. */
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import { Customers } from '../../../server/app/customers/customers.ts';
import type { UnknownContact } from '../../../server/app/customers/identification.ts';
import type { CustomerStorePort } from '../../../server/app/customers/ports.ts';
import { addressesAtMost, type CardAddress, cardsFound } from '../../../server/contract/customers.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createCustomerRepo } from '../../../server/db/repos/customer-repo.ts';
import { createRetentionRepo } from '../../../server/db/repos/retention-repo.ts';
import { newId } from '../../../server/lib/ids.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const logger = createLogger('test', 'silent');
const mail: CardAddress = { kind: 'mail', value: 'carla@example.org' };
const phone: CardAddress = { kind: 'phone', value: '+390612345678' };

describe('customers’ cards in the database', function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let store: CustomerStorePort;
  let customers: Customers;
  let count = 0;
  const now = Date.UTC(2026, 5, 1);

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
    store = createCustomerRepo(sequelize, newId);
    const site = () => ({ callbacks: { country: 'IT' } });
    customers = new Customers({ store, site, clock: { now: () => now }, logger });
  });
  afterEach(async () => {
    await sequelize.query('truncate customers, contacts cascade');
    await sequelize.query('update customer_progress set first_seq = 0');
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  const rows = <T extends object>(sql: string, bind: unknown[] = []) =>
    sequelize.query<T>(sql, { type: QueryTypes.SELECT, bind });
  /** A call that history has. */
  const called = async (contactId: string, from: string, name?: string) => {
    await rows(
      `insert into contacts (contact_id, first_seq, channel, pii_from, pii_from_name, arrived_at)
       values ($1, $2, 'voice', $3, $4, now())`,
      [contactId, (count += 1), from, name ?? null],
    );
  };
  const contact = (contactId: string, addresses: CardAddress[], name?: string): UnknownContact => ({
    contactId,
    addresses,
    ...(name !== undefined && { name }),
  });
  /** A card that an agent has named; answers its id. */
  const known = async (name: string, address: CardAddress): Promise<string> => {
    const contactId = `of-${name}`;
    await store.identify([contact(contactId, [address])], now);
    const { linkedId = '' } = await store.standing(contactId, [address]);
    expect(await store.name(linkedId, name)).to.equal('done');
    return linkedId;
  };
  const said = (contactId: string, customerId: string, addresses: CardAddress[]) => ({
    contactId,
    customerId,
    addresses,
    agentId: '101',
  });

  it('makes one card of ten contacts that come at once, one by one and in batches', async () => {
    const contacts = Array.from({ length: 10 }, (_, index) => contact(`c${index}`, [phone], `Name ${index}`));
    await Promise.all([
      ...contacts.map((one) => store.identify([one], now)),
      store.identify(contacts, now),
      store.identify(contacts.toReversed(), now),
    ]);
    const [card] = await rows<{ cards: string; links: string; addresses: string }>(
      `select (select count(*) from customers) as cards, (select count(distinct customer_id) from contact_customers) as links,
         (select count(*) from customer_addresses) as addresses`,
    );
    expect(card).to.deep.equal({ cards: '1', links: '1', addresses: '1' });
    expect(await rows('select 1 from contact_customers')).to.have.length(10);
  });

  it('looks history through once, from where it was, and makes no card of who is withheld', async () => {
    await called('v1', '06 1234 5678', 'Carla');
    await called('v2', '+390612345678');
    await called('v3', 'anonymous');
    expect(await customers.look()).to.equal(false);
    const { customer, state } = await customers.of('v2');
    expect(state).to.equal('one');
    expect(customer).to.deep.include({ name: 'Carla', isProvisional: true, addresses: [phone] });
    expect(customer?.earlier.byChannel).to.deep.equal({ voice: 1 });
    expect(await customers.of('v3')).to.deep.equal({
      state: 'none',
      addresses: [],
      isChosen: false,
      others: [],
    });
    await called('v4', '+390612345678');
    await customers.look();
    expect((await customers.of('v4')).customer?.earlier.byChannel).to.deep.equal({ voice: 2 });
    const { facts } = await store.unseen(10);
    expect(facts).to.deep.equal([]);
  });

  it('knows a call that history does not have yet, by what the call itself says', async () => {
    const view = await customers.of('v9', { from: '0612345678', fromName: 'Carla' });
    expect(view.customer).to.deep.include({ name: 'Carla', addresses: [phone] });
    const again = await customers.of('v9', { from: '0612345678' });
    expect(again.customer?.customerId).to.equal(view.customer?.customerId);
  });

  it('shows several cards of one number, and keeps for a contact the one that an agent chose', async () => {
    const carla = await known('Carla Rossi', phone);
    const paolo = await known('Paolo Rossi', mail);
    await called('v1', phone.value);
    expect(await customers.link('v1', paolo, '101')).to.deep.include({ state: 'one', isChosen: true });
    await called('v2', phone.value);
    await customers.look();
    const several = await customers.of('v2');
    expect(several.state).to.equal('several');
    expect(several.customer).to.equal(undefined);
    expect(several.others.map(({ name }) => name)).to.deep.equal(['Carla Rossi', 'Paolo Rossi']);
    expect(await rows(`select 1 from contact_customers where contact_id = 'v2'`)).to.have.length(0);
    const nobody = await known('Nobody', { kind: 'mail', value: 'n@example.org' });
    expect(await customers.choose('v2', nobody, '101')).to.deep.equal({ refused: 'other-address' });
    expect(await customers.choose('v2', 'cu_none', '101')).to.deep.equal({ refused: 'unknown' });
    expect(await customers.choose('v2', carla, '101')).to.deep.include({ state: 'one', isChosen: true });
    expect((await customers.of('v2')).customer?.name).to.equal('Carla Rossi');
    expect((await customers.of('v1')).customer?.name, 'another contact').to.equal('Paolo Rossi');
    // Changed: the agent has heard better.
    await customers.choose('v2', paolo, '102');
    expect((await customers.of('v2')).customer?.customerId).to.equal(paolo);
  });

  it('gives an address and its contacts to a card that is known, and the provisional one is gone', async () => {
    const carla = await known('Carla Rossi', mail);
    await called('v1', phone.value);
    await called('v2', phone.value);
    await customers.look();
    expect((await customers.of('v2')).customer?.isProvisional).to.equal(true);
    await customers.link('v2', carla, '101');
    const first = await customers.of('v1');
    expect(first.customer).to.deep.include({ customerId: carla, isProvisional: false });
    expect(first.customer?.addresses).to.have.deep.members([mail, phone]);
    expect(await rows('select 1 from customers')).to.have.length(1);
    expect(await customers.link('v2', carla, '101')).to.deep.equal({ refused: 'already-so' });
  });

  it('gives no address that the contact did not come by: a provisional card with another stays', async () => {
    const carla = await known('Carla Rossi', { kind: 'mail', value: 'known@example.org' });
    await store.identify([contact('form', [mail, phone])], now);
    await called('v1', phone.value);
    await customers.look();
    await customers.link('v1', carla, '101');
    const { customer } = await customers.of('v1');
    expect(customer?.addresses.map(({ value }) => value)).to.not.include(mail.value);
    const left = await store.standing('form', [mail]);
    expect(left.cards.map(({ isProvisional, addresses }) => [isProvisional, addresses])).to.deep.equal([
      [true, [mail]],
    ]);
  });

  it('names a provisional card of the contact once, and no other card', async () => {
    await called('v1', phone.value);
    const { customer } = await customers.of('v1');
    const customerId = customer?.customerId ?? '';
    const other = await known('Paolo', mail);
    expect(await customers.name('v1', other, 'Carla')).to.deep.equal({ refused: 'unknown' });
    expect(await customers.name('v1', customerId, '\u0001')).to.deep.equal({ refused: 'empty' });
    const twice = await Promise.all([
      customers.name('v1', customerId, 'Carla Rossi'),
      customers.name('v1', customerId, 'Carla Bianchi'),
    ]);
    expect(twice.filter((one) => 'refused' in one)).to.deep.equal([{ refused: 'already-known' }]);
    await store.identify([contact('later', [phone], 'Somebody else')], now);
    expect((await customers.of('v1')).customer?.name).to.match(/^Carla /);
  });

  it('stays whole when agents give one provisional card to two customers while contacts come in', async () => {
    const carla = await known('Carla', mail);
    const paolo = await known('Paolo', { kind: 'mail', value: 'p@example.org' });
    for (let index = 0; index < 6; index += 1) await called(`v${index}`, phone.value);
    await customers.of('v0');
    await Promise.all([
      customers.look(),
      customers.link('v1', carla, '101'),
      customers.link('v2', paolo, '102'),
      ...[3, 4, 5].map((index) => store.identify([contact(`v${index}`, [phone])], now)),
    ]);
    await customers.look();
    const cards = await rows<{ pii_name: string }>('select pii_name from customers order by pii_name');
    expect(cards).to.deep.equal([{ pii_name: 'Carla' }, { pii_name: 'Paolo' }]);
    expect((await customers.of('v1')).customer?.customerId).to.equal(carla);
    expect((await customers.of('v2')).customer?.customerId).to.equal(paolo);
    expect((await customers.of('v5')).state).to.equal('several');
  });

  it('finds cards by a part of a name or an address, 20 at most', async () => {
    await known('Niccolò Perè', mail);
    await known('Пётр Йорк', phone);
    const find = async (text: string) =>
      (await customers.find('none', text)).customers.map(({ name }) => name);
    expect(await find('PERE')).to.deep.equal(['Niccolò Perè']);
    expect(await find('петр')).to.deep.equal(['Пётр Йорк']);
    expect(await find('CARLA@')).to.deep.equal(['Niccolò Perè']);
    expect(await find('06 1234')).to.deep.equal(['Пётр Йорк']);
    expect(await find('%%%')).to.deep.equal([]);
    expect(await find('\u0301\u0301\u0301')).to.deep.equal([]);
    const many = Array.from({ length: cardsFound + 1 }, (_, index) =>
      contact(`m${index}`, [{ kind: 'mail', value: `m${index}@many.example` }]),
    );
    await store.identify(many, now);
    const found = await customers.find('none', 'many.example');
    expect([found.customers.length, found.isCut]).to.deep.equal([cardsFound, true]);
  });

  it('is one card for a form, the callback that it asks for and a call; and stays when the text is forgotten', async () => {
    await rows(
      `insert into threads (thread_id, channel_id, endpoint_id, pii_address, pii_name, language, created_at)
       values ('t1', 'form', 'call', $1, 'Carla', 'en', to_timestamp(0))`,
      [phone.value],
    );
    await rows(
      `insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via, closed_at)
       values ('b1', 't1', 'q', 'callback', to_timestamp(0), 'form:call', to_timestamp(1))`,
    );
    await rows(
      `insert into messages (message_id, thread_id, contact_id, seq, at, author, text, extra)
       values ('m1', 't1', 'b1', 1, to_timestamp(0), 'customer', 'call me', $1::jsonb)`,
      [JSON.stringify({ phone: '06 1234 5678', email: 'Carla@Example.org' })],
    );
    await rows(
      `insert into contacts (contact_id, first_seq, channel, pii_from, arrived_at) values ('b1', $1, 'callback', $2, now())`,
      [(count += 1), phone.value],
    );
    await called('v1', '06 1234 5678');
    await customers.look();
    const before = await customers.of('v1');
    expect(before.customer).to.deep.include({ name: 'Carla', isProvisional: true });
    expect(before.customer?.addresses).to.have.deep.members([mail, phone]);
    expect(before.customer?.earlier.byChannel).to.deep.equal({ callback: 1 });
    expect(await createRetentionRepo(sequelize, async () => true).forgetThread(now)).to.deep.include({
      messages: 1,
    });
    expect(await customers.of('v1')).to.deep.equal(before);
    // The callback itself can still be asked about.
    expect((await customers.of('b1')).addresses).to.deep.equal([]);
    await rows('delete from text_contacts');
    await rows('delete from threads');
  });

  it('has a bound for the addresses of a card and for the cards of an address', async () => {
    const carla = await known('Carla', mail);
    const addresses = Array.from({ length: addressesAtMost }, (_, index) => ({
      kind: 'mail',
      value: `x${index}@example.org`,
    }));
    expect(await store.link(said('c1', carla, addresses), now)).to.equal('too-many');
    expect(await store.link(said('c1', carla, addresses.slice(1)), now)).to.equal('done');
    for (let index = 0; index < cardsFound; index += 1) {
      const own = { kind: 'mail', value: `own${index}@example.org` };
      const customerId = await known(`Person ${index}`, own);
      expect(await store.link(said(`s${index}`, customerId, [phone]), now), String(index)).to.equal('done');
    }
    const last = await known('One too many', { kind: 'mail', value: 'last@example.org' });
    expect(await store.link(said('s', last, [phone]), now)).to.equal('too-many');
    expect((await store.standing('new', [phone])).holderIds).to.have.length(cardsFound);
  });
});
