/** What explains an alert, in a real browser: the largest parts first, the times that were compared, and parts that add up. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { AlertPage } from '../../server/contract/alerts.ts';
import type { DriftKey } from '../../server/contract/drift-facts.ts';
import { findOverflow, launchBrowser, listenForErrors } from '../support/ui-browser.ts';
import { startUiBackend, type UiBackend } from '../support/ui-backend.ts';
import { builtUi } from '../support/ui-build.ts';
import { driftAlert, driftReportOf } from '../support/ui-drift.ts';
import { standInUser } from '../support/ui-rest.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
const startedAt = Date.parse('2026-03-17T13:10:00Z');

describe('what explains an alert, in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let backend: UiBackend;
  let page: Page;
  let errors: string[] = [];
  const alert = driftAlert(startedAt);

  before(async () => {
    const dist = await builtUi();
    browser = await launchBrowser();
    backend = await startUiBackend({ dist, stepEveryMs: 0, skewMs: startedAt - Date.now() });
    page = await (await browser.newContext({ viewport: sizes[0]!, timezoneId: 'Asia/Kolkata' })).newPage();
    await page.clock.setFixedTime(startedAt);
    errors = listenForErrors(page, (text) => text.includes('Failed to load resource'));
    await page.route('**/api/alerts?show=*', async (route) => {
      const answer = await route.fetch();
      const { items } = (await answer.json()) as AlertPage;
      const isEnded = route.request().url().includes('show=ended');
      const mine = isEnded ? { ...alert, endedAt: startedAt, ended: 'cleared' as const } : alert;
      await route.fulfill({ response: answer, json: { items: [...items, mine] } });
    });
    await page.route('**/api/alerts/alert_9/drift*', (route) => {
      const by = new URL(route.request().url()).searchParams.get('by') ?? undefined;
      return route.fulfill({ json: driftReportOf(alert, by as DriftKey | undefined) });
    });
    await page.goto(`${backend.url}/?lang=en`);
    await page.fill('#username', standInUser.username);
    await page.fill('#password', standInUser.password);
    await page.keyboard.press('Enter');
    await page.locator('nav a[href="#/alerts"]').click();
    await page.locator('.alert-card').first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await backend?.close();
  });
  const open = async () => {
    await page.locator('[data-alert=alert_9] .drift-open').click();
    await page.locator('.drift-table').waitFor();
  };
  const close = async () => {
    await page.keyboard.press('Escape');
    await page.locator('.drift').waitFor({ state: 'detached' });
  };
  async function picture(name: string): Promise<void> {
    const folder = process.env['HEARTHLINE_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }
  const cells = (row: string) => page.locator(`.drift ${row} td`).allInnerTexts();

  it('opens from what stands, with agents first, and says what was compared', async () => {
    // The others are on no trend: nothing explains them.
    expect(await page.locator('.drift-open').count()).to.equal(1);
    await open();
    const { drift, base } = driftReportOf(alert, 'agent');
    const text = await page.locator('.drift').innerText();
    expect(text).to.match(/Average handle time: usually 4:\d\d, when the alert began 5:\d\d \(\+\d:\d\d\)/);
    expect(text).to.include(`same time on ${base.length} days together: 16/03, 13/03, 12/03, 11/03 …`);
    expect(text).to.include('Europe/Rome');
    const names = await page.locator('.drift tr[data-member] td:first-child').allInnerTexts();
    expect(names).to.deep.equal(drift!.members.slice(0, 7).map(({ name }) => name));
    expect(names[0]).to.equal('Amelia Hart');
    expect(text).to.include('7 others');
    const whole = (await cells('.drift-whole')).at(-1);
    expect(text).to.include(`(${whole})`);
  });

  it('takes it apart by queue as well, and gives the focus back', async () => {
    await page.locator('.drift [data-by=queue]').click();
    await page.locator('.drift tr[data-member="queue:Card services"]').waitFor();
    expect(await page.locator('.drift tr[data-member]').count()).to.equal(3);
    expect((await cells('tr[data-member="queue:Card services"]'))[3]).to.match(/^\d+% → \d+%$/);
    await close();
    expect(await page.evaluate(() => document.activeElement?.className)).to.include('drift-open');
  });

  it('fits in every language at both sizes, of what stands and of what was', async () => {
    for (const language of ['en', 'ru', 'it']) {
      await page.emulateMedia({ colorScheme: language === 'ru' ? 'dark' : 'light' });
      await page.goto('about:blank');
      await page.goto(`${backend.url}/?lang=${language}#/alerts`);
      await page.locator('.alert-card').first().waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        await picture(`drift-${language}-page-${size.width}`);
        await open();
        await picture(`drift-${language}-${size.width}`);
        expect(await findOverflow(page), `${language} ${size.width}`).to.deep.equal([]);
        await close();
      }
      await page.setViewportSize(sizes[0]!);
      await page.locator('.shows .button').nth(2).click();
      await page.locator('tr[data-alert=alert_9] .drift-open').waitFor();
      await picture(`drift-${language}-history`);
      expect(await findOverflow(page), `${language} history`).to.deep.equal([]);
      await open();
      await close();
    }
    expect(errors).to.deep.equal([]);
  });
});
