/** What was begun and left is forgotten after a day, and nothing else is: the stores over a real Postgres. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import { Forgetting, leftForMs } from '../../../server/app/text/forgetting.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createChatRepo } from '../../../server/db/repos/chat-repo.ts';
import { createFileRepo } from '../../../server/db/repos/file-repo.ts';
import { createTextRepo } from '../../../server/db/repos/text-repo.ts';
import { newId } from '../../../server/lib/ids.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

describe('what was begun and left', function () {
  this.timeout(60_000);
  const logger = createLogger('test', 'silent');
  const now = Date.UTC(2026, 5, 1);
  let postgres: TestPostgres;
  let sequelize: Sequelize;

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  it('is forgotten after a day: loose files and silent chats, but not what belongs to a message', async () => {
    const files = createFileRepo(sequelize, newId);
    const chats = createChatRepo(sequelize);
    const store = createTextRepo(sequelize, newId);
    const keep = (text: string, at: number) => {
      const content = Buffer.from(text);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const facts = { name: `${text}.txt`, mime: 'text/plain', bytes: content.length, sha256 };
      return files.keep({ ...facts, content, owner: 'customer:x', at });
    };
    const old = now - leftForMs - 1;
    const left = await keep('left', old);
    const twice = await keep('twice', old);
    const again = await keep('twice', now);
    const sent = await keep('sent', old);
    const fresh = await keep('fresh', now);
    const { threadId } = await store.take(
      {
        channelId: 'chat',
        endpointId: 'web',
        queueId: 'q',
        externalId: 'x:1',
        receivedAt: old,
        from: { address: 'a' },
        language: 'en',
        text: 'hello',
        kind: 'message',
        mayBeAnswered: true,
        clues: {},
        files: [sent],
      },
      old,
    );
    const begin = (sessionId: string, createdAt: number) =>
      chats.begin({ sessionId, widgetId: 'web', language: 'en', address: '127.0.0.1', createdAt }, sessionId);
    for (const [id, at] of [
      ['silent', old],
      ['watched', old],
      ['spoken', old],
      ['new', now],
    ] as const)
      await begin(id, at);
    await chats.setThread('spoken', threadId);

    const forgetting = new Forgetting({
      forget: [(before) => files.dropLoose(before), (before) => chats.dropSilent(before, ['watched'])],
      clock: { now: () => now },
      logger,
    });
    await forgetting.look();

    for (const { attachmentId } of [left, twice]) expect(await files.byId(attachmentId)).to.equal(undefined);
    for (const { attachmentId } of [again, sent, fresh])
      expect(await files.byId(attachmentId)).to.not.equal(undefined);
    expect(await files.content(left.sha256)).to.equal(undefined);
    for (const one of [again, sent, fresh]) expect(await files.content(one.sha256)).to.not.equal(undefined);
    expect(await chats.byToken('silent')).to.equal(undefined);
    for (const id of ['watched', 'spoken', 'new'])
      expect(await chats.byToken(id)).to.include({ sessionId: id });
  });
});
