/** Chats on the real house: a customer's widget by its protocol, agents by their desk, kills in between. */
import { expect } from 'chai';
import type { DeskTargets } from '../../../server/contract/desk.ts';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent, type WebClient } from '../../support/web-client.ts';

const site = `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: chat, name: Chat, ringSec: 120 }
  - { id: experts, name: Experts, ringSec: 120 }
  - { id: slow, name: Slow }
agents:
  - { id: '101', name: Anna, queues: [chat] }
  - { id: '102', name: Boris, queues: [experts] }
  - { id: '103', name: Clara, queues: [slow] }
dispositions: [{ id: solved, name: Solved }]
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
  - { id: strict, queue: chat, origins: ['https://www.bank.example'], asks: { name: must, email: must } }
  - id: slow
    queue: slow
    origins: ['https://www.bank.example']
    waiting:
      - { afterSec: 1, text: { en: Somebody will be with you soon., it: Un momento. } }
      - { afterSec: 4, text: { en: We are sorry that it takes so long. } }
      - { afterSec: 25, text: { en: Still nobody. } }
`;

describe('chats', function () {
  this.timeout(60_000);
  let house: House;
  let admin: WebClient;
  let anna: WebAgent;
  let boris: WebAgent;
  let clara: WebAgent;
  const customers: ChatCustomer[] = [];

  before(async () => {
    house = await House.open({}, { site });
    admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    boris = await webAgent(admin, '102');
    clara = await webAgent(admin, '103');
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

  const customer = async (widget = 'web'): Promise<ChatCustomer> => {
    const one = new ChatCustomer(house.stack.publicUrl);
    customers.push(one);
    await until(
      'the door for customers is open',
      async () => (await one.start(widget).catch(() => undefined))?.status === 201,
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
    expect(messages.map(({ text, isNote, agentName }) => [text, isNote, agentName])).to.deep.equal([
      ['a hard question', false, undefined],
      ['she is angry', true, 'Anna'],
    ]);
    expect(await anna.client.call('GET', `/api/desk/contacts/${contactId}`)).to.include({ status: 404 });
    expect(await boris.say(contactId, 'an easy answer')).to.include({ agentName: 'Boris' });
    await until('the customer reads it', async () => one.texts().includes('an easy answer'));
    expect(one.texts()).to.not.include('she is angry');
    one.send({ type: 'end' });
    await until('it is over', async () => one.state?.phase === 'ended');
    await house.untilIdle();
    expect(boris.messages.map(({ agentName }) => agentName)).to.include('Boris');
  });

  it('begin with what must be told, or do not begin, and say what is missing', async () => {
    const one = await customer();
    const begin = async (body: object) => {
      const answer = await one.start('strict', { language: 'en', ...body });
      if (answer.status === 201) return [201];
      const { error } = (await answer.json()) as { error: { code: string; details?: { field?: string } } };
      return [answer.status, error.code, error.details?.field];
    };
    const email = 'carla@example.org';
    expect(await begin({ email })).to.deep.equal([400, 'bad-request', 'name']);
    expect(await begin({ name: '\u0001\u0002', email })).to.deep.equal([400, 'bad-request', 'name']);
    expect(await begin({ name: 'Carla' })).to.deep.equal([400, 'bad-request', 'email']);
    expect(await begin({ name: 'Carla', email })).to.deep.equal([201]);
  });

  it('tell who waits what the site has to say, each text once through a restart, and no more once taken', async () => {
    const one = await customer('slow');
    one.say('is anybody there?');
    await one.untilKept();
    const askedAt = Date.now();
    const first = ['is anybody there?', 'Somebody will be with you soon.'];
    await until('the first text is said', () => one.texts().length > 1);
    expect(one.texts().slice(0, 2)).to.deep.equal(first);
    await house.stack.killProcess('server');
    await house.stack.waitReady();
    const both = [...first, 'We are sorry that it takes so long.'];
    await until('the second text is said', () => one.texts().length === 3, 20_000);
    expect(one.texts()).to.deep.equal(both);
    await clara.watch();
    await clara.goReady();
    const contactId = await clara.takeNext('chat');
    expect((await clara.thread(contactId)).messages.map(({ text, author }) => [author, text])).to.deep.equal([
      ['customer', both[0]],
      ['system', both[1]],
      ['system', both[2]],
    ]);
    expect(Date.now() - askedAt, 'taken before the third text').to.be.lessThan(25_000);
    await clara.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await clara.client.must('POST', `/api/desk/contacts/${contactId}/transfer`, { queueId: 'experts' });
    await until('the third text would be due', () => Date.now() - askedAt > 27_000, 30_000);
    await boris.watch();
    await boris.goReady().catch(() => undefined);
    expect(await boris.takeNext('chat')).to.equal(contactId);
    expect(one.texts()).to.deep.equal(both);
    clara.leave();
    await boris.close(contactId);
    await anna.watch();
    await anna.goReady().catch(() => undefined);
    await house.untilIdle();
  });

  it('carry a file without a word, both ways', async () => {
    const one = await customer();
    const sent = await one.upload('slip.txt', 'slip', 'text/plain');
    await until('the chat is open', () => one.state !== undefined);
    one.send({ type: 'line', clientId: 'file-only-1', text: '', attachmentIds: [sent] });
    await until('it is acknowledged', () => one.acked.has('file-only-1'));
    const contactId = await anna.takeNext('chat');
    const [asked] = (await anna.thread(contactId)).messages;
    expect([asked?.text, asked?.attachments[0]?.name]).to.deep.equal(['', 'slip.txt']);
    const answer = await anna.client.raw(
      'POST',
      `/api/desk/contacts/${contactId}/attachments?name=form.txt`,
      'form',
      'text/plain',
    );
    const { attachmentId } = (await answer.json()) as { attachmentId: string };
    await anna.say(contactId, '', { attachmentIds: [attachmentId] });
    await until('the customer has it', () => one.lines.get(2)?.attachments[0]?.name === 'form.txt');
    expect(one.lines.get(2)?.text).to.equal('');
    const none = await anna.client.call('POST', `/api/desk/contacts/${contactId}/messages`, {
      clientId: 'nothing-at-all',
      text: '',
    });
    expect(none.status, 'neither text nor file').to.equal(400);
    await anna.close(contactId);
    await house.untilIdle();
  });

  it('show that the agent types, however often that is said', async () => {
    const one = await customer();
    one.say('hello');
    await one.untilKept();
    const contactId = await anna.takeNext('chat');
    const say = () => anna.client.call('POST', `/api/desk/contacts/${contactId}/typing`, {});
    const answers = await Promise.all(Array.from({ length: 12 }, say));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array.from({ length: 12 }, () => 204));
    await anna.say(contactId, 'here I am');
    await until('the answer is there', () => one.texts().includes('here I am'));
    expect(one.frames.filter(({ type }) => type === 'typing').length).to.be.within(1, 2);
    await anna.close(contactId);
    await house.untilIdle();
  });

  it('tell whom a contact may be passed on to when that is asked, and not with every desk', async () => {
    const targets = await anna.client.must<DeskTargets>('GET', '/api/desk/targets');
    expect(targets.queues.map(({ queueId }) => queueId)).to.deep.equal(['chat', 'experts', 'slow']);
    expect(targets.agents).to.deep.include({ agentId: '102', name: 'Boris', isReady: true });
    expect(targets.agents.map(({ agentId }) => agentId)).to.not.include('101');
    expect(Object.keys(anna.desk ?? {}))
      .to.include('queues')
      .and.not.include('targets');
    expect((await admin.call('GET', '/api/desk/targets')).status).to.equal(403);
  });

  it('are told to come back when the server stops, and come back', async () => {
    const one = await customer();
    one.say('before the stop');
    await one.untilKept();
    await house.stack.killProcess('server', 'SIGTERM');
    await until('the widget was told', () => one.closes.length > 0);
    expect(one.closes[0]).to.equal(1001);
    expect(house.stack.logs('server')).to.not.include('part did not stop in time');
    await house.stack.waitReady();
    one.say('after the start');
    await one.untilKept();
    await until('both lines are there', () => one.texts().length === 2);
    await anna.watch();
    await anna.goReady().catch(() => undefined);
    await anna.close(await anna.takeNext('chat'));
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
