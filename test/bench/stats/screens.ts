/**
 * Displays with boards and consoles on one hub: 500 sockets over 10 boards of 20 widgets each and 200 on the floor, at 50 events a
 * second, with the live fold of 20 queues, 200 agents and 100 waiting; then the same beside a display that does not read. The
 * sockets are held by another process, which is this file with `screens` and an address.
 */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { createLiveHub, type LiveHub } from '../../../server/api/live-hub.ts';
import { BoardTrees } from '../../../server/app/boards/board-tree.ts';
import type { BoardLive } from '../../../server/app/boards/ports.ts';
import type { BoardRow } from '../../../server/contract/boards.ts';
import type { EventDraft, HearthlineEvent } from '../../../server/contract/events.ts';
import { createLiveStats, type LiveStats } from '../../../server/stats/live-state.ts';
import { figure, note, spread } from '../../support/figures.ts';
import { boardRow, sourcesOf } from './bench-boards.ts';

const displays = 500;
const consoles = 200;
const screens = displays + consoles;
const boardCount = 10;
const eventsPerSec = 50;
const measuredMs = 15_000;
/** With its own buffers of the network full, the one that reads nothing is cut in this time. */
const deafMs = 20_000;
const queueCount = 20;
const agentCount = 200;
const waitingAtStart = 100;
const limitMs = 50;
/** `{"type":"patch"`: no other frame has this letter there. */
const patchLetterAt = 10;
const patchLetter = 'a'.charCodeAt(0);

const now = () => performance.timeOrigin + performance.now();
const sleepUntil = (at: number) => new Promise((done) => setTimeout(done, Math.max(0, at - now())));
const queueId = (index: number) => `q${index % queueCount}`;
const agentId = (index: number) => String(100 + (index % agentCount));

/** The other process: sockets that read everything, and tell how many patches came, on the end of stdin. `deaf` opens one that reads nothing. */
async function watchAll(url: string): Promise<void> {
  let patches = 0;
  for (let index = 0; index < screens; index += 1) {
    const socket = new WebSocket(`${url}?${index}`);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"type":"patch"')) patches += 1;
    });
    await new Promise((done, failed) => socket.once('message', done).once('error', failed));
  }
  process.stdout.write('open\n');
  process.stdin.on('data', () => {
    const deaf = new WebSocket(`${url}?${screens}`);
    // Whole trees that it asked for fill what the network holds for it.
    deaf.on('open', () => {
      for (let asked = 0; asked < 70; asked += 1) deaf.send('{"type":"resync"}');
      deaf.pause();
    });
    deaf.on('error', () => undefined);
  });
  process.stdin.on('end', () => {
    process.stdout.write(`${patches}\n`);
    process.exit(0);
  });
}

/** Calls that come, are answered and end, one event each turn. */
function* life(): Generator<EventDraft> {
  let made = 0;
  let answered = 0;
  let ended = 0;
  const base = (index: number) => ({ contactId: `c${index}`, queueId: queueId(index) });
  const pii = { from: '+390551234567' };
  for (;;) {
    const at = Date.now();
    const index = made++;
    yield {
      type: 'contact.arrived',
      at,
      ...base(index),
      data: { channel: 'voice', numberId: '700', language: 'en', trunkId: 'in', pii },
    };
    yield {
      type: 'contact.queued',
      at,
      ...base(index),
      data: { channel: 'voice', priority: 0, position: 1 },
    };
    if (made <= waitingAtStart) continue;
    const oldest = answered++;
    const agent = { agentId: agentId(oldest) };
    const offer = { offerId: `o${oldest}`, phoneId: 'p1' };
    yield {
      type: 'contact.answered',
      at,
      ...base(oldest),
      ...agent,
      data: { ...offer, waitMs: 9000, ringMs: 2000, inTarget: true },
    };
    yield { type: 'agent.state-changed', at, ...agent, data: { from: 'ready', to: 'talking', forMs: 5000 } };
    if (answered <= agentCount / 2) continue;
    const first = ended++;
    const data = {
      outcome: 'answered',
      endedBy: 'customer',
      reason: 'bye',
      talkMs: 60_000,
      holdMs: 0,
    } as const;
    yield { type: 'contact.ended', at, ...base(first), agentId: agentId(first), data };
    yield {
      type: 'agent.state-changed',
      at,
      agentId: agentId(first),
      data: { from: 'talking', to: 'ready', forMs: 60_000 },
    };
  }
}

/** The fold of a busy floor, and what happens on it, one event at a time. */
class Floor {
  readonly stats: LiveStats;
  readonly #events = life();
  #seq = 0;
  eventAt = 0;

  constructor() {
    const queues = Array.from({ length: queueCount }, (_, index) => ({
      id: queueId(index),
      name: `Queue ${index}`,
      targetPercent: 80,
      targetMs: 20_000,
      shortAbandonMs: 5000,
    }));
    const agents = Array.from({ length: agentCount }, (_, index) => ({
      id: agentId(index),
      name: `Agent ${index}`,
      queueIds: [queueId(index), queueId(index + 7)],
    }));
    const site = { name: 'Bench', timeZone: 'UTC', language: 'en', queues, agents, phones: [], trunks: [] };
    this.stats = createLiveStats(site);
    this.stats.rollDay(Date.now() - 3_600_000);
    for (const { id } of agents)
      this.#apply({
        type: 'agent.logged-in',
        at: Date.now(),
        agentId: id,
        data: { phoneId: `p${id}`, how: 'web' },
      });
    for (let turn = 0; turn < 3000; turn += 1) this.happen();
  }

  happen(): void {
    this.#apply((this.#events.next() as { value: EventDraft }).value);
    this.eventAt = now();
  }

  board = () => this.stats.board(now());
  floor = () => this.stats.floor(now());

  #apply(draft: EventDraft): void {
    this.stats.apply({ ...draft, id: `e${++this.#seq}`, seq: this.#seq, v: 1 } as HearthlineEvent);
  }
}

/** How long what was told to the hub took to each socket: of every event, not only of the newest of a patch. */
class Stopwatch {
  isOn = false;
  flushes = 0;
  toSocketMs: number[] = [];
  readonly #told: number[] = [];
  /** By socket: how many of those told it has been sent. */
  readonly #sent = new Map<number, number>();

  begin(): void {
    this.isOn = true;
    this.flushes = 0;
    this.toSocketMs = [];
    this.#told.length = 0;
    this.#sent.clear();
  }

  told(): void {
    this.#told.push(performance.now());
  }

  sent(index: number): void {
    if (!this.isOn || index >= screens) return;
    const at = performance.now();
    // Boards change with what they show; the floor, with every event.
    for (let next = this.#sent.get(index) ?? 0; next < this.#told.length; next += 1)
      this.toSocketMs.push(at - this.#told[next]!);
    this.#sent.set(index, this.#told.length);
    if (index === displays) this.flushes += 1;
  }
}

async function listen(hub: LiveHub, watch: Stopwatch): Promise<{ server: Server; url: string }> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  const server = createServer();
  server.on('upgrade', (req, socket, head) =>
    sockets.handleUpgrade(req, socket, head, (live) => {
      const index = Number(req.url?.split('?')[1]);
      const send = live.send.bind(live) as (data: Buffer, options: { binary: boolean }) => void;
      live.send = ((data: Buffer, options: { binary: boolean }) => {
        send(data, options);
        if (data[patchLetterAt] === patchLetter) watch.sent(index);
      }) as typeof live.send;
      const boards = [`board_${index % boardCount}`];
      if (index >= displays) hub.add(live, 'floor', { kind: 'session', id: `s${index}` });
      else
        hub.add(
          live,
          'board',
          { kind: 'display', id: `d${index}` },
          { settings: { boards, rotateSec: 30, zoom: 100 } },
        );
    }),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

interface Screens {
  /** One more console, which reads nothing. */
  openDeaf(): void;
  /** Answers how many patches came. */
  close(): Promise<number>;
}

/** Resolves when all of them watch. */
async function openScreens(url: string): Promise<Screens> {
  const me = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, me, 'screens', url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((done, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      done();
    });
    child.once('exit', () => failed(new Error('the screens did not open')));
  });
  return {
    openDeaf: () => void child.stdin.write('deaf\n'),
    async close() {
      const isGone = new Promise((done) => child.once('exit', done));
      child.stdin.end();
      await isGone;
      return Number(said.split('\n')[1]);
    },
  };
}

export async function measureScreens(): Promise<void> {
  const floor = new Floor();
  const sources = sourcesOf(floor.stats);
  const rows = new Map<string, BoardRow>(
    Array.from({ length: boardCount }, (_, index) => [`board_${index}`, boardRow(index, queueCount)]),
  );
  const treesOf = (live: BoardLive) => new BoardTrees(sources, live, (boardId) => rows.get(boardId), now());
  const hub = createLiveHub({
    source: {
      board: floor.board,
      floor: floor.floor,
      part: (of) => floor.stats.boardPart(of, now()),
      eventAt: () => floor.eventAt,
    },
    screens: { look: treesOf },
    clock: { now, monotonicMs: () => performance.now() },
    logger: { info: () => undefined, warn: () => undefined, error: (_fields, message) => note(message) },
  });
  const watch = new Stopwatch();
  const { server, url } = await listen(hub, watch);
  const open = await openScreens(url);
  note(`${displays} displays of ${boardCount} boards, ${consoles} consoles, ${eventsPerSec} events a second`);
  await run('screens', floor, hub, watch, measuredMs);
  figure('screens: sockets cut', cutOf(hub), 'sockets', 0);
  open.openDeaf();
  await run('screens beside one that does not read', floor, hub, watch, deafMs);
  figure(
    'screens beside one that does not read: others cut, or it not cut',
    Math.abs(cutOf(hub) - 1),
    'sockets',
    0,
  );
  figure('screens: patches that arrived', await open.close(), 'frames');
  measureTrees(() => {
    // As in the hub: the live state is read once.
    const [board, people] = [floor.board(), floor.floor()];
    const trees = treesOf({ board: () => board, floor: () => people });
    for (const boardId of rows.keys()) trees.tree({ boards: [boardId], rotateSec: 30, zoom: 100 });
  });
  hub.close();
  server.close();
}

const cutOf = (hub: LiveHub) =>
  [...hub.metricsText().matchAll(/live_sockets_cut_total\S* (\d+)/g)].reduce(
    (sum, [, cut]) => sum + Number(cut),
    0,
  );

async function run(name: string, floor: Floor, hub: LiveHub, watch: Stopwatch, forMs: number): Promise<void> {
  const beginAt = now();
  const cpu = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  watch.begin();
  for (let event = 0; event < (forMs / 1000) * eventsPerSec; event += 1) {
    await sleepUntil(beginAt + (event * 1000) / eventsPerSec);
    floor.happen();
    watch.told();
    hub.notify();
  }
  await sleepUntil(now() + 100);
  watch.isOn = false;
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const tookMs = now() - beginAt;
  figure(`${name}: flushes`, watch.flushes / (tookMs / 1000), '/s');
  spread(`${name}: event to socket`, watch.toSocketMs, limitMs);
  figure(`${name}: event loop late, p99`, delay.percentile(99) / 1e6 - 5, 'ms');
  figure(`${name}: processor of the server`, (user + system) / 10 / tookMs, '% of one');
  figure(`${name}: processor of a flush`, (user + system) / 1000 / watch.flushes, 'ms');
}

/** What one look costs, without sockets. */
function measureTrees(look: () => void): void {
  const rounds = 200;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) look();
  const { user, system } = process.cpuUsage(before);
  figure('screens: trees of all boards, once', (user + system) / 1000 / rounds, 'ms');
}

if (process.argv[2] === 'screens' && process.argv[1] === fileURLToPath(import.meta.url))
  await watchAll(process.argv[3] ?? '');
