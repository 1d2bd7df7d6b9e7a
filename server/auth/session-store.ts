/**
 * Sessions in Redis. The cookie holds 256 random bits; Redis holds their SHA-256 as the key, so a copy of Redis
 * opens nothing. Idle and absolute ends are both checked here and by the key's own expiry. The anti-forgery token
 * is derived from the cookie's secret, so it lives and dies with the session and is stored nowhere.
 * Race stopped: `touch` writes with XX, so a request in flight cannot bring a revoked session back.
 */
import type { Role } from '../contract/rest.ts';
import { roleSchema } from '../contract/rest.ts';
import { userViewSchema, type UserView } from '../contract/user-view.ts';
import type { Clock, RedisCommands } from './ports.ts';
import { randomToken, sha256Hex } from './secrets.ts';
import { z } from 'zod';

const sessionSchema = z.object({
  sessionId: z.string(),
  userId: z.string(),
  username: z.string(),
  role: roleSchema,
  agentId: z.string().optional(),
  view: userViewSchema.optional(),
  mustChangePassword: z.boolean(),
  createdAt: z.number(),
  lastSeenAt: z.number(),
  expiresAt: z.number(),
  address: z.string(),
  userAgent: z.string(),
});
/** sessionId is public within the house (lists, sockets, audit): a hash of the key, of no use as a cookie. */
export type Session = z.infer<typeof sessionSchema>;

export interface NewSession {
  userId: string;
  username: string;
  role: Role;
  agentId?: string;
  view?: UserView;
  mustChangePassword: boolean;
  address: string;
  userAgent: string;
}

export interface SessionStore {
  readonly idleMs: number;
  start(session: NewSession): Promise<{ token: string; session: Session }>;
  /** The session of a cookie, its idle time begun anew; undefined when there is none any more. */
  resume(token: string): Promise<Session | undefined>;
  end(sessionId: string): Promise<boolean>;
  /** Returns the ids ended. */
  endAllOf(userId: string): Promise<string[]>;
  /** Of everybody; returns how many. */
  endAll(): Promise<number>;
  list(userId?: string): Promise<Session[]>;
  /** Of these, the ones that still stand. */
  standing(sessionIds: string[]): Promise<Set<string>>;
}

export const csrfTokenOf = (token: string): string => sha256Hex(`csrf:${token}`).slice(0, 43);

const maxSessionsListed = 1000;
const maxSessionsOfUser = 20;
/** Writing on every request would double the load on Redis for nothing. */
const touchEveryMs = 30_000;

export interface SessionOptions {
  prefix?: string;
  idleMs?: number;
  absoluteMs?: number;
}

export function createSessionStore(
  redis: RedisCommands,
  clock: Clock,
  options: SessionOptions = {},
): SessionStore {
  const prefix = options.prefix ?? 'hl:';
  const idleMs = options.idleMs ?? 8 * 3_600_000;
  const absoluteMs = options.absoluteMs ?? 24 * 3_600_000;
  const keyOf = (sessionId: string) => `${prefix}session:${sessionId}`;
  const allKey = `${prefix}sessions`;
  const userKey = (userId: string) => `${prefix}sessions:of:${userId}`;
  const idOf = (token: string) => sha256Hex(`session:${token}`);

  const load = async (sessionId: string): Promise<Session | undefined> => {
    const text = await redis.sendCommand(['GET', keyOf(sessionId)]);
    if (typeof text !== 'string') return undefined;
    const parsed = sessionSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    const session = parsed.data;
    const now = clock.now();
    return now < session.expiresAt && now < session.lastSeenAt + idleMs ? session : undefined;
  };
  const idleLeft = (session: Session, now: number) => Math.max(1, Math.min(idleMs, session.expiresAt - now));
  const membersOf = async (key: string): Promise<string[]> => {
    await redis.sendCommand(['ZREMRANGEBYSCORE', key, '-inf', String(clock.now())]);
    const ids = await redis.sendCommand(['ZRANGE', key, '0', String(maxSessionsListed - 1)]);
    return Array.isArray(ids) ? ids.map(String) : [];
  };
  const drop = async (sessionId: string, userId: string): Promise<void> => {
    await redis.sendCommand(['DEL', keyOf(sessionId)]);
    await redis.sendCommand(['ZREM', allKey, sessionId]);
    await redis.sendCommand(['ZREM', userKey(userId), sessionId]);
  };

  const store: SessionStore = {
    idleMs,
    async start(fresh) {
      const token = randomToken();
      const now = clock.now();
      const session: Session = {
        ...fresh,
        sessionId: idOf(token),
        userAgent: fresh.userAgent.slice(0, 200),
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + absoluteMs,
      };
      const { sessionId } = session;
      const ttl = String(idleLeft(session, now));
      // Index first: a session that cannot be listed and revoked must not exist.
      for (const key of [allKey, userKey(session.userId)]) {
        await redis.sendCommand(['ZADD', key, String(session.expiresAt), sessionId]);
        await redis.sendCommand(['PEXPIREAT', key, String(session.expiresAt + idleMs)]);
      }
      await redis.sendCommand(['SET', keyOf(sessionId), JSON.stringify(session), 'PX', ttl]);
      const mine = await membersOf(userKey(session.userId));
      for (const oldest of mine.slice(0, Math.max(0, mine.length - maxSessionsOfUser)))
        await drop(oldest, session.userId);
      return { token, session };
    },
    async resume(token) {
      const session = await load(idOf(token));
      if (!session) return undefined;
      const now = clock.now();
      if (now - session.lastSeenAt < touchEveryMs) return session;
      const touched = { ...session, lastSeenAt: now };
      const ttl = String(idleLeft(session, now));
      const kept = await redis.sendCommand([
        'SET',
        keyOf(session.sessionId),
        JSON.stringify(touched),
        'XX',
        'PX',
        ttl,
      ]);
      return kept === null ? undefined : touched;
    },
    async end(sessionId) {
      const session = await load(sessionId);
      if (!session) return false;
      await drop(sessionId, session.userId);
      return true;
    },
    async endAllOf(userId) {
      const ids = await membersOf(userKey(userId));
      for (const id of ids) await drop(id, userId);
      return ids;
    },
    async endAll() {
      let ended = 0;
      for (;;) {
        const ids = await membersOf(allKey);
        for (const id of ids) {
          const session = await load(id);
          await drop(id, session?.userId ?? '');
        }
        ended += ids.length;
        if (ids.length < maxSessionsListed) return ended;
      }
    },
    async list(userId) {
      const ids = await membersOf(userId === undefined ? allKey : userKey(userId));
      const sessions = await Promise.all(ids.map(load));
      return sessions.filter((session) => session !== undefined);
    },
    async standing(sessionIds) {
      const sessions = await Promise.all(sessionIds.map(load));
      return new Set(sessions.flatMap((session) => (session ? [session.sessionId] : [])));
    },
  };
  return store;
}
