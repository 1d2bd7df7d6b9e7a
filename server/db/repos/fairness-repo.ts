/**
 * What the fairness ledger is folded from, out of history, in one read-only transaction: every statement sees the same
 * instant, whatever the projector does meanwhile. Bounded: the log is walked by its primary key in steps of a fixed number
 * of events, so memory does not grow with the window, and what came before it is one look-up an agent and never a scan.
 * The window's first and last event are found by halving, as the engine's times never run backwards along the log.
 * Never asks for `pii_data`, nor for the records of decisions.
 */
import { QueryTypes, Transaction } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { AgentState } from '../../contract/events.ts';
import {
  ledgerTypes,
  type LedgerEvent,
  type LedgerSite,
  type LedgerStart,
  type LedgerType,
  type LedgerWindow,
  type OpenOffer,
} from '../../stats/fairness.ts';
import { checkpointName } from '../projection-batch.ts';

export interface FairnessRepo {
  /**
   * Takes `start` once and first, then the events of the window in their order; answers how far history is. Where the
   * window holds more of the log than `eventsAtMost`, it takes nothing and says so.
   */
  read(
    window: LedgerWindow,
    eventsAtMost: number,
    take: { start: (start: LedgerStart) => void; event: (event: LedgerEvent) => void },
  ): Promise<{ seq: number } | { isTooMuch: true }>;
}

/** Few enough that reading them holds the event loop for some ms only. */
const eventsAtOnce = 1000;
/** No offer stays open for longer. */
const offerAtMostMs = 86_400_000;

const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;
const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`;
/** Of a site only what the ledger reads. */
const slimSite = `jsonb_build_object(
  'queues', (select coalesce(jsonb_agg(jsonb_build_object('id', q -> 'id', 'strategy', q -> 'strategy')), '[]')
             from jsonb_array_elements(data -> 'acd' -> 'queues') q),
  'agents', (select coalesce(jsonb_agg(jsonb_build_object('id', a -> 'id', 'queueIds', a -> 'queueIds')), '[]')
             from jsonb_array_elements(data -> 'acd' -> 'agents') a))`;

/** The first event of the ledger's kinds at or after `$2`; one past `$1`, the last of all, where there is none. */
const firstSeqSql = `with recursive halves (low, high) as (
    select 0::bigint, $1::bigint + 1
    union all
    select case when e.at < ${instant('$2')} then m.middle else m.low end,
           case when e.at < ${instant('$2')} then m.high else m.middle end
    from (select low, high, (low + high) / 2 as middle from halves where high - low > 1) m
    left join lateral (select at from events where seq >= m.middle and type = any($3) order by seq limit 1) e on true
  ) select high from halves order by high - low limit 1`;

const checkpointSql = 'select seq from projector_checkpoint where name = $1';

/** The agents that history knows, found by leaping through the index. */
const agentIds = `ids (agent_id) as (
    (select agent_id from agent_intervals order by agent_id limit 1)
    union all
    select (select i.agent_id from agent_intervals i where i.agent_id > ids.agent_id order by i.agent_id limit 1)
    from ids where ids.agent_id is not null)`;

const agentsSql = `with recursive ${agentIds}
  select i.agent_id, i.state, ${ms('i.from_at')} as since_ms, ${ms('o.at')} as offer_ms
  from ids
  cross join lateral (select agent_id, state, from_at from agent_intervals
    where agent_id = ids.agent_id and from_at <= ${instant('$1')} and from_seq < $2
    order by from_at desc, from_seq desc limit 1) i
  left join lateral (select max(offered_at) as at from segments
    where agent_id = ids.agent_id and i.state <> 'logged-out'
      and offered_at >= i.from_at and offered_at < ${instant('$1')}) o on true
  where ids.agent_id is not null`;

/** `offset 0` keeps it one look-up an agent: joined as a whole it would read all of history. */
const openOffersSql = `with recursive ${agentIds}
  select s.offer_id, s.contact_id, s.agent_id, s.queue_id
  from ids
  cross join lateral (select offer_id, contact_id, agent_id, queue_id from segments
    where agent_id = ids.agent_id
      and offered_at < ${instant('$1')} and offered_at >= ${instant('$1')} - make_interval(secs => ${offerAtMostMs / 1000})
      and coalesce(answered_at, ended_at, 'infinity') >= ${instant('$1')}
    offset 0) s
  where ids.agent_id is not null`;

const siteSql = `select ${slimSite} as site from events where type = 'site.applied' and seq < $1 order by seq desc limit 1`;

/** One value a step: a row of its own for each event would cost the event loop ten times as much. */
const eventsSql = `select coalesce(json_agg(json_build_array(type, ${ms('at')}, contact_id, agent_id, queue_id,
      data ->> 'offerId', data ->> 'from', data ->> 'to', data ->> 'reason',
      case type when 'site.applied' then ${slimSite} end) order by seq), '[]') as events
  from events where seq >= $1 and seq < $2 and type = any($3)`;

type EventRow = readonly [
  type: LedgerType,
  at: number,
  contactId: string | null,
  agentId: string | null,
  queueId: string | null,
  offerId: string,
  from: AgentState,
  to: AgentState,
  reason: string | null,
  acd: LedgerSite | null,
];

/** What a type has no use for is null and not looked at. */
function toEvent(row: EventRow): LedgerEvent {
  const [type, at, contactId, agentId, queueId, offerId, from, to, reason, acd] = row;
  return {
    type,
    at,
    ...(contactId !== null && { contactId }),
    ...(agentId !== null && { agentId }),
    ...(queueId !== null && { queueId }),
    data: { offerId, from, to, ...(reason !== null && { reason }), acd },
  } as LedgerEvent;
}

type Select = <R extends object>(sql: string, bind: unknown[]) => Promise<R[]>;

async function readStart(select: Select, at: number, firstSeq: number): Promise<LedgerStart> {
  const agents = await select<{
    agent_id: string;
    state: AgentState;
    since_ms: string;
    offer_ms: string | null;
  }>(agentsSql, [at, firstSeq]);
  const offers = await select<{
    offer_id: string;
    contact_id: string | null;
    agent_id: string;
    queue_id: string | null;
  }>(openOffersSql, [at]);
  const [latest] = await select<{ site: LedgerSite }>(siteSql, [firstSeq]);
  return {
    agents: agents.map(({ agent_id: agentId, state, since_ms: since, offer_ms: offered }) => ({
      agentId,
      state,
      since: Number(since),
      ...(offered !== null && { lastOfferAt: Number(offered) }),
    })),
    openOffers: offers.map((row): OpenOffer => ({
      offerId: row.offer_id,
      contactId: row.contact_id ?? '',
      agentId: row.agent_id,
      queueId: row.queue_id ?? '',
    })),
    ...(latest && { site: latest.site }),
  };
}

export function createFairnessRepo(sequelize: Sequelize): FairnessRepo {
  return {
    read: (window, eventsAtMost, take) =>
      sequelize.transaction(
        { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ },
        async (transaction) => {
          const select: Select = (sql, bind) =>
            sequelize.query(sql, { bind, transaction, type: QueryTypes.SELECT });
          await sequelize.query('set transaction read only', { transaction, type: QueryTypes.RAW });
          const [checkpoint] = await select<{ seq: string }>(checkpointSql, [checkpointName]);
          const seq = Number(checkpoint?.seq ?? 0);
          const firstAt = async (at: number) => {
            const [row] = await select<{ high: string }>(firstSeqSql, [seq, at, ledgerTypes]);
            return Number(row?.high ?? seq + 1);
          };
          const first = await firstAt(window.from);
          const end = await firstAt(window.to);
          if (end - first > eventsAtMost) return { isTooMuch: true };
          take.start(await readStart(select, window.from, first));
          for (let next = first; next < end; next += eventsAtOnce) {
            const bind = [next, Math.min(next + eventsAtOnce, end), ledgerTypes];
            const [step] = await select<{ events: EventRow[] }>(eventsSql, bind);
            for (const row of step?.events ?? []) take.event(toEvent(row));
          }
          return { seq };
        },
      ),
  };
}
