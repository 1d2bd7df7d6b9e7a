/**
 * Measures displays with boards: 500 sockets over 10 boards of 20 widgets each, at 50 events a second, with the live fold of
 * 20 queues, 200 agents and 100 waiting. The sockets are held by another process; bounded to half a minute: `node --import tsx test/bench/boards.ts`.
 */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { createLiveHub, type LiveHub } from '../../server/api/live-hub.ts';
import { BoardTrees } from '../../server/app/boards/board-tree.ts';
import type { BoardLive, BoardSources } from '../../server/app/boards/ports.ts';
import { boardSchema, type Board, type BoardRow } from '../../server/contract/boards.ts';
import type { EventDraft, HearthlineEvent } from '../../server/contract/events.ts';
import { createLiveStats, type LiveStats } from '../../server/stats/live-state.ts';
import { figure, isLimitPassed, note, spread } from '../support/figures.ts';
import { machineTicks, stolenPct } from '../support/process-cost.ts';

const displays = 500;
const boardCount = 10;
const eventsPerSec = 50;
const measuredMs = 15_000;
const queueCount = 20;
const agentCount = 200;
const waitingAtStart = 100;
/** `{"type":"patch"`: no other frame has this letter there. */
const patchLetterAt = 10;
const patchLetter = 'a'.charCodeAt(0);

const now = () => performance.timeOrigin + performance.now();
const sleepUntil = (at: number) => new Promise((done) => setTimeout(done, Math.max(0, at - now())));
const queueId = (index: number) => `q${index % queueCount}`;
const agentId = (index: number) => String(100 + (index % agentCount));

/** The other process: sockets that read everything, and tell how many patches came, on the end of stdin. */
async function display(url: string): Promise<void> {
  let patches = 0;
  for (let index = 0; index < displays; index += 1) {
    const socket = new WebSocket(`${url}?${index}`);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"type":"patch"')) patches += 1;
    });
    await new Promise((done, failed) => socket.once('message', done).once('error', failed));
  }
  process.stdout.write('open\n');
  process.stdin.on('data', () => undefined);
  process.stdin.on('end', () => {
    process.stdout.write(`${patches}\n`);
    process.exit(0);
  });
}

function boardOf(index: number): Board {
  const scopes = [`queue:${queueId(index)}`];
  const numbers = [
    'waiting',
    'oldest-waiting',
    'answered',
    'abandoned',
    'asa',
    'aht',
    'agents-ready',
    'rona',
  ].map((name, at) => ({
    kind: 'number',
    figure: name,
    scopes: at % 2 ? scopes : ['site'],
    window: 'rolling-15',
  }));
  const gauges = ['service-level', 'asa', 'occupancy'].map((name) => ({
    kind: 'gauge',
    figure: name,
    scopes,
  }));
  const widgets = [
    ...numbers,
    ...gauges,
    { kind: 'queues', figures: ['waiting', 'oldest-waiting', 'service-level', 'answered', 'abandoned'] },
    { kind: 'agents', queues: [queueId(index), queueId(index + 1)] },
    { kind: 'agent-states' },
    { kind: 'waiters' },
    { kind: 'callbacks' },
    { kind: 'channels' },
    { kind: 'intraday', figure: 'offered', scopes },
    { kind: 'clock' },
    { kind: 'alerts' },
  ];
  const placed = widgets.map((widget, x) => ({ ...widget, widgetId: `w${x}`, x, y: 0, w: 1, h: 12 }));
  return boardSchema.parse({ name: `Board ${index}`, widgets: placed });
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

function sourcesOf(stats: LiveStats): BoardSources {
  const series = { starts: [0, 1, 2], today: [1, 2, null], yesterday: [1, 2, 3], lastWeek: [1, 2, 3] };
  return {
    figures: stats.figures,
    intraday: { series: () => series },
    alerts: () => ({}),
    site: {
      channels: () => ['voice', 'chat'],
      agentTeam: () => undefined,
      nameOf: () => undefined,
      showsAgentNames: () => false,
    },
  };
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
  readonly toSocketMs: number[] = [];
  #told: number[] = [];

  told(): void {
    this.#told.push(performance.now());
  }

  sent(index: number): void {
    if (!this.isOn) return;
    const at = performance.now();
    for (const told of this.#told) this.toSocketMs.push(at - told);
    if (index === 0) this.flushes += 1;
    // Boards are told in the order in which they were first watched: this one is the last.
    if (index === displays - 1) this.#told = [];
  }
}

async function listen(hub: LiveHub, watch: Stopwatch): Promise<{ server: Server; url: string }> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  const server = createServer();
  server.on('upgrade', (req, socket, head) =>
    sockets.handleUpgrade(req, socket, head, (live) => {
      const index = Number(req.url?.split('?')[1]);
      const boards = [`board_${index % boardCount}`];
      const send = live.send.bind(live) as (data: Buffer, options: { binary: boolean }) => void;
      live.send = ((data: Buffer, options: { binary: boolean }) => {
        send(data, options);
        if (data[patchLetterAt] === patchLetter) watch.sent(index);
      }) as typeof live.send;
      hub.add(live, 'board', { kind: 'display', id: `d${index}` }, { boards, rotateSec: 30, zoom: 100 });
    }),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Resolves when all of them watch; `close` answers how many patches they got. */
async function openDisplays(url: string): Promise<{ close(): Promise<number> }> {
  const me = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, me, 'displays', url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((done, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      done();
    });
    child.once('exit', () => failed(new Error('the displays did not open')));
  });
  return {
    async close() {
      const isGone = new Promise((done) => child.once('exit', done));
      child.stdin.end();
      await isGone;
      return Number(said.split('\n')[1]);
    },
  };
}

async function measure(): Promise<void> {
  const floor = new Floor();
  const sources = sourcesOf(floor.stats);
  const rows = new Map<string, BoardRow>(
    Array.from({ length: boardCount }, (_, index) => {
      const boardId = `board_${index}`;
      return [boardId, { boardId, version: 1, board: boardOf(index), updatedAt: 0, updatedBy: 'ann' }];
    }),
  );
  const treesOf = (live: BoardLive) => new BoardTrees(sources, live, (boardId) => rows.get(boardId), now());
  const hub = createLiveHub({
    source: { board: floor.board, floor: floor.floor, eventAt: () => floor.eventAt },
    screens: { look: treesOf },
    clock: { now, monotonicMs: () => performance.now() },
    logger: { info: () => undefined, warn: () => undefined, error: (_fields, message) => note(message) },
  });
  const watch = new Stopwatch();
  const { server, url } = await listen(hub, watch);
  const screens = await openDisplays(url);
  const bytes = JSON.stringify(treesOf(floor).tree({ boards: ['board_0'], rotateSec: 30, zoom: 100 })).length;
  note(`${displays} displays, ${boardCount} boards; a snapshot of one has ${bytes} bytes`);
  await run(floor, hub, watch);
  figure('patches that arrived', await screens.close(), 'frames');
  measureTrees(() => {
    // As in the hub: the live state is read once.
    const [board, people] = [floor.board(), floor.floor()];
    const trees = treesOf({ board: () => board, floor: () => people });
    for (const boardId of rows.keys()) trees.tree({ boards: [boardId], rotateSec: 30, zoom: 100 });
  });
  hub.close();
  server.close();
  process.exit(isLimitPassed() ? 1 : 0);
}

async function run(floor: Floor, hub: LiveHub, watch: Stopwatch): Promise<void> {
  const beginAt = now();
  const ticks = machineTicks();
  const cpu = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  watch.isOn = true;
  for (let event = 0; event < (measuredMs / 1000) * eventsPerSec; event += 1) {
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
  figure('stolen by the host', stolenPct(ticks, machineTicks()), '%');
  figure('flushes', watch.flushes / (tookMs / 1000), '/s');
  spread('event told to sent to a display', watch.toSocketMs);
  figure('event loop late, p99', delay.percentile(99) / 1e6 - 5, 'ms');
  figure('processor of the server', (user + system) / 10 / tookMs, '% of one');
  figure('processor of a flush', (user + system) / 1000 / watch.flushes, 'ms');
  const cut = /live_sockets_cut_total\S* (\d+)/.exec(hub.metricsText());
  figure('sockets cut', Number(cut?.[1] ?? 0), 'sockets', 0);
}

/** What one look costs, without sockets. */
function measureTrees(look: () => void): void {
  const rounds = 200;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) look();
  const { user, system } = process.cpuUsage(before);
  figure('trees of all boards, once', (user + system) / 1000 / rounds, 'ms of processor');
}

if (process.argv[2] === 'displays') await display(process.argv[3] ?? '');
else await measure();
