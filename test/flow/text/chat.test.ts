/** Chats on the real house: a customer's widget by its protocol, agents by their desk, kills in between. */
import { expect } from 'chai';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent, type WebClient } from '../../support/web-client.ts';

const site = `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: chat, name: Chat }
  - { id: experts, name: Experts }
agents:
  - { id: '101', name: Anna, queues: [chat] }
  - { id: '102', name: Boris, queues: [experts] }
dispositions: [{ id: solved, name: Solved }]
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
`;

describe('chats', function () {
  this.timeout(60_000);
  let house: House;
  let admin: WebClient;
  let anna: WebAgent;
  let boris: WebAgent;
  const customers: ChatCustomer[] = [];

  before(async () => {
    house = await House.open({}, { site });
    admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    boris = await webAgent(admin, '102');
    for (const agent of [anna, boris]) {
      await agent.watch();
      await agent.goReady();
    }
  });
  afterEach(() => {
    for (const one of customers.splice(0)) one.leave();
  });
  after(async () => {
    anna?.leave();
    boris?.leave();
    await house?.close();
  });

  const customer = async (): Promise<ChatCustomer> => {
    const one = new ChatCustomer(house.stack.publicUrl);
    customers.push(one);
    await until(
      'the door for customers is open',
      async () => (await one.start().catch(() => undefined))?.status === 201,
    );
    one.connect();
    return one;
  };

  it('bring a customer’s lines to an agent and the agent’s back, to the end', async () => {
    const one = await customer();
    one.say('Hello');
    one.say('my card is lost');
    await one.untilKept();
    const contactId = await anna.takeNext('chat');
    await until('the customer sees who is there', async () => one.state?.phase === 'talking');
    expect(one.state).to.include({ agentName: 'Anna' });
    const thread = await anna.thread(contactId);
    expect(thread.messages.map(({ text }) => text)).to.deep.equal(['Hello', 'my card is lost']);
    expect(thread.contact).to.include({ unread: 2, isCustomerHere: true, via: 'chat:web' });
    await anna.say(contactId, 'I block it at once');
    await anna.say(contactId, 'a note for colleagues', { isNote: true });
    await until('the answer is there', async () => one.texts().includes('I block it at once'));
    expect(one.texts()).to.deep.equal(['Hello', 'my card is lost', 'I block it at once']);
    one.say('thank you');
    await one.untilKept();
    await until('the agent sees it', async () => anna.messages.some(({ text }) => text === 'thank you'));
    await anna.client.must('POST', `/api/desk/contacts/${contactId}/read`, { seq: 99 });
    await anna.close(contactId, { disposition: 'solved' });
    await until('the customer sees the end', async () => one.state?.phase === 'ended');
    one.say('too late');
    await until('a line after the end is refused', async () =>
      one.frames.some(({ type }) => type === 'nack'),
    );
    const [row] = await house.rows<{ disposition: string }>(
      'select disposition from text_contacts where contact_id = $1',
      [contactId],
    );
    expect(row?.disposition).to.equal('solved');
    expect(await house.lastContact()).to.include({ outcome: 'answered', agentId: '101' });
  });

  it('are passed on with their history and a note', async () => {
    const one = await customer();
    one.say('a hard question');
    await one.untilKept();
    const contactId = await anna.takeNext('chat');
    await anna.client.must('POST', `/api/desk/contacts/${contactId}/transfer`, {
      queueId: 'experts',
      note: 'she is angry',
    });
    expect(await boris.takeNext('chat')).to.equal(contactId);
    const { messages } = await boris.thread(contactId);
    expect(messages.map(({ text, isNote }) => [text, isNote])).to.deep.equal([
      ['a hard question', false],
      ['she is angry', true],
    ]);
    expect(await anna.client.call('GET', `/api/desk/contacts/${contactId}`)).to.include({ status: 404 });
    await boris.say(contactId, 'an easy answer');
    await until('the customer reads it', async () => one.texts().includes('an easy answer'));
    expect(one.texts()).to.not.include('she is angry');
    one.send({ type: 'end' });
    await until('it is over', async () => one.state?.phase === 'ended');
    await house.untilIdle();
  });

  it('lose and double no line when the server is killed at any moment', async () => {
    const one = await customer();
    const said: string[] = [];
    for (let i = 0; i < 40; i++) {
      said.push(`line ${i}`);
      one.say(`line ${i}`);
      if (i % 10 === 5) {
        await house.stack.killProcess('server');
        await house.stack.waitReady();
      } else if (i % 7 === 3) one.cut();
      else await new Promise<void>((resolve) => void setTimeout(resolve, 20));
    }
    await one.untilKept(40_000);
    await until('all lines are seen', async () => one.lines.size === said.length);
    expect(one.texts()).to.deep.equal(said);
    expect([...one.acked.values()].sort((a, b) => a - b)).to.deep.equal(said.map((_, i) => i + 1));
    await anna.watch();
    await anna.goReady().catch(() => undefined);
    const contactId = await anna.takeNext('chat');
    expect((await anna.thread(contactId)).messages.map(({ text }) => text)).to.deep.equal(said);
    await anna.close(contactId);
    await house.untilIdle();
    const [{ count } = { count: 0 }] = await house.rows<{ count: number }>(
      "select count(*)::int as count from contacts where channel = 'chat' and contact_id = $1",
      [contactId],
    );
    expect(count).to.equal(1);
  });
});
