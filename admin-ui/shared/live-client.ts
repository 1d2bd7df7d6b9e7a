/**
 * One live screen: snapshot, patches, age of the data, from the event to the pixel (design §7, M11, M12, N3). How its socket
 * is opened, given up and opened again is ticket-socket.ts. Every fact a view needs is a signal, so a patch repaints only
 * what it changed. May not know what the tree means: the board and the floor both use it. After `staleAfterMs` without a
 * message that proves the tree current the screen is told.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { LiveMessage, LiveRequest } from '../../server/contract/live.ts';
import { createClockOffset } from './clock-offset.ts';
import { createLatencyWindow } from './latency-window.ts';
import { emptyLiveState, loseLive, nextLiveState, type LiveState } from './live-state.ts';
import { createTicketSocket, staleAfterMs, type SocketEnv, type TicketOutcome } from './ticket-socket.ts';

export type { TicketOutcome } from './ticket-socket.ts';

const resyncWithinMs = 3000;
const pingEveryMs = 5000;
const pingsAtStart = 4;
/** A hidden page paints nothing; what waits for a frame is bounded. */
const mostAwaitingPaint = 500;

export type Connection = 'connecting' | 'live' | 'stale' | 'refused' | 'revoked';

export interface LiveEnv extends SocketEnv {
  afterPaint: (callback: () => void) => void;
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
  /** Something else is shown from now on: the client takes a new ticket by itself. */
  onSettings?: () => void;
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

  /** Last message that proved our tree current: while a resync is awaited, beats prove nothing. */
  let freshAt = env.monotonicNow();
  let resyncAskedAt: number | undefined;
  let pingId = 0;
  let pingsSent = 0;
  let pingedAt = 0;
  let pingWallAt = 0;
  let awaitingPaint: { n: number; eventAt: number }[] = [];
  let hasNewLatency = false;
  let paintListener: ((n: number, latencyMs: number) => void) | undefined;

  const send = (request: LiveRequest) => line.send(JSON.stringify(request));
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

  const stop = () => {
    awaitingPaint = [];
    line.stop();
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
    const heardAt = line.heardAt();
    if (message.type === 'pong') {
      if (message.id === pingId) {
        clock.addSample(pingWallAt, pingWallAt + (heardAt - pingedAt), message.serverAt);
        if (pingsSent < pingsAtStart) ping();
      }
      return;
    }
    if (message.type === 'settings') {
      options.onSettings?.();
      line.again();
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
      line.settle();
      resyncAskedAt = undefined;
    } else if (message.type === 'patch' && effect === 'changed' && !isByClockAlone(message, before))
      awaitPaint(message.n, message.eventAt);
    if (effect === 'resync') {
      resyncAskedAt = heardAt;
      send({ type: 'resync' });
    } else if (effect === 'revoked') finish('revoked');
  };

  const watch = (now: number) => {
    if (now - freshAt > staleAfterMs && connection.value === 'live') connection.value = 'stale';
    if (!line.hasSocket()) return;
    if (resyncAskedAt !== undefined && now - resyncAskedAt > resyncWithinMs) line.again();
    else if (now - pingedAt > pingEveryMs) ping();
  };
  const tick = (now: number) => {
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
  const line = createTicketSocket({
    env,
    openTicket: options.openTicket,
    onDial: () => {
      pingsSent = 0;
    },
    // A new path may have another delay, and the television's clock may have been set meanwhile.
    onOpen: () => {
      clock.reset();
      ping();
    },
    onMessage: (data) => take(JSON.parse(data) as LiveMessage),
    onDrop: () => {
      resyncAskedAt = undefined;
      live.value = loseLive(live.value);
    },
    onRefused: () => finish('refused'),
    onTick: tick,
  });

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
      if (line.isRunning()) return;
      connection.value = 'connecting';
      live.value = emptyLiveState;
      line.start();
    },
    stop,
  };
}
