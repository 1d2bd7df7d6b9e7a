/**
 * The socket of a chat: opens `/chat/socket`, says hello, keeps it alive, and comes back for ever. Knows frames, but not what
 * they mean. Follows server/contract/chat.ts.
 *
 * Silence is judged by an unanswered ping, not by the time since the last frame: a browser that slows the timers of a hidden
 * tab would give up a healthy socket each time it wakes. What is sent is paced, since the server closes on more than 20 frames
 * a second and a reconnect may have 50 lines to say again.
 *
 * Races it stops: a late frame or close of a socket already replaced (every callback checks that its socket is the present
 * one); lines of the old socket's outbox on the new one before its welcome (the outbox dies with the socket).
 */
import type { ChatFrame, ChatRequest } from '../../server/contract/chat.ts';
import { backOffMs } from '../shared/back-off.ts';

export const chatProtocol = 'hearthline-chat';
export const pingEveryMs = 20_000;
export const pongWithinMs = 10_000;
const openWithinMs = 10_000;
const tickMs = 1000;
/** Well below the server's 20, which may count in windows that are not ours. */
export const framesPerSec = 10;
/** So long must a welcomed socket have lived that the next back-off begins anew. */
const stableAfterMs = 5000;

/** What the outside gives: replaced by fakes in tests. */
export interface ChatSocketEnv {
  openSocket: (url: string, protocol: string) => WebSocket;
  /** Monotonic, ms. */
  now: () => number;
  random: () => number;
  /** Both return what takes the call back. */
  after: (ms: number, act: () => void) => () => void;
  every: (ms: number, act: () => void) => () => void;
}
export const browserSocketEnv: ChatSocketEnv = {
  openSocket: (url, protocol) => new WebSocket(url, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, act) => {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
};

export interface ChatSocketOptions {
  /** `wss://appliance/chat/socket`. */
  url: string;
  /** The hello of this moment; undefined when there is no session any more. */
  hello: () => ChatRequest | undefined;
  onFrame: (frame: Exclude<ChatFrame, { type: 'pong' }>) => void;
  /** The socket is gone; another is coming unless `disconnect` is said. */
  onLost: () => void;
  env?: ChatSocketEnv;
}
export interface ChatSocket {
  connect: () => void;
  /** Gives the present socket up and opens another, after a back-off. */
  reconnect: () => void;
  disconnect: () => void;
  /** Sent on the present socket, or not at all. */
  send: (frame: ChatRequest) => void;
  /** The network is back, or the page is looked at again: try now. */
  wake: () => void;
}

export function createChatSocket(options: ChatSocketOptions): ChatSocket {
  const env = options.env ?? browserSocketEnv;
  let socket: WebSocket | undefined;
  let isWanted = false;
  let attempt = 0;
  let openedAt = 0;
  let welcomedAt: number | undefined;
  let heardAt = 0;
  let pingedAt: number | undefined;
  let pingId = 0;
  let outbox: ChatRequest[] = [];
  let sentAt: number[] = [];
  let stopRetry: (() => void) | undefined;
  let stopFlush: (() => void) | undefined;
  let stopTicks: (() => void) | undefined;

  const write = (frame: ChatRequest) => {
    if (socket?.readyState !== 1) return;
    sentAt.push(env.now());
    socket.send(JSON.stringify(frame));
  };
  const flush = () => {
    stopFlush?.();
    stopFlush = undefined;
    const now = env.now();
    sentAt = sentAt.filter((at) => now - at < 1000);
    while (outbox.length > 0 && sentAt.length < framesPerSec) {
      const frame = outbox.shift();
      if (frame) write(frame);
    }
    if (outbox.length > 0) stopFlush = env.after(Math.max(20, 1000 - (now - (sentAt[0] ?? now))), flush);
  };
  const send = (frame: ChatRequest) => {
    if (socket?.readyState !== 1) return;
    // That someone types is worth nothing a second later.
    if (frame.type === 'typing' && outbox.length > 0) return;
    outbox.push(frame);
    flush();
  };

  const drop = () => {
    const old = socket;
    if (!old) return;
    socket = undefined;
    outbox = [];
    pingedAt = undefined;
    if (welcomedAt !== undefined && env.now() - welcomedAt > stableAfterMs) attempt = 0;
    welcomedAt = undefined;
    old.close();
    options.onLost();
  };
  const retry = () => {
    if (!isWanted || stopRetry) return;
    stopRetry = env.after(backOffMs(attempt, env.random()), open);
    attempt += 1;
  };
  const renew = () => {
    drop();
    retry();
  };

  const take = (data: unknown) => {
    heardAt = env.now();
    pingedAt = undefined;
    const frame = JSON.parse(String(data)) as ChatFrame;
    if (frame.type === 'pong') return;
    if (frame.type === 'welcome') welcomedAt ??= heardAt;
    options.onFrame(frame);
  };

  function open(): void {
    stopRetry?.();
    stopRetry = undefined;
    if (!isWanted || socket) return;
    let mine: WebSocket;
    try {
      mine = env.openSocket(options.url, chatProtocol);
    } catch {
      retry();
      return;
    }
    socket = mine;
    openedAt = env.now();
    heardAt = openedAt;
    sentAt = [];
    mine.onopen = () => {
      if (socket !== mine) return;
      const hello = options.hello();
      if (hello) write(hello);
      else disconnect();
    };
    mine.onmessage = (event: MessageEvent) => {
      if (socket !== mine) return;
      try {
        take(event.data);
      } catch {
        renew();
      }
    };
    mine.onclose = () => {
      if (socket === mine) renew();
    };
  }

  const ping = () => {
    pingedAt = env.now();
    pingId += 1;
    write({ type: 'ping', id: pingId });
  };
  const tick = () => {
    if (!socket) return;
    const now = env.now();
    const isUnwelcome = welcomedAt === undefined && now - openedAt > openWithinMs;
    const isDead = pingedAt !== undefined && now - pingedAt >= pongWithinMs;
    if (isUnwelcome || isDead) renew();
    else if (welcomedAt !== undefined && pingedAt === undefined && now - heardAt >= pingEveryMs) ping();
  };

  function disconnect(): void {
    isWanted = false;
    for (const stop of [stopTicks, stopRetry, stopFlush]) stop?.();
    stopTicks = undefined;
    stopRetry = undefined;
    stopFlush = undefined;
    attempt = 0;
    drop();
  }

  return {
    connect: () => {
      if (isWanted) drop();
      isWanted = true;
      stopTicks ??= env.every(tickMs, tick);
      open();
    },
    reconnect: renew,
    disconnect,
    send,
    wake: () => {
      if (isWanted && !socket) open();
      else if (socket && welcomedAt !== undefined && pingedAt === undefined) ping();
    },
  };
}
