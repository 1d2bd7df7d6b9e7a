/**
 * Feeds live screens (design §7): one tree per scope, one merge patch per change, one encoded frame shared by every
 * socket of the scope. Law, tested: snapshot + patches = a fresh snapshot.
 *
 *   notify() --> now, if the last flush was > 50 ms ago; else at the 50 ms mark --> diff --> n+1 --> all sockets
 *
 * May not know HTTP, cookies or tickets: a socket comes with its owner and its scope.
 * Race stopped: an owner revoked by another process, or by hand in the database, is found by the guard in seconds.
 */
import type { LiveScope } from '../contract/live.ts';
import { encodeFrame, LiveChannel } from './live-channel.ts';
import { LiveClient } from './live-client.ts';
import type { CutReason, HubSocket, LiveOwner } from './live-client.ts';
import { LiveClients, maxSockets, maxSocketsOfOwner } from './live-clients.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { readLiveRequest } from './live-request.ts';
import type { ApiLogger, Clock, LiveSource } from './ports.ts';

export type { HubSocket, LiveOwner } from './live-client.ts';

/** Timers as a port, so that a test owns the time. Each answers how to cancel. */
export interface HubTimers {
  soon(work: () => void): void;
  after(ms: number, work: () => void): () => void;
  every(ms: number, work: () => void): () => void;
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
  /** Closes all of an owner's sockets at once, telling them so; answers how many. */
  cut(owner: LiveOwner): number;
  connectionsOf(owner: LiveOwner): number;
  metricsText(): string;
  close(): void;
}

export const flushEveryMs = 50;
export const beatEveryMs = 500;
export const guardEveryMs = 2500;
/** Minutes roll and days end without an event. */
const selfNotifyEveryBeats = 10;
const pingEveryBeats = 20;
const scopes = ['board', 'floor'] as const;
/** Those who broke the rules are told by a close code; those who do not listen would not hear it. */
const policyViolation = 1008;
const revokedCode = 4001;

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

class Hub implements LiveHub {
  readonly #deps: LiveHubDeps;
  readonly #timers: HubTimers;
  readonly #metrics = createLiveMetrics();
  readonly #channels: Record<LiveScope, LiveChannel>;
  readonly #clients = new LiveClients();
  readonly #stops: (() => void)[];
  #lastFlushMs = -Infinity;
  #isDue = false;
  #isGuarding = false;
  #isClosed = false;
  #beats = 0;

  constructor(deps: LiveHubDeps) {
    this.#deps = deps;
    this.#timers = deps.timers ?? realTimers;
    const { source, clock } = deps;
    this.#channels = {
      board: new LiveChannel('board', source, clock),
      floor: new LiveChannel('floor', source, clock),
    };
    this.#stops = [
      this.#timers.every(beatEveryMs, () => this.#beat()),
      this.#timers.every(guardEveryMs, () => void this.#guard()),
    ];
  }

  notify(): void {
    if (this.#isDue || this.#isClosed || this.#clients.count === 0) return;
    this.#isDue = true;
    const waitMs = flushEveryMs - (this.#now() - this.#lastFlushMs);
    const flush = () => this.#flush();
    // Not within the caller's turn: the call that brought the event goes first, and its siblings join the patch.
    if (waitMs <= 0) this.#timers.soon(flush);
    else this.#timers.after(waitMs, flush);
  }

  add(socket: HubSocket, scope: LiveScope, owner: LiveOwner): 'added' | 'full' | 'not-ready' {
    if (this.#isClosed || this.#clients.count >= maxSockets) return 'full';
    const channel = this.#channels[scope];
    // The first to watch takes the newest tree; later ones the one that the others have, and then the next patch.
    if (this.#clients.of(scope).size === 0) {
      try {
        channel.refresh();
      } catch (err) {
        this.#deps.logger.warn({ err, scope }, 'live state is not ready');
        return 'not-ready';
      }
    }
    // A screen that lost its network leaves dead sockets behind: its newest one counts.
    const mine = this.#clients.ofOwner(owner);
    if (mine[0] && mine.length >= maxSocketsOfOwner) this.#drop(mine[0], 'too-many');
    const client = new LiveClient(socket, owner, channel, this.#now());
    this.#clients.add(client);
    socket.on('close', () => this.#clients.remove(client));
    socket.on('error', () => this.#clients.remove(client));
    socket.on('pong', () => client.heard(this.#now()));
    socket.on('message', (data, isBinary) => this.#receive(client, data, isBinary));
    this.#send(client, channel.snapshot());
    return 'added';
  }

  cut(owner: LiveOwner): number {
    const mine = this.#clients.ofOwner(owner);
    for (const client of mine) {
      this.#clients.remove(client);
      client.send(encodeFrame({ type: 'revoked' }));
      client.socket.close(revokedCode, 'revoked');
    }
    return mine.length;
  }

  connectionsOf(owner: LiveOwner): number {
    return this.#clients.ofOwner(owner).length;
  }

  metricsText(): string {
    return this.#metrics.text({
      board: this.#clients.of('board').size,
      floor: this.#clients.of('floor').size,
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    for (const scope of scopes)
      for (const client of this.#clients.of(scope)) {
        this.#clients.remove(client);
        client.socket.close(1001, 'server stops');
      }
  }

  #now(): number {
    return this.#deps.clock.monotonicMs();
  }

  #drop(client: LiveClient, why: CutReason): void {
    if (!this.#clients.remove(client)) return;
    this.#metrics.cut(why);
    if (why === 'flood' || why === 'malformed') client.socket.close(policyViolation, why);
    else client.socket.terminate();
  }

  #send(client: LiveClient, frame: Buffer): void {
    if (!client.send(frame)) this.#drop(client, 'slow');
  }

  #sendAll(scope: LiveScope, frame: Buffer): void {
    const clients = this.#clients.of(scope);
    this.#metrics.sent(scope, clients.size);
    for (const client of clients) this.#send(client, frame);
  }

  #flush(): void {
    this.#isDue = false;
    if (this.#isClosed) return;
    this.#lastFlushMs = this.#now();
    for (const scope of scopes) {
      if (this.#clients.of(scope).size === 0) continue;
      try {
        const patch = this.#channels[scope].refresh();
        if (patch) this.#sendAll(scope, patch);
      } catch (err) {
        this.#metrics.failed();
        this.#deps.logger.error({ err, scope }, 'live state could not be read');
      }
    }
  }

  #receive(client: LiveClient, data: unknown, isBinary: boolean): void {
    // Frames that were under way when the socket was cut.
    if (!this.#clients.has(client)) return;
    if (!client.takeToken(this.#now())) return this.#drop(client, 'flood');
    const request = isBinary ? undefined : readLiveRequest(String(data));
    if (!request) return this.#drop(client, 'malformed');
    const { channel } = client;
    switch (request.type) {
      case 'resync':
        this.#metrics.resynced();
        return this.#send(client, channel.snapshot());
      case 'ping': {
        const serverAt = this.#deps.clock.now();
        return this.#send(client, encodeFrame({ type: 'pong', id: request.id, serverAt }));
      }
      case 'painted':
        // A number we never sent, or sent long ago, measures nothing.
        if (request.n <= channel.n && request.n > channel.n - 1000)
          this.#metrics.painted(channel.scope, request.latencyMs);
    }
  }

  #beat(): void {
    this.#beats += 1;
    if (this.#beats % selfNotifyEveryBeats === 0) this.notify();
    const now = this.#now();
    for (const scope of scopes) {
      for (const client of this.#clients.of(scope)) {
        const fault = client.faultAt(now);
        if (fault) this.#drop(client, fault);
        else if (this.#beats % pingEveryBeats === 0) client.socket.ping();
      }
      if (this.#clients.of(scope).size > 0) this.#sendAll(scope, this.#channels[scope].beat());
    }
  }

  async #guard(): Promise<void> {
    const { standing, logger } = this.#deps;
    if (!standing || this.#isGuarding) return;
    this.#isGuarding = true;
    try {
      for (const kind of ['display', 'session'] as const) {
        const ids = this.#clients.ownerIds(kind);
        if (ids.length === 0) continue;
        const kept = await standing(kind, ids);
        for (const id of ids) if (!kept.has(id)) this.cut({ kind, id });
      }
    } catch (err) {
      // Postgres or Redis is away: nobody's right to watch was taken, so the screens go on.
      logger.warn({ err }, 'rights of live sockets could not be checked');
    } finally {
      this.#isGuarding = false;
    }
  }
}

export const createLiveHub = (deps: LiveHubDeps): LiveHub => new Hub(deps);
