/** Two builds from one commit, in two clones, are the same bytes; and what is in a bundle is told by its bill. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { bundleOf, cloneAt, type BuiltBundle } from './support/built-bundle.ts';
import { rootFault } from './support/debian-root.ts';

const execute = promisify(execFile);

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describe('a bundle', function () {
  this.timeout(600_000);
  let one: BuiltBundle;
  let dir = '';
  before(async function () {
    const fault = rootFault();
    if (fault !== undefined) {
      process.stdout.write(`      skipped: ${fault}\n`);
      this.skip();
    }
    dir = makeTempDir();
    one = await bundleOf(await cloneAt('HEAD'));
    await execute('tar', ['-xf', one.file, '-C', dir]);
  });
  after(() => {
    if (dir) removeTempDir(dir);
  });

  it('is the same bytes when it is built again elsewhere', async () => {
    const other = await bundleOf(await cloneAt('HEAD'));
    expect(basename(other.file)).to.equal(basename(one.file));
    expect(await digestOf(other.file)).to.equal(await digestOf(one.file));
  });

  it('is signed, and good under its key by the programs that every system has', async () => {
    const args = ['--keyring', one.publicKeyFile, join(dir, 'SHA256SUMS.sig'), join(dir, 'SHA256SUMS')];
    await execute('gpgv', args);
    await execute('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: dir });
  });

  it('tells of every package in its bill, with licences', async () => {
    const bill = JSON.parse(readFileSync(join(dir, 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; purl: string; hashes?: { alg: string }[] }[];
    };
    expect(bill.bomFormat).to.equal('CycloneDX');
    const names = bill.components.map(({ name }) => name);
    expect(names).to.include.members(['node', 'express', 'drachtio-srf', 'koffi', 'postgresql-15', 'libc6']);
    const { stdout } = await execute('tar', ['-tf', join(dir, 'packages.tar')]);
    const debs = stdout.split('\n').filter((name) => name.endsWith('.deb'));
    const told = bill.components.filter(({ purl }) => purl.startsWith('pkg:deb/'));
    expect(told).to.have.length(debs.length);
    for (const { hashes } of told) expect(hashes?.[0]?.alg).to.equal('SHA-256');
    expect(readFileSync(join(dir, 'licences.txt'), 'utf8')).to.match(/^express .*MIT/m);
  });

  it('holds nothing of who built it, or where', async () => {
    const { stdout } = await execute('tar', ['-tvzf', join(dir, 'release.tar.gz')], { maxBuffer: 64e6 });
    const lines = stdout.trim().split('\n');
    expect(lines.length).to.be.greaterThan(1000);
    expect(lines.filter((line) => !/ 0\/0 /.test(line))).to.deep.equal([]);
    expect(
      lines.filter((line) =>
        /\/(test|\.git|var|coverage)\//.test(
          line.replace(/.* release/, 'release').replace(/node_modules.*/, ''),
        ),
      ),
    ).to.deep.equal([]);
  });
});
