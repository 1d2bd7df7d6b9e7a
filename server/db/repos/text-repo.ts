/** The store of the text desk (app/text/ports.ts) over Postgres: intake and own messages are in files of their own. */
import type { Sequelize } from 'sequelize';
import type { TextStorePort, ThreadFacts } from '../../app/text/ports.ts';
import { messagesAtMost } from '../../contract/desk.ts';
import { optional } from './optional.ts';
import { createLetters } from './text-letter-repo.ts';
import { createTextIntake } from './text-intake-repo.ts';
import { createOwnMessages } from './text-own-repo.ts';
import {
  instant,
  type MessageRow,
  messageColumns,
  messageView,
  msOf,
  openColumns,
  type OpenRow,
  openText,
  selectIn,
} from './text-rows.ts';

interface ThreadColumns {
  thread_id: string;
  channel_id: string;
  endpoint_id: string;
  pii_address: string;
  pii_name: string | null;
  may_be_answered: boolean;
}

export function createTextRepo(sequelize: Sequelize, newId: (noun: string) => string): TextStorePort {
  const select = selectIn(sequelize);
  const run = async (sql: string, bind: unknown[]): Promise<void> => void (await select(sql, bind));
  const threadFacts = async (contactId: string): Promise<ThreadFacts | undefined> => {
    const [thread] = await select<ThreadColumns>(
      `select t.thread_id, t.channel_id, t.endpoint_id, t.pii_address, t.pii_name, t.may_be_answered
       from threads t join text_contacts c on c.thread_id = t.thread_id where c.contact_id = $1`,
      [contactId],
    );
    return (
      thread && {
        threadId: thread.thread_id,
        channelId: thread.channel_id,
        endpointId: thread.endpoint_id,
        customer: { address: thread.pii_address, ...optional({ name: thread.pii_name }) },
        mayBeAnswered: thread.may_be_answered,
      }
    );
  };
  return {
    ...createTextIntake(sequelize, newId),
    ...createOwnMessages(sequelize, newId),
    ...createLetters(sequelize, newId),
    close: (contactId, at, disposition) =>
      run(
        `update text_contacts set closed_at = coalesce(closed_at, ${instant('$2')}), disposition = coalesce($3, disposition)
         where contact_id = $1`,
        [contactId, at, disposition ?? null],
      ),
    setDisposition: (contactId, disposition) =>
      run('update text_contacts set disposition = $2 where contact_id = $1', [contactId, disposition]),
    noteAgent: (contactId, agentId, at) =>
      run(
        `update threads t set last_agent_id = $2, last_agent_at = ${instant('$3')}
         from text_contacts c where c.thread_id = t.thread_id and c.contact_id = $1
           and coalesce(t.last_agent_at <= ${instant('$3')}, true)`,
        [contactId, agentId, at],
      ),
    read: (contactId, agentId, seq) =>
      run(
        `insert into reads (contact_id, agent_id, seq) values ($1, $2, $3)
         on conflict (contact_id, agent_id) do update set seq = greatest(reads.seq, excluded.seq)`,
        [contactId, agentId, seq],
      ),
    threadFacts,
    async thread(contactId) {
      const facts = await threadFacts(contactId);
      if (!facts) return undefined;
      const rows = await select<MessageRow>(
        `select ${messageColumns} from messages m where m.thread_id = $1 order by m.seq desc limit $2`,
        [facts.threadId, messagesAtMost + 1],
      );
      return {
        ...facts,
        messages: rows.slice(0, messagesAtMost).map(messageView).reverse(),
        isCut: rows.length > messagesAtMost,
      };
    },
    async message(messageId) {
      const [row] = await select<MessageRow & { html: string | null }>(
        `select ${messageColumns}, m.html from messages m where m.message_id = $1`,
        [messageId],
      );
      return row && { message: messageView(row), ...optional({ html: row.html }) };
    },
    async open() {
      const rows = await select<
        OpenRow & { ended_ms: string | null; newest: string | null; undelivered: string | null }
      >(
        `select ${openColumns}, ${msOf('h.ended_at')} as ended_ms,
           (select m.message_id from messages m where m.contact_id = c.contact_id and m.author = 'customer'
              and m.kind = 'message' and m.at > h.ended_at order by m.seq limit 1) as newest,
           (select m.message_id from messages m where m.thread_id = c.thread_id and m.author = 'agent'
              and m.delivery = 'failed' and m.failed_at > h.ended_at order by m.seq limit 1) as undelivered
         from text_contacts c join threads t on t.thread_id = c.thread_id
         left join contacts h on h.contact_id = c.contact_id
         where c.closed_at is null order by c.created_at`,
      );
      return rows.map((row) => ({
        text: openText(row),
        ...optional({
          endedAt: row.ended_ms === null ? null : Number(row.ended_ms),
          newestMessageId: row.newest,
          undeliveredId: row.undelivered,
        }),
      }));
    },
  };
}
