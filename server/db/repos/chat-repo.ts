/** Chat sessions and their lines over Postgres (channels/chat/chat-store.ts). */
import type { Sequelize } from 'sequelize';
import type { ChatSession, ChatStorePort, StoredLine } from '../../channels/chat/chat-store.ts';
import type { Language } from '../../contract/site.ts';
import { optional } from './optional.ts';
import { attachmentView, instant, type MessageRow, messageColumns, msOf, selectIn } from './text-rows.ts';

interface SessionRow {
  session_id: string;
  widget_id: string;
  thread_id: string | null;
  language: Language;
  pii_name: string | null;
  pii_email: string | null;
  topic: string | null;
  consent: NonNullable<ChatSession['consent']> | null;
  page: string | null;
  pii_address: string;
  created_ms: string;
  ended_ms: string | null;
  ended_by: NonNullable<ChatSession['endedBy']> | null;
}

const columns = `session_id, widget_id, thread_id, language, pii_name, pii_email, topic, consent, page, pii_address,
  ${msOf('created_at')} as created_ms, ${msOf('ended_at')} as ended_ms, ended_by`;

const sessionOf = (row: SessionRow): ChatSession => ({
  sessionId: row.session_id,
  widgetId: row.widget_id,
  language: row.language,
  address: row.pii_address,
  createdAt: Number(row.created_ms),
  ...optional({
    threadId: row.thread_id,
    name: row.pii_name,
    email: row.pii_email,
    topic: row.topic,
    consent: row.consent,
    page: row.page,
    endedAt: row.ended_ms === null ? null : Number(row.ended_ms),
    endedBy: row.ended_by,
  }),
});

const lineOf = (row: MessageRow & { line_id: string | null }): StoredLine => ({
  threadSeq: row.seq,
  at: Number(row.at_ms),
  from: row.author,
  text: row.text,
  attachments: (row.attachments ?? []).map(attachmentView).filter(({ refused }) => refused === undefined),
  ...optional({ agentId: row.agent_id, clientId: row.author === 'customer' ? row.line_id : null }),
});

export function createChatRepo(sequelize: Sequelize): ChatStorePort {
  const select = selectIn(sequelize);
  const find = async (where: string, value: string): Promise<ChatSession | undefined> => {
    const [row] = await select<SessionRow>(`select ${columns} from chat_sessions where ${where} = $1`, [
      value,
    ]);
    return row && sessionOf(row);
  };
  return {
    async begin(session, tokenHash) {
      await sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('set local synchronous_commit = on');
        await within(
          `insert into chat_sessions (session_id, token_hash, widget_id, language, pii_name, pii_email, topic, consent, page,
             pii_address, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, ${instant('$11')})`,
          [
            session.sessionId,
            tokenHash,
            session.widgetId,
            session.language,
            session.name ?? null,
            session.email ?? null,
            session.topic ?? null,
            session.consent ? JSON.stringify(session.consent) : null,
            session.page ?? null,
            session.address,
            session.createdAt,
          ],
        );
      });
    },
    byToken: (tokenHash) => find('token_hash', tokenHash),
    byThread: (threadId) => find('thread_id', threadId),
    async setThread(sessionId, threadId) {
      await select('update chat_sessions set thread_id = $2 where session_id = $1', [sessionId, threadId]);
    },
    async end(sessionId, at, by) {
      await select(
        `update chat_sessions set ended_at = ${instant('$2')}, ended_by = $3 where session_id = $1 and ended_at is null`,
        [sessionId, at, by],
      );
    },
    async revive(sessionId) {
      await select('update chat_sessions set ended_at = null, ended_by = null where session_id = $1', [
        sessionId,
      ]);
    },
    async dropSilent(before, except) {
      const gone = await select<{ session_id: string }>(
        `delete from chat_sessions where thread_id is null and created_at < ${instant('$1')}
           and session_id <> all($2) returning session_id`,
        [before, [...except]],
      );
      return gone.length;
    },
    async lines(threadId, after) {
      const rows = await select<MessageRow & { line_id: string | null }>(
        `select ${messageColumns}, substr(m.external_id, strpos(m.external_id, ':') + 1) as line_id from messages m
         where m.thread_id = $1 and m.seq > $2 and not m.is_note order by m.seq`,
        [threadId, after],
      );
      return rows.map(lineOf);
    },
  };
}
