/** A backup brought forward to a moment between two things that happened, and to moments that cannot be had. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { takeBackup, type TakenBackup } from '../../../../installer/ops/backup/take-backup.ts';
import { walArchiveDir, walArchiveState } from '../../../../installer/ops/backup/wal-archive.ts';
import { postgresDatabase, runSql } from '../../../../installer/postgres.ts';
import { houseIn, runOps } from '../../../support/ops.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

describe('a point in time', function () {
  this.timeout(180_000);
  let temp: string;
  let dataDir: string;
  let stack: Stack;
  let backup: TakenBackup;
  const sql = (text: string) =>
    runSql(stack.pgSocket, text, { user: 'postgres', database: postgresDatabase });
  const marks = () => sql("select string_agg(key, ',' order by key) from settings where key like 'mark-%'");
  /** The database's own clock, to the millisecond, and the next one is later. */
  const now = async () => {
    const at = Number(await sql('select ceil(extract(epoch from clock_timestamp()) * 1000)'));
    await until('the clock has moved on', () => Date.now() > at + 1);
    return new Date(at).toISOString();
  };
  const note = (key: string) => sql(`insert into settings (key, value) values ('${key}', '1')`);
  let first: string;
  let third: string;

  before(async () => {
    temp = makeTempDir();
    dataDir = join(temp, 'var');
    stack = await startStack({ dataDir, archivesLog: true });
    await note('mark-0');
    backup = await takeBackup(houseIn(dataDir));
    await note('mark-1');
    first = await now();
    await note('mark-2');
    mkdirSync(stack.recordingsDir, { recursive: true });
    writeFileSync(join(stack.recordingsDir, 'after-the-backup.wav'), 'sound');
    await note('mark-3');
  });
  after(async () => {
    await stack.stop();
    removeTempDir(temp);
  });

  it('has its log kept from the backup on, as Postgres hands it over', async () => {
    await sql('select pg_switch_wal()');
    await until(
      'the log is archived',
      async () => (await sql('select archived_count from pg_stat_archiver')) !== '0',
    );
    expect(await sql('select failed_count from pg_stat_archiver')).to.equal('0');
    const state = walArchiveState(houseIn(dataDir))!;
    expect(state.files).to.be.greaterThan(0);
    expect(state.bytes).to.be.lessThan(16e6 * state.files);
    const list = await runOps(dataDir, 'backup', 'list');
    expect(list.said).to.contain(`Any moment from ${backup.manifest.at} to `);
  });

  it('is restored with what happened before it and nothing that happened after', async () => {
    await stack.stop();
    const { code, said } = await runOps(dataDir, 'restore', '--at', first, '--replace');
    expect(code, said).to.equal(0);
    stack = await startStack({ dataDir, archivesLog: true });
    expect(await marks()).to.equal('mark-0,mark-1');
    expect(stack.logs('server')).to.not.contain('events are missing');
    // Of a contact that the later database may tell of.
    expect(existsSync(join(stack.recordingsDir, 'after-the-backup.wav'))).to.equal(true);
  });

  it('can be another one afterwards: from the same backup, on the line of the first house', async () => {
    // The house has gone on meanwhile, on a line of its own.
    await note('mark-9');
    await sql('select pg_switch_wal()');
    await until('the new line is archived', () =>
      readdirSync(walArchiveDir(houseIn(dataDir))).some((name) => /^00000002[0-9A-F]{16}\.gz$/.test(name)),
    );
    third = await now();
    await stack.stop();
    const { code, said } = await runOps(dataDir, 'restore', 'latest', '--at', third, '--replace');
    expect(code, said).to.equal(0);
    stack = await startStack({ dataDir, archivesLog: true });
    expect(await marks()).to.equal('mark-0,mark-1,mark-9');
    expect(await sql('select failed_count from pg_stat_archiver')).to.equal('0');
  });

  it('can be had in another directory, with the log of the first', async () => {
    await stack.stop();
    const into = join(temp, 'beside', 'var');
    const { code, said } = await runOps(dataDir, 'restore', 'latest', '--at', third, '--into', into);
    expect(code, said).to.equal(0);
    stack = await startStack({ dataDir: into });
    expect(await marks()).to.equal('mark-0,mark-1,mark-9');
  });

  it('is refused in words where it cannot be had, and nothing is touched', async () => {
    await stack.stop();
    const was = readdirSync(dataDir);
    // The first house went on to it; the line that the archive ends with left that house before.
    const never = new Date(Date.now() - 1).toISOString();
    const into = join(temp, 'o');
    for (const [args, what] of [
      [
        ['latest', '--at', never, '--into', into],
        /The log that was kept ends before .*choose an earlier moment/,
      ],
      [['--at', '2020-01-01T00:00:00Z', '--replace'], /There is no backup in .* of before 2020/],
      [['--at', '2999-01-01T00:00:00Z', '--replace'], /is still to come/],
      [['--at', 'yesterday', '--replace'], /--at is a moment with its zone/],
    ] as const) {
      const refused = await runOps(dataDir, 'restore', ...args);
      expect(refused.code, refused.said).to.equal(1);
      expect(refused.said).to.match(what);
    }
    expect(readdirSync(dataDir)).to.deep.equal(was);
  });

  it('needs no older log than that of the oldest backup that is kept', async () => {
    stack = await startStack({ dataDir, archivesLog: true });
    const { code, said } = await runOps(dataDir, 'backup', '--keep', '1');
    expect(code, said).to.equal(0);
    const kept = readdirSync(walArchiveDir(houseIn(dataDir))).filter((name) =>
      /^[0-9A-F]{24}\.gz$/.test(name),
    );
    expect(kept.filter((name) => name.startsWith('00000001'))).to.deep.equal([]);
  });
});
