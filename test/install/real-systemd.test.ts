/**
 * A house under a real systemd: a Debian 12 of its own, booted in namespaces without a route, where one command installs from the
 * bundle, systemd runs what it installed behind every fence, and the `hearthline` command is used as an administrator would.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../installer/program.ts';
import { SystemdMachine } from '../support/systemd-machine.ts';
import { until } from '../support/until.ts';
import { builtBundle, previousBundle, type BuiltBundle } from './support/built-bundle.ts';
import { rootFault, unpackRoot } from './support/debian-root.ts';
import { bootOrSkip, skipFor } from './support/skip.ts';

const execute = promisify(execFile);
const services = ['postgres', 'redis', 'sip', 'media', 'server'] as const;
const slow = { boundMs: 60_000, everyMs: 100 };

describe('an installation under systemd', function () {
  this.timeout(900_000);
  let root = '';
  let machine: SystemdMachine;
  /** The release that was installed. */
  let installed = '';

  before(async function () {
    skipFor(this, rootFault() ?? SystemdMachine.fault());
    root = await unpackRoot('systemd');
    machine = await bootOrSkip(this, root);
  });
  after(async () => {
    await machine?.close();
    if (root !== '') rmSync(root, { recursive: true, force: true });
  });

  const answers = {
    names: ['hearthline.bank.example'],
    networks: { phones: ['10.20.0.0/16'], users: ['10.30.0.0/16'] },
  };
  const put = (bundle: BuiltBundle) => {
    for (const file of [bundle.file, bundle.publicKeyFile, bundle.script])
      machine.write(`/mnt/${basename(file)}`, readFileSync(file));
    return ['--bundle', `/mnt/${basename(bundle.file)}`, '--key', `/mnt/${basename(bundle.publicKeyFile)}`];
  };
  const hearthline = (...args: string[]) => machine.run('/usr/local/bin/hearthline', args);
  const states = async () =>
    Object.fromEntries(
      await Promise.all(
        services.map(
          async (name) => [name, await machine.show(`hearthline-${name}`, 'ActiveState')] as const,
        ),
      ),
    );
  const all = (state: string) => Object.fromEntries(services.map((name) => [name, state]));
  const callArgs = (seconds: number) => [
    '-t',
    String(machine.pid),
    '-n',
    process.execPath,
    '--import',
    'tsx',
    join(projectRoot, 'test/install/support/first-call.ts'),
    machine.outside('/var/lib/hearthline/secrets/first-phones'),
    String(seconds),
  ];
  const call = async (seconds: number) => (await execute('nsenter', callArgs(seconds))).stdout;

  it('is made by one command, with every service started by systemd and switched on for the next boot', async () => {
    machine.write('/mnt/answers.json', JSON.stringify(answers));
    const options = put(await previousBundle());
    const said = await machine.run('sh', ['/mnt/install.sh', ...options, '--answers', '/mnt/answers.json']);
    process.stdout.write(said.replace(/^/gm, '        '));
    expect(said).to.match(/is installed/);
    expect(await states()).to.deep.equal(all('active'));
    const enabled = await machine.run('systemctl', [
      'list-unit-files',
      '--no-legend',
      '--state=enabled',
      'hearthline*',
    ]);
    expect(enabled.split('\n').flatMap((line) => line.split(/\s+/)[0] || [])).to.include.members([
      'hearthline.target',
      'hearthline-networks.path',
      'hearthline-backup.timer',
    ]);
    expect(await call(1)).to.equal('talking\nended: us\n');
  });

  it('is upgraded with a call up', async () => {
    const present = await builtBundle();
    const [, file = ''] = put(present);
    installed = await machine.run('readlink', ['/opt/hearthline/current']);
    const child = spawn('nsenter', callArgs(60), { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    await until('the call is up', () => heard === 'talking\n', slow.boundMs, slow.everyMs);
    const said = await hearthline('upgrade', file);
    process.stdout.write(said.replace(/^/gm, '        '));
    expect(said).to.match(/[1-9]\d* compared, 0 differ/);
    expect(await machine.run('readlink', ['/opt/hearthline/current'])).to.not.equal(installed);
    await ended;
    expect(heard).to.equal('talking\nended: us\n');
    expect(await hearthline('upgrade', '--finish')).to.match(/run the version in force/);
  });

  it('tells how it is: status, doctor, logs', async () => {
    expect(await hearthline('status')).to.match(/server/);
    const doctor = await hearthline('doctor').catch((error: Error) => error.message);
    process.stdout.write(doctor.replace(/^/gm, '        '));
    expect(doctor).to.not.match(/fails/i);
    expect(await hearthline('logs', 'server', '--lines', '20')).to.match(/ready/);
  });

  it('lets a new trunk through as soon as the site has one, and no other network', async () => {
    const allowed = () => machine.show('hearthline-sip', 'IPAddressAllow');
    expect(await allowed())
      .to.contain('10.20.0.0/16')
      .and.not.contain('10.9.0.1');
    const site = await hearthline('site', 'export');
    machine.write(
      '/mnt/site.yaml',
      site.replace(/^trunks:\n/m, "trunks:\n  - { id: carrier, name: Carrier, addresses: ['10.9.0.1'] }\n"),
    );
    await hearthline('site', 'import', '/mnt/site.yaml');
    await until(
      'the trunk is let through',
      async () => (await allowed()).includes('10.9.0.1'),
      slow.boundMs,
      slow.everyMs,
    );
    expect(await machine.show('hearthline-media', 'IPAddressAllow')).to.contain('10.20.0.0/16');
  });

  it('is backed up by its timer’s unit, and the backup proved', async () => {
    await machine.run('systemctl', ['start', 'hearthline-backup']).catch(async (error: unknown) => {
      const unit = 'hearthline-backup';
      throw new Error(
        `${String(error)}\n${await machine.run('journalctl', ['-q', '-o', 'cat', '-n', '20', '-u', unit])}`,
      );
    });
    expect(await hearthline('backup', 'verify', 'latest')).to.match(/audit/);
  });

  it('is rolled back by one command', async () => {
    await hearthline('rollback');
    expect(await machine.run('readlink', ['/opt/hearthline/current'])).to.equal(installed);
    expect(await states()).to.deep.equal(all('active'));
  });

  it('leaves nothing running, and no unit, when it is taken off', async () => {
    await machine.run('sh', ['/mnt/install.sh', '--uninstall']);
    expect(await machine.run('systemctl', ['list-units', '--all', '--no-legend', 'hearthline*'])).to.equal(
      '',
    );
    expect(existsSync(machine.outside('/opt/hearthline'))).to.equal(false);
    expect(existsSync(machine.outside('/var/lib/hearthline/postgres/PG_VERSION'))).to.equal(true);
  });
});
