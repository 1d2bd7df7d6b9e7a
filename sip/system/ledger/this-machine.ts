/** What of the network is this machine itself: that is no egress. And which servers of names its C library asks. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

const cacheMs = 10_000;
let own: { addresses: ReadonlySet<string>; until: number } | undefined;

function ownAddresses(): ReadonlySet<string> {
  const now = performance.now();
  if (!own || own.until < now) {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    own = { addresses: new Set(addresses.map(({ address }) => address)), until: now + cacheMs };
  }
  return own.addresses;
}

/** `::ffff:10.0.0.1` is 10.0.0.1 (RFC 4291 §2.5.5.2). */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** Loopback, or an address of our own: such packets stay inside the kernel. */
export function isThisMachine(address: string): boolean {
  const plain = plainAddress(address);
  return (
    plain.startsWith('127.') ||
    plain === '::1' ||
    plain === '0.0.0.0' ||
    plain === '::' ||
    ownAddresses().has(plain)
  );
}

/** By path: read again only when the file is another. */
const files = new Map<string, { stamp: string; lines: string[] }>();

function linesOf(path: string): string[] {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    const stamp = `${ino} ${mtimeMs} ${size}`;
    const known = files.get(path);
    if (known?.stamp === stamp) return known.lines;
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.replace(/[#;].*$/, '').trim())
      .filter((line) => line !== '');
    files.set(path, { stamp, lines });
    return lines;
  } catch {
    return [];
  }
}

/** resolv.conf(5): without any, the C library asks this machine. */
export function nameServers(path = '/etc/resolv.conf'): string[] {
  const named = linesOf(path).flatMap((line) => {
    const [word, address = ''] = line.split(/\s+/);
    return word === 'nameserver' && isIP(address.replace(/%.*$/, '')) !== 0 ? [address] : [];
  });
  return named.length > 0 ? named : ['127.0.0.1'];
}

/** Told without asking anybody: an address, this machine's own name for itself, or a name of its hosts file. */
export function isKnownHere(name: string, hostsPath = '/etc/hosts'): boolean {
  const plain = name.toLowerCase().replace(/\.$/, '');
  if (plain === '' || isIP(plain) !== 0 || plain === 'localhost' || plain.endsWith('.localhost')) return true;
  return linesOf(hostsPath).some((line) => line.toLowerCase().split(/\s+/).slice(1).includes(plain));
}
