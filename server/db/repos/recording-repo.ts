/** Recordings as history has them, newest first. `file` is for the server alone and never leaves it. */
import { Op } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { RecordingRow } from '../../contract/rest.ts';
import { createContactModel, createRecordingModel } from '../models/history-models.ts';
import type { RecordingModel } from '../models/history-models.ts';
import { piiOf } from './contact-repo.ts';
import { optional } from './optional.ts';
import { beforeSeq, toPage } from './page.ts';
import type { Page, PageQuery } from './page.ts';

export interface RecordingRecord extends RecordingRow {
  state: 'started' | 'completed' | 'failed';
  file?: string;
  failure?: string;
}

export interface RecordingRepo {
  /** Those that can be played. */
  list(query: PageQuery): Promise<Page<RecordingRow>>;
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
  return {
    async list(query) {
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
