/**
 * Text that is old enough is taken out of the tables. A thread is locked first, as whoever brings a message does, and looked at
 * again under the lock: one that somebody wrote in meanwhile is left alone; whoever waits for the lock meanwhile finds it
 * forgotten and begins another (text-intake-repo.ts). A thread that is locked by somebody is passed over until the next look.
 */
import type { Sequelize } from 'sequelize';
import type { DueBefore, DueCounts, RetentionStorePort } from '../../app/text/retention.ts';
import { instant, type Select, selectIn } from './text-rows.ts';

/** Nobody is asked, nobody was of late, and nothing waits to be sent. */
const isOver = (before: string): string => `t.forgotten_at is null and t.created_at < ${instant(before)}
  and not exists (select 1 from text_contacts c where c.thread_id = t.thread_id
    and (c.closed_at is null or c.closed_at >= ${instant(before)}))
  and not exists (select 1 from messages m where m.thread_id = t.thread_id
    and (m.at >= ${instant(before)} or m.delivery = 'queued'))`;

/** Content and persons go; the row stays, so that the same delivery is known. */
const forgetRaw = `update raw_mails r set state = 'deleted', pii_envelope_from = null, pii_envelope_to = '{}', pii_from = null,
  pii_from_name = null, subject = null, settled_at = now()`;

/** Mails as they came whose message, if any, is of no open contact. */
const isRawOver = (
  before: string,
): string => `o.state in ('read', 'duplicate', 'quarantined') and o.received_at < ${instant(before)}
  and not exists (select 1 from messages m join text_contacts c using (contact_id)
    where m.message_id = o.message_id and c.closed_at is null)`;

/** One that runs is not over, whatever its age. */
const isRecordingOver = (before: string): string =>
  `r.state <> 'started' and coalesce(r.ended_at, r.started_at) < ${instant(before)}`;

/**
 * Takes a recording's file away; one that is gone already is no fault. False: it could not be, and its row stays. The file goes first: a
 * crash before the row is gone leaves a row that the next look finds again, and never a file that nothing names.
 */
export type RemoveRecording = (file: string) => Promise<boolean>;

export function createRetentionRepo(
  sequelize: Sequelize,
  removeRecording: RemoveRecording,
): RetentionStorePort {
  return {
    countDue: (before) => countDue(selectIn(sequelize), before),
    forgetRecordings: (before, limit) =>
      sequelize.transaction(async (transaction) => {
        const select = selectIn(sequelize, transaction);
        const old = await select<{ recording_id: string; file: string | null }>(
          `select r.recording_id, r.file from recordings r where ${isRecordingOver('$1')}
           order by coalesce(r.ended_at, r.started_at) limit $2 for update skip locked`,
          [before, limit],
        );
        const gone: string[] = [];
        for (const { recording_id: id, file } of old)
          if (file === null || (await removeRecording(file))) gone.push(id);
        await select('delete from recordings where recording_id = any($1)', [gone]);
        return gone.length;
      }),
    forgetThread: (before) =>
      sequelize.transaction(async (transaction) => {
        const select = selectIn(sequelize, transaction);
        const [found] = await select<{ thread_id: string }>(
          `select t.thread_id from threads t where ${isOver('$1')} order by t.created_at limit 1
           for update skip locked`,
          [before],
        );
        if (!found) return undefined;
        const { thread_id: threadId } = found;
        // What was written before we had the lock is seen by a statement of its own only.
        const [still] = await select<{ thread_id: string }>(
          `select t.thread_id from threads t where t.thread_id = $2 and ${isOver('$1')}`,
          [before, threadId],
        );
        if (!still) return undefined;
        return forgetOne(select, threadId);
      }),
    forgetRawMails: (before, limit) =>
      sequelize.transaction(async (transaction) => {
        const select = selectIn(sequelize, transaction);
        const gone = await select<{ raw_id: string }>(
          `${forgetRaw} from (select o.raw_id from raw_mails o
               where ${isRawOver('$1')}
               order by o.received_at limit $2 for update skip locked) old
           where r.raw_id = old.raw_id returning r.raw_id`,
          [before, limit],
        );
        await dropContents(select, gone);
        return gone.length;
      }),
  };
}

async function countDue(select: Select, { text, rawMails, recordings }: DueBefore): Promise<DueCounts> {
  const count = async (before: number | undefined, from: string): Promise<number> => {
    if (before === undefined) return 0;
    return Number((await select<{ n: string }>(`select count(*) as n from ${from}`, [before]))[0]?.n ?? 0);
  };
  return {
    threads: await count(text, `threads t where ${isOver('$1')}`),
    rawMails: await count(rawMails, `raw_mails o where ${isRawOver('$1')}`),
    recordings: await count(recordings, `recordings r where ${isRecordingOver('$1')}`),
  };
}

async function dropContents(select: Select, rows: readonly { raw_id: string }[]): Promise<void> {
  if (rows.length > 0)
    await select('delete from raw_mail_contents where raw_id = any($1)', [rows.map(({ raw_id: id }) => id)]);
}

async function forgetOne(
  select: Select,
  threadId: string,
): Promise<{ messages: number; files: number; rawMails: number }> {
  const raws = await select<{ raw_id: string }>(
    `${forgetRaw} from messages m where m.thread_id = $1 and r.message_id = m.message_id and r.state <> 'deleted'
     returning r.raw_id`,
    [threadId],
  );
  await dropContents(select, raws);
  const files = await select<{ sha256: string }>(
    `delete from files f using messages m where m.thread_id = $1 and f.message_id = m.message_id returning f.sha256`,
    [threadId],
  );
  if (files.length > 0)
    await select(
      `delete from file_contents c where c.sha256 = any($1)
         and not exists (select 1 from files f where f.sha256 = c.sha256)`,
      [files.map(({ sha256 }) => sha256)],
    );
  const messages = await select<{ message_id: string }>(
    'delete from messages where thread_id = $1 returning message_id',
    [threadId],
  );
  await select('delete from chat_sessions where thread_id = $1', [threadId]);
  await select('delete from consents where thread_id = $1', [threadId]);
  await select(
    `update threads set forgotten_at = now(), pii_address = '', pii_name = null, subject = null where thread_id = $1`,
    [threadId],
  );
  return { messages: messages.length, files: files.length, rawMails: raws.length };
}
