/**
 * The rows of history that somebody limited to some teams and queues sees (server/auth/view.ts says what follows from that; this
 * is the same rule in SQL). A page looks at a bounded number of rows: where few of many are in view, it may have fewer items
 * than asked for, or none, and a next page all the same.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import type { Within } from '../../contract/user-view.ts';
import { beforeSeq, type PageQuery } from './page.ts';

/** Of `t` with a queue and an agent; `$1`: queues, `$2`: agents. */
export const rowWithin = '(t.queue_id = any($1::text[]) or t.agent_id = any($2::text[]))';
/** Of a contact `t`, with every queue it was in and everybody who had it, in the teams they were then; `$3`: teams. */
export const contactWithin = `(${rowWithin} or exists (select 1 from stays s where s.contact_id = t.contact_id and
    (s.queue_id = any($1::text[]) or s.agent_id = any($2::text[]) or s.team_id = any($3::text[]))))`;

export const withinBind = ({ queueIds, agentIds, teamIds }: Within): string[][] => [
  [...queueIds],
  [...agentIds],
  [...teamIds],
];

export interface LookedThrough {
  /** Newest first. */
  ids: string[];
  nextCursor?: string;
}
export interface LookThrough {
  table: 'contacts' | 'recordings';
  id: 'contact_id' | 'recording_id';
  /** Of `t`: which rows are listed at all, and which of them are in view. */
  listed: string;
  within: string;
}

const rowsAtOnce = 2500;
const roundsAtMost = 8;

interface Found {
  last: string | null;
  looked: string;
  id: string | null;
  seq: string | null;
}

export async function lookThrough(
  sequelize: Sequelize,
  { table, id, listed, within }: LookThrough,
  sees: Within,
  query: PageQuery,
): Promise<LookedThrough> {
  const { limit } = query;
  const found: { id: string; seq: string }[] = [];
  let before = String(beforeSeq(query));
  for (let round = 0; round < roundsAtMost; round++) {
    const rows = await sequelize.query<Found>(
      `with looked as materialized (
         select t.${id} as id, t.contact_id, t.first_seq, t.queue_id, t.agent_id from ${table} t
         where ${listed} and t.first_seq < $4::bigint order by t.first_seq desc limit ${rowsAtOnce})
       select head.last, head.looked, f.id, f.first_seq as seq
       from (select min(first_seq) as last, count(*) as looked from looked) head
       left join lateral (select t.id, t.first_seq from looked t where ${within} and $3::text[] is not null
         order by t.first_seq desc limit $5::integer) f on true
       order by f.first_seq desc`,
      { bind: [...withinBind(sees), before, limit + 1 - found.length], type: QueryTypes.SELECT },
    );
    for (const row of rows) if (row.id !== null && row.seq !== null) found.push({ id: row.id, seq: row.seq });
    const ids = found.slice(0, limit).map((one) => one.id);
    if (found.length > limit) return { ids, nextCursor: found[limit - 1]!.seq };
    const { last, looked } = rows[0]!;
    if (last === null || Number(looked) < rowsAtOnce) return { ids };
    before = last;
  }
  return { ids: found.map((one) => one.id), nextCursor: before };
}
