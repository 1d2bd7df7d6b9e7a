/**
 * A bare Debian 12 below a directory, made by debootstrap as the installer's tests need it: nothing in it but what every
 * installation has. Programs run in it by chroot, in a network namespace that has a loopback and no route. It is made once and
 * kept as an archive in var/, each test unpacks its own.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../installer/program.ts';

const execute = promisify(execFile);

/** Made once each: what every installation has, and that with a systemd which can be booted. */
const archives = {
  bare: { file: join(projectRoot, 'var/debian-12-root.tar'), packages: [] },
  systemd: {
    file: join(projectRoot, 'var/debian-12-systemd-root.tar'),
    packages: ['systemd', 'systemd-sysv', 'dbus', 'iproute2'],
  },
} as const;
export type RootKind = keyof typeof archives;

/** Why these tests cannot run here; undefined when they can. */
export function rootFault(): string | undefined {
  if (process.getuid?.() !== 0) return 'they need root (chroot, network namespaces)';
  for (const program of ['debootstrap', 'ip', 'gpg', 'chroot'])
    if (!['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((dir) => existsSync(join(dir, program))))
      return `they need ${program}`;
  return undefined;
}

/** The archive's address comes from this machine's own sources. */
function mirror(): string {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];
  for (const file of files) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const found =
      /^URIs:\s*(\S+debian)\/?\s*$/m.exec(text) ?? /^deb (?:\[[^\]]*\] )?(\S+debian)\/? /m.exec(text);
    if (found) return found[1]!;
  }
  throw new Error('no Debian archive is known to this machine');
}

async function makeArchive(kind: RootKind): Promise<string> {
  const { file, packages } = archives[kind];
  if (existsSync(file)) return file;
  mkdirSync(join(projectRoot, 'var'), { recursive: true });
  const dir = mkdtempSync('/var/tmp/hearthline-debootstrap-');
  try {
    const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
    await execute('debootstrap', ['--variant=minbase', ...include, 'bookworm', dir, mirror()], {
      timeout: 600_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    await execute('tar', ['-C', dir, '--exclude=./var/cache/apt/archives/*.deb', '-cf', `${file}.part`, '.']);
    renameSync(`${file}.part`, file);
    return file;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A fresh one below a directory of its own, which is the caller's to remove. */
export async function unpackRoot(kind: RootKind): Promise<string> {
  const archive = await makeArchive(kind);
  const dir = mkdtempSync('/var/tmp/hearthline-root-');
  await execute('tar', ['-C', dir, '-xpf', archive]);
  // The folder that debootstrap was given was private.
  await execute('chmod', ['755', dir]);
  return dir;
}

export interface Said {
  code: number;
  /** Both streams, as a terminal would have them. */
  text: string;
}

let namespaces = 0;

export class DebianRoot {
  readonly dir: string;
  readonly netns: string;

  private constructor(dir: string, netns: string) {
    this.dir = dir;
    this.netns = netns;
  }

  static async make(): Promise<DebianRoot> {
    const dir = await unpackRoot('bare');
    const netns = `hl-${process.pid}-${namespaces++}`;
    execFileSync('ip', ['netns', 'add', netns]);
    execFileSync('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
    execFileSync('mount', ['-t', 'proc', 'proc', join(dir, 'proc')]);
    execFileSync('mount', ['--rbind', '--make-rslave', '/dev', join(dir, 'dev')]);
    return new DebianRoot(dir, netns);
  }

  path(path: string): string {
    return join(this.dir, path);
  }

  copyIn(file: string, to: string): void {
    mkdirSync(join(this.dir, to, '..'), { recursive: true });
    cpSync(file, join(this.dir, to));
  }

  private command(args: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.netns, 'chroot', this.dir, ...args];
  }

  /** Runs to its end; what it said, whatever its code. `killAfterMs`: with SIGKILL, all of it. */
  run(
    args: readonly string[],
    options: { timeoutMs?: number; env?: Record<string, string> } = {},
  ): Promise<Said> {
    const { timeoutMs = 300_000, env = {} } = options;
    const [program, ...rest] = this.command(args);
    const child = spawn(program!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        ...env,
      },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), timeoutMs);
    return new Promise((done) => {
      child.once('close', (code) => {
        clearTimeout(timer);
        done({ code: code ?? 137, text });
      });
    });
  }

  /** Runs it and kills all of it as soon as `when` is in what it says. */
  runUntil(args: readonly string[], when: RegExp): Promise<{ isKilled: boolean; text: string }> {
    const [program, ...rest] = this.command(args);
    const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let text = '';
    let isKilled = false;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (isKilled || !when.test(text)) return;
        isKilled = true;
        process.kill(-child.pid!, 'SIGKILL');
      });
    return new Promise((done) => child.once('close', () => done({ isKilled, text })));
  }

  /** A second one with the same content, as it is now; nothing may run in it. */
  remove(): void {
    for (const mount of ['proc', 'dev'])
      execFileSync('umount', ['-R', '-l', join(this.dir, mount)], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'delete', this.netns], { stdio: 'ignore' });
    rmSync(this.dir, { recursive: true, force: true });
  }
}
