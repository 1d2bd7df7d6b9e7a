/** The channels of the stand-in: a house with one of each kind, some of them unused, one down; what it is asked for is noted. */
import express, { type Router } from 'express';
import {
  channelQuerySchema,
  consentQuerySchema,
  type ChannelRow,
  type EgressRow,
} from '../../server/contract/rest-channels.ts';

export interface ChannelsStandIn {
  router: Router;
  items: ChannelRow[];
  egress: EgressRow[];
  /** Files, by path and query, in order. */
  taken: string[];
}

const hourMs = 3_600_000;

function makeRows(now: number): ChannelRow[] {
  const used = (contacts7d: number, contacts30d: number, hoursAgo: number) => ({
    contacts7d,
    contacts30d,
    lastAt: now - hoursAgo * hourMs,
    isUnused: contacts30d === 0,
  });
  const never = { contacts7d: 0, contacts30d: 0, isUnused: true };
  const up = { health: { state: 'up' as const } };
  return [
    {
      kind: 'number',
      id: '+442071838750',
      name: 'Main line',
      queueIds: ['cards'],
      ...used(2340, 10_422, 0.1),
    },
    { kind: 'number', id: '+442071838799', queueIds: ['accounts'], ...used(0, 0, 24 * 90) },
    { kind: 'trunk', id: 'telco', name: 'The telephone company', queueIds: [], ...used(2410, 10_911, 0.1) },
    {
      kind: 'mailbox',
      id: 'help',
      name: 'Help',
      queueIds: ['cards', 'accounts'],
      health: {
        state: 'degraded',
        since: now - 2 * hourMs,
        detail: 'mailbox loans: imap.northgate.example does not answer (timeout)',
      },
      ...used(312, 1290, 1),
    },
    { kind: 'widget', id: 'web', name: 'Talk to us', queueIds: ['cards'], ...up, ...used(120, 499, 2) },
    { kind: 'form', id: 'call', queueIds: ['cards'], ...up, ...never },
    {
      kind: 'connector',
      id: 'sms',
      name: 'Text messages of the mobile bank',
      queueIds: ['accounts'],
      health: { state: 'down', since: now - 26 * hourMs, detail: 'the port for customers is taken' },
      ...never,
    },
    { kind: 'callbacks', id: 'telco', name: 'The telephone company', queueIds: [], ...used(70, 489, 5) },
  ];
}

const egress: EgressRow[] = [
  {
    host: 'relay.northgate.example',
    port: 587,
    protocol: 'smtp-starttls',
    purpose: 'mail-relay',
    usedBy: [],
  },
  {
    host: 'login.northgate.example',
    port: 443,
    protocol: 'https',
    purpose: 'mailbox-token',
    usedBy: ['help', 'loans'],
  },
  {
    host: 'imap.northgate.example',
    port: 993,
    protocol: 'imap-tls',
    purpose: 'mailbox',
    usedBy: ['help', 'loans'],
  },
  { host: 'login.northgate.example', port: 443, protocol: 'https', purpose: 'relay-token', usedBy: [] },
  { host: '10.0.0.7', port: 8090, protocol: 'http', purpose: 'connector', usedBy: ['sms'] },
  { host: 'clamd.northgate.example', port: 3310, protocol: 'clamd', purpose: 'virus-scanner', usedBy: [] },
  {
    host: 'sip.telephone-company.example',
    port: 5060,
    protocol: 'sip-udp',
    purpose: 'trunk',
    usedBy: ['telco'],
  },
];

export function createChannelsStandIn(now: () => number): ChannelsStandIn {
  const items = makeRows(now());
  const leaving = structuredClone(egress);
  const taken: string[] = [];
  const router = express.Router();
  const bad = (response: express.Response) =>
    void response.status(400).json({ error: { code: 'bad-request', message: 'bad-request' } });
  router.get('/api/channels', (request, response) => {
    const { data } = channelQuerySchema.safeParse({ ...request.query });
    if (!data) return bad(response);
    if (data.format === 'json') return void response.json({ countedAt: now(), items });
    taken.push(request.originalUrl);
    response.attachment('channels.csv').send('kind\r\n');
  });
  router.get('/api/channels/egress', (_request, response) => void response.json({ items: leaving }));
  router.get('/api/consents', (request, response) => {
    if (!consentQuerySchema.safeParse({ ...request.query }).success) return bad(response);
    taken.push(request.originalUrl);
    response.attachment('consents.csv').send('time\r\n');
  });
  return { router, items, egress: leaving, taken };
}
