/** On the real house: a supervisor takes a chat or mail out of an agent's hands, and another agent gets it with its wait. */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { freePort } from '../../support/free-port.ts';
import { weekdays } from '../../../server/contract/site.ts';
import type { NewUser } from '../../../server/contract/rest.ts';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, WebClient, type WebAgent } from '../../support/web-client.ts';

/** Neither today nor tomorrow, whenever this is run. */
const inThreeDays = () => weekdays[(new Date().getUTCDay() + 2) % 7]!;

const siteWith = (listener: number) => `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: chat, name: Chat, ringSec: 30, maxLength: 2 }
  - { id: mail, name: Mail, ringSec: 30, businessHours: another-day }
hours:
  - { id: another-day, open: [{ days: [${inThreeDays()}], from: '09:00', to: '10:00' }] }
agents:
  - { id: '101', name: Anna, queues: [chat, mail] }
  - { id: '102', name: Boris, queues: [chat, mail] }
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'], waiting: [{ afterSec: 1, text: { en: Somebody comes. } }] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: 9, tls: none }
  mailboxes: [{ id: help, name: Help desk, address: help@bank.example, queue: mail }]
`;

describe('texts returned to their queue', function () {
  this.timeout(90_000);
  let house: House;
  let port: number;
  let admin: WebClient;
  let supervisor: WebClient;
  let anna: WebAgent;
  let boris: WebAgent;
  let customer: ChatCustomer | undefined;

  before(async () => {
    port = await freePort();
    house = await House.open({}, { site: siteWith(port) });
    admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    boris = await webAgent(admin, '102');
    await anna.watch();
    await boris.watch();
    const user = { username: 'sue', role: 'supervisor' };
    const { oneTimePassword } = await admin.must<NewUser>('POST', '/api/users', user);
    supervisor = new WebClient(house.stack.httpUrl);
    await supervisor.must('POST', '/api/session', { username: 'sue', password: oneTimePassword });
    const chosen = { current: oneTimePassword, next: 'a long password of sue' };
    await supervisor.must('POST', '/api/me/password', chosen);
  });
  afterEach(() => customer?.leave());
  after(async () => {
    anna?.leave();
    boris?.leave();
    await house?.close();
  });

  const giveBack = (contactId: string, agentId: string, by = supervisor) =>
    by.call<{ error?: { code: string; details?: { reason?: string } } }>(
      'POST',
      `/api/contacts/${contactId}/return`,
      { agentId },
    );
  const notReady = (agent: WebAgent) =>
    agent.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
  const queuedOf = async (contactId: string) => {
    await house.untilProjected();
    return house.rows<{ at: string; data: { headStartMs?: number; giver?: { agentId: string } } }>(
      "select at, data from events where type = 'contact.queued' and contact_id = $1 order by seq",
      [contactId],
    );
  };
  /** Bigints come as text. */
  const repliesTo = async (contactId: string) => {
    await house.untilProjected();
    return house.rows<{ agent_id: string; response_ms: string; elapsed_ms: string }>(
      `select r.agent_id, r.data ->> 'responseMs' as response_ms,
         round(extract(epoch from r.at - a.at) * 1000)::bigint as elapsed_ms
       from events r join events a on a.contact_id = r.contact_id and a.type = 'contact.arrived'
       where r.type = 'contact.replied' and r.contact_id = $1 order by r.seq`,
      [contactId],
    );
  };
  const answeredOf = async (contactId: string) => {
    await house.untilProjected();
    return house.rows<{ agent_id: string; data: { waitMs: number } }>(
      "select agent_id, data from events where type = 'contact.answered' and contact_id = $1 order by seq",
      [contactId],
    );
  };

  it('chat: it goes on with another agent, and the customer sees a new name', async () => {
    const one = new ChatCustomer(house.stack.publicUrl);
    customer = one;
    await until(
      'the door for customers is open',
      async () => (await one.start().catch(() => undefined))?.status === 201,
    );
    one.connect();
    one.say('my card is lost');
    await one.untilKept();
    await until('the customer has waited for some seconds', () => one.texts().includes('Somebody comes.'));
    await anna.goReady();
    const contactId = await anna.takeNext('chat');
    await until('Anna is there', () => one.state?.phase === 'talking');
    expect(one.state).to.include({ agentName: 'Anna' });
    await anna.say(contactId, 'one moment');
    await anna.say(contactId, 'she is upset', { isNote: true });
    await until('the answer is there', () => one.texts().includes('one moment'));
    const lines = one.texts();

    // Anna's page is gone; her hands are as full as before.
    anna.leave();
    expect((await giveBack(contactId, '102')).body.error?.details).to.deep.equal({ reason: 'other-agent' });
    for (const client of [anna.client, boris.client])
      expect((await giveBack(contactId, '101', client)).status, 'no agent may').to.equal(403);
    expect(one.state).to.include({ phase: 'talking', agentName: 'Anna' });
    const { status, body } = await giveBack(contactId, '101');
    expect([status, body]).to.deep.equal([200, { contactId, agentId: '101', queueId: 'chat' }]);
    expect((await giveBack(contactId, '101')).body.error?.details).to.deep.equal({
      reason: 'not-with-agent',
    });

    await anna.watch();
    await until('Anna’s page has it no more', () => anna.desk?.mine.length === 0);
    expect(anna.desk?.offers, 'nor is it offered to her').to.deep.equal([]);
    expect((await anna.client.call('GET', `/api/desk/contacts/${contactId}`)).status).to.equal(404);
    const late = { clientId: 'too-late-0001', text: 'too late' };
    const answer = await anna.client.call('POST', `/api/desk/contacts/${contactId}/messages`, late);
    expect(answer.status).to.equal(404);

    await boris.goReady();
    expect(await boris.takeNext('chat')).to.equal(contactId);
    await until('Boris is there', () => {
      const { state } = one;
      return state?.phase === 'talking' && state.agentName === 'Boris';
    });
    const { messages } = await boris.thread(contactId);
    expect(messages.map(({ text }) => text)).to.deep.equal([
      'my card is lost',
      'Somebody comes.',
      'one moment',
      'she is upset',
    ]);
    await boris.say(contactId, 'I block it');
    await until('the customer reads it', () => one.texts().includes('I block it'));
    expect(one.texts(), 'nothing was said of it').to.deep.equal([...lines, 'I block it']);
    expect(one.frames.some(({ type }) => type === 'gone')).to.equal(false);

    const [reply, ...replies] = await repliesTo(contactId);
    expect(replies, 'the first answer counts, and no note is one').to.deep.equal([]);
    expect(reply?.agent_id).to.equal('101');
    expect(reply?.response_ms, 'around the clock').to.equal(reply?.elapsed_ms);
    const [first, second, ...more] = await answeredOf(contactId);
    expect([first?.agent_id, second?.agent_id, more]).to.deep.equal(['101', '102', []]);
    const [, queued] = await queuedOf(contactId);
    expect(first?.data.waitMs).to.be.greaterThan(1000);
    expect(queued?.data).to.deep.include({
      headStartMs: first?.data.waitMs,
      giver: { agentId: '101', waitMs: 60_000 },
    });
    await boris.close(contactId);
    await until('the customer sees the end', () => one.state?.phase === 'ended');
    expect(await house.lastContact()).to.include({ outcome: 'answered', agentId: '102' });
    const kept = await admin.must<{ items: { actor: string; action: string; target: string }[] }>(
      'GET',
      '/api/audit',
    );
    const returns = kept.items.filter(({ action }) => action === 'contact.returned');
    expect(returns.map(({ actor, target }) => [actor, target])).to.deep.equal([
      ['user:sue', `contact:${contactId}`],
    ]);
  });

  it('mail: through a kill of the server, it is in one pair of hands only', async () => {
    await notReady(boris);
    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    await relay.sendMail({
      from: 'Carla <carla@example.org>',
      to: 'help@bank.example',
      subject: 'A statement',
      text: 'Please send me one.',
    });
    relay.close();
    const contactId = await anna.takeNext('mail');
    anna.leave();
    expect((await giveBack(contactId, '101', admin)).status, 'administrators may').to.equal(200);
    const isWaiting = async () => (await house.contactsIn('waiting')) === 1;
    await until('it waits', isWaiting);
    await house.untilProjected();
    await house.stack.killProcess('server');
    await house.stack.waitReady();
    await until('the doors for texts are open', () =>
      fetch(`${house.stack.publicUrl}/chat/web/config`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    await until('it waits still', isWaiting);
    await anna.watch();
    await until('Anna’s page has it no more', () => anna.desk?.mine.length === 0);
    await boris.watch();
    await boris.goReady();
    expect(await boris.takeNext('mail')).to.equal(contactId);
    expect((await boris.thread(contactId)).messages.map(({ text }) => text.trim())).to.deep.equal([
      'Please send me one.',
    ]);
    const answered = await answeredOf(contactId);
    expect(answered.map(({ agent_id }) => agent_id)).to.deep.equal(['101', '102']);
    await boris.say(contactId, 'Here it is.');
    await boris.close(contactId);
    await house.untilIdle();
    const [reply] = await repliesTo(contactId);
    expect([reply?.agent_id, reply?.response_ms], 'outside its business hours').to.deep.equal(['102', '0']);
    expect(Number(reply?.elapsed_ms)).to.be.greaterThan(0);
    expect((await giveBack(contactId, '102')).status, 'it is over').to.equal(404);
  });
});
