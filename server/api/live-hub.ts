/**
 * Feeds live screens (design §7): one tree per channel, one merge patch per change, one encoded frame shared by every
 * socket of the channel. The standard board and the floor are a channel each; displays with boards share one where their
 * settings are equal, users who are limited to teams and queues where their views are; made for the first, dropped with the last. Law, tested: snapshot + patches = a fresh snapshot.
 *
 *   notify() --> each channel in its turn: at once, or 40 ms after it was last told --> diff --> n+1 --> its sockets
 *
 * A display whose settings changed is told `settings`; one that does not act on it is closed by the guard.
 *
 * May not know HTTP, cookies or tickets: a socket comes with its owner, its scope and its settings.
 * Races stopped: an owner revoked by another process, or by hand in the database, is found by the guard in seconds; so is a
 * display whose settings changed while its ticket was under way.
 */
import type { DisplaySettings } from '../contract/boards.ts';
import type { View } from '../auth/view.ts';
import type { LiveScope } from '../contract/live.ts';
import type { UserView } from '../contract/user-view.ts';
import { encodeFrame, LiveChannel } from './live-channel.ts';
import { LiveClient } from './live-client.ts';
import type { CutReason, HubSocket, LiveOwner } from './live-client.ts';
import { LiveClients, maxSockets, maxSocketsOfOwner } from './live-clients.ts';
import { LiveLook } from './live-look.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { LivePace, tellEveryMs } from './live-pace.ts';
import { readLiveRequest } from './live-request.ts';
import { keyOfView, settingsKey, viewOf, type LiveGrant } from './live-view.ts';
import type { ApiLogger, BoardScreens, Clock, LiveSource } from './ports.ts';

export type { HubSocket, LiveOwner } from './live-client.ts';

/** Timers as a port, so that a test owns the time. Each answers how to cancel. */
export interface HubTimers {
  soon(work: () => void): void;
  after(ms: number, work: () => void): () => void;
  every(ms: number, work: () => void): () => void;
}

export interface LiveHubDeps {
  source: LiveSource;
  /** Without it every display is sent the standard board. */
  screens?: BoardScreens;
  clock: Clock;
  logger: ApiLogger;
  timers?: HubTimers;
  /** Of these owners, the ones that may still watch. */
  standing?: (kind: LiveOwner['kind'], ids: string[]) => Promise<Set<string>>;
  /** What limits of a user come to in the site in force. */
  viewed?: (limits: UserView) => View;
  /** Settings of these displays now. */
  settingsAmong?: (displayIds: string[]) => Promise<ReadonlyMap<string, DisplaySettings | undefined>>;
}

export interface LiveHub {
  /** Something changed; cheap, may be called for every event. */
  notify(): void;
  /** Takes the socket over and sends a snapshot; `full` when too many are open, `not-ready` without a state. */
  add(
    socket: HubSocket,
    scope: LiveScope,
    owner: LiveOwner,
    grant?: LiveGrant,
  ): 'added' | 'full' | 'not-ready';
  /** A display shows this from now on; its sockets that show anything else are told. */
  settingsChanged(displayId: string, settings: DisplaySettings | undefined): void;
  /** Closes all of an owner's sockets at once, telling them so; answers how many. */
  cut(owner: LiveOwner): number;
  connectionsOf(owner: LiveOwner): number;
  metricsText(): string;
  close(): void;
}

/** Then calls have theirs. */
export const turnMs = 6;
export const beatEveryMs = 500;
export const guardEveryMs = 2500;
/** Minutes roll and days end without an event; windows that boards show move all the time. */
const selfNotifyEveryBeats = 10;
const boardsEveryBeats = 2;
const pingEveryBeats = 20;
/** Those who broke the rules are told by a close code; those who do not listen would not hear it. */
const policyViolation = 1008;
const revokedCode = 4001;
const settingsCode = 4002;

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
  /** Their numbers go on while nobody watches. */
  readonly #lasting: readonly LiveChannel[];
  readonly #clients = new LiveClients();
  readonly #pace = new LivePace();
  readonly #stops: (() => void)[];
  /** When the next turn is; Infinity: nobody is to be told anything. */
  #turnAtMs = Infinity;
  /** Of the turn that counts; one that was put off for an earlier one does nothing. */
  #turn = 0;
  /** Of this instant, for all that are told before anything else happens. */
  #seen: LiveLook | undefined;
  #isGuarding = false;
  #isClosed = false;
  #beats = 0;

  constructor(deps: LiveHubDeps) {
    this.#deps = deps;
    this.#timers = deps.timers ?? realTimers;
    const { clock } = deps;
    this.#lasting = [new LiveChannel({ kind: 'board' }, clock), new LiveChannel({ kind: 'floor' }, clock)];
    this.#stops = [
      this.#timers.every(beatEveryMs, () => this.#beat()),
      this.#timers.every(guardEveryMs, () => void this.#guard()),
    ];
  }

  notify(): void {
    if (this.#isClosed || this.#clients.count === 0) return;
    this.#seen = undefined;
    this.#pace.heard();
    // None comes before that one but where it is one of the dear.
    if (this.#turnAtMs <= this.#now() + tellEveryMs) return;
    this.#planTurn();
  }

  add(
    socket: HubSocket,
    scope: LiveScope,
    owner: LiveOwner,
    grant: LiveGrant = {},
  ): 'added' | 'full' | 'not-ready' {
    if (this.#isClosed || this.#clients.count >= maxSockets) return 'full';
    const channel = this.#channelFor(scope, grant);
    // The first to watch takes the newest tree; later ones the one that the others have, and then the next patch.
    if (this.#clients.of(channel).size === 0) {
      try {
        channel.refresh(this.#look());
      } catch (err) {
        this.#deps.logger.warn({ err, scope }, 'live state is not ready');
        return 'not-ready';
      }
    }
    // A screen that lost its network leaves dead sockets behind: its newest one counts.
    const mine = this.#clients.ofOwner(owner);
    if (mine[0] && mine.length >= maxSocketsOfOwner) this.#drop(mine[0], 'too-many');
    const client = new LiveClient(socket, owner, channel, this.#now(), settingsKey(grant.settings));
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

  settingsChanged(displayId: string, settings: DisplaySettings | undefined): void {
    const key = settingsKey(settings);
    for (const client of this.#clients.ofOwner({ kind: 'display', id: displayId })) {
      if (client.isTold || client.settingsKey === key) continue;
      client.isTold = true;
      this.#send(client, encodeFrame({ type: 'settings' }));
    }
  }

  connectionsOf(owner: LiveOwner): number {
    return this.#clients.ofOwner(owner).length;
  }

  metricsText(): string {
    return this.#metrics.text((kind) => this.#clients.countOf(kind));
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    for (const channel of this.#clients.channels())
      for (const client of this.#clients.of(channel)) {
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

  #look(): LiveLook {
    return new LiveLook(this.#deps.source, this.#deps.screens, this.#deps.viewed);
  }

  #channelFor(scope: LiveScope, { settings, limits }: LiveGrant): LiveChannel {
    const view = viewOf(scope, {
      ...(this.#deps.screens && settings && { settings }),
      ...(limits && { limits }),
    });
    const key = keyOfView(view);
    return (
      this.#clients.channel(key) ??
      this.#lasting.find((channel) => channel.key === key) ??
      new LiveChannel(view, this.#deps.clock)
    );
  }

  #sendAll(channel: LiveChannel, frame: Buffer): void {
    const clients = this.#clients.of(channel);
    this.#metrics.sent(channel.view.kind, clients.size);
    for (const client of clients) this.#send(client, frame);
  }

  #planTurn(): void {
    const [next] = this.#pace.due(this.#clients.channels());
    this.#turnAtMs = next?.atMs ?? Infinity;
    const turn = ++this.#turn;
    if (!next) {
      this.#seen = undefined;
      return;
    }
    const take = () => {
      if (turn === this.#turn) this.#takeTurn();
    };
    const waitMs = next.atMs - this.#now();
    // Not within the caller's turn: the call that brought the event goes first, and its siblings join the patch.
    if (waitMs <= 0) this.#timers.soon(take);
    else this.#timers.after(waitMs, take);
  }

  /** Those that are due now share a look, as far as they fit into one turn. */
  #takeTurn(): void {
    if (this.#isClosed) return;
    const endMs = this.#now() + turnMs;
    for (const { channel, atMs } of this.#pace.due(this.#clients.channels())) {
      if (atMs > this.#now()) break;
      this.#tell(channel);
      if (this.#now() >= endMs) break;
    }
    this.#planTurn();
  }

  /** The patch of one channel, if there is any, to all who watch it. */
  #tell(channel: LiveChannel): void {
    const startMs = this.#now();
    let madeMs = startMs;
    try {
      this.#seen ??= this.#look();
      const patch = channel.refresh(this.#seen);
      madeMs = this.#now();
      if (patch) this.#sendAll(channel, patch);
    } catch (err) {
      this.#metrics.failed();
      this.#deps.logger.error({ err, scope: channel.view.kind }, 'live state could not be read');
    }
    this.#pace.took(channel, startMs, madeMs - startMs, this.#now());
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
          this.#metrics.painted(channel.view.kind, request.latencyMs);
    }
  }

  #beat(): void {
    this.#beats += 1;
    const channels = this.#clients.channels();
    const hasBoards = channels.some(({ view }) => view.kind === 'boards');
    if (this.#beats % (hasBoards ? boardsEveryBeats : selfNotifyEveryBeats) === 0) this.notify();
    const now = this.#now();
    for (const channel of channels) {
      for (const client of this.#clients.of(channel)) {
        const fault = client.faultAt(now);
        if (fault) this.#drop(client, fault);
        else if (this.#beats % pingEveryBeats === 0) client.socket.ping();
      }
      this.#sendAll(channel, channel.beat());
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
      await this.#guardSettings();
    } catch (err) {
      // Postgres or Redis is away: nobody's right to watch was taken, so the screens go on.
      logger.warn({ err }, 'rights of live sockets could not be checked');
    } finally {
      this.#isGuarding = false;
    }
  }

  async #guardSettings(): Promise<void> {
    const ids = this.#clients.ownerIds('display');
    if (!this.#deps.settingsAmong || ids.length === 0) return;
    // Whoever has been told has had time to ask for its state anew.
    const told = ids
      .flatMap((id) => this.#clients.ofOwner({ kind: 'display', id }))
      .filter((one) => one.isTold);
    for (const [id, settings] of await this.#deps.settingsAmong(ids)) this.settingsChanged(id, settings);
    for (const client of told)
      if (this.#clients.remove(client)) client.socket.close(settingsCode, 'settings');
  }
}

export const createLiveHub = (deps: LiveHubDeps): LiveHub => new Hub(deps);
