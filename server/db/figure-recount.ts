/**
 * The same counts once more, from the stays, offers and agents' intervals themselves: for windows that are no whole quarters of
 * an hour, and to prove the roll-ups right (N1). Shares no sum with them.
 */
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import type { CountName } from '../contract/figures.ts';
import type { HistoryKey, HistoryQuestion } from '../app/figures/ports.ts';
import { longestWaitPlace, placeOf } from '../stats/figure-cells.ts';
import { ReportCells } from './figure-report.ts';
import { columnOf } from './figure-sql.ts';
import { isWaitingAt, reachesOfWaiting, reachOfAll } from './stay-reach.ts';

const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;

/** When a count of a stay happened, and when it is counted. */
export interface CountFact {
  at: string;
  where: string;
  value: string;
}
const fact = (at: string, where = 'true', value = '1'): CountFact => ({ at, where, value });

/** Of `stays s`. */
export const stayFacts: Partial<Record<CountName, CountFact>> = {
  offered: fact('s.queued_at'),
  serviceLevelOffered: fact('s.service_level_at'),
  answered: fact('s.left_at', `s.outcome = 'answered'`),
  answeredInTarget: fact('s.left_at', `s.outcome = 'answered' and s.is_in_target`),
  answeredWaitMs: fact('s.left_at', `s.outcome = 'answered'`, 's.wait_ms'),
  abandoned: fact('s.left_at', `s.outcome = 'abandoned'`),
  abandonedInTarget: fact('s.left_at', `s.outcome = 'abandoned' and s.is_in_target and not s.is_short`),
  shortAbandoned: fact('s.left_at', `s.outcome = 'abandoned' and s.is_short`),
  abandonedWaitMs: fact('s.left_at', `s.outcome = 'abandoned'`, 's.wait_ms'),
  flowedOut: fact('s.left_at', `s.outcome = 'flowed-out'`),
  handled: fact('s.handled_at'),
  transferred: fact('s.handled_at', 's.is_transferred'),
  talkMs: fact('s.handled_at', 'true', 's.talk_ms'),
  holdMs: fact('s.handled_at', 'true', 's.hold_ms'),
  replied: fact('s.replied_at'),
  firstReplyMs: fact('s.replied_at', 'true', 's.response_ms'),
};
/** Of `stays s` joined to their offers `o`. */
export const offerFacts: Partial<Record<CountName, CountFact>> = {
  offers: fact('o.offered_at'),
  rona: fact('o.ended_at', `o.result = 'rona'`),
  rejected: fact('o.ended_at', `o.result = 'rejected'`),
};
/** Of `stays s` joined to the wrap-ups `i` of their agents. */
export const wrapUpFacts: Partial<Record<CountName, CountFact>> = {
  wrapUpMs: fact('i.to_at', 'true', 'round(extract(epoch from i.to_at - i.from_at) * 1000)::bigint'),
};

/** The stay that an offer belongs to: the last one that had begun. */
const nextStay = `(select min(n.queued_at) from stays n where n.contact_id = s.contact_id and n.ordinal = s.ordinal + 1)`;
export const offersOfStays = `join segments o on o.contact_id = s.contact_id and o.offered_at >= s.queued_at
    and o.offered_at < coalesce(${nextStay}, 'infinity')`;
export const wrapUpsOfStays = `join agent_intervals i on i.agent_id = s.agent_id and i.contact_id = s.contact_id
    and i.state = 'wrap-up' and i.from_at >= s.handled_at and i.to_at is not null
    and i.from_at < coalesce((select min(n.handled_at) from stays n
      where n.contact_id = s.contact_id and n.agent_id = s.agent_id and n.ordinal > s.ordinal), 'infinity')`;

const keys: Partial<Record<HistoryKey, string>> = {
  site: `'site'`,
  queue: `'queue:' || s.queue_id`,
  'queue-channel': `'queue:' || s.queue_id || '/' || s.channel`,
  channel: `'channel:' || s.channel`,
  number: `'number:' || s.number_id`,
  trunk: `'trunk:' || s.trunk_id`,
};
const filters: Partial<Record<HistoryKey, string>> = {
  number: `s.number_id <> ''`,
  trunk: `s.trunk_id <> ''`,
};

export const isRecountable = (by: HistoryKey): boolean => keys[by] !== undefined;

/** Counts of contacts over the whole window; agents' times and what never entered a queue are not in it. */
export async function recount(
  sequelize: Sequelize,
  transaction: Transaction,
  { from, to, by, attribution, queues }: Omit<HistoryQuestion, 'interval' | 'timeZone'>,
): Promise<ReportCells> {
  const cells = new ReportCells();
  const run = async (facts: Partial<Record<CountName, CountFact>>, join: string, hasLongest: boolean) => {
    const credited = (at: string) => (attribution === 'event' ? at : 's.queued_at');
    const inside = (at: string) =>
      `${at} is not null and ${credited(at)} >= ${instant('$1')} and ${credited(at)} < ${instant('$2')}`;
    const sums = Object.entries(facts).map(
      ([name, { at, where, value }]) =>
        `coalesce(sum(${value}) filter (where ${inside(at)} and ${where}), 0) as ${columnOf(name)}`,
    );
    if (hasLongest)
      sums.push(`coalesce(max(s.wait_ms) filter (where ${inside('s.left_at')}), 0) as longest_wait_ms`);
    const touched = [...new Set(Object.values(facts).map(({ at }) => at))].map((at) => `(${inside(at)})`);
    const window = { from: instant('$1'), to: instant('$2') };
    const reach = reachOfAll(
      Object.values(facts).map(({ at }) => at),
      window,
    );
    const rows = await sequelize.query<{ scope: string } & Record<string, string>>(
      `select ${keys[by]} as scope, ${sums.join(', ')} from stays s ${join}
       where ${reach ?? 'true'} and (${touched.join(' or ')}) and ($3::text[] is null or s.queue_id = any($3)) and ${filters[by] ?? 'true'}
       group by 1`,
      { bind: [from, to, queues ? [...queues] : null], transaction, type: QueryTypes.SELECT },
    );
    for (const row of rows) {
      const cell = cells.cell(from, row.scope);
      for (const name of Object.keys(facts) as CountName[])
        cell[placeOf[name]]! += Number(row[columnOf(name)]);
      if (hasLongest) cell[longestWaitPlace] = Number(row['longest_wait_ms']);
    }
  };
  await run(stayFacts, '', true);
  await run(offerFacts, offersOfStays, false);
  await run(wrapUpFacts, wrapUpsOfStays, false);
  return cells;
}

/** Waiting at an instant, by queue: the other way to the accounting identity. */
export async function waitingAt(
  sequelize: Sequelize,
  transaction: Transaction,
  at: number,
): Promise<Map<string, number>> {
  const instantAt = instant('$1');
  const parts = reachesOfWaiting(instantAt).map(
    (reach) => `select s.queue_id from stays s where ${reach} and ${isWaitingAt(instantAt)}`,
  );
  const rows = await sequelize.query<{ queue_id: string; waiting: string }>(
    `select queue_id, count(*) as waiting from (${parts.join(' union all ')}) w group by 1`,
    { bind: [at], transaction, type: QueryTypes.SELECT },
  );
  return new Map(rows.map((row) => [row.queue_id, Number(row.waiting)]));
}
