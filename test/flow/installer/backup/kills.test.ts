/**
 * Backup and restore killed (kill -9) as each of their steps begins, and at random moments: what was there before is untouched,
 * nobody is left running, and the next run does the whole thing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { backupsIn } from '../../../../installer/ops/backup/backup-dirs.ts';
import { filesBelow } from '../../../../installer/ops/backup/objects.ts';
import { beginSwap, besideOf, journalName } from '../../../../installer/ops/backup/swap.ts';
import { takeBackup } from '../../../../installer/ops/backup/take-backup.ts';
import { verifyBackup } from '../../../../installer/ops/backup/verify-backup.ts';
import { runSql } from '../../../../installer/postgres.ts';
import { houseIn, runOps, startOps } from '../../../support/ops.ts';
import { randomSource } from '../../../support/random-source.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

const backupSteps = [
  'Copying the database',
  'Marking the moment',
  'Copying recordings and announcements',
  'Checking what was written',
  'Letting go of old ones',
];
const restoreSteps = [
  'Unpacking the database',
  'Bringing the database to its moment',
  'Counting and checking the audit trail',
  'Putting Redis in place',
  'Copying recordings and announcements',
  'Writing it to the disk',
  'Putting it in place',
];

/** Processes whose command line or working directory is in `dir`. */
function processesIn(dir: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(dir) ? [`${pid} ${command.slice(0, 120)}`] : [];
    } catch {
      return [];
    }
  });
}

describe('backup and restore, killed', function () {
  this.timeout(240_000);
  const random = randomSource(7);
  let temp: string;
  let dataDir: string;
  let stack: Stack;
  before(async () => {
    temp = makeTempDir();
    dataDir = join(temp, 'var');
    stack = await startStack({ dataDir });
    mkdirSync(join(stack.recordingsDir, '2026'), { recursive: true });
    for (let n = 0; n < 20; n += 1)
      writeFileSync(join(stack.recordingsDir, '2026', `${n}.wav`), `${n}`.repeat(100_000));
  });
  after(async () => {
    await stack.stop();
    removeTempDir(temp);
  });

  it('a backup leaves those before it, and none of its own half done', async () => {
    const house = houseIn(dataDir);
    const first = await takeBackup(house);
    const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
    const moments = [
      ...backupSteps.map((step) => ({ step, ms: 0 })),
      ...[1, 2, 3, 4].map(() => ({ step: backupSteps[0]!, ms: random() * 1500 })),
    ];
    for (const { step, ms } of moments) {
      const run = startOps(dataDir, 'backup');
      await run.untilSaid(`${step} ...`);
      await wait(ms);
      run.kill();
      await run.ended;
      await until(
        `nobody is left of a backup killed at "${step}"`,
        async () =>
          processesIn(join(dataDir, 'backups')).length === 0 &&
          (await runSql(stack.pgSocket, 'select count(*) from pg_stat_replication')) === '0' &&
          (await runSql(stack.pgSocket, 'select count(*) from pg_replication_slots')) === '0',
      );
      for (const { name, manifest } of backupsIn(join(dataDir, 'backups')))
        expect(manifest, `${name} after a kill at "${step}"`).to.be.an('object');
    }
    const { code, said } = await runOps(dataDir, 'backup');
    expect(code, said).to.equal(0);
    const names = readdirSync(join(dataDir, 'backups'));
    expect(names.filter((name) => /part|removing|lock/.test(name))).to.deep.equal([]);
    expect(names).to.include(first.dir.split('/').at(-1)!);
    for (const { dir } of [
      backupsIn(join(dataDir, 'backups'))[0]!,
      backupsIn(join(dataDir, 'backups')).at(-1)!,
    ])
      expect((await verifyBackup(house, dir)).checks.flatMap(({ faults }) => faults)).to.deep.equal([]);
    const objects = join(dataDir, 'backups', 'objects');
    expect((await filesBelow(objects)).length).to.equal(20);
    await stack.waitReady();
  });

  it('a restore leaves the old data as they were, or is finished by the next', async () => {
    await stack.stop();
    const parts = ['postgres', 'redis', 'recordings'];
    const state = async () => {
      const hash = createHash('sha256');
      for (const part of parts)
        for (const { path } of await filesBelow(join(dataDir, part)))
          hash.update(`${part}/${path}\0`).update(readFileSync(join(dataDir, part, path)));
      return hash.digest('hex');
    };
    const was = await state();
    const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
    const early = restoreSteps.slice(0, -1);
    const moments = [...early, ...early.slice(0, 3)].map((step, n) => ({
      step,
      ms: n < early.length ? 0 : random() * 60,
    }));
    for (const { step, ms } of moments) {
      const run = startOps(dataDir, 'restore', 'latest', '--replace');
      await run.untilSaid(`${step} ...`);
      await wait(ms);
      run.kill();
      await run.ended;
      await until(`nobody is left of a restore killed at "${step}"`, () => processesIn(dataDir).length === 0);
      if (existsSync(join(dataDir, journalName)) || run.said().includes('Time to restore')) continue;
      expect(await state(), `the old data after a kill at "${step}"`).to.equal(was);
    }
    // A start on what a killed restore left is a start on the old data.
    stack = await startStack({ dataDir });
    await stack.stop();
    const last = startOps(dataDir, 'restore', 'latest', '--replace');
    await last.untilSaid(`${restoreSteps.at(-1)} ...`);
    last.kill();
    await last.ended;
    const { code, said } = await runOps(dataDir, 'restore', 'latest', '--replace');
    expect(code, said).to.equal(0);
    expect(readdirSync(dataDir).filter((name) => /restoring|unfinished/.test(name))).to.deep.equal([]);
    expect((await filesBelow(join(dataDir, 'recordings'))).length).to.equal(20);
    stack = await startStack({ dataDir });
    expect(stack.logs('server')).to.not.contain('events are missing');
  });

  it('a start finishes a restore that was cut off in its renames', async () => {
    await stack.stop();
    const { layout } = houseIn(dataDir);
    const [recordings, cluster] = [layout.recordingsDir, join(dataDir, 'postgres')];
    mkdirSync(besideOf(recordings));
    writeFileSync(join(besideOf(recordings), 'restored.wav'), 'sound');
    beginSwap(dataDir, { backup: 'a', stamp: '20261122T101500Z', targets: [recordings], cluster });
    stack = await startStack({ dataDir });
    expect(readdirSync(recordings)).to.deep.equal(['restored.wav']);
    expect(readdirSync(`${recordings}.before-20261122T101500Z`)).to.deep.equal(['2026']);
    expect(existsSync(join(dataDir, journalName))).to.equal(false);
  });
});
