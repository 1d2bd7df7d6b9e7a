/** The page of how work was shared out in a real browser: the product's own fold behind a stand-in of the rest of the server. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { FairnessAnswer } from '../../server/contract/rest-fairness.ts';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow, until } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
const views = ['offers', 'times', 'queues'];

describe('fairness in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'file' });
  let page: Page;
  let errors: string[] = [];
  /** What the page asked for, newest last. */
  const asked: URL[] = [];
  let answer: FairnessAnswer | undefined;

  before(async () => {
    ({ page, errors } = await stage.open({
      timezoneId: 'Asia/Kolkata',
      prepare: (opened) => {
        opened.on('response', (response) => {
          if (!response.url().includes('/api/fairness')) return;
          asked.push(new URL(response.url()));
          void response.json().then((body: FairnessAnswer) => (answer = body));
        });
      },
    }));
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    await page.locator('nav a[href="#/fairness"]').click();
    await rows().first().waitFor();
  });
  const rows = () => page.locator('.fair-table tbody tr');
  const names = () => rows().locator('td:first-child').allInnerTexts();
  const choose = async (choice: string, count: number) => {
    await page.locator(`[data-choice=${choice}]`).click();
    await until(`${count} questions`, () => asked.length >= count);
    await page.locator('.fair-body:not(.is-old)').waitFor();
  };
  const period = () => {
    const { searchParams } = asked.at(-1)!;
    return [searchParams.get('from') ?? '', searchParams.get('to') ?? ''] as const;
  };

  it('asks for days of the site’s clock, not of the reader’s', async () => {
    const [from, to] = period();
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Rome', timeStyle: 'short' });
    expect([clock.format(Date.parse(from)), clock.format(Date.parse(to))]).to.deep.equal(['00:00', '00:00']);
    expect(await page.locator('.fair-counted').innerText())
      .to.include('Europe/Rome')
      .and.include('1,234,567');
    await choose('yesterday', 2);
    expect(period()[1]).to.equal(from);
    await choose('week', 3);
    expect(period()[1]).to.equal(to);
  });

  it('shows everybody by name, with the mean of the team and each one’s share', async () => {
    await choose('yesterday', asked.length + 1);
    await until('the answer is there', async () => (await rows().count()) === answer!.agents.length);
    const shown = await names();
    expect(shown).to.deep.equal(shown.toSorted(new Intl.Collator('en', { numeric: true }).compare));
    const one = answer!.agents.find(({ agentId }) => agentId === '203')!;
    const cells = await page.locator('[data-row="203"] td').allInnerTexts();
    expect(cells[0]).to.equal('Sofia Marchetti');
    expect(cells[2]).to.match(new RegExp(`^${one.figures.offered}\\s+\\d+%$`));
    expect(cells[4]).to.match(new RegExp(`^${one.figures.answered}\\s`));
    const mean = await page.locator('.fair-mean td').allInnerTexts();
    expect(mean[2]).to.equal(`${answer!.team.mean!.offered.toFixed(1)}\nΣ ${answer!.team.total.offered}`);
    const bar = await page.locator('[data-row="203"] .fair-bar').evaluate((box) =>
      [...box.children].map((part) => {
        const { left, right } = part.getBoundingClientRect();
        const whole = box.getBoundingClientRect();
        const edge = part.className.endsWith('mark') ? (left + right) / 2 : right;
        return (edge - whole.left) / whole.width;
      }),
    );
    const largest = Math.max(
      ...answer!.agents.flatMap(({ share }) => [share.offered ?? 0, share.signedInMs ?? 0]),
    );
    expect(bar[0]).to.be.closeTo(one.share.offered! / largest, 0.01);
    expect(bar[1]).to.be.closeTo(one.share.signedInMs! / largest, 0.01);
  });

  it('is sorted by whatever column is asked, both ways, and the mean stays first', async () => {
    const sortedBy = async (column: string, read: (row: FairnessAnswer['agents'][number]) => number) => {
      await page.locator(`[data-sort=${column}]`).click();
      const ids = await rows().evaluateAll((all) => all.map((row) => row.getAttribute('data-row')));
      return ids.map((id) => read(answer!.agents.find(({ agentId }) => agentId === id)!));
    };
    const down = await sortedBy('answered', ({ figures }) => figures.answered);
    expect(down).to.deep.equal(down.toSorted((a, b) => b - a));
    expect(await page.locator('th[aria-sort=descending]').innerText()).to.include('Answered');
    const up = await sortedBy('answered', ({ figures }) => figures.answered);
    expect(up).to.deep.equal(down.toSorted((a, b) => a - b));
    expect(await page.locator('thead tr').nth(1).innerText()).to.include('Team mean');
  });

  it('shows where time went, and queues with the rule in force', async () => {
    await page.locator('[data-choice=times]').click();
    const widths = await page
      .locator('[data-row="203"] .split-bar i')
      .evaluateAll((all) => all.map((part) => part.getBoundingClientRect().width));
    const { figures } = answer!.agents.find(({ agentId }) => agentId === '203')!;
    expect(widths[0]! / widths.reduce((sum, width) => sum + width, 0)).to.be.closeTo(
      figures.talkMs / figures.signedInMs,
      0.01,
    );
    await choose('week', asked.length + 1);
    await page.locator('[data-choice=queues]').click();
    const cards = page.locator('[data-row=cards]');
    expect(await cards.innerText()).to.match(/Longest idle → Round robin from \d\d\/\d\d\/\d{4} 1[34]:00/);
    await page.locator('.fair-queues h2').waitFor();
  });

  it('counts one queue, takes a period of one’s own, and says what is no period', async () => {
    await page.locator('[data-choice=offers]').click();
    await page.selectOption('#fair-queue', 'private');
    await page.locator('.notice-note', { hasText: 'Private banking' }).waitFor();
    expect(asked.at(-1)!.searchParams.get('queue')).to.equal('private');
    await page.locator('[data-choice=custom]').click();
    const before = asked.length;
    const to = await page.inputValue('#fair-to');
    await page.fill('#fair-from', to);
    await page.locator('.notice-bad', { hasText: '31 days' }).waitFor();
    expect(asked.length).to.equal(before);
    const year = Number(to.slice(0, 4)) - 1;
    await page.fill('#fair-from', `${year}-01-01T00:00`);
    await page.fill('#fair-to', `${year}-01-02T12:00`);
    await page.locator('.table-empty').waitFor();
    expect(period().map((text) => text.slice(10))).to.deep.equal(['T23:00:00.000Z', 'T11:00:00.000Z']);
    await page.selectOption('#fair-queue', '');
  });

  it('fits in every language at both sizes, light and dark', async () => {
    for (const language of ['en', 'ru', 'it']) {
      await page.emulateMedia({ colorScheme: language === 'ru' ? 'dark' : 'light' });
      await page.goto('about:blank');
      await page.goto(`${stage.backend.url}/?lang=${language}#/fairness`);
      await page.locator('[data-choice=week]').click();
      for (const view of views) {
        await page.locator(`[data-choice=${view}]`).click();
        await rows().nth(2).waitFor();
        for (const size of sizes) {
          await page.setViewportSize(size);
          expect(await findOverflow(page), `${language} ${view} ${size.width}`).to.deep.equal([]);
        }
      }
    }
    expect(errors).to.deep.equal([]);
  });
});
