/**
 * A stand-in for the customer's side of the server: server/contract/chat.ts over real HTTP and WebSockets, everything in
 * memory, with levers to cut, refuse, delay and double. Strict where the contract is: bodies and frames are read by its
 * schemas, more than 20 frames in a second close with 1008, a `clientId` counts once. Serves the built widget, and on a second
 * port, another origin, the page of a bank with the strictest policy that still lets the widget work.
 * Run by hand: `node --import tsx test/support/chat-backend.ts`.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  chatRequestSchema,
  type ChatConfig,
  type ChatFrame,
  type ChatLine,
  type ChatRequest,
  type ChatState,
  type FormConfig,
  type FormRequest,
} from '../../server/contract/chat.ts';
import { attachmentOf, chatRoutes, type ChatLevers, type StandInSession } from './chat-backend-routes.ts';
import { builtWidget } from './chat-backend-texts.ts';

const framesPerSec = 20;

interface Link {
  socket: WebSocket;
  session: StandInSession | undefined;
  frameTimes: number[];
}

export interface ChatBackend {
  /** The appliance. */
  url: string;
  /** The bank's page; `page(html)` of another. */
  pageUrl: string;
  /** The body of the bank's page; `{url}` is the appliance. */
  page: (body: string) => void;
  configure: (change: Partial<ChatConfig>) => void;
  configureForm: (change: Partial<FormConfig> | undefined) => void;
  sessions: StandInSession[];
  /** The newest session. */
  session: () => StandInSession;
  say: (text: string, more?: Partial<ChatLine>) => void;
  state: (state: ChatState) => void;
  typing: () => void;
  /** Every socket ends as by a pulled plug; while cut, nothing is answered. */
  cut: (isCut: boolean) => void;
  /** The next so many lines are kept, but the socket ends before anything is said about them. */
  cutAfterLines: (count: number) => void;
  /** Every frame to the customer is sent twice. */
  double: (isDoubled: boolean) => void;
  /** Acknowledgements wait until they are let go. */
  holdAcks: (isHeld: boolean) => void;
  /** Lines are refused with this reason. */
  refuseLines: (reason: string | undefined) => void;
  /** Starts and forms are refused with this status. */
  refuse: (status: number | undefined) => void;
  forgetSessions: () => void;
  transcripts: string[];
  forms: { formId: string; request: FormRequest }[];
  /** Posts of forms, those that came twice and those refused among them. */
  formPosts: () => number;
  /** Every frame that came in. */
  frames: ChatRequest[];
  closedForNonsense: () => number;
  links: () => number;
  close: () => Promise<void>;
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

export async function startChatBackend(options: { dist?: string; port?: number } = {}): Promise<ChatBackend> {
  const levers: ChatLevers = { config: {}, formConfig: {}, refusal: undefined, isCut: false, formPosts: 0 };
  const sessions: StandInSession[] = [];
  const links = new Set<Link>();
  const transcripts: string[] = [];
  const forms: { formId: string; request: FormRequest }[] = [];
  const frames: ChatRequest[] = [];
  const heldAcks: (() => void)[] = [];
  let closedForNonsense = 0;
  let isDoubled = false;
  let isHolding = false;
  let linesBeforeCut: number | undefined;
  let lineRefusal: string | undefined;
  let body = '<script src="{url}/chat/widget.js" data-widget="web" async></script>';

  const sessionOf = (token: string) => sessions.find((session) => session.token === token);
  const send = (link: Link, frame: ChatFrame) => {
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy += 1)
      if (link.socket.readyState === link.socket.OPEN) link.socket.send(JSON.stringify(frame));
  };
  const tell = (session: StandInSession, frame: ChatFrame) => {
    for (const link of links) if (link.session === session) send(link, frame);
  };
  const addLine = (session: StandInSession, line: Omit<ChatLine, 'seq' | 'at'>) => {
    const kept = { ...line, seq: session.lines.length + 1, at: Date.now() };
    session.lines.push(kept);
    tell(session, { type: 'lines', lines: [kept] });
    return kept;
  };
  const setState = (session: StandInSession, state: ChatState) => {
    session.state = state;
    tell(session, { type: 'state', state });
  };
  const takeLine = (link: Link, session: StandInSession, frame: Extract<ChatRequest, { type: 'line' }>) => {
    const { clientId } = frame;
    const known = session.lines.find((line) => line.clientId === clientId);
    const refuse = (reason: string) => send(link, { type: 'nack', clientId, reason });
    const attachments = frame.attachmentIds.map((id) => attachmentOf(session, id));
    if (!known && lineRefusal !== undefined) return refuse(lineRefusal);
    if (!known && session.state.phase === 'ended') return refuse('ended');
    if (attachments.includes(undefined)) return refuse('attachment');
    const isLost = !known && linesBeforeCut !== undefined && linesBeforeCut > 0;
    if (isLost) {
      linesBeforeCut = (linesBeforeCut ?? 1) - 1;
      links.delete(link);
    }
    const line =
      known ??
      addLine(session, {
        from: 'customer',
        clientId,
        text: frame.text,
        attachments: attachments.filter((one) => one !== undefined),
      });
    if (isLost) return link.socket.terminate();
    const acknowledge = () => send(link, { type: 'ack', clientId, seq: line.seq });
    if (isHolding) heldAcks.push(acknowledge);
    else acknowledge();
  };
  const take = (link: Link, frame: ChatRequest) => {
    frames.push(frame);
    if (frame.type === 'hello') {
      const session = sessionOf(frame.token);
      if (!session) return send(link, { type: 'gone' });
      link.session = session;
      const lines = session.lines.filter((line) => line.seq > frame.after);
      return send(link, { type: 'welcome', state: session.state, lines, serverAt: Date.now() });
    }
    if (frame.type === 'ping') return send(link, { type: 'pong', id: frame.id, serverAt: Date.now() });
    const { session } = link;
    if (!session) return link.socket.close(1008);
    if (frame.type === 'line') takeLine(link, session, frame);
    else if (frame.type === 'end') setState(session, { phase: 'ended', by: 'customer' });
  };

  const app = chatRoutes({
    levers,
    sessions,
    transcripts,
    forms,
    dist: options.dist ?? (await builtWidget()),
  });
  const server = createServer(app);
  const plugs = new Set<Socket>();
  server.on('connection', (plug) => {
    plugs.add(plug);
    plug.on('close', () => plugs.delete(plug));
  });
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: 16_384,
    handleProtocols: (offered) => (offered.has('hearthline-chat') ? 'hearthline-chat' : false),
  });
  server.on('upgrade', (request, plug, head) => {
    if (levers.isCut || !(request.url ?? '').startsWith('/chat/socket')) return void plug.destroy();
    wss.handleUpgrade(request, plug, head, (socket) => {
      const link: Link = { socket, session: undefined, frameTimes: [] };
      links.add(link);
      socket.on('error', () => socket.terminate());
      socket.on('close', (code) => {
        links.delete(link);
        if (code === 1008) closedForNonsense += 1;
      });
      socket.on('message', (raw: Buffer) => {
        const now = performance.now();
        link.frameTimes = [...link.frameTimes.filter((at) => now - at < 1000), now];
        const parsed = chatRequestSchema.safeParse(JSON.parse(raw.toString('utf8')));
        if (link.frameTimes.length > framesPerSec || !parsed.success) {
          closedForNonsense += 1;
          socket.close(1008);
        } else take(link, parsed.data);
      });
    });
  });
  const url = await listen(server, options.port ?? 0);

  // The bank's own site: another origin, nothing allowed but the appliance.
  const policy =
    `default-src 'none'; script-src ${url}; connect-src ${url} ${url.replace('http', 'ws')}; ` +
    `img-src ${url}; style-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`;
  const bank = createServer((_request, response) => {
    response.setHeader('content-security-policy', policy);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1">' +
        `<title>Bank</title><body><h1>Bank</h1><p><input id="own" aria-label="own"></p>${body.replaceAll('{url}', url)}</body></html>`,
    );
  });
  const pageUrl = await listen(bank, 0);
  const newest = () => {
    const session = sessions[sessions.length - 1];
    if (!session) throw new Error('no session was begun');
    return session;
  };

  return {
    url,
    pageUrl,
    page: (html) => {
      body = html;
    },
    configure: (change) => {
      levers.config = { ...levers.config, ...change };
    },
    configureForm: (change) => {
      levers.formConfig = change;
    },
    sessions,
    session: newest,
    say: (text, more = {}) => {
      addLine(newest(), { from: 'agent', name: 'Anna', text, attachments: [], ...more });
    },
    state: (state) => setState(newest(), state),
    typing: () => tell(newest(), { type: 'typing' }),
    cut: (value) => {
      levers.isCut = value;
      if (value) for (const plug of plugs) plug.destroy();
    },
    cutAfterLines: (count) => {
      linesBeforeCut = count;
    },
    double: (value) => {
      isDoubled = value;
    },
    holdAcks: (value) => {
      isHolding = value;
      if (!value) for (const acknowledge of heldAcks.splice(0)) acknowledge();
    },
    refuseLines: (reason) => {
      lineRefusal = reason;
    },
    refuse: (status) => {
      levers.refusal = status;
    },
    forgetSessions: () => {
      sessions.splice(0);
      for (const link of links) send(link, { type: 'gone' });
    },
    transcripts,
    forms,
    formPosts: () => levers.formPosts,
    frames,
    closedForNonsense: () => closedForNonsense,
    links: () => links.size,
    close: async () => {
      for (const plug of plugs) plug.destroy();
      wss.close();
      bank.closeAllConnections();
      await Promise.all([
        new Promise((resolve) => server.close(resolve)),
        new Promise((resolve) => bank.close(resolve)),
      ]);
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const backend = await startChatBackend({ port: 8099 });
  console.log(`${backend.url}/chat/demo.html  ${backend.pageUrl}/`);
}
