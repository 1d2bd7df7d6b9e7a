/** A few named values that outlive restarts and are no part of the site. */
import type { Sequelize } from 'sequelize';
import { createSettingModel } from '../models/site-models.ts';

export interface SettingsRepo {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

export function createSettingsRepo(sequelize: Sequelize): SettingsRepo {
  const settings = createSettingModel(sequelize);
  return {
    get: async (key) => (await settings.findByPk(key))?.value,
    set: async (key, value) => {
      await settings.upsert({ key, value, updatedAt: new Date() });
    },
    remove: async (key) => {
      await settings.destroy({ where: { key } });
    },
  };
}
