/**
 * The HTTP half of the stand-in server of the web apps: the bodies of `server/contract/rest.ts` out of
 * memory. Checks what the screens must get right (CSRF header, strict bodies by the contract's own
 * schemas, a reason before a recording); it is no model of the real rules.
 */
import type { NamedView } from '../../server/contract/user-view.ts';
import { randomBytes } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { z } from 'zod';
import {
  approveDisplayRequestSchema,
  changePasswordRequestSchema,
  csrfHeader,
  displayCodeAlphabet,
  displayCodeLength,
  enrolRequestSchema,
  listenRequestSchema,
  liveTicketRequestSchema,
  renameDisplayRequestSchema,
  setupRequestSchema,
  signInRequestSchema,
  siteRequestSchema,
  type AuditRow,
  type ContactRow,
  type DisplayRow,
  type RecordingRow,
  type SessionView,
  type SiteFaultView,
  type UserRow,
} from '../../server/contract/rest.ts';
import { emergencyRequestSchema } from '../../server/contract/emergency.ts';
import { type AlertsStandIn, createAlertsStandIn } from './ui-alerts.ts';
import { type BoardsStandIn, createBoardsStandIn } from './ui-boards-rest.ts';
import { type ChannelsStandIn, createChannelsStandIn } from './ui-channels.ts';
import { createResidencyStandIn, type ResidencyStandIn } from './ui-residency.ts';
import { createFairnessStandIn } from './ui-fairness.ts';
import { createHoursStandIn } from './ui-hours.ts';
import { createQuarantineStandIn, type QuarantineStandIn } from './ui-quarantine.ts';
import { createReportsStandIn } from './ui-reports.ts';
import { createUsersStandIn } from './ui-users.ts';

export interface RestStandIn {
  router: Router;
  takeTicket: (ticket: string) => 'board' | 'floor' | undefined;
  onRevoke: (listener: () => void) => void;
  displays: Map<string, DisplayRow & { code: string; codeExpiresAt: number }>;
  approve: (code: string, name: string) => DisplayRow | undefined;
  audit: AuditRow[];
  users: UserRow[];
  site: { version: number; yaml: string };
  listens: { recordingId: string; reason: string }[];
  /** Queues in emergency; '' is the whole site. */
  emergencies: Set<string>;
  quarantine: QuarantineStandIn;
  alerts: AlertsStandIn;
  channels: ChannelsStandIn;
  residency: ResidencyStandIn;
  boards: BoardsStandIn;
  /** What its user may do. */
  may: string[];
  /** What its user is limited to. */
  limits: { view?: NamedView };
  /** Text channels that its site has. */
  textChannels: SessionView['channels'];
}

const permissions = [
  'live.watch',
  'contacts.list',
  'recordings.list',
  'recordings.listen',
  'displays.list',
  'displays.manage',
  'boards.manage',
  'site.read',
  'hours.read',
  'fairness.read',
  'reports.read',
  'routing.switch',
  'agents.switch',
  'site.write',
  'audit.read',
  'users.list',
  'users.manage',
  'quarantine.manage',
  'alerts.manage',
  'alerts.acknowledge',
  'alerts.webhook',
  'blocks.manage',
  'channels.read',
  'consents.export',
  'residency.read',
];

export const standInUser = { username: 'ada', password: 'correct horse battery' };
export const standInSecret = 'K7QF-M2XN-49WD-HT3P';
const csrfToken = 'stand-in-csrf';
const sessionCookie = 'stand_in_session=1';

const yaml = `# Northgate Bank
site:
  name: Northgate Bank
  timeZone: Europe/London
  language: en

numbers:
  - number: "+442071838750"
    name: Main line
    queue: cards
    greeting: [welcome]
    hours: office

queues:
  - id: cards
    name: Card services
    ringSec: 15
    serviceLevel: { percent: 80, withinSec: 20 }
  - id: accounts
    name: Current accounts

agents:
  - id: "201"
    name: Amelia Hart
    pin: scrypt$N$16384$8$1
    queues: [cards, accounts]
    wrapUp: { mode: timed, sec: 10 }
  - id: "202"
    name: Oliver Webb
    phone: "102"
    queues: [cards]

phones:
  - id: "101"
    password: not-shown-here
  - id: "102"
    password: not-shown-here

hours:
  - id: office
    open:
      - { days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00" }
      - { days: [sat], from: "09:00", to: "13:00" }
`;

/** A second of a 440 Hz tone, 8 kHz mono PCM: something that a real audio element plays. */
export function toneWav(seconds = 2): Buffer {
  const rate = 8000;
  const samples = rate * seconds;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1)
    wav.writeInt16LE(Math.round(Math.sin((index / rate) * 2 * Math.PI * 440) * 6000), 44 + index * 2);
  return wav;
}

const fail = (response: Response, status: number, code: string, details?: Record<string, unknown>) =>
  response.status(status).json({ error: { code, message: code, ...(details ? { details } : {}) } });

/** What this stand-in calls a fault: a tab, or an unknown top-level key. The real check is the server's. */
function faultsOf(text: string): SiteFaultView[] {
  const known = [
    'site',
    'numbers',
    'queues',
    'agents',
    'phones',
    'trunks',
    'prompts',
    'hours',
    'notReadyReasons',
  ];
  const faults: SiteFaultView[] = [];
  text.split('\n').forEach((line, index) => {
    const key = /^([A-Za-z]+):/.exec(line)?.[1];
    if (line.includes('\t'))
      faults.push({
        path: [],
        message: 'a tab may not indent',
        line: index + 1,
        column: line.indexOf('\t') + 1,
      });
    if (key !== undefined && !known.includes(key))
      faults.push({ path: [key], message: `there is no section "${key}"`, line: index + 1, column: 1 });
  });
  return faults;
}

export function createRestStandIn(options: {
  now: () => number;
  isSetUp: boolean;
  /** Of an approved display. */
  shows?: () => 'standard' | 'boards';
}): RestStandIn {
  const { now } = options;
  let isSetUp = options.isSetUp;
  let user = { ...standInUser };
  let mustChangePassword = false;
  const tickets = new Map<string, 'board' | 'floor'>();
  const grants = new Set<string>();
  const displays: RestStandIn['displays'] = new Map();
  const audit: AuditRow[] = [];
  const listens: RestStandIn['listens'] = [];
  const emergencies = new Set<string>();
  const site = { version: 3, yaml };
  let revoked = () => undefined as void;
  const note = (action: string, target?: string, details: Record<string, unknown> = {}) => {
    const seq = audit.length + 1;
    const hash = randomBytes(32).toString('hex');
    audit.push({
      seq,
      at: now(),
      actor: user.username,
      action,
      ...(target ? { target } : {}),
      details,
      hash,
    });
  };
  for (let index = 0; index < 70; index += 1)
    note(
      ['session.created', 'recording.listened', 'site.imported', 'display.approved'][index % 4] ?? 'x',
      `t${index}`,
      {
        address: '10.20.1.15',
        reason: index % 4 === 1 ? 'complaint 4711, checked with the customer' : undefined,
      },
    );
  audit.forEach((row, index) => {
    row.at = now() - (70 - index) * 412_000;
  });
  const outcomes = ['answered', 'answered', 'answered', 'abandoned', 'answered', 'flowed-out'];
  const contacts: ContactRow[] = Array.from({ length: 120 }, (_, index) => {
    const arrivedAt = now() - index * 97_000 - 60_000;
    const outcome = outcomes[index % outcomes.length] ?? 'answered';
    const waitMs = 4000 + ((index * 7919) % 90_000);
    return {
      contactId: `01J9Z${String(9_000_000 - index)}`,
      channel: 'voice',
      numberId: '+442071838750',
      queueId: ['cards', 'accounts', 'lost-cards'][index % 3] ?? 'cards',
      arrivedAt,
      queuedAt: arrivedAt + 3000,
      endedAt: arrivedAt + 3000 + waitMs + 120_000,
      outcome,
      endedBy: index % 2 ? 'customer' : 'agent',
      waitMs,
      ...(outcome === 'answered'
        ? { agentId: String(201 + (index % 9)), talkMs: 30_000 + ((index * 104_729) % 400_000), holdMs: 0 }
        : {}),
      pii: { from: `+44207946${String(1000 + index)}`, ...(index % 3 ? {} : { fromName: 'Amelia Hart' }) },
    };
  });
  const recordings: RecordingRow[] = contacts
    .filter((contact) => contact.outcome === 'answered')
    .map((contact, index) => ({
      recordingId: `r${1000 + index}`,
      contactId: contact.contactId,
      ...(contact.queueId === undefined ? {} : { queueId: contact.queueId }),
      ...(contact.agentId === undefined ? {} : { agentId: contact.agentId }),
      startedAt: contact.arrivedAt + 9000,
      durationMs: contact.talkMs ?? 0,
      bytes: Math.round((contact.talkMs ?? 0) * 32),
      ...(contact.pii === undefined ? {} : { pii: contact.pii }),
    }));
  const day = 86_400_000;
  for (const [index, name] of ['Hall, north wall', 'Team room 2'].entries())
    displays.set(`d${index}`, {
      displayId: `d${index}`,
      name,
      state: index === 0 ? 'approved' : 'revoked',
      createdAt: now() - day * 30,
      approvedAt: now() - day * 30 + 60_000,
      approvedBy: 'ada',
      ...(index === 0 ? { lastSeenAt: now() - 2000 } : { revokedAt: now() - day, lastSeenAt: now() - day }),
      language: 'en',
      userAgent: 'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) Chrome/76',
      connections: index === 0 ? 1 : 0,
      code: '',
      codeExpiresAt: 0,
    });

  const may = [...permissions];
  const textChannels: SessionView['channels'] = ['mail', 'chat', 'form'];
  const limits: RestStandIn['limits'] = {};
  const view = (): SessionView => ({
    me: {
      userId: 'u1',
      username: user.username,
      role: limits.view ? 'supervisor' : 'admin',
      ...(limits.view && { view: limits.view }),
    },
    csrfToken,
    may,
    channels: textChannels,
    mustChangePassword,
    idleUntil: now() + 1_800_000,
    expiresAt: now() + 43_200_000,
  });
  const body = <T>(schema: z.ZodType<T>, request: Request, response: Response): T | undefined => {
    const parsed = schema.safeParse(request.body);
    if (parsed.success) return parsed.data;
    fail(response, 400, 'bad-request');
    return undefined;
  };
  const hasSession = (request: Request) => (request.headers.cookie ?? '').includes(sessionCookie);
  const isSafe = (request: Request) => request.method === 'GET' || request.headers[csrfHeader] === csrfToken;
  const signIn = (response: Response, status: number) => {
    response.setHeader('set-cookie', `${sessionCookie}; Path=/; HttpOnly; SameSite=Strict`);
    response.status(status).json(view());
  };
  const row = ({
    code: _code,
    codeExpiresAt: _expires,
    ...rest
  }: DisplayRow & { code: string; codeExpiresAt: number }) => rest;
  const approve = (code: string, name: string) => {
    const wanted = code.toUpperCase().replace(/[^0-9A-Z]/g, '');
    const display = [...displays.values()].find((d) => d.state === 'pending' && d.code === wanted);
    if (!display) return undefined;
    Object.assign(display, { name, state: 'approved', approvedAt: now(), approvedBy: user.username });
    note('display.approved', display.displayId, { name });
    return row(display);
  };
  const displayOf = (request: Request) => {
    const id = /hl_display=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    return id === undefined ? undefined : displays.get(id);
  };
  const ticket = (scope: 'board' | 'floor') => {
    const value = randomBytes(12).toString('hex');
    tickets.set(value, scope);
    return { ticket: value, url: `/ws/${scope}?ticket=${value}`, expiresAt: now() + 30_000 };
  };
  const paged = <T>(all: readonly T[], request: Request) => {
    const from = Number(request.query['cursor'] ?? 0);
    const limit = Number(request.query['limit'] ?? 50);
    const hasMore = from + limit < all.length;
    return { items: all.slice(from, from + limit), ...(hasMore ? { nextCursor: String(from + limit) } : {}) };
  };

  const router = express.Router();
  router.get('/api/setup', (_request, response) => void response.json({ isNeeded: !isSetUp }));
  router.post('/api/setup', (request, response) => {
    const data = body(setupRequestSchema, request, response);
    if (!data) return;
    const plain = (text: string) => text.toUpperCase().replace(/[^0-9A-Z]/g, '');
    if (plain(data.secret) !== plain(standInSecret)) {
      fail(response, 401, 'wrong-credentials');
      return;
    }
    isSetUp = true;
    user = { username: data.username, password: data.password };
    signIn(response, 201);
  });
  router.post('/api/session', (request, response) => {
    const data = body(signInRequestSchema, request, response);
    if (!data) return;
    if (data.username !== user.username || data.password !== user.password)
      fail(response, 401, 'wrong-credentials');
    else signIn(response, 200);
  });
  router.use('/api', (request, response, next) => {
    if (!hasSession(request)) fail(response, 401, 'sign-in-required');
    else if (!isSafe(request)) fail(response, 403, 'bad-origin');
    else next();
  });
  router.get('/api/session', (_request, response) => void response.json(view()));
  router.delete('/api/session', (_request, response) => {
    response.setHeader('set-cookie', `stand_in_session=; Path=/; Max-Age=0`);
    response.status(204).end();
  });
  router.post('/api/me/password', (request, response) => {
    const data = body(changePasswordRequestSchema, request, response);
    if (!data) return;
    if (data.current !== user.password) {
      fail(response, 401, 'wrong-credentials');
      return;
    }
    user.password = data.next;
    mustChangePassword = false;
    response.json(view());
  });
  router.post('/api/live-ticket', (request, response) => {
    const data = body(liveTicketRequestSchema, request, response);
    if (data) response.json(ticket(data.scope));
  });
  router.get('/api/contacts', (request, response) => void response.json(paged(contacts, request)));
  router.get('/api/recordings', (request, response) => void response.json(paged(recordings, request)));
  router.post('/api/recordings/:id/listen', (request, response) => {
    const data = body(listenRequestSchema, request, response);
    if (!data) return;
    const { id } = request.params;
    const grant = randomBytes(8).toString('hex');
    grants.add(grant);
    listens.push({ recordingId: id, reason: data.reason });
    note('recording.listened', id, { reason: data.reason });
    response.json({ grant, url: `/api/recordings/${id}/audio?grant=${grant}`, expiresAt: now() + 300_000 });
  });
  router.get('/api/recordings/:id/audio', (request, response) => {
    if (!grants.has(typeof request.query['grant'] === 'string' ? request.query['grant'] : ''))
      fail(response, 403, 'forbidden');
    else response.type('audio/wav').send(toneWav());
  });
  router.get('/api/displays', (_request, response) => {
    response.json({ items: [...displays.values()].map(row).sort((a, b) => b.createdAt - a.createdAt) });
  });
  router.post('/api/displays/approve', (request, response) => {
    const data = body(approveDisplayRequestSchema, request, response);
    if (!data) return;
    const approved = approve(data.code, data.name);
    if (approved) response.json(approved);
    else fail(response, 404, 'not-found');
  });
  router.patch('/api/displays/:id', (request, response) => {
    const data = body(renameDisplayRequestSchema, request, response);
    const display = displays.get(request.params.id);
    if (!data || !display) return;
    display.name = data.name;
    response.json(row(display));
  });
  router.post('/api/displays/:id/revoke', (request, response) => {
    const display = displays.get(request.params.id);
    if (!display) {
      fail(response, 404, 'not-found');
      return;
    }
    Object.assign(display, { state: 'revoked', revokedAt: now(), connections: 0 });
    note('display.revoked', display.displayId);
    revoked();
    response.json(row(display));
  });
  const emergencyState = () => ({
    isSiteOn: emergencies.has(''),
    queueIds: [...emergencies].filter((queueId) => queueId !== ''),
  });
  router.get('/api/emergency', (_request, response) => void response.json(emergencyState()));
  router.put('/api/emergency', (request, response) => {
    const data = body(emergencyRequestSchema, request, response);
    if (!data) return;
    if (data.isOn) emergencies.add(data.queueId ?? '');
    else emergencies.delete(data.queueId ?? '');
    note(
      data.isOn ? 'emergency.switched-on' : 'emergency.switched-off',
      data.queueId === undefined ? 'site' : `queue:${data.queueId}`,
    );
    response.json(emergencyState());
  });
  router.use(createFairnessStandIn(now));
  router.use(createReportsStandIn(now));
  router.use(createHoursStandIn(now));
  const quarantine = createQuarantineStandIn(now);
  router.use(quarantine.router);
  const alerts = createAlertsStandIn(now);
  router.use(alerts.router);
  const channels = createChannelsStandIn(now);
  router.use(channels.router);
  const residency = createResidencyStandIn(now);
  router.use(residency.router);
  const boards = createBoardsStandIn(now, displays);
  router.use(boards.router);
  const people = createUsersStandIn(now);
  router.use(people.router);
  router.get('/api/site', (_request, response) => void response.json(site));
  router.post('/api/site/check', (request, response) => {
    const data = body(siteRequestSchema, request, response);
    if (data) response.json({ isValid: faultsOf(data.yaml).length === 0, faults: faultsOf(data.yaml) });
  });
  router.put('/api/site', (request, response) => {
    const data = body(siteRequestSchema, request, response);
    if (!data) return;
    const faults = faultsOf(data.yaml);
    if (faults.length > 0) fail(response, 422, 'site-invalid', { faults });
    else if (data.ifVersion !== undefined && data.ifVersion !== site.version) fail(response, 409, 'conflict');
    else {
      site.version += 1;
      site.yaml = data.yaml;
      note('site.imported', `v${site.version}`);
      response.json({ version: site.version });
    }
  });
  router.get('/api/audit', (request, response) => void response.json(paged(audit.toReversed(), request)));
  router.post('/api/audit/verify', (_request, response) => {
    response.json({ isIntact: true, checked: audit.length, headHash: audit.at(-1)?.hash });
  });
  router.post('/display/enrol', (request, response) => {
    const data = body(enrolRequestSchema, request, response);
    if (!data) return;
    const displayId = displayOf(request)?.displayId ?? `d${displays.size}`;
    const code = Array.from(randomBytes(displayCodeLength), (byte) => displayCodeAlphabet[byte % 30]).join(
      '',
    );
    const codeExpiresAt = now() + 600_000;
    const language = data.language === undefined ? {} : { language: data.language };
    displays.set(displayId, {
      displayId,
      state: 'pending',
      createdAt: now(),
      connections: 0,
      code,
      codeExpiresAt,
      ...language,
    });
    response.setHeader('set-cookie', `hl_display=${displayId}; Path=/; HttpOnly; SameSite=Strict`);
    response.json({ displayId, code, codeExpiresAt });
  });
  router.get('/display/state', (request, response) => {
    const display = displayOf(request);
    if (!display) response.json({ state: 'none' });
    else if (display.state === 'pending')
      response.json({ state: 'pending', displayId: display.displayId, codeExpiresAt: display.codeExpiresAt });
    else if (display.state === 'revoked') response.json({ state: 'revoked' });
    else
      response.json({
        state: 'approved',
        displayId: display.displayId,
        name: display.name,
        language: display.language,
        shows: options.shows?.() ?? 'standard',
      });
  });
  router.post('/display/ticket', (request, response) => {
    if (displayOf(request)?.state === 'approved') response.json(ticket('board'));
    else fail(response, 403, 'forbidden');
  });

  return {
    router,
    takeTicket: (value) => {
      const scope = tickets.get(value);
      tickets.delete(value);
      return scope;
    },
    onRevoke: (listener) => {
      revoked = listener;
    },
    displays,
    approve,
    audit,
    users: people.users,
    site,
    listens,
    emergencies,
    quarantine,
    alerts,
    channels,
    residency,
    boards,
    may,
    limits,
    textChannels,
  };
}
