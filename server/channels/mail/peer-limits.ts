/**
 * Who may deliver to the listener and how much: the relays of the site, by address and network, and for each of them so many
 * mails a minute, as a bucket that fills steadily. A relay over its rate is asked to come again (4xx) and keeps its mail. The
 * number of buckets is bounded: full ones are forgotten first, which changes nothing for their owners.
 */
import { BlockList, isIP } from 'node:net';

export interface PeerLimits {
  isAllowed(address: string): boolean;
  /** Takes one mail out of the peer's bucket; false: it is empty. */
  take(address: string): boolean;
}

export interface PeerRules {
  /** `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
  readonly allow: readonly string[];
  readonly mailsPerMinute: number;
  /** ms, monotonic. */
  readonly monotonicMs: () => number;
}

const maxBuckets = 1000;

/** An IPv4 peer of a socket that listens on both is seen as ::ffff:a.b.c.d. */
const bare = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const family = (address: string): 'ipv4' | 'ipv6' | undefined =>
  isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;

/** Entries that are neither address nor network; empty: the rules hold. */
export function allowFaults(allow: readonly string[]): string[] {
  return allow.filter((entry) => !add(new BlockList(), entry));
}

function add(list: BlockList, entry: string): boolean {
  const [address = '', prefix] = entry.split('/');
  const type = family(address);
  if (!type) return false;
  if (prefix === undefined) {
    list.addAddress(address, type);
    return true;
  }
  const bits = Number(prefix);
  if (bits > (type === 'ipv4' ? 32 : 128)) return false;
  list.addSubnet(address, bits, type);
  return true;
}

export function createPeerLimits({ allow, mailsPerMinute, monotonicMs }: PeerRules): PeerLimits {
  const list = new BlockList();
  for (const entry of allow) add(list, entry);
  const buckets = new Map<string, { level: number; atMs: number }>();
  const levelOf = (bucket: { level: number; atMs: number }, nowMs: number): number =>
    Math.min(mailsPerMinute, bucket.level + ((nowMs - bucket.atMs) / 60_000) * mailsPerMinute);

  function forgetFull(nowMs: number): void {
    for (const [address, bucket] of buckets)
      if (levelOf(bucket, nowMs) >= mailsPerMinute) buckets.delete(address);
    // All of them busy: the longest unused goes, which is generous to it.
    const [first] = buckets.keys();
    if (buckets.size >= maxBuckets && first !== undefined) buckets.delete(first);
  }

  return {
    isAllowed(address) {
      const peer = bare(address);
      const type = family(peer);
      return type !== undefined && list.check(peer, type);
    },
    take(address) {
      const nowMs = monotonicMs();
      const peer = bare(address);
      const bucket = buckets.get(peer) ?? { level: mailsPerMinute, atMs: nowMs };
      const level = levelOf(bucket, nowMs);
      buckets.delete(peer);
      if (buckets.size >= maxBuckets) forgetFull(nowMs);
      buckets.set(peer, { level: level >= 1 ? level - 1 : level, atMs: nowMs });
      return level >= 1;
    },
  };
}
