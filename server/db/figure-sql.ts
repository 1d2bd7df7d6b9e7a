/**
 * Names and statements of the figures' tables: which column is which count, and the upserts that add a batch to what is there.
 * No value ever enters a text.
 */
import { agentTimes, contactCounts, type CountName } from '../contract/figures.ts';
import { type Columns, upsert } from './projection-sql.ts';

/** `answeredInTarget` is the column `answered_in_target`. */
export const columnOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Of a queue the ready time of its members, and nobody's else. */
export const queueCounts: readonly CountName[] = [...contactCounts, 'readyMs'];
export const agentCounts: readonly CountName[] = [...contactCounts, ...agentTimes];

const added = (names: readonly CountName[]): Columns =>
  Object.fromEntries(names.map((name) => [columnOf(name), ['bigint', 'add'] as const]));

export const upsertQueueSlotsSql = upsert('queue_slots', {
  slot: ['instant', 'key'],
  attribution: ['text', 'key'],
  queue_id: ['text', 'key'],
  channel: ['text', 'key'],
  number_id: ['text', 'key'],
  trunk_id: ['text', 'key'],
  branch: ['text', 'key'],
  ...added(queueCounts),
  longest_wait_ms: ['bigint', 'max'],
});

/** The same without queues: what a question about the whole site reads. */
export const upsertChannelSlotsSql = upsert('channel_slots', {
  attribution: ['text', 'key'],
  slot: ['instant', 'key'],
  channel: ['text', 'key'],
  ...added(contactCounts),
  longest_wait_ms: ['bigint', 'max'],
});

export const upsertAgentSlotsSql = upsert('agent_slots', {
  slot: ['instant', 'key'],
  agent_id: ['text', 'key'],
  team_id: ['text', 'key'],
  queue_id: ['text', 'key'],
  channel: ['text', 'key'],
  ...added(agentCounts),
});

export const upsertStaysSql = upsert('stays', {
  queued_at: ['instant', 'key'],
  contact_id: ['text', 'key'],
  ordinal: ['integer', 'key'],
  queue_id: ['text', 'first'],
  channel: ['text', 'first'],
  number_id: ['text', 'first'],
  trunk_id: ['text', 'first'],
  definition: ['integer', 'first'],
  target_ms: ['bigint', 'first'],
  short_abandon_ms: ['bigint', 'first'],
  service_level_at: ['instant', 'set'],
  outcome: ['text', 'set'],
  left_at: ['instant', 'set'],
  wait_ms: ['bigint', 'set'],
  is_in_target: ['boolean', 'set'],
  is_short: ['boolean', 'set'],
  agent_id: ['text', 'set'],
  team_id: ['text', 'set'],
  replied_at: ['instant', 'set'],
  response_ms: ['bigint', 'set'],
  handled_at: ['instant', 'set'],
  is_transferred: ['boolean', 'set'],
  talk_ms: ['bigint', 'set'],
  hold_ms: ['bigint', 'set'],
  wrap_up_ms: ['bigint', 'set'],
});

/** What the fold reads of events, in order; the records of decisions are left where they are. */
export const readEventsSql = `select seq, type, round(extract(epoch from at) * 1000)::bigint as at, contact_id, agent_id, queue_id,
    case when type = 'contact.offered' then '{}'::jsonb else data end as data
  from events where seq > $1 and seq <= $2 order by seq limit $3`;

const monthMs = (year: number, month: number) => Date.UTC(year, month, 1);

/** The parts that hold this instant, one statement a table. */
export function partitionSql(at: number): string[] {
  const day = new Date(at);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
  const name = `${year}_${String(month + 1).padStart(2, '0')}`;
  const [from, to] = [monthMs(year, month), monthMs(year, month + 1)].map((ms) => new Date(ms).toISOString());
  return ['stays', 'queue_slots', 'agent_slots'].map(
    (table) =>
      `create table if not exists ${table}_${name} partition of ${table} for values from ('${from}') to ('${to}')`,
  );
}
