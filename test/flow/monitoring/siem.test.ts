/**
 * Events for the SIEM out of a real audit trail, to receivers that are there, away, slow and cutting: in order, at least once,
 * over TLS, TCP and UDP; and that the trail is checked on the way.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import { createAuditTrail, type AuditTrail } from '../../../server/audit/audit-trail.ts';
import { SiemFeed } from '../../../server/audit/siem-feed.ts';
import { siemEvents } from '../../../server/audit/siem-events.ts';
import { openSiemLink } from '../../../server/audit/siem-link.ts';
import { toldActions } from '../../../server/audit/told-events.ts';
import { createSettingsStore } from '../../../server/auth/setting-store.ts';
import { syslogSchema } from '../../../server/contract/site-syslog.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { createSecretFiles } from '../../../server/lib/secret-files.ts';
import { siemPage, siemPageText } from '../../support/siem-docs.ts';
import { freePort } from '../../support/free-port.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startSyslogReceiver, startUdpReceiver, type SyslogReceiver } from '../../support/syslog-receiver.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { makeTestCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { until } from '../../support/until.ts';

const limits = { lookEveryMs: 20, settleMs: 300, firstRetryMs: 50, lastRetryMs: 200, farewellMs: 1_000 };

describe('events for the SIEM', function () {
  this.timeout(30_000);
  let dir = '';
  let postgres: TestPostgres;
  let db: Sequelize;
  let audit: AuditTrail;
  let pair: TestCertificate;
  let feed: SiemFeed;
  let receiver: SyslogReceiver;
  let logged: { fields: object; message: string }[] = [];
  const note = (fields: object, message: string) => void logged.push({ fields, message });
  const clock = { now: () => Date.now() };

  before(async () => {
    dir = makeTempDir();
    pair = makeTestCertificate(dir);
    const secrets = join(dir, 'secrets');
    mkdirSync(secrets);
    for (const [name, content] of [
      ['ca', pair.certificate],
      ['key', pair.key],
    ] as const)
      writeFileSync(join(secrets, name), content, { mode: 0o600 });
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    db = connectDatabase({ socketDir, database, user, poolMax: 3, logger: createLogger('test', 'silent') });
    audit = createAuditTrail(db, clock);
  });
  after(async () => {
    await db?.close();
    await postgres?.stop();
    removeTempDir(dir);
  });

  const newFeed = (more: object = {}) =>
    new SiemFeed({
      audit,
      settings: createSettingsStore(db),
      open: (target) => openSiemLink(target, createSecretFiles(join(dir, 'secrets'))),
      origin: { hostname: 'hearthline', version: '0.1.0', processId: process.pid },
      now: () => clock.now(),
      logger: { info: note, warn: note, error: note },
      limits: { ...limits, ...more },
    });
  const overTls = (port: number, more: object = {}) =>
    syslogSchema.parse({ host: 'localhost', port, ca: 'ca', ...more });
  const tls = () => ({ cert: pair.certificate, key: pair.key });
  const write = async (count: number, from = 0) => {
    for (let i = 0; i < count; i += 1)
      await audit.append({ actor: 'user:ada', action: 'recording.played', target: `rec_${from + i}` });
  };
  const entriesAt = (one: Pick<SyslogReceiver, 'messages'>) =>
    one.messages.flatMap(({ data }) => {
      const { entry } = data['hearthline@32473'] ?? {};
      return entry === undefined ? [] : [Number(entry)];
    });
  /** Everything from `first` on, each at least once, and new ones never before older ones. */
  const untilAll = async (one: Pick<SyslogReceiver, 'messages'>, first: number) => {
    const last = (await audit.head()).seq;
    await until(`entries ${first} to ${last} are there`, () => entriesAt(one).includes(last), 15_000);
    const firsts = [...new Set(entriesAt(one))];
    expect(firsts).to.deep.equal(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  };
  const untilSettled = () =>
    until('the SIEM has it all for sure', async () => {
      const kept = (await createSettingsStore(db).get('siem.checkpoint')) as { seq: number } | undefined;
      return kept?.seq === (await audit.head()).seq;
    });

  beforeEach(async () => {
    logged = [];
    await db.query('TRUNCATE audit');
    await createSettingsStore(db).remove('siem.checkpoint');
    receiver = await startSyslogReceiver({ tls: tls() });
    feed = newFeed();
  });
  afterEach(async () => {
    await feed.stop();
    await receiver.close();
    expect(receiver.faults).to.deep.equal([]);
  });
  /** Switched on, and it has noted where it begins. */
  const begin = async (port = receiver.port, more: object = {}) => {
    feed.apply(overTls(port, more));
    await until(
      'the feed has begun',
      async () => (await createSettingsStore(db).get('siem.checkpoint')) !== undefined,
    );
  };

  it('go over TLS, in order, from where it was switched on', async () => {
    await write(3);
    await begin();
    await write(5, 3);
    await untilAll(receiver, 4);
    expect(receiver.messages[0]).to.deep.include({
      messageId: 'recording.played',
      facility: 13,
      severity: 5,
    });
    expect(receiver.messages[0]?.data['hearthline@32473']).to.deep.equal({
      entry: '4',
      actor: 'user:ada',
      target: 'rec_3',
    });
    expect(feed.health()).to.include({ state: 'up', isChainIntact: true, connections: 1 });
    await untilSettled();
    await until('nothing waits', () => feed.health().waiting === 0);
  });

  it('wait in the trail while the receiver is away, and nobody waits for it', async () => {
    const port = await freePort();
    await begin(port);
    await until('it is told to be down', () => feed.health().state === 'down');
    const startedAt = performance.now();
    await write(50);
    expect(performance.now() - startedAt).to.be.below(5_000);
    await until('they are seen to wait', () => feed.health().waiting === 50);
    expect(logged.filter(({ message }) => message.startsWith('the SIEM cannot be reached'))).to.have.length(
      1,
    );
    await receiver.close();
    receiver = await startSyslogReceiver({ tls: tls(), port });
    await untilAll(receiver, 1);
  });

  it('are sent again where a receiver was cut off before it had them for sure', async () => {
    await feed.stop();
    feed = newFeed({ settleMs: 3000 });
    await begin();
    await write(20);
    await untilAll(receiver, 1);
    receiver.cut();
    await until('it is connected again', () => feed.health().connections >= 2);
    await write(5, 20);
    await untilAll(receiver, 1);
    expect(entriesAt(receiver).length, 'some came twice').to.be.greaterThan(25);
    // What had settled before a cut is not sent again.
    await untilSettled();
    const before = receiver.messages.length;
    receiver.cut();
    await write(1, 25);
    await untilAll(receiver, 1);
    expect(receiver.messages.length).to.equal(before + 1);
  });

  it('come through a receiver that cuts all the time', async () => {
    await begin();
    const cutting = setInterval(() => receiver.cut(), 150);
    try {
      for (let i = 0; i < 10; i += 1) await write(10, i * 10);
      await until('several connections were cut', () => feed.health().connections > 4);
    } finally {
      clearInterval(cutting);
    }
    await untilAll(receiver, 1);
  });

  it('wait for a slow receiver without filling the memory, and what it did not read is not taken for received', async () => {
    receiver.setReading(false);
    await begin();
    const text = 'x'.repeat(400);
    // More than the kernels of both sides hold.
    await db.query(
      `INSERT INTO audit (seq, at, actor, action, target, details, prev_hash, hash)
       SELECT n, now(), 'user:ada', 'certificate.changed', '', json_build_object('names', '${text}', 'issuer', '${text}', 'until', '${text}', 'fingerprint', '${text}')::jsonb, '', ''
       FROM generate_series(1, 8000) n`,
    );
    await until('it is held up', async () => {
      const { sent } = feed.health();
      await new Promise((wake) => setTimeout(wake, 200));
      return sent > 100 && feed.health().sent === sent;
    });
    expect(feed.health().sent).to.be.below(8_000);
    const kept = (await createSettingsStore(db).get('siem.checkpoint')) as { seq: number };
    expect(kept.seq).to.be.below(8_000);
    receiver.setReading(true);
    await until('it has them all', () => new Set(entriesAt(receiver)).size === 8_000, 60_000);
  });

  it('tell of a trail that was changed, inserted into or cut short', async () => {
    await begin();
    await write(4);
    await untilAll(receiver, 1);
    expect(receiver.messages.some(({ messageId }) => messageId === 'audit.broken')).to.equal(false);
    await untilSettled();
    await feed.stop();
    await write(3, 4);
    await db.query(`UPDATE audit SET actor = 'user:nobody' WHERE seq = 6`);
    feed = newFeed();
    feed.apply(overTls(receiver.port));
    await untilAll(receiver, 1);
    const broken = receiver.messages.filter(({ messageId }) => messageId === 'audit.broken');
    expect(broken).to.have.length(1);
    expect(broken[0]).to.include({ severity: 2 });
    expect(broken[0]?.data['hearthline@32473']).to.include({ entry: '6', fault: 'it was changed' });
    expect(feed.health().isChainIntact).to.equal(false);
    await untilSettled();
    await feed.stop();
    await db.query('DELETE FROM audit WHERE seq > 4');
    feed = newFeed();
    feed.apply(overTls(receiver.port));
    await until('the cut is told', () =>
      receiver.messages.some(
        ({ data }) => data['hearthline@32473']?.['fault'] === 'its newest 3 entries are gone',
      ),
    );
  });

  it('are bounded: too old ones are skipped, and it is told how many', async () => {
    await begin();
    await write(1);
    await untilAll(receiver, 1);
    await untilSettled();
    await feed.stop();
    await write(30, 1);
    feed = newFeed({ maxWaiting: 10 });
    feed.apply(overTls(receiver.port));
    await until('the newest is there', () => entriesAt(receiver).includes(31));
    const skipped = receiver.messages.find(({ messageId }) => messageId === 'siem.skipped');
    expect(skipped?.data['hearthline@32473']).to.include({ count: '20', fromEntry: '2', toEntry: '21' });
    expect(entriesAt(receiver)).to.include(22);
    expect(entriesAt(receiver)).to.not.include(21);
    expect(feed.health().skipped).to.equal(20);
  });

  it('refuse a receiver that cannot show who it is, and show who we are where it asks', async () => {
    await begin();
    await feed.stop();
    feed = newFeed();
    feed.apply(syslogSchema.parse({ host: 'localhost', port: receiver.port }));
    await until('it is refused', () => /self.signed/i.test(feed.health().detail ?? ''));
    feed.apply(overTls(receiver.port, { serverName: 'siem.bank.example' }));
    await until('another name is refused', () => /does not match/.test(feed.health().detail ?? ''));
    const strict = await startSyslogReceiver({
      tls: { ...tls(), requestCert: true, rejectUnauthorized: true, ca: pair.certificate },
    });
    try {
      feed.apply(overTls(strict.port, { certificate: 'ca', key: 'key' }));
      await write(1);
      await until('it is let in', () => strict.messages.length === 1);
    } finally {
      await feed.stop();
      await strict.close();
    }
  });

  it('go over TCP and UDP where the site says so, and nowhere where it says nothing', async () => {
    const plain = await startSyslogReceiver();
    const datagrams = await startUdpReceiver();
    try {
      await begin();
      feed.apply(syslogSchema.parse({ host: '127.0.0.1', port: plain.port, transport: 'tcp' }));
      await write(2);
      await untilAll(plain, 1);
      await untilSettled();
      feed.apply(syslogSchema.parse({ host: '127.0.0.1', port: datagrams.port, transport: 'udp' }));
      await write(2, 2);
      await untilAll(datagrams, 3);
      await untilSettled();
      feed.apply(undefined);
      await until('it is off', () => feed.health().state === 'off');
      expect([...plain.faults, ...datagrams.faults]).to.deep.equal([]);
    } finally {
      await feed.stop();
      await Promise.all([plain.close(), datagrams.close()]);
    }
  });

  it('are all listed with how grave they are, in code and in docs/siem-events.md', async () => {
    const root = new URL('../../../server/', import.meta.url);
    const found = new Set<string>(toldActions);
    for (const folder of ['api', 'auth', 'app', 'audit', 'compose'])
      for (const name of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }))
        if (name.endsWith('.ts'))
          for (const [, action] of readFileSync(new URL(`${folder}/${name}`, root), 'utf8').matchAll(
            /action(?::| =) (?:\w+ \? )?'([a-z-]+\.[a-z-]+)'/g,
          ))
            found.add(action!);
    // Made of a kind and a verb, in server/api/alerts/routes.ts.
    for (const verb of ['added', 'changed', 'removed']) found.add(`alert-rule.${verb}`);
    expect([...found].sort()).to.deep.equal(Object.keys(siemEvents).sort());
    expect(readFileSync(siemPage, 'utf8')).to.equal(await siemPageText());
  });
});
