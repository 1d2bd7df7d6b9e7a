/**
 * Boards in Postgres. Races stopped: of two who change the same version one is told; a board is not taken away while a display
 * is being told to show it (auth/display-repo.ts holds the row, and this one waits for it); the bound holds since those who
 * add count one after the other.
 */
import type { Sequelize } from 'sequelize';
import type { BoardStorePort, ShownBy } from '../../app/boards/boards.ts';
import { boardSchema, type BoardRow } from '../../contract/boards.ts';
import type { Logger } from '../../lib/log.ts';
import { instant, msOf, selectIn } from './text-rows.ts';

interface Row {
  board_id: string;
  version: number;
  doc: unknown;
  updated_ms: string;
  updated_by: string;
}

const columns = `board_id, version, doc, ${msOf('updated_at')} as updated_ms, updated_by`;
/** Any constant that nothing else in this database locks. */
const lockKey = 4_127_720_016;

/** Stored by an older release it lacks what has come since: the schema fills it in. */
const present = (row: Row): BoardRow => ({
  boardId: row.board_id,
  version: row.version,
  board: boardSchema.parse(row.doc),
  updatedAt: Number(row.updated_ms),
  updatedBy: row.updated_by,
});

export function createBoardRepo(sequelize: Sequelize, logger: Logger): BoardStorePort {
  const select = selectIn(sequelize);
  return {
    async all() {
      const rows = await select<Row>(`select ${columns} from boards`);
      return rows.flatMap((row) => {
        if (boardSchema.safeParse(row.doc).success) return [present(row)];
        // Written by hand or by a newer release: it is left alone, and the others go on.
        logger.warn({ boardId: row.board_id }, 'a board cannot be read');
        return [];
      });
    },
    add: (row, atMost) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('select pg_advisory_xact_lock($1)', [lockKey]);
        const [counted] = await within<{ total: string }>('select count(*) as total from boards');
        if (Number(counted?.total ?? 0) >= atMost) return 'full';
        await within(
          `insert into boards (board_id, version, doc, updated_at, updated_by)
           values ($1, $2, $3::jsonb, ${instant('$4')}, $5) returning board_id`,
          [row.boardId, row.version, JSON.stringify(row.board), row.updatedAt, row.updatedBy],
        );
        return 'added';
      }),
    async change(boardId, { board, ifVersion, at, by }) {
      const [changed] = await select<Row>(
        `update boards set version = version + 1, doc = $2::jsonb, updated_at = ${instant('$4')}, updated_by = $5
         where board_id = $1 and version = $3::bigint returning ${columns}`,
        [boardId, JSON.stringify(board), ifVersion, at, by],
      );
      if (changed) return present(changed);
      const [found] = await select<Row>(`select ${columns} from boards where board_id = $1`, [boardId]);
      return found && { currentVersion: found.version };
    },
    remove: (boardId) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('select board_id from boards where board_id = $1 for update', [boardId]);
        // A statement of its own: it sees what those committed whom the one above waited for.
        const shownBy = await within<ShownBy>(
          `select id as "displayId", name from displays
           where state = 'approved' and settings -> 'boards' @> to_jsonb($1::text) order by name, id limit 50`,
          [boardId],
        );
        if (shownBy.length > 0) return { shownBy };
        const gone = await within<{ board_id: string }>(
          'delete from boards where board_id = $1 returning board_id',
          [boardId],
        );
        return gone.length > 0 ? 'removed' : undefined;
      }),
  };
}
