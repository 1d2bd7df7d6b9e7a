/** The private services as tests and the product use them: real processes on Unix sockets. */
import { expect } from 'chai';
import { createClient } from 'redis';
import { runSql } from '../../../installer/postgres.ts';
import { startPostgres } from '../../support/postgres.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import type { TestRedis } from '../../support/redis.ts';

function query(postgres: TestPostgres, sql: string): Promise<string> {
  return runSql(postgres.dir, sql, { user: postgres.user, database: postgres.database });
}

describe('the private Postgres', function () {
  this.timeout(40_000);
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  it('lets the server in as its own role, not as a superuser', async () => {
    const rows = await query(
      postgres,
      `SELECT current_user AS who, rolsuper AS super FROM pg_roles WHERE rolname = current_user`,
    );
    expect(rows).to.equal('hearthline\tf');
  });

  it('commits before it answers, sorts by code point and listens on no port', async () => {
    const rows = await query(
      postgres,
      `SELECT current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS listen,
              datcollate AS collate FROM pg_database WHERE datname = current_database()`,
    );
    expect(rows).to.equal('on\t\tC.UTF-8');
  });

  it('comes back after kill -9 with what was committed', async () => {
    await query(postgres, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    await postgres.kill();
    expect(postgres.isRunning()).to.equal(false);
    await postgres.restart();
    expect(await query(postgres, 'SELECT n FROM kept')).to.equal('7');
  });
});

describe('the private Redis', function () {
  this.timeout(20_000);
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  async function withClient<T>(use: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const client = createClient({ socket: { path: redis.socket, tls: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client as ReturnType<typeof createClient>);
    } finally {
      client.destroy();
    }
  }

  it('never evicts and appends every write', async () => {
    const settings = await withClient((client) =>
      client.configGet(['maxmemory-policy', 'appendonly', 'port']),
    );
    expect({ ...settings }).to.deep.equal({ 'maxmemory-policy': 'noeviction', appendonly: 'yes', port: '0' });
  });

  it('comes back after kill -9 with what was written', async () => {
    await withClient((client) => client.set('kept', 'yes'));
    await redis.written();
    await redis.kill();
    await redis.restart();
    expect(await withClient((client) => client.get('kept'))).to.equal('yes');
  });
});
