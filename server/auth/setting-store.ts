/** Named values in Postgres (table `settings`). Knows SQL and nothing of what the values mean. */
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { SettingsStore } from './ports.ts';

export function createSettingsStore(sequelize: Sequelize): SettingsStore {
  return {
    async get(key) {
      const rows = await sequelize.query<{ value: unknown }>('SELECT value FROM settings WHERE key = $1', {
        bind: [key],
        type: QueryTypes.SELECT,
      });
      return rows[0]?.value;
    },
    async set(key, value) {
      await sequelize.query(
        `INSERT INTO settings (key, value, updated_at) VALUES ($1, $2::jsonb, now())
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()`,
        { bind: [key, JSON.stringify(value)] },
      );
    },
    async remove(key) {
      await sequelize.query('DELETE FROM settings WHERE key = $1', { bind: [key] });
    },
  };
}
