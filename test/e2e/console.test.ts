/** The console in a real browser against the stand-in server: doors, live floor, recordings, displays, site, audit, fit, keyboard. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';
import { builtUi } from '../support/ui-build.ts';
import { standInSecret, standInUser } from '../support/ui-rest.ts';
import { startUiBackend, type UiBackend, type UiBackendOptions } from '../support/ui-backend.ts';

describe('console in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let dist: string;
  let backend: UiBackend | undefined;
  let page: Page | undefined;
  let errors: string[] = [];

  before(async () => {
    dist = await builtUi();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await page?.context().close();
    await backend?.close();
    page = undefined;
    backend = undefined;
  });

  async function open(options: UiBackendOptions = {}, query = '') {
    backend = await startUiBackend({ dist, stepEveryMs: 0, ...options });
    page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
    // A refusal that the test provokes is an answer of the server, not a fault of the page.
    errors = listenForErrors(
      page,
      (text) => text.includes('Failed to load resource') || text.includes('ERR_'),
    );
    await page.goto(`${backend.url}/?${query}`);
    return { backend, page };
  }
  async function signIn(options: UiBackendOptions = {}, query = '') {
    const opened = await open(options, query);
    await opened.page.fill('#username', standInUser.username);
    await opened.page.fill('#password', standInUser.password);
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    return opened;
  }
  const visit = (on: Page, id: string) => on.locator(`nav a[href="#/${id}"]`).click();

  it('makes the first administrator with the secret, and shows the floor', async () => {
    const opened = await open({ isSetUp: false });
    await opened.page.fill('#secret', 'wrong');
    await opened.page.fill('#username', 'Ada');
    await opened.page.fill('#new-password', 'a long enough one');
    await opened.page.fill('#new-password-again', 'another one');
    await opened.page.click('button[type=submit]');
    await opened.page.locator('.notice-bad').waitFor();
    await opened.page.fill('#new-password-again', 'a long enough one');
    await opened.page.click('button[type=submit]');
    await until('the secret is refused', async () =>
      (await opened.page.locator('.notice-bad').innerText()).includes('wrong'),
    );
    await opened.page.fill('#secret', standInSecret.toLowerCase());
    await opened.page.click('button[type=submit]');
    await opened.page.locator('[data-connection=live]').waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('refuses a wrong password and says so', async () => {
    const opened = await open();
    await opened.page.fill('#username', standInUser.username);
    await opened.page.fill('#password', 'not this one');
    await opened.page.click('button[type=submit]');
    await opened.page.locator('.notice-bad').waitFor();
    expect(await opened.page.locator('.shell').count()).to.equal(0);
  });

  it('shows calls and agents as they change, and goes grey when the server is silent', async () => {
    const opened = await signIn({ scenario: 'busy', queues: 3 });
    const rows = opened.page.locator('.panel-calls tbody tr[data-contact]');
    const calls = () => Object.keys(opened.backend.floor().contacts).length;
    await until('every call', async () => (await rows.count()) === calls());
    for (let index = 0; index < 10; index += 1) opened.backend.step();
    await until('every call after patches', async () => (await rows.count()) === calls());
    const [agent] = Object.values(opened.backend.floor().agents);
    opened.backend.shape((state) => {
      const first = state.agents[agent?.agentId ?? ''];
      if (first) Object.assign(first, { state: 'unreachable' });
    });
    await opened.page
      .locator(`.panel-agents tr[data-agent="${agent?.agentId}"][data-state=unreachable]`)
      .waitFor();
    opened.backend.silence(true);
    const stale = opened.page.locator('.live-page.is-stale');
    await until('it is grey', async () => (await stale.count()) === 1, 2600);
    expect(errors).to.deep.equal([]);
  });

  it('plays a recording only after a reason', async () => {
    const opened = await signIn();
    await visit(opened.page, 'recordings');
    await opened.page.locator('tbody .button').first().click();
    await opened.page.locator('dialog').waitFor();
    await opened.page.locator('dialog button[type=submit]').click();
    expect(opened.backend.rest.listens).to.deep.equal([]);
    await opened.page.fill('#reason', 'complaint 4711');
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('audio').waitFor();
    expect(opened.backend.rest.listens.map((listen) => listen.reason)).to.deep.equal(['complaint 4711']);
    await until('sound', () =>
      opened.page.evaluate(() => {
        const audio = document.querySelector('audio');
        return audio !== null && audio.currentTime > 0 && audio.error === null;
      }),
    );
    expect(errors).to.deep.equal([]);
  });

  it('approves a display by its code, and revokes it', async () => {
    const opened = await signIn();
    const television = await (await browser.newContext()).newPage();
    await television.goto(`${opened.backend.url}/wallboard/`);
    const code = await television.locator('.enrol-code').getAttribute('data-code');
    await visit(opened.page, 'displays');
    await opened.page.fill('#code', 'AAAAAAA');
    await opened.page.fill('#display-name', 'Hall');
    await opened.page.locator('.approve button').click();
    await opened.page.locator('.approve .notice-bad').waitFor();
    await opened.page.fill('#code', (code ?? '').toLowerCase());
    await opened.page.locator('.approve button').click();
    await opened.page.locator('.approve .notice-good').waitFor();
    await television.locator('.board').waitFor({ timeout: 15_000 });
    const approved = [...opened.backend.rest.displays.values()].find((display) => display.name === 'Hall');
    await opened.page.locator(`tr[data-display="${approved?.displayId}"] .is-danger`).click();
    await opened.page.locator('dialog .is-danger').click();
    await television.locator('.enrol-code').waitFor({ timeout: 5000 });
    expect(await television.locator('.board').count()).to.equal(0);
    await television.context().close();
  });

  it('checks the site file, jumps to a fault, and imports', async () => {
    const opened = await signIn();
    await visit(opened.page, 'site');
    const area = opened.page.locator('textarea');
    await area.waitFor();
    const good = await area.inputValue();
    await area.fill(good.replace('queues:\n  - id', 'queuez:\n  - id'));
    await opened.page.getByRole('button', { name: 'Check', exact: true }).click();
    await opened.page.locator('.fault').click();
    const marked = await area.evaluate((element: HTMLTextAreaElement) =>
      element.value.slice(element.selectionStart, element.selectionEnd),
    );
    expect(marked).to.equal('queuez:');
    await opened.page.getByRole('button', { name: 'Import', exact: true }).click();
    expect(opened.backend.rest.site.version).to.equal(3);
    await area.fill(good.replace('Main line', 'Main number'));
    await opened.page.getByRole('button', { name: 'Import', exact: true }).click();
    await opened.page.locator('.notice-good').waitFor();
    expect(opened.backend.rest.site.version).to.equal(4);
    expect(opened.backend.rest.site.yaml).to.contain('Main number');
    opened.backend.rest.site.version = 9;
    await area.fill(good);
    await opened.page.getByRole('button', { name: 'Import', exact: true }).click();
    await opened.page.locator('.notice-bad').waitFor();
    expect(opened.backend.rest.site.yaml).to.contain('Main number');
  });

  it('lists the audit trail and says that its chain is whole', async () => {
    const opened = await signIn();
    await visit(opened.page, 'audit');
    await opened.page.locator('.page-head .notice-good').waitFor();
    const first = () => opened.page.locator('tbody tr td').first().innerText();
    const newest = await first();
    await opened.page.locator('.pager button').nth(1).click();
    await until('the older page', async () => (await first()) !== newest);
  });

  it('works by keyboard alone, with the focus in sight', async () => {
    const opened = await signIn();
    await opened.page.locator('nav a').first().focus();
    await opened.page.keyboard.press('Tab');
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('h1', { hasText: 'Alerts' }).waitFor();
    const outline = await opened.page.evaluate(
      () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
    );
    expect(outline).to.equal('solid');
    await opened.page.locator('.account-opener').focus();
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('.account-menu').waitFor();
    await opened.page.keyboard.press('Escape');
    await opened.page.locator('.account-menu').waitFor({ state: 'detached' });
  });

  it('signs out, and shows the sign-in page when the session ended elsewhere', async () => {
    const opened = await signIn();
    await opened.page.context().clearCookies();
    await visit(opened.page, 'contacts');
    await opened.page.locator('#password').waitFor();
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language} at 1366x768 and 1920x1080`, async () => {
      const opened = await signIn({ scenario: 'busy', queues: 6 }, `lang=${language}`);
      for (const id of ['live', 'recordings', 'contacts', 'displays', 'site', 'audit']) {
        await visit(opened.page, id);
        const ready = id === 'site' ? '.editor' : '.table-box tbody tr';
        await opened.page.locator(ready).first().waitFor();
        for (const size of [
          { width: 1366, height: 768 },
          { width: 1920, height: 1080 },
        ]) {
          await opened.page.setViewportSize(size);
          expect(await findOverflow(opened.page), `${id} ${size.width}`).to.deep.equal([]);
        }
      }
      expect(errors).to.deep.equal([]);
    });
});
