/**
 * The reports of the stand-in: two made-up days, driven through the real routing engine, counted by the product's own fold and
 * shown by its own formulas. The contacts behind a number come from the stays and never from the sums, so that a page which
 * asks for the wrong ones shows the wrong total. Made when first asked for. No model of the roll-ups in Postgres.
 */
import express, { type Response, type Router } from 'express';
import { intervalStarts } from '../../server/app/site-calendar.ts';
import { toAcdSite } from '../../server/config/acd-site.ts';
import type { AgentTime } from '../../server/contract/figures.ts';
import {
  drillQuerySchema,
  type DrillPage,
  type DrillQuery,
  type DrillRow,
  type FigureStatement,
  type IntervalQuery,
  intervalQuerySchema,
  type IntervalReport,
} from '../../server/contract/rest-reports.ts';
import { siteSchema } from '../../server/contract/site.ts';
import { csvLine, csvType } from '../../server/lib/csv.ts';
import { reportCells, reportHeader, toReportRow } from '../../server/reports/interval-report.ts';
import { addDelta, type Cell, type Delta, emptyCell, placeOf } from '../../server/stats/figure-cells.ts';
import { type ContactKey, FigureFold, type Stay } from '../../server/stats/figure-fold.ts';
import { emptyFoldSite } from '../../server/stats/fold-site.ts';
import { FloorDays } from './floor-days.ts';
import { addFcrStandIn } from './ui-fcr.ts';

const hourMs = 3_600_000;
const zone = 'Europe/Rome';
const teamOf = (index: number) => (index % 2 === 0 ? 'north' : 'south');
const standInAgents = [
  'Amelia Hart',
  'Oliver Webb',
  'Sofia Marchetti',
  'Иван Константинопольский',
  'Bartholomew Featherstonehaugh',
  'Chiara Bianchi',
];

const siteOf = (withinSec: number) =>
  siteSchema.parse({
    site: { name: 'Northgate Bank', timeZone: zone },
    queues: [
      { id: 'cards', name: 'Card services', serviceLevel: { percent: 80, withinSec } },
      { id: 'accounts', name: 'Current accounts', maxWaitSec: 90 },
      { id: 'lost-cards', name: 'Lost and stolen cards' },
    ],
    teams: [
      { id: 'north', name: 'Northern team' },
      { id: 'south', name: 'Southern team' },
    ],
    agents: standInAgents.map((name, index) => ({
      id: String(201 + index),
      name,
      queues: ['cards', 'accounts', 'lost-cards'],
      team: teamOf(index),
      wrapUp: { mode: 'timed', sec: 15 },
    })),
    phones: standInAgents.map((_, index) => ({ id: `p${index}`, password: 'not-of-any-use' })),
  });

interface Counted {
  key: ContactKey;
  agentId?: string;
  teamId?: string;
  at: number;
  arrivedAt: number;
  delta: Delta;
}
interface World {
  counted: Counted[];
  stays: Stay[];
  definitions: { version: number; since: number }[];
  seq: number;
}

/** A shift of its own each: contacts come for most of it and are served to its end. */
const shifts = 5;
const shiftMs = 6 * hourMs;
const teams = Object.fromEntries(standInAgents.map((_, index) => [String(201 + index), teamOf(index)]));

function addShift(world: World, now: number, index: number): void {
  const startAt = now - (shifts - index) * shiftMs;
  const site = toAcdSite(siteOf(20), 3);
  const floor = new FloorDays({
    seed: 11 + index,
    startAt,
    endAt: startAt + shiftMs - hourMs / 4,
    site,
    contacts: 270,
  });
  // The targets were changed half an hour before the page is looked at.
  floor.runTo(startAt + shiftMs - hourMs / 2);
  if (index === shifts - 1) floor.apply(toAcdSite(siteOf(30), 4));
  floor.runTo(startAt + shiftMs);
  const { counted } = world;
  const stays = new Map<string, Stay>();
  const noKey: ContactKey = { queueId: '', channel: 'voice', numberId: '', trunkId: '', branch: '' };
  const fold = new FigureFold(
    { ...emptyFoldSite, teams },
    {
      count: (key, at, arrivedAt, delta) => void counted.push({ key, at, arrivedAt, delta }),
      work: (agentId, _teamId, key, at, delta) =>
        void counted.push({ key, agentId, teamId: teams[agentId] ?? '', at, arrivedAt: at, delta }),
      stay: (stay) => void stays.set(`${stay.contactId} ${stay.ordinal}`, stay),
      time: (agentId, _teamId, _queueIds, time: AgentTime, from, to) =>
        void counted.push({
          key: noKey,
          agentId,
          teamId: teams[agentId] ?? '',
          at: from,
          arrivedAt: from,
          delta: [placeOf[time], to - from],
        }),
      defined: () => undefined,
    },
  );
  for (const event of floor.log) fold.apply(event);
  for (const stay of stays.values()) {
    if (stay.agentId) stay.teamId = teams[stay.agentId] ?? '';
    world.stays.push(stay);
  }
  world.seq += floor.log.length;
}

function makeWorld(now: number): World {
  const definitions = [
    { version: 3, since: now - shifts * shiftMs },
    { version: 4, since: now - hourMs / 2 },
  ];
  const world: World = { counted: [], stays: [], definitions, seq: 0 };
  for (let index = 0; index < shifts; index += 1) addShift(world, now, index);
  world.stays.sort((a, b) => b.queuedAt - a.queuedAt);
  return world;
}

/** Of agents and teams what agents did, of all else what became of contacts. */
function scopeOf({ key, agentId, teamId }: Counted, by: IntervalQuery['by']): string | undefined {
  const ofAgent = agentId !== undefined;
  if (by === 'agent') return ofAgent ? `agent:${agentId}` : undefined;
  if (by === 'team') return ofAgent ? `team:${teamId}` : undefined;
  if (ofAgent) return by === 'site' && key.queueId === '' ? 'site' : undefined;
  if (by === 'site') return 'site';
  const id = {
    queue: key.queueId,
    channel: key.channel,
    number: key.numberId,
    trunk: key.trunkId,
    branch: '',
  }[by];
  return id === '' ? undefined : `${by}:${id}`;
}

function report(world: World, query: IntervalQuery, now: number): IntervalReport {
  const { from, to, by, interval, attribution, queues } = query;
  const isCalendar = interval === 'day' || interval === 'week' || interval === 'month';
  const starts = isCalendar ? intervalStarts(from, to, interval, zone) : [];
  const startOf = (at: number) =>
    interval === 'all'
      ? from
      : isCalendar
        ? starts.findLast((start) => start <= at)!
        : from + Math.floor((at - from) / (Number(interval) * 60_000)) * Number(interval) * 60_000;
  const cells = new Map<string, { start: number; scope: string; cell: Cell }>();
  for (const one of world.counted) {
    const at = attribution === 'event' || one.agentId !== undefined ? one.at : one.arrivedAt;
    const scope = scopeOf(one, by);
    const isAsked = queues === undefined || one.key.queueId === '' || queues.includes(one.key.queueId);
    if (at < from || at >= to || scope === undefined || !isAsked) continue;
    const start = startOf(at);
    const id = `${start} ${scope}`;
    const cell = cells.get(id) ?? { start, scope, cell: emptyCell() };
    cells.set(id, cell);
    addDelta(cell.cell, one.delta);
  }
  const site = siteOf(30);
  const names = Object.fromEntries([
    ...site.queues.map(({ id, name }) => [`queue:${id}`, name]),
    ...site.teams.map(({ id, name }) => [`team:${id}`, name]),
    ...site.agents.map(({ id, name }) => [`agent:${id}`, name]),
  ]) as Record<string, string>;
  const rows = [...cells.values()].sort((a, b) => a.start - b.start).map((cell) => toReportRow(cell, names));
  const definitions = world.definitions.filter(
    ({ since }, index) => since < to && (world.definitions[index + 1]?.since ?? Infinity) > from,
  );
  const head = { from, to, by, interval, attribution, timeZone: zone, asOf: now, seq: world.seq };
  return { ...head, definitions, rows };
}

type Fact = (stay: Stay) => number | undefined;
const left =
  (outcome: Stay['outcome']): Fact =>
  (stay) =>
    stay.outcome === outcome ? stay.leftAt : undefined;
/** When a stay counted as such. */
const facts: Partial<Record<DrillQuery['count'], Fact>> = {
  offered: (stay) => stay.queuedAt,
  answered: left('answered'),
  abandoned: left('abandoned'),
  flowedOut: left('flowed-out'),
  shortAbandoned: (stay) => (stay.isShort ? left('abandoned')(stay) : undefined),
  answeredInTarget: (stay) => (stay.isInTarget ? left('answered')(stay) : undefined),
  abandonedInTarget: (stay) => (stay.isInTarget && !stay.isShort ? left('abandoned')(stay) : undefined),
  serviceLevelOffered: (stay) => stay.serviceLevelAt,
  handled: (stay) => stay.handledAt,
  transferred: (stay) => (stay.isTransferred ? stay.handledAt : undefined),
  replied: (stay) => stay.repliedAt,
};

function isOf(stay: Stay, scope: string): boolean {
  const [kind, id = ''] = scope.split(':');
  const { queueId, channel, numberId, trunkId } = stay.key;
  const ids: Record<string, string | undefined> = {
    site: '',
    queue: queueId,
    channel,
    number: numberId,
    trunk: trunkId,
    agent: stay.agentId,
    team: stay.teamId,
  };
  return ids[kind ?? ''] === id;
}

function behind(world: World, query: DrillQuery): DrillPage {
  const { from, to, scope, count, attribution, queues, cursor, limit } = query;
  const all = world.stays.filter((stay) => {
    if (!isOf(stay, scope) || (queues && !queues.includes(stay.key.queueId))) return false;
    if (count === 'waiting') return stay.queuedAt < to && (stay.leftAt ?? Infinity) >= to;
    const at = facts[count]?.(stay);
    const credited = attribution === 'event' ? at : stay.queuedAt;
    return at !== undefined && credited !== undefined && credited >= from && credited < to;
  });
  const first = Number(cursor ?? 0);
  const items = all.slice(first, first + limit).map((stay, index): DrillRow => ({
    contact: {
      contactId: stay.contactId,
      channel: stay.key.channel,
      arrivedAt: stay.queuedAt,
      pii: { from: `+39055${String(4_000_000 + first + index)}` },
    },
    queueId: stay.key.queueId,
    queuedAt: stay.queuedAt,
    ...(stay.leftAt !== undefined && { leftAt: stay.leftAt }),
    ...(stay.waitMs !== undefined && { waitMs: stay.waitMs }),
    ...(stay.outcome !== undefined && { outcome: stay.outcome }),
    ...(stay.agentId !== undefined && { agentId: stay.agentId }),
    targetMs: stay.targetMs,
    definition: stay.definition,
  }));
  const next = first + limit;
  return { items, total: all.length, ...(next < all.length && { nextCursor: String(next) }) };
}

function statements(now: number): FigureStatement[] {
  const day = 24 * hourMs;
  const midnight = intervalStarts(now - 6 * day, now, 'day', zone).reverse();
  return midnight.slice(0, -1).map((to, index) => ({
    from: midnight[index + 1]!,
    to,
    madeAt: to + 125_000,
    seq: 90_000 - index * 11_000,
    compared: 132,
    differences:
      index === 2
        ? Object.entries({ 'queue:cards': 112, site: 431 }).map(([scope, counted]) => ({
            scope,
            attribution: 'event',
            count: 'answered',
            live: counted,
            report: counted,
            recount: counted - 1,
          }))
        : [],
  }));
}

export function createReportsStandIn(now: () => number): Router {
  let made: World | undefined;
  const world = () => (made ??= makeWorld(now()));
  const refuse = (response: Response) =>
    void response.status(400).json({ error: { code: 'bad-request', message: 'bad-request' } });
  const router = express.Router();
  router.get('/api/reports/intervals', (request, response) => {
    const query = intervalQuerySchema.safeParse({ ...request.query });
    if (!query.success) {
      refuse(response);
      return;
    }
    const answer = report(world(), query.data, now());
    if (query.data.format === 'json') response.json(answer);
    else
      response
        .type(csvType)
        .attachment('report.csv')
        .send([reportHeader, ...answer.rows.map(reportCells)].map(csvLine).join(''));
  });
  router.get('/api/figures/contacts', (request, response) => {
    const query = drillQuerySchema.safeParse({ ...request.query });
    if (query.success) response.json(behind(world(), query.data));
    else refuse(response);
  });
  router.get(
    '/api/reports/statements',
    (_request, response) => void response.json({ items: statements(now()) }),
  );
  addFcrStandIn(router, now);
  return router;
}
