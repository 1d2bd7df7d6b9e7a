/** A real Postgres and a real Redis as a bank would have them, over TCP with TLS and passwords, and what the installer finds of each. */
import { appendFileSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkStores } from '../../../../installer/install/check-stores.ts';
import { machinePlaces } from '../../../../installer/house.ts';
import {
  postgresCommand,
  type PostgresPlace,
  runSql,
  waitForPostgres,
  writePostgresAccess,
} from '../../../../installer/postgres.ts';
import { ownedDirectory, serviceUser } from '../../../../installer/privilege.ts';
import { redisCommand, waitForRedis } from '../../../../installer/redis.ts';
import type { StoreAddress } from '../../../../server/lib/store-address.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { createRedisClient } from '../../../../server/redis/client.ts';
import { freePort } from '../../../support/free-port.ts';
import { copyPostgresTemplate } from '../../../support/postgres.ts';
import { type ServiceProcess, startService } from '../../../support/service.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { makeTestCertificate } from '../../../support/test-certificate.ts';

describe('the bank’s stores, looked at by the installer', function () {
  this.timeout(120_000);
  let root = '';
  let port = 0;
  let service: ServiceProcess | undefined;
  let tls: { cert: string; key: string; ca: string };
  const file = (name: string, text: string) => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };

  before(async () => {
    root = makeTempDir();
    port = await freePort();
    const { certificateFile, keyFile } = makeTestCertificate(root);
    tls = { cert: certificateFile, key: keyFile, ca: certificateFile };
  });
  afterEach(async () => {
    await service?.end('SIGINT');
    service = undefined;
  });
  after(() => removeTempDir(root));
  const giveKeyTo = (runAs: ReturnType<typeof serviceUser>) => {
    if (runAs) chownSync(tls.key, runAs.uid, runAs.gid);
  };

  const found = async (store: 'postgres' | 'redis', address: StoreAddress) =>
    (await checkStores({ [store]: address }, machinePlaces(join(root, 'none'))))
      .map(({ level, what }) => `${level} ${what}`)
      .join('\n');

  async function startBankPostgres(): Promise<void> {
    const runAs = serviceUser(['postgres']);
    const place: PostgresPlace = { dataDir: join(root, 'pg'), socketDir: join(root, 's'), runAs };
    ownedDirectory(place.socketDir, runAs);
    await copyPostgresTemplate(place.dataDir);
    writePostgresAccess(place);
    service = startService(postgresCommand(place, { fsync: false }), runAs, place.dataDir);
    await waitForPostgres(place.socketDir, 20_000);
    await runSql(place.socketDir, "ALTER ROLE hearthline PASSWORD 'open sesame'");
    await runSql(
      place.socketDir,
      "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    );
    await service.end('SIGINT');
    appendFileSync(join(place.dataDir, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
    giveKeyTo(runAs);
    const extra = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      ssl: 'on',
      ssl_cert_file: tls.cert,
      ssl_key_file: tls.key,
    };
    service = startService(postgresCommand(place, { fsync: false, extra }), runAs, place.dataDir);
  }

  it('finds Postgres ready, or says what is wrong', async () => {
    await startBankPostgres();
    const password = file('pw', 'open sesame\n');
    const url = `postgres://hearthline@127.0.0.1:${port}/hearthline`;
    const good = { url, passwordFile: password, caFile: tls.ca };
    await waitForBank(async () => !/cannot be reached/.test(await found('postgres', good)));
    expect(await found('postgres', good)).to.match(/^ok .*127\.0\.0\.1:\d+ answers: version \d+\.\d+$/);
    expect(await found('postgres', { ...good, passwordFile: file('other', 'wrong') })).to.match(
      /^fault .*refuses the user or the password/,
    );
    expect(await found('postgres', { url, caFile: tls.ca })).to.match(/^fault .*wants a password/);
    expect(await found('postgres', { url, passwordFile: password })).to.match(/^fault .*authority/);
    expect(await found('postgres', { ...good, url: `${url}?sslmode=disable` })).to.match(
      /^fault .*refuses the user, our address/,
    );
    expect(await found('postgres', { ...good, url: url.replace(/hearthline$/, 'calls') })).to.match(
      /^fault .*no such database/,
    );
    expect((await found('postgres', { ...good, url: url.replace(/hearthline$/, 'latin') })).split('\n'))
      .to.have.lengthOf(2)
      .and.satisfy(([first]: string[]) => first!.includes('keeps its texts as LATIN1'));
    await service?.end('SIGINT');
    expect(await found('postgres', good)).to.match(/^fault .*cannot be reached/);
  });

  it('finds Redis ready, or says what is wrong', async () => {
    const runAs = serviceUser(['redis']);
    const dataDir = ownedDirectory(join(root, 'redis'), runAs);
    const place = { dataDir, socket: join(dataDir, 'redis.sock'), runAs };
    giveKeyTo(runAs);
    const { args, ...command } = redisCommand(place);
    const more = ['--tls-port', String(port), '--tls-auth-clients', 'no', '--bind', '127.0.0.1'];
    more.push('--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca);
    service = startService({ ...command, args: [...args, ...more] }, runAs, dataDir);
    await waitForRedis(place.socket, 10_000);
    const logger = createLogger('test', 'silent');
    const admin = createRedisClient({ socketPath: place.socket, name: 'bank', logger });
    await admin.connect();
    try {
      const url = `rediss://127.0.0.1:${port}/0`;
      expect(await found('redis', { url, caFile: tls.ca })).to.match(/^ok .*answers: version \d+\.\d+\.\d+$/);
      expect(await found('redis', { url })).to.match(/^fault .*authority/);
      await admin.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'appendonly', 'no']);
      expect((await found('redis', { url, caFile: tls.ca })).split('\n')).to.have.lengthOf(2);
      await admin.sendCommand(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes']);
      await admin.sendCommand(['ACL', 'SETUSER', 'hl', 'on', '>open sesame', '~*', '&*', '+@all', '-info']);
      const hl = url.replace('//', '//hl@');
      const passwordFile = file('pw', 'open sesame\n');
      expect(await found('redis', { url: hl, passwordFile, caFile: tls.ca })).to.match(
        /^warning .*does not tell how it is set up/,
      );
      expect(
        await found('redis', { url: hl, passwordFile: file('other', 'wrong'), caFile: tls.ca }),
      ).to.match(/^fault .*refuses the user or the password/);
      await admin.sendCommand(['CONFIG', 'SET', 'requirepass', 'open sesame']);
      expect(await found('redis', { url, caFile: tls.ca })).to.match(/^fault .*wants a password/);
      expect(await found('redis', { url, passwordFile, caFile: tls.ca })).to.match(/^ok /);
    } finally {
      admin.destroy();
    }
  });
});

async function waitForBank(isReady: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await isReady()) return;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error('Postgres does not start');
}
