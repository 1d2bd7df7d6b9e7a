/**
 * The contacts behind a number: stays that a count is made of, by the very facts that a recount is made of (figure-recount.ts),
 * newest first.
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
import { isWaitingAt, reachesOf, reachesOfWaiting, type Window } from '../stay-reach.ts';

export interface DrillRepo {
  /** `contactsOf`: the rows of these contacts. A count that has no stays behind it gives none. */
  contacts(query: DrillQuery): Promise<DrillPage>;
}

const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;
const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`;

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

interface Filter {
  where: string;
  bind: (string | readonly string[])[];
}
/** Of `stays s`; from `$5` on are the parts of the scope, and the queues. */
function stayFilter(scope: string, isOffer: boolean, queues: readonly string[] | undefined): Filter {
  const { where, bind } = scopeFilter(scope, isOffer);
  if (!queues) return { where, bind };
  return { where: `${where} and s.queue_id = any($${5 + bind.length}::text[])`, bind: [...bind, queues] };
}

function scopeFilter(scope: string, isOffer: boolean): Filter {
  const [kind, rest = ''] = scope.includes(':')
    ? [scope.slice(0, scope.indexOf(':')), scope.slice(scope.indexOf(':') + 1)]
    : [scope];
  const by = (column: string): Filter => ({ where: `${column} = $5`, bind: [rest] });
  switch (kind) {
    case 'queue': {
      const [queueId = '', channel] = rest.split('/');
      return channel === undefined
        ? by('s.queue_id')
        : { where: 's.queue_id = $5 and s.channel = $6', bind: [queueId, channel] };
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
      return { where: 'true', bind: [] };
    default:
      return { where: 'false', bind: [] };
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
    async contacts({ from, to, scope, count, attribution, queues, cursor, limit }) {
      const source = behind(count);
      if (count !== 'waiting' && !source) return { items: [], total: 0 };
      const filter = stayFilter(scope, source?.join === offersOfStays, queues);
      const window = { from: instant('$1'), to: instant('$2') };
      const inside = source
        ? factInside(source.fact, attribution, window)
        : `${isWaitingAt(window.to)} and $1::bigint is not null`;
      const head = `from stays s ${source?.join ?? ''} where ${inside} and ${filter.where}`;
      const reaches = source ? reachesOfFact(source, attribution, window) : reachesOfWaiting(window.to);
      const query = <T extends object>(sql: string, bind: unknown[]) =>
        sequelize.query<T>(sql, { bind, type: QueryTypes.SELECT });
      const scoped = filter.bind;
      const value = source && !count.endsWith('Ms') ? source.fact.value : '1';
      const sums = reaches.map((reach) => `select coalesce(sum(${value}), 0) as total ${head} and ${reach}`);
      const [sum] = await query<{ total: string }>(
        `select sum(total) as total from (${sums.join(' union all ')}) sums
           where $3::bigint is not null and $4::integer is not null`,
        [from, to, 0, 0, ...scoped],
      );
      const total = Number(sum?.total ?? 0);
      // To find out that there is none takes as long as a month of rows.
      if (total === 0) return { items: [], total };
      // Where nobody has asked for a place, every row is behind it: a stay is never counted before it began.
      const [place, ordinal, contactId] = readCursor(cursor) ?? [to, 0, ''];
      const parts = reaches.map(
        (reach) => `(select ${source?.join ? 'distinct' : ''} s.* ${head} and ${reach}
           and (s.queued_at, s.ordinal, s.contact_id) < (${instant('$3')}, $4::integer, $${5 + scoped.length}::text)
         order by ${newestFirst} limit $${6 + scoped.length})`,
      );
      const rows = await query<StayRow>(
        `select ${columns} from (${parts.join(' union all ')}) s order by ${newestFirst} limit $${6 + scoped.length}`,
        [from, to, place, ordinal, ...scoped, contactId, limit + 1],
      );
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
