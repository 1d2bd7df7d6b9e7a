/**
 * The way back for a user who forgot the password and has no administrator to reset it: asked for by a command on the
 * machine itself (server/api/admin-ops.ts). The user chooses another password at the next sign-in.
 * The password is told only when the trail has the reset. Redis is asked first: while it is away nothing is changed.
 */
import type { PasswordHasher } from './password.ts';
import { newOneTimePassword } from './password.ts';
import type { AuditSink, UserRepo } from './ports.ts';
import type { SignIn } from './sign-in.ts';

export interface PasswordResetDeps {
  users: Pick<UserRepo, 'byUsername' | 'setPassword'>;
  passwords: Pick<PasswordHasher, 'hash'>;
  signIn: Pick<SignIn, 'liftLockOut'>;
  audit: AuditSink;
  /** Returns how many. */
  endSessionsOf(userId: string): Promise<number>;
}

/** `busy`: too many passwords are being hashed; come back later. `ended`: how many sessions. */
export type PasswordReset =
  | { outcome: 'reset'; username: string; oneTimePassword: string; ended: number }
  | { outcome: 'not-found' | 'switched-off' | 'busy' };

/** `username` in small letters. Ends the user's sessions and lifts a lock-out by failed tries of the name. */
export async function resetPassword(
  deps: PasswordResetDeps,
  username: string,
  actor: string,
): Promise<PasswordReset> {
  const user = await deps.users.byUsername(username);
  if (!user) return { outcome: 'not-found' };
  if (user.isDisabled) return { outcome: 'switched-off' };
  const oneTimePassword = newOneTimePassword();
  const hash = await deps.passwords.hash(oneTimePassword);
  if (hash === undefined) return { outcome: 'busy' };
  await deps.signIn.liftLockOut(user.username);
  await deps.users.setPassword(user.id, hash, true);
  const ended = await deps.endSessionsOf(user.id);
  await deps.audit.append({ actor, action: 'user.password-reset', target: `user:${user.username}` });
  return { outcome: 'reset', username: user.username, oneTimePassword, ended };
}
