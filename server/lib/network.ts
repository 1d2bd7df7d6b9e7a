/**
 * IP addresses and networks in one form each, to be compared by many rules fast. An IPv4 address that a socket of both
 * families shows as ::ffff:a.b.c.d is that IPv4 address (RFC 4291 §2.5.5.2). Pure; asks no name server.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** 4 or 16 bytes. */
export type IpBytes = Uint8Array;
export interface Network {
  /** Of the network: what lies behind `bits` is 0. */
  readonly bytes: IpBytes;
  readonly bits: number;
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const mappedBits = 96;

/** Undefined for what is no address. A zone (`%eth0`) and the port behind an IPv4 address, which some proxies add, are left out. */
export function ipBytes(text: string): IpBytes | undefined {
  const bare = text.replace(/%.*$/, '').replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1');
  if (isIPv4(bare)) return ipv4Bytes(bare);
  if (!isIPv6(bare)) return undefined;
  const bytes = ipv6Bytes(bare);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

const ipv4Bytes = (text: string): IpBytes => Uint8Array.from(text.split('.'), Number);
const isMapped = (bytes: IpBytes): boolean => mappedPrefix.every((byte, index) => bytes[index] === byte);

function ipv6Bytes(text: string): IpBytes {
  const tail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const [a = 0, b = 0, c = 0, d = 0] = tail?.slice(1).map(Number) ?? [];
  const hex = tail
    ? `${text.slice(0, tail.index)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    : text;
  const [head = '', rest] = hex.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(rest ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

/**
 * `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`. An IPv6 address without a length is its /64: whoever has one address of a
 * network has them all. Undefined for anything else.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, more] = text.trim().split('/');
  if (more !== undefined || address.includes('%') || !(isIPv4(address) || isIPv6(address))) return undefined;
  const bytes = ipBytes(address);
  if (!bytes) return undefined;
  const isV4 = bytes.length === 4;
  if (length === undefined) return network(bytes, isV4 ? 32 : 64);
  if (!/^\d{1,3}$/.test(length)) return undefined;
  const wasMapped = isV4 && address.includes(':');
  const bits = Number(length) - (wasMapped ? mappedBits : 0);
  return bits < 0 || bits > bytes.length * 8 ? undefined : network(bytes, bits);
}

const network = (bytes: IpBytes, bits: number): Network => ({ bytes: masked(bytes, bits), bits });

export function masked(bytes: IpBytes, bits: number): IpBytes {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff << (8 - kept));
  });
}

/** As people write it, always the same: an IPv4 address without /32. */
export function networkText({ bytes, bits }: Network): string {
  if (bytes.length === 4) return `${bytes.join('.')}${bits === 32 ? '' : `/${bits}`}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  // The URL standard shortens as RFC 5952 §4 wants it.
  const { hostname } = new URL(`http://[${groups.join(':')}]`);
  return `${hostname.slice(1, -1)}/${bits}`;
}

/** Many networks, each with a value; a question costs one look for each length of prefix that is there. */
export class NetworkMap<T> {
  /** By `family/bits`, then by the bytes in hex. */
  readonly #byLength = new Map<string, { bits: number; size: number; values: Map<string, T> }>();

  set({ bytes, bits }: Network, value: T): void {
    const key = `${bytes.length}/${bits}`;
    const group = this.#byLength.get(key) ?? { bits, size: bytes.length, values: new Map<string, T>() };
    this.#byLength.set(key, group);
    group.values.set(hexOf(bytes), value);
  }

  /** Of all networks that the address is in. */
  of(bytes: IpBytes): T[] {
    const found: T[] = [];
    for (const { bits, size, values } of this.#byLength.values()) {
      if (size !== bytes.length) continue;
      const value = values.get(hexOf(masked(bytes, bits)));
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}

const hexOf = (bytes: IpBytes): string => Buffer.from(bytes).toString('hex');

/** IPv6 neighbours in one /64 are one address: a single machine has them all. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = plain.includes('::') ? [...left, ...zeros, ...right] : left;
  return `${groups.slice(0, 4).join(':')}::/64`;
}
