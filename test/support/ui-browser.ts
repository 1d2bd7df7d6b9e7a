/** A real browser for the screens: one launch, pages that collect what the console says, and the search for text that does not fit. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Debian's chromium without its windows does the same on a page at a quarter of the processor time. */
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
export const browserPath =
  process.env['HEARTHLINE_CHROMIUM'] ?? browsers.find((path) => existsSync(path)) ?? browsers[0]!;

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
}

/** Errors that the page itself reported: refused by the CSP, thrown, not found. */
export function listenForErrors(page: Page, isExpected: (text: string) => boolean = () => false): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text())) errors.push(message.text());
  });
  return errors;
}

/**
 * Every element with text of its own that is wider than its box or sticks out of the box that clips it.
 * Text given by a customer (`data-given`) may end in an ellipsis, ours may not.
 */
export function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const edgePx = 1.5;
    for (const element of document.querySelectorAll<HTMLElement>('#app *')) {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      );
      if (!hasText || element.closest('[data-given], .editor, option')) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0) continue;
      const name = `${element.tagName}.${element.className}: "${element.textContent?.slice(0, 40) ?? ''}"`;
      if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + edgePx)
        found.push(`${name} is ${element.scrollWidth} wide in ${element.clientWidth}`);
      for (let outer = element.parentElement; outer; outer = outer.parentElement) {
        const style = getComputedStyle(outer);
        if (style.overflowX === 'visible' && outer !== document.body) continue;
        const limit = outer.getBoundingClientRect();
        const isScrolling = style.overflowX === 'auto' || style.overflowX === 'scroll';
        if (!isScrolling && box.right > limit.right + edgePx)
          found.push(`${name} sticks out of ${outer.className}`);
        if (style.overflowY === 'hidden' && box.bottom > limit.bottom + edgePx)
          found.push(`${name} is under the edge of ${outer.className}`);
        break;
      }
    }
    return [...new Set(found)];
  });
}

/** Waits for a condition with a bound; says what it waited for. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
