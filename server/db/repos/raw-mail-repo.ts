/**
 * Mails as they came, in Postgres: row and bytes in one transaction (most in one statement) that is on the disk when `keep` resolves, whatever the
 * database's own setting (`synchronous_commit = on`): the relay forgets the mail at that moment.
 *
 * The race it stops: the same mail delivered twice at once, by a relay that lost our answer or by two connections. The unique
 * index decides, and the one that comes second waits for the first to commit before it answers.
 */
import { webcrypto } from 'node:crypto';
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type {
  QuarantineReason,
  RawCounts,
  RawFacts,
  RawMail,
  RawMailStore,
  RawOutcome,
} from '../../channels/mail/raw-mail.ts';
import { newId } from '../../lib/ids.ts';

interface Row {
  raw_id: string;
  mailbox_id: string;
  source: 'smtp' | 'imap';
  source_key: string;
  received_at: Date;
  pii_envelope_from: string | null;
  pii_envelope_to: string[];
  sha256: string;
  bytes: number;
  released_reason: QuarantineReason | null;
}

const columns =
  'raw_id, mailbox_id, source, source_key, received_at, pii_envelope_from, pii_envelope_to, sha256, bytes';

/**
 * A mail is in rows of so much: the driver copies what it writes and decodes what it reads from hex, on the thread that also
 * serves the calls, and a large mail in one row would hold that up for a tenth of a second.
 */
const partBytes = 1024 * 1024;

/** On a thread of its own, for the same reason. */
async function sha256Of(content: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', content)).toString('hex');
}

function present(row: Row): RawMail {
  return {
    rawId: row.raw_id,
    mailboxId: row.mailbox_id,
    source: row.source,
    sourceKey: row.source_key,
    receivedAt: row.received_at.getTime(),
    ...(row.pii_envelope_from !== null && { envelopeFrom: row.pii_envelope_from }),
    envelopeTo: row.pii_envelope_to,
    sha256: row.sha256,
    bytes: row.bytes,
    ...(row.released_reason !== null && { releasedFrom: row.released_reason }),
  };
}

type Query = <T extends object>(sql: string, bind: unknown[]) => Promise<T[]>;

/**
 * Row and first part in one statement, which also asks that its transaction be on the disk when it is committed: what keeping a
 * mail costs is mostly the number of statements. Undefined: it is here already, committed. An empty mail has no part.
 */
async function insertIn(query: Query, facts: unknown[], first: Buffer): Promise<string | undefined> {
  const [row] = await query<{ raw_id: string | null }>(
    `with made as (
       insert into raw_mails (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict do nothing returning raw_id),
     content as (
       insert into raw_mail_contents (raw_id, part, pii_content)
       select raw_id, 0, $10::bytea from made where length($10::bytea) > 0)
     select set_config('synchronous_commit', 'on', true), (select raw_id from made) as raw_id`,
    [...facts, first],
  );
  return row?.raw_id ?? undefined;
}

export function createRawMailRepo(sequelize: Sequelize): RawMailStore {
  const select: Query = <T extends object>(sql: string, bind: unknown[]): Promise<T[]> =>
    sequelize.query<T>(sql, { bind, type: QueryTypes.SELECT });
  return {
    async keep(raw) {
      const sha256 = await sha256Of(raw.content);
      const { mailboxId, source, sourceKey, content } = raw;
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      const facts = [
        newId('rm'),
        mailboxId,
        source,
        sourceKey,
        new Date(raw.receivedAt),
        raw.envelopeFrom ?? null,
        [...raw.envelopeTo],
        sha256,
        content.byteLength,
      ];
      // Most mails are one part: one statement, which is its own transaction.
      const rawId =
        bytes.length <= partBytes
          ? await insertIn(select, facts, bytes)
          : await sequelize.transaction(async (transaction) => {
              const within = <T extends object>(sql: string, bind: unknown[]): Promise<T[]> =>
                sequelize.query<T>(sql, { bind, transaction, type: QueryTypes.SELECT });
              const made = await insertIn(within, facts, bytes.subarray(0, partBytes));
              for (let part = 1; made !== undefined && part * partBytes < bytes.length; part += 1)
                await within(
                  'insert into raw_mail_contents (raw_id, part, pii_content) values ($1, $2, $3)',
                  [made, part, bytes.subarray(part * partBytes, (part + 1) * partBytes)],
                );
              return made;
            });
      if (rawId !== undefined) return { rawId, isNew: true };
      const [here] = await select<{ raw_id: string }>(
        'select raw_id from raw_mails where mailbox_id = $1 and source = $2 and source_key = $3 and sha256 = $4',
        [mailboxId, source, sourceKey, sha256],
      );
      if (!here) throw new Error('a mail was neither kept nor there');
      return { rawId: here.raw_id, isNew: false };
    },
    async unread(limit, except = []) {
      const rows = await select<Row>(
        `select ${columns}, released_reason from raw_mails where state = 'unread' and mailbox_id <> all($2) order by seq limit $1`,
        [limit, [...except]],
      );
      return rows.map(present);
    },
    async content(rawId) {
      const [row] = await select<{ bytes: number }>('select bytes from raw_mails where raw_id = $1', [rawId]);
      if (!row) throw new Error('there is no such mail');
      const content = Buffer.alloc(row.bytes);
      for (let part = 0; part * partBytes < row.bytes; part += 1) {
        const [found] = await select<{ pii_content: Buffer }>(
          'select pii_content from raw_mail_contents where raw_id = $1 and part = $2',
          [rawId, part],
        );
        if (!found) throw new Error('a kept mail has not all of its content');
        content.set(found.pii_content, part * partBytes);
      }
      return content;
    },
    async settle(rawId, outcome) {
      const { from, subject } = factsOf(outcome);
      await sequelize.query(
        `update raw_mails set state = $2, reason = $3, message_id = $4, settled_at = now(),
           pii_from = $5, pii_from_name = $6, subject = $7
         where raw_id = $1 and state = 'unread'`,
        {
          bind: [
            rawId,
            outcome.state,
            reasonOf(outcome),
            messageOf(outcome),
            from?.address ?? null,
            from?.name ?? null,
            subject ?? null,
          ],
          type: QueryTypes.RAW,
        },
      );
    },
    async folderMark(mailboxId, folderKey) {
      const [row] = await select<{ uid: string }>(
        'select uid from raw_mail_folders where mailbox_id = $1 and folder_key = $2',
        [mailboxId, folderKey],
      );
      return row && Number(row.uid);
    },
    async markFolder(mailboxId, folderKey, uid) {
      await sequelize.query(
        `insert into raw_mail_folders (mailbox_id, folder_key, uid) values ($1, $2, $3)
         on conflict (mailbox_id, folder_key) do update set uid = greatest(raw_mail_folders.uid, excluded.uid)`,
        { bind: [mailboxId, folderKey, uid], type: QueryTypes.RAW },
      );
    },
    counts: async (since) => countsOf(select, since),
  };
}

function reasonOf(outcome: RawOutcome): string | null {
  if (outcome.state === 'quarantined') return outcome.reason;
  return (outcome.state === 'read' && outcome.asFile) || null;
}
const factsOf = (outcome: RawOutcome): RawFacts =>
  outcome.state === 'quarantined' ? (outcome.facts ?? {}) : {};
const messageOf = (outcome: RawOutcome): string | null =>
  outcome.state === 'quarantined' ? null : (outcome.messageId ?? null);

async function countsOf(
  select: <T extends object>(sql: string, bind: unknown[]) => Promise<T[]>,
  since: number,
): Promise<RawCounts> {
  const [unread] = await select<{ count: string }>(
    `select count(*) count from raw_mails where state = 'unread'`,
    [],
  );
  const reasons = await select<{ reason: QuarantineReason; count: string }>(
    `select reason, count(*) count from raw_mails where state = 'quarantined' and received_at >= $1 group by reason`,
    [new Date(since)],
  );
  return {
    unread: Number(unread?.count ?? 0),
    quarantined: Object.fromEntries(reasons.map(({ reason, count }) => [reason, Number(count)])),
  };
}
