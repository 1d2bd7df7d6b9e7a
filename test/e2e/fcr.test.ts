/**
 * First contact resolution in a real browser: how it is measured is said in words, changing it changes the question, and each number
 * opens as many contacts as it says, with the pair of each repeat.
 */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { FcrPage, FcrReport } from '../../server/contract/rest-fcr.ts';
import { startUiBackend, type UiBackend } from '../support/ui-backend.ts';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';
import { builtUi } from '../support/ui-build.ts';
import { standInUser } from '../support/ui-rest.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
const startedAt = Date.parse('2026-03-17T13:10:00Z');
const number = (text: string) => Number(text.replace(/\D/g, ''));

describe('first contact resolution in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let backend: UiBackend;
  let page: Page;
  let errors: string[] = [];
  const reports: FcrReport[] = [];
  const drills: FcrPage[] = [];

  before(async () => {
    const dist = await builtUi();
    browser = await launchBrowser();
    backend = await startUiBackend({ dist, stepEveryMs: 0, skewMs: startedAt - Date.now() });
    page = await (await browser.newContext({ viewport: sizes[0]!, timezoneId: 'Asia/Kolkata' })).newPage();
    await page.clock.setFixedTime(startedAt);
    errors = listenForErrors(page, (text) => text.includes('Failed to load resource'));
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname === '/api/reports/fcr') void response.json().then((body: FcrReport) => reports.push(body));
      if (pathname === '/api/reports/fcr/contacts')
        void response.json().then((body: FcrPage) => drills.push(body));
    });
    await page.goto(`${backend.url}/?lang=en`);
    await page.fill('#username', standInUser.username);
    await page.fill('#password', standInUser.password);
    await page.keyboard.press('Enter');
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    await page.locator('nav a[href="#/reports"]').click();
    await page.locator('.rep-views a[data-view=fcr]').click();
    await page.locator('.fcr-table').waitFor();
    await until('the first answer is read', () => reports.length > 0);
  });
  after(async () => {
    await browser?.close();
    await backend?.close();
  });

  const ask = async (choose: () => Promise<unknown>) => {
    const before = reports.length;
    await choose();
    await until('an answer', () => reports.length > before);
    await page.locator('.rep-body:not(.is-old)').waitFor();
    return reports.at(-1)!;
  };
  const open = async (scope: string, figure: string) => {
    const before = drills.length;
    await page.locator(`tr[data-scope="${scope}"] td[data-figure=${figure}] button`).first().click();
    await until('the contacts', () => drills.length > before);
    await page.locator('.drill-total', { hasText: /\d/ }).waitFor();
    return number(await page.locator('.drill-total').innerText());
  };
  const closeDrill = async () => {
    await page.keyboard.press('Escape');
    await page.locator('.drill').waitFor({ state: 'detached' });
  };
  const method = () => page.locator('.fcr-method').innerText();

  it('says by which method, within how many days, and what a transfer is', async () => {
    expect(reports[0]).to.include({ days: 7, transfers: 'resolved', topic: 'queue', by: 'queue' });
    expect(await method()).to.match(/no repeat within 7 days.*queue that handled.*counts as resolved/s);
    const report = await ask(() => page.selectOption('#fcr-period', 'this-month'));
    const { open: still, anonymous, contacts } = report.total.counts;
    expect(still).to.be.greaterThan(0);
    expect(contacts).to.be.greaterThan(0);
    expect(await method()).to.include(`${still} contacts are still open (their 7 days are not over)`);
    expect(await method()).to.include(`${anonymous} contacts of unknown customers`);
  });

  it('asks anew when the rule is changed', async () => {
    const before = reports.at(-1)!.total.counts;
    await ask(() => page.locator('[data-choice=any]').click());
    const report = await ask(() => page.locator('[data-choice=unresolved]').click());
    expect(report.total.counts.repeated).to.be.greaterThan(before.repeated);
    expect(report.total.counts.transferred).to.be.greaterThan(0);
    expect(await method()).to.match(/about whatever.*does not count as resolved/s);
    const shown = page.locator('tr[data-scope=total] td[data-figure=transferred]');
    expect(number(await shown.innerText())).to.equal(report.total.counts.transferred);
    const shorter = await ask(async () => {
      await page.fill('#fcr-days', '3');
      await page.keyboard.press('Tab');
    });
    expect(shorter.days).to.equal(3);
    expect(await method()).to.include('within 3 days');
    await page.fill('#fcr-days', '91');
    await page.keyboard.press('Tab');
    expect(await page.locator('.notice').innerText()).to.include('1 to 90 days');
    await ask(async () => {
      await page.fill('#fcr-days', '7');
      await page.keyboard.press('Tab');
    });
  });

  it('opens each number with its contacts, and repeats as pairs', async () => {
    await ask(() => page.locator('[data-choice=queue]').click());
    const report = await ask(() => page.selectOption('#fcr-interval', 'week'));
    const total = report.totals.find(({ scope }) => scope === 'queue:cards')!;
    expect(await open('queue:cards', 'fcr')).to.equal(total.counts.repeated);
    const shown = Math.min(50, total.counts.repeated);
    expect(await page.locator('.fcr-first').count()).to.equal(shown);
    expect(await page.locator('.fcr-repeat').count()).to.equal(shown);
    const [first] = drills.at(-1)!.items;
    expect(first!.repeat!.contact.pii).to.deep.equal(first!.contact.pii);
    const before = drills.length;
    await page.locator('[data-part=resolved]').click();
    await until('the others', () => drills.length > before);
    expect(drills.at(-1)!.total).to.equal(total.counts.resolved);
    await closeDrill();
    for (const figure of ['open', 'anonymous', 'transferred'] as const) {
      expect(await open('queue:cards', figure), figure).to.equal(total.counts[figure]);
      await closeDrill();
    }
    const week = report.rows.find(({ scope }) => scope === 'queue:cards')!;
    await page
      .locator(`[data-scope="queue:cards"][data-start="${week.start}"] [data-figure=contacts] button`)
      .click();
    await page.locator('.drill-total', { hasText: /\d/ }).waitFor();
    expect(number(await page.locator('.drill-total').innerText())).to.equal(week.counts.contacts);
    await closeDrill();
    expect(errors).to.deep.equal([]);
  });

  it('fits in every language at both sizes, light and dark', async () => {
    for (const language of ['en', 'ru', 'it']) {
      await page.emulateMedia({ colorScheme: language === 'ru' ? 'dark' : 'light' });
      await page.goto('about:blank');
      await page.goto(`${backend.url}/?lang=${language}#/reports?view=fcr`);
      await page.locator('.fcr-table').waitFor();
      await ask(() => page.selectOption('#fcr-period', 'this-month'));
      await ask(() => page.locator('[data-choice=unresolved]').click());
      for (const by of ['agent', 'queue']) {
        if ((await page.inputValue('#fcr-by')) !== by) await ask(() => page.selectOption('#fcr-by', by));
        for (const size of sizes) {
          await page.setViewportSize(size);
          await keep(page, `fcr-${language}-${by}-${size.width}`);
          expect(await findOverflow(page), `${language} ${by} ${size.width}`).to.deep.equal([]);
        }
      }
      await page.setViewportSize(sizes[0]!);
      await open('queue:cards', 'fcr');
      await keep(page, `fcr-${language}-pairs`);
      expect(await findOverflow(page), `${language} pairs`).to.deep.equal([]);
      await closeDrill();
    }
    expect(errors).to.deep.equal([]);
  });
});

/** Pictures to look at, where somebody asks for them. */
async function keep(page: Page, name: string): Promise<void> {
  const { HEARTHLINE_PICTURES: dir } = process.env;
  if (dir !== undefined) await page.screenshot({ path: `${dir}/${name}.png` });
}
