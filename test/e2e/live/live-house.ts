/**
 * Everything at once for the tests of the screens: the whole product, a real browser, and what a person does in it. Asks
 * nothing of the server that a screen could not ask; the figures it compares with come from SQL and from a floor socket.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import type { FloorState, LiveMessage } from '../../../server/contract/live.ts';
import { csrfHeader, type SessionView, type TicketAnswer } from '../../../server/contract/rest.ts';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import type { StackOptions } from '../../support/stack.ts';
import { launchBrowser, listenForErrors } from '../../support/ui-browser.ts';
import { builtUi } from '../../support/ui-build.ts';

export const administrator = { username: 'ada', password: 'correct horse battery staple' };
export const agentNames = ['Ortensia Quillfeather', 'Bartholomew Szczepanik', 'Philippa Drummond'];
/** Two callers of ours: a number, and a name in the place of one. */
export const callerNumber = '+390559998877';
export const callerName = 'desdemona.fairweather';

/** Two queues, two agents tied to phones 1001 and 1002, one who sits nowhere; 701 and 702 lead straight to a queue. */
export const liveSite = `site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '701', queue: main }
  - { number: '702', queue: cards, greeting: [welcome] }
queues:
  - { id: main, name: Main line, ringSec: 8, maxWaitSec: 600 }
  - { id: cards, name: Lost cards, ringSec: 8, maxWaitSec: 600 }
trunks:
  - { id: loopback, addresses: ['127.0.0.1'], maxCalls: 100 }
phones:
${[1001, 1002, 1003].map((id) => `  - { id: '${id}', password: 'secret-${id}' }`).join('\n')}
agents:
${agentNames
  .map((name, i) => {
    const seat = i < 2 ? `phone: '${1001 + i}'` : "pin: '1234'";
    return `  - { id: '${101 + i}', name: ${name}, queues: [main], ${seat}, wrapUp: { mode: timed, sec: 2 } }`;
  })
  .join('\n')}
`;

/** What a television and the figures behind it must agree on. */
export interface Counts {
  waiting: number;
  offered: number;
  answered: number;
  abandoned: number;
  agents: Record<string, number>;
}

export class LiveHouse {
  readonly house: House;
  readonly browser: Browser;
  private readonly phones: Baresip[] = [];

  private constructor(house: House, browser: Browser) {
    this.house = house;
    this.browser = browser;
  }

  static async open(site = liveSite, options: Pick<StackOptions, 'autoRestart'> = {}): Promise<LiveHouse> {
    // What `npm test` has built is what is shipped; elsewhere the screens are built from the sources as they are.
    const isBuilt = process.env['HEARTHLINE_TEST_DIST'] === '1';
    const env: Record<string, string> = isBuilt ? {} : { HEARTHLINE_UI_DIR: await builtUi() };
    const house = await House.open({}, { site, env, ...options });
    try {
      return new LiveHouse(house, await launchBrowser());
    } catch (error) {
      await house.close();
      throw error;
    }
  }

  get url(): string {
    return this.house.stack.httpUrl;
  }

  async close(): Promise<void> {
    await this.unplugAll();
    await this.browser.close();
    await this.house.close();
  }

  /** A browser of its own: nothing is shared with the others. */
  async visitor(
    width = 1366,
    height = 768,
  ): Promise<{ page: Page; context: BrowserContext; errors: string[] }> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      // The zone of the site, as of anybody who sits there.
      timezoneId: 'Europe/Rome',
    });
    const page = await context.newPage();
    // A refusal that a test provokes, and a server that it kills, are no faults of the page.
    const errors = listenForErrors(page, (text) => /Failed to load resource|ERR_|WebSocket/.test(text));
    return { page, context, errors };
  }

  /** The first administrator, by the one-time secret; signed in, on the live page. */
  async setUp(query = ''): Promise<{ page: Page; context: BrowserContext; errors: string[] }> {
    const visitor = await this.visitor();
    const { page } = visitor;
    await page.goto(`${this.url}/?${query}`);
    await page.fill('#secret', this.house.stack.setupSecret());
    await page.fill('#username', administrator.username);
    await page.fill('#new-password', administrator.password);
    await page.fill('#new-password-again', administrator.password);
    await page.click('button[type=submit]');
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    return visitor;
  }

  /** A television, approved by the administrator in the console. */
  async display(
    console: Page,
    name: string,
  ): Promise<{ page: Page; context: BrowserContext; errors: string[] }> {
    const television = await this.visitor(1920, 1080);
    await television.page.goto(`${this.url}/wallboard/`);
    await this.approve(console, television.page, name);
    await television.page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    return television;
  }

  async approve(console: Page, television: Page, name: string): Promise<void> {
    const code = await television.locator('.enrol-code').getAttribute('data-code', { timeout: 20_000 });
    await visit(console, 'displays');
    await console.fill('#code', code ?? '');
    await console.fill('#display-name', name);
    await console.locator('.approve button').click();
    await console.locator('.approve .notice-good').waitFor();
  }

  /** A desk phone of a tied agent, who is Ready from then on. */
  async agentPhone(phoneId: string, isAutoAnswer = true): Promise<Baresip> {
    const phone = await this.plugIn({ user: phoneId, password: `secret-${phoneId}`, isAutoAnswer });
    await phone.untilRegistered();
    return phone;
  }

  /** Somebody outside, who comes in over the trunk. */
  caller(from: string): Promise<Baresip> {
    return this.plugIn({ user: from, password: 'none', registerSec: 0, toneHz: 1000 });
  }

  private async plugIn(options: Omit<Parameters<typeof startBaresip>[0], 'sipPort'>): Promise<Baresip> {
    const phone = await startBaresip({ ...options, sipPort: this.house.sipPort });
    this.phones.push(phone);
    return phone;
  }

  async unplugAll(): Promise<void> {
    await Promise.all(this.phones.splice(0).map((phone) => phone.stop()));
  }

  /** A request with the session of that browser, as its page would make it. */
  async request(
    context: BrowserContext,
    method: string,
    path: string,
    data?: unknown,
  ): Promise<{ status: number; body: unknown }> {
    const { request } = context;
    const headers: Record<string, string> = { origin: this.url };
    if (method !== 'GET') {
      const session = await request.get(`${this.url}/api/session`);
      if (session.ok()) headers[csrfHeader] = ((await session.json()) as SessionView).csrfToken;
    }
    const answer = await request.fetch(`${this.url}${path}`, {
      method,
      headers,
      ...(data !== undefined && { data }),
    });
    const text = await answer.text();
    const isJson = (answer.headers()['content-type'] ?? '').includes('json');
    return { status: answer.status(), body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  /** The floor as a console sees it that opens now. */
  async floor(context: BrowserContext): Promise<FloorState> {
    const { body } = await this.request(context, 'POST', '/api/live-ticket', { scope: 'floor' });
    const { url } = body as TicketAnswer;
    const socket = new WebSocket(new URL(url, this.url.replace('http', 'ws')), { origin: this.url });
    try {
      const first = await new Promise<LiveMessage>((done, failed) => {
        socket.once('message', (data: Buffer) => done(JSON.parse(data.toString('utf8')) as LiveMessage));
        socket.once('error', failed);
      });
      if (first.type !== 'snapshot') throw new Error(`no snapshot but ${first.type}`);
      return first.state as FloorState;
    } finally {
      socket.terminate();
    }
  }

  async floorCounts(context: BrowserContext): Promise<Counts> {
    const { board } = await this.floor(context);
    const { waiting, offered, answered, abandoned } = board.accounting;
    return { waiting, offered, answered, abandoned, agents: withoutZeros(shownStates(board.agentsByState)) };
  }

  /** The same from the history, by SQL of the test's own. */
  async sqlCounts(agentCount: number): Promise<Counts> {
    const [counts] = await this.house.rows<Omit<Counts, 'agents'>>(
      `select count(*) filter (where answered_at is null and ended_at is null and flow_out_reason is null)::int as waiting,
              count(*)::int as offered,
              count(*) filter (where answered_at is not null)::int as answered,
              count(*) filter (where outcome = 'abandoned')::int as abandoned
         from contacts where queued_at is not null`,
    );
    const states = await this.house.rows<{ state: string; count: number }>(
      'select state, count(*)::int as count from agent_intervals where to_at is null group by state',
    );
    const byState: Record<string, number> = Object.fromEntries(states.map((row) => [row.state, row.count]));
    // Who was never there has no interval.
    const seen = states.reduce((total, row) => total + row.count, 0);
    byState['logged-out'] = (byState['logged-out'] ?? 0) + agentCount - seen;
    return { ...counts!, agents: withoutZeros(shownStates(byState)) };
  }
}

/** Reserved is shown as ringing. */
function shownStates(byState: Record<string, number>): Record<string, number> {
  const { reserved = 0, ringing = 0, ...others } = byState;
  return { ...others, ringing: ringing + reserved };
}

/** Sorted, so that two of them compare as text as well. */
const withoutZeros = (counts: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );

export const visit = (on: Page, id: string) => on.locator(`nav a[href="#/${id}"]`).click();

/** All figures of one moment: read in one go, so that no patch comes in between. */
export async function boardCounts(television: Page): Promise<Counts> {
  const read = await television.evaluate(() => {
    const totals = '.hero[data-name] .hero-value, .total[data-name] .total-value';
    return {
      figures: [...document.querySelectorAll<HTMLElement>(totals)].map((value) => [
        value.closest<HTMLElement>('[data-name]')?.dataset['name'],
        value.innerText,
      ]),
      agents: [...document.querySelectorAll<HTMLElement>('.agent-tile')].map((tile) => [
        tile.dataset['state'],
        tile.querySelector<HTMLElement>('.agent-count')?.innerText,
      ]),
    };
  });
  const texts = new Map(read.figures.map(([name, text]) => [name, text]));
  const figure = (name: string) => Number((texts.get(name) ?? 'none').replace(/[\s\u202f]/g, ''));
  return {
    waiting: figure('waiting'),
    offered: figure('offered'),
    answered: figure('answered'),
    abandoned: figure('abandoned'),
    agents: withoutZeros(
      Object.fromEntries(read.agents.map(([state, count]) => [state ?? '', Number(count)])),
    ),
  };
}
