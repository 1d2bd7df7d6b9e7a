/**
 * The emergency switch on the real server (M4): a supervisor switches in the browser, real callers who wait are sent away and
 * who talks talks on, everybody who watches is told, and the audit trail keeps it.
 */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { EmergencyAnswer } from '../../../server/contract/emergency.ts';
import type { AuditRow, NewUser } from '../../../server/contract/rest.ts';
import { findOverflow } from '../../support/ui-browser.ts';
import { until } from '../../support/until.ts';
import { callerNumber, LiveHouse, liveSite, visit } from './live-house.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
/** Nobody works in cards and loans: who calls 702 or 703 waits. */
const site = liveSite
  .replace('queues:', "  - { number: '703', queue: loans }\nqueues:")
  .replace('  - { id: cards,', '  - { id: loans, name: Loans and credit }\n  - { id: cards,');
const password = 'quite another long one';
/** Asked for every 3 s; the rest is the browser's, on a busy machine. */
const toldWithinMs = 3000 + 5000;

describe('the emergency switch on the real server', function () {
  this.timeout(60_000);
  type Visitor = Awaited<ReturnType<LiveHouse['visitor']>>;
  let live: LiveHouse;
  let admin: Visitor;
  let supervisor: Visitor;
  let viewer: Visitor;
  let television: Visitor;

  before(async () => {
    live = await LiveHouse.open(site);
    admin = await live.setUp('lang=en');
    television = await live.display(admin.page, 'Hall');
    await visit(admin.page, 'live');
    await admin.page.locator('[data-connection=live]').waitFor();
    supervisor = await user('supervisor');
    viewer = await user('viewer');
    await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
    await (await live.caller('+390550000001')).dial('701');
    await live.house.untilAgent('101', 'talking');
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
  const bands = (page: Page) => page.locator('[data-emergency] b').allInnerTexts();
  const untilBands = (page: Page, expected: string[]) =>
    until(
      `the band says ${expected.join() || 'nothing'}`,
      async () => (await bands(page)).join() === expected.join(),
      toldWithinMs,
    );
  /** By the live line, at once; undefined: the usual header. */
  const untilWall = (expected: string | undefined) =>
    until(`the television says ${expected ?? 'nothing'}`, async () => {
      const band = television.page.locator('.top.is-emergency');
      const isOn = (await band.count()) === 1;
      return expected === undefined ? !isOn : isOn && (await band.innerText()).includes(expected);
    });
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);
  /** As when somebody comes back to the page: it asks at once. */
  const look = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const put = (body: unknown, by = admin) => live.request(by.context, 'PUT', '/api/emergency', body);
  const state = async () =>
    (await live.request(viewer.context, 'GET', '/api/emergency')).body as EmergencyAnswer;
  const newest = async (count: number) => {
    await live.house.untilProjected();
    return live.house.rows<{ queueId: string; reason: string | null; agentId: string | null }>(
      `select queue_id as "queueId", flow_out_reason as reason, agent_id as "agentId"
         from contacts order by first_seq desc limit ${count}`,
    );
  };

  it('is switched on by keys alone: who waits is sent away, who talks talks on, everybody is told', async () => {
    const { page } = supervisor;
    const caller = await live.caller(callerNumber);
    await caller.dial('701');
    await live.house.untilContacts('waiting', 1);
    await page.locator('.panel-queues tr[data-queue=main] td', { hasText: /^1$/ }).first().waitFor();
    await page.focus('#emergency-open');
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog');
    await dialog.waitFor();
    // A second Enter, pressed in a hurry, sends nobody away.
    await page.keyboard.press('Enter');
    expect(await dialog.locator('button[type=submit]').isDisabled()).to.equal(true);
    expect(await dialog.locator('.emergency-what').innerText()).to.contain('Choose first');
    await page.keyboard.press('Space');
    await until('it says what will happen', async () =>
      (await dialog.locator('.emergency-what').innerText()).includes(
        'Everybody waiting in all queues is sent to the emergency message now; calls in progress go on.',
      ),
    );
    expect(await state()).to.deep.equal({ isSiteOn: false, queueIds: [] });
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await untilBands(page, ['Emergency: all queues']);
    expect(await page.locator('.emergency-said').innerText()).to.equal('Emergency: all queues');
    expect(await focused(page)).to.equal('emergency-open');
    await untilBands(viewer.page, ['Emergency: all queues']);
    await untilWall('Emergency: all queues');
    expect(await viewer.page.locator('.emergency-band').innerText()).to.contain(
      'Supervisors and administrators',
    );

    await live.house.untilContacts('waiting', 0);
    expect(await newest(2)).to.deep.equal([
      { queueId: 'main', reason: 'emergency', agentId: null },
      { queueId: 'main', reason: null, agentId: '101' },
    ]);
    expect((await live.house.agentState('101'))?.state).to.equal('talking');
    await caller.hangup();

    // Who calls meanwhile does not even begin to wait.
    await caller.dial('702');
    await until('the next call is sent away, too', async () => {
      const [last] = await newest(1);
      return last?.queueId === 'cards' && last.reason === 'emergency';
    });
    await caller.hangup();
  });

  it('gives a viewer the band and no button, and no way round', async () => {
    const { page } = viewer;
    await untilBands(page, ['Emergency: all queues']);
    expect(await page.locator('#emergency-open, .emergency-band button').count()).to.equal(0);
    expect((await put({ isOn: false }, viewer)).status).to.equal(403);
    expect((await state()).isSiteOn).to.equal(true);
  });

  it('is switched off again by keys, and callers wait again', async () => {
    const { page } = supervisor;
    const off = page.locator('.emergency-band button');
    await off.focus();
    expect(await off.evaluate((button) => button.getAttribute('aria-labelledby'))).to.equal(
      'emergency-site-off emergency-site-text',
    );
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    // Escape changes nothing, and the focus is where it was.
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await until('the focus is back', async () => (await focused(page)) === 'emergency-site-off');
    expect((await state()).isSiteOn).to.equal(true);
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    expect(await page.locator('dialog').innerText()).to.contain('Callers wait in the queues again');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await untilBands(page, []);
    await until('the focus is at the switch', async () => (await focused(page)) === 'emergency-open');
    expect(await page.locator('.emergency-said').innerText()).to.contain('No emergency');
    await untilBands(viewer.page, []);
    await untilWall(undefined);
    expect((await live.house.agentState('101'))?.state, 'the conversation went on').to.equal('talking');
    const caller = await live.caller(callerNumber);
    await caller.dial('703');
    await live.house.untilContacts('waiting', 1);
    await caller.hangup();
    await live.house.untilContacts('waiting', 0);
  });

  it('sends away from one queue alone, and follows when somebody else switches', async () => {
    const { page } = supervisor;
    const caller = await live.caller(callerNumber);
    await caller.dial('703');
    await live.house.untilContacts('waiting', 1);
    const other = await live.caller('+390550000002');
    await other.dial('702');
    await live.house.untilContacts('waiting', 2);
    await page.click('#emergency-open');
    const choice = page.locator('[data-scope=cards]');
    await until('one waits there', async () => (await choice.innerText()).includes('1 waiting'));
    expect(await page.locator('[data-scope=""]').innerText()).to.contain('2 waiting');
    await choice.click();
    expect(await page.locator('.emergency-what').innerText()).to.contain(
      'Everybody waiting in “Lost cards” is sent',
    );
    await page.locator('dialog .is-danger').click();
    for (const each of [page, viewer.page, admin.page]) {
      await look(each);
      await untilBands(each, ['Emergency: queue “Lost cards”']);
    }
    await untilWall('Lost cards');
    await live.house.untilContacts('waiting', 1);
    expect(await newest(2)).to.deep.equal([
      { queueId: 'cards', reason: 'emergency', agentId: null },
      { queueId: 'loans', reason: null, agentId: null },
    ]);
    // What is on cannot be switched on, also where another did it while this one was thinking.
    await page.click('#emergency-open');
    expect(await page.locator('[data-scope=cards] input').isDisabled()).to.equal(true);
    await page.locator('[data-scope=loans]').click();
    await put({ isOn: true, queueId: 'loans' });
    await until(
      'it is told',
      async () => (await page.locator('dialog').innerText()).includes('on already'),
      toldWithinMs,
    );
    expect(await page.locator('dialog .is-danger').isDisabled()).to.equal(true);
    await page.keyboard.press('Escape');
    for (const queueId of ['loans', 'cards']) await put({ isOn: false, queueId });
    for (const each of [page, viewer.page]) {
      await look(each);
      await untilBands(each, []);
    }
    await Promise.all([caller.hangup(), other.hangup()]);
  });

  it('says so when it did not work, and shows nothing that is not so', async () => {
    const { page } = supervisor;
    await page.route('**/api/emergency', (route) =>
      route.request().method() === 'PUT' ? route.abort() : route.continue(),
    );
    await page.click('#emergency-open');
    await page.locator('[data-scope=""]').click();
    await page.locator('dialog .is-danger').click();
    await until('it is told', async () => {
      const text = await page.locator('dialog .notice-bad').innerText();
      return text.includes('cannot be reached') && text.includes('not known');
    });
    expect(await bands(page)).to.deep.equal([]);
    await page.keyboard.press('Escape');
    await page.unroute('**/api/emergency');
    await page.route('**/api/emergency', (route) => route.fulfill({ status: 500, json: {} }));
    await page.locator('.notice-bad', { hasText: 'cannot be read' }).waitFor({ timeout: 2 * toldWithinMs });
    await page.unroute('**/api/emergency');
    await page.locator('.notice-bad').waitFor({ state: 'detached', timeout: toldWithinMs });
    expect([...supervisor.errors, ...viewer.errors]).to.deep.equal([]);
  });

  it('is in the audit trail, with who did it', async () => {
    const { body } = await live.request(admin.context, 'GET', '/api/audit');
    const kept = (body as { items: AuditRow[] }).items
      .filter(({ action }) => action.startsWith('emergency.'))
      .map(({ actor, action, target }) => [actor, action, target].join(' '));
    expect(kept.reverse()).to.deep.equal([
      'user:supervisor1 emergency.switched-on site',
      'user:supervisor1 emergency.switched-off site',
      'user:supervisor1 emergency.switched-on queue:cards',
      'user:ada emergency.switched-on queue:loans',
      'user:ada emergency.switched-off queue:loans',
      'user:ada emergency.switched-off queue:cards',
    ]);
    await visit(admin.page, 'audit');
    await admin.page.locator('tbody tr', { hasText: 'emergency.switched-on' }).first().waitFor();
    await visit(admin.page, 'live');
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, on and off`, async () => {
      const { page } = supervisor;
      const folder = process.env['HEARTHLINE_PICTURES'];
      const picture = async (name: string, on = page) => {
        for (const size of sizes) {
          await on.setViewportSize(size);
          expect(await findOverflow(on), `${name} ${size.width}`).to.deep.equal([]);
          if (folder)
            await on.screenshot({ path: `${folder}/emergency-${name}-${language}-${size.width}.png` });
        }
      };
      for (const each of [page, viewer.page]) {
        await each.goto('about:blank');
        await each.goto(`${live.url}/?lang=${language}`);
        await each.locator('[data-connection=live]').waitFor();
      }
      await picture('off');
      await page.locator('#emergency-open:enabled').click();
      await picture('ask');
      await page.locator('[data-scope=""]').click();
      await picture('ask-all');
      await page.locator('[data-scope=loans]').click();
      await picture('ask-queue');
      await page.keyboard.press('Escape');
      await put({ isOn: true });
      await look(page);
      await page.locator('.emergency-band').waitFor({ timeout: toldWithinMs });
      await picture('on');
      await put({ isOn: true, queueId: 'cards' });
      await put({ isOn: true, queueId: 'loans' });
      for (const each of [page, viewer.page]) {
        await look(each);
        await until('all three are told', async () => (await bands(each)).length === 3, toldWithinMs);
      }
      await picture('on-all');
      await picture('viewer', viewer.page);
      for (const [name, id] of [
        ['off-site', ''],
        ['off-queue', 'loans'],
      ] as const) {
        await page.locator(`[data-emergency="${id}"] button`).click();
        await picture(`ask-${name}`);
        await page.keyboard.press('Escape');
      }
      for (const queueId of [undefined, 'loans', 'cards']) await put({ isOn: false, queueId });
      await look(page);
      await untilBands(page, []);
    });
});
