/**
 * A customer asks by a form to be called: an agent’s phone rings, then the customer’s, over a trunk; who is not reached is
 * called again, also through kills. Agent and customer are real phones, the challenging trunk is sipp.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { freePort } from '../../support/free-port.ts';
import { runSipp } from '../../support/sipp.ts';
import { until } from '../../support/until.ts';

const number = '+390212345678';
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const siteWith = (port: number, more = '') => `site: { name: Test Bank, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '700', queue: main }
  - { number: '701', queue: other }
queues:
  - { id: main, name: Main, record: true, ringSec: 20 }
  - { id: other, name: Other }
trunks:
  - { id: out, addresses: ['127.0.0.1:9'], outbound: { host: 127.0.0.1, port: ${port}${more} } }
callbacks:
  trunk: out
  callerId: '+390200000000'
  country: IT
  allow: ['+39']
  ringSec: 10
  perNumberPerDay: 4
forms:
  - id: call
    queue: main
    origins: ['https://www.bank.example']
    wants: [call]
    consent: { version: v1, text: { en: You may call me. } }
phones:
  - { id: '1001', password: 'secret-1001' }
agents:
  - { id: '101', name: Anna, queues: [main], phone: '1001', wrapUp: { mode: timed, sec: 1 } }
`;

describe('a customer who asks to be called', function () {
  this.timeout(90_000);
  let house: House;
  let anna: Baresip;
  let customer: Baresip | undefined;
  let clientIds = 0;
  let addresses = 0;

  const ask = async (phone: string, clientId = `client-id-${++clientIds}`) => {
    const response = await fetch(`${house.stack.publicUrl}/forms/call`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://www.bank.example',
        // Each from an address of its own: so few from one are let through.
        'x-forwarded-for': `10.0.0.${++addresses}`,
      },
      body: JSON.stringify({
        clientId,
        wants: 'call',
        phone,
        language: 'en',
        text: 'My card',
        consent: { version: 'v1' },
      }),
    });
    return { status: response.status, body: (await response.json()) as { error?: { code: string } } };
  };
  const events = (type: string) =>
    house.rows<{ contact_id: string; data: Record<string, unknown> }>(
      'select contact_id, data from events where type = $1 order by seq',
      [type],
    );
  const untilEvents = async (type: string, count: number) => {
    await until(`${count} of ${type}`, async () => (await events(type)).length >= count, 30_000);
    return (await events(type)).at(-1)!;
  };
  const customerPhone = (password = 'none') =>
    startBaresip({ user: number, password, sipPort: 9, registerSec: 0, toneHz: 700 });
  const annaTakesIt = async () => {
    const ring = await anna.waitFor('CALL_INCOMING', 20_000);
    await anna.accept();
    return ring;
  };

  /** By another process: times are read at the start. */
  const triedAtOnce = async () => {
    await house.rows('update callback_tries set not_before = now()');
    await house.stack.killProcess('server');
  };

  before(async () => {
    customer = await customerPhone();
    house = await House.open(
      {},
      {
        site: siteWith(customer.port),
        env: { HEARTHLINE_TRUSTED_PROXY_HOPS: '1' },
      },
    );
    anna = await startBaresip({ user: '1001', password: 'secret-1001', sipPort: house.sipPort });
    await anna.untilRegistered();
    await house.untilAgent('101', 'ready');
  });
  afterEach(async () => {
    await house.untilAgent('101', 'ready', 30_000);
  });
  after(async () => {
    await Promise.all([anna?.stop(), customer?.stop()]);
    await house?.close();
  });

  it('is called when an agent has picked up; then it is a recorded call like any other', async () => {
    expect((await ask('02 1234 5678')).status).to.equal(202);
    const ring = await annaTakesIt();
    expect(ring.peeruri).to.include(number.slice(1));
    const incoming = await customer!.waitFor('CALL_INCOMING');
    expect(incoming.peeruri).to.include('390200000000');
    expect(incoming.peerdisplayname).to.equal('Test Bank');
    await customer!.accept();
    await untilEvents('contact.reached', 1);
    await house.talkFor(1500);
    await anna.command('hold');
    await untilEvents('contact.held', 1);
    await anna.command('resume');
    await untilEvents('contact.resumed', 1);
    await customer!.hangup();
    await anna.waitFor('CALL_CLOSED');
    await house.untilIdle();
    const [recording] = await house.recordings(1);
    // Both were heard, one on each side.
    expect(recording!.bytes).to.be.greaterThan(10_000);
    const [row] = await house.rows<Record<string, unknown>>(
      'select channel, outcome, ended_by, agent_id, pii_from from contacts order by first_seq desc limit 1',
    );
    expect(row).to.deep.equal({
      channel: 'callback',
      outcome: 'answered',
      ended_by: 'customer',
      agent_id: '101',
      pii_from: number,
    });
    const [dialled] = await events('contact.dialled');
    expect(dialled!.data).to.deep.equal({ trunkId: 'out', attempt: 1 });
  });

  it('is called once, however often the form was sent', async () => {
    const before = (await events('contact.arrived')).length;
    const [once, again] = await Promise.all([
      ask('0212345678', 'twice-the-same'),
      ask('0212345678', 'twice-the-same'),
    ]);
    expect([once.status, again.status]).to.deep.equal([202, 202]);
    expect((await ask('+39 02 12345678')).status).to.equal(202);
    await annaTakesIt();
    await customer!.waitFor('CALL_INCOMING');
    await customer!.accept();
    await untilEvents('contact.reached', 2);
    // Passed on, the customer waits like any caller, and may give up.
    await anna.command('transfer', `sip:701@127.0.0.1:${house.sipPort}`);
    await untilEvents('contact.transferred', 1);
    await anna.waitFor('CALL_CLOSED');
    await house.untilContacts('waiting', 1);
    await customer!.hangup();
    await untilEvents('contact.abandoned', 1);
    await house.untilIdle();
    await house.untilProjected();
    expect(await events('contact.arrived')).to.have.length(before + 1);
  });

  it('is not called too often in a day, nor at a number that is none or may not be called', async () => {
    expect((await ask('02 12345678')).status).to.equal(202);
    const refused = await ask('02 12345678');
    expect([refused.status, refused.body.error?.code]).to.deep.equal([429, 'too-many-tries']);
    for (const phone of ['899 123456', '+1 212 555 0100', 'nobody'])
      expect((await ask(phone)).status, phone).to.equal(400);
    await annaTakesIt();
    await customer!.waitFor('CALL_INCOMING');
    await customer!.hangup();
    // Declined by 486 or 603: the agent hears it, and goes on.
    const { data } = await untilEvents('contact.not-reached', 1);
    expect(data['cause']).to.be.oneOf(['busy', 'rejected']);
    expect(Number(data['retryAt'])).to.be.greaterThan(Date.now() + 10 * 60_000);
    await anna.waitFor('CALL_CLOSED');
  });

  it('is called again when the time has come, as a contact of its own, also by another process', async () => {
    await until(
      'the next try is kept',
      async () => (await house.rows('select 1 from callback_tries')).length === 1,
    );
    const dialled = (await events('contact.dialled')).length;
    await triedAtOnce();
    await annaTakesIt();
    await customer!.waitFor('CALL_INCOMING');
    // And now the server dies while the customer's phone rings, and the log has it that it does (a kill may cost its last instant).
    await untilEvents('contact.dialled', dialled + 1);
    await house.stack.killProcess('server');
    await anna.waitFor('CALL_CLOSED', 20_000);
    await until(
      'the next try is kept again, the fault not counted as one',
      async () => {
        const rows = await house.rows<{ attempt: number; faults: number }>(
          'select r.attempt, r.faults from callback_tries r join text_contacts c using (contact_id) where c.closed_at is null',
        );
        return rows.length === 1 && rows[0]!.attempt === 2 && rows[0]!.faults === 1;
      },
      30_000,
    );
    const reached = (await events('contact.reached')).length;
    await triedAtOnce();
    await annaTakesIt();
    await customer!.waitFor('CALL_INCOMING');
    await customer!.accept();
    await untilEvents('contact.reached', reached + 1);
    await customer!.hangup();
    await house.untilIdle(40_000);
    const open = 'select 1 from text_contacts where closed_at is null';
    await until('its row is closed, too', async () => (await house.rows(open)).length === 0);
  });

  it('goes out by a trunk that asks for a password, and is not called when there is no line', async () => {
    const port = await freePort();
    mkdirSync(join(house.stack.dataDir, 'secrets'), { recursive: true });
    writeFileSync(join(house.stack.dataDir, 'secrets', 'trunk-password'), 'sesame\n', { mode: 0o600 });
    await house.stack.importSite(
      siteWith(port, ", auth: { user: bank, secret: trunk-password }, numbers: digits, prefix: '00'"),
    );
    const uri = `sip:00390687654321@127.0.0.1:${port}`;
    const digest = md5(`${md5('bank:trunk:sesame')}:47364c23432d2e131a5fb210812c:${md5(`INVITE:${uri}`)}`);
    const trunk = await runSipp({
      scenario: 'trunk',
      port,
      calls: 1,
      set: { TALK: 1000, DIGEST: digest },
      boundMs: 60_000,
    });
    const reached = (await events('contact.reached')).length;
    expect((await ask('06 87654321')).status).to.equal(202);
    await annaTakesIt();
    await untilEvents('contact.reached', reached + 1);
    const { code, errors } = await trunk.done;
    expect(code, errors).to.equal(0);
    await anna.waitFor('CALL_CLOSED');
    // Nobody listens there any more.
    const failed = (await events('contact.not-reached')).length;
    expect((await ask('06 87654322')).status).to.equal(202);
    await annaTakesIt();
    const { data } = await untilEvents('contact.not-reached', failed + 1);
    expect(data).to.include({ cause: 'no-line', attempt: 1 });
    await anna.waitFor('CALL_CLOSED');
  });
});
