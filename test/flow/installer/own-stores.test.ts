/**
 * The house with the bank's own Postgres and Redis in place of ours: over TLS, with passwords, with no more rights than the manual asks
 * for. Calls, kills, stores that go away, stores that refuse, and what the commands say then.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../installer/admin-socket.ts';
import type { CliIo } from '../../../installer/cli-io.ts';
import type { OpsCommand } from '../../../installer/cli.ts';
import { cloneHouse, type House as OpsHouse } from '../../../installer/house.ts';
import { auditCommand } from '../../../installer/ops/audit.ts';
import { backupCommand } from '../../../installer/ops/backup.ts';
import { doctorCommand } from '../../../installer/ops/doctor.ts';
import type { Finding } from '../../../installer/ops/doctor/facts.ts';
import { keysCommand } from '../../../installer/ops/keys.ts';
import { logsCommand } from '../../../installer/ops/logs.ts';
import { rehearseCommand } from '../../../installer/ops/rehearse.ts';
import { residencyCommand } from '../../../installer/ops/residency.ts';
import { restoreCommand } from '../../../installer/ops/restore.ts';
import { retentionCommand } from '../../../installer/ops/retention.ts';
import { schemaCommand } from '../../../installer/ops/schema.ts';
import { statusCommand } from '../../../installer/ops/status.ts';
import { usersCommand } from '../../../installer/ops/users.ts';
import { postgresBinDir } from '../../../installer/postgres.ts';
import { waitForDatabase } from '../../../installer/stores.ts';
import type { HealthAnswer } from '../../../server/contract/rest.ts';
import { migrations } from '../../../server/db/migrations/index.ts';
import { Crowd } from '../../sip/faults/crowd.ts';
import { expectSoundLog } from '../../sip/faults/sound-log.ts';
import { startBankStores, type BankStores } from '../../support/bank-stores.ts';
import { startBaresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { startStack } from '../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const agentCount = 2;
const readyAgainMs = 30_000;

describe("the bank's own Postgres and Redis", function () {
  this.timeout(180_000);
  let dir = '';
  let bank: BankStores;
  let house: House;
  let ops: OpsHouse;
  let crowd: Crowd;
  let contacts = 0;

  before(async () => {
    dir = makeTempDir();
    bank = await startBankStores(join(dir, 'client'));
    house = await House.open(
      { tied: 1 + agentCount, free: 0 },
      { postgres: bank.postgres.address, redis: bank.redis.address },
    );
    const { first, last } = house.stack.rtpPorts;
    ops = cloneHouse(
      {
        HEARTHLINE_DATA: house.stack.dataDir,
        HEARTHLINE_HTTP_PORT: String(house.stack.httpPort),
        HEARTHLINE_SIP_PORT: String(house.sipPort),
        HEARTHLINE_RTP_PORTS: `${first}-${last}`,
        HEARTHLINE_BIND: '127.0.0.1',
        HEARTHLINE_POSTGRES_URL: bank.postgres.address.url,
        HEARTHLINE_POSTGRES_PASSWORD_FILE: bank.postgres.address.passwordFile,
        HEARTHLINE_POSTGRES_CA_FILE: bank.postgres.address.caFile,
        HEARTHLINE_REDIS_URL: bank.redis.address.url,
        HEARTHLINE_REDIS_PASSWORD_FILE: bank.redis.address.passwordFile,
        HEARTHLINE_REDIS_CA_FILE: bank.redis.address.caFile,
      },
      '/',
    );
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
    await bank?.stop();
    removeTempDir(dir);
  });

  const health = async () => (await (await fetch(`${house.stack.httpUrl}/healthz`)).json()) as HealthAnswer;
  const isReady = async () => (await health().catch(() => undefined))?.isReady === true;
  const call = (count: number) => {
    contacts += count;
    return crowd.call(count, { set: { FROM: `555${contacts}` } });
  };
  const run = async (command: OpsCommand, ...args: string[]) => {
    const said: string[] = [];
    const io: CliIo = { out: (text) => said.push(text), error: (text) => said.push(text) };
    try {
      return { code: await command(args, ops, io), said: said.join('\n') };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return { code: 1, said: [...said, error.message].join('\n') };
    }
  };

  it('starts none of ours, and signs in over TLS', async () => {
    expect(Object.keys(house.stack.pids()).sort()).to.deep.equal(['media', 'server', 'sip']);
    expect(existsSync(join(house.stack.dataDir, 'postgres', 'PG_VERSION'))).to.equal(false);
    const open = await bank.postgres.sql(
      "select count(*), bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'hearthline'",
    );
    expect(open).to.match(/^[1-9]\d*\|t$/);
    expect(await bank.redis.cli('CLIENT', 'LIST')).to.match(/user=hearthline/);
    expect(Number(await bank.redis.cli('EXISTS', 'hl:log'))).to.equal(1);
    expect(await house.stack.adminText('/site')).to.match(/Main queue/);
  });

  it('answers and records a call, and counts it', async () => {
    const { sipPort } = house;
    const agent = await startBaresip({ user: '1001', password: 'secret-1001', sipPort });
    const caller = await startBaresip({ user: '1009', password: 'secret-1009', sipPort });
    try {
      await agent.untilRegistered();
      await caller.untilRegistered();
      await house.untilAgent('101', 'ready');
      contacts += 1;
      await caller.dial('701');
      await agent.waitFor('CALL_INCOMING');
      await agent.accept();
      await house.untilAgent('101', 'talking');
      await house.talkFor(1500);
      await agent.hangup();
      expect(await house.lastContact()).to.include({ outcome: 'answered', endedBy: 'agent' });
    } finally {
      await Promise.all([agent.stop(), caller.stop()]);
    }
    const [recording] = await house.recordings(1);
    expect(recording!.bytes).to.be.greaterThan(10_000);
    expect(existsSync(join(house.stack.recordingsDir, recording!.file))).to.equal(true);
    expect(
      await bank.postgres.sql("select count(*) from events where type = 'contact.ended'", 'hearthline'),
      "in the bank's database",
    ).to.equal('1');
    await expectSoundLog(house, contacts);
  });

  it('loses nothing when the server is killed amid calls', async () => {
    await crowd.seat(1002, agentCount);
    await house.untilAgents('ready', agentCount);
    await call(4);
    await house.untilContacts('connected', agentCount);
    await house.untilContacts('waiting', 2);
    await house.stack.killProcess('server');
    await until('ready again', isReady, readyAgainMs);
    await house.untilContacts('connected', agentCount);
    await house.untilContacts('waiting', 2);
    await crowd.serveAll(30_000);
    await expectSoundLog(house, contacts);
  });

  for (const [name, awayMs] of [
    ['redis', 3000],
    ['postgres', 5000],
  ] as const)
    it(`${name} away for ${awayMs / 1000} s: calls go on, new ones work, nothing is lost`, async () => {
      const { server } = house.stack.pids();
      await house.untilAgents('ready', agentCount);
      await call(3);
      await house.untilContacts('connected', agentCount);
      const back = bank[name].away(awayMs);
      await until(`/healthz names ${name}`, async () => (await health()).parts[name]?.isReady === false);
      const [talking] = crowd.talking();
      await crowd.hangUp(talking!.run, talking!.callId);
      await call(2);
      await house.untilContacts('connected', agentCount);
      await house.untilContacts('waiting', 2);
      await back;
      await until('ready again', isReady, readyAgainMs);
      await crowd.serveAll(30_000);
      await expectSoundLog(house, contacts);
      expect((await house.contacts()).filter(({ outcome }) => outcome !== 'answered')).to.deep.equal([]);
      expect(house.stack.pids().server, 'the server itself went on').to.equal(server);
    });

  it('status and doctor tell of them as of the bank’s', async () => {
    const status = await run(statusCommand);
    expect(status.code).to.equal(0);
    expect(status.said).to.match(/postgres {6}the bank's own, at 127\.0\.0\.1:\d+: answers/);
    expect(status.said).to.match(/redis {9}the bank's own, at localhost:\d+: answers/);
    expect(status.said).not.to.match(/does not run/);
    const doctor = await run(doctorCommand, '--json');
    const { findings } = JSON.parse(doctor.said) as { findings: Finding[] };
    const fine = findings.filter(({ level }) => level === 'ok').map(({ what }) => what);
    expect(fine).to.include.members(['3 processes run', 'Postgres is in order', 'Redis writes to its file']);
    expect(fine.filter((what) => /^The bank's own .* answers$/.test(what))).to.have.length(2);
    const wrong = findings.filter(({ level }) => level !== 'ok').map(({ what }) => what);
    expect(wrong.filter((what) => /postgres|redis|backup|archive|looked at/i.test(what))).to.deep.equal([]);
  });

  it('doctor finds a Redis that may forget', async () => {
    await bank.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await bank.redis.cli('CONFIG', 'SET', 'appendonly', 'no');
    const doctor = await run(doctorCommand);
    await bank.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await bank.redis.cli('CONFIG', 'SET', 'appendonly', 'yes');
    expect(doctor.code).to.equal(1);
    expect(doctor.said).to.match(/FAULT {2}Redis may throw events away \(maxmemory-policy is allkeys-lru\)/);
    expect(doctor.said).to.match(/FAULT {2}Redis keeps nothing on disk/);
    expect(doctor.said).to.match(/Whoever keeps the bank's Redis at localhost:\d+ sets it/);
  });

  it('the other commands work with them', async () => {
    expect(await run(schemaCommand, 'show')).to.deep.equal({ code: 0, said: migrations.at(-1)!.name });
    expect((await run(auditCommand, 'verify')).code).to.equal(0);
    expect((await run(keysCommand, 'list')).code).to.equal(0);
    expect((await run(residencyCommand)).code).to.equal(0);
    expect((await run(retentionCommand, 'run')).code).to.equal(0);
    expect((await run(usersCommand, 'list')).code).to.equal(0);
    await waitForDatabase(ops, 5000);
    const logs = await run(logsCommand, 'postgres');
    expect(logs.code).to.equal(1);
    expect(logs.said).to.match(/^Postgres is the bank's own, at 127\.0\.0\.1:\d+: its log is there/);
    const all = await run(logsCommand, '--lines', '5');
    expect(all.code).to.equal(0);
    expect(all.said).to.match(/ server /);
  });

  it('backups, restores and rehearsals are refused, and nothing is written', async () => {
    for (const [command, ...args] of [
      [backupCommand],
      [restoreCommand, 'latest', '--replace'],
      [rehearseCommand],
    ] as [OpsCommand, ...string[]][]) {
      const { code, said } = await run(command, ...args);
      expect(code).to.equal(1);
      expect(said).to.match(/Postgres \(127\.0\.0\.1:\d+\) and Redis \(localhost:\d+\) are the bank's own/);
    }
    expect((await run(backupCommand)).said).to.include(house.stack.recordingsDir);
    expect(existsSync(ops.backupsDir)).to.equal(false);
  });

  it('shows the passwords nowhere', () => {
    const secrets = [bank.postgres.password, bank.redis.password];
    const shown: string[] = [];
    const look = (where: string, text: string) => {
      if (secrets.some((secret) => text.includes(secret))) shown.push(where);
    };
    for (const pid of Object.values(house.stack.pids())) {
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).to.include('HEARTHLINE_');
      for (const file of ['environ', 'cmdline']) look(file, readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    }
    const logs = join(house.stack.dataDir, 'log');
    for (const name of readdirSync(logs)) look(name, readFileSync(join(logs, name), 'utf8'));
    expect(readdirSync(logs)).to.include('server.log');
    expect(shown).to.deep.equal([]);
  });

  /** Until the server, started anew, says so; then it is put right again and must be ready by itself. */
  const refused = async (name: 'postgres' | 'redis', why: RegExp, mend: () => Promise<unknown>) => {
    await house.stack.killProcess('server');
    try {
      await until(
        `/healthz says that ${name} refuses`,
        async () => why.test((await health().catch(() => undefined))?.parts[name]?.detail ?? ''),
        readyAgainMs,
      );
      expect((await health()).isReady).to.equal(false);
      const status = await run(statusCommand);
      expect(status.code).to.equal(1);
      expect(status.said).to.match(new RegExp(`${name} .*NOT REACHED \\(.*${why.source}`));
      const words = name === 'redis' ? 'redis does not let us in' : 'Postgres does not let us in';
      const line = house.stack
        .logs('server')
        .split('\n')
        .findLast((one) => one.includes(words));
      expect(line, 'a line of its log').to.match(why);
    } finally {
      await mend();
    }
    await until('ready again', isReady, readyAgainMs);
  };

  for (const name of ['redis', 'postgres'] as const) {
    it(`${name}: a wrong password is refused, in words`, async () => {
      await bank[name].setPassword('another');
      await refused(name, /refuses the user or the password/, () =>
        bank[name].setPassword(bank[name].password),
      );
    });

    it(`${name}: a certificate of another authority is refused`, async () => {
      await bank[name].certify('DNS:localhost,IP:127.0.0.1', bank.otherAuthority);
      await refused(name, /certificate is of an authority that is not trusted/, () =>
        bank[name].certify('DNS:localhost,IP:127.0.0.1'),
      );
    });

    it(`${name}: a certificate for another name is refused`, async () => {
      await bank[name].certify('DNS:other.bank.example');
      await refused(name, /certificate is for another name/, () =>
        bank[name].certify('DNS:localhost,IP:127.0.0.1'),
      );
    });
  }

  it('a first start with a wrong password makes nothing', async () => {
    await bank.postgres.sql('CREATE DATABASE fresh OWNER hearthline');
    const passwordFile = join(dir, 'wrong');
    writeFileSync(passwordFile, 'not-that-one\n', { mode: 0o600 });
    const url = bank.postgres.address.url.replace(/\/hearthline$/, '/fresh');
    let fault: Error | undefined;
    await startStack({
      postgres: { ...bank.postgres.address, url, passwordFile },
      readyMs: 25_000,
    }).catch((error: Error) => (fault = error));
    expect((fault?.cause as Error | undefined)?.message).to.match(/^Not ready in time: postgres/);
    expect(fault?.message).to.match(/Postgres does not let us in: it refuses the user or the password/);
    expect(
      await bank.postgres.sql("select count(*) from pg_class where relname = 'events'", 'fresh'),
    ).to.equal('0');
  });

  it('goes on with a house whose database was copied there, as the manual says', async () => {
    const dataDir = join(dir, 'moved');
    const ours = await House.open({ tied: 1 }, { dataDir });
    const dump = join(dir, 'house.dump');
    let crowdThere = new Crowd(ours);
    try {
      await crowdThere.seat(1001, 1);
      await ours.untilAgents('ready', 1);
      await crowdThere.call(1, { set: { FROM: '5551' } });
      await ours.untilContacts('connected', 1);
      await crowdThere.serveAll(20_000);
      await expectSoundLog(ours, 1);
      await ours.untilProjected();
      const from = ['-h', ours.stack.pgSocket, '-U', 'hearthline', '--no-owner', '--no-acl', '-Fc'];
      execFileSync(join(postgresBinDir(), 'pg_dump'), [...from, '-f', dump, 'hearthline'], { cwd: '/' });
    } finally {
      await crowdThere.leave();
      await ours.close();
    }
    await bank.postgres.sql(
      "CREATE DATABASE moved OWNER hearthline TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
    );
    const { port } = new URL(bank.postgres.address.url);
    const to = `host=127.0.0.1 port=${port} user=hearthline dbname=moved sslmode=verify-full sslrootcert=${bank.postgres.address.caFile}`;
    execFileSync(
      join(postgresBinDir(), 'pg_restore'),
      ['--no-owner', '--no-acl', '--exit-on-error', '-d', to, dump],
      { env: { PGPASSWORD: bank.postgres.password }, cwd: '/', stdio: 'pipe' },
    );
    const moved = await House.open(
      { tied: 1 },
      {
        dataDir,
        postgres: {
          ...bank.postgres.address,
          url: bank.postgres.address.url.replace(/\/hearthline$/, '/moved'),
        },
        redis: { ...bank.redis.address, url: bank.redis.address.url.replace(/\/0$/, '/1') },
      },
    );
    crowdThere = new Crowd(moved);
    try {
      await crowdThere.seat(1001, 1);
      await moved.untilAgents('ready', 1);
      await crowdThere.call(1, { set: { FROM: '5552' } });
      await moved.untilContacts('connected', 1);
      await crowdThere.serveAll(20_000);
      await expectSoundLog(moved, 2);
      expect((await moved.contacts()).map(({ outcome }) => outcome)).to.deep.equal(['answered', 'answered']);
    } finally {
      await crowdThere.leave();
      await moved.close();
    }
  });

  it('has every call of the whole test, once', () => expectSoundLog(house, contacts));
});
