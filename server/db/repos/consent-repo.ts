/**
 * What customers agreed to, newest first, with the conversation it belongs to and the way it came. Consents of a thread that
 * was forgotten by its age are gone with it. The cursor is the time and the row, so what comes meanwhile shifts nothing.
 */
import type { Sequelize } from 'sequelize';
import type { ConsentQuery, ConsentRow } from '../../contract/rest-channels.ts';
import { optional } from './optional.ts';
import type { Page } from './page.ts';
import { instant, msOf, selectIn } from './text-rows.ts';

export interface ConsentRepo {
  list(query: Omit<ConsentQuery, 'format'>): Promise<Page<ConsentRow>>;
}

interface Row {
  consent_id: string;
  at_ms: string;
  thread_id: string;
  via: string;
  customer_address: string;
  customer_name: string | null;
  version: string;
  text: string;
  text_sha256: string;
  network_address: string;
}

/** The text and its values, one `$n` each. */
function statement({ from, to, cursor, limit }: Omit<ConsentQuery, 'format'>): {
  sql: string;
  bind: unknown[];
} {
  const bind: unknown[] = [limit + 1];
  const place = (value: unknown) => `$${bind.push(value)}`;
  const rules = ['true'];
  if (from !== undefined) rules.push(`at >= ${instant(place(from))}`);
  if (to !== undefined) rules.push(`at < ${instant(place(to))}`);
  if (cursor !== undefined) {
    const [cursorAt, cursorId] = cursor.split('.');
    rules.push(`(at, consent_id) < (${instant(place(cursorAt))}, ${place(cursorId)}::bigint)`);
  }
  // A consent is written with its message: it was given by what the newest contact of its thread came by then. A form whose
  // answers go by mail has its threads at the mailbox.
  const sql = `select c.consent_id, ${msOf('c.at')} as at_ms, c.thread_id,
      coalesce(given.via, t.channel_id || ':' || t.endpoint_id) as via, t.pii_address as customer_address,
      t.pii_name as customer_name, c.version, c.text, encode(sha256(convert_to(c.text, 'UTF8')), 'hex') as text_sha256,
      c.pii_address as network_address
    from (select * from consents where ${rules.join(' and ')} order by at desc, consent_id desc limit $1) c
    join threads t on t.thread_id = c.thread_id
    left join lateral (select via from text_contacts
      where thread_id = c.thread_id and created_at <= c.at order by created_at desc limit 1) given on true
    order by c.at desc, c.consent_id desc`;
  return { sql, bind };
}

const present = (row: Row): ConsentRow => ({
  threadId: row.thread_id,
  via: row.via,
  customer: { address: row.customer_address, ...optional({ name: row.customer_name }) },
  version: row.version,
  textSha256: row.text_sha256,
  text: row.text,
  at: Number(row.at_ms),
  networkAddress: row.network_address,
});

export function createConsentRepo(sequelize: Sequelize): ConsentRepo {
  const select = selectIn(sequelize);
  return {
    async list(query) {
      const { sql, bind } = statement(query);
      const rows = await select<Row>(sql, bind);
      const shown = rows.slice(0, query.limit);
      const last = shown.at(-1);
      const items = shown.map(present);
      return rows.length > query.limit && last
        ? { items, nextCursor: `${last.at_ms}.${last.consent_id}` }
        : { items };
    },
  };
}
