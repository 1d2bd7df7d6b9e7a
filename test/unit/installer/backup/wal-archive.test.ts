import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  forgetFull,
  pruneWalArchive,
  walArchiveDir,
  walArchiveSettings,
  walArchiveState,
} from '../../../../installer/ops/backup/wal-archive.ts';
import { segmentName, segmentsBetween } from '../../../../installer/ops/backup/base-backup.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const first = '000000010000000000000005';

describe('the archive of the log', () => {
  let temp: string;
  let dir: string;
  let house: Parameters<typeof walArchiveDir>[0];
  beforeEach(() => {
    temp = join(makeTempDir(), `it's 100% odd`);
    mkdirSync(join(temp, 'postgres'), { recursive: true });
    const dataDir = join(temp, 'postgres');
    house = { layout: { postgres: { dataDir, socketDir: '', runAs: undefined } } };
    dir = walArchiveDir(house);
    mkdirSync(dir);
  });
  afterEach(() => removeTempDir(join(temp, '..')));

  /** As Postgres runs it: in the cluster's directory, with the names put in. */
  function archive(name: string, boundBytes?: number): number | null {
    const command = walArchiveSettings(house, boundBytes)['archive_command']!;
    const filled = command.replaceAll(/%([pf%])/g, (_all, letter: string) =>
      letter === 'p' ? `pg_wal/${name}` : letter === 'f' ? name : '%',
    );
    return spawnSync('sh', ['-c', filled], { cwd: house.layout.postgres.dataDir }).status;
  }
  function write(name: string, content: string): void {
    mkdirSync(join(temp, 'postgres', 'pg_wal'), { recursive: true });
    writeFileSync(join(temp, 'postgres', 'pg_wal', name), content);
  }

  it('takes a file whole, also a second time, and refuses another one of its name', () => {
    write(first, 'log '.repeat(1000));
    expect(archive(first)).to.equal(0);
    expect(gunzipSync(readFileSync(join(dir, `${first}.gz`))).toString()).to.equal('log '.repeat(1000));
    expect(archive(first), 'after a crash').to.equal(0);
    write(first, 'another');
    expect(archive(first)).to.equal(1);
    expect(readdirSync(dir)).to.deep.equal([`${first}.gz`]);
  });

  it('overwrites what a cut left half written, and fails where it cannot write', () => {
    write(first, 'log');
    writeFileSync(join(dir, `${first}.gz.part`), 'half');
    expect(archive(first)).to.equal(0);
    expect(readdirSync(dir)).to.deep.equal([`${first}.gz`]);
    rmSync(dir, { recursive: true });
    expect(archive(first)).to.not.equal(0);
  });

  it('beyond its bound lets go of files and says so, instead of filling the disk', () => {
    writeFileSync(join(dir, '000000010000000000000004.gz'), Buffer.alloc(300_000, 'x'));
    write(first, 'log');
    expect(archive(first, 200_000)).to.equal(0);
    expect(existsSync(join(dir, `${first}.gz`))).to.equal(false);
    expect(walArchiveState(house, 200_000)).to.include({ isFull: true, files: 1, bytes: 300_000 });
    forgetFull(house);
    expect(walArchiveState(house)!.isFull).to.equal(false);
  });

  it('forgets what is older than a file, on every line, and no history', () => {
    const names = [
      '000000010000000000000004.gz',
      '000000010000000000000004.00000028.backup.gz',
      '000000010000000000000005.gz',
      '000000020000000000000004.gz',
      '000000020000000100000000.gz',
      '00000002.history.gz',
      'full',
    ];
    for (const name of names) writeFileSync(join(dir, name), 'x');
    expect(pruneWalArchive(house, first)).to.equal(3);
    expect(readdirSync(dir)).to.have.members([
      '00000002.history.gz',
      '000000010000000000000005.gz',
      '000000020000000100000000.gz',
      'full',
    ]);
  });

  it('is undefined where nothing is archived', () => {
    rmSync(dir, { recursive: true });
    expect(walArchiveState(house)).to.equal(undefined);
    expect(pruneWalArchive(house, first)).to.equal(0);
  });
});

describe('names of the files of the log', () => {
  it('are those that Postgres gives them', () => {
    // select pg_walfile_name(...) on timeline 1 and 16 MB
    expect(segmentName(1, '0/1')).to.equal('000000010000000000000000');
    expect(segmentName(1, '0/1000000')).to.equal('000000010000000000000000');
    expect(segmentName(1, '0/1000001')).to.equal('000000010000000000000001');
    expect(segmentName(10, '1A/FF00002A')).to.equal('0000000A0000001A000000FF');
    expect(segmentsBetween(2, '0/FE000100', '1/1000100')).to.deep.equal([
      '0000000200000000000000FE',
      '0000000200000000000000FF',
      '000000020000000100000000',
      '000000020000000100000001',
    ]);
  });
});
