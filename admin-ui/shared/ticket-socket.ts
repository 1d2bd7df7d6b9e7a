/**
 * A socket that is opened with a ticket good once, given up when it is silent, and opened again for ever (design §7): what
 * a live screen and an agent's desk have in common. May not know what is said on it.
 *
 * Silence is judged by the monotonic clock, never by the socket's own state: a socket that TCP still calls open says nothing
 * about a pulled cable.
 *
 * Races it stops: a late close or message of a socket that was replaced (every callback checks that its socket is the
 * current one); a ticket that arrives after `stop()`.
 */
import { backOffMs } from './back-off.ts';

/** Older than this, what is shown is not called current any more: it is grey within 2 s. */
export const staleAfterMs = 1500;
/** Silent for so long, a socket is given up. */
export const deadAfterMs = 4000;
const openWithinMs = 5000;
const tickMs = 100;

export type TicketOutcome = { kind: 'ok'; url: string } | { kind: 'refused' } | { kind: 'failed' };

/** What the outside gives: replaced by fakes in tests. Times in ms. */
export interface SocketEnv {
  openSocket: (url: string) => WebSocket;
  /** Monotonic, with fractions. */
  monotonicNow: () => number;
  /** Our own wall clock, ms UTC, with fractions. */
  wallNow: () => number;
  random: () => number;
}

export interface TicketSocketOptions {
  env: Pick<SocketEnv, 'openSocket' | 'monotonicNow' | 'random'>;
  openTicket: () => Promise<TicketOutcome>;
  /** Another socket is being opened. */
  onDial: () => void;
  onOpen?: () => void;
  /** What throws is given up with its socket. */
  onMessage: (data: string) => void;
  /** The socket is gone; another one follows unless it was stopped. */
  onDrop: () => void;
  /** No ticket is given: nothing is tried any more unless it is started again. */
  onRefused: () => void;
  /** Ten times a second while it runs. */
  onTick: (now: number) => void;
}

export interface TicketSocket {
  isRunning: () => boolean;
  /** By the monotonic clock; before the first message, when it was started. */
  heardAt: () => number;
  /** There is one, whatever it hears. */
  hasSocket: () => boolean;
  /** On an open socket, or not at all. */
  send: (text: string) => void;
  /** Gives the present socket up and opens another after a back-off. */
  again: () => void;
  /** What was wanted has come: the next back-off begins anew. */
  settle: () => void;
  start: () => void;
  stop: () => void;
}

export function createTicketSocket(options: TicketSocketOptions): TicketSocket {
  const { env } = options;
  let isRunning = false;
  let socket: WebSocket | undefined;
  let attempt = 0;
  let heardAt = env.monotonicNow();
  let openedAt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;

  const drop = () => {
    const old = socket;
    socket = undefined;
    if (!old) return;
    old.close();
    options.onDrop();
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
  const stop = () => {
    isRunning = false;
    clearInterval(ticker);
    clearTimeout(retryTimer);
    ticker = undefined;
    retryTimer = undefined;
    drop();
  };

  async function connect(): Promise<void> {
    const outcome = await options.openTicket().catch((): TicketOutcome => ({ kind: 'failed' }));
    if (!isRunning) return;
    if (outcome.kind === 'failed') {
      retry();
      return;
    }
    if (outcome.kind === 'refused') {
      stop();
      options.onRefused();
      return;
    }
    const mine = env.openSocket(outcome.url);
    socket = mine;
    openedAt = env.monotonicNow();
    options.onDial();
    mine.onopen = () => {
      if (socket === mine) options.onOpen?.();
    };
    mine.onmessage = (event: MessageEvent) => {
      if (socket !== mine) return;
      heardAt = env.monotonicNow();
      try {
        options.onMessage(String(event.data));
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
    options.onTick(now);
    if (!socket) return;
    const openMs = now - openedAt;
    const isDead = socket.readyState === 1 && openMs > deadAfterMs && now - heardAt > deadAfterMs;
    if (isDead || (socket.readyState === 0 && openMs > openWithinMs)) again();
  };

  return {
    isRunning: () => isRunning,
    heardAt: () => heardAt,
    hasSocket: () => socket !== undefined,
    send: (text) => {
      if (socket?.readyState === 1) socket.send(text);
    },
    again,
    settle: () => {
      attempt = 0;
    },
    start: () => {
      if (isRunning) return;
      isRunning = true;
      attempt = 0;
      heardAt = env.monotonicNow();
      ticker = setInterval(tick, tickMs);
      void connect();
    },
    stop,
  };
}
