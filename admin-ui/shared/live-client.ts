/**
 * One live screen's socket: ticket, snapshot, patches, silence, reconnect for ever (design §7, M11, M12, N3).
 * Every fact a view needs is a signal, so a patch repaints only what it changed. May not know what the
 * tree means: the board and the floor both use it.
 *
 * Silence is judged by the monotonic clock, never by the socket's own state: a socket that TCP still
 * calls open says nothing about a pulled cable. After `staleAfterMs` the screen is told, after
 * `deadAfterMs` the socket is given up and a new one opened.
 *
 * Races it stops: a late close or message of a socket we have already replaced (every callback checks
 * that its socket is the current one); a ticket that arrives after `stop()`.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { LiveMessage, LiveRequest } from '../../server/contract/live.ts';
import { backOffMs } from './back-off.ts';
import { createClockOffset } from './clock-offset.ts';
import { createLatencyWindow } from './latency-window.ts';
import { emptyLiveState, loseLive, nextLiveState, type LiveState } from './live-state.ts';

export const staleAfterMs = 1500;
export const deadAfterMs = 4000;
const openWithinMs = 5000;
const resyncWithinMs = 3000;
const tickMs = 100;
const pingEveryMs = 5000;
const pingsAtStart = 4;
/** A hidden page paints nothing; what waits for a frame is bounded. */
const mostAwaitingPaint = 500;

export type TicketOutcome = { kind: 'ok'; url: string } | { kind: 'refused' } | { kind: 'failed' };
export type Connection = 'connecting' | 'live' | 'stale' | 'refused' | 'revoked';

/** What the outside gives: replaced by fakes in tests. Times in ms. */
export interface LiveEnv {
  openSocket: (url: string) => WebSocket;
  /** Monotonic, with fractions. */
  monotonicNow: () => number;
  /** Our own wall clock, ms UTC, with fractions. */
  wallNow: () => number;
  afterPaint: (callback: () => void) => void;
  random: () => number;
}

/** Called once the browser has handed the frame over: the task right after a frame's callbacks. */
function afterPaint(callback: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      callback();
    };
    channel.port2.postMessage(0);
  });
}

export const browserEnv: LiveEnv = {
  openSocket: (url) => {
    const target = new URL(url, window.location.href);
    target.protocol = target.protocol.replace('http', 'ws');
    return new WebSocket(target.href);
  },
  monotonicNow: () => performance.now(),
  wallNow: () => performance.timeOrigin + performance.now(),
  afterPaint,
  random: () => Math.random(),
};

export interface PaintFigures {
  count: number;
  p50Ms: number;
  p99Ms: number;
}

export interface LiveClient<S> {
  tree: ReadonlySignal<S | undefined>;
  connection: ReadonlySignal<Connection>;
  /** Server's clock in whole seconds; changes once a second. */
  serverSec: ReadonlySignal<number>;
  /** Whole seconds since the last message that proved the tree current: the age of the data. */
  silentSec: ReadonlySignal<number>;
  isStale: ReadonlySignal<boolean>;
  /** Event to pixel over the last 1,000 patches; renewed once a second. */
  paint: ReadonlySignal<PaintFigures | undefined>;
  /** Every latency as it is measured, for the bench. */
  onPaint: (listener: (n: number, latencyMs: number) => void) => void;
  serverNow: () => number;
  start: () => void;
  stop: () => void;
}

export interface LiveClientOptions {
  openTicket: () => Promise<TicketOutcome>;
  onRefused?: () => void;
  onRevoked?: () => void;
  env?: LiveEnv;
}

/**
 * A patch without a new event (a minute that ended, midnight): the event it names is an old one, and the
 * time since then says nothing about us. Two events may share a millisecond, hence the second of grace.
 */
function isByClockAlone(patch: { eventAt: number; serverAt: number }, eventAtBefore: number): boolean {
  return patch.eventAt === eventAtBefore && patch.serverAt - patch.eventAt > 1000;
}

export function createLiveClient<S>(options: LiveClientOptions): LiveClient<S> {
  const env = options.env ?? browserEnv;
  const clock = createClockOffset();
  const latencies = createLatencyWindow(1000);
  const live = signal<LiveState>(emptyLiveState);
  const connection = signal<Connection>('connecting');
  const serverNow = () => env.wallNow() + clock.offsetMs();
  const serverSec = signal(Math.floor(serverNow() / 1000));
  const silentSec = signal(0);
  const paint = signal<PaintFigures | undefined>(undefined);
  const tree = computed(() => live.value.tree as S | undefined);
  const isStale = computed(() => connection.value !== 'live');

  let isRunning = false;
  let socket: WebSocket | undefined;
  let attempt = 0;
  let heardAt = env.monotonicNow();
  /** Last message that proved our tree current: while a resync is awaited, beats prove nothing. */
  let freshAt = heardAt;
  let openedAt = 0;
  let resyncAskedAt: number | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let pingId = 0;
  let pingsSent = 0;
  let pingedAt = 0;
  let pingWallAt = 0;
  let awaitingPaint: { n: number; eventAt: number }[] = [];
  let hasNewLatency = false;
  let paintListener: ((n: number, latencyMs: number) => void) | undefined;

  const send = (request: LiveRequest) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(request));
  };
  const ping = () => {
    pingId += 1;
    pingsSent += 1;
    pingedAt = env.monotonicNow();
    pingWallAt = env.wallNow();
    send({ type: 'ping', id: pingId });
  };

  const measure = () => {
    const done = awaitingPaint;
    awaitingPaint = [];
    const now = serverNow();
    for (const { n, eventAt } of done) {
      const latencyMs = Math.max(0, Math.round((now - eventAt) * 10) / 10);
      latencies.add(latencyMs);
      send({ type: 'painted', n, latencyMs });
      paintListener?.(n, latencyMs);
    }
    hasNewLatency = true;
  };
  const awaitPaint = (n: number, eventAt: number) => {
    if (awaitingPaint.length >= mostAwaitingPaint) awaitingPaint = [];
    awaitingPaint.push({ n, eventAt });
    if (awaitingPaint.length === 1) env.afterPaint(measure);
  };

  const dropSocket = () => {
    const old = socket;
    socket = undefined;
    resyncAskedAt = undefined;
    live.value = loseLive(live.value);
    old?.close();
  };
  const retry = () => {
    if (!isRunning || retryTimer !== undefined) return;
    retryTimer = setTimeout(
      () => {
        retryTimer = undefined;
        void connect();
      },
      backOffMs(attempt, env.random()),
    );
    attempt += 1;
  };
  const finish = (how: 'refused' | 'revoked') => {
    stop();
    batch(() => {
      connection.value = how;
      live.value = emptyLiveState;
    });
    if (how === 'revoked') options.onRevoked?.();
    else options.onRefused?.();
  };

  const take = (message: LiveMessage) => {
    heardAt = env.monotonicNow();
    if (message.type === 'pong') {
      if (message.id === pingId) {
        clock.addSample(pingWallAt, pingWallAt + (heardAt - pingedAt), message.serverAt);
        if (pingsSent < pingsAtStart) ping();
      }
      return;
    }
    if (message.type !== 'revoked') clock.addHint(env.wallNow(), message.serverAt);
    const before = live.value.eventAt;
    const { state, effect } = nextLiveState(live.value, message);
    batch(() => {
      live.value = state;
      if (state.phase === 'live') {
        freshAt = heardAt;
        connection.value = 'live';
      }
    });
    if (message.type === 'snapshot') {
      attempt = 0;
      resyncAskedAt = undefined;
    } else if (message.type === 'patch' && effect === 'changed' && !isByClockAlone(message, before))
      awaitPaint(message.n, message.eventAt);
    if (effect === 'resync') {
      resyncAskedAt = heardAt;
      send({ type: 'resync' });
    } else if (effect === 'revoked') finish('revoked');
  };

  async function connect(): Promise<void> {
    const outcome = await options.openTicket().catch((): TicketOutcome => ({ kind: 'failed' }));
    if (!isRunning) return;
    if (outcome.kind === 'refused') {
      finish('refused');
      return;
    }
    if (outcome.kind === 'failed') {
      retry();
      return;
    }
    const mine = env.openSocket(outcome.url);
    socket = mine;
    openedAt = env.monotonicNow();
    pingsSent = 0;
    mine.onopen = () => {
      // A new path may have another delay, and the television's clock may have been set meanwhile.
      if (socket === mine) {
        clock.reset();
        ping();
      }
    };
    mine.onmessage = (event: MessageEvent) => {
      if (socket !== mine) return;
      try {
        take(JSON.parse(String(event.data)) as LiveMessage);
      } catch {
        dropSocket();
        retry();
      }
    };
    mine.onclose = () => {
      if (socket !== mine) return;
      dropSocket();
      retry();
    };
  }

  const watch = (now: number) => {
    if (now - freshAt > staleAfterMs && connection.value === 'live') connection.value = 'stale';
    if (!socket) return;
    const silentMs = now - heardAt;
    const isDead = socket.readyState === 1 && now - openedAt > deadAfterMs && silentMs > deadAfterMs;
    const isNeverOpen = socket.readyState === 0 && now - openedAt > openWithinMs;
    const isDeaf = resyncAskedAt !== undefined && now - resyncAskedAt > resyncWithinMs;
    if (isDead || isNeverOpen || isDeaf) {
      dropSocket();
      retry();
    } else if (now - pingedAt > pingEveryMs) ping();
  };
  const tick = () => {
    const now = env.monotonicNow();
    watch(now);
    batch(() => {
      const sec = Math.floor(serverNow() / 1000);
      if (sec !== serverSec.value) {
        serverSec.value = sec;
        if (hasNewLatency) {
          hasNewLatency = false;
          paint.value = {
            count: latencies.count(),
            p50Ms: latencies.quantile(0.5) ?? 0,
            p99Ms: latencies.quantile(0.99) ?? 0,
          };
        }
      }
      silentSec.value = Math.floor(Math.max(0, now - freshAt) / 1000);
    });
  };
  function stop(): void {
    isRunning = false;
    clearInterval(ticker);
    clearTimeout(retryTimer);
    ticker = undefined;
    retryTimer = undefined;
    awaitingPaint = [];
    dropSocket();
  }

  return {
    tree,
    connection,
    serverSec,
    silentSec,
    isStale,
    paint,
    onPaint: (listener) => {
      paintListener = listener;
    },
    serverNow,
    start: () => {
      if (isRunning) return;
      isRunning = true;
      attempt = 0;
      heardAt = env.monotonicNow();
      freshAt = heardAt;
      connection.value = 'connecting';
      live.value = emptyLiveState;
      ticker = setInterval(tick, tickMs);
      void connect();
    },
    stop,
  };
}
