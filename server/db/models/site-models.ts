/** Site versions, settings and mirrored snapshots as models, made per connection. */
import { DataTypes, Model } from 'sequelize';
import type { ModelStatic, Sequelize } from 'sequelize';

export class SiteVersionModel extends Model {
  declare version: number;
  declare yaml: string;
  declare model: unknown;
  declare importedAt: Date;
  declare importedBy: string;
}

export function createSiteVersionModel(sequelize: Sequelize): ModelStatic<SiteVersionModel> {
  class SiteVersion extends SiteVersionModel {}
  SiteVersion.init(
    {
      version: { type: DataTypes.INTEGER, primaryKey: true },
      yaml: DataTypes.TEXT,
      model: DataTypes.JSONB,
      importedAt: DataTypes.DATE,
      importedBy: DataTypes.TEXT,
    },
    { sequelize, tableName: 'site_versions', modelName: 'SiteVersion' },
  );
  return SiteVersion;
}

export class SettingModel extends Model {
  declare key: string;
  declare value: unknown;
  declare updatedAt: Date;
}

export function createSettingModel(sequelize: Sequelize): ModelStatic<SettingModel> {
  class Setting extends SettingModel {}
  Setting.init(
    {
      key: { type: DataTypes.TEXT, primaryKey: true },
      value: DataTypes.JSONB,
      updatedAt: DataTypes.DATE,
    },
    { sequelize, tableName: 'settings', modelName: 'Setting' },
  );
  return Setting;
}

export class SnapshotModel extends Model {
  declare generation: 'a' | 'b';
  declare seq: string;
  declare body: string;
  declare checksum: string;
  declare savedAt: Date;
}

export function createSnapshotModel(sequelize: Sequelize): ModelStatic<SnapshotModel> {
  class Snapshot extends SnapshotModel {}
  Snapshot.init(
    {
      generation: { type: DataTypes.TEXT, primaryKey: true },
      seq: DataTypes.BIGINT,
      body: DataTypes.TEXT,
      checksum: DataTypes.TEXT,
      savedAt: DataTypes.DATE,
    },
    { sequelize, tableName: 'snapshots', modelName: 'Snapshot' },
  );
  return Snapshot;
}
