import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  collectKeys,
  openKeys,
  readPassphrase,
  sealKeys,
  writeKeys,
  type KeyFile,
} from '../../../../installer/ops/backup/keys-file.ts';
import { installedLayout, machinePlaces } from '../../../../installer/house.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

describe('keys apart from a backup', function () {
  this.timeout(30_000);
  let temp: string;
  before(() => {
    temp = makeTempDir();
  });
  after(() => removeTempDir(temp));

  const files: KeyFile[] = [
    { root: 'secrets', path: 'mail', mode: 0o600, content: Buffer.from('hunter2').toString('base64') },
    {
      root: 'tls',
      path: 'deep/server.key',
      mode: 0o640,
      content: Buffer.from([0, 255, 10]).toString('base64'),
    },
  ];
  const fails = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'it did not fail',
      (error: Error) => error.message,
    );

  it('come back as they were, with their modes, and cannot be read without the passphrase', async () => {
    const sealed = await sealKeys(files, 'a passphrase of some length');
    expect(sealed.includes('hunter2')).to.equal(false);
    expect(sealed.includes(Buffer.from('hunter2').toString('base64'))).to.equal(false);
    expect(sealed.toString('latin1').split('\n')[0]).to.equal('hearthline-keys 1');
    expect(await openKeys(sealed, 'a passphrase of some length')).to.deep.equal(files);
    expect(await fails(openKeys(sealed, 'a passphrase of same length'))).to.match(
      /the passphrase is another/,
    );
    const dir = join(temp, 'tls');
    mkdirSync(dir);
    expect(await writeKeys(files, 'tls', dir)).to.equal(1);
    expect([...readFileSync(join(dir, 'deep/server.key'))]).to.deep.equal([0, 255, 10]);
    expect(statSync(join(dir, 'deep/server.key')).mode & 0o777).to.equal(0o640);
    expect(existsSync(join(dir, 'mail'))).to.equal(false);
  });

  it('are never the same file twice, and show every change in it', async () => {
    const sealed = await sealKeys(files, 'a passphrase of some length');
    expect(sealed.equals(await sealKeys(files, 'a passphrase of some length'))).to.equal(false);
    const headEnd = sealed.indexOf('\n', sealed.indexOf('\n') + 1);
    // In the words of the head, in the text and in its tag.
    for (const at of [headEnd - 10, headEnd + 5, sealed.length - 1]) {
      const bent = Buffer.from(sealed);
      bent[at]! ^= 1;
      expect(await fails(openKeys(bent, 'a passphrase of some length')), `byte ${at}`).to.match(
        /was changed/,
      );
    }
    expect(await fails(openKeys(sealed.subarray(0, -20), 'a passphrase of some length'))).to.match(
      /was changed/,
    );
    expect(await fails(openKeys(Buffer.from('PK..'), 'a passphrase of some length'))).to.match(
      /no file of keys/,
    );
  });

  it('name no place outside of their directory', async () => {
    for (const path of ['../up', '/etc/shadow', 'a/../../b', '..']) {
      const sealed = await sealKeys([{ ...files[0]!, path }], 'a passphrase of some length');
      expect(await fails(openKeys(sealed, 'a passphrase of some length')), path).to.match(/cannot be opened/);
    }
  });

  it('take a passphrase from a private file only, and a long one', () => {
    const file = join(temp, 'passphrase');
    writeFileSync(file, 'a passphrase of some length\r\nsecond line\n', { mode: 0o600 });
    expect(readPassphrase(file)).to.equal('a passphrase of some length');
    chmodSync(file, 0o640);
    expect(() => readPassphrase(file)).to.throw(/may be read by others.*chmod 600/);
    writeFileSync(join(temp, 'short'), 'hunter2\n', { mode: 0o600 });
    expect(() => readPassphrase(join(temp, 'short'))).to.throw(/at least 12 characters/);
    expect(() => readPassphrase(join(temp, 'none'))).to.throw(/cannot be read/);
  });

  it('are all those of an installed house', async () => {
    const machine = machinePlaces(temp);
    mkdirSync(join(temp, 'etc'), { recursive: true });
    writeFileSync(join(temp, 'etc/passwd'), '');
    const layout = installedLayout(temp);
    for (const dir of [layout.secretsDir, machine.credentialsDir, machine.tlsDir])
      mkdirSync(dir, { recursive: true });
    writeFileSync(join(layout.secretsDir, 'sip'), 's');
    writeFileSync(join(machine.credentialsDir, 'metrics-token'), 'c');
    writeFileSync(join(machine.tlsDir, 'server.key'), 'k');
    writeFileSync(machine.settingsFile, 'HEARTHLINE_METRICS_TOKEN=abc\n');
    const found = await collectKeys({ layout, machine });
    expect(found.map(({ root, path }) => `${root}/${path}`)).to.deep.equal([
      'secrets/sip',
      'credentials/metrics-token',
      'tls/server.key',
      'etc/hearthline.env',
    ]);
  });
});
