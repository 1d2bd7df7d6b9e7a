/**
 * A real systemd as the first process of namespaces of its own (processes, mounts, network with loopback only, host name, IPC,
 * cgroups), over a copy of this machine's root, or of another, that is thrown away: units run in it with every fence that they name. Not every
 * machine lets that happen (root is needed, overlay mounts, the unified cgroup hierarchy): `boot()` then says why not.
 *
 *     const machine = await SystemdMachine.boot({ binds: { '/opt/x': '/path/here' } });
 *     machine.write('/etc/systemd/system/a.service', text);
 *     await machine.run('systemctl', ['start', 'a']);      // throws with what it said when it does not end with 0
 *     await machine.close();
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

/** $1: directory, $2: root below, then pairs of a place in the machine and what is there. Ends as systemd. */
const bootScript = `
set -e
dir="$1"; lower="$2"; shift 2
mount --make-rprivate /
mount -t tmpfs -o mode=711 tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
cd "$dir/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mkdir -p sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/shm; mount -t tmpfs -o mode=1777 tmpfs dev/shm
mkdir dev/pts; mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts; ln -s pts/ptmx dev/ptmx
while [ $# -gt 0 ]; do
  if [ -d "$2" ]; then mkdir -p ".$1"; else mkdir -p ".$(dirname "$1")"; touch ".$1"; fi
  mount --bind "$2" ".$1"
  shift 2
done
: >etc/fstab; : >etc/machine-id; rm -rf etc/systemd/system; mkdir etc/systemd/system
mkdir .former; pivot_root . .former; umount -l /.former; rmdir /.former
# In a container systemd leaves that to whoever made it, and relies on it: credentials are mounted by a helper of its own.
mount --make-rshared /
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target
`;

const bootMs = 30_000;
const commandMs = 120_000;

/** The mount of the unified hierarchy: alone, or beside the older ones. */
function unifiedHierarchy(): string | undefined {
  return ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((dir) => existsSync(join(dir, 'cgroup.procs')));
}

function removeCgroup(dir: string): void {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroup(join(dir, entry.name));
  rmdirSync(dir);
}

export class SystemdMachine {
  private readonly dir: string;
  private readonly cgroup: string;
  private readonly keeper: ChildProcess;
  /** Of systemd, as seen from here. */
  readonly pid: number;

  private constructor(parts: { dir: string; cgroup: string; keeper: ChildProcess; pid: number }) {
    this.dir = parts.dir;
    this.cgroup = parts.cgroup;
    this.keeper = parts.keeper;
    this.pid = parts.pid;
  }

  /** Why it cannot be, as far as can be told beforehand. */
  static fault(): string | undefined {
    if (process.getuid?.() !== 0) return 'only root can start a systemd in namespaces of its own';
    if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed (apt-get install systemd)';
    return unifiedHierarchy() === undefined ? 'there is no unified cgroup hierarchy' : undefined;
  }

  /** Resolves when systemd says that it runs; rejects with what was said where it cannot. */
  static async boot(options: { binds?: Record<string, string>; root?: string }): Promise<SystemdMachine> {
    const dir = makeTempDir();
    const cgroup = join(unifiedHierarchy()!, dir.split('/').pop()!);
    mkdirSync(cgroup);
    const binds = Object.entries(options.binds ?? {}).flat();
    const keeper = spawn(
      // Should the tests be killed, it goes with them, and all of the machine with it.
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        'sh',
        '-c',
        'echo $$ >"$1/cgroup.procs" && shift && exec unshare -m -p -u -i -n -C -f --kill-child sh -c "$@"',
        'sh',
        cgroup,
        bootScript,
        'sh',
        dir,
        options.root ?? '/',
        ...binds,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [keeper.stdout!, keeper.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
    const clean = async () => {
      keeper.kill('SIGKILL');
      await SystemdMachine.cleanUp(keeper, cgroup, dir);
    };
    try {
      const pid = await SystemdMachine.untilRunning(keeper);
      return new SystemdMachine({ dir, cgroup, keeper, pid });
    } catch (error) {
      await clean();
      throw new Error(`systemd cannot be started here: ${said.trim() || String(error)}`, { cause: error });
    }
  }

  private static async untilRunning(keeper: ChildProcess): Promise<number> {
    const endAt = performance.now() + bootMs;
    for (;;) {
      if (keeper.exitCode !== null || keeper.signalCode !== null) throw new Error('it ended');
      const pid = Number(
        readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').split(' ')[0],
      );
      if (pid > 0 && (await isRunning(pid))) return pid;
      if (performance.now() > endAt) throw new Error(`it was not up within ${bootMs / 1000} s`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  private static async cleanUp(keeper: ChildProcess, cgroup: string, dir: string): Promise<void> {
    if (keeper.exitCode === null && keeper.signalCode === null)
      await new Promise((gone) => keeper.once('exit', gone));
    const endAt = performance.now() + 10_000;
    for (;;) {
      try {
        removeCgroup(cgroup);
        break;
      } catch (error) {
        // Its processes are still being taken down.
        if (performance.now() > endAt) throw error;
        await new Promise((wake) => setTimeout(wake, 20));
      }
    }
    removeTempDir(dir);
  }

  /** Resolves to what the program wrote; rejects with all it said when it ends with another code than 0. */
  run(program: string, args: readonly string[] = [], input?: string): Promise<string> {
    return runIn(this.pid, program, args, input);
  }

  /** Begins a program, in a process group of its own: `process.kill(-pid, ...)` ends it and what it began. */
  start(program: string, args: readonly string[]): ChildProcess {
    const [command = '', ...rest] = inside(this.pid, program, args);
    return spawn(command, rest, { env: insideEnv, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  }

  /** In the machine; the directory is made where it is missing. */
  write(path: string, content: string | Buffer, mode = 0o644): void {
    const file = this.outside(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }

  /** The same file as seen from here. */
  outside(path: string): string {
    return join(`/proc/${this.pid}/root`, path);
  }

  /** `systemctl show --value`. */
  async show(unit: string, property: string): Promise<string> {
    return (await this.run('systemctl', ['show', '--value', `--property=${property}`, unit])).trim();
  }

  async close(): Promise<void> {
    this.keeper.kill('SIGKILL');
    await SystemdMachine.cleanUp(this.keeper, this.cgroup, this.dir);
  }
}

const insideEnv = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', SYSTEMD_PAGER: 'cat' };
const inside = (pid: number, program: string, args: readonly string[]): string[] => [
  'nsenter',
  '-t',
  String(pid),
  '-m',
  '-p',
  '-u',
  '-i',
  '-n',
  '-C',
  '--',
  program,
  ...args,
];

function runIn(pid: number, program: string, args: readonly string[], input?: string): Promise<string> {
  // In a session of its own: a signal to "my process group" must not find the tests.
  return new Promise((done, fail) => {
    const child = execFile(
      'setsid',
      inside(pid, program, args),
      { env: insideEnv, timeout: commandMs, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) fail(new Error(`${program} ${args.join(' ')}: ${error.code}\n${stdout}${stderr}`));
        else done(stdout);
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'systemd') return false;
    await runIn(pid, 'systemctl', ['is-active', 'basic.target']);
    return true;
  } catch {
    return false;
  }
}
