/** The wallboard in a real browser against the stand-in server: enrolment, the law of the live data, silence, revocation, fit. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { Language } from '../../server/contract/site.ts';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';
import { builtUi } from '../support/ui-build.ts';
import { startUiBackend, type UiBackend, type UiBackendOptions } from '../support/ui-backend.ts';

const sizes = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
];
/** The stand-in knows this display from the start. */
const approvedDisplayId = 'd0';
const languages: Language[] = ['en', 'ru', 'it'];

/** For who looks at them. */
async function keepPictures(page: Page, name: string): Promise<void> {
  const folder = process.env['HEARTHLINE_PICTURES'];
  for (const size of folder ? [...sizes.slice(1, 2), { width: 1366, height: 768 }] : []) {
    await page.setViewportSize(size);
    await page.screenshot({ path: `${folder}/${name}-${size.width}.png` });
  }
}

describe('wallboard in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let dist: string;
  let backend: UiBackend | undefined;
  let page: Page | undefined;

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

  async function open(options: UiBackendOptions, query = '') {
    backend = await startUiBackend({ dist, stepEveryMs: 0, ...options });
    page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
    const errors = listenForErrors(page, (text) => text.includes('ERR_') || text.includes('403'));
    await page.goto(`${backend.url}/wallboard/?${query}`);
    const code = await page.locator('.enrol-code').getAttribute('data-code', { timeout: 20_000 });
    return { backend, page, errors, code: code ?? '' };
  }
  /** As a display that was approved before: its cookie is known, so the board comes at once. */
  async function openBoard(options: UiBackendOptions, query = '') {
    backend = await startUiBackend({ dist, stepEveryMs: 0, ...options });
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    await context.addCookies([{ name: 'hl_display', value: approvedDisplayId, url: backend.url }]);
    page = await context.newPage();
    const errors = listenForErrors(page, (text) => text.includes('ERR_') || text.includes('403'));
    await page.goto(`${backend.url}/wallboard/?${query}`);
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    return { backend, page, errors };
  }
  const text = (from: Page, selector: string) => from.locator(selector).innerText();
  const plainNumber = (value: string) => Number(value.replace(/\D/g, ''));
  async function shows(from: UiBackend, on: Page): Promise<boolean> {
    const { board } = from.floor();
    const waiting = Object.values(board.queues).reduce((total, queue) => total + queue.waiting, 0);
    return (
      plainNumber(await text(on, '[data-name=waiting] .hero-value')) === waiting &&
      plainNumber(await text(on, '[data-name=offered] .total-value')) === board.accounting.offered &&
      plainNumber(await text(on, '[data-name=answered] .total-value')) === board.accounting.answered &&
      plainNumber(await text(on, '[data-state=talking] .agent-count')) === board.agentsByState.talking
    );
  }

  it('shows a code, and the board once an administrator approves it', async () => {
    const opened = await open({ scenario: 'calm' });
    expect(opened.code).to.match(/^[2-9A-HJKMNP-TV-Z]{7}$/);
    expect(await text(opened.page, '.enrol-address')).to.equal(new URL(opened.backend.url).host);
    opened.backend.rest.approve(opened.code, 'Hall, north wall');
    await opened.page.locator('.board').waitFor({ timeout: 15_000 });
    expect(await text(opened.page, '.top-display')).to.equal('Hall, north wall');
    expect(opened.errors).to.deep.equal([]);
  });

  it('shows what the server knows after any number of patches', async () => {
    const opened = await openBoard({ scenario: 'busy', queues: 3 });
    for (let index = 0; index < 25; index += 1) opened.backend.step();
    await until('the screen equals the state', () => shows(opened.backend, opened.page));
    expect(opened.backend.resyncs()).to.equal(0);
    expect(opened.errors).to.deep.equal([]);
  });

  it('asks for a fresh snapshot when a patch is lost, and is right again', async () => {
    const opened = await openBoard({ scenario: 'busy', queues: 3 });
    opened.backend.loseNextPatch();
    opened.backend.shape((state) => {
      state.board.accounting.offered += 7;
    });
    await until('a resync', () => opened.backend.resyncs() === 1);
    await until('the screen equals the state', () => shows(opened.backend, opened.page));
  });

  it('counts the longest wait by the server clock, second by second', async () => {
    const skewMs = 3_600_000;
    const opened = await openBoard({ scenario: 'empty', queues: 1, skewMs });
    opened.backend.shape((state) => {
      const queue = state.board.queues['q1'];
      if (!queue) return;
      queue.waiting = 1;
      queue.oldestWaitingSince = Date.now() + skewMs - 65_000;
    });
    const value = '[data-name=longest] .hero-value';
    await until('about 1:05', async () => /^1:0[5-7]$/.test(await text(opened.page, value)));
    const secOf = (shown: string) => Number(shown.split(':')[0]) * 60 + Number(shown.split(':')[1]);
    const before = secOf(await text(opened.page, value));
    let after = before;
    await until('the next second', async () => (after = secOf(await text(opened.page, value))) !== before);
    expect(after - before, 'none is left out').to.be.within(1, 2);
    expect(await opened.page.locator('[data-name=longest]').getAttribute('data-level')).to.equal('red');
  });

  it('goes grey within 2 s of silence, counts it, and clears by itself', async () => {
    const opened = await openBoard({ scenario: 'calm' });
    const silentAt = performance.now();
    opened.backend.silence(true);
    await until('the veil', async () => (await opened.page.locator('.veil').count()) === 1);
    expect(performance.now() - silentAt).to.be.lessThan(2000 + 400);
    await until('the veil counts', async () => /0:0[2-9]/.test(await text(opened.page, '.veil-title')), 4000);
    opened.backend.silence(false);
    await until('live again', async () => (await opened.page.locator('.veil').count()) === 0, 8000);
  });

  it('comes back by itself after a cut with the new figures', async () => {
    const opened = await openBoard({ scenario: 'busy', queues: 2 });
    opened.backend.cut(true);
    await opened.page.locator('.veil').waitFor({ timeout: 3000 });
    opened.backend.shape((state) => {
      state.board.accounting.answered += 11;
    });
    opened.backend.cut(false);
    await until('live again', async () => (await opened.page.locator('.veil').count()) === 0, 15_000);
    await until('the screen equals the state', () => shows(opened.backend, opened.page));
  });

  it('empties itself at once when it is revoked, and shows a new code', async () => {
    const opened = await openBoard({ scenario: 'calm' });
    const display = opened.backend.rest.displays.get(approvedDisplayId);
    if (display) display.state = 'revoked';
    opened.backend.revokeBoards();
    await opened.page.locator('.enrol-code').waitFor({ timeout: 5000 });
    expect(await opened.page.locator('.board').count()).to.equal(0);
  });

  it('reports when each patch was painted', async () => {
    const opened = await openBoard({ scenario: 'busy' });
    const before = opened.backend.painted.length;
    for (let index = 0; index < 5; index += 1)
      opened.backend.shape((state) => {
        state.board.accounting.offered += 1;
      });
    await until('five reports', () => opened.backend.painted.length >= before + 5);
    for (const report of opened.backend.painted) expect(report.latencyMs).to.be.within(0, 5000);
  });

  it('says where an emergency is on, in the header’s place, and no longer than it is', async () => {
    const opened = await openBoard({ scenario: 'busy', queues: 3 }, 'lang=en');
    const emergency = (isSiteOn: boolean, ...queueIds: string[]) =>
      opened.backend.shape((state) => {
        delete state.board.emergency;
        if (isSiteOn || queueIds.length > 0) state.board.emergency = { isSiteOn, queueIds };
      });
    const band = opened.page.locator('.top.is-emergency');
    const heroes = () => opened.page.locator('.heroes').boundingBox();
    const before = await heroes();
    expect(await band.count()).to.equal(0);
    emergency(true);
    await until('all queues', async () => (await band.count()) === 1);
    expect(await band.innerText()).to.match(/^Emergency: all queues\s+Nobody waits now/);
    expect(await heroes(), 'no figure moves').to.deep.equal(before);
    const [one, two] = Object.values(opened.backend.floor().board.queues);
    emergency(false, one?.queueId ?? '');
    await until('one queue', async () => (await band.innerText()).includes(one?.name ?? '?'));
    expect(await band.innerText()).to.match(/^Emergency:/);
    expect(await opened.page.locator('tbody th.level-red').allInnerTexts()).to.deep.equal([one?.name]);
    emergency(false, one?.queueId ?? '', two?.queueId ?? '');
    await until('two queues', async () => (await band.innerText()).includes('Emergency in 2 queues:'));
    emergency(false);
    await until('it is over', async () => (await band.count()) === 0);
    expect(await text(opened.page, '.top h1')).to.equal(opened.backend.floor().board.site.name);
    expect(opened.errors).to.deep.equal([]);
  });

  it('says until when callers are told of maintenance, beside what is there, and no longer', async () => {
    const opened = await openBoard({ scenario: 'busy', queues: 3 }, 'lang=en');
    const note = opened.page.locator('.top-maintenance');
    const heroes = () => opened.page.locator('.heroes').boundingBox();
    const before = await heroes();
    const announce = (until: number | undefined) =>
      opened.backend.shape((state) => {
        delete state.board.maintenanceUntil;
        if (until !== undefined) state.board.maintenanceUntil = until;
      });
    expect(await note.count()).to.equal(0);
    const { timeZone } = opened.backend.floor().board.site;
    const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
    const day = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short' });
    // The day ends at midnight of UTC, which is a day later there in summer.
    const end = opened.backend.floor().board.dayStart + 86_400_000 - 60_000;
    const soon = day.format(end) === day.format(Date.now()) ? end : end - 3_600_000;
    announce(soon);
    await until('it is told', async () => (await note.count()) === 1);
    expect(await note.innerText()).to.equal(`Maintenance until ${time.format(soon)}`);
    expect(await heroes(), 'no figure moves').to.deep.equal(before);
    expect(await text(opened.page, '.top h1')).to.equal(opened.backend.floor().board.site.name);
    announce(soon + 86_400_000);
    await until('the day as well', async () => /until \d\d\/\d\d, \d\d:\d\d$/.test(await note.innerText()));
    announce(undefined);
    await until('it is over', async () => (await note.count()) === 0);
    expect(opened.errors).to.deep.equal([]);
  });

  it('changes its language on a key, with all words', async () => {
    const opened = await openBoard({ scenario: 'calm' }, 'lang=en');
    expect(await text(opened.page, '[data-name=waiting] h2')).to.equal('Waiting');
    await opened.page.locator('.foot-language').click();
    expect(await text(opened.page, '[data-name=waiting] h2')).to.equal('Ожидают');
    expect(await opened.page.evaluate(() => document.documentElement.lang)).to.equal('ru');
  });

  for (const language of languages)
    it(`fits at every size in ${language}, and is readable from six metres`, async () => {
      for (const options of [
        { scenario: 'busy', queues: 12 },
        { scenario: 'empty', queues: 1 },
        { scenario: 'busy', queues: 7 },
      ] as const) {
        const opened = await openBoard({ ...options, language }, `lang=${language}`);
        for (const size of sizes) {
          await opened.page.setViewportSize(size);
          const where = JSON.stringify({ ...options, ...size });
          expect(await findOverflow(opened.page), where).to.deep.equal([]);
          expect(await tooSmall(opened.page), where).to.deep.equal([]);
          expect(await scrolls(opened.page), where).to.equal(false);
        }
        opened.backend.shape((state) => {
          state.board.maintenanceUntil = state.board.dayStart + 7 * 86_400_000;
        });
        await opened.page.locator('.top-maintenance').waitFor();
        for (const size of sizes) {
          await opened.page.setViewportSize(size);
          const where = JSON.stringify({ ...options, ...size, with: 'maintenance' });
          expect(await findOverflow(opened.page), where).to.deep.equal([]);
          expect(await tooSmall(opened.page), where).to.deep.equal([]);
        }
        await keepPictures(opened.page, `wall-maintenance-of-${options.queues}-${language}`);
        const queueIds = Object.keys(opened.backend.floor().board.queues);
        for (const emergency of [
          { isSiteOn: true, queueIds },
          { isSiteOn: false, queueIds },
          { isSiteOn: false, queueIds: queueIds.slice(0, 1) },
        ]) {
          opened.backend.shape((state) => {
            state.board.emergency = emergency;
          });
          const name = `${emergency.isSiteOn ? 'site' : emergency.queueIds.length}`;
          await opened.page.locator(`.top[data-emergency="${name}"]`).waitFor();
          const where = JSON.stringify({ ...options, name });
          await opened.page.setViewportSize({ width: 1280, height: 720 });
          expect(await findOverflow(opened.page), where).to.deep.equal([]);
          expect(await tooSmall(opened.page), where).to.deep.equal([]);
          expect(await scrolls(opened.page), where).to.equal(false);
          await keepPictures(opened.page, `wall-emergency-${name}-of-${options.queues}-${language}`);
        }
        await opened.page.context().close();
        await opened.backend.close();
      }
      const enrolling = await open({ scenario: 'calm' }, `lang=${language}`);
      for (const size of sizes) {
        await enrolling.page.setViewportSize(size);
        expect(await findOverflow(enrolling.page)).to.deep.equal([]);
        expect(await scrolls(enrolling.page)).to.equal(false);
      }
    });
});

const scrolls = (page: Page) =>
  page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth;
  });

/** Labels under 2.2 and main numbers under 9 hundredths of the height; a longer number may be a little smaller. */
const tooSmall = (page: Page) =>
  page.evaluate(() => {
    const unit = window.innerHeight / 100;
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('.board *')) {
      if (!element.innerText || element.closest('svg')) continue;
      const size = Number.parseFloat(getComputedStyle(element).fontSize) / unit;
      const isMain = element.matches('.hero-value, .total-value:not(.is-long)');
      if (size < (isMain ? 9 : 2.19)) found.push(`${element.className} ${size.toFixed(2)}`);
    }
    return [...new Set(found)];
  });
