/**
 * An agent's state set by a supervisor on the real server (M1): from the live page by mouse and by keys, with real phones; a
 * talk goes on, it shows as a reason of the system on the console and on a television, and the audit trail keeps it.
 */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { AuditRow, NewUser } from '../../../server/contract/rest.ts';
import { findOverflow } from '../../support/ui-browser.ts';
import { until } from '../../support/until.ts';
import { agentNames, callerNumber, LiveHouse, liveSite, visit } from './live-house.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
const password = 'quite another long one';
const name = agentNames[0]!;

describe('an agent’s state set by a supervisor on the real server', function () {
  this.timeout(60_000);
  type Visitor = Awaited<ReturnType<LiveHouse['visitor']>>;
  let live: LiveHouse;
  let admin: Visitor;
  let supervisor: Visitor;
  let viewer: Visitor;
  let television: Visitor;

  before(async () => {
    live = await LiveHouse.open(liveSite.replaceAll('timed, sec: 2', 'timed, sec: 6'));
    admin = await live.setUp('lang=en');
    television = await live.display(admin.page, 'Hall');
    supervisor = await user('supervisor');
    viewer = await user('viewer');
    await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
  });
  after(() => live?.close());

  /** Somebody of that role who has chosen a password, on the live page. */
  async function user(role: 'supervisor' | 'viewer'): Promise<Visitor> {
    const username = `${role}1`;
    const made = await live.request(admin.context, 'POST', '/api/users', { username, role });
    const { oneTimePassword } = made.body as NewUser;
    const visitor = await live.visitor();
    await live.request(visitor.context, 'POST', '/api/session', { username, password: oneTimePassword });
    const chosen = { current: oneTimePassword, next: password };
    expect((await live.request(visitor.context, 'POST', '/api/me/password', chosen)).status).to.equal(200);
    await visitor.page.goto(`${live.url}/?lang=en`);
    await visitor.page.locator('[data-connection=live]').waitFor();
    return visitor;
  }
  const row = (page: Page, agentId = '101') => page.locator(`tr[data-agent="${agentId}"]`);
  const untilRow = (page: Page, state: string) =>
    page.locator(`tr[data-agent="101"][data-state="${state}"]`).waitFor({ timeout: 15_000 });
  const opener = (page: Page) => page.locator('#agent-menu-101');
  const item = (page: Page, to: string) => page.locator(`.agent-menu [data-to="${to}"]`);
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('data-to'));
  const told = (page: Page, text: string) =>
    until(`it is told: ${text}`, async () => {
      const notice = page.locator('.agent-told .notice');
      return (await notice.count()) === 1 && (await notice.innerText()).includes(text);
    });
  const set = (body: unknown, by = admin) => live.request(by.context, 'PUT', '/api/agents/101/state', body);

  it('is Not Ready at once, by keys alone, and everybody sees whose doing it was', async () => {
    const { page } = supervisor;
    await opener(page).focus();
    await page.keyboard.press('Enter');
    await page.locator('.agent-menu').waitFor();
    // The first that is possible: to be Ready is what the agent is.
    expect(await focused(page)).to.equal('not-ready');
    expect(await item(page, 'ready').getAttribute('aria-disabled')).to.equal('true');
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).to.equal('ready');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).to.equal('logged-out');
    await page.keyboard.press('Escape');
    await page.locator('.agent-menu').waitFor({ state: 'detached' });
    expect(await focused(page)).to.equal('agent-menu-101');
    expect((await live.house.agentState('101'))?.state).to.equal('ready');

    await page.keyboard.press('Enter');
    await page.locator('.agent-menu').waitFor();
    await page.keyboard.press('Space');
    await told(page, `${name}: Not ready now.`);
    for (const each of [page, viewer.page]) {
      await untilRow(each, 'not-ready');
      expect(await row(each).innerText()).to.match(/Not ready\s+supervisor/);
    }
    expect(await focused(page)).to.equal('agent-menu-101');
    await live.house.untilAgent('101', 'not-ready');
    expect(await live.house.agentState('101')).to.deep.include({ reason: 'supervisor' });
    const [kept] = await live.house.rows<{ system: boolean }>(
      `select is_system_reason as system from agent_intervals where agent_id = '101' order by from_seq desc limit 1`,
    );
    expect(kept?.system).to.equal(true);
    await until('the television says so', async () =>
      /Supervisor\s*1/.test(await television.page.locator('.reasons').innerText()),
    );
    expect((await live.floor(viewer.context)).agents['101']).to.include({
      reason: 'supervisor',
      isSystemReason: true,
    });
  });

  it('is nothing for a viewer, who has no button and no way round', async () => {
    expect(await viewer.page.locator('.agent-menu-opener, .agent-menu-cell, .col-menu').count()).to.equal(0);
    expect((await set({ to: 'ready' }, viewer)).status).to.equal(403);
    expect((await live.house.agentState('101'))?.state).to.equal('not-ready');
  });

  it('tears nobody out of a talk, and says so', async () => {
    const { page } = supervisor;
    await opener(page).click();
    await item(page, 'ready').click();
    await told(page, `${name}: Ready now.`);
    await untilRow(page, 'ready');
    const caller = await live.caller(callerNumber);
    await caller.dial('701');
    await untilRow(page, 'talking');
    await opener(page).click();
    expect(await item(page, 'not-ready').innerText()).to.equal('Not ready after the call');
    await item(page, 'not-ready').click();
    await told(page, 'Not ready once call and wrap-up are over.');
    // Once more is once too often, and the answer says why.
    await opener(page).click();
    await item(page, 'not-ready').click();
    await told(page, `${name}: that is so already, or was asked for already.`);
    await page.locator('.agent-told-close').click();
    await page.locator('.agent-told .notice').waitFor({ state: 'detached' });
    await live.house.untilAgent('101', 'talking');
    expect(await row(page).getAttribute('data-state')).to.equal('talking');
    await caller.hangup();
    await untilRow(page, 'wrap-up');
    await opener(page).click();
    await item(page, 'end-wrap-up').click();
    await told(page, `${name}: wrap-up ended.`);
    await untilRow(page, 'not-ready');
    expect(await row(page).innerText()).to.contain('supervisor');
  });

  it('is logged out only after a question, which may be left', async () => {
    const { page } = supervisor;
    await opener(page).click();
    await item(page, 'logged-out').click();
    const dialog = page.locator('dialog');
    await dialog.waitFor();
    expect(await dialog.innerText()).to.contain(`From now on ${name} gets no calls.`);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await until('the focus is back', async () => (await focused(page)) === 'agent-menu-101');
    await untilRow(page, 'not-ready');

    // Whoever presses Enter once too often logs nobody out.
    await page.keyboard.press('Enter');
    await page.locator('.agent-menu').waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await item(page, 'logged-out').click();
    await page.fill('#agent-why', 'went home, phone left on');
    await page.keyboard.press('Enter');
    await told(page, `${name}: Logged out now.`);
    await untilRow(page, 'logged-out');
    expect(await row(page).innerText()).to.match(/Logged out\s+supervisor/);
    expect(await opener(page).count(), 'nothing is left to do').to.equal(0);
    await until('the focus stays in the table', () =>
      page.evaluate(() => document.activeElement?.className === 'table-box'),
    );
  });

  it('says so when it did not work', async () => {
    const { page } = supervisor;
    await live.unplugAll();
    await live.agentPhone('1001');
    await untilRow(page, 'ready');
    await page.route('**/api/agents/**', (route) => route.abort());
    await opener(page).click();
    await item(page, 'not-ready').click();
    await told(page, 'Whether it was done is not known');
    await page.unroute('**/api/agents/**');
    // Somebody else was quicker.
    await opener(page).click();
    await page.route('**/api/agents/**', async (route) => {
      await set({ to: 'not-ready' });
      await route.continue();
    });
    await item(page, 'not-ready').click();
    await told(page, 'that is so already');
    await page.unroute('**/api/agents/**');
    expect([...supervisor.errors, ...viewer.errors, ...television.errors]).to.deep.equal([]);
  });

  it('is in the audit trail, with who did it, to whom and why', async () => {
    const { body } = await live.request(admin.context, 'GET', '/api/audit');
    const kept = (body as { items: AuditRow[] }).items
      .filter(({ action }) => action === 'agent.switched')
      .map(({ actor, target, details }) => [actor, target, ...Object.values(details)].join(' '));
    expect(kept.reverse()).to.deep.equal([
      'user:supervisor1 agent:101 not-ready now',
      'user:supervisor1 agent:101 ready now',
      'user:supervisor1 agent:101 not-ready after-contact',
      'user:supervisor1 agent:101 end-wrap-up now',
      'user:supervisor1 agent:101 logged-out now went home, phone left on',
      'user:ada agent:101 not-ready now',
    ]);
    await visit(admin.page, 'audit');
    await admin.page.locator('tbody tr', { hasText: 'agent.switched' }).first().waitFor();
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}`, async () => {
      const { page } = supervisor;
      const folder = process.env['HEARTHLINE_PICTURES'];
      const picture = async (what: string, open?: () => Promise<void>) => {
        for (const size of sizes) {
          await page.setViewportSize(size);
          await open?.();
          expect(await findOverflow(page), `${what} ${size.width}`).to.deep.equal([]);
          if (folder)
            await page.screenshot({ path: `${folder}/agents-${what}-${language}-${size.width}.png` });
          await page.keyboard.press('Escape');
        }
      };
      const menu = async () => {
        await opener(page).click();
        await page.locator('.agent-menu').waitFor();
      };
      await set({ to: 'ready' });
      await page.goto('about:blank');
      await page.goto(`${live.url}/?lang=${language}`);
      await untilRow(page, 'ready');
      await picture('closed');
      await picture('ready', menu);
      const caller = await live.caller(callerNumber);
      await caller.dial('701');
      await untilRow(page, 'talking');
      await picture('talking', menu);
      await picture('ask', async () => {
        await menu();
        await item(page, 'logged-out').click();
        await page.locator('dialog').waitFor();
      });
      await menu();
      await item(page, 'not-ready').click();
      await page.locator('.agent-told .notice-good').waitFor();
      await picture('told');
      await caller.hangup();
      await untilRow(page, 'not-ready');
      await picture('not-ready-closed');
      await picture('not-ready', menu);
      await set({ to: 'ready' });
      await untilRow(page, 'ready');
    });
});
