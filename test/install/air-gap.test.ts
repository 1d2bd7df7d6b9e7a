/**
 * From one signed file to the first call, with no network at all: a bare Debian 12 root in a network namespace without routes.
 * systemd cannot run there; the units are started by a runner that keeps to what they say.
 */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../installer/program.ts';
import { UnitRunner } from '../support/unit-runner.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { builtBundle, keys, type BuiltBundle } from './support/built-bundle.ts';
import { DebianRoot, rootFault } from './support/debian-root.ts';
import { Systemctl } from './support/systemctl.ts';
import { skipFor } from './support/skip.ts';

const execute = promisify(execFile);

describe('an installation without a network', function () {
  this.timeout(900_000);
  let bundle: BuiltBundle;
  let root: DebianRoot;
  let runner: UnitRunner | undefined;
  let systemctl: Systemctl | undefined;
  let temp = '';

  before(async function () {
    skipFor(this, rootFault());
    temp = makeTempDir();
    bundle = await builtBundle();
    root = await DebianRoot.make();
    runner = new UnitRunner({ root: root.dir, netns: root.netns });
    systemctl = new Systemctl(root.dir, runner);
    await systemctl.open();
    for (const file of [bundle.file, bundle.publicKeyFile, bundle.script])
      root.copyIn(file, `mnt/${basename(file)}`);
    writeFileSync(root.path('mnt/answers.json'), JSON.stringify(answers));
  });
  after(async () => {
    await runner?.close();
    systemctl?.close();
    root?.remove();
    if (temp) removeTempDir(temp);
  });

  const answers = {
    names: ['hearthline.bank.example', '127.0.0.1'],
    networks: { phones: ['10.20.0.0/16'], users: ['10.30.0.0/16'] },
  };
  const install = (...options: string[]) => [
    'sh',
    '/mnt/install.sh',
    '--bundle',
    `/mnt/${basename(bundle.file)}`,
    '--key',
    `/mnt/${basename(bundle.publicKeyFile)}`,
    '--answers',
    '/mnt/answers.json',
    ...options,
  ];

  it('has no way out', async () => {
    const routes = await execute('ip', ['-n', root.netns, 'route']);
    expect(routes.stdout).to.equal('');
  });

  it('refuses a bundle that was changed, cut, or signed by somebody else, and does nothing', async () => {
    const changed = root.path(`mnt/changed.bundle`);
    copyFileSync(bundle.file, changed);
    const { size } = statSync(changed);
    await execute('dd', [
      'if=/dev/urandom',
      `of=${changed}`,
      'bs=1',
      'count=64',
      `seek=${Math.floor(size / 2)}`,
      'conv=notrunc',
    ]);
    const refusal = async (file: string, key = `/mnt/${basename(bundle.publicKeyFile)}`) => {
      const said = await root.run(['sh', '/mnt/install.sh', '--bundle', file, '--key', key, '--yes']);
      expect(said.code, said.text).to.equal(1);
      return said.text;
    };
    expect(await refusal('/mnt/changed.bundle')).to.match(
      /was changed or cut since it was signed.*Nothing was done/s,
    );
    truncateSync(changed, Math.floor(size / 3));
    expect(await refusal('/mnt/changed.bundle')).to.match(/not a whole bundle/);
    copyFileSync((await keys()).strangersKeyFile, root.path('mnt/other.gpg'));
    expect(await refusal(`/mnt/${basename(bundle.file)}`, '/mnt/other.gpg')).to.match(
      /signature of .* is not good.*Nothing was done/s,
    );
    expect(existsSync(root.path('opt/hearthline'))).to.equal(false);
    expect(existsSync(root.path('var/lib/hearthline'))).to.equal(false);
  });

  it('says what it would do, and does nothing of it', async () => {
    const said = await root.run(install('--dry-run'));
    expect(said.code, said.text).to.equal(0);
    expect(said.text)
      .to.match(/install Postgres \(postgresql-15\)/)
      .and.match(/Nothing was changed/);
    expect(existsSync(root.path('opt/hearthline'))).to.equal(false);
  });

  it('refuses answers with faults, naming each place', async () => {
    writeFileSync(
      root.path('mnt/wrong.json'),
      JSON.stringify({ names: [], networks: { phones: ['10.20.0'] }, colour: 'red' }),
    );
    const args = install();
    args[args.indexOf('/mnt/answers.json')] = '/mnt/wrong.json';
    const said = await root.run(args);
    expect(said.code).to.equal(1);
    expect(said.text)
      .to.match(/names: /)
      .and.match(/networks\.phones\.0: must be a network/)
      .and.match(/colour/);
  });

  it('goes on where it was killed, in each of its steps', async () => {
    for (const step of ['1 Packages', '4 Programs', '6 Certificate', '7 Database', '8 Announcements']) {
      const { isKilled, text } = await root.runUntil(install(), new RegExp(`${step}[^\\n]*\\n`));
      expect(isKilled, `${step}\n${text}`).to.equal(true);
    }
    const said = await root.run(install());
    expect(said.code, said.text).to.equal(0);
    expect(said.text)
      .to.match(/An earlier run was cut off in step \d/)
      .and.match(/is installed/);
    process.stdout.write(said.text.replace(/^/gm, '        '));
  });

  it('has nothing left to do when it is run again', async () => {
    const said = await root.run(install());
    expect(said.code, said.text).to.equal(0);
    const [, steps = ''] = /Installing\n(.*?)\n\n/s.exec(said.text) ?? [];
    expect(steps.split('\n').filter((line) => !line.endsWith(': done already'))).to.deep.equal([]);
    expect(steps.split('\n')).to.have.length(12);
  });

  it('takes a first call', async () => {
    const { stdout } = await execute('ip', [
      'netns',
      'exec',
      root.netns,
      process.execPath,
      '--import',
      'tsx',
      join(projectRoot, 'test/install/support/first-call.ts'),
      root.path('var/lib/hearthline/secrets/first-phones'),
    ]);
    expect(stdout).to.equal('talking\nended: us\n');
  });

  it('stops when it is taken off, whatever is wrong with its settings, and keeps the data', async () => {
    appendFileSync(root.path('etc/hearthline/hearthline.env'), 'HEARTHLINE_SIP_PORT=none\n');
    const refused = await root.run(['hearthline', 'status']);
    expect(refused.text).to.match(/HEARTHLINE_SIP_PORT must be a port/);
    const said = await root.run(['sh', '/mnt/install.sh', '--uninstall']);
    expect(said.code, said.text).to.equal(0);
    expect(existsSync(root.path('opt/hearthline'))).to.equal(false);
    expect(existsSync(root.path('var/lib/hearthline/postgres/PG_VERSION'))).to.equal(true);
    expect(readFileSync(root.path('etc/hearthline/answers.json'), 'utf8')).to.match(
      /hearthline\.bank\.example/,
    );
  });
});
