/**
 * Routing decisions as the log keeps them: offers newest first, and the events of one contact. Never asks for `pii_data`.
 * Statements are put together from fixed parts; every value is bound.
 */
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { OfferRecord } from '../../contract/decision.ts';
import type { HearthlineEvent } from '../../contract/events.ts';
import type { DecisionQuery } from '../../contract/rest-decisions.ts';
import type { Within } from '../../contract/user-view.ts';
import type { Page } from './page.ts';

export interface DecisionRepo {
  /** `within`: out of these queues or to these agents alone. */
  offers(query: DecisionQuery, within?: Within): Promise<Page<OfferRecord>>;
  /** In order, the first `limit` that routing is concerned with, without personal data. */
  contactEvents(contactId: string, limit: number): Promise<HearthlineEvent[]>;
}

const storyTypes = [
  'contact.arrived',
  'contact.queued',
  'contact.relaxed',
  'contact.offered',
  'offer.withdrawn',
  'contact.answered',
  'contact.abandoned',
  'contact.flowed-out',
  'contact.transferred',
  'contact.ended',
];

interface OfferRow {
  seq: string;
  at_ms: string;
  contact_id: string | null;
  agent_id: string | null;
  queue_id: string | null;
  data: Record<string, unknown>;
  result: string | null;
  ring_ms: string | null;
}

const atMs = 'round(extract(epoch from at) * 1000)::bigint as at_ms';
const instant = (place: string) => `to_timestamp(${place}::bigint / 1000.0)`;

/** The text and its values, one `$n` each. */
function offersStatement(query: DecisionQuery, within?: Within): { sql: string; bind: unknown[] } {
  const bind: unknown[] = [query.limit + 1];
  const rules = ["type = 'contact.offered'"];
  const rule = (value: unknown, text: (place: string) => string) => {
    if (value !== undefined) rules.push(text(`$${bind.push(value)}`));
  };
  rule(query.contactId, (place) => `contact_id = ${place}`);
  rule(query.agentId, (place) => `agent_id = ${place}`);
  rule(query.queueId, (place) => `queue_id = ${place}`);
  rule(query.from, (place) => `at >= ${instant(place)}`);
  rule(query.to, (place) => `at < ${instant(place)}`);
  if (within) {
    const places = [`$${bind.push(within.queueIds)}`, `$${bind.push(within.agentIds)}`] as const;
    rules.push(`(queue_id = any(${places[0]}::text[]) or agent_id = any(${places[1]}::text[]))`);
  }
  if (query.cursor !== undefined) {
    const [cursorAt, cursorSeq] = query.cursor.split('.');
    const places = [`$${bind.push(cursorAt)}`, `$${bind.push(cursorSeq)}`] as const;
    rules.push(`(at, seq) < (${instant(places[0])}, ${places[1]}::bigint)`);
  }
  const sql = `select o.seq, o.at_ms, o.contact_id, o.agent_id, o.queue_id, o.data, s.result, s.ring_ms
    from (select seq, at, ${atMs}, contact_id, agent_id, queue_id, data
          from events where ${rules.join(' and ')} order by at desc, seq desc limit $1) o
    left join segments s on s.offer_id = o.data ->> 'offerId'
    order by o.at desc, o.seq desc`;
  return { sql, bind };
}

const toOffer = (row: OfferRow): OfferRecord => ({
  seq: Number(row.seq),
  at: Number(row.at_ms),
  contactId: row.contact_id ?? '',
  agentId: row.agent_id ?? '',
  queueId: row.queue_id ?? '',
  data: row.data,
  ...(row.result === null ? {} : { result: row.result }),
  ...(row.ring_ms === null ? {} : { ringMs: Number(row.ring_ms) }),
});

export function createDecisionRepo(sequelize: Sequelize): DecisionRepo {
  return {
    async offers(query, within) {
      const { sql, bind } = offersStatement(query, within);
      const rows = await sequelize.query<OfferRow>(sql, { bind, type: QueryTypes.SELECT });
      const items = rows.slice(0, query.limit).map(toOffer);
      const last = items.at(-1);
      return rows.length > query.limit && last ? { items, nextCursor: `${last.at}.${last.seq}` } : { items };
    },
    async contactEvents(contactId, limit) {
      const rows = await sequelize.query<Omit<OfferRow, 'result' | 'ring_ms'> & { id: string; type: string }>(
        `select seq, id, type, ${atMs}, contact_id, agent_id, queue_id, data
         from events where contact_id = $1 and type = any($2) order by seq limit $3`,
        { bind: [contactId, storyTypes, limit], type: QueryTypes.SELECT },
      );
      return rows.map(
        (row) =>
          ({
            id: row.id,
            seq: Number(row.seq),
            v: 1,
            type: row.type,
            at: Number(row.at_ms),
            contactId,
            ...(row.agent_id === null ? {} : { agentId: row.agent_id }),
            ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
            data: row.data,
          }) as HearthlineEvent,
      );
    },
  };
}
