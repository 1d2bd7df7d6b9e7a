/**
 * The desk's socket: a ticket good once, the frames, silence, reconnection for ever (design §7). May not know what the
 * frames mean. Silence is judged by the monotonic clock, never by the socket's own state: a socket that TCP still calls
 * open says nothing about a pulled cable. After `staleAfterMs` the page is told, so that it is grey within 2 s; after
 * `deadAfterMs` the socket is given up and another one opened.
 *
 * Races it stops: a late close or frame of a socket that was replaced (every callback checks that its socket is the
 * current one); a ticket that arrives after `stop()`.
 */
import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { DeskFrame } from '../../server/contract/desk.ts';
import { backOffMs } from '../shared/back-off.ts';
import { createClockOffset } from '../shared/clock-offset.ts';
import { deadAfterMs, staleAfterMs, type LiveEnv, type TicketOutcome } from '../shared/live-client.ts';

const openWithinMs = 5000;
const tickMs = 100;

export type DeskConnection = 'connecting' | 'live' | 'stale' | 'ended';
/** What the outside gives: replaced by fakes in tests. */
export type DeskSocketEnv = Pick<LiveEnv, 'openSocket' | 'monotonicNow' | 'wallNow' | 'random'>;

export interface DeskSocket {
  connection: ReadonlySignal<DeskConnection>;
  /** Whole seconds since what is shown was known to be current. */
  silentSec: ReadonlySignal<number>;
  /** Server's clock in whole seconds; changes once a second. */
  serverSec: ReadonlySignal<number>;
  /** The server's clock as far as it is known, ms UTC. */
  serverNow: () => number;
  start: () => void;
  stop: () => void;
}

export interface DeskSocketOptions {
  openTicket: () => Promise<TicketOutcome>;
  /** False: a frame was lost; the socket is given up, and the desk comes anew by the next one. */
  onFrame: (frame: Extract<DeskFrame, { type: 'desk' | 'message' }>) => boolean;
  /** The socket is gone; another one follows. */
  onCut: () => void;
  /** The session ended or was narrowed. The next ticket says what is left of it. */
  onRevoked: () => void;
  /** No further try: no ticket is given. */
  onEnd: () => void;
  env: DeskSocketEnv;
}

export function createDeskSocket(options: DeskSocketOptions): DeskSocket {
  const { env } = options;
  const clock = createClockOffset();
  const serverNow = () => env.wallNow() + clock.offsetMs();
  const connection = signal<DeskConnection>('connecting');
  const silentSec = signal(0);
  const serverSec = signal(Math.floor(serverNow() / 1000));
  let isRunning = false;
  let socket: WebSocket | undefined;
  let attempt = 0;
  let heardAt = env.monotonicNow();
  /** The last frame that proved what is shown to be current: before its first desk, a new socket's beats prove nothing. */
  let freshAt = heardAt;
  let hasDesk = false;
  let openedAt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;

  const drop = () => {
    const old = socket;
    socket = undefined;
    if (!old) return;
    old.close();
    options.onCut();
  };
  const retry = () => {
    if (!isRunning || retryTimer !== undefined) return;
    const run = () => {
      retryTimer = undefined;
      void connect();
    };
    retryTimer = setTimeout(run, backOffMs(attempt, env.random()));
    attempt += 1;
  };
  const again = () => {
    drop();
    retry();
  };
  const end = () => {
    stop();
    connection.value = 'ended';
    options.onEnd();
  };

  const take = (frame: DeskFrame) => {
    if (frame.type === 'revoked') {
      connection.value = 'connecting';
      again();
      options.onRevoked();
      return;
    }
    heardAt = env.monotonicNow();
    clock.addHint(env.wallNow(), frame.serverAt);
    batch(() => {
      if (frame.type !== 'beat') {
        if (!options.onFrame(frame)) {
          again();
          return;
        }
        hasDesk ||= frame.type === 'desk';
      }
      if (!hasDesk) return;
      attempt = 0;
      freshAt = heardAt;
      connection.value = 'live';
    });
  };

  async function connect(): Promise<void> {
    const outcome = await options.openTicket().catch((): TicketOutcome => ({ kind: 'failed' }));
    if (!isRunning) return;
    if (outcome.kind === 'refused') {
      end();
      return;
    }
    if (outcome.kind === 'failed') {
      retry();
      return;
    }
    const mine = env.openSocket(outcome.url);
    socket = mine;
    openedAt = env.monotonicNow();
    hasDesk = false;
    clock.reset();
    mine.onmessage = (event: MessageEvent) => {
      if (socket !== mine) return;
      try {
        take(JSON.parse(String(event.data)) as DeskFrame);
      } catch {
        again();
      }
    };
    mine.onclose = () => {
      if (socket === mine) again();
    };
  }

  const tick = () => {
    const now = env.monotonicNow();
    const silentMs = now - heardAt;
    const oldMs = now - freshAt;
    batch(() => {
      if (oldMs > staleAfterMs && connection.value === 'live') connection.value = 'stale';
      silentSec.value = Math.floor(Math.max(0, oldMs) / 1000);
      serverSec.value = Math.floor(serverNow() / 1000);
    });
    if (!socket) return;
    const openMs = now - openedAt;
    const isDead = socket.readyState === 1 && openMs > deadAfterMs && silentMs > deadAfterMs;
    if (isDead || (socket.readyState === 0 && openMs > openWithinMs)) again();
  };

  function stop(): void {
    isRunning = false;
    clearInterval(ticker);
    clearTimeout(retryTimer);
    ticker = undefined;
    retryTimer = undefined;
    drop();
  }

  return {
    connection,
    silentSec,
    serverSec,
    serverNow,
    start: () => {
      if (isRunning) return;
      isRunning = true;
      attempt = 0;
      heardAt = env.monotonicNow();
      freshAt = heardAt;
      connection.value = 'connecting';
      ticker = setInterval(tick, tickMs);
      void connect();
    },
    stop,
  };
}
