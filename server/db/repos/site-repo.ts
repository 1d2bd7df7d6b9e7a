/** Versions of the site: 1, 2, 3 ...; the newest is the one in force. Nothing is ever overwritten. */
import type { Sequelize } from 'sequelize';
import { createSiteVersionModel } from '../models/site-models.ts';

export interface SiteVersionRecord<T = unknown> {
  version: number;
  yaml: string;
  model: T;
  importedAt: number;
  importedBy: string;
}

export interface SiteRepo<T = unknown> {
  latest(): Promise<SiteVersionRecord<T> | undefined>;
  /** Answers the new version. Two at once get two versions. */
  save(yaml: string, model: T, by: string): Promise<number>;
}

export function createSiteRepo<T = unknown>(sequelize: Sequelize): SiteRepo<T> {
  const versions = createSiteVersionModel(sequelize);
  return {
    async latest() {
      const row = await versions.findOne({ order: [['version', 'DESC']] });
      if (!row) return undefined;
      const { version, yaml, model, importedAt, importedBy } = row;
      return { version, yaml, model: model as T, importedAt: importedAt.getTime(), importedBy };
    },
    async save(yaml, model, by) {
      return sequelize.transaction(async (transaction) => {
        // Serialises writers only: readers go on.
        await sequelize.query('lock table site_versions in share row exclusive mode', { transaction });
        const newest = await versions.findOne({
          attributes: ['version'],
          order: [['version', 'DESC']],
          transaction,
        });
        const version = (newest?.version ?? 0) + 1;
        await versions.create(
          { version, yaml, model, importedAt: new Date(), importedBy: by },
          { transaction },
        );
        return version;
      });
    },
  };
}
