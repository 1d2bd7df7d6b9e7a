/**
 * Measures the text channels of the whole product from outside: 500 chats over real sockets, forms, and mails that wait in
 * a real Dovecot while calls go on beside. `npm run bench:text`, `npm run bench:text -- 500` for another number of mails
 * than 5,000, `npm run bench:text -- 500 mail` (chat, forms, mail) for one part. Prints one JSON line a figure with its limit.
 * The limits of mail are what the product promises (20 minutes, nothing lost); the others are where a person would notice.
 * `null`: a figure to compare with another. Exits with 1 where a limit is passed. `stolen_pct` beside each part: what the
 * host kept from this machine meanwhile, to which a late answer may be due.
 */
import { randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { CallLoad, type CallTimes, hasCallLoad } from '../support/call-load.ts';
import { CrowdChat } from '../support/chat-crowd.ts';
import { hasDovecot, startDovecot } from '../support/dovecot.ts';
import { figure, isLimitPassed, Meter, note, spread } from '../support/figures.ts';
import { House } from '../support/house.ts';
import { mailLoad } from '../support/mail-load.ts';
import { treeMb } from '../support/process-cost.ts';
import { until } from '../support/until.ts';
import { firstAdmin, webAgent, type WebAgent } from '../support/web-client.ts';

const callAgents = 60;
const chatAgents = 20;
const chats = 500;
const chatSeconds = 60;
const linesPerSec = 5;
const forms = 200;
const mailBoundMs = 20 * 60_000;

const listOf = (count: number, first: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, i) => line(first + i)).join('\n');

const listener = await freePort();
const site = (imap: string) => `site: { name: Load, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '700', queue: calls }
queues:
  - { id: calls, name: Calls, record: false, maxLength: 10000 }
  - { id: chat, name: Chat, ringSec: 60, maxLength: 10000 }
  - { id: mail, name: Mail, maxLength: 100000, maxWaitSec: 86400 }
trunks:
  - { id: load, addresses: ['127.0.0.1'], maxCalls: 10000 }
phones:
${listOf(callAgents, 1001, (n) => `  - { id: '${n}', password: 'password${n}' }`)}
agents:
${listOf(callAgents, 1001, (n) => `  - { id: '${n}', name: Agent ${n}, queues: [calls], phone: '${n}', wrapUp: { mode: none } }`)}
${listOf(chatAgents, 2001, (n) => `  - { id: '${n}', name: Agent ${n}, queues: [chat], capacity: { chat: 30 }, wrapUp: { mode: none } }`)}
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
forms:
  - { id: contact, queue: mail, mailbox: help, origins: ['https://www.bank.example'] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  mailboxes:
    - { id: help, name: Help desk, address: help@bank.example, queue: mail${imap} }
`;

const serverMb = (house: House) => treeMb(house.stack.pids().server ?? 0);

/** Another address each: one alone is held to what a person does. */
const addressOf = (n: number) => `10.20.${Math.floor(n / 250)}.${(n % 250) + 1}`;

async function openChats(house: House): Promise<CrowdChat[]> {
  const open: CrowdChat[] = [];
  await until(
    'the door for customers is open',
    async () => (await fetch(`${house.stack.publicUrl}/chat/web/config`).catch(() => undefined))?.ok === true,
  );
  while (open.length < chats) {
    const some = Array.from({ length: 10 }, (_, i) =>
      CrowdChat.open(house.stack.publicUrl, 'web', addressOf(open.length + i)),
    );
    const opened = await Promise.all(some);
    await Promise.all(opened.map((chat) => chat.say('Hello')));
    open.push(...opened);
  }
  return open;
}

/** Takes whatever is offered until all have been. */
async function takeAll(agent: WebAgent, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const offerId = agent.desk?.offers[0]?.offerId;
    // Another agent's answer may be under way for the same one: refused then, and not ours.
    if (offerId !== undefined) await agent.client.call('POST', `/api/desk/offers/${offerId}/accept`, {});
    await new Promise((wake) => setTimeout(wake, 5));
  }
}

/** Lines of customers at a steady rate; who answers is the agent on whose desk it comes up. */
async function talk(open: CrowdChat[], agents: WebAgent[]) {
  const saidAt = new Map<string, number>();
  const toDesk: number[] = [];
  const toCustomer: number[] = [];
  const replies: Promise<unknown>[] = [];
  for (const agent of agents)
    agent.onMessage = ({ contactId, author, text }) => {
      const at = saidAt.get(text);
      if (author !== 'customer' || at === undefined) return;
      toDesk.push(performance.now() - at);
      saidAt.set(`re: ${text}`, performance.now());
      replies.push(agent.say(contactId, `re: ${text}`));
    };
  for (const chat of open)
    chat.onAgentLine((text) => toCustomer.push(performance.now() - (saidAt.get(text) ?? Number.NaN)));
  const acks: Promise<number>[] = [];
  const startAt = performance.now();
  for (let n = 0; n < chatSeconds * linesPerSec; n += 1) {
    const text = `line ${n}`;
    saidAt.set(text, performance.now());
    acks.push(open[(n * 37) % open.length]!.say(text));
    if (n % 75 === 0) for (const chat of open) chat.ping();
    const nextMs = startAt + ((n + 1) * 1000) / linesPerSec - performance.now();
    await new Promise((wake) => setTimeout(wake, Math.max(0, nextMs)));
  }
  const toAck = await Promise.all(acks);
  await until('every line was answered', () => toCustomer.length >= toAck.length, 30_000);
  await Promise.all(replies);
  return { toAck, toDesk, toCustomer };
}

async function measureChat(house: House): Promise<void> {
  const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
  const agents: WebAgent[] = [];
  for (let n = 0; n < chatAgents; n += 1) {
    const agent = await webAgent(admin, String(2001 + n));
    agents.push(agent);
    await agent.watch();
    await agent.goReady();
  }
  const mbBefore = serverMb(house);
  const coming = new Meter(house);
  let isOver = false;
  const taking = agents.map((agent) => takeAll(agent, () => isOver));
  const open = await openChats(house);
  await until('every chat has its agent', () => open.every((chat) => chat.isTalking), 120_000);
  isOver = true;
  await Promise.all(taking);
  figure(`chat: ${chats} sessions from none to talking`, coming.read('chat (coming)').sec, 's');
  const quiet = new Meter(house);
  await house.talkFor(10_000);
  const still = quiet.read('chat (quiet)');
  figure(
    `chat: server's share of a processor, ${chats} quiet chats`,
    still.serverCpuSec / still.sec,
    'cores',
  );
  const meter = new Meter(house);
  const { toAck, toDesk, toCustomer } = await talk(open, agents);
  const { sec, cpuSec, serverCpuSec } = meter.read('chat');
  spread('chat: line to ack', toAck, 500);
  spread("chat: line to agent's desk", toDesk, 500);
  spread("chat: agent's answer to customer", toCustomer, 1000);
  figure('chat: lines without an answer', toAck.length - toCustomer.length, 'lines', 0);
  figure(
    `chat: server's share of a processor, ${linesPerSec} lines/s and answers`,
    serverCpuSec / sec,
    'cores',
  );
  const lines = toAck.length + toCustomer.length;
  figure('chat: CPU per 1,000 lines, all processes', (1000 * cpuSec) / lines, 's');
  const idle = (still.cpuSec / still.sec) * sec;
  figure('chat: of that, above what the quiet chats cost', (1000 * (cpuSec - idle)) / lines, 's');
  figure("chat: server's memory before", mbBefore, 'MB');
  figure(`chat: server's memory with ${chats} chats`, serverMb(house), 'MB');
  for (const one of [...open, ...agents]) one.leave();
}

async function measureForms(house: House): Promise<void> {
  const meter = new Meter(house);
  const ms: number[] = [];
  const post = async (n: number) => {
    const at = performance.now();
    const answer = await fetch(`${house.stack.publicUrl}/forms/contact`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://www.bank.example',
        'x-forwarded-for': addressOf(n),
      },
      body: JSON.stringify({
        clientId: randomUUID(),
        language: 'en',
        wants: 'mail',
        email: `customer${n}@customers.example`,
        text: `form ${n}`,
      }),
    });
    // It is answered when its contact waits in the queue.
    if (answer.status === 202) ms.push(performance.now() - at);
  };
  for (let n = 0; n < forms; n += 4) await Promise.all([0, 1, 2, 3].map((i) => post(n + i)));
  spread(`forms: post to contact (${forms}, four at a time)`, ms, 1000);
  figure('forms: CPU per 1,000 posts, all processes', (1000 * meter.read('forms').cpuSec) / forms, 's');
  const [row] = await house.rows<{ count: number }>(
    "select count(*)::int as count from text_contacts where via = 'form:contact' and closed_at is null",
  );
  figure('forms: posts without a contact', forms - (row?.count ?? 0), 'posts', 0);
}

function keepSecrets(house: House, password: string, authority: Buffer): void {
  const dir = join(house.stack.dataDir, 'secrets');
  mkdirSync(dir, { recursive: true });
  const { uid, gid } = statSync(house.stack.dataDir);
  for (const [name, content] of [
    ['imap-help', password],
    ['bank-ca.pem', authority],
  ] as const) {
    writeFileSync(join(dir, name), content, { mode: 0o600 });
    chownSync(join(dir, name), uid, gid);
  }
  chownSync(dir, uid, gid);
}

async function measureMail(house: House, count: number): Promise<void> {
  const load = mailLoad(count);
  if (load.corpus === 0) note('the mail corpus is not here (../shared/mail-corpus): own mails only');
  const dovecot = await startDovecot();
  const calls = hasCallLoad()
    ? new CallLoad({
        sipPort: house.stack.sipPort,
        number: '700',
        agents: callAgents,
        ratePerSec: 20,
        talkMs: 500,
      })
    : undefined;
  if (!calls) note('the load of calls is not here (../shared/load): mails alone');
  try {
    for (const mail of load.mails) dovecot.deliver(mail);
    keepSecrets(house, dovecot.password, dovecot.authority);
    // When it was kept: its row does not say.
    await house.rows('alter table raw_mails add column kept_at timestamptz default clock_timestamp()');
    await calls?.run(5);
    const before = new Meter(house);
    const alone = await calls?.run(20);
    const cost = before.read('calls alone');
    const cpuPerCall = alone ? cost.cpuSec / alone.offered : 0;
    const meter = new Meter(house);
    // Each look at the figures begins the delay of the event loop anew.
    await house.metrics();
    const imap = `, imap: { host: localhost, port: ${dovecot.port}, tls: starttls, ca: bank-ca.pem, auth: { user: ${dovecot.user}, secret: imap-help } }`;
    await house.stack.importSite(site(imap));
    const startAt = performance.now();
    let sec = 0;
    const done = untilRead(house, load.mails.length).finally(() => {
      sec = (performance.now() - startAt) / 1000;
    });
    const beside = await calls?.during(() => sec > 0);
    await done;
    const { cpuSec } = meter.read('mail');
    const loop = await house.metrics();
    for (const which of ['p99', 'max'])
      figure(
        `mail: delay of the server's event loop, ${which}`,
        1000 * (loop.get(`hearthline_loop_delay_${which}_seconds`) ?? Number.NaN),
        'ms',
      );
    figure(
      `mail: ${load.mails.length} mails fetched, kept, read, stored`,
      sec,
      's',
      (count / 5000) * (mailBoundMs / 1000),
    );
    figure('mail: mails per second', load.mails.length / sec, '1/s');
    const ofMails = cpuSec - cpuPerCall * (beside?.offered ?? 0);
    figure('mail: CPU per 1,000 mails, all processes', (1000 * ofMails) / load.mails.length, 's');
    await tellMails(house, load, dovecot.count());
    tellCalls(alone, beside);
    figure("mail: server's memory after", serverMb(house), 'MB');
  } finally {
    calls?.close();
    await dovecot.stop();
  }
}

async function untilRead(house: House, count: number): Promise<void> {
  const left =
    'select count(*)::int as kept, (count(*) filter (where state = $1))::int as unread from raw_mails';
  const endAt = performance.now() + mailBoundMs;
  for (;;) {
    const [row] = await house.rows<{ kept: number; unread: number }>(left, ['unread']);
    if (row && row.kept >= count && row.unread === 0) return;
    if (performance.now() > endAt) return note(`not within the limit: ${JSON.stringify(row)}`);
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

async function tellMails(
  house: House,
  load: ReturnType<typeof mailLoad>,
  folder: { all: number; seen: number },
) {
  const states = await house.rows<{ state: string; reason: string | null; count: number }>(
    'select state, reason, count(*)::int as count from raw_mails group by state, reason order by state, reason',
  );
  for (const { state, reason, count } of states)
    figure(`mail: ${state}${reason === null ? '' : ` (${reason})`}`, count, 'mails');
  const spent = await house.rows<{ ms: number }>(
    'select (extract(epoch from settled_at - kept_at) * 1000)::float8 as ms from raw_mails where message_id is not null',
  );
  spread(
    'mail: from fetched to its contact in the queue',
    spent.map(({ ms }) => ms),
  );
  const marks = await house.rows<{ subject: string; count: number }>(
    "select right(subject, 14) as subject, count(*)::int as count from messages where subject like '%request ______' group by 1",
  );
  const counts = new Map(marks.map(({ subject, count }) => [subject, count]));
  const isWrong = load.marks.filter((mark) => counts.get(mark) !== 1);
  figure('mail: own mails that are not there exactly once', isWrong.length, 'mails', 0);
  const total = states.reduce((sum, { count }) => sum + count, 0);
  figure(
    'mail: mails that were not kept, or are unseen in the mailbox',
    folder.all - Math.min(total, folder.seen),
    'mails',
    0,
  );
  const [open] = await house.rows<{ count: number }>(
    "select count(*)::int as count from text_contacts where work = 'mail' and closed_at is null",
  );
  const inQueue = (await house.metrics()).get('hearthline_queue_waiting{queue="mail"}') ?? Number.NaN;
  if (!Number.isNaN(inQueue))
    figure(
      'mail: contacts that are kept and not in the queue',
      Math.abs((open?.count ?? 0) - inQueue),
      'contacts',
      0,
    );
}

function tellCalls(alone: CallTimes | undefined, beside: CallTimes | undefined): void {
  if (!alone || !beside) return;
  spread("calls: 20/s, INVITE to the agent's INVITE, no mails", alone.toAgentMs);
  spread("calls: 20/s, INVITE to the agent's INVITE, mails coming in", beside.toAgentMs, 1000);
  const lost = alone.offered + beside.offered - alone.toAgentMs.length - beside.toAgentMs.length;
  figure('calls: that reached no agent', lost, 'calls', 0);
}

process.env['HEARTHLINE_TEST_DIST'] = '1';
const args = process.argv.slice(2);
const count = Number(args.find((one) => /^\d+$/.test(one)) ?? 5000);
const part = args.find((one) => !/^\d+$/.test(one)) ?? 'all';
const house = await House.open(
  {},
  {
    site: site(''),
    rtpPortCount: 2000,
    env: { HEARTHLINE_LOG_LEVEL: 'warn', HEARTHLINE_TRUSTED_PROXY_HOPS: '1' },
  },
);
try {
  if (part === 'all' || part === 'chat') await measureChat(house);
  if (part === 'all' || part === 'forms') await measureForms(house);
  if (part === 'mail' || part === 'all')
    if (hasDovecot()) await measureMail(house, count);
    else note('no dovecot on this machine (package dovecot-imapd): mail is not measured');
} finally {
  await house.close();
}
if (isLimitPassed()) process.exitCode = 1;
