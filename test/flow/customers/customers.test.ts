/** One card through all channels, on the real house: a form, a mail, a chat and a call of one customer; two with one number; ten at once. */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { freePort } from '../../support/free-port.ts';
import type { ContactCustomer, FoundCustomers } from '../../../server/contract/customers.ts';
import { type Baresip, startBaresip } from '../../support/baresip.ts';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent } from '../../support/web-client.ts';

const origin = 'https://www.bank.example';
const home = '0612345678';
const siteWith = (listener: number) => `site: { name: Test Bank, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '700', queue: main }
queues:
  - { id: main, name: Main, ringSec: 20 }
trunks:
  - { id: out, addresses: ['127.0.0.1:9'], outbound: { host: 127.0.0.1, port: 9 } }
callbacks: { trunk: out, callerId: '+390200000000', country: IT, allow: ['+39'] }
phones:
  - { id: '1001', password: secret-1001 }
  - { id: '${home}', password: secret-home }
agents:
  - { id: '101', name: Anna, queues: [main], phone: '1001', wrapUp: { mode: none } }
  - { id: '102', name: Boris, queues: [main] }
widgets:
  - { id: web, queue: main, origins: ['${origin}'], asks: { name: may, email: may } }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: 9, tls: none }
  mailboxes: [{ id: help, name: Help desk, address: help@bank.example, queue: main }]
forms:
  - { id: contact, queue: main, mailbox: help, origins: ['${origin}'] }
`;

describe('customers on every channel', function () {
  this.timeout(90_000);
  let house: House;
  let port: number;
  let anna: WebAgent;
  let boris: WebAgent;
  let desk: Baresip;
  let caller: Baresip;

  before(async () => {
    port = await freePort();
    house = await House.open({}, { site: siteWith(port) });
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    boris = await webAgent(admin, '102');
    await anna.watch();
    desk = await startBaresip({ user: '1001', password: 'secret-1001', sipPort: house.sipPort });
    caller = await startBaresip({ user: home, password: 'secret-home', sipPort: house.sipPort });
    await desk.untilRegistered();
    await caller.untilRegistered();
    await house.untilAgent('101', 'ready');
  });
  after(async () => {
    anna?.leave();
    boris?.leave();
    await Promise.all([desk?.stop(), caller?.stop()]);
    await house?.close();
  });

  const path = (contactId: string) => `/api/desk/contacts/${contactId}/customer`;
  const of = (contactId: string) => anna.client.must<ContactCustomer>('GET', path(contactId));
  const say = (contactId: string, what: string, body: object) =>
    anna.client.must<ContactCustomer>('POST', `${path(contactId)}/${what}`, body);
  const refusal = async (contactId: string, what: string, body: object, by = anna) => {
    const answer = await by.client.call<{ error?: { details?: { reason?: string } } }>(
      'POST',
      `${path(contactId)}/${what}`,
      body,
    );
    return [answer.status, answer.body.error?.details?.reason];
  };
  const form = async (body: object) => {
    const response = await fetch(`${house.stack.publicUrl}/forms/contact`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ wants: 'mail', language: 'en', text: 'My card', ...body }),
    });
    return response.status;
  };
  const write = async (from: string, messageId: string) => {
    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    await until('the mail is taken', () =>
      relay.sendMail({ from, to: 'help@bank.example', subject: 'Card', text: 'Help', messageId }).then(
        () => true,
        () => false,
      ),
    ).finally(() => relay.close());
  };
  /** Answers the call's contact. */
  const call = async (): Promise<string> => {
    await caller.dial('700');
    await desk.waitFor('CALL_INCOMING', 20_000);
    await desk.accept();
    const isCall = () => anna.desk?.mine.find(({ channel }) => channel === 'voice');
    await until('the call lies on the desk', () => isCall() !== undefined);
    return isCall()!.contactId;
  };
  const hangUp = async () => {
    await caller.hangup();
    await until('the call is over', () => anna.desk?.mine.length === 0);
    await house.untilAgent('101', 'ready');
  };
  const finish = async (contactId: string) => {
    await anna.close(contactId);
    await until('it has left the desk', () => anna.desk?.mine.length === 0);
    await house.untilProjected();
  };

  it('a form, a mail, a chat and a call are of one card, which an agent has given a name', async () => {
    await until('the form is open', async () => {
      const known = { clientId: 'form-client-1', email: 'Carla@Example.org', phone: '06 1234 5678' };
      return (await form({ ...known, name: 'Carla' })) === 202;
    });
    const asked = await anna.takeNext('mail');
    const first = await of(asked);
    expect(first.state).to.equal('one');
    expect(first.customer).to.deep.include({ name: 'Carla', isProvisional: true });
    expect(first.customer?.addresses).to.have.deep.members([
      { kind: 'mail', value: 'carla@example.org' },
      { kind: 'phone', value: '+390612345678' },
    ]);
    expect(first.customer?.earlier).to.deep.equal({ byChannel: {} });
    const { customerId } = first.customer!;
    const named = await say(asked, 'name', { customerId, name: 'Carla Rossi' });
    expect(named.customer).to.deep.include({ name: 'Carla Rossi', isProvisional: false });
    expect(await refusal(asked, 'name', { customerId, name: 'Else' })).to.deep.equal([409, 'already-known']);
    expect(await refusal(asked, 'name', { customerId, name: 'Else' }, boris), 'of another').to.deep.equal([
      404,
      undefined,
    ]);
    expect((await boris.client.call('GET', `${path(asked)}s?find=Carla`)).status).to.equal(404);
    await finish(asked);

    await write('C. R. <CARLA@example.org>', '<one@example.org>');
    const mailed = await anna.takeNext('mail');
    expect((await of(mailed)).customer).to.deep.include({ customerId, name: 'Carla Rossi' });
    await finish(mailed);

    const chat = new ChatCustomer(house.stack.publicUrl);
    await chat.start('web', { language: 'en', name: 'Carla', email: 'carla@example.org' });
    chat.connect();
    chat.say('hello');
    await chat.untilKept();
    const chatted = await anna.takeNext('chat');
    expect((await of(chatted)).customer).to.deep.include({ customerId });
    chat.leave();
    await finish(chatted);

    const talked = await call();
    const { customer } = await of(talked);
    expect(customer).to.deep.include({ customerId, name: 'Carla Rossi' });
    expect(customer?.earlier.byChannel).to.deep.equal({ mail: 2, chat: 1 });
    expect(customer?.earlier.lastAt).to.be.greaterThan(Date.now() - 60_000);
    await hangUp();
    expect((await anna.client.call('GET', path(talked))).status, 'no longer on the desk').to.equal(404);
  });

  it('two customers of one number are both shown, and the one that is chosen is kept', async () => {
    await write('Paolo Rossi <paolo@example.org>', '<two@example.org>');
    const mailed = await anna.takeNext('mail');
    const paolo = (await of(mailed)).customer!;
    await say(mailed, 'name', { customerId: paolo.customerId, name: 'Paolo Rossi' });
    await finish(mailed);

    const first = await call();
    const carla = (await of(first)).customer!;
    expect(carla.name).to.equal('Carla Rossi');
    const url = `${path(first)}s?find=${encodeURIComponent('paolo')}`;
    const { customers } = await anna.client.must<FoundCustomers>('GET', url);
    expect(customers.map(({ customerId }) => customerId)).to.deep.equal([paolo.customerId]);
    expect((await anna.client.call('GET', `${path(first)}s?find=pa`)).status, 'two letters').to.equal(400);
    const { customerId } = paolo;
    expect(await refusal(first, 'choose', { customerId })).to.deep.equal([409, 'other-address']);
    expect(await refusal(first, 'link', { customerId: 'cu_nobody' })).to.deep.equal([
      404,
      'unknown-customer',
    ]);
    const linked = await say(first, 'link', { customerId });
    expect(linked.customer).to.deep.include({ customerId, name: 'Paolo Rossi' });
    await hangUp();

    const second = await call();
    const several = await of(second);
    expect([several.state, several.customer, several.isChosen]).to.deep.equal(['several', undefined, false]);
    expect(several.others.map(({ name }) => name)).to.deep.equal(['Carla Rossi', 'Paolo Rossi']);
    await say(second, 'choose', { customerId: carla.customerId });
    const chosen = await of(second);
    expect([chosen.state, chosen.customer?.name, chosen.isChosen]).to.deep.equal([
      'one',
      'Carla Rossi',
      true,
    ]);
    await house.stack.killProcess('server');
    await house.stack.waitReady();
    await anna.watch();
    await until(
      'the call is on the desk again',
      () => anna.desk?.mine.some((one) => one.contactId === second) === true,
    );
    expect((await of(second)).customer?.name, 'after a crash').to.equal('Carla Rossi');
    await hangUp();
    const told = await house.rows<{ action: string; target: string; details: object }>(
      `select action, target, details from audit where action like 'customer.%' order by seq desc limit 2`,
    );
    expect(told).to.deep.equal([
      { action: 'customer.chosen', target: `customer:${carla.customerId}`, details: { contactId: second } },
      { action: 'customer.linked', target: `customer:${customerId}`, details: { contactId: first } },
    ]);
  });

  it('ten mails of an unknown address at once make one card, without any agent', async () => {
    await anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => write('new@example.org', `<ten-${index}@example.org>`)),
    );
    const linked = () =>
      house.rows<{ customer_id: string }>(
        `select l.customer_id from contact_customers l join customer_addresses a using (customer_id)
         where a.pii_value = 'new@example.org'`,
      );
    await until('each has its card', async () => (await linked()).length === 10);
    expect(new Set((await linked()).map((row) => row.customer_id)).size).to.equal(1);
  });
});
