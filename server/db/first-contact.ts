/**
 * First contact resolution out of the stays (contract/rest-fcr.ts): which contacts were first handled in a period, and which other
 * contact of the same customer and topic came next. The next one is found by one sort of all contacts that may matter, and not by
 * a search for each: a month of a large house is a million contacts.
 *
 * A customer is the card of a contact, else the number or address that it came from; a number that is none (withheld) is
 * nobody's. Contacts whose card was deleted are known by their address again, or are anonymous.
 */
import { QueryTypes, type Sequelize, Transaction } from 'sequelize';
import type { FcrBehind, FcrBehindQuestion, FcrHit, FcrPeriod, FcrQuestion } from '../app/figures/ports.ts';
import type { FcrFate, FcrKey, FcrRule } from '../contract/rest-fcr.ts';
import type { CountedFate } from '../reports/fcr-report.ts';

const dayMs = 86_400_000;
const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;
const ms = (expression: string) => `round(extract(epoch from ${expression}) * 1000)::bigint`;
const handledWithin = (stay: string) =>
  `${stay}.handled_at >= ${instant('$1')} and ${stay}.handled_at < ${instant('$2')}`;

/** When the earliest contact began that was handled in the period; a day is looked through anyhow. */
const reachesBackSql = `select ${ms('min(queued_at)')} as at from (
    select min(s.queued_at) as queued_at from stays s
      where ${handledWithin('s')} and s.handled_at - s.queued_at >= interval '1 day'
    union all
    select min(f.queued_at) from stays s join stays f on f.contact_id = s.contact_id and f.ordinal = 1
      where ${handledWithin('s')} and s.ordinal > 1 and s.outcome = 'answered') early`;

const number = `regexp_replace(h.pii_from, '[^0-9+]', '', 'g')`;
/** Whole numbers are told from withheld ones as customers' cards do it (app/customers/customer-address.ts). */
const customer = `case
      when k.customer_id is not null then 'card:' || k.customer_id
      when f.channel in ('voice', 'callback') then case
        when h.pii_from ~ '^[+0-9 ()./-]+$' and ${number} ~ '^[+]?[0-9]{2,20}$' then 'phone:' || ${number} end
      else f.channel || ':' || nullif(lower(btrim(h.pii_from)), '') end`;

/**
 * `$1` from, `$2` to, `$3` the earliest beginning, `$4` the instant before which repeats are looked for, `$5` as of, `$6` days as
 * ms, `$7` whether a transfer is unresolved, `$8` queues: `counted` has one row a contact.
 */
const countedSql = (topic: FcrRule['topic']) => `
  with again as (
    select contact_id, (array_agg(queue_id order by ordinal))[1] as queue_id,
      (array_agg(agent_id order by ordinal))[1] as agent_id,
      (array_agg(handled_at order by ordinal))[1] as handled_at, coalesce(bool_or(is_transferred), false) as is_transferred
    from stays where ordinal > 1 and outcome = 'answered' and queued_at >= ${instant('$3')} and queued_at < ${instant('$5')}
    group by contact_id
  ), each as (
    select f.contact_id, f.queued_at, f.channel, (${customer}) collate "C" as customer,
      (case when f.outcome = 'answered' then f.queue_id else coalesce(a.queue_id, f.queue_id) end) collate "C" as queue_id,
      case when f.outcome = 'answered' then f.agent_id else a.agent_id end as agent_id,
      case when f.outcome = 'answered' then f.handled_at else a.handled_at end as handled_at,
      coalesce(f.is_transferred, false) or coalesce(a.is_transferred, false) as is_transferred
    from stays f left join again a on a.contact_id = f.contact_id
      left join contact_customers k on k.contact_id = f.contact_id
      left join contacts h on h.contact_id = f.contact_id
    where f.ordinal = 1 and f.queued_at >= ${instant('$3')} and f.queued_at < ${instant('$4')}
  ), followed as (
    select *, lead(contact_id) over next as next_id, lead(queued_at) over next as next_at, lead(queue_id) over next as next_queue_id
    from each where customer is not null
    window next as (partition by customer${topic === 'queue' ? ', queue_id' : ''} order by queued_at, contact_id collate "C")
    union all
    select *, null, null, null from each where customer is null
  ), counted as (
    select *, next_at < handled_at + $6::bigint * interval '1 ms' as is_repeated, case
        when customer is null then 'anonymous'
        when handled_at + $6::bigint * interval '1 ms' > ${instant('$5')} then 'open'
        when next_at < handled_at + $6::bigint * interval '1 ms' then 'repeated'
        when $7::boolean and is_transferred then 'transferred'
        else 'resolved' end as fate
    from followed
    where ${handledWithin('followed')} and handled_at < ${instant('$5')} and ($8::text[] is null or queue_id = any($8))
  )`;

const scopes: Record<FcrKey, string> = {
  queue: `'queue:' || queue_id`,
  channel: `'channel:' || channel`,
  agent: `'agent:' || agent_id`,
  site: `'site'`,
};

export class FirstContact {
  readonly #sequelize: Sequelize;

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize;
  }

  /** A scope without contacts of a fate has no row of it. */
  report(question: FcrQuestion): Promise<CountedFate[]> {
    const { by, interval, timeZone, topic } = question;
    const start =
      interval === 'all'
        ? `${instant('$1')} + 0 * length($9::text) * interval '1 ms'`
        : `date_trunc('${interval}', handled_at, $9::text)`;
    return this.#ask(question, async (select, bind) => {
      const rows = await select<{ start: string; scope: string; fate: FcrFate; count: string }>(
        `${countedSql(topic)} select ${ms('start')} as start, scope, fate, count(*) as count
         from (select ${start} as start, ${scopes[by]} as scope, fate from counted) c group by 1, 2, 3 order by 1, 2, 3`,
        [...bind, timeZone],
      );
      return rows.map((row) => ({ ...row, start: Number(row.start), count: Number(row.count) }));
    });
  }

  /** Those that were handled last first. */
  contacts(question: FcrBehindQuestion): Promise<FcrBehind> {
    const { scope, fate, cursor, limit, to, topic } = question;
    const [kind, id = ''] = scope.split(/:(.*)/s);
    const fates = fate === 'contacts' ? ['resolved', 'repeated', 'transferred'] : [fate];
    const [placeAt, placeId] = readCursor(cursor) ?? [to, ''];
    return this.#ask(question, async (select, bind) => {
      const rows = await select<HitRow>(
        `${countedSql(topic)}, hits as (select * from counted where fate = any($9::text[]) and ${scopeWhere(kind)})
         select (select count(*) from hits) as total, p.* from (select 1) one left join lateral (
           select contact_id, fate, queue_id, agent_id, ${ms('handled_at')} as handled_ms, is_transferred,
             case when is_repeated then next_id end as next_id, next_queue_id, ${ms('next_at')} as next_ms
           from hits where (handled_at, contact_id) < (${instant('$11')}, $12::text)
           order by handled_at desc, contact_id desc limit $13) p on true
         order by handled_ms desc, contact_id desc`,
        [...bind, fates, id, placeAt, placeId, limit + 1],
      );
      const found = rows.flatMap((row) => (row.contact_id === null ? [] : [hitOf(row, row.contact_id)]));
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        total: Number(rows[0]?.total ?? 0),
        ...(found.length > limit && last && { nextCursor: `${last.handledAt}.${last.contactId}` }),
      };
    });
  }

  /** All that is asked for one answer sees the same history. */
  #ask<T>(
    { from, to, asOf, days, transfers, queues }: FcrPeriod,
    work: (select: Select, bind: unknown[]) => Promise<T>,
  ): Promise<T> {
    return this.#sequelize.transaction(
      { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ, readOnly: true },
      async (transaction) => {
        const select: Select = (sql, bind) =>
          this.#sequelize.query(sql, { bind, transaction, type: QueryTypes.SELECT });
        const [back] = await select<{ at: string | null }>(reachesBackSql, [from, to]);
        const earliest = Math.min(from - dayMs, Number(back?.at ?? from));
        const windowMs = days * dayMs;
        const isUnresolved = transfers === 'unresolved';
        const repeatsBefore = Math.min(to + windowMs, asOf);
        // A sort of a million contacts in memory is twice as quick as one on the disk.
        await select(`set local work_mem = '128MB'`, []);
        return work(select, [
          from,
          to,
          earliest,
          repeatsBefore,
          asOf,
          windowMs,
          isUnresolved,
          queues ? [...queues] : null,
        ]);
      },
    );
  }
}

type Select = <T extends object>(sql: string, bind: unknown[]) => Promise<T[]>;

interface HitRow {
  total: string;
  contact_id: string | null;
  fate: FcrFate;
  queue_id: string;
  agent_id: string;
  handled_ms: string;
  is_transferred: boolean;
  next_id: string | null;
  next_queue_id: string | null;
  next_ms: string | null;
}

const hitOf = (row: HitRow, contactId: string): FcrHit => ({
  contactId,
  fate: row.fate,
  queueId: row.queue_id,
  agentId: row.agent_id,
  handledAt: Number(row.handled_ms),
  isTransferred: row.is_transferred,
  ...(row.next_id !== null && {
    repeat: { contactId: row.next_id, queueId: row.next_queue_id ?? '', queuedAt: Number(row.next_ms) },
  }),
});

function scopeWhere(kind: string | undefined): string {
  switch (kind) {
    case 'queue':
      return 'queue_id = $10';
    case 'channel':
      return 'channel = $10';
    case 'agent':
      return 'agent_id = $10';
    default:
      return '$10::text is not null';
  }
}

function readCursor(cursor: string | undefined): [number, string] | undefined {
  const match = /^(\d{1,15})\.(.{1,120})$/.exec(cursor ?? '');
  return match ? [Number(match[1]), match[2]!] : undefined;
}
