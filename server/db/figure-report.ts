/**
 * Reports of figures out of the roll-ups: counts by interval and by queue, team, number ... Windows of whole quarters of an hour
 * come from the slots; any other from the stays themselves (figure-recount.ts). What runs on at the instant of asking is added
 * from the fold that the roll-ups were made by, so that a report of now and a live board say the same (N1).
 */
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import {
  type HistoryKey,
  historyKeyOf,
  type HistoryQuestion,
  type HistoryRow,
} from '../app/figures/ports.ts';
import { agentTimes, contactCounts, type CountName } from '../contract/figures.ts';
import type { ReportInterval } from '../contract/rest-reports.ts';
import { addDelta, type Cell, emptyCell, longestWaitPlace, placeOf } from '../stats/figure-cells.ts';
import type { FigureFold } from '../stats/figure-fold.ts';
import { scopesOf } from '../stats/figure-cube.ts';
import { eachPart } from '../stats/stretch.ts';
import { slotMs } from './figure-batch.ts';
import { agentCounts, columnOf, queueCounts } from './figure-sql.ts';

/** Which rows of a table are of the attribution asked for (`$5`) and of the queues (`$6`; null: of all). */
const ofQuestion = {
  queue_slots: (isOfQueues: string) => `(attribution = $5 or channel = '') and ${isOfQueues}`,
  agent_slots: (isOfQueues: string) => `$5::text is not null and ${isOfQueues}`,
  /** Knows no queues: asked where all are meant. */
  channel_slots: () => 'attribution = $5 and $6::text[] is null',
};

interface Source {
  table: keyof typeof ofQuestion;
  /** Columns that make the scope; rows are grouped by them as they are, which is cheaper than by a text made of each. */
  keys: readonly string[];
  scopeOf: (...keys: string[]) => string;
  where: string;
  counts: readonly CountName[];
}
const queueSource = (kind: string, key: string): Source => ({
  table: 'queue_slots',
  keys: [key],
  scopeOf: (id) => `${kind}:${id}`,
  where: `${key} <> ''`,
  counts: queueCounts,
});
const siteSource = (table: Source['table'], where: string, counts: readonly CountName[]): Source => ({
  table,
  keys: [],
  scopeOf: () => 'site',
  where,
  counts,
});
const agentSource = (kind: string, key: string, where: string): Source => ({
  table: 'agent_slots',
  keys: [key],
  scopeOf: (id) => `${kind}:${id}`,
  where,
  counts: agentCounts,
});
const sources: Record<HistoryKey, readonly Source[]> = {
  queue: [queueSource('queue', 'queue_id')],
  'queue-channel': [
    {
      ...queueSource('queue', 'queue_id'),
      keys: ['queue_id', 'channel'],
      scopeOf: (queueId, channel) => `queue:${queueId}/${channel}`,
      where: `queue_id <> '' and channel <> ''`,
    },
  ],
  channel: [queueSource('channel', 'channel')],
  number: [queueSource('number', 'number_id')],
  branch: [
    {
      ...queueSource('branch', 'branch'),
      keys: ['number_id', 'branch'],
      scopeOf: (numberId, branch) => `branch:${numberId}/${branch}`,
      where: `branch <> '' and number_id <> ''`,
    },
  ],
  trunk: [queueSource('trunk', 'trunk_id')],
  site: [
    siteSource('queue_slots', `channel <> ''`, contactCounts),
    siteSource('agent_slots', `queue_id = ''`, agentTimes),
  ],
  team: [agentSource('team', 'team_id', `team_id <> ''`)],
  agent: [agentSource('agent', 'agent_id', 'true')],
};

/** The same of all queues together. */
const ofAllQueues = (source: Source): Source =>
  source.table === 'queue_slots' ? { ...source, table: 'channel_slots', counts: contactCounts } : source;
const wholeSources: Partial<Record<HistoryKey, readonly Source[]>> = {
  channel: sources.channel.map(ofAllQueues),
  site: sources.site.map(ofAllQueues),
};

const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;
const ms = (expression: string) => `round(extract(epoch from ${expression}) * 1000)::bigint`;

/** Start of the interval that a slot lies in. `$1`: from, ms; `$3`: length in ms, or the unit; `$4`: time zone. */
function bucket(interval: ReportInterval): string {
  if (interval === 'all') return `${instant('$1')} + 0 * $3::bigint * interval '1 ms' * length($4::text)`;
  if (interval === 'day' || interval === 'week' || interval === 'month')
    return `date_trunc($3::text, slot, $4::text)`;
  return `date_bin($3::bigint * interval '1 ms', slot, ${instant('$1')}) + 0 * length($4::text) * interval '1 ms'`;
}

const unitOf = (interval: ReportInterval): string | number =>
  interval === 'all' ? 1 : /^\d+$/.test(interval) ? Number(interval) * 60_000 : interval;

type SlotRow = { start: string; keys: string[]; sums: string };

/**
 * Sums are taken in double precision: whole numbers below 2^53 add up exactly in it, and at a fraction of what wide integers cost.
 * They come as one text a row, the longest wait last: half as dear to read as thirty columns.
 */
async function fromSource(
  sequelize: Sequelize,
  transaction: Transaction,
  question: HistoryQuestion,
  { table, keys, where, counts }: Source,
): Promise<SlotRow[]> {
  const { from, to, interval, attribution, timeZone, queues, within } = question;
  const ofNoQueue = within?.isOfQueuesAlone ? 'false' : `queue_id = ''`;
  const sums = counts.map((name) => `sum(${columnOf(name)}::float8)`);
  if (table !== 'agent_slots') sums.push('max(longest_wait_ms)::float8');
  const sql = `select ${ms('start')} as start, keys, sums from (
      select ${bucket(interval)} as start, array[${keys.join(', ')}]::text[] as keys, array_to_string(array[${sums.join(', ')}], ' ') as sums
      from ${table}
      where slot >= ${instant('$1')} and slot < ${instant('$2')} and ${where}
        and ${ofQuestion[table](`($6::text[] is null or ${ofNoQueue} or queue_id = any($6))`)}
      group by ${['1', ...keys].join(', ')}) slots`;
  return sequelize.query<SlotRow>(sql, {
    bind: [from, to, unitOf(interval), timeZone, attribution, queues ? [...queues] : null],
    transaction,
    type: QueryTypes.SELECT,
  });
}

/** Of the cells of a report, by start and scope. */
export class ReportCells {
  readonly #cells = new Map<string, HistoryRow>();

  cell(start: number, scope: string): Cell {
    const id = `${start} ${scope}`;
    let row = this.#cells.get(id);
    if (!row) this.#cells.set(id, (row = { start, scope, cell: emptyCell() }));
    return row.cell;
  }

  rows(): HistoryRow[] {
    return [...this.#cells.values()].sort(
      (a, b) => a.start - b.start || (a.scope < b.scope ? -1 : Number(a.scope > b.scope)),
    );
  }
}

/** `starts`: of the intervals, ascending; for local days and longer ones. */
export const startOf = (
  at: number,
  { from, interval }: HistoryQuestion,
  starts: readonly number[],
): number => {
  if (interval === 'all') return from;
  if (/^\d+$/.test(interval)) {
    const length = Number(interval) * 60_000;
    return from + Math.floor((at - from) / length) * length;
  }
  return starts.findLast((start) => start <= at) ?? from;
};

/**
 * Groups of a month by agent and day fit into it, a third of it as a rule. With less, Postgres expects them not to and sorts all
 * rows on the disk first, which takes as long again.
 */
const groupingMemory = '64MB';

export async function reportOfSlots(
  sequelize: Sequelize,
  transaction: Transaction,
  question: HistoryQuestion,
): Promise<ReportCells> {
  await sequelize.query(`set local work_mem = '${groupingMemory}'`, { transaction });
  const cells = new ReportCells();
  const isOfQueuesAlone = question.within?.isOfQueuesAlone === true;
  const known = (!question.queues && wholeSources[question.by]) || sources[question.by];
  const asked = known.filter(({ table }) => !isOfQueuesAlone || table !== 'agent_slots');
  for (const source of asked)
    for (const { start, keys, sums } of await fromSource(sequelize, transaction, question, source)) {
      const cell = cells.cell(Number(start), source.scopeOf(...keys));
      const numbers = sums.split(' ');
      source.counts.forEach((name, i) => (cell[placeOf[name]]! += Number(numbers[i])));
      if (source.table !== 'agent_slots')
        cell[longestWaitPlace] = Math.max(cell[longestWaitPlace]!, Number(numbers.at(-1)));
    }
  return cells;
}

/** What the fold knows to be running at one instant, taken at once. */
export interface RunningOn {
  times: { agentId: string; teamId: string; queueIds: readonly string[]; place: number; from: number }[];
  overdue: { scopes: readonly string[]; queueId: string; at: number; arrivedAt: number }[];
}

export function runningOn(fold: FigureFold, asOf: number): RunningOn {
  const running: RunningOn = { times: [], overdue: [] };
  fold.agents.running(asOf, (agentId, teamId, queueIds, time, from) =>
    running.times.push({ agentId, teamId, queueIds, place: placeOf[time], from }),
  );
  for (const { key, queuedAt, targetMs } of fold.overdue(asOf)) {
    const { queueId } = key;
    running.overdue.push({ scopes: scopesOf(key), queueId, at: queuedAt + targetMs, arrivedAt: queuedAt });
  }
  return running;
}

/** Adds what runs at `asOf`, up to it and within the window. */
export function addRunning(
  cells: ReportCells,
  question: HistoryQuestion,
  running: RunningOn,
  asOf: number,
  starts: readonly number[],
): void {
  const { from, to, by, attribution, queues } = question;
  const end = Math.min(to, asOf);
  for (const { scopes, queueId, at, arrivedAt } of running.overdue) {
    const scope = scopes.find((one) => historyKeyOf(one) === by);
    const credited = attribution === 'event' ? at : arrivedAt;
    if (scope === undefined || credited < from || credited >= end || (queues && !queues.includes(queueId)))
      continue;
    addDelta(cells.cell(startOf(credited, question, starts), scope), [placeOf.serviceLevelOffered, 1]);
  }
  if (question.within?.isOfQueuesAlone) return;
  for (const { agentId, teamId, queueIds, place, from: since } of running.times) {
    const scopes = timeScopes(by, agentId, teamId, place === placeOf.readyMs ? queueIds : []);
    for (const scope of scopes)
      eachPart(Math.max(since, from), end, slotMs, (at, length) =>
        addDelta(cells.cell(startOf(at, question, starts), scope), [place, length]),
      );
  }
}

function timeScopes(by: HistoryKey, agentId: string, teamId: string, queueIds: readonly string[]): string[] {
  if (by === 'site') return ['site'];
  if (by === 'agent') return [`agent:${agentId}`];
  if (by === 'team') return teamId === '' ? [] : [`team:${teamId}`];
  return by === 'queue' ? queueIds.map((queueId) => `queue:${queueId}`) : [];
}
