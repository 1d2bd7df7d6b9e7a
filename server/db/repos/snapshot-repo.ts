/** The mirror of the live state's snapshots, so that an emptied Redis can be recovered from. */
import type { Sequelize } from 'sequelize';
import { createSnapshotModel } from '../models/site-models.ts';

export interface StoredSnapshot {
  generation: 'a' | 'b';
  seq: number;
  body: string;
  checksum: string;
}

export interface SnapshotRepo {
  save(snapshot: StoredSnapshot): Promise<void>;
  all(): Promise<StoredSnapshot[]>;
}

export function createSnapshotRepo(sequelize: Sequelize): SnapshotRepo {
  const snapshots = createSnapshotModel(sequelize);
  return {
    async save({ generation, seq, body, checksum }) {
      await snapshots.upsert({ generation, seq, body, checksum, savedAt: new Date() });
    },
    async all() {
      const rows = await snapshots.findAll();
      return rows.map(({ generation, seq, body, checksum }) => ({
        generation,
        seq: Number(seq),
        body,
        checksum,
      }));
    },
  };
}
