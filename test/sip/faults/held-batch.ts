/**
 * Batches of history and of figures, stopped in the middle by a lock on a table that they write late: whoever waits for it has
 * written something by then that must not stay if it is killed.
 */
import type { Sequelize } from 'sequelize';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import type { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';

/** What history, and what figures, write late. */
export const lateTables = ['contacts', 'stays'] as const;

export class BatchHolder {
  readonly #house: House;
  readonly #holder: Sequelize;

  constructor(house: House) {
    this.#house = house;
    this.#holder = connectDatabase({
      socketDir: house.stack.pgSocket,
      database: 'hearthline',
      user: 'hearthline',
      applicationName: 'hearthline-test-holder',
      poolMax: 1,
      logger: createLogger('test', 'silent'),
    });
  }

  /** `happens` makes something to write; `fault` comes while a batch stands still. Resolves when it may go on, if it still can. */
  async during(
    table: (typeof lateTables)[number],
    happens: () => Promise<void>,
    fault: (pids: number[]) => Promise<void>,
  ): Promise<void> {
    await this.#holder.transaction(async (transaction) => {
      await this.#holder.query(`lock table ${table} in share mode`, { transaction });
      await happens();
      let pids: number[] = [];
      await until(`a batch waits for ${table}`, async () => (pids = await this.#waiting()).length > 0);
      await fault(pids);
    });
  }

  /** Its connections are cut: to the batch that is as if Postgres had died. */
  async kill(pids: number[]): Promise<void> {
    await this.#house.rows('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
    await until('it is dead', async () => !(await this.#waiting()).some((pid) => pids.includes(pid)));
  }

  close(): Promise<void> {
    return this.#holder.close();
  }

  async #waiting(): Promise<number[]> {
    const rows = await this.#house.rows<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.map(({ pid }) => pid);
  }
}
