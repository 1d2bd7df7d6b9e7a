/**
 * Network namespaces of Linux for tests: a machine for the product and others beside it, joined by pairs of virtual cables, with
 * nothing else reachable. For root alone, and only where the kernel lets it; `namespaceFault` says why not. Names are of this process, so
 * that tests side by side do not meet.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';

let count = 0;

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}

/** Undefined: namespaces can be made here. */
export function namespaceFault(programs: readonly string[] = []): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', ...programs])
    if (spawnSync('which', [program]).status !== 0) return `${program} is not installed`;
  const name = `hl-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `no network namespace can be made: ${made.stderr.trim()}`;
  const seen = programs.includes('nft')
    ? spawnSync('ip', ['netns', 'exec', name, 'nft', 'list', 'ruleset'], { encoding: 'utf8' })
    : undefined;
  spawnSync('ip', ['netns', 'del', name]);
  return seen && seen.status !== 0 ? `nft does not work here: ${seen.stderr.trim()}` : undefined;
}

export class NetNamespace {
  readonly name: string;

  /** `pid`: that which this process is in, in place of a new one. */
  constructor(label: string, pid?: number) {
    this.name = `hl-${process.pid}-${(count += 1)}-${label}`.slice(0, 40);
    ip('netns', ...(pid === undefined ? ['add', this.name] : ['attach', this.name, String(pid)]));
    this.run('ip', 'link', 'set', 'lo', 'up');
  }

  /** A cable to another one: each gets an address with its length of prefix, `10.1.0.1/24`. */
  join(other: NetNamespace, mine: string, theirs: string): void {
    const pair = (count += 1);
    const [here, there] = [`hl${process.pid % 10_000}a${pair}`, `hl${process.pid % 10_000}b${pair}`];
    ip('link', 'add', here, 'netns', this.name, 'type', 'veth', 'peer', 'name', there, 'netns', other.name);
    this.#plug(here, mine);
    other.#plug(there, theirs);
  }

  #plug(device: string, address: string): void {
    // Duplicate addresses are not looked for, and no router: nothing is sent but by programs.
    this.run('sysctl', '-qw', `net.ipv6.conf.${device}.disable_ipv6=1`);
    this.run('ip', 'addr', 'add', address, 'dev', device);
    this.run('ip', 'link', 'set', device, 'up');
  }

  /** Runs to its end within this namespace; throws where it fails. */
  run(program: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', this.name, program, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  input(text: string, program: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', this.name, program, ...args], {
      encoding: 'utf8',
      input: text,
      timeout: 30_000,
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  start(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], options);
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}
