/** Backup and restore on disks without room: a small tmpfs each, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { restoreHouse } from '../../../../installer/ops/backup/restore-house.ts';
import { takeBackup } from '../../../../installer/ops/backup/take-backup.ts';
import { verifyBackup } from '../../../../installer/ops/backup/verify-backup.ts';
import { isRoot } from '../../../../installer/privilege.ts';
import { houseIn } from '../../../support/ops.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

describe('a disk without room', function () {
  this.timeout(120_000);
  let temp: string;
  let dataDir: string;
  let stack: Stack;
  const mounted: string[] = [];

  /** Skips where it may not be had. */
  function mount(test: Mocha.Context, name: string, megabytes: number): string {
    const dir = join(temp, name);
    mkdirSync(dir);
    const { status } = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${megabytes}m,mode=0711`,
      'tmpfs',
      dir,
    ]);
    if (status !== 0) test.skip();
    mounted.push(dir);
    return dir;
  }

  before(async function () {
    if (!isRoot()) this.skip();
    temp = makeTempDir();
    dataDir = join(temp, 'var');
    stack = await startStack({ dataDir });
  });
  after(async () => {
    await stack?.stop();
    for (const dir of mounted) spawnSync('umount', ['-l', dir]);
    if (temp !== undefined) removeTempDir(temp);
  });

  const failure = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing failed',
      (error: Error) => error.message,
    );

  it('is told before a backup begins', async function () {
    const to = mount(this, 'small', 40);
    expect(await failure(takeBackup(houseIn(dataDir), { to }))).to.match(
      /The backup needs about .* MB in .*Make room/,
    );
    expect(readdirSync(to)).to.deep.equal([]);
  });

  it('is told when it fills up meanwhile, and the backups before are whole', async function () {
    const to = mount(this, 'filling', 170);
    const first = await takeBackup(houseIn(dataDir), { to });
    const filler = join(to, 'filler');
    const message = await failure(
      takeBackup(houseIn(dataDir), {
        to,
        compression: 'none',
        say: (text) => {
          // All that there is, at the moment when copying begins.
          if (text.startsWith('Copying the database'))
            spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M', 'count=150']);
        },
      }),
    );
    expect(message).to.match(/The disk of .* is full: nothing of this run was kept/);
    rmSync(filler);
    expect(readdirSync(to).sort()).to.deep.equal([first.dir.split('/').at(-1), 'objects']);
    const { checks } = await verifyBackup(houseIn(dataDir), first.dir);
    expect(checks.flatMap(({ faults }) => faults)).to.deep.equal([]);
    await stack.waitReady();
  });

  it('is told before a restore begins, and when it fills up meanwhile; the old data are untouched', async function () {
    writeFileSync(join(stack.recordingsDir, 'long.wav'), Buffer.alloc(40e6, 'sound'));
    const to = join(temp, 'backups');
    const { dir: backup } = await takeBackup(houseIn(dataDir), { to });
    const small = mount(this, 'small-house', 100);
    const into = join(small, 'var');
    expect(await failure(restoreHouse(houseIn(dataDir), { backup, into }))).to.match(
      /The restore \(.* MB packed\) needs about .* Make room, or choose another disk/,
    );
    const wider = mount(this, 'wider-house', 330);
    const other = join(wider, 'var');
    mkdirSync(join(other, 'recordings'), { recursive: true });
    writeFileSync(join(other, 'recordings', 'old.wav'), 'old');
    const message = await failure(
      restoreHouse(houseIn(dataDir), {
        backup,
        into: other,
        isReplacing: true,
        say: (text) => {
          if (text.startsWith('Copying recordings'))
            spawnSync('dd', ['if=/dev/zero', `of=${join(wider, 'filler')}`, 'bs=1M']);
        },
      }),
    );
    expect(message).to.match(/The disk of .* is full/);
    expect(readFileSync(join(other, 'recordings', 'old.wav'), 'utf8')).to.equal('old');
    expect(readdirSync(other).filter((name) => /restoring|unfinished/.test(name))).to.deep.equal([]);
    rmSync(join(wider, 'filler'));
    const { aside } = await restoreHouse(houseIn(dataDir), { backup, into: other, isReplacing: true });
    expect(aside).to.have.length(1);
    expect(existsSync(join(other, 'recordings', 'long.wav'))).to.equal(true);
  });
});
