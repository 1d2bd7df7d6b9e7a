/**
 * A house whose Postgres and Redis are the bank's own, at another address and over TLS, under a real systemd: nothing of ours is started
 * in their place, the fences let the server through to them, and nobody else.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../installer/program.ts';
import { type BankStores, startBankStores } from '../support/bank-stores.ts';
import { namespaceFault, NetNamespace } from '../support/net-namespace.ts';
import { SystemdMachine } from '../support/systemd-machine.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { builtBundle, nextBundle } from './support/built-bundle.ts';
import { rootFault, unpackRoot } from './support/debian-root.ts';
import { bootOrSkip, skipFor } from './support/skip.ts';

const execute = promisify(execFile);
const bankAddress = '10.9.9.1';
const houseAddress = '10.9.9.2';

describe('an installation with the bank’s own stores', function () {
  this.timeout(600_000);
  let root = '';
  let clientDir = '';
  let machine: SystemdMachine;
  let bank: BankStores;
  /** The network of the machine, and that of the bank's databases: a cable between them, and nothing else. */
  let house: NetNamespace | undefined;
  let other: NetNamespace | undefined;
  let install: string[] = [];

  before(async function () {
    skipFor(this, rootFault() ?? SystemdMachine.fault() ?? namespaceFault());
    const bundle = await builtBundle();
    root = await unpackRoot('systemd');
    machine = await bootOrSkip(this, root);
    clientDir = makeTempDir();
    house = new NetNamespace('house', machine.pid);
    other = new NetNamespace('bank');
    other.join(house, `${bankAddress}/24`, `${houseAddress}/24`);
    bank = await startBankStores(clientDir, { network: other, address: bankAddress, client: houseAddress });
    for (const file of [bundle.file, bundle.publicKeyFile, bundle.script])
      machine.write(`/mnt/${basename(file)}`, readFileSync(file));
    const [file, key] = [bundle.file, bundle.publicKeyFile].map((one) => `/mnt/${basename(one)}`);
    install = ['/mnt/install.sh', '--bundle', file!, '--key', key!, '--answers', '/mnt/answers.json'];
  });
  after(async () => {
    await machine?.close();
    await bank?.stop();
    house?.remove();
    other?.remove();
    if (clientDir !== '') removeTempDir(clientDir);
    if (root !== '') rmSync(root, { recursive: true, force: true });
  });

  const hearthline = (...args: string[]) => machine.run('/usr/local/bin/hearthline', args);
  const refusal = (act: Promise<string>) => act.then(String, (error: Error) => error.message);
  const untilReady = () =>
    until(
      'it is ready',
      async () => /^Hearthline .*: ready$/m.test(await refusal(hearthline('status'))),
      30_000,
      500,
    );
  const answer = (store: 'postgres' | 'redis', password: string) => {
    const { url, caFile } = bank[store].address;
    machine.write(`/root/${store}-password`, `${password}\n`, 0o600);
    machine.write(`/root/${store}-ca.pem`, readFileSync(caFile!));
    return { url, passwordFile: `/root/${store}-password`, caFile: `/root/${store}-ca.pem` };
  };
  const writeAnswers = (postgresPassword: string) => {
    const answers = {
      names: ['hearthline.bank.example'],
      networks: { phones: ['10.20.0.0/16'], users: ['10.30.0.0/16'] },
      postgres: answer('postgres', postgresPassword),
      redis: answer('redis', bank.redis.password),
    };
    machine.write('/mnt/answers.json', JSON.stringify(answers));
  };

  it('is refused with a wrong password, and nothing is done', async () => {
    writeAnswers('wrong');
    expect(await refusal(machine.run('sh', install))).to.match(
      /Postgres at 10\.9\.9\.1:\d+ refuses the user or the password/,
    );
    expect(existsSync(machine.outside('/opt/hearthline/current'))).to.equal(false);
    expect(
      await bank.postgres.sql(`select count(*) from pg_tables where schemaname = 'public'`, 'hearthline'),
    ).to.equal('0');
  });

  it('is made by one command; ours are not there, and the bank’s are reached through the fences', async () => {
    writeAnswers(bank.postgres.password);
    const said = await machine.run('sh', install);
    process.stdout.write(said.replace(/^/gm, '        '));
    for (const file of ['/root/postgres-password', '/root/redis-password']) rmSync(machine.outside(file));
    const units = await machine.run('systemctl', [
      'list-units',
      '--no-legend',
      '--plain',
      '--state=active',
      'hearthline*',
    ]);
    expect(units)
      .to.match(/hearthline-server\.service/)
      .and.not.match(/postgres|redis|backup/);
    expect(await machine.show('hearthline-server', 'IPAddressAllow')).to.contain(bankAddress);
    for (const other of ['hearthline-sip', 'hearthline-media'])
      expect(await machine.show(other, 'IPAddressAllow')).to.not.contain(bankAddress);
    const environment = readFileSync(machine.outside('/etc/hearthline/hearthline.env'), 'utf8');
    expect(environment).to.not.contain(bank.postgres.password);
  });

  it('takes a call, whose history is in the bank’s database', async () => {
    const script = join(projectRoot, 'test/install/support/first-call.ts');
    const phones = machine.outside('/var/lib/hearthline/secrets/first-phones');
    const inside = [
      '-t',
      String(machine.pid),
      '-n',
      process.execPath,
      '--import',
      'tsx',
      script,
      phones,
      '1',
    ];
    expect((await execute('nsenter', inside)).stdout).to.equal('talking\nended: us\n');
    const calls = async () =>
      Number(
        await bank.postgres.sql(`select count(*) from contacts where outcome = 'answered'`, 'hearthline'),
      );
    await until('the call is in history', async () => (await calls()) === 1, 20_000, 200);
  });

  it('says whose they are; a backup is refused, with what must be kept', async () => {
    expect(await hearthline('status')).to.match(/bank's own, at 10\.9\.9\.1:\d+/);
    const doctor = await refusal(hearthline('doctor'));
    process.stdout.write(doctor.replace(/^/gm, '        '));
    expect(doctor).to.match(/0 faults/);
    const residency = await hearthline('residency');
    process.stdout.write(residency.replace(/^/gm, '        '));
    for (const port of [bank.postgres, bank.redis].map(({ address }) => new URL(address.url).port))
      expect(residency).to.contain(`${bankAddress}:${port}`);
    expect(residency).to.not.match(/unknown|nobody/i);
    expect(await refusal(hearthline('backup'))).to.match(/bank's own/);
  });

  it('goes on by itself when they were away', async () => {
    await Promise.all([bank.postgres.away(3000), bank.redis.away(3000)]);
    await untilReady();
    expect(await machine.show('hearthline-server', 'NRestarts')).to.equal('0');
  });

  it('has nothing left to do when it is run again, without the files of the first time', async () => {
    const said = await machine.run('sh', install);
    const [, steps = ''] = /Installing\n(.*?)\n\n/s.exec(said) ?? [];
    expect(steps.split('\n').filter((line) => !line.endsWith(': done already'))).to.deep.equal([]);
    expect(steps.split('\n')).to.have.length(12);
  });

  describe('upgraded', () => {
    const release = () => machine.run('readlink', ['/opt/hearthline/current']);
    const hasMigrated = async () =>
      (await bank.postgres.sql(`select to_regclass('next_version') is not null`, 'hearthline')) === 't';
    let next = '';
    let installed = '';

    before(async () => {
      const { file } = await nextBundle();
      next = `/mnt/${basename(file)}`;
      machine.write(next, readFileSync(file));
      installed = await release();
    });

    it('is not rehearsed, and says so', async () => {
      expect(await refusal(hearthline('upgrade', next))).to.match(/--skip-rehearsal/);
      expect(await release()).to.equal(installed);
    });

    it('is settled at the next start when it was cut off behind its migration', async () => {
      const upgrade = machine.start('/usr/local/bin/hearthline', ['upgrade', next, '--skip-rehearsal']);
      let said = '';
      upgrade.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
      await until('the new version starts', () => said.includes('Starting the server'), 60_000, 2);
      const isStarting = async () =>
        ['activating', 'active'].includes(await machine.show('hearthline-server', 'ActiveState'));
      await until('systemd starts it', isStarting, 30_000, 2);
      // Until it has seen that the server is ready the journal stands.
      process.kill(-upgrade.pid!, 'SIGSTOP');
      await until('it has migrated', hasMigrated, 30_000, 5);
      process.kill(-upgrade.pid!, 'SIGKILL');
      expect(existsSync(machine.outside('/var/lib/hearthline/install/upgrade.json')), said).to.equal(true);
      await machine.run('systemctl', ['kill', '-s', 'KILL', 'hearthline-server']);
      await machine.run('systemctl', ['stop', 'hearthline.target']);
      expect(await release()).to.not.equal(installed);
      await machine.run('systemctl', ['start', 'hearthline.target']);
      expect(await release()).to.equal(installed);
      expect(await hasMigrated()).to.equal(false);
      await untilReady();
    });

    it('takes its migration back with the rollback', async () => {
      await hearthline('upgrade', next, '--skip-rehearsal');
      expect(await hasMigrated()).to.equal(true);
      await hearthline('rollback');
      expect(await hasMigrated()).to.equal(false);
      expect(await release()).to.equal(installed);
    });
  });
});
