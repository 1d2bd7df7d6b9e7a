/**
 * Takes in what customers write: one transaction a message, committed to the disk before anybody is told that it was taken.
 * A message that is here already is found again, and nothing is written; one that has its id and says something else is a
 * message of its own. Races stopped: two copies of a mail at once (the
 * primary key of `external_ids`); two messages of one thread at once (its row is locked), or of one messenger's customer who
 * has no thread yet (an advisory lock); a second contact for a thread whose contact is open (a unique index); a contact
 * that is closed while a message joins it (its row is locked, so the closing comes before or after).
 */
import type { Sequelize, Transaction } from 'sequelize';
import type { IncomingMessage, TextWork } from '../../app/text/channel.ts';
import type { TakenRow } from '../../app/text/ports.ts';
import {
  instant,
  type MessageRow,
  messageColumns,
  messageView,
  openColumns,
  type OpenRow,
  openText,
  type Select,
  selectIn,
} from './text-rows.ts';
import { keptOrNamed, type Named } from './text-known-repo.ts';

type NewId = (noun: string) => string;

interface ThreadKey {
  thread_id: string;
}

/** Thrown to undo the transaction: another one has kept the same message meanwhile. */
class KeptMeanwhile extends Error {}

export function createTextIntake(
  sequelize: Sequelize,
  newId: NewId,
): {
  take(incoming: IncomingMessage, now: number): Promise<TakenRow>;
  reopen(messageId: string, now: number): Promise<TakenRow>;
} {
  const inOne = <T>(work: (select: Select) => Promise<T>): Promise<T> =>
    sequelize.transaction((transaction: Transaction) => work(selectIn(sequelize, transaction)));
  return {
    async take(incoming, now) {
      try {
        return await inOne((select) => takeOne(select, incoming, now, newId));
      } catch (error) {
        if (!(error instanceof KeptMeanwhile)) throw error;
        return inOne((select) => takeOne(select, incoming, now, newId));
      }
    },
    reopen: (messageId, now) => inOne((select) => reopenFor(select, messageId, now, newId)),
  };
}

async function takeOne(
  select: Select,
  incoming: IncomingMessage,
  now: number,
  newId: NewId,
): Promise<TakenRow> {
  const found = await keptOrNamed(select, incoming);
  if ('kept' in found) return tell(select, found.kept, { isDuplicate: true, isNewContact: false });
  return takeNew(select, found.named, now, newId);
}

async function takeNew(select: Select, incoming: Named, now: number, newId: NewId): Promise<TakenRow> {
  const isAsked = incoming.asksSomebody ?? incoming.kind === 'message';
  const threadId = await threadOf(select, incoming);
  if (threadId === undefined || !(await isKept(select, threadId))) {
    const begun = await beginThread(select, { threadId: newId('t'), incoming, isAsked, now, newId });
    return tell(select, begun, { isDuplicate: false, isNewContact: isAsked });
  }
  const contact = await contactFor(select, { threadId, incoming, isAsked, now, newId });
  const messageId = await insertMessage(select, { threadId, contactId: contact.contactId, incoming, newId });
  await attach(select, { threadId, messageId, incoming, now });
  return tell(select, messageId, { isDuplicate: false, isNewContact: contact.isNew });
}

/** What mail systems write about a mail: it comes from none of those who are of the thread. */
const isReport = ({ kind }: IncomingMessage): boolean =>
  kind === 'bounce' || kind === 'receipt' || kind === 'complaint';

/** Locks it. One that was forgotten by its age, maybe while we waited for the lock, is no longer anybody's. */
async function isKept(select: Select, threadId: string): Promise<boolean> {
  const [row] = await select<{ is_kept: boolean }>(
    'select forgotten_at is null as is_kept from threads where thread_id = $1 for update',
    [threadId],
  );
  return row?.is_kept ?? false;
}

/** By a token of ours; or by what it answers, if its sender is of that thread, or if it reports on what we sent. */
async function threadOf(select: Select, incoming: IncomingMessage): Promise<string | undefined> {
  const { channelId, clues, from } = incoming;
  if (clues.threadId !== undefined) {
    const [row] = await select<ThreadKey>(
      'select thread_id from threads where thread_id = $1 and channel_id = $2',
      [clues.threadId, channelId],
    );
    if (row) return row.thread_id;
  }
  if (clues.isOneThread) {
    await select('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      JSON.stringify([channelId, incoming.endpointId, from.address]),
    ]);
    const [row] = await select<ThreadKey>(
      `select thread_id from threads where channel_id = $1 and endpoint_id = $2 and pii_address = $3
       order by created_at desc limit 1`,
      [channelId, incoming.endpointId, from.address],
    );
    return row?.thread_id;
  }
  if (!clues.answers || clues.answers.length === 0) return undefined;
  const [row] = await select<ThreadKey>(
    `select t.thread_id from external_ids e
       join messages m on m.message_id = e.message_id
       join threads t on t.thread_id = m.thread_id
     where e.channel_id = $1 and e.external_id = any($2)
       and (lower(t.pii_address) = lower($3)
            or exists (select 1 from messages w where w.thread_id = t.thread_id and lower(w.pii_from) = lower($3))
            or ($4 and m.author <> 'customer'))
     order by array_position($2::text[], e.external_id) limit 1`,
    [channelId, [...clues.answers], from.address, isReport(incoming)],
  );
  return row?.thread_id;
}

interface Entering {
  threadId: string;
  incoming: Named;
  isAsked: boolean;
  now: number;
  newId: NewId;
}

/**
 * Thread, contact, message and its outer id in one statement: most mails and forms begin a thread, and what a mail costs is
 * mostly the number of statements. Nobody else can know the thread yet, so nothing of it needs a lock. Answers the message.
 */
async function beginThread(select: Select, entering: Entering): Promise<string> {
  const { threadId, incoming, isAsked, now, newId } = entering;
  const { channelId, endpointId, queueId, from, kind } = incoming;
  const messageId = newId('m');
  const [mine] = await select<{ message_id: string }>(
    `with thread as (
       insert into threads (thread_id, channel_id, endpoint_id, pii_address, pii_name, subject, language, created_at,
         may_be_answered, next_seq)
       values ($1, $2, $3, $4, $5, $6, $7, ${instant('$8')}, $9, 2)),
     contact as (
       insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via, closed_at)
       values ($10, $1, $11, $12, ${instant('$8')}, $13, case when $14 then null else ${instant('$8')} end)),
     message as (
       insert into messages (message_id, thread_id, contact_id, seq, at, author, kind, text, quoted, html, subject,
         pii_from, pii_from_name, external_id, extra, is_id_reused)
       values ($15, $1, $10, 1, ${instant('$16')}, 'customer', $17, $18, $19, $20, $6, $4, $5, $21, $22::jsonb, $23))
     insert into external_ids (channel_id, endpoint_id, external_id, message_id, content_key)
     values ($2, $3, $24, $15, $25)
     on conflict do nothing returning message_id`,
    [
      threadId,
      channelId,
      endpointId,
      from.address,
      from.name ?? null,
      incoming.subject ?? null,
      incoming.language,
      now,
      incoming.mayBeAnswered,
      newId('c'),
      queueId,
      workOf(incoming),
      viaOf(incoming),
      isAsked,
      messageId,
      incoming.receivedAt,
      kind,
      incoming.text,
      incoming.quoted ?? null,
      incoming.html ?? null,
      incoming.externalId,
      JSON.stringify(incoming.extra ?? {}),
      incoming.isIdReused,
      incoming.key,
      incoming.contentKey ?? null,
    ],
  );
  if (!mine) throw new KeptMeanwhile();
  await attach(select, { threadId, messageId, incoming, now });
  return messageId;
}

const workOf = ({ channelId, work }: IncomingMessage): TextWork =>
  work ?? (channelId === 'chat' ? 'chat' : 'mail');
const viaOf = ({ channelId, endpointId, via }: IncomingMessage): string =>
  via ?? `${channelId}:${endpointId}`;

/** The open one; else a new one, closed at once where nobody is asked and history alone keeps it. */
async function contactFor(
  select: Select,
  entering: Entering,
): Promise<{ contactId: string; isNew: boolean }> {
  const { threadId, isAsked } = entering;
  const [newest] = await select<{ contact_id: string; is_open: boolean }>(
    `select contact_id, closed_at is null as is_open from text_contacts where thread_id = $1
     order by closed_at is null desc, created_at desc limit 1 for no key update`,
    [threadId],
  );
  if (newest && (newest.is_open || !isAsked)) return { contactId: newest.contact_id, isNew: false };
  return { contactId: await newContact(select, entering), isNew: isAsked };
}

async function newContact(
  select: Select,
  { threadId, incoming, isAsked, now, newId }: Entering,
): Promise<string> {
  const contactId = newId('c');
  await select(
    `insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via, closed_at)
     values ($1, $2, $3, $4, ${instant('$5')}, $6, case when $7 then null else ${instant('$5')} end)`,
    [contactId, threadId, incoming.queueId, workOf(incoming), now, viaOf(incoming), isAsked],
  );
  return contactId;
}

async function insertMessage(
  select: Select,
  {
    threadId,
    contactId,
    incoming,
    newId,
  }: { threadId: string; contactId: string; incoming: Named; newId: NewId },
): Promise<string> {
  const messageId = newId('m');
  const { text, quoted, html, subject, from, kind, receivedAt, extra = {} } = incoming;
  const [mine] = await select<{ message_id: string }>(
    `with turn as (update threads set next_seq = next_seq + 1,
         may_be_answered = coalesce($12, may_be_answered), pii_name = coalesce($9, pii_name) where thread_id = $2 returning next_seq - 1 as seq),
     message as (insert into messages (message_id, thread_id, contact_id, seq, at, author, kind, text, quoted, html, subject,
         pii_from, pii_from_name, external_id, extra, is_id_reused)
       select $1, $2, $3, turn.seq, ${instant('$4')}, $13, $5, $6, $7, $10, $11, $8, $9, $14, $15::jsonb, $18 from turn)
     insert into external_ids (channel_id, endpoint_id, external_id, message_id, content_key)
     values ($16, $17, $19, $1, $20)
     on conflict do nothing returning message_id`,
    [
      messageId,
      threadId,
      contactId,
      receivedAt,
      kind,
      text,
      quoted ?? null,
      from.address,
      from.name ?? null,
      html ?? null,
      subject ?? null,
      // What a machine sent says nothing of the person it came from.
      kind === 'message' ? incoming.mayBeAnswered : null,
      'customer',
      incoming.externalId,
      JSON.stringify(extra),
      incoming.channelId,
      incoming.endpointId,
      incoming.isIdReused,
      incoming.key,
      incoming.contentKey ?? null,
    ],
  );
  if (!mine) throw new KeptMeanwhile();
  return messageId;
}

async function attach(
  select: Select,
  {
    threadId,
    messageId,
    incoming,
    now,
  }: { threadId: string; messageId: string; incoming: IncomingMessage; now: number },
): Promise<void> {
  const { files, consent } = incoming;
  if (files.length > 0)
    await select(
      'update files set message_id = $1, thread_id = $2 where attachment_id = any($3) and message_id is null',
      [messageId, threadId, files.map(({ attachmentId }) => attachmentId)],
    );
  if (consent)
    await select(
      `insert into consents (thread_id, version, text, at, pii_address) values ($1, $2, $3, ${instant('$4')}, $5)`,
      [threadId, consent.version, consent.text, now, consent.address],
    );
}

/** The message joins a new contact, with all that customers wrote after it. */
async function reopenFor(select: Select, messageId: string, now: number, newId: NewId): Promise<TakenRow> {
  await select('set local synchronous_commit = on');
  const [found] = await select<{
    thread_id: string;
    seq: number;
    contact_id: string;
    queue_id: string;
    work: string;
    via: string;
  }>(
    `select m.thread_id, m.seq, m.contact_id, c.queue_id, c.work, c.via from messages m
       join text_contacts c on c.contact_id = m.contact_id where m.message_id = $1`,
    [messageId],
  );
  if (!found) throw new Error('there is no such message');
  await select('select 1 from threads where thread_id = $1 for update', [found.thread_id]);
  await select(
    `update text_contacts set closed_at = coalesce(closed_at, ${instant('$2')}) where contact_id = $1`,
    [found.contact_id, now],
  );
  const [open] = await select<{ contact_id: string }>(
    'select contact_id from text_contacts where thread_id = $1 and closed_at is null',
    [found.thread_id],
  );
  const contactId = open?.contact_id ?? newId('c');
  if (!open)
    await select(
      `insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via)
       values ($1, $2, $3, $4, ${instant('$5')}, $6)`,
      [contactId, found.thread_id, found.queue_id, found.work, now, found.via],
    );
  await select(
    `update messages set contact_id = $1 where thread_id = $2 and contact_id = $3 and seq >= $4 and author = 'customer'`,
    [contactId, found.thread_id, found.contact_id, found.seq],
  );
  return tell(select, messageId, { isDuplicate: false, isNewContact: !open });
}

async function tell(
  select: Select,
  messageId: string,
  what: { isDuplicate: boolean; isNewContact: boolean },
): Promise<TakenRow> {
  const [row] = await select<MessageRow & { open: OpenRow | null }>(
    `select ${messageColumns}, (select row_to_json(o) from (select ${openColumns} from text_contacts c
         join threads t on t.thread_id = c.thread_id where c.contact_id = m.contact_id and c.closed_at is null) o) as open
     from messages m where m.message_id = $1`,
    [messageId],
  );
  if (!row) throw new Error('a message that was just kept is not there');
  return {
    ...what,
    threadId: row.thread_id,
    message: messageView(row),
    ...(row.open && { text: openText(row.open) }),
  };
}
