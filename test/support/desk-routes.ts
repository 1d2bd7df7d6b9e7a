/** The HTTP half of the stand-in of `desk-backend.ts`: sign-in and every route of the desk, out of memory. */
import { randomBytes } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { z } from 'zod';
import {
  closeRequestSchema,
  deskLogInSchema,
  deskStateSchema,
  readRequestSchema,
  sendMessageSchema,
  transferRequestSchema,
  type AttachmentView,
  type DeskContact,
  type DeskView,
  type MessageView,
  type ThreadView,
} from '../../server/contract/desk.ts';
import {
  changePasswordRequestSchema,
  csrfHeader,
  emptyRequestSchema,
  signInRequestSchema,
  type SessionView,
} from '../../server/contract/rest.ts';
import type { ContactCustomer, CustomerCard } from '../../server/contract/customers.ts';
import { customerRoutes } from './desk-customers.ts';
import type { AskedRequest, ContactSeed, MessageSeed } from './desk-backend.ts';
import { targetsOf } from './desk-scenes.ts';

export const deskUser = { username: 'nina', password: 'correct horse battery' };
const csrfToken = 'stand-in-csrf';
const cookie = 'stand_in_desk';

export interface DeskRoutesParts {
  view: DeskView;
  threads: Map<string, ThreadView>;
  html: Map<string, string>;
  /** By contact. */
  customers: Map<string, ContactCustomer>;
  /** Those that are found. */
  cards: CustomerCard[];
  asked: AskedRequest[];
  publish: () => void;
  put: (seed: ContactSeed) => DeskContact;
  take: (contactId: string) => void;
  write: (contactId: string, seed: MessageSeed) => MessageView;
  isNoAgent: boolean;
  mustChangePassword: boolean;
  isAnswerLost: () => boolean;
}

export interface DeskRoutes {
  router: Router;
  takeTicket: (ticket: string) => boolean;
  endSession: () => void;
}

const fail = (response: Response, status: number, code: string, details?: Record<string, unknown>) =>
  void response.status(status).json({ error: { code, message: code, ...(details && { details }) } });

function parse<T>(schema: z.ZodType<T>, request: Request, response: Response): T | undefined {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  fail(response, 400, 'bad-request');
  return undefined;
}

/** Sign-in, one-time password, sign-out. */
function sessionRoutes(parts: DeskRoutesParts) {
  const router = express.Router();
  const user = { ...deskUser };
  let session = '';
  let { mustChangePassword } = parts;
  const view = (): SessionView => ({
    me: { userId: 'u7', username: user.username, role: 'agent' },
    csrfToken,
    may: ['desk.use'],
    channels: ['mail', 'chat', 'form'],
    mustChangePassword,
    idleUntil: Date.now() + 1_800_000,
    expiresAt: Date.now() + 43_200_000,
  });
  router.get('/api/setup', (_request, response) => void response.json({ isNeeded: false }));
  router.post('/api/session', (request, response) => {
    const data = parse(signInRequestSchema, request, response);
    if (!data) return;
    if (data.username !== user.username || data.password !== user.password) {
      fail(response, 401, 'wrong-credentials');
      return;
    }
    session = randomBytes(12).toString('hex');
    response.setHeader('set-cookie', `${cookie}=${session}; Path=/; HttpOnly; SameSite=Strict`);
    response.json(view());
  });
  router.use('/api', (request, response, next) => {
    const isIn = session !== '' && (request.headers.cookie ?? '').includes(`${cookie}=${session}`);
    if (!isIn) fail(response, 401, 'sign-in-required');
    else if (request.method !== 'GET' && request.headers[csrfHeader] !== csrfToken)
      fail(response, 403, 'bad-origin');
    else next();
  });
  router.get('/api/session', (_request, response) => void response.json(view()));
  router.delete('/api/session', (_request, response) => {
    session = '';
    response.status(204).end();
  });
  router.post('/api/me/password', (request, response) => {
    const data = parse(changePasswordRequestSchema, request, response);
    if (!data) return;
    if (data.current !== user.password) {
      fail(response, 401, 'wrong-credentials');
      return;
    }
    user.password = data.next;
    mustChangePassword = false;
    response.json(view());
  });
  router.use('/api/desk', (_request, response, next) => {
    if (mustChangePassword) fail(response, 403, 'forbidden', { reason: 'must-change-password' });
    else if (parts.isNoAgent) fail(response, 403, 'forbidden', { reason: 'no-agent' });
    else next();
  });
  return {
    router,
    endSession: () => {
      session = '';
    },
  };
}

/** The agent's own state. */
function stateRoutes({ view, publish }: DeskRoutesParts): Router {
  const router = express.Router();
  const become = (change: Partial<DeskView>) => {
    delete view.reason;
    delete view.isSystemReason;
    delete view.until;
    Object.assign(view, change, { since: Date.now() });
    publish();
  };
  router.get('/api/desk', (_request, response) => void response.json(view));
  router.get('/api/desk/targets', (_request, response) => void response.json(targetsOf(view)));
  router.post('/api/desk/log-in', (request, response) => {
    const data = parse(deskLogInSchema, request, response);
    if (!data) return;
    if (data.phoneId !== undefined && !/^10\d\d$/.test(data.phoneId)) {
      fail(response, 409, 'conflict', { reason: 'phone-not-registered' });
      return;
    }
    delete view.phoneId;
    if (data.phoneId !== undefined) view.phoneId = data.phoneId;
    become({ state: 'not-ready', reason: 'just-logged-in', isSystemReason: true });
    response.json(view);
  });
  router.post('/api/desk/state', (request, response) => {
    const data = parse(deskStateSchema, request, response);
    if (!data) return;
    if (data.to === 'end-wrap-up') {
      if (view.state !== 'wrap-up') {
        fail(response, 409, 'conflict', { reason: 'not-in-wrap-up' });
        return;
      }
      view.mine = view.mine.filter((contact) => contact.channel !== 'voice');
      become({ state: 'ready' });
    } else become(data.to === 'not-ready' ? { state: 'not-ready', reason: data.reason } : { state: data.to });
    response.json(view);
  });
  return router;
}

/** Offers, and what is done with a contact. */
function contactRoutes(parts: DeskRoutesParts): Router {
  const { view, threads } = parts;
  const router = express.Router();
  const mine = (request: Request, response: Response): string | undefined => {
    const id = String(request.params['id']);
    if (view.mine.some((contact) => contact.contactId === id)) return id;
    fail(response, 404, 'not-found');
    return undefined;
  };
  router.post('/api/desk/offers/:id/:what', (request, response) => {
    const offer = view.offers.find((one) => one.offerId === request.params.id);
    if (!offer) {
      fail(response, 409, 'conflict', { reason: 'offer-gone' });
      return;
    }
    view.offers = view.offers.filter((one) => one !== offer);
    const { offerId: _offer, acceptUntil: _until, ...contact } = offer;
    if (request.params.what === 'accept') parts.put({ ...contact, since: Date.now() });
    else parts.publish();
    response.status(204).end();
  });
  router.get('/api/desk/contacts/:id', (request, response) => {
    const id = mine(request, response);
    const contact = view.mine.find((one) => one.contactId === id);
    if (id !== undefined) response.json({ ...threads.get(id), contact });
  });
  router.post('/api/desk/contacts/:id/transfer', (request, response) => {
    const id = mine(request, response);
    if (id === undefined || !parse(transferRequestSchema, request, response)) return;
    parts.take(id);
    response.status(204).end();
  });
  router.post('/api/desk/contacts/:id/close', (request, response) => {
    const id = mine(request, response);
    if (id === undefined || !parse(closeRequestSchema, request, response)) return;
    parts.take(id);
    response.status(204).end();
  });
  router.post('/api/desk/contacts/:id/read', (request, response) => {
    const id = mine(request, response);
    if (id === undefined || !parse(readRequestSchema, request, response)) return;
    for (const contact of view.mine) if (contact.contactId === id) contact.unread = 0;
    parts.publish();
    response.status(204).end();
  });
  router.post('/api/desk/contacts/:id/typing', (request, response) => {
    if (mine(request, response) !== undefined) response.status(204).end();
  });
  return router;
}

/** Messages and files. */
function messageRoutes(parts: DeskRoutesParts): Router {
  const router = express.Router();
  const attachments = new Map<string, AttachmentView & { content: Buffer }>();
  const byClientId = new Map<string, MessageView>();
  router.post('/api/desk/contacts/:id/messages', (request, response) => {
    const data = parse(sendMessageSchema, request, response);
    const contact = parts.view.mine.find((one) => one.contactId === request.params.id);
    if (!data) return;
    if (!contact) {
      fail(response, 404, 'not-found');
      return;
    }
    const { clientId, text, isNote, attachmentIds } = data;
    const message =
      byClientId.get(clientId) ??
      parts.write(contact.contactId, {
        clientId,
        text,
        isNote,
        author: 'agent',
        agentId: parts.view.agentId,
        delivery: isNote ? 'none' : contact.channel === 'mail' ? 'queued' : 'sent',
        attachments: attachmentIds.flatMap((id) => {
          const { content: _content, ...kept } = attachments.get(id) ?? { content: undefined };
          return 'attachmentId' in kept ? [kept as AttachmentView] : [];
        }),
      });
    byClientId.set(clientId, message);
    if (parts.isAnswerLost()) request.socket.destroy();
    else response.status(201).json(message);
  });
  router.post(
    '/api/desk/contacts/:id/attachments',
    express.raw({ type: () => true, limit: '20mb' }),
    (request, response) => {
      const given = request.query['name'];
      const name = typeof given === 'string' ? given : 'file';
      if (name.endsWith('.exe')) {
        fail(response, 422, 'attachment-refused', { reason: 'type' });
        return;
      }
      const content = request.body as Buffer;
      const kept: AttachmentView = {
        attachmentId: `a${attachments.size + 1}`,
        name,
        mime: request.headers['content-type'] ?? 'application/octet-stream',
        bytes: content.length,
        isPicture: /\.(png|jpe?g)$/.test(name),
      };
      attachments.set(kept.attachmentId, { ...kept, content });
      response.status(201).json(kept);
    },
  );
  router.get('/api/desk/attachments/:id', (request, response) => {
    const found = attachments.get(request.params.id);
    if (found) response.type(found.mime).send(found.content);
    else fail(response, 404, 'not-found');
  });
  router.get('/api/desk/messages/:id/html', (request, response) => {
    // As the product does: framed by ourselves only, and nothing from elsewhere.
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'",
    );
    response.type('html').send(parts.html.get(request.params.id) ?? '');
  });
  return router;
}

export function createDeskRoutes(parts: DeskRoutesParts): DeskRoutes {
  const tickets = new Set<string>();
  const router = express.Router();
  const json = express.json({ limit: '1mb' });
  router.use((request, response, next) =>
    request.path.endsWith('/attachments') ? next() : json(request, response, next),
  );
  const session = sessionRoutes(parts);
  router.use(session.router);
  router.use('/api/desk', (request, _response, next) => {
    if (request.method !== 'GET')
      parts.asked.push({ method: request.method, path: request.path, body: request.body as unknown });
    next();
  });
  router.post('/api/desk/ticket', (request, response) => {
    if (!parse(emptyRequestSchema, request, response)) return;
    const ticket = randomBytes(12).toString('hex');
    tickets.add(ticket);
    response.json({ ticket, url: `/ws/desk?ticket=${ticket}`, expiresAt: Date.now() + 30_000 });
  });
  router.use(stateRoutes(parts));
  router.use(contactRoutes(parts));
  router.use(messageRoutes(parts));
  router.use(customerRoutes(parts));
  return { router, takeTicket: (ticket) => tickets.delete(ticket), endSession: session.endSession };
}
