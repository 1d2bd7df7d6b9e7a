/** The audit trail in a real Postgres: chained, written by many at once, and proof against a hand in the table. */
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import { createAuditTrail, genesisHash } from '../../../../server/audit/audit-trail.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestPostgres } from '../../../support/postgres.ts';

describe('audit trail', function () {
  this.timeout(60_000);
  const logger = createLogger('test', 'silent');
  let postgres: TestPostgres;
  const open: Sequelize[] = [];
  const connect = () => {
    const { dir, database, user } = postgres;
    const sequelize = connectDatabase({ socketDir: dir, database, user, logger });
    open.push(sequelize);
    return sequelize;
  };
  let sequelize: Sequelize;
  before(async () => {
    postgres = await startPostgres();
    sequelize = connect();
    await migrateUp(sequelize, logger);
  });
  beforeEach(() => sequelize.query('TRUNCATE audit'));
  after(async () => {
    await Promise.all(open.map((one) => one.close()));
    await postgres?.stop();
  });
  const fill = async (count: number) => {
    const trail = createAuditTrail(sequelize, { now: () => 1_790_000_000_123 });
    for (let index = 0; index < count; index += 1)
      await trail.append({
        actor: 'user:ada',
        action: 'thing.done',
        target: `t${index}`,
        details: { z: index, a: [1.5, 'ж'] },
      });
    return trail;
  };

  it('is intact when empty', async () => {
    expect(await (await fill(0)).verify()).to.deep.equal({ isIntact: true, checked: 0 });
  });

  it('keeps what it was told, to the ms', async () => {
    const trail = await fill(2);
    const [last, first] = await trail.list(10);
    expect(first?.seq).to.equal(1);
    expect(last).to.deep.include({
      seq: 2,
      at: 1_790_000_000_123,
      target: 't1',
      details: { z: 1, a: [1.5, 'ж'] },
    });
    expect((await trail.list(10, 2)).map((entry) => entry.seq)).to.deep.equal([1]);
    expect((await trail.verify()).headHash)
      .to.equal(last?.hash)
      .and.not.to.equal(genesisHash);
  });

  it('takes any text', async () => {
    const trail = await fill(0);
    await trail.append({
      actor: 'a\0b',
      action: 'x',
      target: '\ud800',
      details: { deep: { '\0': '\udfff' }, n: -0, big: 1e21 },
    });
    expect(await trail.verify()).to.include({ isIntact: true, checked: 1 });
  });

  it('chains 200 appends of two processes at once without a gap or a fork', async () => {
    const clock = { now: Date.now };
    const [mine, other] = [createAuditTrail(sequelize, clock), createAuditTrail(connect(), clock)];
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 === 0 ? mine : other).append({ actor: 'a', action: 'x', details: { index } }),
      ),
    );
    expect(await mine.verify()).to.include({ isIntact: true, checked: 200 });
  });

  for (const [what, sql, firstFaultSeq] of [
    ['a changed detail', `UPDATE audit SET details = '{"z": 999}' WHERE seq = 3`, 3],
    ['a changed time', `UPDATE audit SET at = at + interval '1 second' WHERE seq = 4`, 4],
    ['a changed actor', `UPDATE audit SET actor = 'user:eve' WHERE seq = 1`, 1],
    ['a deleted entry', 'DELETE FROM audit WHERE seq = 3', 4],
    ['a deleted beginning', 'DELETE FROM audit WHERE seq = 1', 2],
    [
      'two swapped entries',
      'UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3); UPDATE audit SET seq = -seq WHERE seq < 0',
      2,
    ],
  ] as const)
    it(`finds ${what}`, async () => {
      const trail = await fill(6);
      await sequelize.query(sql);
      expect(await trail.verify()).to.include({ isIntact: false, firstFaultSeq });
    });

  it('goes on after a failed append', async () => {
    const trail = await fill(1);
    await sequelize.query('ALTER TABLE audit RENAME TO audit_away');
    const failed = await trail.append({ actor: 'a', action: 'x' }).then(
      () => false,
      () => true,
    );
    await sequelize.query('ALTER TABLE audit_away RENAME TO audit');
    expect(failed).to.equal(true);
    await trail.append({ actor: 'a', action: 'y' });
    expect(await trail.verify()).to.include({ isIntact: true, checked: 2 });
  });
});
