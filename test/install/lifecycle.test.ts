/**
 * A house over its life, with no network: installed from the bundle of the commit before this one, called, backed up, restored to
 * a second machine, upgraded with a call up, cut off in every step of an upgrade, rolled back. systemd cannot run in these roots:
 * a runner starts the units as they say, and a small `systemctl` asks it.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../installer/program.ts';
import type { HouseStatus } from '../../installer/ops/status/house-status.ts';
import { UnitRunner } from '../support/unit-runner.ts';
import { until } from '../support/until.ts';
import {
  builtBundle,
  nextBundle,
  nextMigration,
  previousBundle,
  previousCommit,
  type BuiltBundle,
} from './support/built-bundle.ts';
import { DebianRoot, rootFault } from './support/debian-root.ts';
import { Systemctl } from './support/systemctl.ts';
import { skipFor } from './support/skip.ts';

/** A root with a runner and a systemctl of its own. */
class Machine {
  readonly root: DebianRoot;
  private runner: UnitRunner;
  private readonly systemctl: Systemctl;

  private constructor(root: DebianRoot) {
    this.root = root;
    this.runner = new UnitRunner({ root: root.dir, netns: root.netns });
    this.systemctl = new Systemctl(root.dir, this.runner);
  }

  static async make(): Promise<Machine> {
    const machine = new Machine(await DebianRoot.make());
    await machine.systemctl.open();
    return machine;
  }

  async install({ file, publicKeyFile, script }: BuiltBundle, ...options: string[]): Promise<void> {
    for (const one of [file, publicKeyFile, script]) this.root.copyIn(one, `mnt/${basename(one)}`);
    writeFileSync(
      this.root.path('mnt/answers.json'),
      JSON.stringify({ names: ['hearthline.bank.example'], networks: { phones: ['10.20.0.0/16'] } }),
    );
    const args = ['--bundle', `/mnt/${basename(file)}`, '--key', `/mnt/${basename(publicKeyFile)}`];
    const said = await this.root.run([
      'sh',
      '/mnt/install.sh',
      ...args,
      '--answers',
      '/mnt/answers.json',
      ...options,
    ]);
    expect(said.code, said.text).to.equal(0);
  }

  /** What `hearthline` says; its code must be 0. */
  async hearthline(...args: string[]): Promise<string> {
    const said = await this.root.run(['hearthline', ...args]);
    expect(said.code, said.text).to.equal(0);
    return said.text;
  }

  async status(): Promise<HouseStatus> {
    return JSON.parse(await this.hearthline('status', '--json')) as HouseStatus;
  }

  get release(): string {
    return basename(readlinkSync(this.root.path('opt/hearthline/current')));
  }

  /** Everything is gone at once, and comes back as at a boot. */
  async cutPower(): Promise<void> {
    await this.runner.close();
    this.runner = new UnitRunner({ root: this.root.dir, netns: this.root.netns });
    this.systemctl.use(this.runner);
    await this.start();
  }

  async start(): Promise<void> {
    await this.runner.start('hearthline.target');
    await until(
      'it is ready',
      async () => {
        const said = await this.root.run(['hearthline', 'status', '--json']);
        return said.code === 0;
      },
      60_000,
    );
  }

  /** A call of so many seconds; `talking` resolves when it is up, `ended` with who ended it. */
  call(seconds: number): { talking: Promise<void>; ended: Promise<string> } {
    const child = spawn('ip', [
      'netns',
      'exec',
      this.root.netns,
      process.execPath,
      '--import',
      'tsx',
      join(projectRoot, 'test/install/support/first-call.ts'),
      this.root.path('var/lib/hearthline/secrets/first-phones'),
      String(seconds),
    ]);
    let text = '';
    let isTalking: () => void = () => undefined;
    const talking = new Promise<void>((done, failed) => {
      isTalking = done;
      child.once('exit', () => failed(new Error(`no call came about: ${text}`)));
    });
    talking.catch(() => undefined);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.includes('talking\n')) isTalking();
      });
    const ended = new Promise<string>((done) => child.once('exit', () => done(text)));
    return { talking, ended };
  }

  async close(): Promise<void> {
    await this.runner.close();
    this.systemctl.close();
    this.root.remove();
  }
}

describe('the life of an installed house', function () {
  this.timeout(1_800_000);
  let previous: BuiltBundle;
  let present: BuiltBundle;
  let next: BuiltBundle;
  let first: Machine;
  let backup = '';

  before(async function () {
    skipFor(this, rootFault());
    previous = await previousBundle();
    present = await builtBundle();
    next = await nextBundle();
    first = await Machine.make();
  });
  after(() => first?.close());

  const upgrade = (bundle: BuiltBundle, ...options: string[]) => {
    first.root.copyIn(bundle.file, `mnt/${basename(bundle.file)}`);
    return ['hearthline', 'upgrade', `/mnt/${basename(bundle.file)}`, ...options];
  };

  it('begins with the commit before this one, and a call', async () => {
    await first.install(previous);
    const { commit } = await first.status();
    expect(commit).to.equal(await previousCommit());
    expect(await first.call(1).ended).to.equal('talking\nended: us\n');
  });

  it('is upgraded to this commit while a call goes on', async () => {
    const call = first.call(90);
    await call.talking;
    const said = await first.root.run(upgrade(present));
    process.stdout.write(said.text.replace(/^/gm, '        '));
    expect(said.code, said.text).to.equal(0);
    expect(said.text).to.match(/[1-9]\d* compared, 0 differ/);
    expect(said.text).to.match(/Calls are up \(legs: 2\), so the SIP and the media engine go on/);
    const status = await first.status();
    expect(status.isReady).to.equal(true);
    expect(await call.ended).to.equal('talking\nended: us\n');
    expect(await first.hearthline('upgrade', '--finish')).to.match(/run the version in force/);
    expect(await first.call(1).ended).to.equal('talking\nended: us\n');
  });

  it('is backed up, and the backup proved', async () => {
    await first.hearthline('backup');
    const said = await first.hearthline('backup', 'verify', 'latest');
    process.stdout.write(said.replace(/^/gm, '        '));
    backup = first.root.path('var/lib/hearthline/backups');
  });

  it('comes up on a second machine out of the backup', async () => {
    const second = await Machine.make();
    try {
      await second.install(present, '--no-start');
      mkdirSync(second.root.path('mnt/backups'));
      cpSync(backup, second.root.path('mnt/backups'), { recursive: true });
      const said = await second.hearthline('restore', 'latest', '--from', '/mnt/backups', '--replace');
      process.stdout.write(said.replace(/^/gm, '        '));
      await second.start();
      const count = async (machine: Machine) =>
        (await machine.hearthline('audit', 'verify')).match(/\d+ entries/)?.[0];
      expect(await count(second)).to.not.equal(undefined);
      expect(existsSync(second.root.path('var/lib/hearthline/postgres/PG_VERSION'))).to.equal(true);
    } finally {
      await second.close();
    }
  });

  it('runs the old version after a power cut in any step of an upgrade', async () => {
    const before = first.release;
    const schema = (await first.hearthline('schema', 'show')).trim();
    for (const step of [/^From /m, /^Rehearsing/m, /Schema: /, /^Stopping/m, /^Putting/m, /^Starting/m]) {
      const { isKilled, text } = await first.root.runUntil(upgrade(next), step);
      expect(isKilled, `${step}\n${text}`).to.equal(true);
      await first.cutPower();
      expect(first.release, String(step)).to.equal(before);
      expect((await first.hearthline('schema', 'show')).trim(), String(step)).to.equal(schema);
      expect((await first.status()).isReady).to.equal(true);
    }
  });

  it('is upgraded with a migration, and rolled back by one command', async () => {
    const before = first.release;
    const schema = (await first.hearthline('schema', 'show')).trim();
    const said = await first.root.run(upgrade(next));
    expect(said.code, said.text).to.equal(0);
    expect((await first.hearthline('schema', 'show')).trim()).to.equal(nextMigration);
    expect((await first.status()).version).to.equal('9.0.0');
    expect(await first.hearthline('rollback')).to.match(/is in force/);
    expect(first.release).to.equal(before);
    expect((await first.hearthline('schema', 'show')).trim()).to.equal(schema);
    expect(await first.call(1).ended).to.equal('talking\nended: us\n');
  });

  it('refuses what it cannot be upgraded to, and stays as it is', async () => {
    const before = first.release;
    const refused = async (args: string[]) => {
      const said = await first.root.run(args);
      expect(said.code, said.text).to.equal(1);
      return said.text;
    };
    expect(await refused(upgrade(present))).to.match(/is in force already/);
    expect(await refused(upgrade(previous))).to.match(/is older than/);
    expect(await refused(['hearthline', 'upgrade', '/mnt/none.bundle'])).to.match(/There is no bundle/);
    expect(await refused(['hearthline', 'rollback'])).to.match(/no version before/);
    expect(first.release).to.equal(before);
  });
});
