/** Every state that a kill can leave between the renames of a restore, finished by the next. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  beginSwap,
  besideOf,
  finishRestore,
  journalName,
  removeBeside,
} from '../../../../installer/ops/backup/swap.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const stamp = '20261122T101500Z';

describe('putting restored data in place', () => {
  let dir: string;
  let targets: string[];
  const parts = ['postgres', 'redis', 'recordings'];
  const at = (name: string) => join(dir, name);

  function fill(path: string, content: string): void {
    mkdirSync(join(path, 'pg_wal'), { recursive: true });
    writeFileSync(join(path, 'file'), content);
  }
  beforeEach(() => {
    dir = makeTempDir();
    targets = parts.map(at);
    for (const target of targets) {
      fill(target, 'old');
      fill(besideOf(target), 'new');
    }
  });
  afterEach(() => removeTempDir(dir));

  const begin = (archiveDir?: string) =>
    beginSwap(dir, {
      backup: 'b',
      stamp,
      targets,
      cluster: at('postgres'),
      ...(archiveDir && { archiveDir }),
    });
  const contents = () => targets.map((target) => readFileSync(join(target, 'file'), 'utf8'));

  function expectDone(): void {
    expect(contents()).to.deep.equal(['new', 'new', 'new']);
    for (const target of targets)
      expect(readFileSync(join(`${target}.before-${stamp}`, 'file'), 'utf8')).to.equal('old');
    expect(readdirSync(dir).filter((name) => /restoring|unfinished/.test(name))).to.deep.equal([]);
  }

  it('does nothing without a journal', () => {
    expect(finishRestore(dir)).to.equal(undefined);
    expect(contents()).to.deep.equal(['old', 'old', 'old']);
    removeBeside(targets);
    expect(readdirSync(dir)).to.have.members(parts);
  });

  it('moves the old aside and the new in', () => {
    begin();
    expect(finishRestore(dir)!.aside).to.deep.equal(targets.map((target) => `${target}.before-${stamp}`));
    expectDone();
    expect(finishRestore(dir), 'and again').to.equal(undefined);
  });

  // Two renames for each of three directories: after each number of them.
  for (let renames = 0; renames <= 6; renames += 1)
    it(`goes on after ${renames} renames`, () => {
      begin();
      for (const [index, target] of targets.entries()) {
        if (renames > 2 * index) renameSync(target, `${target}.before-${stamp}`);
        if (renames > 2 * index + 1) renameSync(besideOf(target), target);
      }
      finishRestore(dir);
      expectDone();
    });

  it('takes the place of an empty directory and of none, without putting anything aside', () => {
    targets = [at('empty'), at('none')];
    mkdirSync(at('empty'));
    for (const target of targets) fill(besideOf(target), 'new');
    beginSwap(dir, { backup: 'b', stamp, targets, cluster: at('postgres') });
    expect(finishRestore(dir)!.aside).to.deep.equal([]);
    expect(contents()).to.deep.equal(['new', 'new']);
  });

  it('keeps where a new line of the log began, once', () => {
    const archive = at('wal');
    mkdirSync(archive);
    writeFileSync(join(besideOf(at('postgres')), 'pg_wal', '00000002.history'), '1\t0/5000000\tby a test\n');
    begin(archive);
    finishRestore(dir);
    expectDone();
    const kept = gunzipSync(readFileSync(join(archive, '00000002.history.gz'))).toString();
    expect(kept).to.equal('1\t0/5000000\tby a test\n');
  });

  it('moves the content of a directory that is a disk of its own, after a cut at any place', function () {
    const disk = at('disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) this.skip();
    try {
      targets = [disk];
      expect(besideOf(disk)).to.equal(join(disk, '.restoring'));
      for (const cut of ['nothing', 'some aside', 'all aside', 'some in'] as const) {
        for (const name of readdirSync(disk)) spawnSync('rm', ['-r', join(disk, name)]);
        writeFileSync(join(disk, 'one'), 'old');
        writeFileSync(join(disk, 'two'), 'old');
        mkdirSync(besideOf(disk));
        writeFileSync(join(besideOf(disk), 'one'), 'new');
        writeFileSync(join(besideOf(disk), 'three'), 'new');
        beginSwap(dir, { backup: 'b', stamp, targets, cluster: at('postgres') });
        const aside = join(disk, `.before-${stamp}`);
        if (cut !== 'nothing') {
          mkdirSync(aside);
          renameSync(join(disk, 'one'), join(aside, 'one'));
        }
        if (cut === 'all aside' || cut === 'some in') {
          renameSync(join(disk, 'two'), join(aside, 'two'));
          renameSync(besideOf(disk), join(disk, '.restored'));
        }
        if (cut === 'some in') renameSync(join(disk, '.restored', 'one'), join(disk, 'one'));
        finishRestore(dir);
        expect(readdirSync(disk), cut).to.have.members([`.before-${stamp}`, 'one', 'three']);
        expect(readFileSync(join(disk, 'one'), 'utf8'), cut).to.equal('new');
        expect(readdirSync(aside), cut).to.have.members(['one', 'two']);
        expect(existsSync(join(dir, journalName))).to.equal(false);
      }
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});
