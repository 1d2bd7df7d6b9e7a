/** Everything at once: two agents, two tabs, two connections of one machine. Each need has one contact, and each line one place. */
import { expect } from 'chai';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { HostileHouse } from '../../support/hostile-house.ts';
import { until } from '../../support/until.ts';

const rounds = 50;

describe('races of text', function () {
  this.timeout(120_000);
  let hostile: HostileHouse;

  before(async () => {
    hostile = await HostileHouse.open({ proxies: '1' });
    await hostile.anna.goReady();
  });
  afterEach(async () => {
    hostile.leaveChats();
    const { anna, boris } = hostile;
    const isEmpty = () =>
      [anna, boris].every(({ desk }) => desk?.offers.length === 0 && desk.mine.length === 0);
    await until('both desks are empty', isEmpty);
  });
  after(() => hostile?.close());

  const times = <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => work(i)));

  it('a customer writes while the agent closes: refused, or in a contact of its own, fifty times', async () => {
    const { anna } = hostile;
    const seen = { refused: 0, joined: 0, reopened: 0 };
    const one = await hostile.customer();
    for (let round = 0; round < rounds; round++) {
      if (one.state?.phase === 'ended') await begin(one);
      one.say(`first ${round}`);
      await one.untilKept();
      const contactId = await anna.takeNext('chat');
      const said = `late ${round}`;
      const closing = anna.close(contactId);
      // A little later each time: the line meets the closing at every step of both.
      for (let tick = 0; tick < round % 10; tick++) await new Promise((next) => setImmediate(next));
      const clientId = one.say(said);
      await closing;
      const isNacked = () => one.frames.some((frame) => frame.type === 'nack' && frame.clientId === clientId);
      await until('the late line is answered', () => one.acked.has(clientId) || isNacked());
      const [row] = await hostile.house.rows<{ contact_id: string; is_open: boolean }>(
        `select m.contact_id, c.closed_at is null as is_open from messages m join text_contacts c using (contact_id)
         where m.text = $1`,
        [said],
      );
      if (!row) {
        expect(isNacked()).to.equal(true);
        seen.refused += 1;
        one.pending.delete(clientId);
        await until('the customer sees the end', () => one.state?.phase === 'ended');
      } else if (row.contact_id === contactId) {
        // It was there before the agent closed.
        seen.joined += 1;
        await until('the customer sees the end', () => one.state?.phase === 'ended');
      } else {
        seen.reopened += 1;
        const next = await anna.takeNext('chat');
        expect(next).to.equal(row.contact_id);
        await anna.say(next, `answer ${round}`);
        await until('the chat goes on', () => one.texts().includes(`answer ${round}`));
        expect(one.state?.phase).to.equal('talking');
        one.send({ type: 'end' });
        await until('it is over', () => one.state?.phase === 'ended');
      }
      await until('nothing is left on the desk', () => anna.desk?.mine.length === 0);
    }
    expect(seen.refused + seen.joined + seen.reopened).to.equal(rounds);
    await hostile.house.untilProjected();
    const lost = await hostile.house.rows(
      `select m.text from messages m join text_contacts c using (contact_id)
       left join contacts h on h.contact_id = c.contact_id where m.author = 'customer' and h.contact_id is null`,
    );
    expect(lost).to.deep.equal([]);
  });

  /** A new session in the same widget. */
  async function begin(one: ChatCustomer): Promise<void> {
    one.leave();
    Object.assign(one, { token: '', state: undefined });
    one.lines.clear();
    one.acked.clear();
    one.frames.length = 0;
    const answer = await fetch(`${hostile.url}/chat/web/sessions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: hostile.url,
        'x-forwarded-for': `10.3.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`,
      },
      body: JSON.stringify({ language: 'en' }),
    });
    one.token = ((await answer.json()) as { token: string }).token;
    await new Promise<void>((resolve) => void setTimeout(resolve, 60));
    one.connect();
    await until('the chat is open', () => one.state !== undefined);
  }

  it('two tabs, one thread; the same line from both, once', async () => {
    const one = await hostile.customer();
    const other = new ChatCustomer(hostile.url);
    other.token = one.token;
    other.connect();
    await until('both are there', () => one.state !== undefined && other.state !== undefined);
    // Both number their lines from 1: the first five are the same lines, said twice.
    for (let i = 0; i < 5; i++) for (const tab of [one, other]) tab.say(`same ${i}`);
    await Promise.all([one.untilKept(), other.untilKept()]);
    for (const tab of [one, other]) await until('all lines are seen', () => tab.lines.size === 5);
    expect(one.texts()).to.deep.equal(other.texts());
    const contactId = await hostile.anna.takeNext('chat');
    const { messages } = await hostile.anna.thread(contactId);
    expect(messages.map(({ text }) => text).sort()).to.deep.equal([0, 1, 2, 3, 4].map((i) => `same ${i}`));
    other.leave();
    await hostile.anna.close(contactId);
  });

  it('the same request many times at once is one', async () => {
    const { contactId } = await hostile.chatWith(hostile.anna);
    const message = { clientId: 'once-only-1', text: 'said once' };
    const answers = await times(5, () =>
      hostile.anna.client.call<{ messageId: string }>(
        'POST',
        `/api/desk/contacts/${contactId}/messages`,
        message,
      ),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.messageId)).size).to.equal(1);
    const { messages } = await hostile.anna.thread(contactId);
    expect(messages.filter(({ text }) => text === 'said once')).to.have.length(1);
    await hostile.anna.close(contactId);

    const before = await hostile.counts();
    const forms = await times(10, () => hostile.form({ clientId: 'form-once-only', text: 'ten times' }));
    const taken = forms.filter(({ status }) => status === 202);
    // The rest were too many from one address.
    expect(taken.length).to.be.within(2, 5);
    expect(forms.every(({ status }) => status === 202 || status === 429)).to.equal(true);
    const references = await Promise.all(
      taken.map(async (one) => ((await one.json()) as { reference: string }).reference),
    );
    expect(new Set(references).size).to.equal(1);

    const from = { address: '+39061234' };
    const hooks = await times(20, (i) =>
      hostile.hook('sms', 'messages', { id: `m${i % 10}`, from, text: `text ${i % 10}` }),
    );
    expect(hooks.every(({ status }) => status === 200)).to.equal(true);
    const threads = new Set(
      await Promise.all(hooks.map(async (one) => ((await one.json()) as { threadId: string }).threadId)),
    );
    expect(threads.size, 'one customer, one thread').to.equal(1);
    const after = await hostile.counts();
    expect(after['messages']! - before['messages']!).to.equal(11);
    expect(after['text_contacts']! - before['text_contacts']!).to.equal(2);
  });

  it('two agents ask for one offer, and it is its own agent’s', async () => {
    const { anna, boris } = hostile;
    const one = await hostile.customer();
    one.say('who takes it?');
    await until('it is offered', () => (anna.desk?.offers.length ?? 0) > 0);
    const { offerId, contactId } = anna.desk!.offers[0]!;
    const accept = (agent: typeof anna) =>
      agent.client.call('POST', `/api/desk/offers/${offerId}/accept`, {});
    const answers = await Promise.all([accept(boris), accept(anna), accept(anna), accept(boris)]);
    expect(answers.filter(({ status }) => status === 204)).to.have.length(1);
    expect([answers[0]!.status, answers[3]!.status]).to.deep.equal([409, 409]);
    expect((await anna.thread(contactId)).contact.contactId).to.equal(contactId);
    await anna.close(contactId);
  });

  it('an offer that was not answered cannot be taken any more', async () => {
    const { anna } = hostile;
    const one = await hostile.customer('brief');
    one.say('nobody answers');
    await until('it is offered', () => (anna.desk?.offers.length ?? 0) > 0);
    const { offerId } = anna.desk!.offers[0]!;
    await until(
      'the offer has run out',
      () => !anna.desk?.offers.some((offer) => offer.offerId === offerId),
      15_000,
    );
    const late = await anna.client.call('POST', `/api/desk/offers/${offerId}/accept`, {});
    expect(late).to.have.nested.property('body.error.details.reason', 'offer-gone');
    expect(late.status).to.equal(409);
    await anna.client.must('POST', '/api/desk/state', { to: 'ready' });
    await anna.close(await anna.takeNext('chat'));
  });

  it('an answer meets the closing, and a line the passing on: nothing is lost', async () => {
    const { anna, boris } = hostile;
    const { one, contactId } = await hostile.chatWith(anna);
    const path = `/api/desk/contacts/${contactId}`;
    await boris.goReady();
    const [passed] = await Promise.all([
      anna.client.call('POST', `${path}/transfer`, { agentId: '102', note: 'yours' }),
      ...[1, 2, 3].map(async (i) => one.say(`meanwhile ${i}`)),
    ]);
    expect(passed.status).to.equal(204);
    await one.untilKept();
    expect(await boris.takeNext('chat')).to.equal(contactId);
    // The first agent's closing and the second one's answer: only one of them works on it.
    const [closed, answered] = await Promise.all([
      anna.client.call('POST', `${path}/close`, { note: 'done' }),
      boris.client.call<{ messageId: string }>('POST', `${path}/messages`, {
        clientId: 'boris-says-1',
        text: 'here I am',
      }),
    ]);
    expect([closed.status, answered.status]).to.deep.equal([404, 201]);
    const { messages } = await boris.thread(contactId);
    expect(messages.map(({ text }) => text)).to.include.members([
      'meanwhile 1',
      'meanwhile 2',
      'meanwhile 3',
      'here I am',
    ]);
    const [late, end] = await Promise.all([
      boris.client.call('POST', `${path}/messages`, { clientId: 'boris-says-2', text: 'goodbye' }),
      boris.client.call('POST', `${path}/close`, {}),
    ]);
    expect(end.status).to.equal(204);
    expect(late.status).to.be.oneOf([201, 404]);
    await until('it is over', () => one.state?.phase === 'ended');
    if (late.status === 201) await until('the last answer is read', () => one.texts().includes('goodbye'));
    expect(hostile.faults()).to.deep.equal([]);
  });
});
