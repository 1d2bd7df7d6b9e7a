/** Every migration forward and back over the data of a real house: the schema is the same on the way up, and no row of what stays is lost. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import { Peer, type PeerCall } from '../../../installer/demo-parts/peer.ts';
import { postgresBinDir, runSql } from '../../../installer/postgres.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { executedMigrations, migrateBackTo, migrateUp } from '../../../server/db/migrate.ts';
import { migrations } from '../../../server/db/migrations/index.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startStack, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

const execute = promisify(execFile);
const logger = createLogger('test', 'silent');

describe('the schema of a house', function () {
  this.timeout(120_000);
  let stack: Stack;
  let db: Sequelize;

  before(async () => {
    stack = await startStack({ autoRestart: false });
    db = connectDatabase({
      socketDir: stack.pgSocket,
      database: 'hearthline',
      user: 'hearthline',
      logger,
      applicationName: 'schema test',
    });
    await oneCall(stack);
    await until('the call is in history', async () => (await rows())['stays'] === 1);
    await stack.killProcess('server');
  });
  after(async () => {
    await db?.close();
    await stack?.stop();
  });

  async function rows(): Promise<Record<string, number>> {
    const tables = await db.query<{ name: string }>(
      `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace
         and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
      { type: QueryTypes.SELECT },
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await db.query<{ n: string }>(`select count(*) as n from "${name}"`, {
        type: QueryTypes.SELECT,
      });
      counts[name] = Number(row!.n);
    }
    return counts;
  }

  /** Without what differs between two dumps of the same. */
  async function schema(database = 'hearthline'): Promise<string> {
    const args = ['--schema-only', '--no-owner', '-h', stack.pgSocket, '-U', 'hearthline', database];
    const { stdout } = await execute(join(postgresBinDir(), 'pg_dump'), args, { maxBuffer: 64e6 });
    return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
  }

  /** Of a database that was never anything else. */
  async function freshSchema(): Promise<string> {
    await runSql(stack.pgSocket, 'create database fresh owner hearthline');
    const fresh = connectDatabase({
      socketDir: stack.pgSocket,
      database: 'fresh',
      user: 'hearthline',
      logger,
    });
    try {
      await migrateUp(fresh, logger);
      return await schema('fresh');
    } finally {
      await fresh.close();
    }
  }

  it('goes back by each migration and forward again', async () => {
    const before = await rows();
    expect(Object.values(before).filter((count) => count > 0).length).to.be.greaterThan(8);
    const names = migrations.map(({ name }) => name);
    for (const name of names.toReversed()) {
      const place = names.indexOf(name);
      if (place === 0) continue;
      const had = await rows();
      expect(await migrateBackTo(db, logger, names[place - 1]!)).to.deep.equal([name]);
      const has = await rows();
      for (const [table, count] of Object.entries(has)) {
        const isOwn =
          table === 'schema_migrations' || (name === '0018-figures' && table === 'projector_checkpoint');
        // Its own line in the list goes with a migration, and that of the figures' projector with the figures.
        expect(count, `${table} without ${name}`).to.equal(isOwn ? had[table]! - 1 : had[table]);
      }
    }
    expect(await executedMigrations(db, logger)).to.deep.equal([names[0]]);
    const events = (await rows())['events'];
    expect(events).to.equal(before['events']);
    expect(await migrateUp(db, logger)).to.deep.equal(names.slice(1));
    expect(await schema()).to.equal(await freshSchema());
    const now = await rows();
    expect(Object.keys(now)).to.deep.equal(Object.keys(before));
    expect(now['events']).to.equal(events);
  });

  it('serves a house again that went all the way back and forth', async () => {
    stack.startProcess('server');
    await stack.waitReady();
    await until('the figures are made anew out of the log', async () => (await rows())['queue_slots']! > 0);
  });
});

/** Phone 1002 calls the main number, phone 1001 answers. */
async function oneCall(stack: Stack): Promise<void> {
  const voice = [join(stack.promptsDir, 'music.wav')];
  const [desk, caller] = stack.firstPhones!.phones.map(({ id, password }) => ({ username: id, password }));
  let answered: PeerCall | undefined;
  const peer = await Peer.start(`127.0.0.1:${stack.sipPort}`, (_phone, accept) => {
    void accept().then((call) => (answered = call));
  });
  try {
    for (const phone of [desk!, caller!]) expect(await peer.register(phone, 600)).to.equal(200);
    const call = await peer.call('700', caller!.username, voice, caller);
    await until('the agent answers', () => answered !== undefined, 30_000);
    await peer.hangUp(call!);
  } finally {
    await peer.stop();
  }
}
