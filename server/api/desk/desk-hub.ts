/**
 * Feeds the agents' pages: the whole desk of an agent whenever it looks different, and each message as it comes. A desk is
 * small and has one or two readers, so it is sent whole: nothing can be out of step after a reconnect.
 * May not know HTTP, cookies or tickets: a socket comes with its session and its agent.
 * Races stopped: a session that ended elsewhere is found by the guard in seconds; a page that does not read is cut rather
 * than waited for, and comes back to a fresh desk.
 */
import type { DeskFrame } from '../../contract/desk.ts';
import { type HubSocket, type LiveOwner, maxBufferedBytes, maxSilenceMs } from '../live-client.ts';
import type { ApiLogger, Clock } from '../ports.ts';
import type { DeskPort } from './port.ts';

export const deskFlushMs = 50;
export const deskBeatMs = 500;
/** Queues fill and agents come without an event of one's own. */
const sweepEveryBeats = 2;
const guardEveryBeats = 5;
const pingEveryBeats = 20;
const maxPagesOfAgent = 8;

interface Page {
  socket: HubSocket;
  owner: LiveOwner;
  agentId: string;
  n: number;
  heardAtMs: number;
}

export interface DeskHub {
  add(socket: HubSocket, owner: LiveOwner, agentId: string): 'added' | 'full' | 'not-ready';
  cut(owner: LiveOwner): number;
  close(): void;
}

export interface DeskHubDeps {
  desk: DeskPort;
  clock: Clock;
  logger: ApiLogger;
  standing(sessionIds: string[]): Promise<Set<string>>;
}

class Hub implements DeskHub {
  readonly #deps: DeskHubDeps;
  readonly #pages = new Map<string, Set<Page>>();
  readonly #sent = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #beatTimer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #flushTimer: NodeJS.Timeout | undefined;
  #beats = 0;
  #isClosed = false;

  constructor(deps: DeskHubDeps) {
    this.#deps = deps;
    this.#beatTimer = setInterval(() => this.#beat(), deskBeatMs);
    this.#beatTimer.unref();
    this.#stopListening = deps.desk.listen({
      message: (agentIds, message) => {
        for (const agentId of agentIds)
          for (const page of this.#of(agentId))
            this.#send(page, { type: 'message', ...this.#head(page), message });
      },
      changed: (agentIds) => this.#mark(agentIds ?? this.#pages.keys()),
    });
  }

  add(socket: HubSocket, owner: LiveOwner, agentId: string): 'added' | 'full' | 'not-ready' {
    const mine = this.#pages.get(agentId) ?? new Set<Page>();
    if (this.#isClosed || mine.size >= maxPagesOfAgent) return 'full';
    const desk = this.#deps.desk.view(agentId);
    if (!desk) return 'not-ready';
    const page: Page = { socket, owner, agentId, n: 0, heardAtMs: this.#deps.clock.monotonicMs() };
    mine.add(page);
    this.#pages.set(agentId, mine);
    const drop = () => this.#drop(page);
    socket.on('close', drop);
    socket.on('error', drop);
    socket.on('pong', () => (page.heardAtMs = this.#deps.clock.monotonicMs()));
    // The page has nothing to say here: what an agent does goes by HTTP.
    socket.on('message', () => this.#end(page, 1008, 'nothing is expected'));
    this.#send(page, { type: 'desk', ...this.#head(page), desk });
    if (mine.size === 1) this.#deps.desk.presence(agentId, true);
    return 'added';
  }

  cut(owner: LiveOwner): number {
    let count = 0;
    for (const page of this.#all())
      if (page.owner.kind === owner.kind && page.owner.id === owner.id) {
        this.#send(page, { type: 'revoked' });
        this.#end(page, 4001, 'revoked');
        count += 1;
      }
    return count;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beatTimer);
    clearTimeout(this.#flushTimer);
    this.#stopListening();
    for (const page of this.#all()) this.#end(page, 1001, 'server stops');
  }

  #of(agentId: string): Page[] {
    return [...(this.#pages.get(agentId) ?? [])];
  }

  #all(): Page[] {
    return [...this.#pages.values()].flatMap((pages) => [...pages]);
  }

  #head(page: Page): { n: number; serverAt: number } {
    page.n += 1;
    return { n: page.n, serverAt: this.#deps.clock.now() };
  }

  #mark(agentIds: Iterable<string>): void {
    for (const agentId of agentIds) if (this.#pages.has(agentId)) this.#dirty.add(agentId);
    if (this.#dirty.size > 0 && !this.#isClosed)
      this.#flushTimer ??= setTimeout(() => this.#flush(), deskFlushMs);
  }

  #flush(): void {
    this.#flushTimer = undefined;
    for (const agentId of this.#dirty) this.#show(agentId);
    this.#dirty.clear();
  }

  /** Only what looks different is sent. */
  #show(agentId: string): void {
    const desk = this.#deps.desk.view(agentId);
    if (!desk) {
      for (const page of this.#of(agentId)) this.#end(page, 1013, 'not in the site');
      return;
    }
    const text = JSON.stringify(desk);
    if (this.#sent.get(agentId) === text) return;
    this.#sent.set(agentId, text);
    for (const page of this.#of(agentId)) this.#send(page, { type: 'desk', ...this.#head(page), desk });
  }

  #beat(): void {
    this.#beats += 1;
    const serverAt = this.#deps.clock.now();
    if (this.#beats % sweepEveryBeats === 0) for (const agentId of this.#pages.keys()) this.#show(agentId);
    const nowMs = this.#deps.clock.monotonicMs();
    for (const page of this.#all()) {
      if (nowMs - page.heardAtMs > maxSilenceMs) this.#end(page, 1001, 'silent');
      else this.#send(page, { type: 'beat', serverAt });
      if (this.#beats % pingEveryBeats === 0) page.socket.ping();
    }
    if (this.#beats % guardEveryBeats === 0) void this.#guard();
  }

  async #guard(): Promise<void> {
    const ids = [...new Set(this.#all().map(({ owner }) => owner.id))];
    if (ids.length === 0) return;
    try {
      const standing = await this.#deps.standing(ids);
      for (const id of ids) if (!standing.has(id)) this.cut({ kind: 'session', id });
    } catch (err) {
      this.#deps.logger.warn({ err }, 'the sessions of open desks could not be checked');
    }
  }

  #send(page: Page, frame: DeskFrame): void {
    if (page.socket.bufferedAmount > maxBufferedBytes) this.#end(page, 1013, 'slow');
    else page.socket.send(Buffer.from(JSON.stringify(frame)), { binary: false });
  }

  #end(page: Page, code: number, reason: string): void {
    this.#drop(page);
    page.socket.close(code, reason);
  }

  #drop(page: Page): void {
    const mine = this.#pages.get(page.agentId);
    if (!mine?.delete(page) || mine.size > 0) return;
    this.#pages.delete(page.agentId);
    this.#sent.delete(page.agentId);
    this.#deps.desk.presence(page.agentId, false);
  }
}

export const createDeskHub = (deps: DeskHubDeps): DeskHub => new Hub(deps);
