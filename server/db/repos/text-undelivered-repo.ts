/**
 * Answers that failed for good: noted, and somebody asked for again, in one transaction. An open contact of the thread
 * is where it is seen; where all are closed a new one is made, for the agent who wrote the answer. Exactly once: only
 * the call that finds the message not failed yet makes a contact.
 * Race stopped: a customer's mail that joins or opens a contact of the same thread meanwhile (the thread's row is locked).
 */
import type { SettledRow } from '../../app/text/ports.ts';
import {
  instant,
  type MessageRow,
  messageColumns,
  messageView,
  msOf,
  openColumns,
  type OpenRow,
  openText,
  type Select,
} from './text-rows.ts';

export interface Failing {
  readonly messageId: string;
  readonly fault: string | undefined;
  readonly now: number;
  /** It was tried, and not only heard of afterwards. */
  readonly isTry: boolean;
}

type NewId = (noun: string) => string;

/** Within a transaction. */
export async function failOne(
  select: Select,
  { messageId, fault, now, isTry }: Failing,
  newId: NewId,
): Promise<SettledRow | undefined> {
  await lockThread(select, messageId);
  const [failed] = await select<{ author: string }>(
    `update messages set delivery = 'failed', fault = coalesce($2, fault), failed_at = ${instant('$3')},
       attempts = attempts + $4::int, next_try_at = null
     where message_id = $1 and ($4::int = 0 or delivery = 'queued') and delivery <> 'failed' returning author`,
    [messageId, fault ?? null, now, isTry ? 1 : 0],
  );
  if (failed?.author === 'agent') await openFor(select, messageId, now, newId);
  return tellOf(select, messageId, failed !== undefined);
}

/** The contact on which it would have been seen has ended: another one, within a transaction. */
export async function askAgain(
  select: Select,
  { messageId, endedContactId, now }: { messageId: string; endedContactId: string; now: number },
  newId: NewId,
): Promise<SettledRow | undefined> {
  await lockThread(select, messageId);
  await select(
    `update text_contacts set closed_at = coalesce(closed_at, ${instant('$2')}) where contact_id = $1`,
    [endedContactId, now],
  );
  await openFor(select, messageId, now, newId);
  return tellOf(select, messageId, true);
}

/** Asks also that the transaction be on the disk when it is committed. */
async function lockThread(select: Select, messageId: string): Promise<void> {
  await select(
    `select set_config('synchronous_commit', 'on', true) from threads
     where thread_id = (select thread_id from messages where message_id = $1) for update`,
    [messageId],
  );
}

/** A contact of its thread, unless one is open; by the agent who wrote it, whom the queue's rule may ask first. */
async function openFor(select: Select, messageId: string, now: number, newId: NewId): Promise<void> {
  await select(
    `with made as (
       insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via)
       select $2, m.thread_id, c.queue_id, c.work, ${instant('$3')}, c.via
       from messages m join text_contacts c on c.contact_id = m.contact_id
       where m.message_id = $1
         and not exists (select 1 from text_contacts o where o.thread_id = m.thread_id and o.closed_at is null)
       returning thread_id)
     update threads t set last_agent_id = m.agent_id,
       last_agent_at = greatest(m.at, case when t.last_agent_id = m.agent_id then t.last_agent_at end)
     from messages m, made where m.message_id = $1 and t.thread_id = made.thread_id and m.agent_id is not null`,
    [messageId, newId('c'), now],
  );
}

async function tellOf(select: Select, messageId: string, isFirst: boolean): Promise<SettledRow | undefined> {
  const [row] = await select<MessageRow & { open: OpenRow | null; failed_ms: string | null }>(
    `select ${messageColumns}, ${msOf('m.failed_at')} as failed_ms,
       (select row_to_json(o) from (select ${openColumns} from text_contacts c
          join threads t on t.thread_id = c.thread_id where c.thread_id = m.thread_id and c.closed_at is null) o) as open
     from messages m where m.message_id = $1`,
    [messageId],
  );
  if (!row) return undefined;
  const message = messageView(row);
  if (row.author !== 'agent' || row.delivery !== 'failed' || !row.open) return { message };
  return { message, failure: { text: openText(row.open), isFirst, failedAt: Number(row.failed_ms) } };
}
