/**
 * A house with every door for strangers open, for tests that come in badly: mail listener, chats, forms, connectors, two
 * agents; seeds for strings that break things, and the counts by which a stray row or file is seen.
 */
import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sign, signatureHeader } from '../../server/channels/webhook/signature.ts';
import { freePort } from './free-port.ts';
import { ChatCustomer } from './chat-customer.ts';
import { House } from './house.ts';
import { until } from './until.ts';
import { firstAdmin, webAgent, type WebAgent, type WebClient } from './web-client.ts';

export const bankOrigin = 'https://www.bank.example';

const siteOf = (
  mailPort: number,
  hookPort: number,
) => `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: chat, name: Chat, ringSec: 60 }
  - { id: brief, name: Brief, ringSec: 3 }
  - { id: mail, name: Mail }
  - { id: quiet, name: Quiet }
routing: { capacity: { chat: 20, mail: 20 } }
agents:
  - { id: '101', name: Anna, queues: [chat, mail, brief] }
  - { id: '102', name: Boris, queues: [chat] }
dispositions: [{ id: solved, name: Solved }]
mail:
  listener: { port: ${mailPort}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: ${hookPort}, tls: none }
  maxMegabytes: 10
  mailboxes: [{ id: help, name: Help, address: help@bank.example, queue: mail }]
widgets:
  - { id: web, queue: chat, origins: ['${bankOrigin}'] }
  - { id: brief, queue: brief, origins: ['${bankOrigin}'] }
  - { id: silent, queue: quiet, origins: ['${bankOrigin}'], attachments: false }
forms:
  - { id: contact, queue: quiet, mailbox: help, origins: ['${bankOrigin}'], wants: [mail, call] }
webhooks:
  - { id: sms, name: SMS, queue: quiet, work: mail, url: 'http://127.0.0.1:${hookPort}/', secret: sms }
  - { id: other, name: Other, queue: chat, work: mail, url: 'http://127.0.0.1:${hookPort}/', secret: other }
`;

const noProxies = '0';

/** What does not fit into the bounds of a usual run is left out, unless HEARTHLINE_FUZZ_WHOLE=1. */
export const isWholeFuzz = process.env['HEARTHLINE_FUZZ_WHOLE'] === '1';

export class HostileHouse {
  readonly house: House;
  readonly mailPort: number;
  readonly hookPort: number;
  readonly admin: WebClient;
  readonly anna: WebAgent;
  readonly boris: WebAgent;
  readonly #customers: ChatCustomer[] = [];

  private constructor(
    parts: Pick<HostileHouse, 'house' | 'mailPort' | 'hookPort' | 'admin' | 'anna' | 'boris'>,
  ) {
    this.house = parts.house;
    this.mailPort = parts.mailPort;
    this.hookPort = parts.hookPort;
    this.admin = parts.admin;
    this.anna = parts.anna;
    this.boris = parts.boris;
  }

  /** `proxies`: so many are believed, so that a test may come from many addresses. */
  static async open({ proxies = noProxies }: { proxies?: string } = {}): Promise<HostileHouse> {
    const [mailPort, hookPort] = [await freePort(), await freePort()];
    const env = { HEARTHLINE_TRUSTED_PROXY_HOPS: proxies };
    const house = await House.open({}, { site: siteOf(mailPort, hookPort), env });
    const secrets = join(house.stack.dataDir, 'secrets');
    await mkdir(secrets, { recursive: true });
    for (const name of ['sms', 'other'])
      await writeFile(join(secrets, name), `key of ${name}`, { mode: 0o600 });
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    const [anna, boris] = [await webAgent(admin, '101'), await webAgent(admin, '102')];
    for (const agent of [anna, boris]) await agent.watch();
    const open = new HostileHouse({ house, mailPort, hookPort, admin, anna, boris });
    await until('the door for customers is open', () =>
      fetch(`${open.url}/chat/web/config`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return open;
  }

  get url(): string {
    return this.house.stack.publicUrl;
  }

  async customer(widget = 'web', body: object = { language: 'en' }): Promise<ChatCustomer> {
    const one = new ChatCustomer(this.url);
    this.#customers.push(one);
    const { status } = await one.start(widget, body);
    if (status !== 201) throw new Error(`no chat: ${status}`);
    one.connect();
    return one;
  }

  /** A chat that this agent talks in. */
  async chatWith(agent: WebAgent, text = 'hello'): Promise<{ one: ChatCustomer; contactId: string }> {
    const one = await this.customer();
    one.say(text);
    await one.untilKept();
    return { one, contactId: await agent.takeNext('chat') };
  }

  hook(id: string, what: 'messages' | 'deliveries', body: unknown, signedAs = id): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(`${this.url}/hooks/${id}/${what}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [signatureHeader]: sign(`key of ${signedAs}`, Date.now(), text),
      },
      body: text,
    });
  }

  form(body: object): Promise<Response> {
    return fetch(`${this.url}/forms/contact`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: bankOrigin },
      body: JSON.stringify({
        language: 'en',
        wants: 'mail',
        email: 'carla@example.org',
        text: 'hello',
        ...body,
      }),
    });
  }

  /** Rows of all tables that a stranger's words could reach. */
  async counts(): Promise<Record<string, number>> {
    const tables = [
      'users',
      'threads',
      'text_contacts',
      'messages',
      'files',
      'file_contents',
      'chat_sessions',
      'raw_mails',
    ];
    const sql = tables.map((one) => `(select count(*)::int from ${one}) as ${one}`).join(', ');
    const [row] = await this.house.rows<Record<string, number>>(`select ${sql}`);
    return row ?? {};
  }

  /** Everything under the data directory but what the stores and logs keep for themselves. */
  files(): string[] {
    const { dataDir } = this.house.stack;
    const own = /^(?:postgres|pg|redis|logs?|run|events?)/;
    return readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
      .filter((path) => !own.test(path))
      .sort();
  }

  /** What the server logged as a fault of its own. */
  faults(): string[] {
    return this.house.stack
      .logs('server')
      .split('\n')
      .filter((line) => /"level":[56]0/.test(line));
  }

  pid(): number | undefined {
    return this.house.stack.pids().server;
  }

  leaveChats(): void {
    for (const one of this.#customers.splice(0)) one.leave();
  }

  async close(): Promise<void> {
    this.leaveChats();
    this.anna.leave();
    this.boris.leave();
    await this.house.close();
  }
}

/** The same on every run: mulberry32. */
export function seeded(seed: number): {
  next(): number;
  of<T>(list: readonly T[]): T;
  below(count: number): number;
} {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(next() * count);
  return { next, below, of: <T>(list: readonly T[]): T => list[below(list.length)]! };
}

/** Strings that break what was not made for them. */
export const nasty: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff tail',
  '\r\nBcc: all@example.org',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '../../etc/passwd',
  '..\\..\\x',
  '\u202Efdp.exe',
  "'; drop table messages; --",
  '$1 $2 {{constructor}} ${7*7} %s %n',
  '__proto__',
  'constructor',
  'ﷺ'.repeat(200),
  '👩‍👩‍👧‍👦',
  'x'.repeat(4001),
  'y'.repeat(300),
  '-1',
  '99999999999999999999',
  'NaN',
  'null',
];
