/**
 * A backup of the running product and its restore to another place: nothing acknowledged before it is lost, counts and trail are
 * those of its moment, and what is damaged is named. While forms come in.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import { CliError } from '../../../../installer/admin-socket.ts';
import { installedHouse, machinePlaces } from '../../../../installer/house.ts';
import { serviceUser } from '../../../../installer/privilege.ts';
import { collectKeys, sealKeys } from '../../../../installer/ops/backup/keys-file.ts';
import { backupsIn } from '../../../../installer/ops/backup/backup-dirs.ts';
import type { Manifest } from '../../../../installer/ops/backup/manifest.ts';
import { restoreHouse, type HouseRestoreOptions } from '../../../../installer/ops/backup/restore-house.ts';
import { takeBackup, type TakenBackup } from '../../../../installer/ops/backup/take-backup.ts';
import { verifyBackup } from '../../../../installer/ops/backup/verify-backup.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { migrations } from '../../../../server/db/migrations/index.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { freePort } from '../../../support/free-port.ts';
import { houseIn, runOps } from '../../../support/ops.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { postForm } from '../../../support/text-senders.ts';
import { until } from '../../../support/until.ts';
import { adminPassword, firstAdmin, WebClient } from '../../../support/web-client.ts';

const siteWith = (listener: number) => `site: { name: Test Bank, timeZone: Europe/Rome, language: en }
queues:
  - { id: mail, name: Mail }
agents:
  - { id: '101', name: Anna, queues: [mail] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: 9, tls: none }
  mailboxes:
    - { id: help, name: Help desk, address: help@bank.example, queue: mail }
forms:
  - { id: contact, queue: mail, mailbox: help, origins: ['https://www.bank.example'] }
`;

async function withDatabase<T>(socketDir: string, work: (db: Sequelize) => Promise<T>): Promise<T> {
  const logger = createLogger('test', 'silent');
  const db = connectDatabase({ socketDir, database: 'hearthline', user: 'hearthline', logger, poolMax: 1 });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

const rowsIn = <T extends object>(socketDir: string, sql: string): Promise<T[]> =>
  withDatabase(socketDir, (db) => db.query<T>(sql, { type: QueryTypes.SELECT }));

describe('backup and restore of the product', function () {
  this.timeout(180_000);
  let temp: string;
  let dataDir: string;
  let stack: Stack;
  let site: string;
  let backup: TakenBackup;
  let posted = 0;
  const acknowledged: string[] = [];
  let sentBefore: string[] = [];

  /** Counted by the product for each address and in all: not too often. */
  async function post(): Promise<void> {
    const n = (posted += 1);
    const text = `form ${n}`;
    await postForm(`${stack.publicUrl}/forms/contact`, {
      clientId: `backup-${String(n).padStart(8, '0')}`,
      email: `form${n}@customers.example`,
      text,
    });
    acknowledged.push(text);
  }

  before(async () => {
    temp = makeTempDir();
    dataDir = join(temp, 'var');
    site = siteWith(await freePort());
    stack = await startStack({ dataDir, site, env: { HEARTHLINE_TRUSTED_PROXY_HOPS: '1' } });
    await firstAdmin(stack.httpUrl, stack.setupSecret());
    mkdirSync(join(stack.recordingsDir, '2026', '11'), { recursive: true });
    for (const name of ['a', 'b', 'c'])
      writeFileSync(join(stack.recordingsDir, '2026', '11', `${name}.wav`), `sound of ${name}`.repeat(1000));
    writeFileSync(join(stack.recordingsDir, '2026', '11', 'growing.wav.part'), 'not yet');
    writeFileSync(join(stack.promptsDir, 'custom', 'hello.wav'), 'hello');
    writeFileSync(join(dataDir, 'secrets', 'mail-password'), 'hunter2 and more', { mode: 0o600 });
    for (let n = 0; n < 5; n += 1) await post();
  });
  after(async () => {
    await stack.stop();
    removeTempDir(temp);
  });

  it('is taken while forms come in, and says what it has', async () => {
    let isComing = true;
    sentBefore = [...acknowledged];
    const coming = (async () => {
      while (isComing) await post();
    })();
    try {
      backup = await takeBackup(houseIn(dataDir), {
        keys: { file: join(temp, 'keys'), passphrase: 'correct horse battery' },
      });
    } finally {
      isComing = false;
      await coming;
    }
    const { manifest } = backup;
    expect(manifest.tables['messages']).to.be.at.least(sentBefore.length);
    expect(manifest.tables['users']).to.equal(1);
    expect(manifest.audit.seq).to.be.greaterThan(0);
    expect(manifest.recordings).to.deep.include({ count: 3, missing: 0, damaged: 0 });
    expect(manifest.prompts.count).to.equal(1);
    expect(readdirSync(join(dataDir, 'backups')).sort()).to.deep.equal([
      backup.dir.split('/').at(-1),
      'objects',
    ]);
  });

  it('has no secret in it, and is open to nobody else', () => {
    const entries = readdirSync(join(dataDir, 'backups'), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      expect(statSync(join(entry.parentPath, entry.name)).mode & 0o077, entry.name).to.equal(0);
    const everything = entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    expect(everything.length).to.be.greaterThan(5);
    for (const content of everything) expect(content.includes('hunter2')).to.equal(false);
    expect(readFileSync(join(temp, 'keys')).includes('hunter2')).to.equal(false);
  });

  it('is proved by a restore into a scratch directory, of which nothing stays', async () => {
    const places = () =>
      [readdirSync(dataDir), readdirSync('/var/tmp')].flat().filter((name) => /scratch/.test(name));
    const { checks } = await verifyBackup(houseIn(dataDir), backup.dir);
    expect(checks.flatMap(({ faults }) => faults)).to.deep.equal([]);
    expect(checks.map(({ name }) => name)).to.deep.equal([
      'files',
      'recordings',
      'database',
      'tables',
      'audit trail',
      'event log',
    ]);
    expect(places()).to.deep.equal([]);
  });

  it('is restored to another directory, where the product goes on with all that was acknowledged before', async () => {
    const before = backup.manifest;
    await stack.stop();
    const other = join(temp, 'other', 'var');
    const said: string[] = [];
    const restored = await restoreHouse(houseIn(dataDir), {
      backup: backup.dir,
      into: other,
      keys: { file: join(temp, 'keys'), passphrase: 'correct horse battery' },
      say: (text) => said.push(text),
    });
    expect(restored.aside).to.deep.equal([]);
    expect(restored.facts.tables).to.deep.equal(before.tables);
    expect(readFileSync(join(other, 'secrets', 'mail-password'), 'utf8')).to.equal('hunter2 and more');
    expect(readFileSync(join(other, 'recordings/2026/11/b.wav'), 'utf8')).to.equal('sound of b'.repeat(1000));
    expect(readFileSync(join(other, 'prompts/custom/hello.wav'), 'utf8')).to.equal('hello');
    expect(existsSync(join(other, 'recordings/2026/11/growing.wav.part'))).to.equal(false);

    stack = await startStack({ dataDir: other, env: { HEARTHLINE_TRUSTED_PROXY_HOPS: '1' } });
    await post();
    const forms = await rowsIn<{ text: string; contact: string; events: string }>(
      stack.pgSocket,
      `select m.text, m.contact_id as contact,
              (select count(*) from events e where e.contact_id = m.contact_id and e.type = 'contact.queued') as events
       from messages m order by m.seq`,
    );
    const texts = forms.map(({ text }) => text);
    expect(new Set(texts).size, 'none twice').to.equal(texts.length);
    expect(texts).to.include.members([...sentBefore, acknowledged.at(-1)]);
    await until('each has a contact that was queued once', async () => {
      const rows = await rowsIn<{ n: string }>(
        stack.pgSocket,
        `select count(*) as n from messages m where 1 <>
           (select count(*) from events e where e.contact_id = m.contact_id and e.type = 'contact.queued')`,
      );
      return rows[0]?.n === '0';
    });
    const [gaps] = await rowsIn<{ n: string; last: string }>(
      stack.pgSocket,
      'select max(seq) - count(*) as n, max(seq) as last from events',
    );
    expect(gaps!.n, 'no event is missing').to.equal('0');
    expect(stack.logs('server')).to.not.contain('events are missing');
    // Who was signed in still is, and the password counts: users and sessions are of the backup.
    await new WebClient(stack.httpUrl).must('POST', '/api/session', {
      username: 'ada',
      password: adminPassword,
    });
  });

  it('names a damaged object and a damaged archive, and restores neither', async () => {
    const { parts } = backup.manifest;
    const base = Object.keys(parts).find((name) => name.startsWith('postgres/base.tar'))!;
    const digest = createHash('sha256').update('sound of b'.repeat(1000)).digest('hex');
    const object = join(dataDir, 'backups', 'objects', digest.slice(0, 2), digest);
    const [wasBase, wasObject] = [readFileSync(join(backup.dir, base)), readFileSync(object)];
    try {
      writeFileSync(object, `x${wasObject.toString().slice(1)}`);
      const { code, said } = await runOps(dataDir, 'backup', 'verify', 'latest');
      expect(code).to.equal(1);
      expect(said).to.match(/FAULT +recordings +2026\/11\/b.wav: its object [0-9a-f]{64} is damaged/);
      await refused(/b.wav: its object .* is damaged/);
      writeFileSync(object, wasObject);

      const bent = Buffer.from(wasBase);
      bent[bent.length >> 1]! ^= 0x40;
      writeFileSync(join(backup.dir, base), bent);
      const { checks } = await verifyBackup(houseIn(dataDir), backup.dir);
      expect(checks.flatMap(({ faults }) => faults)).to.deep.equal([
        `${base} is not as it was written`,
        'not tried: see above',
      ]);
      await refused(/The backup is damaged: postgres\/base.tar.* is not as it was written/);
    } finally {
      writeFileSync(join(backup.dir, base), wasBase);
      writeFileSync(object, wasObject);
    }
  });

  it('tells another count and another head of the trail', async () => {
    const file = join(backup.dir, 'manifest.json');
    const was = readFileSync(file, 'utf8');
    const manifest = JSON.parse(was) as Manifest;
    manifest.tables['messages']! += 1;
    manifest.audit.seq += 1;
    try {
      writeFileSync(file, JSON.stringify(manifest));
      const { checks } = await verifyBackup(houseIn(dataDir), backup.dir);
      const faults = checks.flatMap((check) => check.faults).join('\n');
      expect(faults).to.match(/messages: \d+ in the backup's list, \d+ restored/);
      expect(faults).to.match(/it ends with entry \d+, and the backup's list says \d+/);
      await refused(/The restored tables are not those of the backup/);
    } finally {
      writeFileSync(file, was);
    }
  });

  it('refuses what this release cannot take up, in words', async () => {
    const file = join(backup.dir, 'manifest.json');
    const was = readFileSync(file, 'utf8');
    const manifest = JSON.parse(was) as Manifest;
    try {
      writeFileSync(file, JSON.stringify({ ...manifest, schema: '9999-later' }));
      await refused(/of a newer release .*schema 9999-later.*Install that release/);
      writeFileSync(file, JSON.stringify({ ...manifest, postgresMajor: '99' }));
      await refused(/made by Postgres 99, which is not installed here: apt-get install postgresql-99/);
      writeFileSync(file, JSON.stringify({ ...manifest, format: 2 }));
      await refused(/made by a newer Hearthline/);
      writeFileSync(file, was.slice(0, -20));
      await refused(/manifest.json cannot be read/);
    } finally {
      writeFileSync(file, was);
    }
    await refused(/the passphrase is another, or the file was changed/, {
      keys: { file: join(temp, 'keys'), passphrase: 'correct horse staple' },
    });
    await refused(/for an earlier moment choose an earlier backup/, { atMs: Date.parse(manifest.at) - 1000 });
  });

  it('refuses a live house and one that holds data, and changes neither', async () => {
    const other = join(temp, 'other', 'var');
    const options = { backup: backup.dir, into: other, isReplacing: true };
    const error = await restoreHouse(houseIn(dataDir), options).catch((caught: unknown) => caught);
    expect(String(error)).to.match(/Hearthline is running from .*Postgres, Redis.*Nothing was changed/);
    await post();
    const listed = readdirSync(dataDir).sort();
    const held = await runOps(dataDir, 'restore', 'latest');
    expect(held.code).to.equal(1);
    expect(held.said).to.match(/holds data .*With --replace they are moved aside/);
    expect(readdirSync(dataDir).sort()).to.deep.equal(listed);
  });

  it('moves the old data aside with --replace, and says how long it took', async () => {
    const { code, said } = await runOps(dataDir, 'restore', 'latest', '--replace');
    expect(code, said).to.equal(0);
    expect(said).to.match(/Time to restore: [\d.]+ s for .* MB\/s/);
    const aside = readdirSync(dataDir).filter((name) => name.includes('.before-'));
    expect(aside.map((name) => name.split('.')[0])).to.have.members(['postgres', 'recordings', 'redis']);
    const old = aside.find((name) => name.startsWith('recordings'))!;
    expect(readdirSync(join(dataDir, old, '2026', '11'))).to.include('growing.wav.part');
    expect(readdirSync(dataDir).filter((name) => /restoring|unfinished/.test(name))).to.deep.equal([]);
  });

  it('writes a recording once, keeps as many as were asked for, and what they name', async () => {
    await stack.stop();
    stack = await startStack({ dataDir });
    const to = join(temp, 'elsewhere');
    const objects = () =>
      readdirSync(join(to, 'objects'), { recursive: true }).filter((name) => name.length > 10);
    const day = join(stack.recordingsDir, '2026', '11');
    const first = await takeBackup(houseIn(dataDir), { to, compression: 'none' });
    expect(first.newObjectBytes).to.equal(3 * 'sound of a'.length * 1000 + 'hello'.length);
    expect(first.remarks).to.deep.equal([]);
    writeFileSync(join(day, 'd.wav'), 'sound of d');
    rmSync(join(day, 'a.wav'));
    const second = await takeBackup(houseIn(dataDir), { to });
    expect(second.newObjectBytes).to.equal('sound of d'.length);
    expect(objects()).to.have.length(5);
    const { code, said } = await runOps(dataDir, 'backup', '--to', to, '--keep', '2');
    expect(code, said).to.equal(0);
    expect(said).to.contain('Keys are not in it').and.to.contain('Removed: ');
    const kept = backupsIn(to);
    expect(kept).to.have.length(2);
    expect(kept[0]!.dir).to.equal(second.dir);
    expect(objects(), 'a.wav is named by none').to.have.length(4);
    for (const { dir } of kept) {
      const { checks } = await verifyBackup(houseIn(dataDir), dir);
      expect(checks.flatMap(({ faults }) => faults)).to.deep.equal([]);
    }
    const list = await runOps(dataDir, 'backup', 'list', '--to', to);
    expect(list.code).to.equal(0);
    expect(list.said.trim().split('\n')).to.have.length(2);
  });

  it('tells where the audit trail was changed, and restores no such backup', async () => {
    const change = (actor: string) =>
      rowsIn<{ was: string }>(
        stack.pgSocket,
        `update audit a set actor = '${actor}' from audit b where a.seq = 1 and b.seq = 1 returning b.actor as was`,
      );
    const [first] = await change('user:nobody');
    const bent = await takeBackup(houseIn(dataDir), { to: join(temp, 'bent') });
    await change(first!.was);
    const { checks } = await verifyBackup(houseIn(dataDir), bent.dir);
    expect(checks.flatMap(({ faults }) => faults)).to.deep.equal(['entry 1: it was changed']);
    await refused(/audit trail of the backup is broken at entry 1 \(it was changed\)/, { backup: bent.dir });
  });

  it('brings a backup of an older schema forward at the next start', async () => {
    // As an older release leaves it: without the newest migration.
    await withDatabase(stack.pgSocket, async (db) => {
      await db.query(migrations.at(-1)!.down);
      await db.query('delete from schema_migrations where name = $1', { bind: [migrations.at(-1)!.name] });
    });
    const old = await takeBackup(houseIn(dataDir), { to: join(temp, 'old') });
    expect(old.manifest.schema).to.equal(migrations.at(-2)!.name);
    await stack.stop();
    const into = join(temp, 'forward', 'var');
    const restored = await restoreHouse(houseIn(dataDir), { backup: old.dir, into });
    expect(restored.remarks.join()).to.contain(`the next start brings it to ${migrations.at(-1)!.name}`);
    stack = await startStack({ dataDir: into });
    const rows = await rowsIn<{ name: string }>(
      stack.pgSocket,
      'select max(name) as name from schema_migrations',
    );
    expect(rows[0]!.name).to.equal(migrations.at(-1)!.name);
  });

  it('restores an installed house: owners, keys, its own access rules, and settings laid beside', async function () {
    const postgres = serviceUser(['postgres']);
    const redis = serviceUser(['redis']);
    if (!postgres || !redis) return this.skip();
    const root = join(temp, 'machine');
    const machine = machinePlaces(root);
    for (const dir of [machine.etcDir, machine.programsDir, machine.tlsDir, machine.dataDir])
      mkdirSync(dir, { recursive: true });
    const account = (name: string, { uid, gid }: { uid: number; gid: number }) =>
      `${name}:x:${uid}:${gid}::/:/`;
    writeFileSync(
      join(root, 'etc/passwd'),
      [account('hearthline-postgres', postgres), account('hearthline-redis', redis)].join('\n'),
    );
    writeFileSync(
      machine.settingsFile,
      'HEARTHLINE_HTTP_PORT=8088\nHEARTHLINE_METRICS_TOKEN=0123456789abcdef\n',
    );
    writeFileSync(join(machine.tlsDir, 'server.key'), 'a private key', { mode: 0o640 });
    const house = () => installedHouse(root);
    const { layout } = house();
    mkdirSync(join(layout.secretsDir), { recursive: true, mode: 0o700 });
    mkdirSync(layout.recordingsDir, { mode: 0o2770 });
    chownSync(layout.recordingsDir, 12_345, 12_346);
    chmodSync(layout.recordingsDir, 0o2770);
    mkdirSync(layout.postgres.dataDir);
    for (const [name, text] of Object.entries({ PG_VERSION: '15\n', 'pg_hba.conf': '# of this machine\n' }))
      writeFileSync(join(layout.postgres.dataDir, name), text);
    // Its keys as of now, under which the restore puts them back.
    const sealed = join(temp, 'machine-keys');
    writeFileSync(sealed, await sealKeys(await collectKeys({ layout, machine }), 'correct horse battery'));
    writeFileSync(join(machine.tlsDir, 'server.key'), 'another key');

    const wrong = join(root, 'usr/lib/postgresql/99/bin');
    mkdirSync(wrong, { recursive: true });
    symlinkSync(wrong, join(machine.programsDir, 'postgres'));
    const options = { backup: backup.dir, isReplacing: true };
    const error = await restoreHouse(house(), options).catch((caught: unknown) => caught);
    expect(String(error)).to.match(/made by Postgres \d+, and this house is run by 99/);
    rmSync(join(machine.programsDir, 'postgres'));

    const { aside, remarks } = await restoreHouse(house(), {
      ...options,
      keys: { file: sealed, passphrase: 'correct horse battery' },
    });
    expect(remarks).to.deep.equal([]);
    expect(aside.map((dir) => dir.slice(root.length).split('.before-')[0])).to.have.members([
      '/var/lib/hearthline/postgres',
      '/etc/hearthline/tls',
    ]);
    const { uid } = statSync(layout.postgres.dataDir);
    expect(uid).to.equal(postgres.uid);
    expect(readFileSync(join(layout.postgres.dataDir, 'pg_hba.conf'), 'utf8')).to.equal(
      '# of this machine\n',
    );
    expect(statSync(layout.redis.dataDir).uid).to.equal(redis.uid);
    const day = statSync(join(layout.recordingsDir, '2026'));
    expect([day.uid, day.gid, day.mode & 0o7777]).to.deep.equal([12_345, 12_346, 0o2770]);
    expect(statSync(join(layout.recordingsDir, '2026/11/b.wav')).mode & 0o777).to.equal(0o640);
    expect(readFileSync(join(machine.tlsDir, 'server.key'), 'utf8')).to.equal('a private key');
    expect(statSync(join(machine.tlsDir, 'server.key')).mode & 0o777).to.equal(0o640);
    expect(readFileSync(machine.settingsFile, 'utf8')).to.contain('8088');
    expect(readFileSync(`${machine.settingsFile}.of-backup`, 'utf8')).to.contain('HEARTHLINE_SIP_PORT=');
    expect(readFileSync(join(machine.etcDir, 'of-backup', 'hearthline.env'), 'utf8')).to.contain(
      'METRICS_TOKEN',
    );
  });

  async function refused(what: RegExp, options: Partial<HouseRestoreOptions> = {}): Promise<void> {
    const into = join(temp, 'refused', 'var');
    const error = await restoreHouse(houseIn(dataDir), { backup: backup.dir, into, ...options }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(CliError);
    expect((error as Error).message).to.match(what);
    for (const dir of existsSync(into) ? ['postgres', 'redis', 'recordings'] : [])
      expect(existsSync(join(into, dir)) ? readdirSync(join(into, dir)) : []).to.deep.equal([]);
    expect(
      existsSync(into) ? readdirSync(into).filter((name) => name.includes('restoring')) : [],
    ).to.deep.equal([]);
  }
});
