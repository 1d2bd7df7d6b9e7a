/**
 * The console in a real browser before the stand-in of the server: what every test of a page sets up. Call it within a
 * `describe`: it registers the hooks that launch the browser, serve, and put both away. Knows no page: where a test goes once
 * it is signed in, and what it waits for there, is the test's own.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startUiBackend, type UiBackend, type UiBackendOptions } from './ui-backend.ts';
import { launchBrowser, listenForErrors } from './ui-browser.ts';
import { builtUi } from './ui-build.ts';
import { standInUser } from './ui-rest.ts';

export const consoleViewport = { width: 1366, height: 768 };

export interface StageOptions {
  /** Until when page and server stay: every test begins anew, or all tests of the file go on with the same ones. */
  lasts: 'test' | 'file';
  /** Asked when the server starts. */
  serve?: () => UiBackendOptions;
}

export interface OpenOptions extends Pick<
  BrowserContextOptions,
  'viewport' | 'timezoneId' | 'acceptDownloads'
> {
  language?: string;
  /** The page to begin with, without its `#/`; the first one unless told. */
  at?: string;
  /** Before anything is asked of the server. */
  prepare?: (page: Page) => unknown;
}

export interface Opened {
  page: Page;
  /** What the page itself reports, as it comes; an answer that is an error is none. */
  errors: string[];
}

export interface ConsoleStage {
  readonly backend: UiBackend;
  /** A page of a browser of its own, signed in; put away when the stage is. */
  open: (options?: OpenOptions) => Promise<Opened>;
}

export async function signIn(page: Page): Promise<void> {
  await page.fill('#username', standInUser.username);
  await page.fill('#password', standInUser.password);
  await page.keyboard.press('Enter');
}

export function consoleStage({ lasts, serve = () => ({}) }: StageOptions): ConsoleStage {
  let browser: Browser | undefined;
  let dist = '';
  let backend: UiBackend | undefined;

  const start = async () => {
    backend = await startUiBackend({ dist, stepEveryMs: 0, ...serve() });
  };
  const stop = async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await backend?.close();
    backend = undefined;
  };
  before(async () => {
    dist = await builtUi();
    browser = await launchBrowser();
    if (lasts === 'file') await start();
  });
  if (lasts === 'test') {
    beforeEach(start);
    afterEach(stop);
  }
  after(async () => {
    await stop();
    await browser?.close();
  });

  const served = () => {
    if (!backend) throw new Error('the stage is empty: no test runs');
    return backend;
  };
  return {
    get backend() {
      return served();
    },
    open: async ({ language = 'en', at, prepare, viewport = consoleViewport, ...context } = {}) => {
      const page = await (await browser!.newContext({ viewport, ...context })).newPage();
      const errors = listenForErrors(page, (text) => text.includes('Failed to load resource'));
      await prepare?.(page);
      await page.goto(`${served().url}/?lang=${language}${at === undefined ? '' : `#/${at}`}`);
      await signIn(page);
      return { page, errors };
    },
  };
}
