/**
 * The page of reports in a real browser: the product's own fold and formulas behind a stand-in of the rest. What matters: days of
 * the site's clock, totals that are the server's, and numbers that open as many contacts as they say.
 */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { DrillPage, IntervalReport } from '../../server/contract/rest-reports.ts';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow, until } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
/** An hour of a Tuesday, so that the made-up days fall into the same hours and the same yesterday whenever the test is run. */
const startedAt = Date.parse('2026-03-17T13:10:00Z');
const number = (text: string) => Number(text.replace(/\D/g, ''));

describe('reports in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'file', serve: () => ({ skewMs: startedAt - Date.now() }) });
  let page: Page;
  let errors: string[] = [];
  /** What came back, newest last. */
  const reports: IntervalReport[] = [];
  const drills: { url: URL; page: DrillPage }[] = [];

  before(async () => {
    ({ page, errors } = await stage.open({
      timezoneId: 'Asia/Kolkata',
      prepare: async (opened) => {
        await opened.clock.setFixedTime(startedAt);
        opened.on('response', (response) => {
          const url = new URL(response.url());
          if (url.pathname === '/api/reports/intervals')
            void response.json().then((body: IntervalReport) => reports.push(body));
          if (url.pathname === '/api/figures/contacts')
            void response.json().then((body: DrillPage) => drills.push({ url, page: body }));
        });
      },
    }));
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    await page.locator('nav a[href="#/reports"]').click();
    await page.locator('.rep-table').waitFor();
    await until('the first answer is read', () => reports.length > 0);
  });

  const settled = () => page.locator('.rep-body:not(.is-old)').waitFor();
  /** Chooses, and waits for so many answers. */
  const ask = async (answers: number, choose: () => Promise<unknown>) => {
    const before = reports.length;
    await choose();
    await until(`${answers} answers`, () => reports.length >= before + answers);
    await settled();
    return reports.slice(before);
  };
  const row = (scope: string, start: number | 'total') =>
    page.locator(`[data-scope="${scope}"][data-start="${start}"]`);
  const cell = (scope: string, start: number | 'total', figure: string) =>
    row(scope, start).locator(`td[data-figure=${figure}]`);
  const closeDrill = async () => {
    await page.keyboard.press('Escape');
    await page.locator('.drill').waitFor({ state: 'detached' });
  };
  /** Opens a number; answers what the panel says there are. */
  const open = async (locator: ReturnType<typeof cell>) => {
    const before = drills.length;
    await locator.locator('button').first().click();
    await until('the contacts', () => drills.length > before);
    await page.locator('.drill-total', { hasText: /\d/ }).waitFor();
    return number(await page.locator('.drill-total').innerText());
  };

  it('asks for days of the site’s clock, and says up to when it counted', async () => {
    await ask(1, () => page.selectOption('#rep-period', 'yesterday'));
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Rome', timeStyle: 'short' });
    const { from, to, interval } = reports.at(-1)!;
    expect([clock.format(from), clock.format(to), interval]).to.deep.equal(['00:00', '00:00', 'all']);
    expect(await page.locator('.rep-counted').innerText()).to.match(
      /Europe\/Rome · counted up to .*\d\d:\d\d:\d\d$/,
    );
    expect(await page.locator('.rep-definitions').count()).to.equal(0);
  });

  it('shows intervals under totals that the server made', async () => {
    const answers = await ask(2, () => page.selectOption('#rep-interval', '60'));
    const hours = answers.find(({ interval }) => interval === '60')!;
    const whole = answers.find(({ interval }) => interval === 'all')!;
    expect(hours.rows.length).to.be.greaterThan(whole.rows.length);
    for (const { scope, counts, figures } of whole.rows) {
      const shown = await cell(scope, 'total', 'offered').innerText();
      expect(number(shown), scope).to.equal(counts.offered);
      const level = Math.round(figures['service-level']! * 100);
      expect(number(await cell(scope, 'total', 'service-level').innerText())).to.be.oneOf([level, 99]);
      const mine = hours.rows.filter((one) => one.scope === scope);
      expect(await page.locator(`[data-scope="${scope}"]`).count()).to.equal(mine.length + 1);
    }
    await page.locator('.rep-switch input').check();
    expect(await page.locator('th.rep-level small').count()).to.equal(5);
    await page.locator('.rep-switch input').uncheck();
  });

  it('opens as many contacts as a number says, of that interval, queue and rule', async () => {
    const hours = reports.findLast(({ interval }) => interval === '60')!;
    const one = hours.rows.find(({ counts }) => counts.abandoned > 2 && counts.shortAbandoned > 0)!;
    expect(await open(cell(one.scope, one.start, 'abandoned'))).to.equal(one.counts.abandoned);
    const { searchParams } = drills.at(-1)!.url;
    expect(Date.parse(searchParams.get('to')!) - Date.parse(searchParams.get('from')!)).to.equal(3_600_000);
    expect(await page.locator('.drill-table tbody tr').count()).to.equal(one.counts.abandoned);
    await closeDrill();
    expect(await open(cell(one.scope, one.start, 'abandoned').locator('small'))).to.equal(
      one.counts.shortAbandoned,
    );
    await closeDrill();
    // A share opens its numerator, and what it is a share of stands beside it.
    const whole = reports.findLast(({ interval }) => interval === 'all')!;
    const { counts } = whole.rows.find(({ scope }) => scope === 'queue:cards')!;
    expect(await open(cell('queue:cards', 'total', 'service-level'))).to.equal(counts.answeredInTarget);
    const before = drills.length;
    await page.locator('[data-part=serviceLevelOffered]').click();
    await until('the rest', () => drills.length > before);
    await page
      .locator('.drill-total', { hasText: counts.serviceLevelOffered.toLocaleString('en-GB') })
      .waitFor();
    while ((await page.locator('.drill-table tbody tr').count()) < counts.serviceLevelOffered) {
      const shown = await page.locator('.drill-table tbody tr').count();
      await page.locator('.drill-body > .button').click();
      await until('more', async () => (await page.locator('.drill-table tbody tr').count()) > shown);
    }
    expect(await page.locator('.drill-body > .button').count()).to.equal(0);
    expect(await page.locator('.drill .notice').count()).to.equal(0);
    await closeDrill();
  });

  it('credits by arrival when asked, and of some queues only', async () => {
    await ask(2, () => page.locator('[data-choice=arrival]').click());
    expect(await page.locator('.rep-rules').innerText()).to.match(/^By arrival interval: /);
    await ask(1, () => page.selectOption('#rep-interval', 'all'));
    await ask(1, () => page.selectOption('#rep-by', 'channel'));
    const all = reports.at(-1)!.rows.find(({ scope }) => scope === 'channel:voice')!.counts;
    await page.locator('.rep-queues summary').click();
    await ask(1, () => page.locator('[data-queue=cards]').check());
    await page.keyboard.press('Escape');
    const { counts } = reports.at(-1)!.rows.find(({ scope }) => scope === 'channel:voice')!;
    expect(counts.answered).to.be.within(1, all.answered - 1);
    expect(
      await open(row('channel:voice', reports.at(-1)!.from).locator('td[data-figure=answered]')),
    ).to.equal(counts.answered);
    expect(drills.at(-1)!.url.searchParams.get('attribution')).to.equal('arrival');
    await closeDrill();
    const file = await page.locator('a[download]').getAttribute('href');
    expect(file).to.include('by=channel').and.include('queues=cards').and.include('format=csv');
    // What agents do counts when they do it, whatever was chosen.
    await ask(1, () => page.selectOption('#rep-by', 'agent'));
    expect(reports.at(-1)!.attribution).to.equal('event');
    const agent = reports.at(-1)!.rows.find(({ counts: { handled } }) => handled > 0)!;
    expect(agent.figures.occupancy).to.be.within(0, 1);
    expect(await open(row(agent.scope, agent.start).locator('td[data-figure=handled]'))).to.equal(
      agent.counts.handled,
    );
    await closeDrill();
    await page.locator('.rep-queues summary').click();
    await ask(1, () => page.locator('.rep-queue-list .link-button').click());
    await page.keyboard.press('Escape');
  });

  it('says which definitions held when, what is no period, and what the nightly statement found', async () => {
    await ask(1, () => page.selectOption('#rep-by', 'queue'));
    await page.selectOption('#rep-period', 'custom');
    const to = await page.inputValue('#rep-to');
    const later = new Date(Date.parse(`${to}Z`) + 86_400_000).toISOString().slice(0, 16);
    await ask(1, () => page.fill('#rep-to', later));
    expect(await page.locator('.rep-definitions').innerText()).to.match(
      /^Definitions 3 until .*\d\d:\d\d, 4 since: /,
    );
    const before = reports.length;
    await page.fill('#rep-to', await page.inputValue('#rep-from'));
    await page.locator('.notice-bad', { hasText: 'whole quarters' }).waitFor();
    expect(reports.length).to.equal(before);
    await page.selectOption('#rep-period', 'yesterday');
    await page.locator('.statements summary').click();
    expect(await page.locator('.statements summary').innerText()).to.include('✓ 0 differences');
    expect(await page.locator('.statements li').nth(2).innerText()).to.match(
      /✕ 2 differences[^]*Card services\s+Answered, by event\s+112\s+112\s+111\s+Whole site\s+Answered, by event\s+431/,
    );
  });

  it('opens numbers of today on the live page for those who may see contacts', async () => {
    await page.locator('nav a[href="#/live"]').click();
    const waiting = page.locator('.panel-queues tbody tr').first().locator('.drill-number').first();
    await waiting.waitFor();
    const before = drills.length;
    await page.locator('.figures .drill-number').last().click();
    await until('the contacts', () => drills.length > before);
    const { searchParams } = drills.at(-1)!.url;
    expect([searchParams.get('scope'), searchParams.get('count')]).to.deep.equal(['site', 'abandoned']);
    expect(Date.parse(searchParams.get('from')!)).to.equal(stage.backend.floor().board.dayStart);
    await closeDrill();
    expect(errors).to.deep.equal([]);
  });

  it('fits in every language at both sizes, light and dark', async () => {
    for (const language of ['en', 'ru', 'it']) {
      await page.emulateMedia({ colorScheme: language === 'ru' ? 'dark' : 'light' });
      await page.goto('about:blank');
      await page.goto(`${stage.backend.url}/?lang=${language}#/reports`);
      await ask(1, () => page.selectOption('#rep-period', 'yesterday'));
      await page.locator('.statements summary').click();
      for (const by of ['agent', 'site', 'queue']) {
        if ((await page.inputValue('#rep-by')) !== by) await ask(1, () => page.selectOption('#rep-by', by));
        if (by === 'queue') await page.locator('.rep-switch input').check();
        for (const size of sizes) {
          await page.setViewportSize(size);
          expect(await findOverflow(page), `${language} ${by} ${size.width}`).to.deep.equal([]);
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            'only the table scrolls',
          ).to.equal(true);
        }
      }
      await open(page.locator('td[data-figure=service-level]').first());
      expect(await findOverflow(page), `${language} contacts`).to.deep.equal([]);
      await closeDrill();
    }
    expect(errors).to.deep.equal([]);
  });
});
