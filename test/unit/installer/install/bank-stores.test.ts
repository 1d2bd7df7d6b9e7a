/** The bank's own stores at an installation: files that are copied, settings that are changed, units that go, what is refused. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  addressOf,
  type BankStores,
  hasStoreSettings,
  missingStoreFiles,
  withStoreAnswers,
  withStoreSettings,
} from '../../../../installer/install/bank-stores.ts';
import {
  checkMove,
  checkStores,
  judgeDatabase,
  judgeRedis,
} from '../../../../installer/install/check-stores.ts';
import { storeFinding } from '../../../../installer/install/store-findings.ts';
import { dropIns, unitFiles } from '../../../../installer/install/steps/units.ts';
import { type MachinePlaces, machinePlaces } from '../../../../installer/house.ts';
import { NoAnswer } from '../../../../installer/store-connection.ts';
import { writeWhole } from '../../../../installer/system-files.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const systemd = fileURLToPath(new URL('../../../../systemd', import.meta.url));

describe('files of the bank’s stores', () => {
  let root = '';
  let places: MachinePlaces;
  let stores: BankStores;
  beforeEach(() => {
    root = makeTempDir();
    places = machinePlaces(root);
    const [passwordFile, caFile] = [join(root, 'pw'), join(root, 'ca.pem')];
    mkdirSync(places.etcDir, { recursive: true });
    writeFileSync(passwordFile, 'open sesame\n');
    writeFileSync(caFile, 'a certificate\n');
    stores = { postgres: { url: 'postgres://hl@db/calls', passwordFile, caFile } };
  });
  afterEach(() => removeTempDir(root));
  const copy = () => {
    for (const file of missingStoreFiles(stores, places)) writeWhole(file);
  };

  it('are copied, the password for root alone', () => {
    copy();
    const { password, ca } = places.storeFiles.postgres;
    expect(readFileSync(password, 'utf8')).to.equal('open sesame\n');
    expect(statSync(password).mode & 0o777).to.equal(0o600);
    expect(statSync(ca).mode & 0o777).to.equal(0o644);
    expect(missingStoreFiles(stores, places)).to.deep.equal([]);
    expect(existsSync(places.storeFiles.redis.password)).to.equal(false);
  });

  it('are no longer needed once they were copied, and a new one is taken', () => {
    copy();
    writeFileSync(stores.postgres!.passwordFile!, 'another\n');
    expect(addressOf('postgres', stores, places)).to.deep.equal(stores.postgres);
    copy();
    expect(readFileSync(places.storeFiles.postgres.password, 'utf8')).to.equal('another\n');
    for (const file of [stores.postgres!.passwordFile!, stores.postgres!.caFile!]) rmSync(file);
    expect(missingStoreFiles(stores, places)).to.deep.equal([]);
    expect(addressOf('postgres', stores, places)).to.deep.equal({
      url: 'postgres://hl@db/calls',
      passwordFile: places.storeFiles.postgres.password,
      caFile: places.storeFiles.postgres.ca,
    });
    expect(addressOf('redis', stores, places)).to.equal(undefined);
  });

  it('are missed by their place in the answers', async () => {
    rmSync(stores.postgres!.passwordFile!);
    const [finding] = await checkStores(stores, places);
    expect(finding).to.include({ level: 'fault' });
    expect(finding?.what).to.match(/^postgres\.passwordFile \(.*pw\) cannot be read: ENOENT/);
  });
});

describe('settings of a house that is there already', () => {
  const stores: BankStores = { redis: { url: 'rediss://redis.bank.example', caFile: '/root/ca.pem' } };

  it('are changed in what the stores are, and in nothing else', () => {
    const before =
      '# ours\nHEARTHLINE_BIND=10.0.0.5\nHEARTHLINE_REDIS_URL=rediss://old\nHEARTHLINE_SIP_PORT=5070\n';
    expect(hasStoreSettings(before, stores)).to.equal(false);
    const after = withStoreSettings(before, stores);
    expect(after).to.equal(
      '# ours\nHEARTHLINE_BIND=10.0.0.5\nHEARTHLINE_SIP_PORT=5070\nHEARTHLINE_REDIS_URL=rediss://redis.bank.example\nHEARTHLINE_REDIS_CA_FILE=/etc/hearthline/tls/redis-ca.pem\n',
    );
    expect(hasStoreSettings(after, stores)).to.equal(true);
    expect(hasStoreSettings('HEARTHLINE_BIND=10.0.0.5\n', {})).to.equal(true);
    const kept = JSON.parse(withStoreAnswers('{"names":["x"],"postgres":{"url":"y"}}', stores)) as object;
    expect(kept).to.deep.equal({ names: ['x'], redis: stores.redis });
  });

  it('never lead back to an empty store of ours by themselves, and a move is told', () => {
    const data = { postgres: true, redis: true };
    const named = 'HEARTHLINE_REDIS_URL=rediss://redis.bank.example\n';
    expect(checkMove({}, named, data).map(({ level }) => level)).to.deep.equal(['fault']);
    expect(checkMove({}, named, data)[0]?.remedy).to.match(/redis\.url.*HEARTHLINE_REDIS_URL/);
    expect(checkMove(stores, named, data)).to.deep.equal([]);
    expect(checkMove(stores, 'HEARTHLINE_REDIS_URL=rediss://old', data)[0]).to.include({ level: 'warning' });
    expect(checkMove(stores, '', data)[0]?.what).to.equal('the house moves to another Redis');
    expect(checkMove(stores, '', { ...data, redis: false }), 'a new house').to.deep.equal([]);
    expect(checkMove({}, '', data)).to.deep.equal([]);
  });
});

describe('units of a house with the bank’s stores', () => {
  const namesOf = (stores: BankStores) =>
    unitFiles(systemd, '/etc/systemd/system', stores).map(({ path }) => basename(path));
  const machine = { isRealTime: true, hasLowPort: false };

  it('have none for a store that is not ours, and none for backups, which are of both', () => {
    const all = namesOf({});
    expect(all).to.include.members(['hearthline-postgres.service', 'hearthline-redis.service']);
    const postgres = { url: 'postgres://hl@db/calls' };
    const gone = ['hearthline-postgres.service', 'hearthline-backup.service', 'hearthline-backup.timer'];
    expect(namesOf({ postgres })).to.deep.equal(all.filter((name) => !gone.includes(name)));
    expect(namesOf({ postgres, redis: { url: 'rediss://r' } })).to.have.lengthOf(all.length - 4);
  });

  it('hand passwords to the server alone, and only where there are any', () => {
    const files = dropIns(systemd, '/units', {
      ...machine,
      passwords: ['postgres', 'redis'],
      hasOwnPostgres: false,
    });
    expect(files.map(({ path }) => path)).to.deep.equal([
      '/units/hearthline-server.service.d/own-postgres.conf',
      '/units/hearthline-server.service.d/own-redis.conf',
    ]);
    for (const [index, store] of (['postgres', 'redis'] as const).entries()) {
      const { text } = files[index]!;
      expect(text).to.contain(
        `LoadCredential=${store}-password:${machinePlaces().storeFiles[store].password}\n`,
      );
      expect(text).to.contain(
        `Environment=HEARTHLINE_${store.toUpperCase()}_PASSWORD_FILE=%d/${store}-password\n`,
      );
    }
    const none = { ...machine, passwords: [], hasOwnPostgres: false };
    expect(dropIns(systemd, '/units', none)).to.deep.equal([]);
    const own = dropIns(systemd, '/units', { ...none, hasOwnPostgres: true });
    expect(own.map(({ path }) => path)).to.deep.equal([
      '/units/hearthline-settle.service.d/own-postgres-settle.conf',
    ]);
  });
});

describe('what the bank’s stores say of themselves', () => {
  const good = { version: 150_004, encoding: 'UTF8', isStandby: false, mayCreate: true };
  const faults = (said: object) => judgeDatabase('it', { ...good, ...said });

  it('is enough, or is not: Postgres', () => {
    expect(faults({})).to.deep.equal([{ level: 'ok', what: 'it answers: version 15.4' }]);
    expect(faults({ version: 130_011 })[0]?.what).to.equal('it is of version 13.11');
    expect(faults({ encoding: 'LATIN1' })[0]?.what).to.equal('it keeps its texts as LATIN1');
    expect(faults({ isStandby: true })[0]).to.include({ level: 'fault' });
    expect(faults({ mayCreate: null, encoding: 'SQL_ASCII' })).to.have.lengthOf(2);
  });

  const info = (more: Record<string, string>) =>
    Object.entries({
      redis_version: '6.2.7',
      maxmemory_policy: 'noeviction',
      aof_enabled: '1',
      cluster_enabled: '0',
      role: 'master',
      ...more,
    })
      .map(([key, value]) => `${key}:${value}\r\n`)
      .join('');
  const redis = (more: Record<string, string>) =>
    judgeRedis('it', info(more)).map(({ level, what }) => `${level} ${what}`);

  it('is enough, or is not: Redis', () => {
    expect(redis({})).to.deep.equal(['ok it answers: version 6.2.7']);
    expect(redis({ redis_version: '6.0.16' })).to.deep.equal(['fault it is of version 6.0.16']);
    expect(redis({ maxmemory_policy: 'allkeys-lru', aof_enabled: '0' })).to.have.lengthOf(2);
    expect(redis({ cluster_enabled: '1' })[0]).to.match(/^fault it is a cluster/);
    expect(redis({ role: 'slave' })[0]).to.match(/^fault it is a replica/);
    expect(judgeRedis('it', 'redis_version:7.2.4\r\n')[0]).to.include({ level: 'warning' });
  });

  it('is told with what to do, whatever library said it', () => {
    const where = { host: 'db.bank.example', port: 5432 };
    const wrapped = (code: string) =>
      Object.assign(new Error('x'), { parent: Object.assign(new Error('y'), { code }) });
    const told = (error: unknown) => storeFinding('postgres', where, error, 10_000);
    expect(told(wrapped('28P01'))).to.deep.include({
      level: 'fault',
      what: "the bank's Postgres at db.bank.example:5432 refuses the user or the password",
    });
    expect(told(wrapped('28P01')).remedy).to.contain('postgres.passwordFile');
    expect(told(wrapped('SELF_SIGNED_CERT_IN_CHAIN')).remedy).to.contain('postgres.caFile');
    expect(told(wrapped('ENOTFOUND')).what).to.contain('cannot be looked up');
    expect(told(new Error('The server does not support SSL connections')).what).to.contain(
      'does not speak TLS',
    );
    expect(told(wrapped('53300')).what).to.contain('has no connection left');
    expect(storeFinding('redis', { host: '2001:db8::1', port: 6380 }, new NoAnswer(), 10_000).what).to.equal(
      "the bank's Redis at [2001:db8::1]:6380 does not answer within 10 s",
    );
    expect(told(new Error('something new')).what).to.contain('does not take us: something new');
    expect(storeFinding('redis', where, new Error('WRONGPASS invalid'), 10_000).remedy).to.contain(
      'redis.passwordFile',
    );
  });
});
