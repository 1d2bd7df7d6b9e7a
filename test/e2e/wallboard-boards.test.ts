/** Laid-out boards in a real browser: fit at every size and language, the turn of boards, veil, preview, and thirty days. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { Language } from '../../server/contract/site.ts';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';
import { builtUi } from '../support/ui-build.ts';
import { startUiBackend, type UiBackend, type UiBackendOptions } from '../support/ui-backend.ts';
import { boardTree } from '../support/ui-boards.ts';
import { createFloor } from '../support/ui-floor.ts';
import { liveThirtyDays } from '../support/wall-days.ts';

const sizes = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
];
const languages: Language[] = ['en', 'ru', 'it'];

describe('laid-out boards in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let dist: string;
  let backend: UiBackend | undefined;
  let page: Page | undefined;

  before(async () => {
    dist = await builtUi();
    browser = await launchBrowser();
  });
  after(() => browser.close());
  afterEach(async () => {
    await page?.context().close();
    await backend?.close();
    page = undefined;
    backend = undefined;
  });

  async function open(options: UiBackendOptions, query = '') {
    backend = await startUiBackend({ dist, stepEveryMs: 0, scenario: 'busy', boards: {}, ...options });
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    await context.addCookies([{ name: 'hl_display', value: 'd0', url: backend.url }]);
    page = await context.newPage();
    const errors = listenForErrors(page);
    await page.goto(`${backend.url}/wallboard/?${query}`);
    await page.locator('[data-connection=live]').waitFor({ timeout: 20_000 });
    return { backend, page, errors };
  }
  const only = (boardId: string, more: object = {}) => ({ settings: { boards: [boardId], ...more } });

  async function expectFit(on: Page, of: object): Promise<void> {
    const where = JSON.stringify(of);
    // The event of a new size comes with the next frame.
    await on.evaluate(() => new Promise((frame) => requestAnimationFrame(frame)));
    expect(await findOverflow(on), where).to.deep.equal([]);
    expect(await crossed(on), where).to.deep.equal([]);
    expect(await tooSmall(on), where).to.deep.equal([]);
  }

  for (const language of languages)
    it(`fit at every size in ${language}, and are readable from six metres`, async () => {
      const opened = await open({ language, queues: 12, boards: only('overview') }, `lang=${language}`);
      const announce = async (isOn: boolean) => {
        opened.backend.shape((state) => {
          delete state.board.maintenanceUntil;
          if (isOn) state.board.maintenanceUntil = state.board.dayStart + 7 * 86_400_000;
        });
        await opened.page.locator('.top-maintenance').waitFor({ state: isOn ? 'visible' : 'detached' });
      };
      for (const boardId of ['overview', 'team']) {
        opened.backend.layBoards(only(boardId));
        await opened.page.locator(`[data-board-id=${boardId}]`).waitFor();
        for (const size of sizes) {
          await opened.page.setViewportSize(size);
          await expectFit(opened.page, { boardId, ...size });
          await announce(true);
          await expectFit(opened.page, { boardId, ...size, during: 'maintenance' });
          const folder = process.env['HEARTHLINE_PICTURES'];
          const file = `board-maintenance-${boardId}-${language}-${size.width}.png`;
          if (folder) await opened.page.screenshot({ path: `${folder}/${file}` });
          await announce(false);
        }
        for (const zoom of [50, 200]) {
          opened.backend.layBoards(only(boardId, { zoom }));
          await opened.page.locator(`.wall[data-zoom="${zoom}"]`).waitFor();
          expect(await crossed(opened.page), `${boardId} at ${zoom} %`).to.deep.equal([]);
        }
      }
      expect(opened.errors).to.deep.equal([]);
    });

  it('turn together by the server clock, and give way to the standard board and back', async () => {
    const { backend: server, page: screen } = await open({
      boards: { settings: { boards: ['overview', 'team'], rotateSec: 5 } },
    });
    const shown = () => screen.locator('.wall-grid').getAttribute('data-board-id');
    const expected = () => (Math.floor(Date.now() / 5000) % 2 === 0 ? 'overview' : 'team');
    const first = await shown();
    await until('the other board', async () => (await shown()) !== first, 7000);
    await until('the one of this time', async () => (await shown()) === expected());
    server.layBoards(undefined);
    await screen.locator('.board .heroes').waitFor({ timeout: 15_000 });
    server.layBoards({});
    await screen.locator('.wall-grid').waitFor({ timeout: 15_000 });
  });

  it('stand still under the veil, and follow the display’s language, theme and palette', async () => {
    const { backend: server, page: screen } = await open({
      language: 'en',
      boards: { ...only('overview', { language: 'it', theme: 'light' }), look: { palette: 'tritanopia' } },
    });
    const title = screen.locator('[data-widget=waiting] .widget-title');
    await until('it is Italian', async () => (await title.innerText()) === 'In attesa');
    expect(await screen.locator('.wall.theme-light').count()).to.equal(1);
    server.silence(true);
    await screen.locator('.veil').waitFor({ timeout: 3000 });
    const wait = screen.locator('[data-widget=oldest] .figure-value');
    const before = await wait.innerText();
    await until(
      'the veil counts on',
      async () => /0:0[3-9]/.test(await screen.locator('.veil-title').innerText()),
      5000,
    );
    expect(await wait.innerText()).to.equal(before);
  });

  it('are shown to the editor in a frame, which asks the server for nothing', async () => {
    const opened = await open({ boards: only('overview') });
    const asked: string[] = [];
    opened.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const state = createFloor({
      scenario: 'busy',
      queues: 3,
      agents: 9,
      language: 'ru',
      seed: 5,
      startAt: Date.now(),
    });
    const tree = boardTree({ language: 'ru', settings: { boards: ['team'] } }, state.state(), Date.now());
    await opened.page.evaluate((sent) => {
      const frame = document.createElement('iframe');
      frame.src = '/wallboard/?preview';
      window.addEventListener('message', (event) => {
        if (
          (event.data as { kind?: string }).kind === 'hearthline-preview-ready' &&
          event.origin === location.origin
        )
          frame.contentWindow?.postMessage(
            { kind: 'hearthline-preview', tree: sent, language: 'ru' },
            location.origin,
          );
      });
      document.body.append(frame);
    }, tree);
    const frame = opened.page.frameLocator('iframe');
    await frame.locator('[data-widget=agents] .agent').first().waitFor({ timeout: 15_000 });
    expect(await frame.locator('.wall-names h1').innerText()).to.equal('Группа и очереди');
    expect(asked.filter((path) => path.startsWith('/display') || path.startsWith('/api'))).to.deep.equal([]);
  });

  it('hold as much memory after thirty days as after one', async function () {
    this.timeout(120_000);
    const days = await liveThirtyDays(browser, dist);
    expect(days.rotations).to.be.at.least(700);
    expect(days.last.nodes - days.first.nodes, 'nodes').to.be.at.most(200);
    expect(days.last.heapMb - days.first.heapMb, 'MB of heap').to.be.at.most(1.5);
    expect(days.errors).to.deep.equal([]);
  });
});

/** Widgets that lie over one another, parts that stick out of their widget. */
const crossed = (page: Page) =>
  page.evaluate(() => {
    const edgePx = 1.5;
    const found: string[] = [];
    const places = [...document.querySelectorAll<HTMLElement>('.place')].map((place) => ({
      name: place.dataset['widget'] ?? '',
      box: place.getBoundingClientRect(),
      place,
    }));
    for (const { name, box, place } of places) {
      for (const other of places)
        if (
          other.name > name &&
          box.left < other.box.right - edgePx &&
          other.box.left < box.right - edgePx &&
          box.top < other.box.bottom - edgePx &&
          other.box.top < box.bottom - edgePx
        )
          found.push(`${name} lies over ${other.name}`);
      if (box.right > window.innerWidth + edgePx || box.bottom > window.innerHeight + edgePx)
        found.push(`${name} sticks out of the picture`);
      for (const part of place.querySelectorAll<HTMLElement>('p, span, td, th, svg, canvas')) {
        if (part.closest('.news') || getComputedStyle(part).visibility === 'hidden') continue;
        const inner = part.getBoundingClientRect();
        if (inner.width === 0) continue;
        if (
          inner.bottom > box.bottom + edgePx ||
          inner.right > box.right + edgePx ||
          inner.left < box.left - edgePx
        )
          found.push(
            `${name}: ${part.tagName}.${part.getAttribute('class') ?? ''} "${part.textContent?.slice(0, 30) ?? ''}"`,
          );
      }
    }
    return [...new Set(found)];
  });

/** Labels under 2.2 hundredths of the height; figures of tiles of four rows under 9. */
const tooSmall = (page: Page) =>
  page.evaluate(() => {
    const unit = window.innerHeight / 100;
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('.wall *')) {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      );
      if (!hasText || element.closest('svg')) continue;
      const size = Number.parseFloat(getComputedStyle(element).fontSize) / unit;
      const isMain = element.matches(
        '[data-widget=waiting] .figure-value, [data-widget=oldest] .figure-value',
      );
      if (size < (isMain ? 9 : 2.19))
        found.push(`${element.className} "${element.textContent ?? ''}" ${size.toFixed(2)}`);
    }
    return [...new Set(found)];
  });
