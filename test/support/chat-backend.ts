/**
 * A stand-in for the customer's side of the server: server/contract/chat.ts over real HTTP and WebSockets, everything in
 * memory, with levers to cut, refuse, delay and double. Strict where the contract is: bodies and frames are read by its
 * schemas, more than 20 frames in a second close with 1008, a `clientId` counts once. Serves the built widget, and on a second
 * port, another origin, the page of a bank with the strictest policy that still lets the widget work.
 * Run by hand: `node --import tsx test/support/chat-backend.ts`.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  chatRequestSchema,
  formRequestSchema,
  startChatSchema,
  transcriptRequestSchema,
  type ChatConfig,
  type ChatFrame,
  type ChatLine,
  type ChatRequest,
  type ChatState,
  type FormConfig,
  type FormRequest,
  type StartChat,
} from '../../server/contract/chat.ts';
import { languages } from '../../server/contract/site.ts';
import { builtWidget, chatStandInTexts } from './chat-backend-texts.ts';

const framesPerSec = 20;

export interface StandInSession {
  token: string;
  request: StartChat;
  state: ChatState;
  lines: ChatLine[];
  files: Map<string, { name: string; mime: string; body: Buffer }>;
}
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
const refusalBody = (code: string) => ({ error: { code, message: code } });
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const newToken = () => randomBytes(32).toString('base64url');

export async function startChatBackend(options: { dist?: string; port?: number } = {}): Promise<ChatBackend> {
  let config: Partial<ChatConfig> = {};
  let formConfig: Partial<FormConfig> | undefined = {};
  const sessions: StandInSession[] = [];
  const links = new Set<Link>();
  const transcripts: string[] = [];
  const forms: { formId: string; request: FormRequest }[] = [];
  const frames: ChatRequest[] = [];
  const heldAcks: (() => void)[] = [];
  let formPosts = 0;
  let closedForNonsense = 0;
  let isCut = false;
  let isDoubled = false;
  let isHolding = false;
  let linesBeforeCut: number | undefined;
  let lineRefusal: string | undefined;
  let startRefusal: number | undefined;
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
  const attachmentOf = (session: StandInSession, id: string) => {
    const file = session.files.get(id);
    if (!file) return undefined;
    const { name, mime } = file;
    return {
      attachmentId: id,
      name,
      mime,
      bytes: file.body.length,
      isPicture: /^image\/(?:png|jpeg|gif|webp)$/.test(mime),
      url: `/chat/files/${id}?token=${session.token}`,
    };
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

  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    if (isCut) return void response.destroy();
    // The origins of the site file; here there is one page.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') response.sendStatus(204);
    else next();
  });
  const languageOf = (wish: unknown) => languages.find((language) => language === wish) ?? 'en';
  app.get('/chat/:widget/config', (request, response) => {
    if (request.params.widget !== 'web') return void response.status(404).json(refusalBody('not-found'));
    const language = languageOf(request.query['language']);
    const answer: ChatConfig = { ...chatStandInTexts[language].chat, widgetId: 'web', language, ...config };
    response.json(answer);
  });
  app.post('/chat/:widget/sessions', express.json(), (request, response) => {
    const parsed = startChatSchema.safeParse(request.body);
    if (!parsed.success) return void response.status(400).json(refusalBody('bad-request'));
    if (startRefusal !== undefined) return void response.status(startRefusal).json(refusalBody('refused'));
    const wanted = 'consent' in config ? config.consent : chatStandInTexts.en.chat.consent;
    if (wanted && parsed.data.consent?.version !== wanted.version)
      return void response.status(422).json(refusalBody('consent-needed'));
    const session: StandInSession = {
      token: newToken(),
      request: parsed.data,
      state: { phase: 'waiting', position: 3, estimateMs: 240_000 },
      lines: [],
      files: new Map(),
    };
    sessions.push(session);
    response.status(201).json({ token: session.token, sessionId: `chat-${sessions.length}` });
  });
  const bearer = (header: string | undefined) => sessionOf((header ?? '').replace(/^Bearer /, ''));
  app.post('/chat/files', express.raw({ type: () => true, limit: '20mb' }), (request, response) => {
    const session = bearer(request.headers.authorization);
    if (!session) return void response.status(401).json(refusalBody('gone'));
    const id = `file-${session.files.size + 1}`;
    session.files.set(id, {
      name: textOf(request.query['name']),
      mime: request.headers['content-type'] ?? 'application/octet-stream',
      body: request.body as Buffer,
    });
    response.status(201).json(attachmentOf(session, id));
  });
  app.get('/chat/files/:id', (request, response) => {
    const file = sessionOf(textOf(request.query['token']))?.files.get(request.params.id);
    if (!file) return void response.sendStatus(404);
    response.setHeader('content-type', file.mime);
    response.setHeader('x-content-type-options', 'nosniff');
    response.send(file.body);
  });
  app.post('/chat/transcript', express.json(), (request, response) => {
    const parsed = transcriptRequestSchema.safeParse(request.body);
    if (!bearer(request.headers.authorization)) return void response.status(401).json(refusalBody('gone'));
    if (!parsed.success) return void response.status(400).json(refusalBody('bad-request'));
    transcripts.push(parsed.data.email);
    response.status(202).json({});
  });
  app.get('/forms/:form/config', (request, response) => {
    if (!formConfig) return void response.status(404).json(refusalBody('not-found'));
    const language = languageOf(request.query['language']);
    const answer: FormConfig = {
      ...chatStandInTexts[language].form,
      formId: request.params.form,
      language,
      ...formConfig,
    };
    response.json(answer);
  });
  app.post('/forms/:form', express.json(), (request, response) => {
    formPosts += 1;
    const parsed = formRequestSchema.safeParse(request.body);
    if (!parsed.success) return void response.status(400).json(refusalBody('bad-request'));
    if (startRefusal !== undefined) return void response.status(startRefusal).json(refusalBody('refused'));
    const { clientId } = parsed.data;
    if (!forms.some((form) => form.request.clientId === clientId))
      forms.push({ formId: request.params.form, request: parsed.data });
    const number = forms.findIndex((form) => form.request.clientId === clientId) + 1;
    response.status(202).json({ reference: `HL-${String(number).padStart(4, '0')}` });
  });
  app.use('/chat', express.static(options.dist ?? (await builtWidget()), { index: 'demo.html' }));

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
    if (isCut || !(request.url ?? '').startsWith('/chat/socket')) return void plug.destroy();
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
      config = { ...config, ...change };
    },
    configureForm: (change) => {
      formConfig = change;
    },
    sessions,
    session: newest,
    say: (text, more = {}) => {
      addLine(newest(), { from: 'agent', name: 'Anna', text, attachments: [], ...more });
    },
    state: (state) => setState(newest(), state),
    typing: () => tell(newest(), { type: 'typing' }),
    cut: (value) => {
      isCut = value;
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
      startRefusal = status;
    },
    forgetSessions: () => {
      sessions.splice(0);
      for (const link of links) send(link, { type: 'gone' });
    },
    transcripts,
    forms,
    formPosts: () => formPosts,
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
