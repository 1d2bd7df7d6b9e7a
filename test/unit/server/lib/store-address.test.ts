/** Addresses of the bank's own Postgres and Redis: what is taken, and what is refused before anything is opened. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  databaseHost,
  readDatabaseAddress,
  readRedisAddress,
  redisHost,
  storeAddressIn,
  StoreAddressFault,
} from '../../../../server/lib/store-address.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

describe('the address of a store', () => {
  const dir = makeTempDir();
  const caFile = join(dir, 'ca.pem');
  const passwordFile = join(dir, 'password');
  before(() => {
    writeFileSync(caFile, 'a certificate');
    writeFileSync(passwordFile, 'open sesame\n');
  });
  after(() => removeTempDir(dir));
  const refusal = (read: () => unknown) => {
    try {
      read();
      return 'taken';
    } catch (error) {
      expect(error).to.be.instanceOf(StoreAddressFault);
      return (error as Error).message;
    }
  };

  it('names host, port, user and database; TLS is checked unless the URL says that there is none', () => {
    const url = 'postgres://hearth%2Dline@db.bank.example/calls';
    expect(readDatabaseAddress({ url, passwordFile, caFile })).to.deep.equal({
      host: 'db.bank.example',
      port: 5432,
      user: 'hearth-line',
      database: 'calls',
      password: 'open sesame',
      tls: { ca: 'a certificate' },
    });
    expect(readDatabaseAddress({ url: `${url}?sslmode=disable` })).to.not.have.property('tls');
    expect(readRedisAddress({ url: 'rediss://[2001:db8::7]:6380/3', caFile })).to.deep.equal({
      host: '2001:db8::7',
      port: 6380,
      database: 3,
      tls: { ca: 'a certificate' },
    });
    expect(readRedisAddress({ url: 'redis://app@redis.bank.example', passwordFile })).to.deep.equal({
      host: 'redis.bank.example',
      port: 6379,
      user: 'app',
      database: 0,
      password: 'open sesame',
    });
    expect(databaseHost(url)).to.include({ host: 'db.bank.example', port: 5432, isPlain: false });
    expect(redisHost('redis://10.1.2.3')).to.include({ host: '10.1.2.3', port: 6379, isPlain: true });
  });

  for (const [url, why] of [
    ['db.bank.example', /HEARTHLINE_POSTGRES_URL is not a URL/],
    ['mysql://a@b/c', /must begin with postgres:/],
    ['postgres://hearthline:secret@db/calls', /must not hold the password/],
    ['postgres://db/calls', /names no user/],
    ['postgres://hearthline@db', /names no database/],
    ['postgres://hearthline@db/a/b', /names no database/],
    ['postgres://hearthline@db/calls%', /holds a % that stands for no character/],
    ['postgres://hearthline@db/calls?sslmode=prefer', /only \?sslmode=disable/],
    ['postgres://hearthline@db/calls?host=/tmp', /more than an address/],
  ] as const)
    it(`is refused as a database: ${url}`, () => {
      const said = refusal(() => databaseHost(url));
      expect(said).to.match(why);
      expect(said).to.not.contain('secret@');
    });

  for (const [url, why] of [
    ['http://redis', /must begin with rediss:\/\/ or redis:/],
    ['redis://redis/main', /no number of a database/],
    ['rediss://:pass@redis/0', /must not hold the password/],
    ['rediss://redis/0?sslmode=disable', /more than an address/],
  ] as const)
    it(`is refused as Redis: ${url}`, () => expect(refusal(() => redisHost(url))).to.match(why));

  it('is refused with the file that cannot be read', () => {
    const url = 'postgres://a@db/calls';
    expect(refusal(() => readDatabaseAddress({ url, passwordFile: '/nowhere' }))).to.equal(
      'HEARTHLINE_POSTGRES_PASSWORD_FILE (/nowhere) cannot be read: ENOENT',
    );
    expect(refusal(() => readDatabaseAddress({ url, caFile: dir }))).to.match(
      /CA_FILE .* cannot be read: EISDIR/,
    );
  });

  it('is read from three variables, of which empty ones count as left out', () => {
    const env = { HEARTHLINE_REDIS_URL: ' rediss://r ', HEARTHLINE_REDIS_PASSWORD_FILE: '' };
    expect(storeAddressIn(env, 'HEARTHLINE_REDIS')).to.deep.equal({
      url: 'rediss://r',
      passwordFile: undefined,
      caFile: undefined,
    });
    expect(storeAddressIn(env, 'HEARTHLINE_POSTGRES')).to.equal(undefined);
  });
});
