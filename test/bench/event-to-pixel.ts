/**
 * From an event to the pixel: a real browser shows the wallboard while a thousand events reach it, and
 * reports when each was painted (N3: p99 under 100 ms). The server's clock and the browser's are joined
 * by the page's own pings, as on a wall. Prints p50, p99 and the worst, as JSON on the last line.
 *
 * Against the stand-in: `node --import tsx test/bench/event-to-pixel.ts`. Against a running server, whose
 * events come from elsewhere: `--url http://host:8080 --cookie name=value` (the cookie of an approved display).
 */
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/ui-browser.ts';
import { startUiBackend } from '../support/ui-backend.ts';

const wanted = 1000;
const everyMs = 20;
const limitMs = 60_000;

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

/** Every `painted` that the page sends, taken from the socket itself: no code of ours runs in the page for it. */
function collect(page: Page): number[] {
  const latencies: number[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(String(payload)) as { type: string; latencyMs?: number };
      if (message.type === 'painted' && message.latencyMs !== undefined) latencies.push(message.latencyMs);
    });
  });
  return latencies;
}

const quantile = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;

export async function measureEventToPixel(url?: string, cookie?: string) {
  const backend =
    url === undefined ? await startUiBackend({ scenario: 'busy', queues: 6, stepEveryMs: 0 }) : undefined;
  const browser = await launchBrowser();
  const base = url ?? backend?.url ?? '';
  try {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    const [name = '', value = ''] = (cookie ?? 'hl_display=d0').split('=');
    await context.addCookies([{ name, value, url: base }]);
    const page = await context.newPage();
    const latencies = collect(page);
    await page.goto(`${base}/wallboard/`);
    await page.locator('[data-connection=live]').waitFor({ timeout: 15_000 });
    // The first seconds are the page's own start: code is compiled, the clock offset settles.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    latencies.length = 0;
    let count = 0;
    const timer = backend
      ? setInterval(() => {
          count += 1;
          if (count <= wanted)
            backend.shape((state) => {
              state.board.accounting.offered += 1;
              const queue = state.board.queues['q1'];
              if (queue) queue.offered += 1;
              const minute = Object.values(state.board.lastHour).at(-1);
              if (minute) minute.offered += 1;
            });
        }, everyMs)
      : undefined;
    const end = performance.now() + limitMs;
    while (latencies.length < wanted && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 100));
    clearInterval(timer);
    const sorted = latencies.slice(0, wanted).sort((a, b) => a - b);
    return {
      count: sorted.length,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      worstMs: sorted.at(-1) ?? Number.NaN,
    };
  } finally {
    await browser.close();
    await backend?.close();
  }
}

const result = await measureEventToPixel(option('url'), option('cookie'));
console.log(
  `event to pixel, ${result.count} events: p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms, worst ${result.worstMs} ms`,
);
console.log(JSON.stringify(result));
