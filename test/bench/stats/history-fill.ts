/**
 * A year of history, drawn from hashes of a running number: contacts that stay in 40 queues of 3 channels, with the slots they add
 * up to, made by set-based statements in two lanes. Tables are unlogged and their indexes made afterwards: what is asked of them later is the same.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import { partitionSql } from '../../../server/db/figure-sql.ts';

export const queueCount = 40;
export const agentCount = 400;
/** They call some times a year each. */
export const customerCount = 500_000;
export const yearStart = Date.UTC(2026, 0, 1);
export const monthAt = (month: number): number => Date.UTC(2026, month, 1);
const days = 365;
const lanes = 2;

/** Open from 7 to 19 UTC, every day. */
const openMs = 12 * 3_600_000;
const hash = (salt: number, below: number) => `((hashint8extended(n, ${salt}) & 2147483647) % ${below})`;
const slot = (at: string) => `date_bin('15 minutes', ${at}, '2026-01-01')`;

/** Every contact stays once: numbers $1 to $2 of a month; times in ms. */
const drawn = (perDay: number) => `
  select n,
    (array['voice','voice','voice','chat','mail'])[1 + ${hash(1, 5)}] as channel,
    ${hash(2, queueCount)} as queue, 1001 + ${hash(3, agentCount)} as agent,
    ${hash(4, 100)} as fate, ${hash(5, 45_000)} as drawn_wait, 20000 + ${hash(6, 280_000)} as talk,
    timestamptz '2026-01-01 07:00Z' + (n / ${perDay}) * interval '1 day'
      + ((n % ${perDay}) * ${openMs}::bigint / ${perDay}) * interval '1 ms' as at
  from generate_series($1::bigint, $2::bigint) n`;

/** As long as those that the product makes (server/lib/ids.ts), and as much in the order of time. */
const contactId = `'c_' || lpad(to_hex(round(extract(epoch from at) * 1000)::bigint), 12, '0') || substr(md5(n::text), 1, 14)`;

const staysSql = (perDay: number) => `
  with drawn as (${drawn(perDay)}), timed as (
    select *, ${contactId} as contact_id, case when fate < 85 then 'answered' when fate < 97 then 'abandoned' else 'flowed-out' end as outcome,
      case when fate < 85 then drawn_wait else drawn_wait / 2 end as wait from drawn)
  insert into stays (contact_id, ordinal, queue_id, channel, number_id, trunk_id, definition, queued_at, target_ms, short_abandon_ms,
    service_level_at, outcome, left_at, wait_ms, is_in_target, is_short, agent_id, team_id, replied_at, handled_at,
    is_transferred, talk_ms, hold_ms, wrap_up_ms)
  select contact_id, 1, 'q' || queue, channel, case when channel = 'voice' then '7' || queue else channel end,
    case when channel = 'voice' then case when fate % 2 = 0 then 'east' else 'west' end else '' end, 1, at, 20000, 5000,
    case when outcome = 'abandoned' and wait < 5000 then null else at + least(wait, 20001) * interval '1 ms' end,
    outcome, at + wait * interval '1 ms', wait, wait <= 20000, case when outcome = 'abandoned' then wait < 5000 end,
    case when outcome = 'answered' then agent::text end, case when outcome = 'answered' then 't' || agent % 10 end,
    case when outcome = 'answered' then at + wait * interval '1 ms' end,
    case when outcome = 'answered' then at + (wait + talk) * interval '1 ms' end,
    case when outcome = 'answered' then fate < 5 end, case when outcome = 'answered' then talk end,
    case when outcome = 'answered' then 0 end, case when outcome = 'answered' then 15000 else 0 end
  from timed`;

const contactsSql = (part: string) => `
  insert into contacts (contact_id, first_seq, channel, number_id, queue_id, language, trunk_id, arrived_at, queued_at, answered_at,
    ended_at, wait_ms, talk_ms, hold_ms, agent_id, is_in_target, outcome, pii_from)
  select contact_id, (extract(epoch from queued_at) * 1000)::bigint, channel, number_id, queue_id, 'en', trunk_id, queued_at,
    queued_at, replied_at, coalesce(handled_at, left_at), wait_ms, talk_ms, hold_ms, agent_id, is_in_target, outcome,
    '+39' || 3300000000 + (hashtextextended(contact_id, 7) & 2147483647) % ${customerCount}
  from ${part}`;

/** What a stay adds: when, and to which counts. */
const facts: readonly (readonly [at: string, where: string, counts: Readonly<Record<string, string>>])[] = [
  ['queued_at', 'true', { arrived: '1', offered: '1', offers: `(agent_id is not null)::int` }],
  ['service_level_at', 'service_level_at is not null', { service_level_offered: '1' }],
  [
    'left_at',
    'true',
    {
      answered: `(outcome = 'answered')::int`,
      answered_in_target: `(outcome = 'answered' and is_in_target)::int`,
      answered_wait_ms: `case when outcome = 'answered' then wait_ms else 0 end`,
      replied: `(outcome = 'answered')::int`,
      first_reply_ms: `case when outcome = 'answered' then wait_ms else 0 end`,
      abandoned: `(outcome = 'abandoned')::int`,
      abandoned_in_target: `(outcome = 'abandoned' and is_in_target and not is_short)::int`,
      short_abandoned: `(outcome = 'abandoned' and is_short)::int`,
      abandoned_wait_ms: `case when outcome = 'abandoned' then wait_ms else 0 end`,
      flowed_out: `(outcome = 'flowed-out')::int`,
    },
  ],
  [
    'handled_at',
    'handled_at is not null',
    { handled: '1', transferred: 'is_transferred::int', talk_ms: 'talk_ms', wrap_up_ms: 'wrap_up_ms' },
  ],
];
const counts = facts.flatMap(([, , of]) => Object.keys(of));
const sums = counts.map((name) => `sum(${name})`).join(', ');

/** Each fact by itself, at its own instant or at the arrival of its stay. */
function factRows(part: string, columns: string, attribution: 'event' | 'arrival', where = 'true'): string {
  return facts
    .map(([at, isThere, of]) => {
      const values = counts.map((name) => `${of[name] ?? '0'} as ${name}`);
      const longest = at === 'left_at' ? 'wait_ms' : '0';
      const credited = slot(attribution === 'event' ? at : 'queued_at');
      return `select ${credited} as slot, ${columns}, ${values.join(', ')}, ${longest} as longest
        from ${part} where ${isThere} and ${where}`;
    })
    .join(' union all ');
}

const queueSlotsSql = (part: string, attribution: 'event' | 'arrival') => `
  insert into queue_slots (slot, attribution, queue_id, channel, number_id, trunk_id, branch, ${counts.join(', ')}, longest_wait_ms)
  select slot, '${attribution}', queue_id, channel, number_id, trunk_id, '', ${sums}, max(longest)
  from (${factRows(part, 'queue_id, channel, number_id, trunk_id', attribution)}) f group by 1, 3, 4, 5, 6 order by 1, 3`;

const agentSlotsSql = (part: string) => `
  insert into agent_slots (slot, agent_id, team_id, queue_id, channel, ${counts.join(', ')})
  select slot, agent_id, team_id, queue_id, channel, ${sums}
  from (${factRows(part, 'agent_id, team_id, queue_id, channel', 'event', 'agent_id is not null')}) f
  group by 1, 2, 3, 4, 5 order by 1, 2`;

const openSlots = `generate_series($1::timestamptz, $2::timestamptz - interval '1 second', interval '15 minutes') s
  where extract(hour from s at time zone 'UTC') between 7 and 18`;
const timesSql = [
  `insert into queue_slots (slot, attribution, queue_id, channel, number_id, trunk_id, branch, ready_ms)
   select s, 'event', 'q' || q, '', '', '', '', 900000 from generate_series(0, ${queueCount - 1}) q, ${openSlots}`,
  `insert into agent_slots (slot, agent_id, team_id, queue_id, channel, ready_ms, talking_ms, wrapping_ms, not_ready_ms)
   select s, a::text, 't' || a % 10, '', '', 300000, 400000, 100000, 100000
   from generate_series(1001, ${1000 + agentCount}) a, ${openSlots}`,
];

const tables = ['contacts', 'stays', 'queue_slots', 'agent_slots'];

/** With memory and time that the product would not give a statement. */
export async function run(sequelize: Sequelize, sql: string, bind: unknown[] = []): Promise<void> {
  await sequelize.transaction(async (transaction) => {
    const told = `set local statement_timeout = 0; set local work_mem = '512MB'; set local maintenance_work_mem = '1GB'`;
    await sequelize.query(told, { transaction });
    await sequelize.query(sql, { bind, transaction });
  });
}

/** Takes indexes and keys off; answers the statements that put them back. */
async function withoutIndexes(sequelize: Sequelize): Promise<string[]> {
  const statements = (sql: string) =>
    sequelize.query<{ drop: string; make: string }>(sql, { bind: [tables], type: QueryTypes.SELECT });
  const keys = await statements(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make
     from pg_constraint where contype = 'p' and conrelid = any($1::regclass[])`,
  );
  const indexes = await statements(
    `select format('drop index %s', indexrelid::regclass) as drop, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as make
     from pg_index where not indisprimary and indrelid = any($1::regclass[])`,
  );
  const all = [...keys, ...indexes];
  for (const { drop } of all) await run(sequelize, drop);
  return all.map(({ make }) => make);
}

async function fillMonth(sequelize: Sequelize, month: number, stays: number): Promise<void> {
  const perDay = Math.floor(stays / days);
  const [from, to] = [monthAt(month), monthAt(month + 1)];
  const [first, last] = [from, to].map((at) => Math.round((at - yearStart) / 86_400_000) * perDay);
  const part = `stays_2026_${String(month + 1).padStart(2, '0')}`;
  await run(sequelize, staysSql(perDay), [first, last! - 1]);
  await run(sequelize, contactsSql(part));
  await run(sequelize, queueSlotsSql(part, 'arrival'));
  await run(sequelize, queueSlotsSql(part, 'event'));
  await run(sequelize, agentSlotsSql(part));
  for (const sql of timesSql) await run(sequelize, sql, [new Date(from), new Date(to)]);
}

/** Each part by itself: one statement has a minute. */
async function vacuum(sequelize: Sequelize): Promise<void> {
  for (const table of tables) {
    const leaves = await sequelize.query<{ name: string }>(
      `select relid::regclass::text as name from pg_partition_tree('${table}') where isleaf`,
      { type: QueryTypes.SELECT },
    );
    for (const { name } of leaves) await sequelize.query(`vacuum analyze ${name}`);
    await run(sequelize, `analyze ${table}`);
  }
}

/** `stays`: about so many; the tables are empty before. */
export async function fillHistory(sequelize: Sequelize, stays: number): Promise<void> {
  const indexes = await withoutIndexes(sequelize);
  await run(sequelize, 'alter table contacts set unlogged');
  await run(
    sequelize,
    `insert into kpi_definitions (version, effective_from, doc) values (1, to_timestamp(${yearStart / 1000}), '{}')`,
  );
  const months = Array.from({ length: 12 }, (_, month) => month);
  // What is over at the end of the year is counted in the next.
  for (const month of [...months, 12])
    for (const sql of partitionSql(monthAt(month)))
      await run(sequelize, sql.replace('create table', 'create unlogged table'));
  const lane = async () => {
    for (let month = months.shift(); month !== undefined; month = months.shift())
      await fillMonth(sequelize, month, stays);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const sql of indexes) await run(sequelize, sql);
  await vacuum(sequelize);
}
