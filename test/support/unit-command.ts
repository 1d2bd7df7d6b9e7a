/**
 * What a unit means for one process, for the unit runner: the command line that takes on its user, limits and directory below
 * a root, its environment, its credentials and its directories. Whatever a namespace or a filter of the kernel would do
 * (ProtectSystem=, SystemCallFilter=, IPAddressDeny= and so on) is left out: only systemd does that.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { splitWords, type Unit } from './unit-file.ts';

export interface UnitIdentity {
  user: string;
  uid: number;
  gid: number;
  /** Further groups, by number. */
  groups: number[];
  home: string;
}

function databaseOf(root: string, file: 'passwd' | 'group'): string[][] {
  return readFileSync(join(root, 'etc', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

function groupId(root: string, name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const row = databaseOf(root, 'group').find(([group]) => group === name);
  if (!row) throw new Error(`there is no group "${name}" below ${root}`);
  return Number(row[2]);
}

/** Of `User=`, `Group=` and `SupplementaryGroups=`, by the accounts below the root. */
export function identityOf(unit: Unit, root: string): UnitIdentity {
  const user = unit.one('Service', 'User') ?? 'root';
  const row = databaseOf(root, 'passwd').find(([name, , uid]) => name === user || uid === user);
  if (!row) throw new Error(`${unit.name}: there is no user "${user}" below ${root}`);
  const group = unit.one('Service', 'Group');
  const memberOf = databaseOf(root, 'group').filter(([, , , members]) =>
    members?.split(',').includes(row[0]!),
  );
  return {
    user: row[0]!,
    uid: Number(row[2]),
    gid: group === undefined ? Number(row[3]) : groupId(root, group),
    groups: [
      ...memberOf.map(([, , gid]) => Number(gid)),
      ...unit.words('Service', 'SupplementaryGroups').map((name) => groupId(root, name)),
    ],
    home: row[5] || '/',
  };
}

function ownDirectory(root: string, path: string, mode: number, { uid, gid }: UnitIdentity): void {
  mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
  chownSync(join(root, path), uid, gid);
  chmodSync(join(root, path), mode);
}

const octal = (text: string | undefined, fallback: number) =>
  text === undefined ? fallback : Number.parseInt(text, 8);

/** Makes `RuntimeDirectory=` and the like; gives their variables. */
export function makeDirectories(unit: Unit, root: string, who: UnitIdentity): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [kind, base] of [
    ['Runtime', '/run'],
    ['State', '/var/lib'],
  ] as const) {
    const paths = unit.words('Service', `${kind}Directory`).map((name) => join(base, unit.expand(name)));
    const mode = octal(unit.one('Service', `${kind}DirectoryMode`), 0o755);
    for (const path of paths) ownDirectory(root, path, mode, who);
    if (paths.length > 0) env[`${kind.toUpperCase()}_DIRECTORY`] = paths.join(':');
  }
  return env;
}

/** After a stop; after a restart too, unless `RuntimeDirectoryPreserve=` says otherwise. */
export function removeDirectories(unit: Unit, root: string, isRestart: boolean): void {
  const preserve = unit.one('Service', 'RuntimeDirectoryPreserve') ?? 'no';
  rmSync(join(root, 'run/credentials', unit.name), { recursive: true, force: true });
  if (preserve === 'yes' || (preserve === 'restart' && isRestart)) return;
  for (const name of unit.words('Service', 'RuntimeDirectory'))
    rmSync(join(root, 'run', unit.expand(name)), { recursive: true, force: true });
}

/** `LoadCredential=` with `SetCredential=` for what is not there: files of the unit's user alone. */
export function makeCredentials(unit: Unit, root: string, who: UnitIdentity): Record<string, string> {
  const pair = (value: string): [string, string] => {
    const cut = value.indexOf(':');
    return [value.slice(0, cut), unit.expand(value.slice(cut + 1))];
  };
  const set = new Map(unit.all('Service', 'SetCredential').map(pair));
  const contents = new Map<string, Buffer>([...set].map(([name, text]) => [name, Buffer.from(text)]));
  for (const [name, path] of unit.all('Service', 'LoadCredential').map(pair)) {
    if (existsSync(join(root, path))) contents.set(name, readFileSync(join(root, path)));
    else if (!set.has(name)) throw new Error(`${unit.name}: the credential ${name} is not at ${path}`);
  }
  if (contents.size === 0) return {};
  const dir = `/run/credentials/${unit.name}`;
  mkdirSync(join(root, 'run/credentials'), { recursive: true, mode: 0o755 });
  rmSync(join(root, dir), { recursive: true, force: true });
  ownDirectory(root, dir, 0o700, who);
  for (const [name, content] of contents) {
    const file = join(root, dir, name);
    writeFileSync(file, content, { mode: 0o400 });
    chownSync(file, who.uid, who.gid);
  }
  chmodSync(join(root, dir), 0o500);
  return { CREDENTIALS_DIRECTORY: dir };
}

/** What systemd gives every service, then `Environment=`, then `EnvironmentFile=`, which wins. */
export function environmentOf(unit: Unit, root: string, who: UnitIdentity): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: who.home,
    LOGNAME: who.user,
    USER: who.user,
    SHELL: '/bin/sh',
  };
  for (const [key, value] of Object.entries(unit.environment())) env[key] = unit.expand(value);
  for (const value of unit.all('Service', 'EnvironmentFile')) {
    const isOptional = value.startsWith('-');
    const file = join(root, unit.expand(value.replace(/^-/, '')));
    if (!existsSync(file) && isOptional) continue;
    Object.assign(env, parseEnv(readFileSync(file, 'utf8')));
  }
  return env;
}

const limits: Record<string, string> = {
  LimitNOFILE: 'nofile',
  LimitRTPRIO: 'rtprio',
  LimitCORE: 'core',
  LimitNPROC: 'nproc',
  LimitMEMLOCK: 'memlock',
  LimitAS: 'as',
};

/** Names in /proc/self/limits, of those limits whose hard value a container may have lowered. */
const hardLimitNames: Record<string, string> = { nofile: 'Max open files', nproc: 'Max processes' };

/** The nearest value that we may set, as systemd does: beyond the hard limit only with CAP_SYS_RESOURCE. */
function nearestLimit(name: string, wanted: string): string {
  const caps = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const mayRaise = (BigInt(`0x${caps?.[1] ?? '0'}`) >> 24n) % 2n === 1n;
  const title = hardLimitNames[name];
  if (mayRaise || title === undefined) return wanted;
  const line = readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(title));
  const hard = line?.trim().split(/\s{2,}/)[2] ?? 'unlimited';
  if (hard === 'unlimited') return wanted;
  return wanted === 'unlimited' ? hard : String(Math.min(Number(wanted), Number(hard)));
}

function limitWords(unit: Unit): string[] {
  const words = unit.lines
    .filter(({ section, key }) => section === 'Service' && key.startsWith('Limit'))
    .map(({ key }) => {
      const name = limits[key];
      if (name === undefined) throw new Error(`${unit.name}: ${key} is not known here`);
      const wanted = unit.one('Service', key)!.replace('infinity', 'unlimited');
      return `--${name}=${nearestLimit(name, wanted)}`;
    });
  return words.length > 0 ? ['prlimit', ...new Set(words), '--'] : [];
}

function schedulingWords(unit: Unit): string[] {
  const words: string[] = [];
  const policy = unit.one('Service', 'CPUSchedulingPolicy');
  const priority = unit.one('Service', 'CPUSchedulingPriority') ?? (policy === 'fifo' ? '1' : '0');
  if (policy !== undefined) words.push('chrt', `--${policy}`, priority);
  const nice = unit.one('Service', 'Nice');
  return nice === undefined ? words : [...words, 'nice', '-n', nice];
}

const capability = (name: string) => name.toLowerCase().replace(/^cap_/, '');

function privilegeWords(unit: Unit, who: UnitIdentity, asRoot: boolean): string[] {
  if (asRoot) return [];
  const words = ['setpriv', `--reuid=${who.uid}`, `--regid=${who.gid}`];
  words.push(who.groups.length > 0 ? `--groups=${who.groups.join(',')}` : '--clear-groups');
  const plus = (key: string) => unit.words('Service', key).map((name) => `+${capability(name)}`);
  if (unit.has('Service', 'CapabilityBoundingSet'))
    words.push(`--bounding-set=${['-all', ...plus('CapabilityBoundingSet')].join(',')}`);
  const ambient = plus('AmbientCapabilities');
  if (ambient.length > 0)
    words.push(`--inh-caps=${ambient.join(',')}`, `--ambient-caps=${ambient.join(',')}`);
  if (unit.one('Service', 'NoNewPrivileges') === 'yes') words.push('--no-new-privs');
  return [...words, '--'];
}

/** In full, since the service's own PATH need not lead to it. */
function programPath(name: string): string {
  const found = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].find((dir) => existsSync(join(dir, name)));
  if (found === undefined) throw new Error(`${name} is missing on this machine`);
  return join(found, name);
}

/** A command of `ExecStart=` and its kin, cut into words, with its prefixes (systemd.service(5)) and variables. */
export function execLine(
  unit: Unit,
  value: string,
  env: Record<string, string>,
): { words: string[]; mayFail: boolean; asRoot: boolean } {
  const prefixes = /^[-+!@:]*/.exec(value)![0];
  if (/[@:]/.test(prefixes)) throw new Error(`${unit.name}: the prefix of "${value}" is not known here`);
  const words = splitWords(unit.expand(value.slice(prefixes.length))).map((word) =>
    word.replace(/\$\{(\w+)\}|^\$(\w+)$/g, (_, braced: string, plain: string) => env[braced ?? plain] ?? ''),
  );
  return { words, mayFail: prefixes.includes('-'), asRoot: /[+!]/.test(prefixes) };
}

/**
 * The command line of one process of the unit. Every program on the way hands over to the next in the same process, so what is
 * started is what runs. `root` needs sh and util-linux, which every Debian has.
 */
export function commandLine(
  unit: Unit,
  options: { root: string; who: UnitIdentity; words: string[]; asRoot: boolean; netns?: string | undefined },
): string[] {
  const { root, who, words, asRoot, netns } = options;
  const directory = unit.expand(unit.one('Service', 'WorkingDirectory') ?? '/');
  const umask = unit.one('Service', 'UMask') ?? '0022';
  return [
    ...(netns === undefined ? [] : [programPath('ip'), 'netns', 'exec', netns]),
    ...(root === '/' ? [] : [programPath('chroot'), root]),
    ...limitWords(unit),
    ...schedulingWords(unit),
    ...privilegeWords(unit, who, asRoot),
    'sh',
    '-c',
    'umask "$1" && cd "$2" && shift 2 && exec "$@"',
    'sh',
    umask,
    directory,
    ...words,
  ];
}
