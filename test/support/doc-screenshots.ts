/**
 * Takes the pictures of docs/images that need no call: every page of boards, displays, alerts and reports in three languages,
 * and walls, from the built screens before the stand-in of the server, at a fixed hour.
 *
 *   npm run build && node --import tsx test/support/doc-screenshots.ts [names that begin so]
 *   ... --walls FOLDER    walls of every kind, language and size as PNG, to be looked at; docs are left alone
 *
 * Pictures are WebP, made small by the browser itself. Those of real calls are test/e2e/live/pictures.ts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { languages, type Language } from '../../server/contract/site-values.ts';
import { consoleViewport, signIn } from './console-stage.ts';
import { startUiBackend, type UiBackend, type UiBackendOptions } from './ui-backend.ts';
import { launchBrowser } from './ui-browser.ts';

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
/** A Tuesday afternoon in Rome. */
const hour = Date.parse('2026-03-17T13:10:00Z');
const largest = 150_000;
const exampleUrl = 'http://hearthline.bank.example:8080';
const television = { width: 1920, height: 1080 };
const wallSizes = [{ width: 1280, height: 720 }, television, { width: 3840, height: 2160 }];

interface Scene {
  /** Of the picture; the language is put behind it. */
  name: string;
  /** All three unless told. */
  languages?: readonly Language[];
  viewport: { width: number; height: number };
  serve?: UiBackendOptions;
  /** Goes on until the page is as it is to be seen. */
  show: (page: Page, backend: UiBackend, language: Language) => Promise<unknown>;
}

async function showWall(page: Page, backend: UiBackend, language: Language): Promise<void> {
  const { url } = backend;
  await page.context().addCookies([{ name: 'hl_display', value: 'd0', url }]);
  await page.goto(`${url}/wallboard/?lang=${language}`);
  await page.locator('[data-connection=live]').waitFor();
  await goOn(backend, page);
}
/** Enough happens that agents talk and that the time from event to pixel is known; charts are drawn twice a second at most. */
async function goOn({ step }: UiBackend, page: Page): Promise<void> {
  for (let i = 0; i < 40; i++) {
    step();
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(1200);
}
async function showConsole(page: Page, { url }: UiBackend, at: string): Promise<void> {
  // Pages count days and ages by their own clock.
  await page.clock.setFixedTime(hour);
  await page.goto(`${url}/?lang=${at}`);
  await signIn(page);
}
const laidOut = (boardId: string, theme: 'dark' | 'light' = 'dark'): UiBackendOptions => ({
  scenario: 'busy',
  queues: 8,
  boards: { settings: { boards: [boardId], theme } },
});

const walls: Scene[] = [
  { name: 'board-overview', viewport: television, serve: laidOut('overview'), show: showWall },
  { name: 'board-team', viewport: television, serve: laidOut('team', 'light'), show: showWall },
  { name: 'wallboard', viewport: television, serve: { scenario: 'busy', queues: 12 }, show: showWall },
  {
    name: 'wallboard-one-queue',
    languages: ['it'],
    viewport: television,
    serve: { queues: 1 },
    show: showWall,
  },
  {
    name: 'wallboard-enrol',
    viewport: television,
    show: async (page, { url }, language) => {
      // As it would stand on a bank's own wall: the code holds the address.
      await page.route(`${exampleUrl}/**`, async (route) => {
        const response = await route.fetch({ url: route.request().url().replace(exampleUrl, url) });
        await route.fulfill({ response });
      });
      await page.goto(`${exampleUrl}/wallboard/?lang=${language}`);
      await page.locator('.enrol-qr svg').waitFor();
    },
  },
];
const scenes: Scene[] = [
  ...walls,
  {
    name: 'wallboard-stale',
    languages: ['en'],
    viewport: television,
    serve: { queues: 6 },
    show: async (page, backend, language) => {
      await showWall(page, backend, language);
      backend.silence(true);
      await page.locator('.veil').waitFor();
    },
  },
  {
    name: 'wallboard-maintenance',
    viewport: television,
    serve: { scenario: 'busy', queues: 7 },
    show: async (page, backend, language) => {
      backend.shape((state) => {
        // Until 23:30 in Rome.
        state.board.maintenanceUntil = Date.parse('2026-03-17T22:30:00Z');
      });
      await showWall(page, backend, language);
    },
  },
  {
    name: 'residency',
    viewport: consoleViewport,
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/residency`);
      await page.locator('#residency-answers').waitFor();
    },
  },
  {
    name: 'boards',
    viewport: consoleViewport,
    serve: { scenario: 'busy' },
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/boards?id=b-hall`);
      await page.frameLocator('.stage-frame').locator('[data-widget]').first().waitFor();
      await page.locator('[data-widget=oldest]').first().click();
    },
  },
  {
    name: 'displays',
    viewport: consoleViewport,
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/displays?code=7KMP3XA`);
      await page.locator('#code').waitFor();
    },
  },
  {
    name: 'alerts',
    viewport: consoleViewport,
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/alerts`);
      await page.locator('.alert-card').first().waitFor();
    },
  },
  {
    name: 'reports',
    viewport: consoleViewport,
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/reports`);
      await page.selectOption('#rep-interval', '60');
      await page.locator('.rep-body:not(.is-old) [data-start=total]').first().waitFor();
    },
  },
  {
    name: 'reports-drill',
    viewport: consoleViewport,
    show: async (page, backend, language) => {
      await showConsole(page, backend, `${language}#/reports`);
      await page.locator('td[data-figure=abandoned] button').first().click();
      await page.locator('.drill-table tbody tr').nth(3).waitFor();
    },
  },
];

/** As the browser writes WebP: as good as fits under the limit. */
async function small(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  try {
    for (const quality of [0.92, 0.85, 0.75, 0.65]) {
      const address = await page.evaluate(
        async ([data, wanted]) => {
          const image = new Image();
          image.src = `data:image/png;base64,${data}`;
          await image.decode();
          const canvas = document.createElement('canvas');
          canvas.width = image.naturalWidth;
          canvas.height = image.naturalHeight;
          canvas.getContext('2d')!.drawImage(image, 0, 0);
          return canvas.toDataURL('image/webp', wanted);
        },
        [png.toString('base64'), quality] as const,
      );
      const picture = Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
      if (picture.length < largest) return picture;
    }
    throw new Error(`not under ${largest} bytes in any quality`);
  } finally {
    await page.close();
  }
}

async function take(browser: Browser, scene: Scene, language: Language): Promise<Buffer> {
  const skewMs = hour - Date.now();
  const backend = await startUiBackend({ stepEveryMs: 0, language, skewMs, ...scene.serve });
  const page = await browser.newPage({ viewport: scene.viewport, timezoneId: 'Europe/Rome' });
  try {
    await scene.show(page, backend, language);
    // Two frames: what was asked for is painted, and measured texts have found their size.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    return await page.screenshot({ animations: 'disabled' });
  } finally {
    await page.close();
    await backend.close();
  }
}

const [first = '', folder = ''] = process.argv.slice(2);
const browser = await launchBrowser();
try {
  for (const scene of first === '--walls' ? walls : scenes.filter(({ name }) => name.startsWith(first)))
    for (const language of scene.languages ?? languages)
      if (first === '--walls')
        for (const viewport of wallSizes) {
          const path = join(folder, `${scene.name}-${language}-${viewport.width}.png`);
          await writeFile(path, await take(browser, { ...scene, viewport }, language));
        }
      else {
        const picture = await small(browser, await take(browser, scene, language));
        await writeFile(join(images, `${scene.name}-${language}.webp`), picture);
        console.log(`${scene.name}-${language}.webp: ${Math.round(picture.length / 1000)} kB`);
      }
} finally {
  await browser.close();
}
