/**
 * How much came by each channel of late, and when the last contact did, out of history. Asked by the ids of the site in
 * force, so that what was removed from it is not looked at. One statement a kind: the counts are one walk through the
 * newest part of an index, the last contact is one look into it for each id.
 */
import type { Sequelize } from 'sequelize';
import { optional } from './optional.ts';
import { instant, msOf, type Select, selectIn } from './text-rows.ts';

interface ChannelUse {
  week: number;
  month: number;
  /** ms UTC; absent: none ever. */
  lastAt?: number;
}
interface ChannelsAsked {
  /** As `contacts.number_id` has them. */
  vias: readonly string[];
  trunkIds: readonly string[];
  /** ms UTC */
  weekAgo: number;
  monthAgo: number;
}
type Uses = ReadonlyMap<string, ChannelUse>;
export interface ChannelUseRepo {
  use(asked: ChannelsAsked): Promise<{ byVia: Uses; byTrunk: Uses; outByTrunk: Uses }>;
}

interface Row {
  id: string;
  week: string;
  month: string;
  last_ms: string | null;
}

/** `$1` ids, `$2` a week ago, `$3` a month ago. All of it fixed text. */
const useSql = (table: string, { key, at, counted }: { key: string; at: string; counted: string }) =>
  `select asked.id, coalesce(late.week, 0) as week, coalesce(late.month, 0) as month, ${msOf('newest.at')} as last_ms
   from unnest($1::text[]) as asked (id)
   left join (select ${key} as id, count(${counted}) filter (where ${at} >= ${instant('$2')}) as week,
       count(${counted}) as month
     from ${table} and ${key} = any($1::text[]) and ${at} >= ${instant('$3')} group by 1) late on late.id = asked.id
   left join lateral (select ${at} as at from ${table} and ${key} = asked.id and ${at} is not null
     order by ${at} desc limit 1) newest on true`;

const viaSql = useSql('contacts where number_id is not null', {
  key: 'number_id',
  at: 'arrived_at',
  counted: '*',
});
const trunkSql = useSql('contacts where trunk_id is not null', {
  key: 'trunk_id',
  at: 'arrived_at',
  counted: '*',
});
/** A contact whose agent gave it back before the customer was reached is dialled twice, and is one. */
const dialledSql = useSql(`events where type = 'contact.dialled'`, {
  key: `(data ->> 'trunkId')`,
  at: 'events.at',
  counted: 'distinct contact_id',
});

async function askIn(
  select: Select,
  sql: string,
  ids: readonly string[],
  { weekAgo, monthAgo }: ChannelsAsked,
): Promise<Uses> {
  if (ids.length === 0) return new Map();
  const rows = await select<Row>(sql, [[...ids], weekAgo, monthAgo]);
  return new Map(
    rows.map(({ id, week, month, last_ms: last }) => [
      id,
      {
        week: Number(week),
        month: Number(month),
        ...optional({ lastAt: last === null ? null : Number(last) }),
      },
    ]),
  );
}

export function createChannelUseRepo(sequelize: Sequelize): ChannelUseRepo {
  const select = selectIn(sequelize);
  return {
    async use(asked) {
      const byVia = await askIn(select, viaSql, asked.vias, asked);
      const byTrunk = await askIn(select, trunkSql, asked.trunkIds, asked);
      return { byVia, byTrunk, outByTrunk: await askIn(select, dialledSql, asked.trunkIds, asked) };
    },
  };
}
