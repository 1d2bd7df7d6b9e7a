/** The tries of callbacks (app/callback/ports.ts) over Postgres. */
import type { Sequelize, Transaction } from 'sequelize';
import type { CallbackStorePort } from '../../app/callback/ports.ts';
import { instant, msOf, openColumns, type OpenRow, openText, selectIn } from './text-rows.ts';

export function createCallbackRepo(sequelize: Sequelize, newId: (noun: string) => string): CallbackStorePort {
  const select = selectIn(sequelize);
  return {
    async tries() {
      const rows = await select<{ contact_id: string; attempt: number; faults: number; at_ms: string }>(
        `select r.contact_id, r.attempt, r.faults, ${msOf('r.not_before')} as at_ms
         from callback_tries r join text_contacts c on c.contact_id = r.contact_id where c.closed_at is null`,
      );
      return new Map(
        rows.map(({ contact_id, attempt, faults, at_ms }) => [
          contact_id,
          { attempt, faults, notBefore: Number(at_ms) },
        ]),
      );
    },
    again: (contactId, at, { attempt, faults, notBefore }) =>
      sequelize.transaction(async (transaction: Transaction) => {
        const within = selectIn(sequelize, transaction);
        // The thread is locked first, as whoever brings it a message does.
        await within(
          `select 1 from threads where thread_id = (select thread_id from text_contacts where contact_id = $1) for update`,
          [contactId],
        );
        const [closed] = await within<{ contact_id: string }>(
          `update text_contacts set closed_at = ${instant('$2')} where contact_id = $1 and closed_at is null
           returning contact_id`,
          [contactId, at],
        );
        if (!closed) return undefined;
        const nextId = newId('c');
        await within(
          `with contact as (
             insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, via)
             select $1, thread_id, queue_id, work, ${instant('$3')}, via from text_contacts where contact_id = $2
             returning contact_id)
           insert into callback_tries (contact_id, attempt, faults, not_before)
           select contact_id, $4, $5, ${instant('$6')} from contact`,
          [nextId, contactId, at, attempt, faults, notBefore],
        );
        // The request is this contact's now: it is what its agent is shown.
        await within(`update messages set contact_id = $1 where contact_id = $2 and author = 'customer'`, [
          nextId,
          contactId,
        ]);
        const [row] = await within<OpenRow>(
          `select ${openColumns} from text_contacts c join threads t on t.thread_id = c.thread_id where c.contact_id = $1`,
          [nextId],
        );
        return row && openText(row);
      }),
    async close(contactId, at) {
      await select(
        `update text_contacts set closed_at = coalesce(closed_at, ${instant('$2')}) where contact_id = $1`,
        [contactId, at],
      );
    },
    async wasReached(contactId) {
      const rows = await select(
        `select 1 from events where contact_id = $1 and type = 'contact.reached' limit 1`,
        [contactId],
      );
      return rows.length > 0;
    },
    async requests(number, since, exceptExternalId) {
      const [row] = await select<{ count: string }>(
        `select count(*) from messages m join threads t on t.thread_id = m.thread_id
         where t.channel_id = 'form' and t.pii_address = $1 and m.author = 'customer'
           and m.at > ${instant('$2')} and m.external_id <> $3`,
        [number, since, exceptExternalId],
      );
      return Number(row?.count ?? 0);
    },
  };
}
