/** Channels, what leaves the building, and consents over HTTP: who may, what history says, what the audit trail has of it. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { expect } from 'chai';
import {
  type ChannelList,
  channelListSchema,
  type ConsentPage,
  consentPageSchema,
  egressListSchema,
} from '../../../../server/contract/rest-channels.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { createTextRepo } from '../../../../server/db/repos/text-repo.ts';
import { newId } from '../../../../server/lib/ids.ts';
import { startHarness, type Browser, type Harness } from './harness.ts';

const dayMs = 86_400_000;
const origins = ['https://www.bank.example'];
const calls = {
  site: { name: 'First' },
  numbers: [
    { number: '700', name: 'Main line', queue: 'main' },
    { number: '701', queue: 'main' },
  ],
  queues: [{ id: 'main', name: 'Main' }],
  trunks: [{ id: 'telco', addresses: ['10.0.0.1'], outbound: { host: '10.0.0.1' } }],
};
const everything = {
  ...calls,
  mail: {
    smarthost: { host: 'relay.bank.example' },
    mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' }],
  },
  widgets: [{ id: 'web', queue: 'main', origins }],
  forms: [{ id: 'call', queue: 'main', origins, mailbox: 'help' }],
  callbacks: { trunk: 'telco', callerId: '0612345', country: 'IT', allow: ['+39'] },
};

describe('channels and consents over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let ann: Browser;
  let sam: Browser;
  let vera: Browser;
  let now: number;
  let count = 0;
  const inForce = (model: object) =>
    house.active.replace({ site: siteSchema.parse(model), version: 1, yaml: '' });

  before(async () => {
    house = await startHarness();
    ann = await house.admin();
    sam = await house.user('supervisor', 'sam');
    vera = await house.user('viewer', 'vera');
    now = Date.now();
    inForce(everything);
  });
  after(() => house?.stop());

  async function came(numberId: string, daysAgo: number, trunkId?: string): Promise<void> {
    count += 1;
    await house.sequelize.query(
      `insert into contacts (contact_id, first_seq, channel, number_id, trunk_id, arrived_at)
       values ($1, $2, 'voice', $3, $4, to_timestamp($5::bigint / 1000.0))`,
      { bind: [`c_${count}`, count, numberId, trunkId ?? null, Math.round(now - daysAgo * dayMs)] },
    );
  }
  async function dialled(contactId: string, trunkId: string, daysAgo: number): Promise<void> {
    count += 1;
    await house.sequelize.query(
      `insert into events (seq, id, type, at, v, contact_id, data)
       values ($1::bigint, 'e_' || $1::bigint, 'contact.dialled', to_timestamp($2::bigint / 1000.0), 1, $3, $4::jsonb)`,
      {
        bind: [count, Math.round(now - daysAgo * dayMs), contactId, JSON.stringify({ trunkId, attempt: 1 })],
      },
    );
  }
  const list = async (query = '') => {
    const answer = await sam.call('GET', `/api/channels${query}`);
    expect(answer.status, answer.text).to.equal(200);
    return channelListSchema.parse(answer.json) satisfies ChannelList;
  };
  const exports = async () =>
    (await house.deps.audit.list(200)).filter(({ action }) => action === 'consents.exported');

  it('are for supervisors and administrators, consents for administrators alone', async () => {
    for (const path of [
      '/api/channels',
      '/api/channels?format=csv',
      '/api/channels/egress',
      '/api/consents',
    ]) {
      expect((await house.browser().call('GET', path)).status, path).to.equal(401);
      expect((await vera.call('GET', path)).status, path).to.equal(403);
      expect((await ann.call('GET', path)).status, path).to.equal(200);
      expect((await sam.call('GET', path)).status, path).to.equal(path === '/api/consents' ? 403 : 200);
    }
    for (const path of ['/api/channels?format=xml', '/api/channels?x=1', '/api/consents?from=2&to=1'])
      expect((await ann.call('GET', path)).status, path).to.equal(400);
  });

  it('count what came by each of late, say when the last one did, and which are unused', async () => {
    await came('700', 1, 'telco');
    await came('700', 6.9, 'telco');
    await came('700', 7.1);
    await came('700', 29.9);
    await came('700', 30.1);
    await came('701', 400);
    await came('mail:help', 2);
    await came('form:call', 3);
    await came('form:gone', 3);
    await dialled('c_x', 'telco', 2);
    await dialled('c_x', 'telco', 2);
    await dialled('c_y', 'telco', 12);
    await dialled('c_z', 'gone', 1);
    const { items, countedAt } = await list();
    expect(countedAt).to.be.closeTo(Date.now(), 20_000);
    const daysAgo = (at: number | undefined) => (at === undefined ? '-' : ((now - at) / dayMs).toFixed(1));
    expect(
      items.map(
        ({ kind, id, contacts7d, contacts30d, lastAt, isUnused }) =>
          `${kind} ${id} ${contacts7d} ${contacts30d} ${daysAgo(lastAt)}${isUnused ? ' unused' : ''}`,
      ),
    ).to.deep.equal([
      'number 700 2 4 1.0',
      'number 701 0 0 400.0 unused',
      'trunk telco 3 4 1.0',
      'mailbox help 1 1 2.0',
      'widget web 0 0 - unused',
      'form call 1 1 3.0',
      'callbacks telco 1 2 2.0',
    ]);
    const unused = (await list('?show=unused')).items.map(({ id }) => id);
    expect(unused).to.deep.equal(['701', 'web']);
  });

  it('hand out the report of unused channels as a file', async () => {
    const file = await sam.call('GET', '/api/channels?format=csv&show=unused');
    expect(file.headers['content-type']).to.equal('text/csv; charset=utf-8; header=present');
    expect(file.headers['content-disposition']).to.include('filename="unused-channels.csv"');
    const lines = file.text.split('\r\n');
    expect(lines).to.have.length(4);
    expect(lines[1]).to.match(/^number,701,,main,,,,0,0,\d{4}-\d\d-\d\dT[\d:.]+Z,yes$/);
    expect(lines[2]).to.equal('widget,web,,main,,,,0,0,,yes');
  });

  it('leave out what is switched off, everywhere, and say when nothing leaves the building', async () => {
    const hosts = async () =>
      egressListSchema
        .parse((await sam.call('GET', '/api/channels/egress')).json)
        .items.map(({ host, port, purpose }) => `${host} ${port} ${purpose}`);
    expect(await hosts()).to.deep.equal(['relay.bank.example 465 mail-relay', '10.0.0.1 5060 trunk']);
    inForce(calls);
    expect((await list()).items.map(({ kind, id }) => `${kind} ${id}`)).to.deep.equal([
      'number 700',
      'number 701',
      'trunk telco',
    ]);
    expect((await sam.call('GET', '/api/channels?format=csv')).text).to.not.include('help');
    expect(await hosts()).to.deep.equal(['10.0.0.1 5060 trunk']);
    inForce({ site: { name: 'Empty' } });
    expect((await list()).items).to.deep.equal([]);
    expect(await hosts()).to.deep.equal([]);
    inForce(everything);
  });

  describe('consents', () => {
    const text = 'Acconsento, "certo"';
    const sha256 = createHash('sha256').update(text).digest('hex');
    const begin = Date.UTC(2026, 0, 10);
    const give = async (
      at: number,
      more: { channelId: string; endpointId: string; via?: string; address: string; name?: string },
    ) => {
      const { channelId, endpointId, via, address, name } = more;
      count += 1;
      await createTextRepo(house.sequelize, newId).take(
        {
          channelId,
          endpointId,
          queueId: 'main',
          externalId: `x${count}`,
          receivedAt: at,
          from: { address, ...(name !== undefined && { name }) },
          language: 'it',
          text: 'hello',
          kind: 'message',
          mayBeAnswered: true,
          clues: {},
          files: [],
          consent: { version: 'v1', text, address: '203.0.113.7' },
          ...(via !== undefined && { via }),
        },
        at,
      );
    };
    const page = async (query: string) =>
      consentPageSchema.parse((await ann.call('GET', `/api/consents?${query}`)).json) satisfies ConsentPage;

    before(async () => {
      await give(begin, {
        channelId: 'mail',
        endpointId: 'help',
        via: 'form:call',
        address: '+390612345',
        name: '=1+1',
      });
      await give(begin + 1, { channelId: 'chat', endpointId: 'web', address: 'anna@customer.example' });
      await give(begin + 1, { channelId: 'chat', endpointId: 'web', address: 'ivan@customer.example' });
      await give(begin + 2, { channelId: 'chat', endpointId: 'web', address: 'late@customer.example' });
    });

    it('come in pages, newest first, with the way they were given; each page is in the audit trail', async () => {
      const before = (await exports()).length;
      const range = `from=${begin}&to=${begin + 2}`;
      const first = await page(`${range}&limit=2`);
      expect(first.items.map(({ customer }) => customer.address)).to.deep.equal([
        'ivan@customer.example',
        'anna@customer.example',
      ]);
      const next = await page(`${range}&limit=2&cursor=${first.nextCursor}`);
      expect(next.nextCursor).to.equal(undefined);
      const [oldest] = next.items;
      expect(oldest).to.deep.equal({
        threadId: oldest!.threadId,
        via: 'form:call',
        customer: { address: '+390612345', name: '=1+1' },
        version: 'v1',
        textSha256: sha256,
        text,
        at: begin,
        networkAddress: '203.0.113.7',
      });
      expect(first.items[0]!.via).to.equal('chat:web');
      const trail = await exports();
      expect(trail).to.have.length(before + 2);
      expect(trail[0]).to.deep.include({
        actor: 'user:ada',
        details: {
          format: 'json',
          from: '2026-01-10T00:00:00.000Z',
          to: '2026-01-10T00:00:00.002Z',
          cursor: first.nextCursor,
        },
      });
    });

    it('come as one file, safe to open, longer than one batch, and no longer than asked for', async () => {
      await house.sequelize.query(
        `insert into consents (thread_id, version, text, at, pii_address)
         select thread_id, 'v' || n, $2, to_timestamp($1::bigint / 1000.0) + n * interval '1 second', '203.0.113.8'
         from (select thread_id from threads limit 1) t, generate_series(1, 1700) n`,
        { bind: [begin + 10 * dayMs, text] },
      );
      const file = await ann.call('GET', `/api/consents?format=csv&from=${begin}&to=${begin + 11 * dayMs}`);
      expect(file.headers).to.include({
        'content-type': 'text/csv; charset=utf-8; header=present',
        'cache-control': 'no-store',
      });
      expect(file.headers['content-disposition']).to.include('attachment; filename="consents.csv"');
      const lines = file.text.split('\r\n');
      expect(lines).to.have.length(1 + 1704 + 1);
      expect(lines[0]).to.equal(
        'time,via,customer,customer_name,version,text_sha256,text,network_address,thread',
      );
      expect(lines[1])
        .to.match(/^2026-01-20T00:28:20\.000Z,/)
        .and.include(',v1700,');
      expect(lines[1700]).to.include(',v1,');
      expect(lines[1704]).to.match(
        new RegExp(
          `^2026-01-10T00:00:00\\.000Z,form:call,'\\+390612345,'=1\\+1,v1,${sha256},"Acconsento, ""certo""",203\\.0\\.113\\.7,t_`,
        ),
      );
      expect((await exports())[0]!.details).to.include({ format: 'csv' });
    });

    it('are not sent where it cannot be written down', async () => {
      const { audit } = house.deps;
      const append = audit.append.bind(audit);
      audit.append = () => Promise.reject(new Error('the disk is full'));
      try {
        for (const query of ['', '?format=csv']) {
          const answer = await ann.call('GET', `/api/consents${query}`);
          expect(answer.status).to.equal(500);
          expect(answer.text).to.not.include('customer.example');
        }
      } finally {
        audit.append = append;
      }
    });

    it('are read as fast as the other side takes them, and no longer than it is there', async () => {
      const { consents } = house.deps;
      const usual = consents.list.bind(consents);
      let asked = 0;
      const page = await usual({ limit: 200 });
      const long = { ...page.items[0]!, text: 'x'.repeat(2000) };
      // A file that never ends.
      consents.list = async () => {
        asked += 1;
        return { items: Array.from({ length: 500 }, () => long), nextCursor: '1.1' };
      };
      try {
        const cookie = [...ann.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const options = { host: '127.0.0.1', port: house.port, path: '/api/consents?format=csv' };
        const req = request({ ...options, headers: { cookie }, agent: false });
        req.on('error', () => undefined);
        const opened = new Promise<void>((resolve) =>
          req.on('response', (res) => {
            res.pause();
            res.on('error', () => undefined);
            resolve();
          }),
        );
        req.end();
        await opened;
        // While others are served, one who does not wait for the other side would read on and on.
        const serveOthers = async () => {
          for (let turn = 0; turn < 30; turn += 1) await sam.call('GET', '/api/session');
        };
        await serveOthers();
        expect(asked).to.be.within(1, 20);
        req.destroy();
        await serveOthers();
        const atEnd = asked;
        await serveOthers();
        expect(asked).to.equal(atEnd);
      } finally {
        consents.list = usual;
      }
    });
  });
});
