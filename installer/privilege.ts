/**
 * Which user a private service runs as. Postgres refuses to run as root, and Redis need not: under root
 * both run as an unprivileged user, and everything they touch must be reachable by that user. A clone
 * under /root or a 0700 temporary directory is not, so reachability is asked before any directory is
 * chosen. Without root every service simply runs as the user who started it.
 */
import { chownSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface RunAs {
  user: string;
  uid: number;
  gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function accounts(passwdFile: string): Map<string, RunAs> {
  const found = new Map<string, RunAs>();
  for (const line of readFileSync(passwdFile, 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user && uid && gid) found.set(user, { user, uid: Number(uid), gid: Number(gid) });
  }
  return found;
}

/** The account of that name on the system below `root`; undefined where there is none. */
export function accountNamed(user: string, root = '/'): RunAs | undefined {
  return accounts(join(root, 'etc/passwd')).get(user);
}

/** The first of `preferred` that exists in /etc/passwd, else `nobody`; undefined when we are not root. */
export function serviceUser(preferred: readonly string[], passwdFile = '/etc/passwd'): RunAs | undefined {
  if (!isRoot()) return undefined;
  const known = accounts(passwdFile);
  for (const user of [...preferred, 'nobody']) {
    const account = known.get(user);
    if (account && account.uid !== 0) return account;
  }
  throw new Error('no unprivileged user found in /etc/passwd; Postgres cannot run as root');
}

function maySearch(who: RunAs, dir: string): boolean {
  const { uid, gid, mode } = statSync(dir);
  if (uid === who.uid) return (mode & 0o100) !== 0;
  if (gid === who.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** Whether `who` can reach `dir`: every directory on the way (links resolved) lets that user pass. */
export function canReach(who: RunAs, dir: string): boolean {
  let at = resolve(dir);
  for (;;) {
    try {
      at = realpathSync(at);
      break;
    } catch {
      at = dirname(at);
    }
  }
  for (; ; at = dirname(at)) {
    if (!maySearch(who, at)) return false;
    if (at === dirname(at)) return true;
  }
}

/** A directory of mode 0700 owned by the service's user. */
export function ownedDirectory(dir: string, runAs: RunAs | undefined): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (runAs) chownSync(dir, runAs.uid, runAs.gid);
  return dir;
}

/** The part of spawn's options that makes a child run as the service's user. */
export function spawnIdentity(runAs: RunAs | undefined): { uid?: number; gid?: number } {
  return runAs ? { uid: runAs.uid, gid: runAs.gid } : {};
}
