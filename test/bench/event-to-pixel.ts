/**
 * From an event to the pixel: a real browser shows the wallboard while a thousand events reach it, and
 * reports when each was painted (N3: p99 under 100 ms). The server's clock and the browser's are joined
 * by the page's own pings, as on a wall. Prints p50, p99 and the worst, as JSON on the last line.
 *
 *   (nothing)                         the whole product, started for this; phones of tied agents register and leave by
 *                                     real SIP, and each such event changes the board
 *   --stand-in                        the page alone: a server of the tests pushes a change every 20 ms
 *   --url http://host:8080 --cookie name=value
 *                                     a running server (the cookie of an approved display), whose events come from
 *                                     elsewhere
 */
import type { Page } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { runSipp } from '../support/sipp.ts';
import { launchBrowser } from '../support/ui-browser.ts';
import { startUiBackend, type UiBackend } from '../support/ui-backend.ts';
import { LiveHouse } from '../e2e/live/live-house.ts';

const targetP99Ms = 100;
const wanted = 1000;
const standInEveryMs = 20;
const limitMs = 90_000;
/** Patches go out at most every 50 ms: slower than that, and each event has a patch of its own. */
const eventsPerSec = 16;
const agentCount = 100;

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
const wait = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

/** `drive` makes the events and gives back how to end it; the page shows the board already. */
async function measure(latencies: number[], drive: () => Promise<() => Promise<void>>) {
  // The first seconds are the page's own start: code is compiled, the clock offset settles.
  await wait(3000);
  latencies.length = 0;
  const end = performance.now() + limitMs;
  const stop = await drive();
  while (latencies.length < wanted && performance.now() < end) await wait(100);
  await stop();
  const sorted = latencies.slice(0, wanted).sort((a, b) => a - b);
  return {
    count: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    worstMs: sorted.at(-1) ?? Number.NaN,
  };
}

/** Agents of a site of one queue, each tied to a phone: Ready with the registration, away without it. */
function tiedSite(): string {
  const ids = Array.from({ length: agentCount }, (_, i) => i + 1);
  return `site: { name: Event to pixel, timeZone: UTC, language: en }
numbers: [{ number: '700', queue: main }]
queues: [{ id: main, name: Main queue }]
phones:
${ids.map((id) => `  - { id: p${id}, password: secret-p${id} }`).join('\n')}
agents:
${ids.map((id) => `  - { id: '${id}', name: Agent ${id}, queues: [main], phone: p${id} }`).join('\n')}
`;
}

/** Everybody comes, everybody leaves, and again: one REGISTER after the other, at an even pace. */
async function registerAndLeave(live: LiveHouse): Promise<() => Promise<void>> {
  const data = [300, 0].flatMap((expiresSec) =>
    Array.from({ length: agentCount }, (_, i) => {
      const user = `p${i + 1}`;
      return `${user};[authentication username=${user} password=secret-${user}];${expiresSec}`;
    }),
  );
  const run = await runSipp({
    scenario: 'register',
    sipPort: live.house.sipPort,
    port: await freePort(),
    calls: 10 * wanted,
    ratePerSec: eventsPerSec,
    data,
    set: { EXPIRES: '[field2]' },
    boundMs: limitMs,
  });
  return () => run.stop();
}

async function onTheProduct() {
  process.env['HEARTHLINE_TEST_DIST'] = '1';
  const live = await LiveHouse.open(tiedSite());
  try {
    const admin = await live.setUp();
    const television = await live.visitor(1920, 1080);
    const latencies = collect(television.page);
    await television.page.goto(`${live.url}/wallboard/`);
    await live.approve(admin.page, television.page, 'Bench');
    await television.page.locator('[data-connection=live]').waitFor({ timeout: 15_000 });
    await admin.context.close();
    return await measure(latencies, () => registerAndLeave(live));
  } finally {
    await live.close();
  }
}

async function inBrowser(url: string, cookie: string, drive: () => Promise<() => Promise<void>>) {
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    const [name = '', value = ''] = cookie.split('=');
    await context.addCookies([{ name, value, url }]);
    const page = await context.newPage();
    const latencies = collect(page);
    await page.goto(`${url}/wallboard/`);
    await page.locator('[data-connection=live]').waitFor({ timeout: 15_000 });
    return await measure(latencies, drive);
  } finally {
    await browser.close();
  }
}

function pushChanges(backend: UiBackend): () => Promise<void> {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    if (count > wanted) return;
    backend.shape((state) => {
      state.board.accounting.offered += 1;
      const queue = state.board.queues['q1'];
      if (queue) queue.offered += 1;
      const minute = Object.values(state.board.lastHour).at(-1);
      if (minute) minute.offered += 1;
    });
  }, standInEveryMs);
  return async () => clearInterval(timer);
}

async function onStandIn() {
  const backend = await startUiBackend({ scenario: 'busy', queues: 6, stepEveryMs: 0 });
  try {
    return await inBrowser(backend.url, 'hl_display=d0', async () => pushChanges(backend));
  } finally {
    await backend.close();
  }
}

const url = option('url');
const isStandIn = process.argv.includes('--stand-in');
const source = url ?? (isStandIn ? 'the stand-in' : 'the whole product, agents registering by SIP');
const result = url
  ? await inBrowser(url, option('cookie') ?? '', async () => async () => undefined)
  : isStandIn
    ? await onStandIn()
    : await onTheProduct();
console.log(
  `event to pixel, ${source}: ${result.count} events, p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms ` +
    `(target ${targetP99Ms} ms), worst ${result.worstMs} ms`,
);
console.log(JSON.stringify({ ...result, targetP99Ms }));
if (result.count < wanted) process.exitCode = 1;
