/**
 * Users in Postgres. Knows SQL and nothing of sign-in rules. A one-time password is marked in front of its hash
 * (`once:`), since it is a property of the password and not of the person.
 * Race stopped: what depends on the number of administrators runs under an advisory lock, so that two first starts
 * make one administrator and two demotions leave one.
 */
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { roleSchema } from '../contract/rest.ts';
import { userViewSchema } from '../contract/user-view.ts';
import type { NewUserRecord, UserChange, UserRecord, UserRepo } from './ports.ts';
import { isLimitable } from './view.ts';

interface Row {
  id: string;
  username: string;
  /** null: nobody can sign in with it. */
  password_hash: string | null;
  role: string;
  agent_id: string | null;
  view: unknown;
  created_ms: string;
  sign_in_ms: string | null;
  is_disabled: boolean;
}

const lockKey = 4_127_720_002;
const oncePrefix = 'once:';
const columns = `id, username, password_hash, role, agent_id, view, is_disabled,
  round(extract(epoch from created_at) * 1000)::bigint AS created_ms,
  round(extract(epoch from last_sign_in_at) * 1000)::bigint AS sign_in_ms`;

const recordOf = (row: Row): UserRecord => {
  const stored = row.password_hash ?? '';
  const isOnce = stored.startsWith(oncePrefix);
  return {
    id: row.id,
    username: row.username,
    passwordHash: isOnce ? stored.slice(oncePrefix.length) : stored,
    isOneTimePassword: isOnce,
    role: roleSchema.parse(row.role),
    ...(row.agent_id === null ? {} : { agentId: row.agent_id }),
    // A view that cannot be read must not open the whole site.
    ...(row.view === null ? {} : { view: userViewSchema.parse(row.view) }),
    createdAt: Number(row.created_ms),
    ...(row.sign_in_ms === null ? {} : { lastSignInAt: Number(row.sign_in_ms) }),
    isDisabled: row.is_disabled,
  };
};

const storedHash = (passwordHash: string, isOneTime: boolean) =>
  isOneTime ? `${oncePrefix}${passwordHash}` : passwordHash;

function changed(user: UserRecord, change: UserChange): UserRecord | 'view-of-role' {
  const { agentId: agentBefore, view: viewBefore, ...others } = user;
  const { agentId = agentBefore ?? null, view: asked, ...rest } = change;
  const after = { ...others, ...rest, ...(agentId !== null && { agentId }) };
  if (!isLimitable(after.role)) return asked ? 'view-of-role' : after;
  const view = asked === undefined ? viewBefore : (asked ?? undefined);
  return { ...after, ...(view && { view }) };
}

export function createUserRepo(sequelize: Sequelize): UserRepo {
  const select = async (where: string, bind: unknown[], transaction?: Transaction): Promise<UserRecord[]> => {
    const rows = await sequelize.query<Row>(`SELECT ${columns} FROM users ${where}`, {
      bind,
      type: QueryTypes.SELECT,
      ...(transaction ? { transaction } : {}),
    });
    return rows.map(recordOf);
  };
  const insert = async (user: NewUserRecord, transaction?: Transaction): Promise<UserRecord | undefined> => {
    const rows = await sequelize.query<Row>(
      `INSERT INTO users (id, username, password_hash, role, created_at, is_disabled, agent_id, view)
       VALUES ($1, $2, $3, $4, to_timestamp($5::bigint / 1000.0), false, $6, $7::jsonb)
       ON CONFLICT DO NOTHING RETURNING ${columns}`,
      {
        bind: [
          user.id,
          user.username,
          storedHash(user.passwordHash, user.isOneTimePassword),
          user.role,
          Math.floor(user.createdAt),
          user.agentId ?? null,
          user.view ? JSON.stringify(user.view) : null,
        ],
        type: QueryTypes.SELECT,
        ...(transaction ? { transaction } : {}),
      },
    );
    return rows[0] && recordOf(rows[0]);
  };
  const usableAdmins = (transaction?: Transaction) =>
    select(`WHERE role = 'admin' AND NOT is_disabled`, [], transaction);
  const locked = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    sequelize.transaction(async (transaction) => {
      await sequelize.query('SELECT pg_advisory_xact_lock($1)', { bind: [lockKey], transaction, raw: true });
      return work(transaction);
    });

  return {
    hasAdmin: async () => (await select(`WHERE role = 'admin' LIMIT 1`, [])).length > 0,
    list: () => select('ORDER BY username LIMIT 10000', []),
    byId: async (id) => (await select('WHERE id = $1', [id]))[0],
    byUsername: async (username) => (await select('WHERE username = $1', [username]))[0],
    async create(user) {
      const made = await insert(user);
      if (made) return made;
      const [same] = await select('WHERE username = $1', [user.username]);
      return same ? 'username-taken' : 'agent-taken';
    },
    createFirstAdmin: (user) =>
      locked(async (transaction) => {
        const admins = await select(`WHERE role = 'admin' LIMIT 1`, [], transaction);
        return admins.length > 0 ? undefined : insert({ ...user, role: 'admin' }, transaction);
      }),
    async setPassword(id, passwordHash, isOneTime) {
      await sequelize.query('UPDATE users SET password_hash = $2 WHERE id = $1', {
        bind: [id, storedHash(passwordHash, isOneTime)],
      });
    },
    async noteSignIn(id, at) {
      await sequelize.query(
        'UPDATE users SET last_sign_in_at = to_timestamp($2::bigint / 1000.0) WHERE id = $1',
        { bind: [id, Math.floor(at)] },
      );
    },
    update: (id, change) =>
      locked(async (transaction) => {
        const [user] = await select('WHERE id = $1', [id], transaction);
        if (!user) return 'not-found';
        const after = changed(user, change);
        if (after === 'view-of-role') return after;
        const { agentId: agent, view } = after;
        const [holder] = agent === undefined ? [] : await select('WHERE agent_id = $1', [agent], transaction);
        if (holder && holder.id !== id) return 'agent-taken';
        const admins = await usableAdmins(transaction);
        const staysAdmin = after.role === 'admin' && !after.isDisabled;
        if (!staysAdmin && admins.length === 1 && admins[0]?.id === id) return 'last-admin';
        await sequelize.query(
          'UPDATE users SET is_disabled = $2, role = $3, agent_id = $4, view = $5::jsonb WHERE id = $1',
          {
            bind: [id, after.isDisabled, after.role, agent ?? null, view ? JSON.stringify(view) : null],
            transaction,
          },
        );
        return { user: after, before: user };
      }),
  };
}
