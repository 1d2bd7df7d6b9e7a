/**
 * What the kernel knows of our sockets, whatever our programs think of themselves: Postgres and Redis included, and a library that goes
 * past Node. Reads /proc/net/{tcp,tcp6,udp,udp6}, and to whom a socket belongs from /proc/PID/fd. In a clone the server looks at all
 * processes; in an installed house each service sees no other, so that each looks at itself, and root at all of them by their users.
 * It opens and ends nothing. A connection shorter than the time between two looks is not seen here; that is what the ledgers are for.
 *
 * A TCP connection is ours if its local port is none that this machine listens on. A datagram socket tells its peer only when it is
 * connected; one such is believed when two looks found it, since call control asks the kernel for routes by connecting sockets that
 * send nothing and live for a moment.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isThisMachine } from './this-machine.ts';

export interface KernelSocket {
  protocol: 'tcp' | 'udp';
  localPort: number;
  address: string;
  port: number;
  isListening: boolean;
  uid: number;
  inode: number;
}

export interface KernelSighting {
  /** The name that `pids` or `users` give. */
  process: string;
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  localPort: number;
}

/** A process of ours that is just being started may have no pid file yet. */
const foreignMs = 60_000;
const listenState = '0A';
/** TIME_WAIT, CLOSE: nobody's any more. */
const overStates = new Set(['06', '07']);

/** The kernel writes each 32 bits in the order of its own processor; ours are little-endian (amd64, arm64). */
export function addressFromHex(hex: string): string {
  const bytes = Buffer.alloc(hex.length / 2);
  for (let at = 0; at < hex.length; at += 8) {
    bytes.writeUInt32LE(Number.parseInt(hex.slice(at, at + 8), 16), at / 2);
  }
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  if (isMapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // The URL standard shortens as RFC 5952 §4 wants it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** proc_pid_net(5). */
export function parseSockets(protocol: 'tcp' | 'udp', text: string): KernelSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', remote = '', state = '', , , , uid = '', , inode = ''] = line.trim().split(/\s+/);
      const [, localPort = ''] = local.split(':');
      const [address = '', port = ''] = remote.split(':');
      if (inode === '' || inode === '0' || (protocol === 'tcp' && overStates.has(state))) return [];
      return [
        {
          protocol,
          localPort: Number.parseInt(localPort, 16),
          address: addressFromHex(address),
          port: Number.parseInt(port, 16),
          isListening: protocol === 'tcp' && state === listenState,
          uid: Number(uid),
          inode: Number(inode),
        },
      ];
    });
}

/** What our own side opened, of all sockets of the machine. */
export function outboundOf(sockets: readonly KernelSocket[]): KernelSocket[] {
  const listening = new Set(
    sockets.filter(({ isListening }) => isListening).map(({ localPort }) => localPort),
  );
  return sockets.filter(
    ({ protocol, isListening, address, port, localPort }) =>
      !isListening &&
      port !== 0 &&
      !isThisMachine(address) &&
      (protocol === 'udp' || !listening.has(localPort)),
  );
}

export interface LookParts {
  /** `/proc`, or what stands for it in a test. */
  procDir?: string;
  /** For root in an installed house: names of processes by the users of services. Then /proc/PID is not asked. */
  users?: ReadonlyMap<number, string>;
  /** Names of processes by their ids; those that they started are found. */
  pids?: () => Promise<ReadonlyMap<number, string>>;
}

export class KernelLook {
  readonly #proc: string;
  readonly #parts: LookParts;
  /** Sockets of other programs of this machine, and when they are asked about again. */
  readonly #foreign = new Map<number, number>();
  /** Connected datagram sockets of the look before. */
  #datagrams = new Set<number>();

  constructor(parts: LookParts) {
    this.#parts = parts;
    this.#proc = parts.procDir ?? '/proc';
  }

  /** Connections of our processes that our side opened. */
  async look(): Promise<KernelSighting[]> {
    const sockets = outboundOf(await this.#sockets());
    const seenTwice = this.#datagrams;
    this.#datagrams = new Set(sockets.filter(({ protocol }) => protocol === 'udp').map(({ inode }) => inode));
    const steady = sockets.filter(({ protocol, inode }) => protocol === 'tcp' || seenTwice.has(inode));
    const owners = await this.#owners(steady);
    return steady.flatMap((socket) => {
      const process = owners.get(socket.inode);
      const { protocol, address, port, localPort } = socket;
      return process === undefined ? [] : [{ process, protocol, address, port, localPort }];
    });
  }

  async #sockets(): Promise<KernelSocket[]> {
    const files = [
      ['tcp', 'tcp'],
      ['tcp', 'tcp6'],
      ['udp', 'udp'],
      ['udp', 'udp6'],
    ] as const;
    const lists = await Promise.all(
      files.map(async ([protocol, name]) =>
        // Where IPv6 is switched off there is no such file. `self`: /proc/net is a link that some units hide.
        parseSockets(protocol, await readFile(join(this.#proc, 'self/net', name), 'utf8').catch(() => '')),
      ),
    );
    return lists.flat();
  }

  async #owners(sockets: readonly KernelSocket[]): Promise<Map<number, string>> {
    const { users } = this.#parts;
    if (users)
      return new Map(
        sockets.flatMap(({ inode, uid }) => {
          const name = users.get(uid);
          return name === undefined ? [] : [[inode, name] as const];
        }),
      );
    const now = performance.now();
    for (const [inode, until] of this.#foreign) if (until < now) this.#foreign.delete(inode);
    const wanted = new Set(sockets.map(({ inode }) => inode).filter((inode) => !this.#foreign.has(inode)));
    if (wanted.size === 0) return new Map();
    const found = new Map<number, string>();
    for (const [pid, name] of await this.#family())
      for (const inode of await this.#socketsOf(pid)) if (wanted.has(inode)) found.set(inode, name);
    for (const inode of wanted) if (!found.has(inode)) this.#foreign.set(inode, now + foreignMs);
    return found;
  }

  /** Our processes and what they started: Postgres has one for each connection. */
  async #family(): Promise<Map<number, string>> {
    const family = new Map(await this.#parts.pids?.());
    const parents = new Map<number, number>();
    for (const entry of await readdir(this.#proc).catch(() => [])) {
      if (!/^\d+$/.test(entry)) continue;
      const stat = await readFile(join(this.#proc, entry, 'stat'), 'utf8').catch(() => '');
      // The name in brackets may hold anything, brackets and blanks too.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent > 0) parents.set(Number(entry), parent);
    }
    const nameOf = (pid: number, depth = 0): string | undefined => {
      const known = family.get(pid);
      const parent = parents.get(pid);
      if (known !== undefined || parent === undefined || depth > 20) return known;
      return nameOf(parent, depth + 1);
    };
    for (const pid of parents.keys()) {
      const name = nameOf(pid);
      if (name !== undefined) family.set(pid, name);
    }
    return family;
  }

  async #socketsOf(pid: number): Promise<number[]> {
    const dir = join(this.#proc, String(pid), 'fd');
    // Another user's, or gone meanwhile.
    const names = await readdir(dir).catch(() => []);
    const links = await Promise.all(names.map((name) => readlink(join(dir, name)).catch(() => '')));
    return links.flatMap((link) => {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      return inode === undefined ? [] : [Number(inode)];
    });
  }
}
