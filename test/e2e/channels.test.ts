/** The page of channels in a real browser: what is on, what nobody uses, what leaves the building, and the files of it. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 760, height: 900 },
];

describe('channels in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(language = 'en') {
    ({ page, errors } = await stage.open({ language, acceptDownloads: true }));
    await page.locator('nav a[href="#/channels"]').click();
    await page.locator('.egress').waitFor();
  }
  const rows = () => page.locator('tr[data-channel]');
  const row = (id: string) => page.locator(`tr[data-channel="${id}"]`);
  async function take(link: string): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator(link).click()]);
    await download.path();
    return stage.backend.rest.channels.taken.at(-1) ?? '';
  }

  it('says what is on, how it is, and in words what nobody uses; by keyboard too', async () => {
    await open();
    await row('number:+442071838750').waitFor();
    expect(await rows().count()).to.equal(8);
    expect(await row('number:+442071838750').innerText())
      .to.include('Main line')
      .and.include('+442071838750')
      .and.include('10,422')
      .and.include('In use');
    const help = await row('mailbox:help').innerText();
    expect(help).to.include('Degraded').and.include('since ').and.include('does not answer (timeout)');
    expect(await row('form:call').innerText())
      .to.include('Unused')
      .and.include('never');
    expect(await take('.channels-file')).to.equal('/api/channels?format=csv');
    await page.getByRole('button', { name: 'Unused only' }).focus();
    await page.keyboard.press('Enter');
    await row('mailbox:help').waitFor({ state: 'detached' });
    expect(
      await rows().evaluateAll((all) => all.map((one) => one.getAttribute('data-channel'))),
    ).to.deep.equal(['number:+442071838799', 'form:call', 'connector:sms']);
    expect(await take('.channels-file')).to.equal('/api/channels?format=csv&show=unused');
    expect(errors).to.deep.equal([]);
  });

  it('says when all are in use, when none is on, and when nothing leaves the building', async () => {
    const { channels } = stage.backend.rest;
    channels.items.splice(0, channels.items.length, {
      kind: 'number',
      id: '700',
      queueIds: ['cards'],
      contacts7d: 1,
      contacts30d: 1,
      isUnused: false,
    });
    await open();
    await page
      .locator('tr[data-egress="relay.northgate.example:587"]', { hasText: 'SMTP, STARTTLS' })
      .waitFor();
    expect(await page.locator('tr[data-egress]').count()).to.equal(7);
    await page.getByRole('button', { name: 'Unused only' }).click();
    await page.getByText('Every channel had a contact in the last 30 days.').waitFor();
    channels.items.length = 0;
    channels.egress.length = 0;
    await page.locator('nav a[href="#/live"]').click();
    await page.locator('nav a[href="#/channels"]').click();
    await page.getByText('No channel is switched on in the site file.').waitFor();
    await page.getByText('Nothing leaves the building', { exact: true }).waitFor();
    expect(await page.locator('tr[data-egress]').count()).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('hands out the consents of some days on the site’s clock, to who may have them', async () => {
    await open();
    expect(await take('.consents a')).to.equal('/api/consents?format=csv');
    await page.fill('#consents-from', '2026-03-29');
    await page.fill('#consents-to', '2026-03-29');
    const [from, to] = [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)];
    await page.locator(`.consents a[href*="from=${from}"][href*="to=${to}"]`).waitFor();
    expect(await take('.consents a')).to.equal(`/api/consents?format=csv&from=${from}&to=${to}`);
    await page.fill('#consents-to', '2026-03-28');
    await page.locator('.consents .notice-bad').waitFor();
    expect(await page.locator('.consents a').count()).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('has no consents for who may not export them, and none where nothing asks for them', async () => {
    const { may, textChannels } = stage.backend.rest;
    may.splice(may.indexOf('consents.export'), 1);
    await open();
    await row('form:call').waitFor();
    expect(await page.locator('.consents').count()).to.equal(0);
    may.push('consents.export');
    textChannels.splice(0, textChannels.length, 'mail');
    await page.reload();
    await row('form:call').waitFor();
    expect(await page.locator('.consents').count()).to.equal(0);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, wide and narrow`, async () => {
      await open(language);
      await row('connector:sms').waitFor();
      await page.locator('.consents a').waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), `channels ${size.width}`).to.deep.equal([]);
        await picture(`channels-${language}-${size.width}`);
      }
      await page.locator('.consents').scrollIntoViewIfNeeded();
      await picture(`channels-${language}-end`);
      await page.locator('.channel-filter button').nth(1).click();
      await row('mailbox:help').waitFor({ state: 'detached' });
      expect(await findOverflow(page), 'unused only').to.deep.equal([]);
    });

  /** Only where somebody wants to look. */
  async function picture(name: string): Promise<void> {
    const folder = process.env['HEARTHLINE_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }
});
