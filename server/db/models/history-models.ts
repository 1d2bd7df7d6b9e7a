/**
 * The history tables as models, for reading: only the projector writes them, in SQL of its own. Made per
 * connection, so that two databases in one process (a test) do not share a model.
 */
import { DataTypes, Model } from 'sequelize';
import type { ModelStatic, Sequelize } from 'sequelize';

/** BIGINT arrives as text, since it may exceed a double; ours never do. */
export class ContactModel extends Model {
  declare contactId: string;
  declare firstSeq: string;
  declare channel: string | null;
  declare numberId: string | null;
  declare queueId: string | null;
  declare agentId: string | null;
  declare piiFrom: string | null;
  declare piiFromName: string | null;
  declare arrivedAt: Date | null;
  declare queuedAt: Date | null;
  declare answeredAt: Date | null;
  declare endedAt: Date | null;
  declare waitMs: string | null;
  declare talkMs: string | null;
  declare holdMs: string | null;
  declare outcome: string | null;
  declare endedBy: string | null;
  declare reason: string | null;
  declare offers: number;
  declare rona: number;
}

export function createContactModel(sequelize: Sequelize): ModelStatic<ContactModel> {
  class Contact extends ContactModel {}
  Contact.init(
    {
      contactId: { type: DataTypes.TEXT, primaryKey: true },
      firstSeq: DataTypes.BIGINT,
      channel: DataTypes.TEXT,
      numberId: DataTypes.TEXT,
      queueId: DataTypes.TEXT,
      agentId: DataTypes.TEXT,
      piiFrom: DataTypes.TEXT,
      piiFromName: DataTypes.TEXT,
      arrivedAt: DataTypes.DATE,
      queuedAt: DataTypes.DATE,
      answeredAt: DataTypes.DATE,
      endedAt: DataTypes.DATE,
      waitMs: DataTypes.BIGINT,
      talkMs: DataTypes.BIGINT,
      holdMs: DataTypes.BIGINT,
      outcome: DataTypes.TEXT,
      endedBy: DataTypes.TEXT,
      reason: DataTypes.TEXT,
      offers: DataTypes.INTEGER,
      rona: DataTypes.INTEGER,
    },
    { sequelize, tableName: 'contacts', modelName: 'Contact' },
  );
  return Contact;
}

export class RecordingModel extends Model {
  declare recordingId: string;
  declare firstSeq: string;
  declare contactId: string | null;
  declare agentId: string | null;
  declare queueId: string | null;
  declare file: string | null;
  declare bytes: string | null;
  declare durationMs: string | null;
  declare sha256: string | null;
  declare startedAt: Date | null;
  declare endedAt: Date | null;
  declare state: 'started' | 'completed' | 'failed';
  declare failure: string | null;
  declare contact?: ContactModel | null;
}

export function createRecordingModel(
  sequelize: Sequelize,
  contacts: ModelStatic<ContactModel>,
): ModelStatic<RecordingModel> {
  class Recording extends RecordingModel {}
  Recording.init(
    {
      recordingId: { type: DataTypes.TEXT, primaryKey: true },
      firstSeq: DataTypes.BIGINT,
      contactId: DataTypes.TEXT,
      agentId: DataTypes.TEXT,
      queueId: DataTypes.TEXT,
      file: DataTypes.TEXT,
      bytes: DataTypes.BIGINT,
      durationMs: DataTypes.BIGINT,
      sha256: DataTypes.TEXT,
      startedAt: DataTypes.DATE,
      endedAt: DataTypes.DATE,
      state: DataTypes.TEXT,
      failure: DataTypes.TEXT,
    },
    { sequelize, tableName: 'recordings', modelName: 'Recording' },
  );
  Recording.belongsTo(contacts, { as: 'contact', foreignKey: 'contactId', constraints: false });
  return Recording;
}
