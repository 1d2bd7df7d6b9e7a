/** The page of opening hours in a real browser: the product's own rules behind a stand-in of the rest of the server. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow, until } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

describe('hours in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'file' });
  let page: Page;
  let errors: string[] = [];

  before(async () => {
    ({ page, errors } = await stage.open({ timezoneId: 'Asia/Kolkata' }));
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    await page.locator('nav a[href="#/hours"]').click();
    await page.locator('.answer').waitFor();
  });
  async function ask(
    number: string,
    date: string,
    time: string,
    verdict: string,
    shown = time,
  ): Promise<string> {
    await page.fill('#ask-number', number);
    await page.fill('#ask-date', date);
    await page.fill('#ask-time', time);
    await page.keyboard.press('Enter');
    const day = String(Number(date.slice(8)));
    const answer = page.locator(`.answer[data-verdict=${verdict}]`);
    await until(`an answer about ${date} ${time}`, async () => {
      const when = (await answer.count()) === 0 ? '' : await answer.locator('.answer-when').innerText();
      return when.includes(` ${day} `) && when.includes(shown);
    });
    return await answer.innerText();
  }

  it('says what happens on 31 December 23:30, why, and until when; and shows that week', async () => {
    const open = await ask('+39 06 12345', '2026-12-31', '23:30', 'open');
    expect(open).to.include('The caller hears “welcome”, then waits in “Card services”.');
    expect(open).to.include("Exception: New Year's Eve by night, 22:00–02:00");
    expect(open).to.include('closes Fri 1 Jan, 02:00');
    const eve = page.locator('.week-row[data-date="2026-12-31"]');
    await eve.waitFor();
    expect(await eve.getAttribute('data-rule')).to.equal('exception');
    expect(await eve.locator('.week-text').innerText()).to.equal('08:30–12:00\n22:00–24:00');
    expect(await eve.locator('.week-open').count()).to.equal(2);
    // The bar stands where the time is: 22:00 at eleven twelfths.
    const place = await eve
      .locator('.week-open')
      .nth(1)
      .evaluate((bar) => {
        const track = bar.parentElement!.getBoundingClientRect();
        return (bar.getBoundingClientRect().left - track.left) / track.width;
      });
    expect(place).to.be.closeTo(22 / 24, 0.01);
    const newYear = page.locator('.week-row[data-date="2027-01-01"]');
    expect(await newYear.innerText())
      .to.include('New Year’s Day')
      .and.include('00:00–02:00');
  });

  it('tells closed, always open, other zones and unknown numbers apart', async () => {
    const closed = await ask('+390612345', '2026-12-25', '10:00', 'closed');
    expect(closed).to.include('The caller hears “closed”').and.include('Holiday: Christmas (Italy)');
    expect(closed).to.include('opens Mon 28 Dec, 08:30');
    expect(await ask('+390612399', '2026-12-25', '10:01', 'open')).to.include('always open');
    const moscow = await ask('+74951234567', '2026-12-31', '10:02', 'closed');
    expect(moscow).to.include('Перенос с воскресенья 4 января').and.include('12:02 · Europe/Moscow');
    expect(await ask('999', '2026-12-31', '10:03', 'unknown')).to.include('The call to 999 is refused.');
  });

  it('explains the hour that is skipped and the one that comes twice, and refuses a time that is none', async () => {
    expect(await ask('+390612345', '2027-03-28', '02:30', 'closed', '03:30')).to.include('is skipped');
    expect(await ask('+390612345', '2027-10-31', '02:30', 'closed')).to.include('comes twice');
    await page.fill('#ask-time', '25:00');
    await page.keyboard.press('Enter');
    await page.locator('.ask-answer .notice-bad').waitFor();
  });

  it('goes through calendars, weeks and what is to come', async () => {
    await page.locator('[data-calendar=night]').click();
    await page.locator('.week-head h2', { hasText: 'Night watch' }).waitFor();
    await page.locator('.week-head button').nth(1).click();
    await page.locator('.week-row.is-today .week-now').waitFor();
    await page.locator('[data-calendar=office]').click();
    const coming = page.locator('.special li button');
    await coming.first().waitFor();
    expect(await coming.count()).to.be.greaterThan(10);
    await coming.last().click();
    await page.locator('.week-row.is-special').first().waitFor();
  });

  it('fits in every language at both sizes', async () => {
    for (const language of ['en', 'ru', 'it']) {
      await page.goto('about:blank');
      await page.goto(`${stage.backend.url}/?lang=${language}#/hours`);
      await page.locator('.ask-quick button').nth(2).click();
      await page.locator('.week-row.is-special').first().waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), `${language} ${size.width}`).to.deep.equal([]);
      }
    }
    expect(errors).to.deep.equal([]);
  });
});
