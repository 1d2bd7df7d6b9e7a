/**
 * Sums of some counts of a scope by its members, out of the roll-ups: agents' work where agents or teams are asked about, else what
 * became of contacts. Windows are whole quarters of an hour; several are counted together. No value ever enters a text.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import type { DriftCounts, DriftCountsQuestion } from '../app/figures/ports.ts';
import type { DriftKey } from '../contract/drift-facts.ts';
import { columnOf } from './figure-sql.ts';

const members: Record<DriftKey, string> = {
  agent: `'agent:' || s.agent_id`,
  queue: `'queue:' || s.queue_id`,
  channel: `'channel:' || s.channel`,
  number: `'number:' || s.number_id`,
  branch: `'branch:' || s.number_id || '/' || s.branch`,
};
interface Source {
  table: 'agent_slots' | 'queue_slots';
  where: string;
  bind: string[];
}
/** From `$3` on; the other part of a queue's scope is a channel. */
function sourceOf(scope: string, by: DriftKey): Source {
  const [kind = 'site', id = ''] = scope.split(/:(.*)/s);
  const table = by === 'agent' || kind === 'team' || kind === 'agent' ? 'agent_slots' : 'queue_slots';
  const [queueId = '', channel] = id.split('/');
  switch (kind) {
    case 'queue':
      return channel === undefined
        ? { table, where: 's.queue_id = $3', bind: [queueId] }
        : { table, where: 's.queue_id = $3 and s.channel = $4', bind: [queueId, channel] };
    case 'channel':
      return { table, where: 's.channel = $3', bind: [id] };
    case 'team':
      return { table, where: 's.team_id = $3', bind: [id] };
    case 'agent':
      return { table, where: 's.agent_id = $3', bind: [id] };
    case 'number':
      return { table, where: 's.number_id = $3', bind: [id] };
    case 'trunk':
      return { table, where: 's.trunk_id = $3', bind: [id] };
    default:
      return { table, where: 'true', bind: [] };
  }
}

export async function driftCounts(
  sequelize: Sequelize,
  { scope, by, counts, windows }: DriftCountsQuestion,
): Promise<DriftCounts[]> {
  const { table, where, bind } = sourceOf(scope, by);
  const sums = counts.map((name) => `sum(s.${columnOf(name)}::float8)`).join(', ');
  const rows = await sequelize.query<{ scope: string; sums: number[] }>(
    `select ${members[by]} as scope, array[${sums}] as sums
     from unnest($1::bigint[], $2::bigint[]) w(since, until)
       join ${table} s on s.slot >= to_timestamp(w.since / 1000.0) and s.slot < to_timestamp(w.until / 1000.0)
     where ${where} ${table === 'queue_slots' ? `and s.attribution = 'event'` : ''}
     group by 1 having ${counts.map((name) => `sum(s.${columnOf(name)}) <> 0`).join(' or ')} order by 1`,
    {
      bind: [windows.map(({ from }) => from), windows.map(({ to }) => to), ...bind],
      type: QueryTypes.SELECT,
    },
  );
  return rows.map((row) => ({ scope: row.scope, sums: row.sums.map(Number) }));
}
