/**
 * A stand-in for the server that the agent's page can be looked at and tested against: the bodies of
 * `server/contract/desk.ts` and the session's, over real HTTP and a real WebSocket, under the strict headers of the
 * product, and with levers to offer, write, cut, silence, revoke and lose answers. Holds one desk in memory; knows no
 * real rule of the ACD. Bodies are checked by the contract's own schemas.
 * Run by hand: `node --import tsx test/support/desk-backend.ts --lang ru --port 8300`, after `npm run build`.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ContactCustomer, CustomerCard } from '../../server/contract/customers.ts';
import type {
  DeskContact,
  DeskFrame,
  DeskView,
  MessageView,
  ThreadView,
} from '../../server/contract/desk.ts';
import { createDeskRoutes } from './desk-routes.ts';
import { busyDesk, emptyDesk } from './desk-scenes.ts';

const builtDist = fileURLToPath(new URL('../../dist/', import.meta.url));
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const beatEveryMs = 500;

/** What a test says of a contact; the rest is filled in. */
export type ContactSeed = Partial<DeskContact> & Pick<DeskContact, 'contactId' | 'channel'>;
export type MessageSeed = Partial<MessageView> & Pick<MessageView, 'text'>;

export interface DeskBackendOptions {
  /** Where `admin-ui` is built; `dist/` of the checkout unless told. */
  dist?: string;
  port?: number;
  desk?: Partial<DeskView>;
  /** The user has no agent. */
  isNoAgent?: boolean;
  mustChangePassword?: boolean;
}

export interface AskedRequest {
  method: string;
  path: string;
  body: unknown;
}

export interface DeskBackend {
  url: string;
  view: DeskView;
  threads: Map<string, ThreadView>;
  /** HTML of mails, by message. */
  html: Map<string, string>;
  /** Whose a contact is; of one that is not in it, nothing is known. */
  customers: Map<string, ContactCustomer>;
  /** Cards that are found by a search. */
  cards: CustomerCard[];
  /** Every unsafe request to `/api/desk`, in order. */
  asked: AskedRequest[];
  /** The desk as it is now, to every page. */
  publish: () => void;
  offer: (seed: ContactSeed, withinMs?: number) => DeskContact;
  put: (seed: ContactSeed, thread?: Partial<ThreadView>) => DeskContact;
  take: (contactId: string) => void;
  change: (contactId: string, change: Partial<DeskContact>) => void;
  /** A message of the customer unless the seed says otherwise. */
  write: (contactId: string, seed: MessageSeed) => MessageView;
  /** Changes a message that is there. */
  amend: (messageId: string, change: Partial<MessageView>) => void;
  /** So many messages are kept, and their answers lost. */
  loseAnswers: (count: number) => void;
  /** Sockets stay open and say nothing. */
  silence: (isSilent: boolean) => void;
  /** Ends every connection as a pulled plug would, and refuses new ones while `isCut`. */
  cut: (isCut: boolean) => void;
  /** The session ended elsewhere. */
  endSession: () => void;
  sockets: () => number;
  close: () => Promise<void>;
}

export async function startDeskBackend(options: DeskBackendOptions = {}): Promise<DeskBackend> {
  const dist = options.dist ?? builtDist;
  const view: DeskView = { ...emptyDesk(Date.now()), ...options.desk };
  const threads = new Map<string, ThreadView>();
  const html = new Map<string, string>();
  const customers = new Map<string, ContactCustomer>();
  const cards: CustomerCard[] = [];
  const asked: AskedRequest[] = [];
  const lines = new Map<WebSocket, number>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let isSilent = false;
  let isCut = false;
  let answersToLose = 0;
  let count = 0;

  const send = (socket: WebSocket, make: (n: number) => DeskFrame) => {
    if (isSilent || socket.readyState !== socket.OPEN) return;
    const n = (lines.get(socket) ?? 0) + 1;
    const frame = make(n);
    if ('n' in frame) lines.set(socket, n);
    socket.send(JSON.stringify(frame));
  };
  const broadcast = (make: (n: number) => DeskFrame) => {
    for (const socket of lines.keys()) send(socket, make);
  };
  const deskFrame = (n: number): DeskFrame => ({ type: 'desk', n, serverAt: Date.now(), desk: view });
  const publish = () => broadcast(deskFrame);

  const contactOf = (seed: ContactSeed): DeskContact => ({
    queueId: 'cards',
    queueName: 'Card services',
    since: Date.now(),
    arrivedAt: Date.now(),
    isHeld: false,
    customer: {},
    language: 'en',
    unread: 0,
    ...seed,
  });
  const threadOf = (contact: DeskContact, thread: Partial<ThreadView> = {}): ThreadView => ({
    contact,
    threadId: `t-${contact.contactId}`,
    may: { reply: true, attach: true, html: contact.channel === 'mail' },
    attachmentLimits: { maxBytes: 5_000_000, maxCount: 5 },
    messages: [],
    isCut: false,
    ...thread,
  });
  const take = (contactId: string) => {
    view.offers = view.offers.filter((contact) => contact.contactId !== contactId);
    view.mine = view.mine.filter((contact) => contact.contactId !== contactId);
    publish();
  };
  const put = (seed: ContactSeed, thread?: Partial<ThreadView>) => {
    const contact = contactOf(seed);
    view.mine = [...view.mine, contact];
    if (!threads.has(contact.contactId)) threads.set(contact.contactId, threadOf(contact, thread));
    publish();
    return contact;
  };
  /** RONA: the offer goes on, and who let it go is not ready. */
  const expire = (offerId: string) => {
    const offer = view.offers.find((one) => one.offerId === offerId);
    if (!offer) return;
    Object.assign(view, { state: 'not-ready', reason: 'rona', isSystemReason: true, since: Date.now() });
    take(offer.contactId);
  };
  const offer = (seed: ContactSeed, withinMs = 20_000) => {
    count += 1;
    const offerId = `o${count}`;
    const acceptUntil = Date.now() + withinMs;
    const contact = contactOf({ ...seed, offerId, acceptUntil });
    view.offers = [...view.offers, contact];
    if (!threads.has(contact.contactId)) threads.set(contact.contactId, threadOf(contact));
    timers.add(setTimeout(() => expire(offerId), withinMs));
    publish();
    return contact;
  };
  const tell = (message: MessageView) =>
    broadcast((n) => ({ type: 'message', n, serverAt: Date.now(), message }));
  const write = (contactId: string, seed: MessageSeed): MessageView => {
    const thread = threads.get(contactId);
    if (!thread) throw new Error(`there is no contact ${contactId}`);
    count += 1;
    const message: MessageView = {
      messageId: `m${count}`,
      contactId,
      seq: (thread.messages.at(-1)?.seq ?? 0) + 1,
      at: Date.now(),
      author: 'customer',
      isNote: false,
      hasHtml: false,
      kind: 'message',
      delivery: 'none',
      attachments: [],
      ...seed,
    };
    thread.messages = [...thread.messages, message];
    const contact = view.mine.find((one) => one.contactId === contactId);
    if (contact) {
      contact.preview = message.text.slice(0, 120);
      if (message.author === 'customer') contact.unread += 1;
    }
    tell(message);
    publish();
    return message;
  };
  const amend = (messageId: string, change: Partial<MessageView>) => {
    for (const thread of threads.values())
      for (const message of thread.messages)
        if (message.messageId === messageId) tell(Object.assign(message, change));
  };

  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.setHeader('content-security-policy', contentSecurityPolicy);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    if (isCut) response.destroy();
    else next();
  });
  const routes = createDeskRoutes({
    view,
    threads,
    html,
    customers,
    cards,
    asked,
    publish,
    put,
    take,
    write,
    isNoAgent: options.isNoAgent ?? false,
    mustChangePassword: options.mustChangePassword ?? false,
    isAnswerLost: () => {
      if (answersToLose === 0) return false;
      answersToLose -= 1;
      return true;
    },
  });
  app.use(routes.router);
  app.use('/', express.static(join(dist, 'admin-ui')));

  const server = createServer(app);
  const plugs = new Set<Socket>();
  server.on('connection', (plug) => {
    plugs.add(plug);
    plug.on('close', () => plugs.delete(plug));
  });
  const wss = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  server.on('upgrade', (request, plug, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
    if (isCut || pathname !== '/ws/desk' || !routes.takeTicket(searchParams.get('ticket') ?? '')) {
      plug.destroy();
      return;
    }
    wss.handleUpgrade(request, plug, head, (socket) => {
      lines.set(socket, 0);
      socket.on('error', () => socket.terminate());
      socket.on('close', () => lines.delete(socket));
      send(socket, deskFrame);
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const beats = setInterval(() => broadcast(() => ({ type: 'beat', serverAt: Date.now() })), beatEveryMs);

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    view,
    threads,
    html,
    customers,
    cards,
    asked,
    publish,
    offer,
    put,
    take,
    change: (contactId, change) => {
      for (const contact of [...view.mine, ...view.offers])
        if (contact.contactId === contactId) Object.assign(contact, change);
      publish();
    },
    write,
    amend,
    loseAnswers: (lost) => {
      answersToLose = lost;
    },
    silence: (value) => {
      isSilent = value;
    },
    cut: (value) => {
      isCut = value;
      if (value) for (const plug of plugs) plug.destroy();
    },
    endSession: () => {
      routes.endSession();
      broadcast(() => ({ type: 'revoked' }));
    },
    sockets: () => lines.size,
    close: async () => {
      clearInterval(beats);
      for (const timer of timers) clearTimeout(timer);
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
  const backend = await startDeskBackend({ port: Number(option('port') ?? 0) });
  busyDesk(backend, option('lang') ?? 'en');
  console.log(`${backend.url}/agent/  sign in: nina / correct horse battery`);
}
