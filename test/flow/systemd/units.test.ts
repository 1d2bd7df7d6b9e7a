/**
 * The units under a real systemd: all five services start with every fence in place, none takes another with it, whatever dies or
 * hangs comes back, and each sees what it needs and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import {
  bootForRelease,
  commandFile,
  installedMachineFault,
  installInto,
} from '../../support/installed-machine.ts';
import type { SystemdMachine } from '../../support/systemd-machine.ts';
import { until } from '../../support/until.ts';

const parts = ['postgres', 'redis', 'sip', 'media', 'server'] as const;
type Part = (typeof parts)[number];
const unit = (part: Part) => `hearthline-${part}.service`;
const units = '/etc/systemd/system';
/** Of the machine, and neither loopback nor allowed by any unit. */
const bankAddress = '10.9.9.1';
const shipped = (name: string) =>
  readFileSync(new URL(`../../../systemd/drop-ins/${name}`, import.meta.url), 'utf8');
const node = '/opt/hearthline/current/node/bin/node';
const slow = { boundMs: 60_000, everyMs: 50 };

describe('the units under systemd', function () {
  this.timeout(120_000);
  let machine: SystemdMachine;
  let hasRealTime = false;

  const systemctl = (...args: string[]) => machine.run('systemctl', args);
  const pidOf = async (part: Part) => Number(await machine.show(unit(part), 'MainPID'));
  const pids = async (): Promise<Record<Part, number>> => {
    const found = await Promise.all(parts.map(async (part) => [part, await pidOf(part)] as const));
    return Object.fromEntries(found) as Record<Part, number>;
  };
  const journal = (part: Part | 'networks') =>
    machine.run('journalctl', ['-q', '--no-pager', '-o', 'cat', '-n', '40', '-u', `hearthline-${part}.*`]);
  const eventually = (what: string, isSo: () => boolean | Promise<boolean>) =>
    until(what, isSo, slow.boundMs, slow.everyMs);
  const signal = async (name: string, pid: number) => {
    if (pid < 2) throw new Error(`no process to be sent ${name}`);
    await machine.run('kill', [`-${name}`, String(pid)]);
  };
  /** Active, in another process than `former`. */
  const untilUp = async (part: Part, former = 0) => {
    await eventually(`${part} is up`, async () => {
      const shown = await systemctl('show', '--value', '--property=ActiveState,MainPID', unit(part));
      const [first, second] = shown.split('\n');
      const pid = Number(/^\d+$/.test(first!) ? first : second);
      return [first, second].includes('active') && pid > 1 && pid !== former;
    }).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await journal(part)}`);
    });
  };
  const dropIn = async (part: Part, name: string, text: string) => {
    machine.write(`${units}/${unit(part)}.d/${name}.conf`, text);
    await systemctl('daemon-reload');
  };
  /** A line of /proc/PID/status of the main process. */
  const fact = async (part: Part, name: string) => {
    const status = await machine.run('cat', [`/proc/${await pidOf(part)}/status`]);
    return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
  };
  /** What a program of ours may do where the service is: its mounts, network and user. One word an attempt: yes, or the error. */
  const attempts = async (part: Part, tries: Record<string, string>): Promise<Record<string, string>> => {
    const ids = await Promise.all(
      ['-u', '-g'].map((which) => machine.run('id', [which, `hearthline-${part}`])),
    );
    const [uid, gid] = ids.map((id) => id.trim());
    const entries = Object.entries(tries).map(
      ([name, code]) => `${JSON.stringify(name)}: attempt(() => ${code})`,
    );
    const script = `const fs = require('node:fs');
      const { execFileSync } = require('node:child_process');
      const attempt = (work) => { try { work(); return 'yes'; } catch (error) { return error.code; } };
      console.log(JSON.stringify({ ${entries.join(', ')} }));`;
    const where = ['-t', String(await pidOf(part)), '-m', '-n', '-G', gid!, '-S', uid!, '--'];
    return JSON.parse(await machine.run('nsenter', [...where, node, '-e', script])) as Record<string, string>;
  };
  /** The first words of the answer; nothing where none comes. */
  const health = async (address: string): Promise<string> => {
    const script = `fetch('http://${address}/healthz', { signal: AbortSignal.timeout(5000) })
      .then((answer) => answer.text())
      .then((text) => process.stdout.write(text.slice(0, 15), () => process.exit()), () => process.exit())`;
    return machine.run(node, ['-e', script]);
  };

  before(async function () {
    const fault = installedMachineFault();
    if (fault !== undefined) {
      console.log(`      left out: ${fault}`);
      this.skip();
    }
    hasRealTime = spawnSync('chrt', ['-f', '10', 'true']).status === 0;
    try {
      machine = await bootForRelease();
    } catch (error) {
      console.log(`      left out: ${String(error)}`);
      this.skip();
    }
    await installInto(machine, 'HEARTHLINE_RTP_PORTS=30000-30199\n');
    await machine.run('ip', ['address', 'add', `${bankAddress}/24`, 'dev', 'lo']);
    if (!hasRealTime) await dropIn('media', 'no-real-time', shipped('no-real-time.conf'));
    await systemctl('start', 'hearthline.target');
    for (const part of parts) await untilUp(part);
  });
  after(() => machine?.close());

  it('all start, without a privilege and behind a filter of system calls', async () => {
    expect(await machine.show('hearthline.target', 'ActiveState')).to.equal('active');
    for (const part of parts) {
      expect(await fact(part, 'CapBnd'), part).to.equal('0000000000000000');
      expect(await fact(part, 'NoNewPrivs'), part).to.equal('1');
      expect(await fact(part, 'Seccomp'), part).to.equal('2');
    }
    expect(await health('127.0.0.1:8080')).to.equal('{"isReady":true');
    expect(await machine.show(unit('server'), 'StatusText')).to.equal('Routing; pages on port 8080');
    const failed = await systemctl('list-units', '--failed', '--plain', '--no-legend', 'hearthline*');
    expect(failed).to.equal('');
    // No upgrade was cut off: the start of the server is not held up by looking into it.
    expect(await machine.show('hearthline-settle', 'ConditionResult')).to.equal('no');
  });

  it('give the audio real-time scheduling, and its disk thread not', async function () {
    if (!hasRealTime) {
      console.log('      left out: this machine refuses real-time scheduling');
      this.skip();
    }
    const tasks = await machine.run('chrt', ['-a', '-p', String(await pidOf('media'))]);
    const policies = [...tasks.matchAll(/current scheduling policy: (\w+)/g)].map(([, policy]) => policy);
    expect(policies[0]).to.equal('SCHED_FIFO');
    expect(policies.filter((policy) => policy === 'SCHED_OTHER')).to.have.lengthOf(1);
    for (const part of parts.filter((one) => one !== 'media'))
      expect(await machine.run('chrt', ['-a', '-p', String(await pidOf(part))]), part).not.to.include('FIFO');
  });

  it('speak announcements, which the media engine can read', async () => {
    const spoken = (await machine.run('find', ['/var/lib/hearthline/prompts', '-name', '*.wav']))
      .trim()
      .split('\n');
    expect(spoken.length).to.be.greaterThan(0);
    const file = JSON.stringify(spoken[0]);
    expect(
      await attempts('media', {
        reads: `fs.readFileSync(${file})`,
        writes: `fs.appendFileSync(${file}, 'x')`,
      }),
    ).to.deep.equal({ reads: 'yes', writes: 'EACCES' });
  });

  it('keep their sockets from others', () => {
    const mode = (path: string) =>
      (statSync(machine.outside(`/run/hearthline/${path}`)).mode & 0o777).toString(8);
    for (const dir of ['pg', 'redis', 'sip', 'media', 'server']) expect(mode(dir), dir).to.equal('750');
    for (const socket of ['media/control.sock', 'media/status.sock', 'sip/status.sock'])
      expect(mode(socket), socket).to.equal('660');
    expect(mode('redis/redis.sock')).to.equal('770');
    expect(mode('pg/.s.PGSQL.5432')).to.equal('770');
    expect(mode('server/admin.sock')).to.equal('600');
  });

  it('see what they need, and nothing else', async () => {
    const list = (path: string) => `fs.readdirSync('/var/lib/hearthline${path}')`;
    const shell = "execFileSync('/bin/sh', ['-c', ':'])";
    const own = (part: Part) => `fs.readFileSync('/run/credentials/hearthline-${part}.service/sip-control')`;
    expect(
      await attempts('sip', {
        data: list(''),
        settings: "fs.readdirSync('/etc/hearthline')",
        shell,
        secret: own('sip'),
        other: own('server'),
      }),
    ).to.deep.equal({ data: 'EACCES', settings: 'EACCES', shell: 'EACCES', secret: 'yes', other: 'ENOENT' });
    expect(
      await attempts('media', {
        recordings: list('/recordings'),
        record: "fs.writeFileSync('/var/lib/hearthline/recordings/x', '')",
        cluster: list('/postgres'),
        secrets: list('/secrets'),
        shell,
      }),
    ).to.deep.equal({
      recordings: 'yes',
      record: 'yes',
      cluster: 'ENOENT',
      secrets: 'ENOENT',
      shell: 'EACCES',
    });
    expect(
      await attempts('server', {
        recordings: list('/recordings'),
        record: "fs.writeFileSync('/var/lib/hearthline/recordings/y', '')",
        secrets: list('/secrets'),
        statement: "fs.mkdirSync('/var/lib/hearthline/residency/x', { recursive: true })",
        cluster: list('/postgres'),
        backups: list('/backups'),
        credentials: "fs.readdirSync('/etc/hearthline/credentials')",
        program: "fs.writeFileSync('/opt/hearthline/x', '')",
        shell,
        voice: "execFileSync('/usr/bin/espeak-ng', ['--version'])",
      }),
    ).to.deep.equal({
      recordings: 'yes',
      // It forgets them by their age.
      record: 'yes',
      secrets: 'yes',
      statement: 'yes',
      cluster: 'EACCES',
      backups: 'EACCES',
      credentials: 'EACCES',
      program: 'EACCES',
      shell: 'EACCES',
      voice: 'yes',
    });
  });

  it('answer nobody beyond the machine until networks.conf says whom, at once and without a restart', async () => {
    const before = await pidOf('server');
    expect(await health('127.0.0.1:8080')).to.include('isReady');
    expect(await health(`${bankAddress}:8080`)).to.equal('');
    await dropIn('server', 'networks', '[Service]\nIPAddressAllow=10.9.9.0/24\n');
    expect(await health(`${bankAddress}:8080`)).to.include('isReady');
    expect(await pidOf('server')).to.equal(before);
  });

  it('let the server, Redis and Postgres restart without taking anything else with them', async () => {
    for (const part of ['redis', 'postgres', 'server'] as const) {
      const before = await pids();
      await systemctl('restart', unit(part));
      await untilUp(part, before[part]);
      expect({ ...(await pids()), [part]: 0 }, `restart of ${part}`).to.deep.equal({ ...before, [part]: 0 });
    }
    await eventually('all is well again', async () => (await health('127.0.0.1:8080')) === '{"isReady":true');
  });

  it('start whatever is killed again, however often', async () => {
    for (let round = 0; round < 7; round++) {
      const before = await pidOf('sip');
      await signal('KILL', before);
      await untilUp('sip', before);
    }
    const before = await pids();
    for (const part of parts) await signal('KILL', before[part]);
    for (const part of parts) await untilUp(part, before[part]);
    await eventually('all is well again', async () => (await health('127.0.0.1:8080')) === '{"isReady":true');
  });

  it('start again what hangs', async () => {
    for (const part of ['sip', 'media', 'server'] as const) {
      await dropIn(part, 'impatient', '[Service]\nWatchdogSec=2s\n');
      const former = await pidOf(part);
      await systemctl('restart', unit(part));
      await untilUp(part, former);
      const before = await pidOf(part);
      await signal('STOP', before);
      await untilUp(part, before);
      expect(await journal(part), part).to.match(/Watchdog timeout/);
    }
  });

  it('let the networks be written when the server tells of others', async () => {
    machine.write(
      commandFile,
      `#!/bin/sh
set -e
test "$*" = "networks apply"
dir=${units}/hearthline-sip.service.d
mkdir -p $dir
grep -q '"version": 1' /var/lib/hearthline/egress.json
printf '[Service]\nIPAddressAllow=10.1.0.0/16\n' >$dir/networks.conf
systemctl daemon-reload
if touch /etc/hearthline/x 2>/dev/null || ls /var/lib/hearthline/secrets 2>/dev/null; then exit 9; fi
`,
      0o755,
    );
    // As the server does, which may do so at the same moment.
    const tell = `fs.copyFileSync('/var/lib/hearthline/egress.json', '/var/lib/hearthline/egress.json.test'),
      fs.renameSync('/var/lib/hearthline/egress.json.test', '/var/lib/hearthline/egress.json')`;
    expect(await attempts('server', { tell: `[${tell}]` })).to.deep.equal({ tell: 'yes' });
    await eventually('the SIP engine may speak to them', async () =>
      (await machine.show(unit('sip'), 'IPAddressAllow')).includes('10.1.0.0/16'),
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await journal('networks')}`);
    });
    await eventually(
      'its end',
      async () => (await machine.show('hearthline-networks', 'ActiveState')) === 'inactive',
    );
    expect(await machine.show('hearthline-networks', 'Result')).to.equal('success');
  });

  it('let a backup read everything, and write where backups are', async () => {
    machine.write(
      commandFile,
      `#!/bin/sh
set -e
test "$*" = backup
psql -h /run/hearthline/pg -U postgres -d hearthline -XqAtc 'SELECT 1' >/dev/null
redis-cli -s /run/hearthline/redis/redis.sock ping
find /var/lib/hearthline/redis /var/lib/hearthline/secrets /var/lib/hearthline/postgres -type f -exec cat {} + >/var/lib/hearthline/backups/all
${node} -e 'require("node:http").get({ socketPath: "/run/hearthline/server/admin.sock", path: "/healthz" }, (a) => process.exit(a.statusCode === 200 ? 0 : 1))'
cat /etc/hearthline/credentials/sip-control >/dev/null
cat /proc/1/stat >/dev/null
touch /var/lib/hearthline/backup-of-house.lock /var/lib/hearthline/redis/dump.rdb
if touch /etc/hearthline/x 2>/dev/null || touch /var/lib/hearthline/secrets/x 2>/dev/null; then exit 9; fi
`,
      0o755,
    );
    await systemctl('start', 'hearthline-backup').catch(async (error: unknown) => {
      throw new Error(
        `${String(error)}\n${await machine.run('journalctl', ['-o', 'cat', '-u', 'hearthline-backup'])}`,
      );
    });
    expect(statSync(machine.outside('/var/lib/hearthline/backups/all')).size).to.be.greaterThan(1_000_000);
    expect(statSync(machine.outside('/var/lib/hearthline/backups/all')).mode & 0o777).to.equal(0o600);
  });

  it('can serve a port below 1024 by the one privilege that it needs', async () => {
    const former = await pidOf('server');
    await dropIn('server', 'low-ports', shipped('low-ports.conf'));
    machine.write(
      '/etc/hearthline/hearthline.env',
      'HEARTHLINE_RTP_PORTS=30000-30199\nHEARTHLINE_HTTP_PORT=443\n',
    );
    await systemctl('restart', unit('server'));
    await untilUp('server', former);
    expect(await health('127.0.0.1:443')).to.include('isReady');
    // CAP_NET_BIND_SERVICE is number 10 of capabilities(7).
    expect(await fact('server', 'CapEff')).to.equal('0000000000000400');
    expect(await fact('server', 'CapBnd')).to.equal('0000000000000400');
  });

  it('stop together, in order, and leave no socket', async () => {
    await systemctl('stop', 'hearthline.target');
    for (const part of parts)
      await eventually(
        `${part} is gone`,
        async () => (await machine.show(unit(part), 'ActiveState')) === 'inactive',
      );
    for (const part of parts) expect(await machine.show(unit(part), 'Result'), part).to.equal('success');
    expect(readdirSync(machine.outside('/run/hearthline'))).to.deep.equal([]);
    const said = await machine.run('journalctl', ['-q', '--no-pager', '-o', 'cat', '-n', '100']);
    const stopped = [...said.matchAll(/^Stopped (hearthline-\w+\.service)/gm)].map(([, name]) => name!);
    const last = stopped.slice(-parts.length);
    expect(last[0]).to.equal(unit('server'));
    expect(last.toSorted()).to.deep.equal(parts.map(unit).toSorted());
    expect(existsSync(machine.outside('/run/credentials/hearthline-server.service'))).to.equal(false);
    expect(await machine.show('hearthline-backup.timer', 'ActiveState')).to.equal('inactive');
  });
});
