/**
 * A stand-in for the server that both web apps can be looked at and tested against: the bodies of the
 * contract, the live protocol over a real WebSocket, the strict headers of the product, and levers to
 * silence, gap, cut and revoke. Holds everything in memory; knows no real rule of the ACD.
 * Run by hand: `node --import tsx test/support/ui-backend.ts --scenario busy --queues 6 --lang ru`, `--boards` for laid-out boards.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { WebSocketServer, type WebSocket } from 'ws';
import type { FloorState, LiveMessage, LiveRequest } from '../../server/contract/live.ts';
import { diffMergePatch, type JsonObject } from '../../server/contract/merge-patch.ts';
import type { Language } from '../../server/contract/site.ts';
import { boardTree, type BoardsOptions } from './ui-boards.ts';
import { createFloor, type Scenario } from './ui-floor.ts';
import { createRestStandIn, type RestStandIn } from './ui-rest.ts';

const builtDist = fileURLToPath(new URL('../../dist/', import.meta.url));
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; " +
  "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-src 'self'; ";
/** Nobody frames our pages, but the editor of boards the wallboard. */
const framedBy = (path: string) => `frame-ancestors ${path.startsWith('/wallboard/') ? "'self'" : "'none'"}`;

export interface UiBackendOptions {
  scenario?: Scenario;
  queues?: number;
  agents?: number;
  language?: Language;
  seed?: number;
  port?: number;
  /** Between bursts of the moving floor; 0 stops it, and `step` is called by the test. */
  stepEveryMs?: number;
  /** Added to every stamp: the server's clock is not the screen's. */
  skewMs?: number;
  isSetUp?: boolean;
  /** Displays are sent laid-out boards instead of the standard one. */
  boards?: Omit<BoardsOptions, 'language'>;
  /** Where `wallboard` and `admin-ui` are built; `dist/` of the checkout unless told. */
  dist?: string;
}

interface Line {
  socket: WebSocket;
  scope: 'board' | 'floor';
  n: number;
  sent: JsonObject;
}

export interface UiBackend {
  url: string;
  rest: RestStandIn;
  /** One burst of events, at once on every screen. */
  step: () => void;
  /** Changes the state by hand, after every burst too. */
  shape: (change: (state: FloorState) => void) => void;
  /** Changes what displays are sent of their boards; undefined: the standard board. */
  layBoards: (boards: UiBackendOptions['boards']) => void;
  /** Sockets stay open and say nothing. */
  silence: (isSilent: boolean) => void;
  /** The next patch is lost on its way. */
  loseNextPatch: () => void;
  /** Ends every socket as a pulled plug would, and refuses new ones while `isCut`. */
  cut: (isCut: boolean) => void;
  revokeBoards: () => void;
  painted: { n: number; latencyMs: number }[];
  resyncs: () => number;
  snapshots: () => number;
  floor: () => FloorState;
  close: () => Promise<void>;
}

export async function startUiBackend(options: UiBackendOptions = {}): Promise<UiBackend> {
  const dist = options.dist ?? builtDist;
  const skewMs = options.skewMs ?? 0;
  const now = () => Date.now() + skewMs;
  const makeFloor = (scenario: Scenario, queues: number, language: Language) =>
    createFloor({
      scenario,
      queues,
      agents: options.agents ?? 34,
      language,
      seed: options.seed ?? 7,
      startAt: now(),
    });
  const sim = makeFloor(options.scenario ?? 'calm', options.queues ?? 4, options.language ?? 'en');
  let change: (state: FloorState) => void = () => undefined;
  let state = sim.step(now());
  let { boards } = options;
  const rest = createRestStandIn({
    now,
    isSetUp: options.isSetUp ?? true,
    shows: () => (boards ? 'boards' : 'standard'),
  });
  const lines = new Set<Line>();
  const painted: { n: number; latencyMs: number }[] = [];
  let isSilent = false;
  let isCut = false;
  let loseNext = false;
  let resyncs = 0;
  let snapshots = 0;

  const boardFor = () =>
    boards ? boardTree({ ...boards, language: options.language ?? 'en' }, state, now()) : state.board;
  const treeFor = (scope: Line['scope']) =>
    structuredClone(scope === 'board' ? boardFor() : state) as unknown as JsonObject;
  const send = (line: Line, message: LiveMessage) => {
    if (!isSilent && line.socket.readyState === line.socket.OPEN) line.socket.send(JSON.stringify(message));
  };
  const snapshot = (line: Line) => {
    snapshots += 1;
    line.sent = treeFor(line.scope);
    const tree = line.sent as unknown as FloorState;
    send(line, { type: 'snapshot', n: line.n, serverAt: now(), eventAt: now(), state: tree });
  };
  const publish = () => {
    const eventAt = now();
    for (const line of lines) {
      const tree = treeFor(line.scope);
      const patch = diffMergePatch(line.sent, tree);
      if (!patch) continue;
      line.sent = tree;
      line.n += 1;
      if (!loseNext) send(line, { type: 'patch', n: line.n, serverAt: now(), eventAt, patch });
    }
    loseNext = false;
  };
  const step = () => {
    state = sim.step(now());
    change(state);
    publish();
  };

  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.setHeader('content-security-policy', contentSecurityPolicy + framedBy(request.path));
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    if (isCut) response.destroy();
    else next();
  });
  app.use(express.json({ limit: '5mb' }));
  app.use(rest.router);
  app.use('/wallboard', express.static(join(dist, 'wallboard')));
  app.use('/', express.static(join(dist, 'admin-ui')));

  const server = createServer(app);
  const plugs = new Set<Socket>();
  server.on('connection', (plug) => {
    plugs.add(plug);
    plug.on('close', () => plugs.delete(plug));
  });
  const wss = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  server.on('upgrade', (request, plug, head) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const scope = rest.takeTicket(url.searchParams.get('ticket') ?? '');
    if (isCut || !scope) {
      plug.destroy();
      return;
    }
    wss.handleUpgrade(request, plug, head, (socket) => {
      const line: Line = { socket, scope, n: 0, sent: {} };
      lines.add(line);
      socket.on('error', () => socket.terminate());
      socket.on('close', () => lines.delete(line));
      socket.on('message', (raw: Buffer) => {
        const message = JSON.parse(raw.toString('utf8')) as LiveRequest;
        if (message.type === 'ping') send(line, { type: 'pong', id: message.id, serverAt: now() });
        else if (message.type === 'resync') {
          resyncs += 1;
          snapshot(line);
        } else painted.push({ n: message.n, latencyMs: message.latencyMs });
      });
      snapshot(line);
    });
  });
  const revokeBoards = () => {
    for (const line of lines) {
      if (line.scope !== 'board') continue;
      send(line, { type: 'revoked' });
      line.socket.close(4001);
    }
  };
  rest.onRevoke(revokeBoards);

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const beats = setInterval(() => {
    for (const line of lines) send(line, { type: 'beat', n: line.n, serverAt: now() });
  }, 400);
  const stepEveryMs = options.stepEveryMs ?? 300;
  const steps = stepEveryMs > 0 ? setInterval(step, stepEveryMs) : undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rest,
    step,
    shape: (next) => {
      change = next;
      change(state);
      publish();
    },
    layBoards: (next) => {
      const isOther = (next === undefined) !== (boards === undefined);
      boards = next;
      if (!isOther) publish();
      else for (const line of lines) if (line.scope === 'board') send(line, { type: 'settings' });
    },
    silence: (value) => {
      isSilent = value;
    },
    loseNextPatch: () => {
      loseNext = true;
    },
    cut: (value) => {
      isCut = value;
      if (value) for (const plug of plugs) plug.destroy();
    },
    revokeBoards,
    painted,
    resyncs: () => resyncs,
    snapshots: () => snapshots,
    floor: () => state,
    close: async () => {
      clearInterval(beats);
      clearInterval(steps);
      for (const plug of plugs) plug.destroy();
      wss.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name: string) => {
    const index = process.argv.indexOf(`--${name}`);
    return index < 0 ? undefined : process.argv[index + 1];
  };
  const backend = await startUiBackend({
    scenario: (option('scenario') ?? 'calm') as Scenario,
    queues: Number(option('queues') ?? 4),
    language: (option('lang') ?? 'en') as Language,
    port: Number(option('port') ?? 0),
    ...(process.argv.includes('--boards') ? { boards: {} } : {}),
  });
  console.log(`${backend.url}/  ${backend.url}/wallboard/  sign in: ada / correct horse battery`);
}
