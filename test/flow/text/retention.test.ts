/** Text is forgotten by its age, and nothing else is: the stores over a real Postgres. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { IncomingMessage } from '../../../server/app/text/channel.ts';
import { Retention } from '../../../server/app/text/retention.ts';
import { createAuditTrail } from '../../../server/audit/audit-trail.ts';
import type { SiteRetention } from '../../../server/contract/site-retention.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createChatRepo } from '../../../server/db/repos/chat-repo.ts';
import { createFileRepo } from '../../../server/db/repos/file-repo.ts';
import { createRawMailRepo } from '../../../server/db/repos/raw-mail-repo.ts';
import { recordingRemover } from '../../../server/compose/recording-files.ts';
import { createRetentionRepo } from '../../../server/db/repos/retention-repo.ts';
import { createTextRepo } from '../../../server/db/repos/text-repo.ts';
import { newId } from '../../../server/lib/ids.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

const day = 86_400_000;

describe('text', function () {
  this.timeout(60_000);
  const logger = createLogger('test', 'silent');
  const now = Date.UTC(2026, 5, 1);
  const old = now - 100 * day;
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let count = 0;
  const recordingsDir = makeTempDir();

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
    removeTempDir(recordingsDir);
  });
  afterEach(() =>
    sequelize.query(
      'truncate threads, raw_mails, raw_mail_contents, files, file_contents, recordings, audit cascade',
    ),
  );

  const store = () => createTextRepo(sequelize, newId);
  const select = <T extends object>(sql: string, bind: unknown[] = []) =>
    sequelize.query<T>(sql, { bind, type: QueryTypes.SELECT });
  const number = async (from: string): Promise<number> =>
    (await select<{ n: number }>(`select count(*)::int as n from ${from}`))[0]?.n ?? 0;
  const retentionWith = (retention: SiteRetention | undefined) =>
    new Retention({
      store: createRetentionRepo(sequelize, recordingRemover(recordingsDir, logger)),
      retention: () => retention,
      audit: createAuditTrail(sequelize, { now: () => now }),
      clock: { now: () => now },
      logger,
      pauseMs: 1,
    });

  async function keepFile(text: string) {
    const content = Buffer.from(text);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const facts = { name: `${text}.txt`, mime: 'text/plain', bytes: content.length, sha256 };
    return createFileRepo(sequelize, newId).keep({ ...facts, content, owner: 'mail', at: old });
  }
  async function keepRaw(receivedAt: number): Promise<string> {
    count += 1;
    const { rawId } = await createRawMailRepo(sequelize).keep({
      mailboxId: 'help',
      source: 'smtp',
      sourceKey: `k${count}`,
      receivedAt,
      envelopeFrom: 'carla@example.org',
      envelopeTo: ['help@bank.example'],
      content: Buffer.from(`mail ${count}`),
    });
    return rawId;
  }
  const mailOf = (at: number, more: Partial<IncomingMessage> = {}): IncomingMessage => {
    count += 1;
    return {
      channelId: 'mail',
      endpointId: 'help',
      queueId: 'mail',
      externalId: `${count}@example.org`,
      receivedAt: at,
      from: { address: 'carla@example.org', name: 'Carla' },
      language: 'en',
      text: 'my secret',
      subject: 'secret',
      kind: 'message',
      mayBeAnswered: true,
      clues: {},
      files: [],
      ...more,
    };
  };
  /** A conversation of one mail with a file, its raw mail, and an answer; closed then, if it is. */
  async function talk(at: number, closedAt: number | undefined, fileText = 'scan') {
    const rawId = await keepRaw(at);
    const files = [await keepFile(fileText)];
    const consent = { version: 'v1', text: 'yes', address: '127.0.0.1' };
    const taken = await store().take(mailOf(at, { files, consent }), at);
    const { messageId, contactId } = taken.message;
    await createRawMailRepo(sequelize).settle(rawId, { state: 'read', messageId });
    await store().add({
      threadId: taken.threadId,
      contactId,
      author: 'agent',
      agentId: '101',
      isNote: true,
      text: 'a note',
      attachmentIds: [],
      at,
      isSent: false,
    });
    if (closedAt !== undefined) await store().close(contactId, closedAt, 'solved');
    return { threadId: taken.threadId, contactId, rawId, externalId: taken.message.messageId };
  }

  it('is forgotten by its age with files, mails and persons; what counts stays', async () => {
    const gone = await talk(old, old + day);
    await createChatRepo(sequelize).begin(
      {
        sessionId: 'chat_1',
        widgetId: 'web',
        language: 'en',
        address: '127.0.0.1',
        createdAt: old,
        name: 'Carla',
      },
      'hash',
    );
    await createChatRepo(sequelize).setThread('chat_1', gone.threadId);
    const recent = await talk(old, now - 29 * day, 'other');
    const open = await talk(old, undefined, 'third');
    const forgotten = await retentionWith({ textDays: 30 }).look();
    expect(forgotten).to.deep.equal({ threads: 1, messages: 2, files: 1, rawMails: 1, recordings: 0 });
    const left = await select<{ thread_id: string; pii_address: string; pii_name: string; subject: string }>(
      'select thread_id, pii_address, pii_name, subject from threads order by created_at, thread_id',
    );
    expect(left.find((row) => row.thread_id === gone.threadId)).to.deep.include({
      pii_address: '',
      pii_name: null,
      subject: null,
    });
    for (const { threadId } of [recent, open]) {
      expect(await number(`messages where thread_id = '${threadId}'`)).to.equal(2);
      expect(await number(`consents where thread_id = '${threadId}'`)).to.equal(1);
    }
    for (const table of ['messages', 'consents', 'chat_sessions'])
      expect(await number(`${table} where thread_id = '${gone.threadId}'`), table).to.equal(0);
    expect([await number('files'), await number('file_contents')]).to.deep.equal([2, 2]);
    expect(await number(`raw_mail_contents where raw_id = '${gone.rawId}'`)).to.equal(0);
    expect(
      await select('select state, pii_envelope_from from raw_mails where raw_id = $1', [gone.rawId]),
    ).to.deep.equal([{ state: 'deleted', pii_envelope_from: null }]);
    expect(
      await select('select disposition from text_contacts where contact_id = $1', [gone.contactId]),
    ).to.deep.equal([{ disposition: 'solved' }]);
    // Nothing of it is left in any column of the text tables.
    for (const table of ['threads', 'text_contacts', 'messages', 'raw_mails'])
      expect(
        await number(`${table} x where x::text like '%${gone.threadId}%' and x::text ilike '%carla%'`),
        table,
      ).to.equal(0);
    const [entry] = await createAuditTrail(sequelize, { now: () => now }).list(10);
    expect(entry).to.deep.include({
      actor: 'system',
      action: 'retention.applied',
      details: { ...forgotten, textDays: 30 },
    });
    expect(await retentionWith({ textDays: 30 }).look()).to.include({ threads: 0 });
    expect(await number('audit')).to.equal(1);
  });

  it('is kept for ever unless the site says otherwise', async () => {
    await talk(old, old + day);
    await retentionWith(undefined).look();
    await retentionWith({}).look();
    expect([
      await number('messages'),
      await number('raw_mail_contents'),
      await number('audit'),
    ]).to.deep.equal([2, 1, 0]);
  });

  it('stays while something waits to be sent, or was written of late', async () => {
    const one = await talk(old, old + day);
    await store().add({
      threadId: one.threadId,
      contactId: one.contactId,
      author: 'agent',
      agentId: '101',
      isNote: false,
      text: 'an answer',
      attachmentIds: [],
      at: old,
      isSent: true,
    });
    const two = await talk(old, old + day);
    // A bounce asks nobody, and is of today.
    await store().take(mailOf(now, { kind: 'bounce', clues: { threadId: two.threadId } }), now);
    expect(await retentionWith({ textDays: 30 }).look()).to.include({ threads: 0 });
  });

  it('keeps a content that another conversation has', async () => {
    await talk(old, old + day, 'the same');
    await talk(old, undefined, 'the same');
    expect(await retentionWith({ textDays: 30 }).look()).to.include({ files: 1 });
    expect([await number('files'), await number('file_contents')]).to.deep.equal([1, 1]);
  });

  it('begins anew for a customer who answers what was forgotten, also at that very moment', async () => {
    const gone = await talk(old, old + day);
    await retentionWith({ textDays: 30 }).look();
    const later = await store().take(mailOf(now, { clues: { threadId: gone.threadId } }), now);
    expect(later.threadId).to.not.equal(gone.threadId);
    expect(later.text?.customer.address).to.equal('carla@example.org');
    for (let round = 0; round < 15; round += 1) {
      const { threadId } = await talk(old, old + day);
      const [taken] = await Promise.all([
        store().take(mailOf(now, { clues: { threadId } }), now),
        retentionWith({ textDays: 30 }).look(),
      ]);
      const messages = await number(`messages where thread_id = '${taken.threadId}'`);
      // It joined before, and the conversation is whole; or it came after, and has one of its own.
      expect(messages, String(round)).to.equal(taken.threadId === threadId ? 3 : 1);
      const [thread] = await select<{ pii_address: string }>(
        'select pii_address from threads where thread_id = $1',
        [taken.threadId],
      );
      expect(thread?.pii_address).to.equal('carla@example.org');
    }
  });

  it('takes many in one look, and leaves raw mails of open contacts and those that are not read', async () => {
    const open = await talk(old, undefined);
    const closed = await talk(old, now - day);
    const unread = await keepRaw(old);
    const held = await keepRaw(old);
    const fresh = await keepRaw(now - day);
    for (const rawId of [held, fresh])
      await createRawMailRepo(sequelize).settle(rawId, { state: 'quarantined', reason: 'not-parsed' });
    for (let index = 0; index < 45; index += 1)
      await createRawMailRepo(sequelize).settle(await keepRaw(old), { state: 'duplicate' });
    expect(await retentionWith({ rawMailDays: 30 }).look()).to.deep.equal({
      threads: 0,
      messages: 0,
      files: 0,
      rawMails: 47,
      recordings: 0,
    });
    const kept = await select<{ raw_id: string }>('select distinct raw_id from raw_mail_contents');
    expect(kept.map(({ raw_id: id }) => id)).to.have.members([open.rawId, unread, fresh]);
    expect(await number(`messages where contact_id = '${closed.contactId}'`)).to.equal(2);
  });

  describe('recordings', () => {
    const exists = (file: string) => existsSync(join(recordingsDir, file));
    async function record(file: string, endedAt: number, state = 'completed'): Promise<void> {
      count += 1;
      await select(
        `insert into recordings (recording_id, first_seq, file, bytes, state, started_at, ended_at)
         values ($1, $2, $3, 4, $4, to_timestamp($5::bigint / 1000.0), to_timestamp($5::bigint / 1000.0))`,
        [`r${count}`, count, file, state, endedAt],
      );
      const path = join(recordingsDir, file);
      if (!path.startsWith(recordingsDir)) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'RIFF');
    }

    it('go by their age, file and row together, and are counted in the trail', async () => {
      await record('2026-02-21/old.wav', old);
      await record('2026-05-31/young.wav', now - day);
      await record('2026-02-20/running.wav', old, 'started');
      await record('2026-02-19/gone.wav', old, 'failed');
      const retention = retentionWith({ recordingDays: 90 });
      expect(await retention.due()).to.deep.equal({
        retention: { recordingDays: 90 },
        due: { threads: 0, rawMails: 0, recordings: 2 },
      });
      expect(await number('recordings'), 'asking forgets nothing').to.equal(4);
      expect(await retention.look('local')).to.include({ recordings: 2, threads: 0 });
      expect(await select('select file from recordings order by file')).to.deep.equal([
        { file: '2026-02-20/running.wav' },
        { file: '2026-05-31/young.wav' },
      ]);
      expect(exists('2026-02-21/old.wav')).to.equal(false);
      expect(readdirSync(recordingsDir).sort(), 'with the folder of the day').to.deep.equal([
        '2026-02-20',
        '2026-05-31',
      ]);
      const [entry] = await select<{ actor: string; details: Record<string, unknown> }>(
        "select actor, details from audit where action = 'retention.applied'",
      );
      expect(entry?.actor).to.equal('local');
      expect(entry?.details).to.include({ recordings: 2, recordingDays: 90 });
    });

    it('stay where nothing is said of them', async () => {
      await record('2020-01-01/old.wav', old);
      expect(await retentionWith({ textDays: 1 }).look()).to.include({ recordings: 0 });
      expect(exists('2020-01-01/old.wav')).to.equal(true);
    });

    it('of which a crash left the row are found again; a row never leads outside the folder', async () => {
      await record('2026-01-01/half.wav', old);
      await record('../../outside.wav', old);
      const removed: string[] = [];
      const dying = createRetentionRepo(sequelize, async (file) => {
        await recordingRemover(recordingsDir, logger)(file);
        removed.push(file);
        if (file.endsWith('half.wav')) throw new Error('killed');
        return false;
      });
      await dying.forgetRecordings(now, 10).catch(() => undefined);
      expect(removed).to.include('2026-01-01/half.wav');
      expect(exists('2026-01-01/half.wav')).to.equal(false);
      expect(await number('recordings'), 'nothing of it is committed').to.equal(2);
      expect(await retentionWith({ recordingDays: 90 }).look()).to.include({ recordings: 1 });
      expect(await select('select file from recordings')).to.deep.equal([{ file: '../../outside.wav' }]);
    });
  });
});
