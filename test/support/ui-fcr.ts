/**
 * First contact resolution of the stand-in: seven made-up weeks of customers who come back or do not. Each contact is judged by itself,
 * by a search through all the others, and shown by the product's own table.
 */
import type { Response, Router } from 'express';
import { intervalStarts } from '../../server/app/site-calendar.ts';
import type { Channel } from '../../server/contract/events.ts';
import type { ContactRow } from '../../server/contract/rest.ts';
import {
  type FcrDrillRow,
  fcrDrillQuerySchema,
  type FcrFate,
  type FcrKey,
  type FcrPage,
  fcrQuerySchema,
  type FcrReport,
  type FcrRule,
} from '../../server/contract/rest-fcr.ts';
import { csvLine, csvType } from '../../server/lib/csv.ts';
import { fcrCells, fcrHeader, fcrTable } from '../../server/reports/fcr-report.ts';
import { randomSource } from './random-source.ts';

const dayMs = 86_400_000;
const days = 49;
const perDay = 60;
const zone = 'Europe/Rome';
const queues = ['cards', 'accounts', 'lost-cards'];
const names = {
  'queue:cards': 'Card services',
  'queue:accounts': 'Current accounts',
  'queue:lost-cards': 'Lost and stolen cards',
  'agent:201': 'Amelia Hart',
  'agent:202': 'Oliver Webb',
  'agent:203': 'Sofia Marchetti',
  'agent:204': 'Иван Константинопольский',
  'agent:205': 'Bartholomew Featherstonehaugh',
};

interface Made {
  contactId: string;
  customer: string | undefined;
  queueId: string;
  channel: Channel;
  agentId: string;
  queuedAt: number;
  handledAt: number;
  isTransferred: boolean;
}

function makeContacts(now: number): Made[] {
  const random = randomSource(31);
  const made: Made[] = [];
  for (let index = 0; index < days * perDay; index += 1) {
    const queuedAt = now - days * dayMs + Math.floor((index * dayMs) / perDay);
    const channel = (['voice', 'voice', 'chat', 'mail'] as const)[Math.floor(random() * 4)]!;
    made.push({
      contactId: `c_${index}`,
      customer: random() < 0.06 ? undefined : String(Math.floor(random() ** 1.6 * 1400)),
      queueId: queues[Math.floor(random() ** 1.5 * 3)]!,
      channel,
      agentId: String(201 + Math.floor(random() * 5)),
      queuedAt,
      handledAt: queuedAt + Math.floor(random() * (channel === 'mail' ? 20 : 0.2) * 3_600_000) + 60_000,
      isTransferred: random() < 0.05,
    });
  }
  return made;
}

interface Judged extends Made {
  fate: FcrFate;
  next: Made | undefined;
}
function judge(
  all: readonly Made[],
  one: Made,
  { days: within, transfers, topic }: FcrRule,
  asOf: number,
): Judged {
  const end = one.handledAt + within * dayMs;
  const isNext = (other: Made) =>
    other.queuedAt > one.queuedAt &&
    other.queuedAt < Math.min(end, asOf) &&
    (topic === 'any' || other.queueId === one.queueId);
  const next =
    one.customer === undefined
      ? undefined
      : all.find((other) => other.customer === one.customer && isNext(other));
  const settled = (): FcrFate => {
    if (next) return 'repeated';
    return one.isTransferred && transfers === 'unresolved' ? 'transferred' : 'resolved';
  };
  const fate = one.customer === undefined ? 'anonymous' : end > asOf ? 'open' : settled();
  return { ...one, fate, next };
}

const scopeOf = (one: Made, by: FcrKey): string =>
  ({
    queue: `queue:${one.queueId}`,
    channel: `channel:${one.channel}`,
    agent: `agent:${one.agentId}`,
    site: 'site',
  })[by];

const contactOf = ({ contactId, channel, queuedAt, customer, queueId, agentId }: Made): ContactRow => ({
  contactId,
  channel,
  arrivedAt: queuedAt,
  queuedAt,
  queueId,
  agentId,
  pii: {
    from: customer === undefined ? 'anonymous' : `+39055${String(4_000_000 + Number(customer) * 37)}`,
  },
});

const drillRow = (one: Judged): FcrDrillRow => ({
  contact: contactOf(one),
  fate: one.fate,
  queueId: one.queueId,
  agentId: one.agentId,
  handledAt: one.handledAt,
  isTransferred: one.isTransferred,
  ...(one.next && {
    repeat: { contact: contactOf(one.next), queueId: one.next.queueId, queuedAt: one.next.queuedAt },
  }),
});

export function addFcrStandIn(router: Router, now: () => number): void {
  let made: Made[] | undefined;
  const all = () => (made ??= makeContacts(now()));
  const refuse = (response: Response) =>
    void response.status(400).json({ error: { code: 'bad-request', message: 'bad-request' } });
  const judged = (query: FcrRule & { from: number; to: number }, asOf: number) =>
    all()
      .filter(({ handledAt }) => handledAt >= query.from && handledAt < Math.min(query.to, asOf))
      .map((one) => judge(all(), one, query, asOf));

  router.get('/api/reports/fcr', (request, response) => {
    const query = fcrQuerySchema.safeParse({ ...request.query });
    if (!query.success) {
      refuse(response);
      return;
    }
    const { from, to, by, interval, days: within, transfers, topic, format } = query.data;
    const asOf = now();
    const starts = interval === 'all' ? [from] : intervalStarts(from, to, interval, zone);
    const counted = judged(query.data, asOf)
      .map((one) => ({
        start: starts.findLast((start) => start <= one.handledAt) ?? from,
        scope: scopeOf(one, by),
        fate: one.fate,
        count: 1,
      }))
      .sort((a, b) => a.start - b.start);
    const rule = { days: within, transfers, topic };
    const { rows, totals, total } = fcrTable(counted, from, names);
    const head = { from, to, by, interval, ...rule, method: 'repeat-window', timeZone: zone, asOf } as const;
    const report: FcrReport = { ...head, rows, totals: interval === 'all' ? [] : totals, total };
    if (format === 'json') response.json(report);
    else
      response
        .type(csvType)
        .attachment('fcr.csv')
        .send([fcrHeader, ...rows.map((row) => fcrCells(row, rule))].map(csvLine).join(''));
  });
  router.get('/api/reports/fcr/contacts', (request, response) => {
    const query = fcrDrillQuerySchema.safeParse({ ...request.query });
    if (!query.success) {
      refuse(response);
      return;
    }
    const { scope, fate, cursor, limit, asOf = now() } = query.data;
    const kind = (scope.split(':')[0] ?? 'site') as FcrKey;
    const isAsked = (one: Judged) =>
      fate === 'contacts' ? one.fate !== 'open' && one.fate !== 'anonymous' : one.fate === fate;
    const found = judged(query.data, asOf)
      .filter((one) => isAsked(one) && scopeOf(one, kind) === scope)
      .sort((a, b) => b.handledAt - a.handledAt);
    const first = Number(cursor ?? 0);
    const answer: FcrPage = {
      items: found.slice(first, first + limit).map(drillRow),
      total: found.length,
      ...(first + limit < found.length && { nextCursor: String(first + limit) }),
    };
    response.json(answer);
  });
}
