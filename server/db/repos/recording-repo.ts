/** Recordings as history has them, newest first. `file` is for the server alone and never leaves it. */
import { Op } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { RecordingRow } from '../../contract/rest.ts';
import type { Within } from '../../contract/user-view.ts';
import { createContactModel, createRecordingModel } from '../models/history-models.ts';
import type { RecordingModel } from '../models/history-models.ts';
import { piiOf } from './contact-repo.ts';
import { optional } from './optional.ts';
import { beforeSeq, toPage } from './page.ts';
import type { Page, PageQuery } from './page.ts';
import { lookThrough, rowWithin } from './within.ts';

export interface RecordingRecord extends RecordingRow {
  state: 'started' | 'completed' | 'failed';
  file?: string;
  failure?: string;
}

export interface RecordingRepo {
  /** Those that can be played. `within`: of these queues or agents alone, whatever else their contact went through. */
  list(query: PageQuery, within?: Within): Promise<Page<RecordingRow>>;
  /** Whatever its state. */
  byId(recordingId: string): Promise<RecordingRecord | undefined>;
}

function present(row: RecordingModel): RecordingRow {
  return {
    recordingId: row.recordingId,
    startedAt: (row.startedAt ?? row.endedAt)?.getTime() ?? 0,
    durationMs: Number(row.durationMs ?? 0),
    bytes: Number(row.bytes ?? 0),
    ...optional({
      contactId: row.contactId,
      queueId: row.queueId,
      agentId: row.agentId,
      sha256: row.sha256,
      pii: piiOf(row.contact),
    }),
  };
}

export function createRecordingRepo(sequelize: Sequelize): RecordingRepo {
  const recordings = createRecordingModel(sequelize, createContactModel(sequelize));
  const listWithin = async (query: PageQuery, within: Within): Promise<Page<RecordingRow>> => {
    const listed = "t.state = 'completed'";
    const rule = { table: 'recordings', id: 'recording_id', listed, within: rowWithin } as const;
    const { ids, ...next } = await lookThrough(sequelize, rule, within, query);
    const rows = await recordings.findAll({
      where: { recordingId: { [Op.in]: ids } },
      include: ['contact'],
      order: [['firstSeq', 'DESC']],
    });
    return { items: rows.map(present), ...next };
  };
  return {
    async list(query, within) {
      if (within) return listWithin(query, within);
      const rows = await recordings.findAll({
        where: { state: 'completed', firstSeq: { [Op.lt]: beforeSeq(query) } },
        include: ['contact'],
        order: [['firstSeq', 'DESC']],
        limit: query.limit + 1,
      });
      return toPage(rows, query.limit, present);
    },
    async byId(recordingId) {
      const row = await recordings.findByPk(recordingId, { include: ['contact'] });
      if (!row) return undefined;
      return { ...present(row), state: row.state, ...optional({ file: row.file, failure: row.failure }) };
    },
  };
}
