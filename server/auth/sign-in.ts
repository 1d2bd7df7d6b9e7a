/**
 * Signing in, first administrator, change of password. Every outcome is in the audit trail, and a stranger is
 * told the same for an unknown user, a disabled one and a wrong password, after the same work.
 * May not know HTTP: outcomes are unions, routes turn them into answers.
 * Race stopped: a user disabled, demoted or given another password while a sign-in is under way keeps no session:
 * the other side changes the user and then ends sessions, this side starts one and then looks at the user again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AuditSink, Clock, UserRecord, UserRepo } from './ports.ts';
import { faultOfPassword } from './password.ts';
import type { PasswordHasher } from './password.ts';
import { sha256Hex } from './secrets.ts';
import type { Session, SessionStore } from './session-store.ts';
import type { SetupSecret } from './setup-secret.ts';
import { perAddress, perSetup, perUsername } from './try-limiter.ts';
import type { TryLimiter } from './try-limiter.ts';

export interface Caller {
  /** As `addressKey` gives it. */
  address: string;
  userAgent: string;
}

export interface Started {
  outcome: 'started';
  token: string;
  session: Session;
}
export type Refused =
  | { outcome: 'wrong-credentials' }
  | { outcome: 'too-many-tries'; retryInMs: number }
  | { outcome: 'weak-password'; reason: string }
  | { outcome: 'not-needed' };

export interface SignInDeps {
  users: UserRepo;
  sessions: SessionStore;
  passwords: PasswordHasher;
  tries: TryLimiter;
  setup: SetupSecret;
  audit: AuditSink;
  clock: Clock;
  newId: (noun: string) => string;
}

export interface SignIn {
  signIn(request: { username: string; password: string }, caller: Caller): Promise<Started | Refused>;
  createFirstAdmin(
    request: { secret: string; username: string; password: string },
    caller: Caller,
  ): Promise<Started | Refused>;
  /** Ends every session of the user and starts a new one for the caller. */
  changePassword(
    session: Session,
    request: { current: string; next: string },
    caller: Caller,
  ): Promise<(Started & { ended: string[] }) | Refused>;
  /** The user's name may be tried again at once, from everywhere. What an address has tried stays counted. */
  liftLockOut(username: string): Promise<void>;
}

/** Of a name in small letters; an `@` and an address follow where that address has a counter of its own. */
const nameKeyOf = (name: string): string => `user:${sha256Hex(name)}`;
const busyRetryMs = 2000;
const rememberAddressMs = 30 * 24 * 3_600_000;
const maxLocksNoted = 1000;
/** Delays begin with a second: somebody who goes on is told of once a minute. */
const leastLockNoteMs = 60_000;

interface LockOut {
  key: string;
  by: 'address' | 'user';
  name: string;
  caller: Caller;
  retryInMs: number;
}
const busy: Refused = { outcome: 'too-many-tries', retryInMs: busyRetryMs };

export function createSignIn(deps: SignInDeps): SignIn {
  const { users, sessions, passwords, tries, setup, audit, clock } = deps;

  const open = async (user: UserRecord, caller: Caller): Promise<Started | Refused> => {
    const { token, session } = await sessions.start({
      userId: user.id,
      username: user.username,
      role: user.role,
      ...(user.agentId !== undefined && { agentId: user.agentId }),
      ...(user.view && { view: user.view }),
      mustChangePassword: user.isOneTimePassword,
      address: caller.address,
      userAgent: caller.userAgent,
    });
    const after = await users.byId(user.id);
    const isSame =
      after?.passwordHash === user.passwordHash &&
      after.role === user.role &&
      after.agentId === user.agentId &&
      isDeepStrictEqual(after.view, user.view) &&
      !after.isDisabled;
    if (isSame) return { outcome: 'started', token, session };
    await sessions.end(session.sessionId);
    return { outcome: 'wrong-credentials' };
  };

  const refuse = async (user: UserRecord | undefined, caller: Caller, reason: string): Promise<void> => {
    // An unknown name is not written down: people type their password into the wrong field.
    const target = user ? { target: `user:${user.username}` } : {};
    await audit.append({
      actor: 'stranger',
      action: 'sign-in.refused',
      ...target,
      details: { address: caller.address, reason },
    });
  };

  /** One entry for each lock, however often it is rattled at: a flood of tries must not become one of entries. */
  const lockedUntil = new Map<string, number>();
  const noteLockOut = async (lock: LockOut): Promise<void> => {
    const { key, by, name, caller, retryInMs } = lock;
    const now = clock.now();
    if ((lockedUntil.get(key) ?? 0) > now) return;
    if (lockedUntil.size >= maxLocksNoted) lockedUntil.clear();
    lockedUntil.set(key, now + Math.max(retryInMs, leastLockNoteMs));
    const user = await users.byUsername(name);
    await audit.append({
      actor: 'stranger',
      action: 'sign-in.locked-out',
      ...(user && { target: `user:${user.username}` }),
      details: { address: caller.address, by, waitSec: Math.ceil(retryInMs / 1000) },
    });
  };

  /** The two counters of a try; undefined: go on. */
  const takeTry = async (name: string, caller: Caller) => {
    const known = `${sha256Hex(name)}@${caller.address}`;
    // A stranger's failures must not lock out the owner at the desk where the owner always signs in.
    const isKnown = await tries.isRemembered(known);
    const nameKey = isKnown ? `${nameKeyOf(name)}@${caller.address}` : nameKeyOf(name);
    const addressTries = `address:${caller.address}`;
    const byAddress = await tries.take(addressTries, perAddress);
    if (byAddress.retryInMs > 0) {
      await noteLockOut({ key: addressTries, by: 'address', name, caller, retryInMs: byAddress.retryInMs });
      return { retryInMs: byAddress.retryInMs };
    }
    const byName = await tries.take(nameKey, perUsername);
    if (byName.retryInMs > 0) {
      await noteLockOut({ key: nameKey, by: 'user', name, caller, retryInMs: byName.retryInMs });
      return { retryInMs: byName.retryInMs };
    }
    const succeeded = async () => {
      await tries.forgive(nameKey);
      await tries.giveBack(addressTries, perAddress);
      await tries.remember(known, rememberAddressMs);
    };
    return { retryInMs: 0, succeeded };
  };

  return {
    async signIn(request, caller) {
      const name = request.username.trim().toLowerCase();
      const turn = await takeTry(name, caller);
      if (!turn.succeeded) return { outcome: 'too-many-tries', retryInMs: turn.retryInMs };
      const user = await users.byUsername(name);
      const isUsable = user !== undefined && !user.isDisabled;
      const verdict = await passwords.verify(request.password, isUsable ? user.passwordHash : undefined);
      if (verdict === 'busy') return busy;
      if (!isUsable || !verdict) {
        await refuse(user, caller, user?.isDisabled === true ? 'disabled' : 'wrong-credentials');
        return { outcome: 'wrong-credentials' };
      }
      await turn.succeeded();
      await users.noteSignIn(user.id, clock.now());
      const actor = `user:${user.username}`;
      await audit.append({ actor, action: 'sign-in.succeeded', details: { address: caller.address } });
      return open(user, caller);
    },

    async createFirstAdmin(request, caller) {
      const turn = await tries.take(`setup:${caller.address}`, perSetup);
      if (turn.retryInMs > 0) return { outcome: 'too-many-tries', retryInMs: turn.retryInMs };
      if (!(await setup.isNeeded())) return { outcome: 'not-needed' };
      if (!(await setup.matches(request.secret))) {
        await refuse(undefined, caller, 'wrong-setup-secret');
        return { outcome: 'wrong-credentials' };
      }
      const reason = faultOfPassword(request.password, request.username, request.secret);
      if (reason !== undefined) return { outcome: 'weak-password', reason };
      const passwordHash = await passwords.hash(request.password);
      if (passwordHash === undefined) return busy;
      const user = await users.createFirstAdmin({
        id: deps.newId('user'),
        username: request.username,
        passwordHash,
        isOneTimePassword: false,
        createdAt: clock.now(),
      });
      if (!user) return { outcome: 'not-needed' };
      await setup.burn();
      const actor = `user:${user.username}`;
      await audit.append({
        actor,
        action: 'setup.completed',
        target: actor,
        details: { address: caller.address },
      });
      return open(user, caller);
    },

    async changePassword(session, request, caller) {
      const turn = await takeTry(session.username, caller);
      if (!turn.succeeded) return { outcome: 'too-many-tries', retryInMs: turn.retryInMs };
      const user = await users.byId(session.userId);
      const verdict = await passwords.verify(request.current, user?.passwordHash);
      if (verdict === 'busy') return busy;
      if (!user || !verdict) {
        await refuse(user, caller, 'wrong-current-password');
        return { outcome: 'wrong-credentials' };
      }
      const reason =
        request.next === request.current
          ? 'the password is the same as before'
          : faultOfPassword(request.next, user.username);
      if (reason !== undefined) return { outcome: 'weak-password', reason };
      const passwordHash = await passwords.hash(request.next);
      if (passwordHash === undefined) return busy;
      await turn.succeeded();
      await users.setPassword(user.id, passwordHash, false);
      const ended = await sessions.endAllOf(user.id);
      await audit.append({ actor: `user:${user.username}`, action: 'password.changed' });
      const started = await open({ ...user, passwordHash, isOneTimePassword: false }, caller);
      return started.outcome === 'started' ? { ...started, ended } : started;
    },

    async liftLockOut(username) {
      const nameKey = nameKeyOf(username);
      await tries.forgiveAll(nameKey);
      for (const key of lockedUntil.keys())
        if (key === nameKey || key.startsWith(`${nameKey}@`)) lockedUntil.delete(key);
    },
  };
}
