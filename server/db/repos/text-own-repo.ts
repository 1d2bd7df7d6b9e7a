/**
 * What agents write: kept with a place in its thread, to be sent by the outbox (app/text/outbox.ts), which asks here what
 * is due. Race stopped: the same message said twice after a lost answer is one (a unique index on the page's own id).
 */
import type { Sequelize } from 'sequelize';
import type { OutgoingMessage, StoredFile } from '../../app/text/channel.ts';
import type { DueMessage, NotNow, OwnMessage, SettledRow, TextStorePort } from '../../app/text/ports.ts';
import type { MessageView } from '../../contract/desk.ts';
import { optional } from './optional.ts';
import {
  instant,
  type MessageRow,
  messageColumns,
  messageView,
  msOf,
  type Select,
  selectIn,
} from './text-rows.ts';
import { askAgain, failOne } from './text-undelivered-repo.ts';

type OwnPart = Pick<TextStorePort, 'add' | 'due' | 'nextDue' | 'settle' | 'delivered' | 'askAgain'>;

/** So many of our last messages are named to the customer's mail program. */
const referencesNamed = 10;

export function createOwnMessages(sequelize: Sequelize, newId: (noun: string) => string): OwnPart {
  const select = selectIn(sequelize);
  const view = async (messageId: string): Promise<SettledRow | undefined> => {
    const [row] = await select<MessageRow>(
      `select ${messageColumns} from messages m where m.message_id = $1`,
      [messageId],
    );
    return row && { message: messageView(row) };
  };
  const inOne = <T>(work: (within: Select) => Promise<T>): Promise<T> =>
    sequelize.transaction((transaction) => work(selectIn(sequelize, transaction)));
  return {
    add: (message) => inOne((within) => addOne(within, message, newId('m'))),
    async due(now, limit, except) {
      const rows = await select<DueRow>(dueSql, [...placesOf(except), now, limit]);
      return Promise.all(rows.map((row) => dueMessage(select, row)));
    },
    async nextDue(except) {
      const [row] = await select<{ at: string | null }>(nextDueSql, placesOf(except));
      return row?.at ? Number(row.at) : undefined;
    },
    async settle(messageId, { state, fault, externalId, nextTryAt }, now) {
      if (state === 'failed')
        return inOne((within) => failOne(within, { messageId, fault, now, isTry: true }, newId));
      await select(
        `with settled as (update messages set delivery = $2, fault = $3, attempts = attempts + 1,
             next_try_at = case when $2 = 'queued' then ${instant('$4')} end
           where message_id = $1 and delivery = 'queued')
         insert into external_ids (channel_id, endpoint_id, external_id, message_id)
         select t.channel_id, t.endpoint_id, $5, m.message_id from messages m join threads t using (thread_id)
         where m.message_id = $1 and $5::text is not null on conflict do nothing`,
        [messageId, state, fault ?? null, nextTryAt ?? null, externalId ?? null],
      );
      return view(messageId);
    },
    async delivered({ channelId, externalId, state, fault, endpointId }, now) {
      const [row] = await select<{ message_id: string }>(
        `select m.message_id from external_ids e join messages m on m.message_id = e.message_id
         where e.channel_id = $1 and e.external_id = $2 and e.endpoint_id = coalesce($3, e.endpoint_id)
           and m.author = 'agent'`,
        [channelId, externalId, endpointId ?? null],
      );
      if (!row) return undefined;
      const messageId = row.message_id;
      if (state === 'failed')
        return inOne((within) => failOne(within, { messageId, fault, now, isTry: false }, newId));
      await select(
        `update messages set delivery = 'delivered', fault = coalesce($2, fault) where message_id = $1`,
        [messageId, fault ?? null],
      );
      return view(messageId);
    },
    askAgain: (messageId, endedContactId, now) =>
      inOne((within) => askAgain(within, { messageId, endedContactId, now }, newId)),
  };
}

async function addOne(
  select: Select,
  message: OwnMessage,
  messageId: string,
): Promise<{ message: MessageView; isDuplicate: boolean } | 'unknown-attachment'> {
  const { threadId, contactId, author, agentId, clientId, attachmentIds } = message;
  await select(
    "select set_config('synchronous_commit', 'on', true) from threads where thread_id = $1 for update",
    [threadId],
  );
  if (clientId !== undefined) {
    const [before] = await select<MessageRow>(
      `select ${messageColumns} from messages m where m.thread_id = $1 and m.author = $2 and m.client_id = $3`,
      [threadId, author, clientId],
    );
    if (before) return { message: messageView(before), isDuplicate: true };
  }
  if (attachmentIds.length > 0) {
    const loose = await select<{ attachment_id: string }>(
      'select attachment_id from files where attachment_id = any($1) and message_id is null and owner = $2 and refused is null',
      [[...attachmentIds], `agent:${agentId ?? ''}`],
    );
    if (loose.length !== new Set(attachmentIds).size) return 'unknown-attachment';
  }
  await select(
    `with turn as (update threads set next_seq = next_seq + 1 where thread_id = $2 returning next_seq - 1 as seq)
     insert into messages (message_id, thread_id, contact_id, seq, at, author, agent_id, is_note, text, client_id, delivery, next_try_at)
     select $1, $2, $3, turn.seq, ${instant('$4')}, $5, $6, $7, $8, $9,
       case when $10 then 'queued' else 'none' end, case when $10 then ${instant('$4')} end from turn`,
    [
      messageId,
      threadId,
      contactId,
      message.at,
      author,
      agentId ?? null,
      message.isNote,
      message.text,
      clientId ?? null,
      message.isSent,
    ],
  );
  if (attachmentIds.length > 0)
    await select('update files set message_id = $1, thread_id = $2 where attachment_id = any($3)', [
      messageId,
      threadId,
      [...attachmentIds],
    ]);
  const [row] = await select<MessageRow>(`select ${messageColumns} from messages m where m.message_id = $1`, [
    messageId,
  ]);
  if (!row) throw new Error('a message that was just kept is not there');
  return { message: messageView(row), isDuplicate: false };
}

interface DueRow {
  message_id: string;
  thread_id: string;
  contact_id: string;
  channel_id: string;
  endpoint_id: string;
  seq: number;
  text: string;
  agent_id: string | null;
  attempts: number;
  subject: string | null;
  language: string;
  pii_address: string;
  pii_name: string | null;
}

/** The first unsettled one of each thread, of those that may be handed over: $1 threads, $2 and $3 channels and endpoints. */
const waitingSql = `from messages m join threads t on t.thread_id = m.thread_id
  where m.delivery = 'queued' and m.thread_id <> all($1::text[])
    and not exists (select 1 from unnest($2::text[], $3::text[]) as x(channel_id, endpoint_id)
      where x.channel_id = t.channel_id and coalesce(x.endpoint_id, t.endpoint_id) = t.endpoint_id)
    and not exists (select 1 from messages b where b.thread_id = m.thread_id and b.delivery = 'queued' and b.seq < m.seq)`;
/** The longest due first. */
const dueSql = `select m.message_id, m.thread_id, m.contact_id, t.channel_id, t.endpoint_id, m.seq, m.text, m.agent_id,
    m.attempts, t.subject, t.language, t.pii_address, t.pii_name
  ${waitingSql} and m.next_try_at <= ${instant('$4')} order by m.next_try_at limit $5`;
const nextDueSql = `select ${msOf('min(m.next_try_at)')} as at ${waitingSql}`;

const placesOf = ({ threadIds, ways }: NotNow): unknown[] => [
  [...threadIds],
  ways.map(({ channelId }) => channelId),
  ways.map(({ endpointId }) => endpointId ?? null),
];

interface AnsweredRow {
  external_id: string;
  at_ms: string;
  pii_from: string;
  pii_from_name: string | null;
  text: string;
  quoted: string | null;
  html: string | null;
  extra: Record<string, unknown>;
}

async function dueMessage(select: Select, row: DueRow): Promise<DueMessage> {
  const { message_id: messageId, thread_id: threadId } = row;
  const files = await select<FileRow>(`${fileSql} where message_id = $1 order by attachment_id`, [messageId]);
  const [answered] = await select<AnsweredRow>(
    `select external_id, ${msOf('at')} as at_ms, pii_from, pii_from_name, text, quoted, html, extra from messages
     where thread_id = $1 and seq < $2 and author = 'customer' and kind = 'message' and pii_from is not null
     order by seq desc limit 1`,
    [threadId, row.seq],
  );
  const references = await select<{ external_id: string }>(
    `select e.external_id from external_ids e join messages m on m.message_id = e.message_id
     where m.thread_id = $1 and m.seq < $2 order by m.seq desc limit ${referencesNamed}`,
    [threadId, row.seq],
  );
  return {
    messageId,
    threadId,
    contactId: row.contact_id,
    channelId: row.channel_id,
    endpointId: row.endpoint_id,
    attempts: row.attempts,
    to: { address: row.pii_address, ...optional({ name: row.pii_name }) },
    language: row.language,
    text: row.text,
    files: files.map(storedFile),
    references: references.map(({ external_id: id }) => id),
    ...optional({ subject: row.subject, agentId: row.agent_id }),
    ...(answered && { answers: answeredBy(answered) }),
  };
}

const answeredBy = (row: AnsweredRow): NonNullable<OutgoingMessage['answers']> => ({
  externalId: row.external_id,
  at: Number(row.at_ms),
  from: { address: row.pii_from, ...optional({ name: row.pii_from_name }) },
  text: row.quoted === null ? row.text : `${row.text}\n\n${row.quoted}`,
  extra: row.extra,
  ...optional({ html: row.html }),
});

export interface FileRow {
  attachment_id: string;
  name: string;
  mime: string;
  bytes: number;
  sha256: string;
  refused: NonNullable<StoredFile['refused']> | null;
  content_id: string | null;
  is_inline: boolean;
}

export const fileSql = `select attachment_id, name, mime, bytes, sha256, refused, content_id, is_inline, thread_id, owner,
  coalesce((select m.is_note from messages m where m.message_id = files.message_id), false) as is_internal from files`;

export const storedFile = (row: FileRow): StoredFile => ({
  attachmentId: row.attachment_id,
  name: row.name,
  mime: row.mime,
  bytes: row.bytes,
  sha256: row.sha256,
  isInline: row.is_inline,
  ...optional({ refused: row.refused, contentId: row.content_id }),
});
