/**
 * Thirty days of a display in a browser within seconds: the page's clocks, timers, socket and requests are ours, and time
 * leaps from patch to patch, and with each the boards turn. Each leap runs every timer that came due once, as a browser does that was busy. What the page
 * holds is counted after the first day and after the last, garbage collected.
 */
import type { Browser, CDPSession } from 'playwright-core';
import { diffMergePatch, type JsonObject } from '../../server/contract/merge-patch.ts';
import { boardTree } from './ui-boards.ts';
import { startUiBackend } from './ui-backend.ts';
import { until } from './ui-browser.ts';
import { createFloor } from './ui-floor.ts';

const dayMs = 86_400_000;
const leapMs = 3_600_000;
const rotateSec = 3600;
const days = 30;

interface Held {
  nodes: number;
  heapMb: number;
}
export interface Days {
  first: Held;
  last: Held;
  rotations: number;
  errors: string[];
}

/** Runs in the page before its own scripts. */
function takeTime(start: number): void {
  let now = start;
  let serial = 0;
  const timers = new Map<number, { at: number; every: number | undefined; run: () => void }>();
  const frames: (() => void)[] = [];
  const add = (run: () => void, ms: number, every: number | undefined) => {
    serial += 1;
    timers.set(serial, { at: now + ms, every, run });
    return serial;
  };
  const page = window as unknown as Record<string, unknown>;
  page['setTimeout'] = (run: () => void, ms = 0) => add(run, ms, undefined);
  page['setInterval'] = (run: () => void, ms = 0) => add(run, ms, ms);
  page['clearTimeout'] = page['clearInterval'] = (id: number) => timers.delete(id);
  page['requestAnimationFrame'] = (run: () => void) => frames.push(run);
  Date.now = () => now;
  performance.now = () => now - start;
  Object.defineProperty(performance, 'timeOrigin', { value: start });
  let socket: { onmessage?: (event: { data: string }) => void; onopen?: () => void } | undefined;
  class FakeSocket {
    readyState = 1;
    constructor() {
      socket = this as typeof socket;
    }
    send(): void {}
    close(): void {}
  }
  page['WebSocket'] = FakeSocket;
  page['fetch'] = (path: string) =>
    Promise.resolve(
      new Response(
        JSON.stringify(
          path.includes('ticket')
            ? { ticket: 't', url: '/ws', expiresAt: 0 }
            : { state: 'approved', displayId: 'd', name: 'Hall', shows: 'boards' },
        ),
      ),
    );
  page['wallTime'] = {
    hasSocket: () => socket !== undefined,
    leap: (to: number, data: string) => {
      now = to;
      socket?.onmessage?.({ data });
      for (const [id, timer] of timers) {
        if (timer.at > now) continue;
        if (timer.every === undefined) timers.delete(id);
        else timer.at = now + timer.every;
        timer.run();
      }
      for (const frame of frames.splice(0)) frame();
    },
  };
}
interface WallTime {
  hasSocket: () => boolean;
  leap: (to: number, data: string) => void;
}

async function held(cdp: CDPSession): Promise<Held> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { nodes: of('Nodes'), heapMb: of('JSHeapUsedSize') / 1e6 };
}

/** A ring of patches that ends where it began: only `eventAt` moves on, and the page cannot tell. */
function patches(start: number): { snapshot: JsonObject; ring: JsonObject[] } {
  const floor = createFloor({
    scenario: 'busy',
    queues: 12,
    agents: 60,
    language: 'en',
    seed: 11,
    startAt: start,
  });
  const options = { language: 'en' as const, settings: { rotateSec } };
  const states = Array.from({ length: 60 }, (_, index) =>
    structuredClone(boardTree(options, floor.step(start + index * 4000), start + index * 4000)),
  ) as unknown as JsonObject[];
  const ring = states.map((state, index) => diffMergePatch(states[(index + 59) % 60] ?? {}, state) ?? {});
  return { snapshot: states[59] ?? {}, ring };
}

export async function liveThirtyDays(browser: Browser, dist: string): Promise<Days> {
  const backend = await startUiBackend({ dist, stepEveryMs: 0 });
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    const start = Date.UTC(2026, 10, 1, 6);
    const { snapshot, ring } = patches(start);
    // Of tsx, which names functions by a helper that no page has.
    await page.addInitScript('globalThis.__name = (target) => target');
    await page.addInitScript(takeTime, start);
    await page.goto(`${backend.url}/wallboard/?lang=en`);
    // The page's own timers and frames run in our leaps only.
    await until('a socket', () =>
      page.evaluate(() => {
        const { wallTime } = window as unknown as { wallTime: WallTime };
        if (!wallTime.hasSocket()) wallTime.leap(Date.now() + 100, '');
        return wallTime.hasSocket();
      }),
    );
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    const message = { type: 'snapshot', n: 0, serverAt: start, eventAt: start, state: snapshot };
    await page.evaluate((text) => {
      (window as unknown as { wallTime: WallTime }).wallTime.leap(Date.now(), text);
    }, JSON.stringify(message));
    const bodies = JSON.stringify(ring);
    const seen: Held[] = [];
    for (let day = 0; day < days; day += 1) {
      await page.evaluate(
        async ({ from, leap, count, first, bodies }) => {
          const { wallTime } = window as unknown as { wallTime: WallTime };
          const parsed = JSON.parse(bodies) as unknown[];
          for (let index = 0; index < count; index += 1) {
            const at = from + index * leap;
            const n = first + index;
            const patch = parsed[n % parsed.length];
            wallTime.leap(at, JSON.stringify({ type: 'patch', n: n + 1, serverAt: at, eventAt: at, patch }));
            await Promise.resolve();
            await Promise.resolve();
          }
        },
        {
          from: start + day * dayMs + leapMs,
          leap: leapMs,
          count: dayMs / leapMs,
          first: (day * dayMs) / leapMs,
          bodies,
        },
      );
      if (day === 0 || day === days - 1) seen.push(await held(cdp));
    }
    const [first, last] = seen;
    if (!first || !last) throw new Error('no day was lived');
    return { first, last, rotations: (days * dayMs) / 1000 / rotateSec, errors };
  } finally {
    await page.context().close();
    await backend.close();
  }
}
