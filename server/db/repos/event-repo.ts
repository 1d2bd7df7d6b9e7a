/** The event log as history keeps it: for recovery when Redis lost its own, and for replays of the past. */
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { HearthlineEvent } from '../../contract/events.ts';
import { readCheckpoint } from '../projection-batch.ts';

export interface EventRepo {
  /** How far history is: the highest seq it has. */
  lastSeq(): Promise<number>;
  /** Events from `fromSeq` on, in order; what could not be stored is left out. */
  read(fromSeq: number, count: number): Promise<HearthlineEvent[]>;
}

interface Row {
  seq: string;
  id: string;
  type: string;
  at_ms: string;
  v: 1;
  contact_id: string | null;
  agent_id: string | null;
  queue_id: string | null;
  data: Record<string, unknown>;
  pii_data: unknown;
}

function toEvent(row: Row): HearthlineEvent {
  return {
    id: row.id,
    seq: Number(row.seq),
    v: row.v,
    type: row.type,
    at: Number(row.at_ms),
    ...(row.contact_id === null ? {} : { contactId: row.contact_id }),
    ...(row.agent_id === null ? {} : { agentId: row.agent_id }),
    ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
    data: row.pii_data === null ? row.data : { ...row.data, pii: row.pii_data },
  } as HearthlineEvent;
}

export function createEventRepo(sequelize: Sequelize): EventRepo {
  return {
    lastSeq: () => readCheckpoint(sequelize),
    async read(fromSeq, count) {
      const rows = await sequelize.query<Row>(
        `select seq, id, type, round(extract(epoch from at) * 1000)::bigint as at_ms, v,
                contact_id, agent_id, queue_id, data, pii_data
         from events where seq >= $1 and type <> 'unreadable' order by seq limit $2`,
        { bind: [fromSeq, count], type: QueryTypes.SELECT },
      );
      return rows.map(toEvent);
    },
  };
}
