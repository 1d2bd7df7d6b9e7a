/**
 * A chat taken out of an agent's hands on the real server: from the live page by mouse and by keys, with the agents' pages and
 * the customer's widget open; a call has no such button, a viewer neither, and what could not be done is said.
 */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { AuditRow, NewUser } from '../../../server/contract/rest.ts';
import { findOverflow } from '../../support/ui-browser.ts';
import { until } from '../../support/until.ts';
import { callerNumber, LiveHouse, visit } from './live-house.ts';

const site = `site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
routing: { blocks: { voice: [], chat: [], mail: [] } }
numbers: [{ number: '701', queue: phone }]
queues:
  - { id: phone, name: Phone, ringSec: 30, record: false }
  - { id: chat, name: Chats of private customers, ringSec: 30 }
trunks: [{ id: loopback, addresses: ['127.0.0.1'] }]
phones: [{ id: '1001', password: secret-1001 }]
agents:
  - { id: '101', name: Ortensia Quillfeather, queues: [phone, chat], phone: '1001', wrapUp: { mode: none } }
  - { id: '102', name: Boris Neri, queues: [chat] }
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'], asks: { name: must } }
`;
const password = 'quite another long one';
const customerName = 'Desdemona Fairweather';
const first = 'Ortensia Quillfeather';

describe('a chat returned to its queue on the real server', function () {
  this.timeout(90_000);
  type Visitor = Awaited<ReturnType<LiveHouse['visitor']>>;
  let live: LiveHouse;
  let admin: Visitor;
  let supervisor: Visitor;
  let viewer: Visitor;
  let anna: Visitor;
  let boris: Visitor;
  let customer: Visitor;
  let contactId = '';

  before(async () => {
    live = await LiveHouse.open(site);
    admin = await live.setUp('lang=en');
    supervisor = await user('supervisor');
    viewer = await user('viewer');
    anna = await user('agent', '101');
    boris = await user('agent', '102');
    customer = await live.visitor(420, 768);
    for (const { page } of [supervisor, viewer]) {
      await page.goto(`${live.url}/?lang=en`);
      await page.locator('[data-connection=live]').waitFor();
    }
    await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
    await anna.page.goto(`${live.url}/agent/?lang=en`);
    await anna.page.locator('.state-card[data-state=ready]').waitFor();
  });
  after(() => live?.close());

  async function user(role: 'supervisor' | 'viewer' | 'agent', agentId?: string): Promise<Visitor> {
    const username = `${role}${agentId ?? ''}`;
    const body = { username, role, ...(agentId !== undefined && { agentId }) };
    const made = await live.request(admin.context, 'POST', '/api/users', body);
    const { oneTimePassword } = made.body as NewUser;
    const visitor = await live.visitor();
    await live.request(visitor.context, 'POST', '/api/session', { username, password: oneTimePassword });
    const chosen = { current: oneTimePassword, next: password };
    expect((await live.request(visitor.context, 'POST', '/api/me/password', chosen)).status).to.equal(200);
    return visitor;
  }
  const row = (page: Page) => page.locator(`.panel-calls tr[data-contact="${contactId}"]`);
  const opener = (page: Page) => row(page).locator('.return-opener');
  const shows = (page: Page, text: string) =>
    until(`the row says ${text}`, async () => (await row(page).innerText()).includes(text));
  const isOnOpener = (page: Page) =>
    page.evaluate(() => document.activeElement?.classList.contains('return-opener') === true);
  const told = (page: Page, text: string) =>
    until(`it is told: ${text}`, async () => {
      const notice = page.locator('.agent-told .notice');
      return (await notice.count()) === 1 && (await notice.innerText()).includes(text);
    });
  const giveBack = (agentId: string, by = admin) =>
    live.request(by.context, 'POST', `/api/contacts/${contactId}/return`, { agentId });
  const accept = async ({ page }: Visitor) => {
    await page.locator('[data-offer] [data-do=accept]').first().click();
    await page.locator('.thread').waitFor();
  };
  const confirm = async (page: Page) => {
    await opener(page).click();
    await page.locator('dialog [type=submit]').click();
  };

  it('asks first, by keys alone, and names customer and agent', async () => {
    const shop = customer.page;
    await shop.goto(`${live.house.stack.publicUrl}/chat/demo?lang=en`);
    await shop.locator('.launcher').click();
    await shop.locator('#ask-name').fill(customerName);
    await shop.getByRole('button', { name: 'Start chat' }).click();
    await shop.locator('.composer textarea').fill('My card is lost');
    await shop.locator('.composer textarea').press('Enter');
    await accept(anna);
    contactId = (await anna.page.locator('.thread').getAttribute('data-thread')) ?? '';
    await shop.getByText(first).first().waitFor();

    const { page } = supervisor;
    await shows(page, first);
    expect(await opener(page).getAttribute('aria-label'))
      .to.contain(customerName)
      .and.contain(first);
    await opener(page).focus();
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog');
    await dialog.waitFor();
    const asked = await dialog.innerText();
    for (const part of [customerName, first, 'Chats of private customers']) expect(asked).to.contain(part);
    // Whoever presses Enter once too often takes nothing away.
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await until('the focus is back', () => isOnOpener(page));
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await shows(page, first);
    await anna.page.locator(`.row[data-contact="${contactId}"]`).waitFor();
  });

  it('is nothing for a viewer, and for nobody of a call', async () => {
    const { page } = viewer;
    await row(page).waitFor();
    expect(await page.locator('.return-opener, .panel-calls .agent-menu-cell').count()).to.equal(0);
    expect((await giveBack('101', viewer)).status).to.equal(403);
    const caller = await live.caller(callerNumber);
    await caller.dial('701');
    await live.house.untilAgent('101', 'talking');
    await until(
      'both rows are talked with',
      async () => (await supervisor.page.locator('.panel-calls tbody tr').count()) === 2,
    );
    expect(await supervisor.page.locator('.return-opener').count(), 'the chat alone').to.equal(1);
    await caller.hangup();
    await live.house.untilAgent('101', 'ready');
  });

  it('goes to another agent, and the customer sees a new name', async () => {
    const { page } = supervisor;
    // The first agent's page is there, and her hands are not asked.
    await confirm(page);
    await told(
      page,
      `${customerName}: taken from ${first}, waits in the queue “Chats of private customers” again.`,
    );
    await anna.page.locator(`.row[data-contact="${contactId}"]`).waitFor({ state: 'detached' });
    expect(await anna.page.locator('[data-offer]').count(), 'not offered to her').to.equal(0);
    await opener(page).waitFor({ state: 'detached' });
    await until('the focus stays in the table', () =>
      page.evaluate(() => document.activeElement?.className === 'table-box'),
    );
    const lines = await customer.page.locator('.bubble').count();
    await live.request(boris.context, 'POST', '/api/desk/log-in', {});
    await live.request(boris.context, 'POST', '/api/desk/state', { to: 'ready' });
    await boris.page.goto(`${live.url}/agent/?lang=en`);
    await accept(boris);
    await boris.page.locator('.message-text', { hasText: 'My card is lost' }).waitFor();
    await shows(page, 'Boris Neri');
    await customer.page.getByText('Boris Neri').first().waitFor();
    expect(await customer.page.locator('.bubble').count(), 'nothing was said of it').to.equal(lines);
    await boris.page.fill('#composer-text', 'I block it at once');
    await boris.page.locator('[data-do=send]').click();
    await customer.page.locator('.bubble', { hasText: 'I block it at once' }).waitFor();
  });

  it('says so when it did not work', async () => {
    const { page } = supervisor;
    const path = '**/api/contacts/**';
    await page.route(path, (route) => route.abort());
    await confirm(page);
    await told(page, 'Whether it was done is not known');
    await page.unroute(path);
    // Somebody else was quicker; nobody else is there to take it.
    await page.route(path, async (route) => {
      expect((await giveBack('102')).status).to.equal(200);
      await route.continue();
    });
    await live.request(anna.context, 'POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await live.house.untilAgent('101', 'not-ready');
    await confirm(page);
    await told(page, `${customerName}: no agent works on it any more.`);
    await page.unroute(path);
    // Asked of one agent, and by then with another: it stays there.
    await live.request(anna.context, 'POST', '/api/desk/state', { to: 'ready' });
    await accept(anna);
    await opener(page).click();
    await page.locator('dialog').waitFor();
    expect((await giveBack('101')).status).to.equal(200);
    await accept(boris);
    await shows(page, 'Boris Neri');
    expect(await page.locator('dialog').innerText(), 'what was asked stays').to.contain(first);
    await page.locator('dialog [type=submit]').click();
    await told(page, `${customerName}: another agent has it by now.`);
    await shows(page, 'Boris Neri');
    await page.locator('.agent-told-close').click();
    expect([...supervisor.errors, ...viewer.errors, ...anna.errors, ...boris.errors]).to.deep.equal([]);
    expect(customer.errors).to.deep.equal([]);
  });

  it('is in the audit trail, and its story says what happened', async () => {
    const { body } = await live.request(admin.context, 'GET', '/api/audit');
    const kept = (body as { items: AuditRow[] }).items
      .filter(({ action }) => action === 'contact.returned')
      .map(({ actor, target, details }) => [actor, target, ...Object.values(details)].join(' '));
    expect(kept.reverse()).to.deep.equal([
      `user:supervisor contact:${contactId} 101 chat`,
      `user:ada contact:${contactId} 102 chat`,
      `user:ada contact:${contactId} 101 chat`,
    ]);
    const { page } = admin;
    await page.goto(`${live.url}/?lang=en#/decisions?contact=${contactId}`);
    await page.getByText(`Taken from ${first}, returned to`).first().waitFor();
    await visit(page, 'live');
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}`, async () => {
      const { page } = supervisor;
      const folder = process.env['HEARTHLINE_PICTURES'];
      await page.goto('about:blank');
      await page.goto(`${live.url}/?lang=${language}`);
      await opener(page).waitFor();
      const picture = async (what: string) => {
        for (const [width, height] of [
          [1366, 768],
          [1920, 1080],
          [1024, 768],
        ] as const) {
          await page.setViewportSize({ width, height });
          if (folder) await page.screenshot({ path: `${folder}/returns-${what}-${language}-${width}.png` });
          // The console is made for laptops and wider.
          if (width >= 1366) expect(await findOverflow(page), `${what} ${width}`).to.deep.equal([]);
        }
      };
      await picture('row');
      await opener(page).click();
      await page.locator('dialog').waitFor();
      await picture('ask');
      await page.route('**/api/contacts/**', async (route) => {
        expect((await giveBack('102')).status).to.equal(200);
        await route.continue();
      });
      await page.locator('dialog [type=submit]').click();
      await page.locator('.agent-told .notice-bad').waitFor();
      await picture('refused');
      await page.unroute('**/api/contacts/**');
      // Within a minute nobody but the other agent is asked; who had it last but one may have it again.
      await accept(anna);
      await opener(page).waitFor();
      await confirm(page);
      await page.locator('.agent-told .notice-good').waitFor();
      await picture('told');
      await accept(boris);
      await opener(page).waitFor();
    });
});
