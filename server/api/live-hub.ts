/**
 * Feeds live screens (design §7): one tree per scope, one merge patch per change, one encoded frame shared by every
 * socket of the scope. Law, tested: snapshot + patches = a fresh snapshot.
 *
 *   notify() --> now, if the last flush was > 50 ms ago; else at the 50 ms mark --> diff --> n+1 --> all sockets
 *
 * A screen that cannot follow is cut rather than waited for: it reconnects and takes a snapshot, so memory stays
 * bounded by sockets x limit. May not know HTTP, cookies or tickets: a socket comes with its owner and its scope.
 * Races stopped: a snapshot is always the tree as of the last number sent, never newer, so the next patch fits;
 * an owner revoked by another process (or by hand in the database) is found by the guard within seconds.
 */
import type { LiveMessage, LiveScope } from '../contract/live.ts';
import { diffMergePatch } from '../contract/merge-patch.ts';
import type { JsonObject } from '../contract/merge-patch.ts';
import { readLiveRequest } from './live-request.ts';
import { createLiveMetrics } from './live-metrics.ts';
import type { ApiLogger, Clock, LiveSource } from './ports.ts';

/** What the hub needs of a `ws` socket. */
export interface HubSocket {
  readonly bufferedAmount: number;
  send(data: Buffer, options: { binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): void;
  on(event: 'pong' | 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** Timers as a port, so that a test owns the time. Each answers how to cancel. */
export interface HubTimers {
  soon(work: () => void): void;
  after(ms: number, work: () => void): () => void;
  every(ms: number, work: () => void): () => void;
}

export interface LiveOwner {
  kind: 'display' | 'session';
  id: string;
}

export interface LiveHubDeps {
  source: LiveSource;
  clock: Clock;
  logger: ApiLogger;
  timers?: HubTimers;
  /** Of these owners, the ones that may still watch. */
  standing?: (kind: LiveOwner['kind'], ids: string[]) => Promise<Set<string>>;
}

export interface LiveHub {
  /** Something changed; cheap, may be called for every event. */
  notify(): void;
  /** Takes the socket over and sends a snapshot; `full` when too many are open, `not-ready` without a state. */
  add(socket: HubSocket, scope: LiveScope, owner: LiveOwner): 'added' | 'full' | 'not-ready';
  /** Closes all of an owner's sockets at once; a revoked one is told so. */
  cut(owner: LiveOwner): number;
  connectionsOf(owner: LiveOwner): number;
  metricsText(): string;
  close(): void;
}

export const flushEveryMs = 50;
const beatEveryMs = 500;
const guardEveryMs = 2500;
/** Minutes roll and days end without an event. */
const selfNotifyEveryBeats = 10;
const pingEveryBeats = 20;
const maxSilenceMs = 30_000;
const maxBufferedBytes = 1_000_000;
const maxStuckMs = 5000;
/** Twenty `painted` a second are due at full speed, so the limit stands above that. */
const inboundPerSec = 40;
const inboundBurst = 80;
const maxSockets = 2000;
const maxSocketsOfOwner = 16;

interface Client {
  socket: HubSocket;
  owner: LiveOwner;
  channel: Channel;
  heardAtMs: number;
  stuckSinceMs: number | undefined;
  tokens: number;
  tokensAtMs: number;
}

interface Channel {
  scope: LiveScope;
  n: number;
  tree: JsonObject | undefined;
  /** Text of `tree`, made when a snapshot is asked for and shared by all who ask before the next change. */
  treeText: string | undefined;
  /** A screen that was sent a large snapshot may have that much under way. */
  snapshotBytes: number;
  eventAt: number;
  clients: Set<Client>;
}

const realTimers: HubTimers = {
  soon: (work) => void setImmediate(work),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

const encode = (message: LiveMessage): Buffer => Buffer.from(JSON.stringify(message), 'utf8');
const asText = { binary: false };
const keyOf = (owner: LiveOwner) => `${owner.kind}:${owner.id}`;

export function createLiveHub(deps: LiveHubDeps): LiveHub {
  const { source, clock, logger } = deps;
  const timers = deps.timers ?? realTimers;
  const metrics = createLiveMetrics();
  const newChannel = (scope: LiveScope): Channel => ({
    scope,
    n: 0,
    tree: undefined,
    treeText: undefined,
    snapshotBytes: 0,
    eventAt: 0,
    clients: new Set(),
  });
  const channels: Record<LiveScope, Channel> = { board: newChannel('board'), floor: newChannel('floor') };
  const every = Object.values(channels);
  const owners = new Map<string, Set<Client>>();
  let socketCount = 0;
  let lastFlushMs = -Infinity;
  let isDue = false;
  let isClosed = false;
  let beats = 0;
  let cancelFlush: (() => void) | undefined;

  const forget = (client: Client) => {
    if (!client.channel.clients.delete(client)) return;
    socketCount -= 1;
    const key = keyOf(client.owner);
    const mine = owners.get(key);
    mine?.delete(client);
    if (mine?.size === 0) owners.delete(key);
  };
  const drop = (client: Client, why: 'slow' | 'silent' | 'flood' | 'malformed' | 'full') => {
    metrics.cut(why);
    forget(client);
    if (why === 'flood' || why === 'malformed') client.socket.close(1008, why);
    else client.socket.terminate();
  };

  const read = (scope: LiveScope): JsonObject =>
    // The states are plain JSON trees by contract; interfaces have no index signature, hence the cast.
    (scope === 'board' ? source.board() : source.floor()) as unknown as JsonObject;

  const sendAll = (channel: Channel, frame: Buffer) => {
    const limit = Math.max(maxBufferedBytes, 2 * channel.snapshotBytes);
    for (const client of channel.clients) {
      if (client.socket.bufferedAmount > limit) drop(client, 'slow');
      else client.socket.send(frame, asText);
    }
    metrics.sent(channel.scope, channel.clients.size);
  };

  /** Takes the newest tree; with sockets open, tells them the difference. */
  const refresh = (channel: Channel) => {
    const next = read(channel.scope);
    const patch = channel.tree === undefined ? undefined : diffMergePatch(channel.tree, next);
    if (channel.tree !== undefined && patch === undefined) return;
    channel.tree = next;
    channel.treeText = undefined;
    channel.eventAt = source.eventAt();
    channel.n += 1;
    if (patch === undefined || channel.clients.size === 0) return;
    const { n, eventAt } = channel;
    sendAll(channel, encode({ type: 'patch', n, serverAt: clock.now(), eventAt, patch }));
  };

  const flush = () => {
    cancelFlush = undefined;
    isDue = false;
    if (isClosed) return;
    lastFlushMs = clock.monotonicMs();
    for (const channel of every) {
      if (channel.clients.size === 0) continue;
      try {
        refresh(channel);
      } catch (err) {
        metrics.failed();
        logger.error({ err, scope: channel.scope }, 'live state could not be read');
      }
    }
  };

  const notify = () => {
    if (isDue || isClosed || socketCount === 0) return;
    isDue = true;
    const waitMs = flushEveryMs - (clock.monotonicMs() - lastFlushMs);
    // Not within the caller's turn: the call that brought the event goes first, and its siblings join the patch.
    if (waitMs <= 0) timers.soon(flush);
    else cancelFlush = timers.after(waitMs, flush);
  };

  const sendSnapshot = (client: Client) => {
    const { channel } = client;
    if (client.socket.bufferedAmount > maxBufferedBytes) return drop(client, 'slow');
    channel.treeText ??= JSON.stringify(channel.tree);
    const head = `{"type":"snapshot","n":${channel.n},"serverAt":${clock.now()},"eventAt":${channel.eventAt}`;
    const frame = Buffer.from(`${head},"state":${channel.treeText}}`, 'utf8');
    channel.snapshotBytes = frame.length;
    client.socket.send(frame, asText);
  };

  const isFlooding = (client: Client): boolean => {
    const now = clock.monotonicMs();
    const refill = ((now - client.tokensAtMs) / 1000) * inboundPerSec;
    client.tokens = Math.min(inboundBurst, client.tokens + refill) - 1;
    client.tokensAtMs = now;
    client.heardAtMs = now;
    return client.tokens < 0;
  };

  const receive = (client: Client, data: unknown, isBinary: boolean) => {
    if (!client.channel.clients.has(client)) return;
    if (isFlooding(client)) return drop(client, 'flood');
    const request = isBinary ? undefined : readLiveRequest(String(data));
    if (!request) return drop(client, 'malformed');
    const { channel } = client;
    if (request.type === 'resync') {
      metrics.resynced();
      sendSnapshot(client);
    } else if (request.type === 'ping')
      client.socket.send(encode({ type: 'pong', id: request.id, serverAt: clock.now() }), asText);
    else if (request.n <= channel.n && request.n > channel.n - 1000)
      metrics.painted(channel.scope, request.latencyMs);
  };

  const inspect = (client: Client, now: number) => {
    client.stuckSinceMs = client.socket.bufferedAmount > 0 ? (client.stuckSinceMs ?? now) : undefined;
    if (client.stuckSinceMs !== undefined && now - client.stuckSinceMs > maxStuckMs) drop(client, 'slow');
    else if (now - client.heardAtMs > maxSilenceMs) drop(client, 'silent');
    else if (beats % pingEveryBeats === 0) client.socket.ping();
  };

  const beat = () => {
    beats += 1;
    if (beats % selfNotifyEveryBeats === 0) notify();
    const now = clock.monotonicMs();
    for (const channel of every) {
      for (const client of channel.clients) inspect(client, now);
      if (channel.clients.size > 0)
        sendAll(channel, encode({ type: 'beat', n: channel.n, serverAt: clock.now() }));
    }
  };

  const cut = (owner: LiveOwner): number => {
    const mine = [...(owners.get(keyOf(owner)) ?? [])];
    for (const client of mine) {
      forget(client);
      client.socket.send(encode({ type: 'revoked' }), asText);
      client.socket.close(4001, 'revoked');
    }
    return mine.length;
  };

  const guard = async () => {
    const { standing } = deps;
    if (!standing || owners.size === 0) return;
    for (const kind of ['display', 'session'] as const) {
      const ids = [...owners.values()].flatMap((set) => {
        const [first] = set;
        return first?.owner.kind === kind ? [first.owner.id] : [];
      });
      if (ids.length === 0) continue;
      const kept = await standing(kind, ids);
      for (const id of ids) if (!kept.has(id)) cut({ kind, id });
    }
  };
  let isGuarding = false;
  const guardOnce = () => {
    if (isGuarding) return;
    isGuarding = true;
    guard()
      // Postgres or Redis is away: nobody's right to watch was taken, so the screens go on.
      .catch((err: unknown) => logger.warn({ err }, 'rights of live sockets could not be checked'))
      .finally(() => {
        isGuarding = false;
      });
  };

  const stopBeat = timers.every(beatEveryMs, beat);
  const stopGuard = timers.every(guardEveryMs, guardOnce);

  return {
    notify,
    cut,
    add(socket, scope, owner) {
      const key = keyOf(owner);
      const mine = owners.get(key) ?? new Set<Client>();
      if (isClosed || socketCount >= maxSockets) return 'full';
      const channel = channels[scope];
      // The first to watch takes the newest tree; later ones the one that the others have, and then the next patch.
      if (channel.clients.size === 0) {
        try {
          refresh(channel);
        } catch (err) {
          logger.warn({ err, scope }, 'live state is not ready');
          return 'not-ready';
        }
      }
      // A screen that lost its network leaves dead sockets behind: its newest one counts.
      const [oldest] = mine;
      if (oldest && mine.size >= maxSocketsOfOwner) drop(oldest, 'full');
      const now = clock.monotonicMs();
      const client: Client = {
        socket,
        owner,
        channel,
        heardAtMs: now,
        stuckSinceMs: undefined,
        tokens: inboundBurst,
        tokensAtMs: now,
      };
      channel.clients.add(client);
      mine.add(client);
      owners.set(key, mine);
      socketCount += 1;
      socket.on('close', () => forget(client));
      socket.on('error', () => forget(client));
      socket.on('pong', () => {
        client.heardAtMs = clock.monotonicMs();
      });
      socket.on('message', (data, isBinary) => receive(client, data, isBinary));
      sendSnapshot(client);
      return 'added';
    },
    connectionsOf: (owner) => owners.get(keyOf(owner))?.size ?? 0,
    metricsText: () =>
      metrics.text({ board: channels.board.clients.size, floor: channels.floor.clients.size }),
    close() {
      isClosed = true;
      stopBeat();
      stopGuard();
      cancelFlush?.();
      for (const channel of every)
        for (const client of channel.clients) {
          forget(client);
          client.socket.close(1001, 'server stops');
        }
    },
  };
}
