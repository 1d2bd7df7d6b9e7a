/**
 * Where everything of one installation lives. `var/` holds all of it, with two exceptions that `var/`
 * then links to: the databases, when `var/` lies where their unprivileged user cannot go (a clone under
 * /root), and the sockets, when the path is longer than the kernel allows for a Unix socket (107 bytes)
 * or cannot be reached either.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { canReach, isRoot, ownedDirectory, serviceUser } from './privilege.ts';
import type { RunAs } from './privilege.ts';

/** "/pg/.s.PGSQL.5432.lock" is the longest name below the run directory. */
const longestSocketName = 24;
const maxSocketPath = 107;

export interface Layout {
  dataDir: string;
  /** Sockets and pid files; emptied at every start. */
  runDir: string;
  logDir: string;
  secretsDir: string;
  recordingsDir: string;
  promptsDir: string;
  seedSiteFile: string;
  firstPhonesFile: string;
  setupSecretFile: string;
  sipSecretFile: string;
  adminSocket: string;
  sipStatusSocket: string;
  mediaControlSocket: string;
  mediaStatusSocket: string;
  postgres: { dataDir: string; socketDir: string; runAs: RunAs | undefined };
  redis: { dataDir: string; socket: string; runAs: RunAs | undefined };
  /** What lies elsewhere than in the data directory, for the first start's output. */
  elsewhere: string[];
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** One of ours with a random name for each installation: a new clone never opens an old one's database. */
function outsideDirectory(dataDir: string): string {
  for (const sibling of ['postgres', 'redis']) {
    const target = linkTarget(join(dataDir, sibling));
    if (target !== undefined) return dirname(target);
  }
  const dir = join('/var/lib/hearthline', randomBytes(6).toString('hex'));
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  chmodSync('/var/lib/hearthline', 0o711);
  chmodSync(dir, 0o711);
  writeFileSync(join(dir, 'belongs-to'), `${dataDir}\n`);
  return dir;
}

/** The service's directory in `var/`, or outside and linked where its user cannot go. */
function serviceDirectory(
  dataDir: string,
  name: string,
  runAs: RunAs | undefined,
  elsewhere: string[],
): string {
  const inside = join(dataDir, name);
  const target = linkTarget(inside);
  if (target !== undefined) {
    if (!existsSync(target))
      throw new Error(
        `${inside} leads to ${target}, which is gone. Bring it back, or remove the link to begin with an empty ${name}.`,
      );
    elsewhere.push(`${inside} -> ${target}`);
    return target;
  }
  if (!runAs || canReach(runAs, dataDir)) return ownedDirectory(inside, runAs);
  if (existsSync(inside))
    throw new Error(
      `${inside} cannot be reached by the user "${runAs.user}" who runs ${name}: ` +
        `a directory above it is closed (chmod o+x), or start where it was before.`,
    );
  const outside = ownedDirectory(join(outsideDirectory(dataDir), name), runAs);
  symlinkSync(outside, inside);
  elsewhere.push(`${inside} -> ${outside}`);
  return outside;
}

/** A private directory with a short path; somebody else's of the same name is refused, not used. */
function shortRunDirectory(dataDir: string): string {
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const uid = process.getuid?.() ?? 0;
  const dir = isRoot() ? `/run/hearthline/${digest}` : `/tmp/hearthline-${uid}-${digest}`;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = lstatSync(dir);
  if (!lstatSync(dir).isDirectory() || owner !== uid)
    throw new Error(`${dir} belongs to somebody else; remove it and start again`);
  if (isRoot()) {
    chmodSync('/run/hearthline', 0o711);
    chmodSync(dir, 0o711);
  } else if ((mode & 0o077) !== 0) chmodSync(dir, 0o700);
  return dir;
}

function runDirectory(dataDir: string, users: (RunAs | undefined)[], elsewhere: string[]): string {
  const inside = join(dataDir, 'run');
  const isShort = Buffer.byteLength(inside) + longestSocketName <= maxSocketPath;
  if (isShort && users.every((user) => !user || canReach(user, dataDir))) {
    if (linkTarget(inside) !== undefined) rmSync(inside);
    mkdirSync(inside, { recursive: true });
    chmodSync(inside, isRoot() ? 0o711 : 0o700);
    return inside;
  }
  const dir = shortRunDirectory(dataDir);
  if (linkTarget(inside) !== dir) {
    rmSync(inside, { recursive: true, force: true });
    symlinkSync(dir, inside);
  }
  elsewhere.push(`${inside} -> ${dir}`);
  return dir;
}

type Service = Pick<Layout['postgres'], 'dataDir' | 'runAs'>;

/** Where everything is, given the few places that differ; makes nothing. */
export function layoutOf(places: {
  dataDir: string;
  runDir: string;
  postgres: Service;
  redis: Service;
  elsewhere?: string[];
}): Layout {
  const { dataDir, runDir, postgres, redis, elsewhere = [] } = places;
  const secretsDir = join(dataDir, 'secrets');
  return {
    dataDir,
    runDir,
    logDir: join(dataDir, 'log'),
    secretsDir,
    recordingsDir: join(dataDir, 'recordings'),
    promptsDir: join(dataDir, 'prompts'),
    seedSiteFile: join(dataDir, 'seed-site.yaml'),
    firstPhonesFile: join(secretsDir, 'first-phones'),
    setupSecretFile: join(runDir, 'setup-secret'),
    sipSecretFile: join(secretsDir, 'sip'),
    adminSocket: join(runDir, 'admin.sock'),
    sipStatusSocket: join(runDir, 'sip-status.sock'),
    mediaControlSocket: join(runDir, 'media.sock'),
    mediaStatusSocket: join(runDir, 'media-status.sock'),
    postgres: { ...postgres, socketDir: join(runDir, 'pg') },
    redis: { ...redis, socket: join(runDir, 'redis', 'redis.sock') },
    elsewhere,
  };
}

/** Makes every directory. Safe to repeat; the caller makes sure that nothing of it is running. */
export function prepareLayout(dataDir: string): Layout {
  if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  if (!statSync(dataDir).isDirectory()) throw new Error(`${dataDir} is not a directory`);
  const elsewhere: string[] = [];
  const postgresUser = serviceUser(['postgres']);
  const redisUser = serviceUser(['redis']);
  const layout = layoutOf({
    dataDir,
    runDir: runDirectory(dataDir, [postgresUser, redisUser], elsewhere),
    postgres: {
      dataDir: serviceDirectory(dataDir, 'postgres', postgresUser, elsewhere),
      runAs: postgresUser,
    },
    redis: { dataDir: serviceDirectory(dataDir, 'redis', redisUser, elsewhere), runAs: redisUser },
    elsewhere,
  });
  for (const dir of [layout.logDir, layout.secretsDir, layout.recordingsDir]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  }
  mkdirSync(join(layout.promptsDir, 'custom'), { recursive: true });
  ownedDirectory(layout.postgres.socketDir, postgresUser);
  ownedDirectory(dirname(layout.redis.socket), redisUser);
  return layout;
}
