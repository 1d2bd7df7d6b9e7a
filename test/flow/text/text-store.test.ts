/**
 * What the outbox and the desk ask of the store, on a real Postgres: what may go out now, and an answer that fails at the
 * moment its contact ends, with a crash in between or without. Routing stands in: it knows which contacts live.
 */
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import type { AcdShell, Command } from '../../../server/app/acd-shell.ts';
import type { IncomingMessage } from '../../../server/app/text/channel.ts';
import { DeskNews } from '../../../server/app/text/desk-news.ts';
import type { TextStorePort } from '../../../server/app/text/ports.ts';
import { TextDesk } from '../../../server/app/text/text-desk.ts';
import type { HearthlineEvent } from '../../../server/contract/events.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createFileRepo } from '../../../server/db/repos/file-repo.ts';
import { createTextRepo } from '../../../server/db/repos/text-repo.ts';
import { newId } from '../../../server/lib/ids.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const logger = createLogger('test', 'silent');

/** Which contacts live, and how each arrived. */
class Routing {
  readonly live = new Set<string>();
  readonly preferred = new Map<string, string | undefined>();
  listener: (event: HearthlineEvent) => void = () => undefined;

  shell(): AcdShell {
    const shell = {
      acd: {
        contact: (id: string) => (this.live.has(id) ? { id, state: 'waiting' } : undefined),
        contacts: () => [],
      },
      onEvent: (listener: (event: HearthlineEvent) => void) => (this.listener = listener),
      run: (command: Command) => {
        if (command.type === 'contact.arrive') this.live.add(command.contactId);
        if (command.type === 'contact.enqueue')
          this.preferred.set(command.contactId, command.preferred?.agentId);
        return {};
      },
    };
    return shell as unknown as AcdShell;
  }

  end(contactId: string, at: number): void {
    this.live.delete(contactId);
    const event = { type: 'contact.ended', contactId, at, data: { endedBy: 'agent' } };
    this.listener(event as unknown as HearthlineEvent);
  }
}

describe('the store of text', function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let store: TextStorePort;
  let now = Date.UTC(2026, 5, 1);

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
    store = createTextRepo(sequelize, newId);
  });
  afterEach(async () => {
    await sequelize.query('truncate threads, text_contacts, messages, external_ids, reads, contacts cascade');
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  const incoming = (externalId: string, more: Partial<IncomingMessage> = {}): IncomingMessage => ({
    channelId: 'mail',
    endpointId: 'help',
    queueId: 'q',
    externalId,
    receivedAt: now,
    from: { address: `${externalId}@example.org` },
    language: 'en',
    text: 'When?',
    kind: 'message',
    mayBeAnswered: true,
    clues: {},
    files: [],
    ...more,
  });
  const desk = (routing: Routing, over: Partial<TextStorePort> = {}) =>
    new TextDesk({
      callbacks: { settle: async () => undefined },
      shell: routing.shell(),
      site: {
        site: {} as never,
        queue: () => ({ lastAgent: { withinHours: 24, waitSec: 60 } }) as never,
      },
      store: { ...store, ...over },
      files: createFileRepo(sequelize, newId),
      fileCheck: { check: () => Promise.resolve(undefined) },
      news: new DeskNews(),
      clock: { now: () => now } as never,
      logger,
    });
  const answer = async (contactId: string, threadId: string) => {
    const added = await store.add({
      threadId,
      contactId,
      author: 'agent',
      agentId: '101',
      isNote: false,
      text: 'On Monday.',
      attachmentIds: [],
      at: now,
      isSent: true,
    });
    if (added === 'unknown-attachment') throw new Error(added);
    return added.message.messageId;
  };
  const failed = { state: 'failed', fault: '550 no' } as const;
  const contacts = async (): Promise<
    { contact_id: string; is_open: boolean; last_agent_id: string | null }[]
  > => {
    const [rows] = await sequelize.query(
      `select contact_id, closed_at is null as is_open, last_agent_id from text_contacts
         join threads using (thread_id) order by text_contacts.created_at`,
    );
    return rows as { contact_id: string; is_open: boolean; last_agent_id: string | null }[];
  };

  it('leaves out what is in hand and what has no way out', async () => {
    const ids: Record<string, string> = {};
    for (const [externalId, more] of [
      ['a', {}],
      ['b', {}],
      ['c', { endpointId: 'loans' }],
      ['d', { channelId: 'webhook', endpointId: 'help' }],
    ] as const) {
      const { text, threadId } = await store.take(incoming(externalId, more), now);
      ids[externalId] = threadId;
      await answer(text!.contactId, threadId);
      now += 1000;
    }
    const due = async (except: Parameters<TextStorePort['due']>[2], limit = 10) =>
      (await store.due(now, limit, except)).map(
        ({ threadId }) => Object.entries(ids).find(([, id]) => id === threadId)?.[0],
      );
    const nothing = { threadIds: [], ways: [] };
    expect(await due(nothing)).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(await due({ threadIds: [ids['a']!], ways: [] }, 1)).to.deep.equal(['b']);
    expect(await due({ threadIds: [], ways: [{ channelId: 'mail', endpointId: 'help' }] })).to.deep.equal([
      'c',
      'd',
    ]);
    expect(await due({ threadIds: [], ways: [{ channelId: 'mail' }] })).to.deep.equal(['d']);
    const everything = { threadIds: [], ways: [{ channelId: 'mail' }, { channelId: 'webhook' }] };
    expect(await store.nextDue(everything)).to.equal(undefined);
    expect(await store.nextDue({ threadIds: [], ways: [{ channelId: 'mail' }] })).to.equal(now - 1000);
    expect(await store.nextDue(nothing)).to.equal(now - 4000);
  });

  it('asks for somebody where the contact ends as the answer fails', async () => {
    const routing = new Routing();
    // The end of the contact is not written down yet.
    const text = desk(routing, { close: () => new Promise(() => undefined) });
    await text.resume();
    const { contactId, threadId } = await text.take(incoming('a'));
    const messageId = await answer(contactId!, threadId);
    now += 1000;
    const row = await store.settle(messageId, failed, now);
    routing.end(contactId!, now);
    await text.settled(row!);
    await text.settled(row!);
    const [first, second, ...more] = await contacts();
    expect(more).to.deep.equal([]);
    expect(first).to.include({ contact_id: contactId, is_open: false });
    expect(second).to.include({ is_open: true, last_agent_id: '101' });
    expect(routing.live).to.deep.equal(new Set([second!.contact_id]));
    expect(routing.preferred.get(second!.contact_id)).to.equal('101');
    // A second bounce, when somebody has closed that one as well: it says nothing new.
    now += 1000;
    routing.end(second!.contact_id, now);
    const again = await store.settle(messageId, failed, now);
    await text.settled(again!);
    expect(await contacts()).to.have.length(2);
    expect(routing.live.size).to.equal(0);
  });

  it('does not bring back what an agent closed before it was taken over', async () => {
    const { text: open } = await store.take(incoming('a'), now);
    const { contactId } = open!;
    const routing = new Routing();
    const text = desk(routing);
    routing.live.add(contactId);
    routing.end(contactId, now + 1);
    await text.resume();
    expect(await contacts()).to.deep.equal([{ contact_id: contactId, is_open: false, last_agent_id: null }]);
    expect(routing.live.size).to.equal(0);
  });

  for (const [what, failedAfterMs, expected] of [
    ['after its contact ended', 10, 2],
    ['before that', -10, 1],
  ] as const)
    it(`after a crash, finds the answer that failed ${what}: ${expected - 1} more`, async () => {
      const taken = await store.take(incoming('a'), now);
      const { contactId } = taken.text!;
      const messageId = await answer(contactId, taken.threadId);
      const endedAt = now + 1000;
      await store.settle(messageId, failed, endedAt + failedAfterMs);
      // History knows the end, and the crash came before it was written down here.
      await sequelize.query(
        `insert into contacts (contact_id, first_seq, channel, ended_at) values ('${contactId}', 1, 'mail', to_timestamp(${endedAt} / 1000.0))`,
      );
      for (let starts = 0; starts < 2; starts += 1) {
        const routing = new Routing();
        await desk(routing).resume();
        const rows = await contacts();
        expect(rows).to.have.length(expected);
        expect(rows[0]).to.include({ contact_id: contactId, is_open: false });
        const open = rows.filter((one) => one.is_open).map((one) => one.contact_id);
        expect([...routing.live]).to.deep.equal(open);
        expect(open).to.have.length(expected - 1);
      }
    });
});
