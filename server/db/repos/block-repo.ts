/**
 * Blocked senders in Postgres. Those that have ended are left out everywhere and deleted when the next one comes. Races
 * stopped: two that block the same sender (a unique index), and many at once past the bound (an advisory lock, so that
 * they count one after the other).
 */
import type { Sequelize } from 'sequelize';
import type { BlockStorePort } from '../../app/text/block-list.ts';
import type { BlockKind, BlockRow } from '../../contract/rest-quarantine.ts';
import { optional } from './optional.ts';
import { beforeSeq, toPage } from './page.ts';
import { instant, msOf, selectIn } from './text-rows.ts';

interface Row {
  firstSeq: string;
  block_id: string;
  kind: BlockKind;
  pii_value: string;
  reason: string;
  created_by: string;
  since_ms: string;
  ends_ms: string | null;
}

const columns = `seq as "firstSeq", block_id, kind, pii_value, reason, created_by, ${msOf('created_at')} as since_ms,
  ${msOf('ends_at')} as ends_ms`;
const isInForce = (now: string): string => `(ends_at is null or ends_at > ${instant(now)})`;
/** Any constant that nothing else in this database locks. */
const lockKey = 4_127_720_013;

const present = (row: Row): BlockRow => ({
  blockId: row.block_id,
  kind: row.kind,
  value: row.pii_value,
  reason: row.reason,
  by: row.created_by,
  since: Number(row.since_ms),
  ...optional({ endsAt: row.ends_ms === null ? null : Number(row.ends_ms) }),
});

export function createBlockRepo(sequelize: Sequelize): BlockStorePort {
  const select = selectIn(sequelize);
  return {
    async all(now) {
      const rows = await select<Row>(`select ${columns} from blocks where ${isInForce('$1')} order by seq`, [
        now,
      ]);
      return rows.map(present);
    },
    async list({ find = '', findAscii = '', ...query }, now) {
      const [counted] = await select<{ total: string }>(
        `select count(*) as total from blocks where ${isInForce('$1')}`,
        [now],
      );
      const rows = await select<Row>(
        `select ${columns} from blocks where ${isInForce('$1')} and seq < $2
           and strpos(pii_value, lower($3)) + strpos(pii_value, $5) + strpos(lower(reason), lower($3)) > 0
         order by seq desc limit $4`,
        [now, beforeSeq(query), find, query.limit + 1, findAscii],
      );
      return { ...toPage(rows, query.limit, present), total: Number(counted?.total ?? 0) };
    },
    add: ({ blockId, kind, value, reason, by, since, endsAt }, now, atMost) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('select pg_advisory_xact_lock($1)', [lockKey]);
        await within(`delete from blocks where not ${isInForce('$1')}`, [now]);
        const [counted] = await within<{ total: string }>('select count(*) as total from blocks');
        if (Number(counted?.total ?? 0) >= atMost) return 'full';
        const made = await within<{ block_id: string }>(
          `insert into blocks (block_id, kind, pii_value, reason, created_by, created_at, ends_at)
           values ($1, $2, $3, $4, $5, ${instant('$6')}, ${instant('$7')})
           on conflict do nothing returning block_id`,
          [blockId, kind, value, reason, by, since, endsAt ?? null],
        );
        return made.length === 0 ? 'already-blocked' : 'added';
      }),
    async remove(blockId, now) {
      const [row] = await select<Row>(
        `delete from blocks where block_id = $1 and ${isInForce('$2')} returning ${columns}`,
        [blockId, now],
      );
      return row && present(row);
    },
  };
}
