/**
 * The contacts behind a number: stays that a count is made of, by the very facts that a recount is made of (figure-recount.ts),
 * newest first; and how many they are.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import type { ContactRow } from '../../contract/rest.ts';
import type { DrillPage, DrillQuery, DrillRow } from '../../contract/rest-reports.ts';
import type { Attribution, CountName } from '../../contract/figures.ts';
import {
  type CountFact,
  offerFacts,
  offersOfStays,
  stayFacts,
  wrapUpFacts,
  wrapUpsOfStays,
} from '../figure-recount.ts';
import { slotMs, slotOf } from '../figure-batch.ts';
import { columnOf } from '../figure-sql.ts';
import { isWaitingAt, reachesOf, reachesOfWaiting, type Window } from '../stay-reach.ts';

export interface DrillRepo {
  /** `contactsOf`: the rows of these contacts. A count that has no stays behind it gives none. */
  contacts(query: DrillQuery): Promise<DrillPage>;
}

const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`;

/** ms UTC. */
interface Span {
  from: number;
  to: number;
}

interface StayRow {
  contact_id: string;
  ordinal: number;
  queue_id: string;
  queued_ms: string;
  left_ms: string | null;
  wait_ms: string | null;
  outcome: string | null;
  agent_id: string | null;
  target_ms: string;
  definition: number;
}

/** Values of one statement, and their places in it. */
class Bound {
  readonly values: unknown[] = [];
  of(value: string | number | readonly string[]): string {
    return `$${this.values.push(value)}`;
  }
  instant(at: number): string {
    return `to_timestamp(${this.of(at)}::bigint / 1000.0)`;
  }
  window({ from, to }: Span): Window {
    return { from: this.instant(from), to: this.instant(to) };
  }
}

/** Of `stays s`. */
function stayFilter({ scope, queues }: DrillQuery, isOffer: boolean, bound: Bound): string {
  const inScope = scopeFilter(scope, isOffer, bound);
  return queues ? `${inScope} and s.queue_id = any(${bound.of(queues)}::text[])` : inScope;
}

function scopeFilter(scope: string, isOffer: boolean, bound: Bound): string {
  const [kind = '', rest = ''] = scope.split(/:(.*)/s);
  const by = (column: string, value = rest) => `${column} = ${bound.of(value)}`;
  switch (kind) {
    case 'queue': {
      const [queueId, channel] = rest.split('/');
      const ofQueue = by('s.queue_id', queueId);
      return channel === undefined ? ofQueue : `${ofQueue} and ${by('s.channel', channel)}`;
    }
    case 'channel':
      return by('s.channel');
    case 'number':
      return by('s.number_id');
    case 'trunk':
      return by('s.trunk_id');
    case 'team':
      return by('s.team_id');
    case 'agent':
      return by(isOffer ? 'o.agent_id' : 's.agent_id');
    case 'site':
      return 'true';
    default:
      return 'false';
  }
}

interface Behind {
  join: string;
  fact: CountFact;
}
function behind(count: DrillQuery['count']): Behind | undefined {
  if (count === 'waiting') return undefined;
  const name: CountName = count;
  const [stay, offer, wrapUp] = [stayFacts[name], offerFacts[name], wrapUpFacts[name]];
  if (stay) return { join: '', fact: stay };
  if (offer) return { join: offersOfStays, fact: offer };
  return wrapUp && { join: wrapUpsOfStays, fact: wrapUp };
}

const columns = `s.contact_id, s.ordinal, s.queue_id, ${ms('s.queued_at')} as queued_ms, ${ms('s.left_at')} as left_ms,
  s.wait_ms, s.outcome, s.agent_id, s.target_ms, s.definition`;

const newestFirst = 's.queued_at desc, s.ordinal desc, s.contact_id desc';

const cursorOf = ({ queued_ms, contact_id, ordinal }: StayRow) => `${queued_ms}.${ordinal}.${contact_id}`;
function readCursor(cursor: string | undefined): [number, number, string] | undefined {
  const match = /^(\d{1,15})\.(\d{1,6})\.(.{1,120})$/.exec(cursor ?? '');
  return match ? [Number(match[1]), Number(match[2]), match[3]!] : undefined;
}

export function createDrillRepo(
  sequelize: Sequelize,
  contactsOf: (contactIds: readonly string[]) => Promise<ReadonlyMap<string, ContactRow>>,
): DrillRepo {
  return {
    async contacts(asked) {
      const { count, limit } = asked;
      const source = behind(count);
      if (count !== 'waiting' && !source) return { items: [], total: 0 };
      const total = await totalOf(sequelize, asked, source);
      // To find out that there is none takes as long as a month of rows.
      if (total === 0) return { items: [], total };
      const rows = await rowsOf(sequelize, asked, source);
      const page = rows.slice(0, limit);
      const contacts = await contactsOf(page.map((row) => row.contact_id));
      return {
        items: page.flatMap((row) => present(row, contacts.get(row.contact_id))),
        ...(rows.length > limit && { nextCursor: cursorOf(page.at(-1)!) }),
        total,
      };
    },
  };
}

/**
 * Of the whole site or a channel, from the roll-up as far as the window has whole quarters of an hour; before and behind them,
 * and of everything else, stays are counted. One statement: the quarters and the stays are of one batch.
 */
async function totalOf(sequelize: Sequelize, asked: DrillQuery, source: Behind | undefined): Promise<number> {
  const bound = new Bound();
  const whole = source && isInRollUp(asked, source) ? wholeQuarters(asked) : undefined;
  const spans = whole
    ? [
        { from: asked.from, to: whole.from },
        { from: whole.to, to: asked.to },
      ].filter(({ from, to }) => from < to)
    : [asked];
  const value = source && !asked.count.endsWith('Ms') ? source.fact.value : '1';
  const sums = spans.flatMap((span) => {
    const { head, reaches } = staysBehind({ ...asked, ...span }, source, bound);
    return reaches.map((reach) => `select coalesce(sum(${value}), 0) as total ${head} and ${reach}`);
  });
  if (whole) {
    const { from, to } = bound.window(whole);
    sums.push(`select coalesce(sum(s.${columnOf(asked.count)}), 0) as total from channel_slots s
      where s.attribution = ${bound.of(asked.attribution)} and s.slot >= ${from} and s.slot < ${to}
        and ${scopeFilter(asked.scope, false, bound)}`);
  }
  const [sum] = await sequelize.query<{ total: string }>(
    `select sum(total) as total from (${sums.join(' union all ')}) sums`,
    { bind: bound.values, type: QueryTypes.SELECT },
  );
  return Number(sum?.total ?? 0);
}

/** The roll-up knows of no limit to some queues, and its sums of ms are no numbers of contacts. */
const isInRollUp = ({ scope, count, queues }: DrillQuery, { fact }: Behind): boolean =>
  !queues && /^(site|channel:.*)$/s.test(scope) && !count.endsWith('Ms') && fact.value === '1';

function wholeQuarters({ from, to }: Span): Span | undefined {
  const whole = { from: slotOf(from + slotMs - 1), to: slotOf(to) };
  return whole.from < whole.to ? whole : undefined;
}

/** The page asked for, and one more if there is. */
function rowsOf(sequelize: Sequelize, asked: DrillQuery, source: Behind | undefined): Promise<StayRow[]> {
  const bound = new Bound();
  const { head, reaches } = staysBehind(asked, source, bound);
  // Where nobody has asked for a place, every row is behind it: a stay is never counted before it began.
  const [at, ordinal, contactId] = readCursor(asked.cursor) ?? [asked.to, 0, ''];
  const place = `(${bound.instant(at)}, ${bound.of(ordinal)}::integer, ${bound.of(contactId)}::text)`;
  const first = `order by ${newestFirst} limit ${bound.of(asked.limit + 1)}`;
  const parts = reaches.map(
    (reach) => `(select ${source?.join ? 'distinct' : ''} s.* ${head} and ${reach}
       and (s.queued_at, s.ordinal, s.contact_id) < ${place} ${first})`,
  );
  return sequelize.query<StayRow>(`select ${columns} from (${parts.join(' union all ')}) s ${first}`, {
    bind: bound.values,
    type: QueryTypes.SELECT,
  });
}

/** Where the stays are that were counted, but for the part of them that is looked at: `reaches`, each stay in one. */
function staysBehind(
  asked: DrillQuery,
  source: Behind | undefined,
  bound: Bound,
): { head: string; reaches: string[] } {
  const window = bound.window(asked);
  const filter = stayFilter(asked, source?.join === offersOfStays, bound);
  // Who waits is asked of the end of the window alone, yet a value without a place is a fault.
  const inside = source
    ? factInside(source.fact, asked.attribution, window)
    : `${isWaitingAt(window.to)} and ${window.from} is not null`;
  return {
    head: `from stays s ${source?.join ?? ''} where ${inside} and ${filter}`,
    reaches: source ? reachesOfFact(source, asked.attribution, window) : reachesOfWaiting(window.to),
  };
}

function reachesOfFact({ fact }: Behind, attribution: Attribution, window: Window): string[] {
  // By arrival it is counted when it began, which is within the window itself.
  return attribution === 'event' ? reachesOf(fact.at, window) : [`s.queued_at < ${window.to}`];
}

function factInside({ at, where }: CountFact, attribution: Attribution, { from, to }: Window): string {
  const credited = attribution === 'event' ? at : 's.queued_at';
  return `${at} is not null and ${credited} >= ${from} and ${credited} < ${to} and ${where}`;
}

function present(row: StayRow, contact: ContactRow | undefined): DrillRow[] {
  if (!contact) return [];
  const known = <T>(value: T | null, key: string) => (value === null ? {} : { [key]: value });
  return [
    {
      contact,
      queueId: row.queue_id,
      queuedAt: Number(row.queued_ms),
      ...(row.left_ms !== null && { leftAt: Number(row.left_ms) }),
      ...(row.wait_ms !== null && { waitMs: Number(row.wait_ms) }),
      ...known(row.outcome, 'outcome'),
      ...known(row.agent_id, 'agentId'),
      targetMs: Number(row.target_ms),
      definition: row.definition,
    },
  ];
}
