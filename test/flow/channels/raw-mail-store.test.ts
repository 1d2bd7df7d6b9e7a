/** The store of raw mails on a real Postgres. */
import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { QueryTypes } from 'sequelize';
import type { NewRawMail } from '../../../server/channels/mail/raw-mail.ts';
import { createFileRepo } from '../../../server/db/repos/file-repo.ts';
import { createRawMailRepo } from '../../../server/db/repos/raw-mail-repo.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { newId } from '../../../server/lib/ids.ts';
import { logger, MailHouse } from './mail-setup.ts';

const raw = (more: Partial<NewRawMail> = {}): NewRawMail => ({
  mailboxId: 'help',
  source: 'smtp',
  sourceKey: 'k1',
  receivedAt: 1_700_000_000_000,
  envelopeFrom: 'anna@customer.example',
  envelopeTo: ['help@bank.example', 'info@bank.example'],
  content: Buffer.from('Subject: x\r\n\r\ny'),
  ...more,
});

const file = (content: Buffer) => ({
  name: 'scan.pdf',
  mime: 'application/pdf',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  owner: 'channel',
  at: 1_700_000_000_000,
  content,
});

describe('store of raw mails', function () {
  this.timeout(40_000);
  let house: MailHouse;
  before(async () => {
    house = await MailHouse.open();
  });
  after(() => house?.close());
  afterEach(() => house.clear());

  it('keeps a mail with its envelope, byte for byte', async () => {
    const { store } = house;
    const content = randomBytes(3_000_000);
    const { rawId, isNew } = await store.keep(raw({ content }));
    expect(isNew).to.equal(true);
    expect(Buffer.compare(Buffer.from(await store.content(rawId)), content)).to.equal(0);
    const { content: _, ...row } = raw();
    expect(await store.unread(10)).to.deep.equal([
      { ...row, rawId, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
    ]);
    for (const length of [0, 1, 1_048_576, 1_048_577, 2_097_152]) {
      const one = await store.keep(
        raw({ sourceKey: `length ${length}`, content: content.subarray(0, length) }),
      );
      expect(
        Buffer.compare(Buffer.from(await store.content(one.rawId)), content.subarray(0, length)),
      ).to.equal(0);
      await store.settle(one.rawId, { state: 'quarantined', reason: 'empty' });
    }
    // A view into something larger is that part of it; no sender is none, and the null path is one.
    const shared = Buffer.from('0123456789');
    const view = await store.keep(raw({ sourceKey: 'k2', content: shared.subarray(2, 5), envelopeFrom: '' }));
    expect(Buffer.from(await store.content(view.rawId)).toString()).to.equal('234');
    const { envelopeFrom: _from, ...without } = raw({ sourceKey: 'k3', source: 'imap', envelopeTo: [] });
    await store.keep(without);
    const [, second, third] = await store.unread(10);
    expect(second!.envelopeFrom).to.equal('');
    expect(third).to.not.have.property('envelopeFrom');
    expect(third!.envelopeTo).to.deep.equal([]);
  });

  it('keeps one of two that are the same, also at once, and both where they are not', async () => {
    const { store } = house;
    const kept = await Promise.all(Array.from({ length: 6 }, () => store.keep(raw())));
    expect(kept.filter(({ isNew }) => isNew)).to.have.length(1);
    expect(new Set(kept.map(({ rawId }) => rawId)).size).to.equal(1);
    for (const other of [
      { sourceKey: 'k2' },
      { mailboxId: 'loans' },
      { source: 'imap' as const },
      // A server that gives another mail the number of the first.
      { content: Buffer.from('another') },
    ])
      expect((await store.keep(raw(other))).isNew).to.equal(true);
    expect(await house.rows()).to.have.length(5);
  });

  it('keeps a mail of the usual size, and a file, in one statement each', async () => {
    const { sequelize, store } = house;
    const files = createFileRepo(sequelize, newId);
    const query = sequelize.query.bind(sequelize);
    let statements = 0;
    sequelize.query = ((...asked: Parameters<typeof query>) => {
      statements += 1;
      return query(...asked);
    }) as typeof sequelize.query;
    try {
      await store.keep(raw({ content: randomBytes(100_000) }));
      expect(statements).to.equal(1);
      const content = randomBytes(100_000);
      for (let n = 2; n <= 3; n += 1) {
        await files.keep(file(content));
        expect(statements).to.equal(n);
      }
      expect(Buffer.compare(Buffer.from((await files.content(file(content).sha256))!), content)).to.equal(0);
    } finally {
      sequelize.query = query as typeof sequelize.query;
    }
  });

  it('commits to the disk whatever the database is set to', async () => {
    await house.sequelize.query(`
      create table seen_setting (setting text);
      create function note_setting() returns trigger language plpgsql as
        'begin insert into seen_setting values (current_setting(''synchronous_commit'')); return new; end';
      create trigger note_setting before insert on raw_mail_contents for each row execute function note_setting();
      create trigger note_setting before insert on file_contents for each row execute function note_setting();
      alter database ${house.postgres.database} set synchronous_commit = off;`);
    const { dir: socketDir, database, user } = house.postgres;
    const fresh = connectDatabase({ socketDir, database, user, logger });
    try {
      const setting = async (sql: string) =>
        (await fresh.query<{ setting: string }>(sql, { type: QueryTypes.SELECT }))[0]?.setting;
      expect(await setting(`select current_setting('synchronous_commit') setting`)).to.equal('off');
      await createRawMailRepo(fresh).keep(raw());
      await createFileRepo(fresh, newId).keep(file(Buffer.from('a scan')));
      expect(await setting(`select string_agg(setting, ', ') setting from seen_setting`)).to.equal('on, on');
    } finally {
      await fresh.close();
      await house.sequelize.query(`
        drop trigger note_setting on raw_mail_contents;
        drop trigger note_setting on file_contents;
        drop function note_setting;
        drop table seen_setting;
        alter database ${house.postgres.database} reset synchronous_commit;`);
    }
  });

  it('gives what is unread in the order it came, without the mailboxes that wait, until it is settled', async () => {
    const { store } = house;
    const ids: string[] = [];
    for (const [n, mailboxId] of ['help', 'loans', 'help', 'loans'].entries())
      ids.push((await store.keep(raw({ mailboxId, sourceKey: `k${n}` }))).rawId);
    const unread = async (limit: number, except?: string[]) =>
      (await store.unread(limit, except)).map(({ rawId }) => ids.indexOf(rawId));
    expect(await unread(3)).to.deep.equal([0, 1, 2]);
    expect(await unread(3, ['help'])).to.deep.equal([1, 3]);
    expect(await unread(3, ['help', 'loans'])).to.deep.equal([]);
    await store.settle(ids[0]!, { state: 'read', messageId: 'm_1' });
    await store.settle(ids[1]!, { state: 'quarantined', reason: 'loop' });
    await store.settle(ids[2]!, { state: 'duplicate', messageId: 'm_1' });
    // The first outcome counts.
    await store.settle(ids[0]!, { state: 'quarantined', reason: 'crashed' });
    expect(await unread(10)).to.deep.equal([3]);
    expect((await house.rows()).map(({ state, reason }) => reason ?? state)).to.deep.equal([
      'read',
      'loop',
      'duplicate',
      'unread',
    ]);
    expect(await store.counts(0)).to.deep.equal({ unread: 1, quarantined: { loop: 1 } });
    expect(await store.counts(1_700_000_000_001)).to.deep.equal({ unread: 1, quarantined: {} });
  });

  it('remembers how far a folder was looked through, and never goes back', async () => {
    const { store } = house;
    expect(await store.folderMark('help', 'a:1')).to.equal(undefined);
    await store.markFolder('help', 'a:1', 4_000_000_000);
    await store.markFolder('help', 'a:1', 7);
    await store.markFolder('help', 'a:2', 0);
    expect(await store.folderMark('help', 'a:1')).to.equal(4_000_000_000);
    expect(await store.folderMark('help', 'a:2')).to.equal(0);
    expect(await store.folderMark('loans', 'a:1')).to.equal(undefined);
  });
});
