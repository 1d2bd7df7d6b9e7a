/**
 * The mails of raw_mails that are in quarantine, for those who look after it. A mail leaves it once: releasing and deleting
 * change a row that is still quarantined and no other, so of two clicks, two browsers, or a click and a deletion one finds
 * it. What is deleted keeps its row, without content and without persons: the same delivery again is known.
 */
import type { Sequelize } from 'sequelize';
import type { QuarantineStorePort } from '../../app/text/quarantine.ts';
import {
  settledReasons,
  type QuarantineMail,
  type QuarantineReason,
  type QuarantineRow,
} from '../../contract/rest-quarantine.ts';
import { optional } from './optional.ts';
import { beforeSeq, toPage } from './page.ts';
import { instant, msOf, type Select, selectIn } from './text-rows.ts';

interface Row {
  firstSeq: string;
  raw_id: string;
  mailbox_id: string;
  source: 'smtp' | 'imap';
  received_ms: string;
  reason: QuarantineReason;
  bytes: number;
  pii_from: string | null;
  pii_from_name: string | null;
  subject: string | null;
  pii_envelope_from: string | null;
  pii_envelope_to: string[];
  sha256: string;
}

const columns = `seq as "firstSeq", raw_id, mailbox_id, source, ${msOf('received_at')} as received_ms, reason, bytes, pii_from,
  pii_from_name, subject, pii_envelope_from, pii_envelope_to, sha256`;

/** Constants of ours, and no words of anybody's. */
const settled = settledReasons.map((reason) => `'${reason}'`).join(', ');

const presentRow = (row: Row): QuarantineRow => ({
  rawId: row.raw_id,
  mailboxId: row.mailbox_id,
  source: row.source,
  receivedAt: Number(row.received_ms),
  reason: row.reason,
  bytes: row.bytes,
  ...(row.pii_from !== null && {
    from: { address: row.pii_from, ...optional({ name: row.pii_from_name }) },
  }),
  ...optional({ subject: row.subject, envelopeFrom: row.pii_envelope_from }),
});
const presentMail = (row: Row): QuarantineMail => ({
  ...presentRow(row),
  envelopeTo: row.pii_envelope_to,
  sha256: row.sha256,
});

interface FateRow {
  state: 'unread' | 'read' | 'quarantined' | 'duplicate' | 'deleted';
  reason: QuarantineReason | null;
  contact_id: string | null;
  was_released: boolean;
}

export function createQuarantineRepo(sequelize: Sequelize): QuarantineStorePort {
  const select = selectIn(sequelize);
  const byId = async (rawId: string): Promise<QuarantineMail | undefined> => {
    const [row] = await select<Row>(
      `select ${columns} from raw_mails where raw_id = $1 and state = 'quarantined'`,
      [rawId],
    );
    return row && presentMail(row);
  };
  return {
    async list(query) {
      // Written as the index beside has it, so that few mails to look at are found among many that are blocked.
      const isShown = query.show === 'unsettled' ? `and reason not in (${settled})` : '';
      const rows = await select<Row>(
        `select ${columns} from raw_mails where state = 'quarantined' ${isShown} and seq < $1
         order by seq desc limit $2`,
        [beforeSeq(query), query.limit + 1],
      );
      return toPage(rows, query.limit, presentRow);
    },
    byId,
    content: (rawId) => contentOf(select, rawId),
    release: (rawId, by, at) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('set local synchronous_commit = on');
        const [row] = await within<{ was: QuarantineReason }>(
          `update raw_mails set state = 'unread', reason = null, released_at = ${instant('$3')}, released_by = $2,
             released_reason = was.reason
           from (select raw_id, reason from raw_mails where raw_id = $1 and state = 'quarantined' for update) was
           where raw_mails.raw_id = was.raw_id returning was.reason as was`,
          [rawId, by, at],
        );
        return row?.was;
      }),
    remove: (rawId) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('set local synchronous_commit = on');
        const [row] = await within<{ was: QuarantineReason }>(
          `update raw_mails set state = 'deleted', pii_envelope_from = null, pii_envelope_to = '{}', pii_from = null,
             pii_from_name = null, subject = null, settled_at = now()
           where raw_id = $1 and state = 'quarantined' returning reason as was`,
          [rawId],
        );
        if (row) await within('delete from raw_mail_contents where raw_id = $1', [rawId]);
        return row?.was;
      }),
    async fate(rawId) {
      const [row] = await select<FateRow>(
        `select r.state, r.reason, m.contact_id, r.released_at is not null as was_released
         from raw_mails r left join messages m on m.message_id = r.message_id where r.raw_id = $1`,
        [rawId],
      );
      return (
        row && {
          state: row.state,
          wasReleased: row.was_released,
          ...optional({ reason: row.reason, contactId: row.contact_id }),
        }
      );
    },
    async counts() {
      const rows = await select<{ reason: QuarantineReason; count: string }>(
        `select reason, count(*) from raw_mails where state = 'quarantined' group by reason`,
      );
      return new Map(rows.map(({ reason, count }) => [reason, Number(count)]));
    },
  };
}

/** A part at a time, so that a large mail is never whole in memory. Throws when one is not there any more. */
async function* contentOf(select: Select, rawId: string): AsyncGenerator<Buffer> {
  const [row] = await select<{ parts: string }>(
    'select count(*) as parts from raw_mail_contents where raw_id = $1',
    [rawId],
  );
  for (let part = 0; part < Number(row?.parts ?? 0); part += 1) {
    const [found] = await select<{ pii_content: Buffer }>(
      'select pii_content from raw_mail_contents where raw_id = $1 and part = $2',
      [rawId, part],
    );
    if (!found) throw new Error('a kept mail has not all of its content any more');
    yield found.pii_content;
  }
}
