/** Migrations up and down, and what the repositories answer, on a real Postgres. */
import { expect } from 'chai';
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { contactRowSchema, recordingRowSchema } from '../../../../server/contract/rest.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { migrateDown, migrateUp } from '../../../../server/db/migrate.ts';
import { migrations } from '../../../../server/db/migrations/index.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createContactRepo } from '../../../../server/db/repos/contact-repo.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { createRecordingRepo } from '../../../../server/db/repos/recording-repo.ts';
import { createSettingsRepo } from '../../../../server/db/repos/settings-repo.ts';
import { createSiteRepo } from '../../../../server/db/repos/site-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { calls } from '../../../support/call-events.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestPostgres } from '../../../support/postgres.ts';

const logger = createLogger('test', 'silent');

describe('database', function () {
  this.timeout(30_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  const connect = () =>
    connectDatabase({ socketDir: postgres.dir, database: postgres.database, user: postgres.user, logger });

  before(async () => {
    postgres = await startPostgres({ hasSchema: false });
    sequelize = connect();
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  const tables = async () => {
    const rows = await sequelize.query<{ name: string }>(
      `select tablename "name" from pg_tables where schemaname = 'public' order by 1`,
      { type: QueryTypes.SELECT },
    );
    return rows.map((row) => row.name);
  };

  it('migrates up once however many servers start, down to nothing, and up again', async () => {
    const other = connect();
    const done = await Promise.all([migrateUp(sequelize, logger), migrateUp(other, logger)]);
    await other.close();
    expect(done.flat().sort()).to.deep.equal(migrations.map((one) => one.name));
    const all = await tables();
    expect(all).to.include.members(['events', 'contacts', 'users', 'displays', 'audit', 'site_versions']);
    expect(await migrateUp(sequelize, logger)).to.deep.equal([]);
    await migrateDown(sequelize, logger);
    expect(await tables()).to.deep.equal(['schema_migrations']);
    await migrateUp(sequelize, logger);
    expect(await tables()).to.deep.equal(all);
  });

  it('names every column with personal data so', async () => {
    const rows = await sequelize.query<{ name: string }>(
      `select column_name "name" from information_schema.columns
       where table_name in ('contacts', 'events') and column_name ~ '(from|name|caller|number)$'`,
      { type: QueryTypes.SELECT },
    );
    expect(rows.map((row) => row.name).filter((name) => !name.startsWith('pii_'))).to.deep.equal([]);
  });

  async function fill(drafts: EventDraft[]): Promise<void> {
    const repo = createEventRepo(sequelize);
    const after = await repo.lastSeq();
    const entries = drafts.map((draft, index) => {
      const seq = after + index + 1;
      return { seq, text: JSON.stringify({ id: `e_${seq}`, seq, v: 1, ...draft }) };
    });
    await applyBatch({ sequelize, logger, onUnreadable: () => undefined }, after, entries);
  }

  it('lists contacts newest first, page by page, in the shape of the API', async () => {
    await fill(calls(25).drafts);
    const repo = createContactRepo(sequelize);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await repo.list({ limit: 7, cursor });
      for (const item of page.items) contactRowSchema.parse(item);
      seen.push(...page.items.map((item) => item.contactId));
      cursor = page.nextCursor;
      // Rows that come meanwhile shift nothing.
      if (seen.length === 7) await fill(calls(1, 100).drafts);
    } while (cursor !== undefined);
    expect(seen).to.have.length(25);
    expect(new Set(seen).size).to.equal(25);
    expect(seen[0]).to.equal('c_24');
    expect((await repo.list({ limit: 7, cursor: 'nonsense' })).items).to.deep.equal([]);
    const one = await repo.byId('c_1');
    expect(one).to.deep.include({
      contactId: 'c_1',
      outcome: 'answered',
      waitMs: 2900,
      arrivedAt: 1_790_000_000_010,
      endedAt: 1_790_000_060_010,
      pii: { from: '+390551', fromName: 'Zoë "Ü" \\ Rossi' },
    });
    expect(await repo.byId('c_none')).to.equal(undefined);
  });

  it('lists recordings that can be played, and knows every other by its id', async () => {
    const base = { contactId: 'c_1', agentId: '101', queueId: 'service' };
    const started = (recordingId: string, at: number): EventDraft => ({
      type: 'recording.started',
      at,
      ...base,
      data: { recordingId, offerId: 'o_1_1' },
    });
    await fill([started('r_1', 1000), started('r_2', 2000), started('r_3', 3000)]);
    await fill([
      {
        type: 'recording.completed',
        at: 9000,
        ...base,
        data: { recordingId: 'r_1', file: '2026/r_1.wav', bytes: 44, durationMs: 8000, sha256: 'ab' },
      },
      { type: 'recording.failed', at: 9000, ...base, data: { recordingId: 'r_2', reason: 'disk full' } },
    ]);
    const repo = createRecordingRepo(sequelize);
    const { items, nextCursor } = await repo.list({ limit: 10 });
    expect(nextCursor).to.equal(undefined);
    expect(items.map((item) => recordingRowSchema.parse(item).recordingId)).to.deep.equal(['r_1']);
    expect(items[0]).to.deep.equal({
      recordingId: 'r_1',
      startedAt: 1000,
      durationMs: 8000,
      bytes: 44,
      ...base,
      sha256: 'ab',
      pii: { from: '+390551', fromName: 'Zoë "Ü" \\ Rossi' },
    });
    expect(await repo.byId('r_1')).to.include({ file: '2026/r_1.wav', state: 'completed' });
    expect(await repo.byId('r_2')).to.include({ state: 'failed', failure: 'disk full' });
    expect(await repo.byId('r_3'))
      .to.include({ state: 'started' })
      .and.not.to.have.property('file');
    expect(await repo.byId('r_4')).to.equal(undefined);
  });

  it('gives every saved site a version of its own', async () => {
    const repo = createSiteRepo<{ n: number }>(sequelize);
    expect(await repo.latest()).to.equal(undefined);
    const versions = await Promise.all([1, 2, 3].map((n) => repo.save(`n: ${n}`, { n }, 'ann')));
    expect(versions.sort((a, b) => a - b)).to.deep.equal([1, 2, 3]);
    const latest = await repo.latest();
    expect(latest).to.include({ version: 3, importedBy: 'ann' });
    expect(latest!.yaml).to.equal(`n: ${latest!.model.n}`);
  });

  it('keeps settings', async () => {
    const repo = createSettingsRepo(sequelize);
    expect(await repo.get('x')).to.equal(undefined);
    await repo.set('x', { a: [1, 'two'] });
    await repo.set('x', { a: [3] });
    expect(await repo.get('x')).to.deep.equal({ a: [3] });
    await repo.set('y', 'text');
    expect(await repo.get('y')).to.equal('text');
    await repo.remove('x');
    expect(await repo.get('x')).to.equal(undefined);
  });
});
