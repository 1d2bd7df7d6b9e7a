/** First contact resolution on a real Postgres, against contacts that were counted by hand. */
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { FcrFate, FcrReport } from '../../../../server/contract/rest-fcr.ts';
import { fcrQuerySchema } from '../../../../server/contract/rest-fcr.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { fcrReport } from '../../../../server/app/figures/fcr-reports.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { partitionSql } from '../../../../server/db/figure-sql.ts';
import { FirstContact } from '../../../../server/db/first-contact.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';

const logger = createLogger('test', 'silent');
const at = (text: string) => Date.parse(text);
const minuteMs = 60_000;
const dayMs = 86_400_000;

interface Told {
  queued: string;
  /** ms after it was queued; absent: nobody handled it. */
  handled?: number;
  queue?: string;
  channel?: string;
  agent?: string;
  from?: string;
  card?: string;
  isTransferred?: boolean;
  ordinal?: number;
  outcome?: string;
}

describe('first contact resolution', function () {
  this.timeout(30_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let firstContact: FirstContact;

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
    for (const month of [0, 1, 2, 3, 4])
      for (const sql of partitionSql(Date.UTC(2026, month))) await sequelize.query(sql);
    firstContact = new FirstContact(sequelize);
  });
  beforeEach(() =>
    sequelize.query('truncate stays, contacts, customers cascade; truncate contact_customers'),
  );
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  async function put(contactId: string, told: Told): Promise<void> {
    const { queued, handled, queue = 'cards', channel = 'voice', agent = '101', ordinal = 1 } = told;
    const queuedAt = new Date(queued);
    const handledAt = handled === undefined ? null : new Date(queuedAt.getTime() + handled);
    const outcome = told.outcome ?? (handledAt ? 'answered' : 'abandoned');
    await sequelize.query(
      `insert into stays (contact_id, ordinal, queue_id, channel, number_id, trunk_id, definition, queued_at, target_ms,
         short_abandon_ms, outcome, left_at, agent_id, handled_at, is_transferred)
       values ($1, $2, $3, $4, '', '', 1, $5, 20000, 5000, $6, $5, $7, $8, $9)`,
      {
        bind: [
          contactId,
          ordinal,
          queue,
          channel,
          queuedAt,
          outcome,
          agent,
          handledAt,
          told.isTransferred ?? false,
        ],
        type: QueryTypes.INSERT,
      },
    );
    await sequelize.query(
      `insert into contacts (contact_id, first_seq, channel, arrived_at, pii_from) values ($1, 1, $2, $3, $4)
       on conflict do nothing`,
      { bind: [contactId, channel, queuedAt, told.from ?? null], type: QueryTypes.INSERT },
    );
    if (told.card === undefined) return;
    await sequelize.query(
      `insert into customers (customer_id, is_provisional, created_at) values ($1, true, now()) on conflict do nothing`,
      { bind: [told.card], type: QueryTypes.INSERT },
    );
    await sequelize.query(`insert into contact_customers (contact_id, customer_id) values ($1, $2)`, {
      bind: [contactId, told.card],
      type: QueryTypes.INSERT,
    });
  }

  const march = {
    from: at('2026-03-01T00:00:00+01:00'),
    to: at('2026-04-01T00:00:00+02:00'),
    days: 7,
    transfers: 'resolved',
    topic: 'queue',
    asOf: at('2026-05-01T00:00:00Z'),
  } as const;
  type Asked = Partial<Parameters<FirstContact['report']>[0]>;
  /** Contacts by fate. */
  async function fates(over: Asked = {}): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const fate of ['resolved', 'repeated', 'transferred', 'open', 'anonymous'] as FcrFate[]) {
      const page = await firstContact.contacts({ ...march, ...over, scope: 'site', fate, limit: 200 });
      expect(page.total).to.equal(page.items.length);
      if (page.total > 0) found[fate] = page.items.map(({ contactId }) => contactId).sort();
    }
    return found;
  }

  it('finds the next contact of the same customer, across channels, by card and by address', async () => {
    await put('call', {
      queued: '2026-03-03T10:00:00Z',
      handled: 5 * minuteMs,
      card: 'cu_1',
      from: '+39055100',
    });
    await put('mail', {
      queued: '2026-03-05T10:00:00Z',
      handled: dayMs,
      channel: 'mail',
      card: 'cu_1',
      from: 'ada@example.it',
      agent: '102',
    });
    // The same number written otherwise, of no card.
    await put('by-number', { queued: '2026-03-06T08:00:00Z', handled: minuteMs, from: '+39 (055) 200' });
    await put('again', { queued: '2026-03-07T08:00:00Z', from: '+39055200' });
    // Another topic.
    await put('loan', { queued: '2026-03-08T08:00:00Z', handled: minuteMs, queue: 'loans', card: 'cu_1' });

    expect(await fates()).to.deep.equal({
      // The call: by the mail. The number: by a call that was abandoned, which nobody handled and so does not count itself.
      repeated: ['by-number', 'call'],
      resolved: ['loan', 'mail'],
    });
    expect(await fates({ topic: 'any' })).to.deep.equal({
      repeated: ['by-number', 'call', 'mail'],
      resolved: ['loan'],
    });
    const pair = await firstContact.contacts({
      ...march,
      scope: 'channel:voice',
      fate: 'repeated',
      limit: 1,
    });
    expect(pair.total).to.equal(2);
    expect(pair.items[0]).to.deep.include({
      contactId: 'by-number',
      repeat: { contactId: 'again', queueId: 'cards', queuedAt: at('2026-03-07T08:00:00Z') },
    });
    const next = await firstContact.contacts({
      ...march,
      scope: 'channel:voice',
      fate: 'repeated',
      limit: 1,
      cursor: pair.nextCursor,
    });
    expect(next.items.map(({ contactId, repeat }) => [contactId, repeat?.contactId])).to.deep.equal([
      ['call', 'mail'],
    ]);
    expect(next).to.not.have.property('nextCursor');
  });

  it('counts what came before d days had passed, and not what came when they had', async () => {
    const handledAt = at('2026-03-03T10:05:00Z');
    const after = (ms: number) => new Date(handledAt + 7 * dayMs + ms).toISOString();
    await put('a1', { queued: '2026-03-03T10:00:00Z', handled: 5 * minuteMs, from: '+390551' });
    await put('a2', { queued: after(-1), from: '+390551' });
    await put('b1', { queued: '2026-03-03T10:00:00Z', handled: 5 * minuteMs, from: '+390552' });
    await put('b2', { queued: after(0), from: '+390552' });
    expect(await fates()).to.deep.equal({ repeated: ['a1'], resolved: ['b1'] });
    expect(await fates({ days: 8 })).to.deep.equal({ repeated: ['a1', 'b1'] });
  });

  it('leaves open what has not had its d days, whatever has come by then', async () => {
    const handledAt = at('2026-03-20T10:05:00Z');
    await put('old', { queued: '2026-03-20T10:00:00Z', handled: 5 * minuteMs, from: '+390551' });
    await put('young', { queued: '2026-03-20T10:00:01Z', handled: 5 * minuteMs, from: '+390552' });
    await put('young-again', { queued: '2026-03-21T10:00:00Z', from: '+390552' });
    await put('later', { queued: '2026-03-27T10:06:00Z', handled: minuteMs, from: '+390553' });
    expect(await fates({ asOf: handledAt + 7 * dayMs })).to.deep.equal({
      resolved: ['old'],
      open: ['young'],
    });
    expect(await fates({ asOf: handledAt + 7 * dayMs + 1000 })).to.deep.equal({
      resolved: ['old'],
      repeated: ['young'],
    });
    expect(await fates({ asOf: handledAt + 7 * dayMs - 1 })).to.deep.equal({ open: ['old', 'young'] });
  });

  it('lets a transfer count or not, wherever on its way the contact was passed on', async () => {
    await put('passed', {
      queued: '2026-03-03T10:00:00Z',
      handled: minuteMs,
      from: '+390551',
      isTransferred: true,
    });
    await put('passed', {
      queued: '2026-03-03T10:01:00Z',
      handled: minuteMs,
      from: '+390551',
      ordinal: 2,
      queue: 'loans',
      agent: '102',
    });
    // Put back by a supervisor, then passed on.
    await put('put-back', { queued: '2026-03-03T11:00:00Z', handled: minuteMs, from: '+390552' });
    await put('put-back', {
      queued: '2026-03-03T11:05:00Z',
      handled: minuteMs,
      from: '+390552',
      ordinal: 2,
      isTransferred: true,
    });
    await put('both', {
      queued: '2026-03-03T12:00:00Z',
      handled: minuteMs,
      from: '+390553',
      isTransferred: true,
    });
    await put('both-again', { queued: '2026-03-04T12:00:00Z', from: '+390553' });
    expect(await fates()).to.deep.equal({ resolved: ['passed', 'put-back'], repeated: ['both'] });
    expect(await fates({ transfers: 'unresolved' })).to.deep.equal({
      transferred: ['passed', 'put-back'],
      repeated: ['both'],
    });
    // Of the queue and agent that handled it first.
    const hits = await firstContact.contacts({ ...march, scope: 'agent:102', fate: 'contacts', limit: 10 });
    expect(hits.total).to.equal(0);
    expect(
      (await firstContact.contacts({ ...march, scope: 'queue:cards', fate: 'contacts', limit: 10 })).total,
    ).to.equal(3);
  });

  it('takes the queue that handled a contact, where its first one did not', async () => {
    await put('overflowed', { queued: '2026-03-01T09:00:00+01:00', from: '+390551', outcome: 'flowed-out' });
    await put('overflowed', {
      queued: '2026-03-04T09:00:00Z',
      handled: minuteMs,
      from: '+390551',
      ordinal: 2,
      queue: 'loans',
      agent: '103',
    });
    await put('next', { queued: '2026-03-05T09:00:00Z', from: '+390551', queue: 'loans' });
    await put('other', { queued: '2026-03-02T09:00:00Z', from: '+390551', queue: 'cards' });
    const [hit] = (await firstContact.contacts({ ...march, scope: 'agent:103', fate: 'contacts', limit: 9 }))
      .items;
    expect(hit).to.deep.include({ fate: 'repeated', queueId: 'loans' });
    expect(hit?.repeat?.contactId).to.equal('next');
  });

  it('leaves out customers whom nobody can know, and tells how many', async () => {
    const froms = ['anonymous', '', 'Restricted', '1'];
    for (const [index, from] of froms.entries()) {
      const queued = `2026-03-0${3 + index}T10:00:00Z`;
      await put(`n${index}`, { queued, handled: minuteMs, from });
    }
    await put('nothing', { queued: '2026-03-03T10:00:00Z', handled: minuteMs });
    // Known by a card that an agent has chosen.
    await put('said', { queued: '2026-03-03T10:00:00Z', handled: minuteMs, from: 'anonymous', card: 'cu_9' });
    expect(await fates()).to.deep.equal({
      anonymous: ['n0', 'n1', 'n2', 'n3', 'nothing'],
      resolved: ['said'],
    });
  });

  it('goes on by the address when a customer was erased, and without one has nobody to ask about', async () => {
    await put('one', { queued: '2026-03-03T10:00:00Z', handled: minuteMs, card: 'cu_1', from: '+390551' });
    await put('two', { queued: '2026-03-04T10:00:00Z', handled: minuteMs, card: 'cu_1', from: '+390551' });
    await put('three', {
      queued: '2026-03-05T10:00:00Z',
      handled: minuteMs,
      card: 'cu_1',
      channel: 'mail',
      from: 'a@b.it',
    });
    expect(await fates()).to.deep.equal({ repeated: ['one', 'two'], resolved: ['three'] });
    await sequelize.query(`delete from customers where customer_id = 'cu_1'`);
    expect(await fates()).to.deep.equal({ repeated: ['one'], resolved: ['three', 'two'] });
    await sequelize.query(`update contacts set pii_from = null`);
    expect(await fates()).to.deep.equal({ anonymous: ['one', 'three', 'two'] });
    await sequelize.query(`delete from contacts`);
    expect(await fates()).to.deep.equal({ anonymous: ['one', 'three', 'two'] });
  });

  it('credits months, weeks and days on the clock of the site, and finds what was long in hand', async () => {
    // A second before and at midnight of the first of March in Rome; the clock goes forward on the 29th.
    await put('feb', { queued: '2026-02-28T22:50:00Z', handled: 9 * minuteMs + 59_000, from: '+390551' });
    await put('mar', { queued: '2026-02-28T22:50:00Z', handled: 10 * minuteMs, from: '+390552' });
    await put('mar-end', { queued: '2026-03-31T21:50:00Z', handled: 9 * minuteMs, from: '+390553' });
    await put('apr', { queued: '2026-03-31T21:50:00Z', handled: 10 * minuteMs, from: '+390554' });
    await put('slow', {
      queued: '2026-01-10T10:00:00Z',
      handled: 60 * dayMs,
      channel: 'mail',
      from: 'a@b.it',
    });
    await put('meanwhile', { queued: '2026-01-20T10:00:00Z', channel: 'mail', from: 'A@b.it' });
    expect(await fates()).to.deep.equal({ resolved: ['mar', 'mar-end'], repeated: ['slow'] });

    const site = siteSchema.parse({
      site: { name: 'Bank', timeZone: 'Europe/Rome' },
      queues: [{ id: 'cards', name: '=Cards' }],
    });
    const parts = {
      history: {
        fcr: firstContact.report.bind(firstContact),
        fcrContacts: firstContact.contacts.bind(firstContact),
      },
      contactsOf: async () => new Map(),
      site: () => site,
      now: () => march.asOf,
    };
    const query = (over: object) =>
      fcrQuerySchema.parse({ from: '2026-01-31T23:00:00Z', to: '2026-04-30T22:00:00Z', ...over });
    const report = JSON.parse(await fcrReport(parts, query({ interval: 'month' }))) as FcrReport;
    const line = (start: string, contacts: number, resolved: number) => [at(start), contacts, resolved];
    expect(report.rows.map(({ start, counts }) => [start, counts.contacts, counts.resolved])).to.deep.equal([
      line('2026-02-01T00:00:00+01:00', 1, 1),
      line('2026-03-01T00:00:00+01:00', 3, 2),
      line('2026-04-01T00:00:00+02:00', 1, 1),
    ]);
    expect(report).to.deep.include({
      method: 'repeat-window',
      days: 7,
      transfers: 'resolved',
      topic: 'queue',
      asOf: march.asOf,
    });
    expect(report.rows[1]!.fcr).to.equal(2 / 3);
    expect(report.total).to.deep.equal({
      counts: { contacts: 5, resolved: 4, repeated: 1, transferred: 0, open: 0, anonymous: 0 },
      fcr: 0.8,
    });
    expect(report.totals).to.have.length(1);
    const file = await fcrReport(parts, query({ interval: 'week', format: 'csv' }));
    const lines = file.replace('\uFEFF', '').trim().split('\r\n');
    expect(lines[0]).to.match(/^start,scope,name,contacts,resolved,.*method,days,transfers,topic$/);
    // No formula: a name that begins like one is text. The first of March was a Sunday: of the same week as the day before.
    expect(lines[1]).to.match(
      /^2026-02-22T23:00:00\.000Z,queue:cards,'=Cards,2,2,0,0,0,0,1,repeat-window,7,/,
    );
    expect(lines.map((one) => one.split(',')[3])).to.deep.equal(['contacts', '2', '1', '2']);
  });
});
