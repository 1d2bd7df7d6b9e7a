/**
 * Enrolled displays in Postgres. Knows SQL and nothing of codes or cookies but their hashes.
 * Race stopped: each change names the state it starts from, so that of two approvals, or an approval and a
 * revocation, the database decides; and a board that a display is being told to show is locked, so that nobody takes it away
 * meanwhile (db/repos/board-repo.ts asks for the same lock).
 */
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { displaySettingsSchema } from '../contract/boards.ts';
import type { DisplaySettings } from '../contract/boards.ts';
import { languages } from '../contract/site.ts';
import type { DisplayRecord, DisplayRepo } from './ports.ts';

interface Row {
  id: string;
  /** Empty until it is approved. */
  name: string;
  state: DisplayRecord['state'];
  created_ms: string;
  approved_ms: string | null;
  approved_by: string | null;
  revoked_ms: string | null;
  seen_ms: string | null;
  language: string | null;
  user_agent: string | null;
  settings: unknown;
}

const lockKey = 4_127_720_003;
const ms = (column: string, as: string) => `round(extract(epoch from ${column}) * 1000)::bigint AS ${as}`;
const columns = `id, name, state, approved_by, language, user_agent, settings, ${ms('created_at', 'created_ms')},
  ${ms('approved_at', 'approved_ms')}, ${ms('revoked_at', 'revoked_ms')}, ${ms('last_seen_at', 'seen_ms')}`;
const instant = (position: number) => `to_timestamp($${position}::bigint / 1000.0)`;

/** Stored by an older release they lack what has come since: the schema fills it in. */
const settingsOf = (stored: unknown): DisplaySettings | undefined =>
  stored === null ? undefined : displaySettingsSchema.safeParse(stored).data;

const recordOf = (row: Row): DisplayRecord => {
  const language = languages.find((one) => one === row.language);
  const settings = settingsOf(row.settings);
  return {
    id: row.id,
    state: row.state,
    createdAt: Number(row.created_ms),
    ...(row.name === '' ? {} : { name: row.name }),
    ...(row.approved_ms === null ? {} : { approvedAt: Number(row.approved_ms) }),
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    ...(row.revoked_ms === null ? {} : { revokedAt: Number(row.revoked_ms) }),
    ...(row.seen_ms === null ? {} : { lastSeenAt: Number(row.seen_ms) }),
    ...(language === undefined ? {} : { language }),
    ...(row.user_agent === null ? {} : { userAgent: row.user_agent }),
    ...(settings === undefined ? {} : { settings }),
  };
};

export function createDisplayRepo(sequelize: Sequelize): DisplayRepo {
  const ask = async (sql: string, bind: unknown[]): Promise<DisplayRecord[]> => {
    const rows = await sequelize.query<Row>(sql, { bind, type: QueryTypes.SELECT });
    return rows.map(recordOf);
  };
  const one = async (where: string, bind: unknown[]) =>
    (await ask(`SELECT ${columns} FROM displays WHERE ${where} LIMIT 1`, bind))[0];

  return {
    list: () =>
      ask(`SELECT ${columns} FROM displays ORDER BY (state = 'revoked'), created_at DESC LIMIT 2000`, []),
    byId: (id) => one('id = $1', [id]),
    byTokenHash: (tokenHash) => one('token_hash = $1', [tokenHash]),
    byPendingCodeHash: (codeHash, createdAfter) =>
      one(`code_hash = $1 AND state = 'pending' AND created_at > ${instant(2)}`, [
        codeHash,
        Math.floor(createdAfter),
      ]),
    addPending: (display, bound) =>
      sequelize.transaction(async (transaction) => {
        // The bound holds only if nobody counts at the same time.
        await sequelize.query('SELECT pg_advisory_xact_lock($1)', {
          bind: [lockKey],
          transaction,
          raw: true,
        });
        await sequelize.query(`DELETE FROM displays WHERE state = 'pending' AND created_at < ${instant(1)}`, {
          bind: [Math.floor(bound.expiredBefore)],
          transaction,
        });
        const [count] = await sequelize.query<{ pending: string }>(
          `SELECT count(*) AS pending FROM displays WHERE state = 'pending'`,
          { type: QueryTypes.SELECT, transaction },
        );
        if (Number(count?.pending ?? 0) >= bound.maxPending) return 'full';
        await sequelize.query(
          `INSERT INTO displays (id, code_hash, token_hash, state, created_at, language, user_agent)
           VALUES ($1, $2, $3, 'pending', ${instant(4)}, $5, $6)`,
          {
            bind: [
              display.id,
              display.codeHash,
              display.tokenHash,
              Math.floor(display.createdAt),
              display.language ?? null,
              display.userAgent ?? null,
            ],
            transaction,
          },
        );
        return 'added';
      }),
    renewPending: async (id, codeHash, at) =>
      (
        await ask(
          `UPDATE displays SET code_hash = $2, created_at = ${instant(3)}
           WHERE id = $1 AND state = 'pending' RETURNING ${columns}`,
          [id, codeHash, Math.floor(at)],
        )
      ).length > 0,
    approve: async (id, { name, by, at }) =>
      (
        await ask(
          `UPDATE displays SET state = 'approved', name = $2, approved_by = $3, approved_at = ${instant(4)},
             code_hash = NULL
           WHERE id = $1 AND state = 'pending' RETURNING ${columns}`,
          [id, name, by, Math.floor(at)],
        )
      )[0],
    revoke: async (id, at) =>
      (
        await ask(
          `UPDATE displays SET state = 'revoked', revoked_at = ${instant(2)}, code_hash = NULL
           WHERE id = $1 AND state <> 'revoked' RETURNING ${columns}`,
          [id, Math.floor(at)],
        )
      )[0],
    rename: async (id, name) =>
      (
        await ask(`UPDATE displays SET name = $2 WHERE id = $1 AND state = 'approved' RETURNING ${columns}`, [
          id,
          name,
        ])
      )[0],
    setSettings: (id, settings) =>
      sequelize.transaction(async (transaction) => {
        const held = await sequelize.query<{ board_id: string }>(
          `SELECT board_id FROM boards WHERE board_id = ANY($1) ORDER BY board_id FOR SHARE`,
          { bind: [settings.boards], type: QueryTypes.SELECT, transaction },
        );
        const known = new Set(held.map((row) => row.board_id));
        const unknownBoards = settings.boards.filter((boardId) => !known.has(boardId));
        if (unknownBoards.length > 0) return { unknownBoards };
        const rows = await sequelize.query<Row>(
          `UPDATE displays SET settings = $2::jsonb WHERE id = $1 AND state = 'approved' RETURNING ${columns}`,
          { bind: [id, JSON.stringify(settings)], type: QueryTypes.SELECT, transaction },
        );
        return rows.map(recordOf)[0];
      }),
    async settingsAmong(ids) {
      const rows = await sequelize.query<Pick<Row, 'id' | 'settings'>>(
        `SELECT id, settings FROM displays WHERE state = 'approved' AND id = ANY($1)`,
        { bind: [ids], type: QueryTypes.SELECT },
      );
      return new Map(rows.map((row) => [row.id, settingsOf(row.settings)]));
    },
    async noteSeen(id, at) {
      await ask(`UPDATE displays SET last_seen_at = ${instant(2)} WHERE id = $1 RETURNING ${columns}`, [
        id,
        Math.floor(at),
      ]);
    },
    async approvedAmong(ids) {
      const rows = await sequelize.query<{ id: string }>(
        `SELECT id FROM displays WHERE state = 'approved' AND id = ANY($1)`,
        { bind: [ids], type: QueryTypes.SELECT },
      );
      return new Set(rows.map((row) => row.id));
    },
  };
}
