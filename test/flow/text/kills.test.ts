/**
 * Server, Postgres and Redis are killed in a random order while mails, forms and chats come in and an agent answers, and the
 * smarthost loses some of its answers: what was acknowledged is there exactly once, in one contact, and nothing is stuck.
 * Six kills; HEARTHLINE_TEXT_KILLS=20 for more, HEARTHLINE_TEXT_SEED for another order.
 */
import { expect } from 'chai';
import { freePort } from '../../support/free-port.ts';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { DeskRobot } from '../../support/desk-robot.ts';
import { House } from '../../support/house.ts';
import { randomSource } from '../../support/random-source.ts';
import { type SinkFault, startSmtpSink, type SmtpSink, type SunkMail } from '../../support/smtp-sink.ts';
import { postForm, relayMail } from '../../support/text-senders.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent } from '../../support/web-client.ts';

const kills = Number(process.env['HEARTHLINE_TEXT_KILLS'] ?? 6);
const seed = Number(process.env['HEARTHLINE_TEXT_SEED'] ?? 1);
const victims = ['server', 'postgres', 'redis'] as const;
const customers = 3;

const siteWith = (
  listener: number,
  smarthost: number,
) => `site: { name: Test Bank, timeZone: Europe/Rome, language: en }
queues:
  - { id: mail, name: Mail }
  - { id: chat, name: Chat }
agents:
  - { id: '101', name: Anna, queues: [mail, chat], capacity: { chat: 10, mail: 20 }, wrapUp: { mode: none } }
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: ${smarthost}, tls: none }
  mailboxes:
    - { id: help, name: Help desk, address: help@bank.example, queue: mail }
forms:
  - { id: contact, queue: mail, mailbox: help, origins: ['https://www.bank.example'] }
`;

/** The smarthost took the mail and did not say so, or the house could not write down that it did. */
interface Lost {
  from: number;
  to: number;
}

const faults: SinkFault[] = [
  { at: 'after-data', does: 'drop' },
  { at: 'data', code: 451 },
  { at: 'rcpt', code: 450 },
];

describe('texts through kills of every store', function () {
  this.timeout(120_000 + kills * 30_000);
  const random = randomSource(seed);
  let house: House;
  let sink: SmtpSink;
  let port: number;
  let robot: DeskRobot;
  let working: Promise<void>;
  const chats: { customer: ChatCustomer; said: string[] }[] = [];
  const lost: Lost[] = [];
  const mails: string[] = [];
  const forms: string[] = [];
  const underWay: Promise<void>[] = [];
  let isComing = true;

  before(async () => {
    sink = await startSmtpSink();
    port = await freePort();
    house = await House.open(
      {},
      { site: siteWith(port, sink.port), env: { HEARTHLINE_TRUSTED_PROXY_HOPS: '1' } },
    );
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    robot = new DeskRobot(await webAgent(admin, '101'));
    working = robot.run();
    for (let n = 0; n < customers; n += 1) {
      const customer = new ChatCustomer(house.stack.publicUrl);
      await until(
        'the door for customers is open',
        async () => (await customer.start().catch(() => undefined))?.status === 201,
      );
      customer.connect();
      chats.push({ customer, said: [] });
    }
  });
  after(async () => {
    isComing = false;
    for (const { customer } of chats) customer.leave();
    robot?.stop();
    await working;
    await house?.close();
    await sink?.close();
  });

  /** Somebody does something every so often, until it is enough. */
  async function keepOn(everyMs: number, act: (n: number) => void): Promise<void> {
    for (let n = 0; isComing; n += 1) {
      act(n);
      await house.talkFor(everyMs * (0.5 + random()));
    }
  }

  const coming = () => [
    keepOn(600, (n) => {
      const subject = `mail ${n} of ${seed}`;
      mails.push(subject);
      const from = `Customer ${n} <customer${n}@customers.example>`;
      underWay.push(relayMail(port, { from, subject, text: `I ask about ${n}.` }));
    }),
    keepOn(1500, (n) => {
      const text = `form ${n} of ${seed}`;
      forms.push(text);
      const form = {
        clientId: `form-${seed}-${String(n).padStart(4, '0')}`,
        email: `form${n}@customers.example`,
        text,
      };
      underWay.push(postForm(`${house.stack.publicUrl}/forms/contact`, form));
    }),
    ...chats.map(({ customer, said }, i) =>
      keepOn(900, (n) => {
        said.push(`line ${n} of ${i}`);
        customer.say(`line ${n} of ${i}`);
      }),
    ),
  ];

  /** Each as often as the others, in a random order. */
  function victimsInOrder(): (typeof victims)[number][] {
    const all = Array.from({ length: kills }, (_, i) => ({
      name: victims[i % victims.length]!,
      at: random(),
    }));
    return all.toSorted((a, b) => a.at - b.at).map(({ name }) => name);
  }

  /** One fault a message at most: with each the pause before its next try grows, to minutes. */
  async function misbehave(n: number): Promise<void> {
    const tried = await house.rows("select 1 from messages where delivery = 'queued' and attempts > 0");
    if (tried.length === 0 && sink.nextFaults.length === 0) sink.nextFaults.push(faults[n % faults.length]!);
  }

  async function kill(name: (typeof victims)[number]): Promise<void> {
    const from = performance.now();
    await house.stack.killProcess(name);
    await house.stack.waitReady(60_000);
    // The server takes calls without Postgres and says that it is ready.
    await until(
      'Postgres answers',
      () =>
        house.rows('select 1').then(
          () => true,
          () => false,
        ),
      60_000,
    );
    lost.push({ from, to: performance.now() });
    robot.reload();
  }

  it(`keep every word once (${kills} kills, seed ${seed})`, async () => {
    const producers = coming();
    for (const [n, name] of victimsInOrder().entries()) {
      await misbehave(n);
      await house.talkFor(500 + 2500 * random());
      await kill(name);
    }
    isComing = false;
    await Promise.all(producers);
    await Promise.all(underWay);
    for (const { customer } of chats) await customer.untilKept(60_000);
    sink.nextFaults.length = 0;
    robot.isClosing = true;
    await until(
      'no contact is in hand',
      async () => (await house.inHand().catch(() => 1)) === 0,
      90_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; the agent's last fault: ${robot.lastFault}`);
    });
    await house.untilProjected();
    await untilSent();
  });

  /** Nothing is overdue, and what waits for its next try goes out then. */
  async function untilSent(): Promise<void> {
    let left: object[] = [];
    await until(
      'the outbox is empty',
      async () => {
        left = await house.rows(
          `select message_id, attempts, fault, extract(epoch from next_try_at - now())::int as due_in
           from messages where delivery = 'queued'`,
        );
        return left.length === 0;
      },
      60_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(left)}`);
    });
  }

  it('keep mails, forms and lines exactly once', async () => {
    const texts = (author: string) =>
      house.rows<{ text: string; subject: string | null; via: string }>(
        `select trim(m.text) as text, m.subject, c.via from messages m join text_contacts c on c.contact_id = m.contact_id
         where m.author = $1 order by m.thread_id, m.seq`,
        [author],
      );
    const kept = await texts('customer');
    const of = (via: string) => kept.filter((one) => one.via === via);
    expect(of('mail:help').map(({ subject }) => subject)).to.have.members(mails);
    expect(of('form:contact').map(({ text }) => text)).to.have.members(forms);
    expect(of('chat:web').map(({ text }) => text)).to.have.members(chats.flatMap(({ said }) => said));
    // One that the desk had taken when we were killed is found again as its own copy.
    expect(
      await house.rows(
        "select state from raw_mails where state not in ('read', 'duplicate') or message_id is null",
      ),
    ).to.deep.equal([]);
    for (const { customer, said } of chats) {
      await until('the customer has read everything', () => customer.pending.size === 0);
      const own = [...customer.lines.values()]
        .filter(({ from }) => from === 'customer')
        .map(({ text }) => text);
      expect(own).to.deep.equal(said);
    }
  });

  it('have one contact each, which routing and history know to have ended', async () => {
    await until(
      'what was closed while Postgres was away is written down',
      async () => (await house.rows('select 1 from text_contacts where closed_at is null')).length === 0,
      60_000,
    );
    const odd = await house.rows(
      `select c.contact_id, c.closed_at, h.outcome from text_contacts c full join
         (select * from contacts where channel in ('chat', 'mail')) h on h.contact_id = c.contact_id
       where c.contact_id is null or h.contact_id is null or c.closed_at is null or h.outcome is null`,
    );
    expect(odd).to.deep.equal([]);
    const empty = await house.rows(
      `select c.contact_id from text_contacts c where not exists
         (select 1 from messages m where m.contact_id = c.contact_id and m.author = 'customer')`,
    );
    expect(empty).to.deep.equal([]);
    const begun = await house.rows<{ thread_id: string; count: number }>(
      "select thread_id, count(*)::int as count from text_contacts where work = 'mail' group by 1 having count(*) > 1",
    );
    expect(begun, 'mails with two contacts').to.deep.equal([]);
  });

  it('are answered at least once, and again only where an answer was lost', async () => {
    const said = [...robot.answers.values()];
    expect(said.length).to.be.greaterThan(kills);
    for (const { text, channel } of said.filter((one) => one.channel === 'chat')) {
      const seen = chats.flatMap(({ customer }) => customer.texts().filter((line) => line === text));
      expect(seen, `${channel}: ${text}`).to.deep.equal([text]);
    }
    for (const { text } of said.filter((one) => one.channel === 'mail')) expectSent(text);
    const doubled = await house.rows(
      "select text from messages where author = 'agent' group by text having count(*) > 1",
    );
    expect(doubled).to.deep.equal([]);
  });

  function expectSent(text: string): void {
    const copies = sink.mails.filter(({ content }) => content.replaceAll('=\r\n', '').includes(text));
    const whole = copies.filter(({ outcome }) => outcome !== 'refused');
    expect(whole, `copies of: ${text}`).to.not.have.length(0);
    expect(new Set(copies.map(messageIdOf)), `Message-IDs of: ${text}`).to.have.property('size', 1);
    for (const [i, { at, outcome }] of whole.entries()) {
      const next = whole[i + 1];
      if (!next) continue;
      // The sink drops all its connections at once: what another one had just said is lost as well.
      const isExcused =
        outcome === 'lost' ||
        lost.some(({ from, to }) => to >= at && from <= next.at) ||
        sink.mails.some((one) => one.outcome === 'lost' && one.at >= at && one.at <= next.at);
      const seen = { copies: copies.map((one) => [one.outcome, one.at]), lost };
      expect(isExcused, `${text} was sent again without a reason: ${JSON.stringify(seen)}`).to.equal(true);
    }
  }
});

const messageIdOf = ({ content }: SunkMail): string | undefined =>
  /^Message-ID:\s*(\S+)/im.exec(content)?.[1];
