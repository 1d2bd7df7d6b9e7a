/**
 * What one process has sent to other machines: one row for each peer, with how often and how much. It is filled by the hook
 * of sockets (socket-hook.ts) and by engines that know their own packets, and read over their status sockets. It opens nothing
 * and keeps no content. The figures only grow, so that whoever reads them twice knows what came in between.
 *
 * A datagram's sender is remembered: what then goes to it is an answer to whoever came. Bounded: beyond `rowsAtMost` the answers that
 * are oldest are folded into one row, and what we opened ourselves into another, which has no address and so shows.
 */
import type { KernelSighting } from './kernel-look.ts';

export const ledgerProtocols = ['tcp', 'udp', 'rtp', 'dns'] as const;
export type LedgerProtocol = (typeof ledgerProtocols)[number];

export interface LedgerRow {
  protocol: LedgerProtocol;
  /** `*`: of more peers than are listed. */
  address: string;
  port: number;
  /** Of audio, whose ports are many and whose `port` is 0: the lowest and the highest. */
  ports?: [number, number];
  /** Names by which it was asked for; of `dns`, the names that were asked. */
  hosts: string[];
  /** The peer came first. */
  isAnswer: boolean;
  /** Connections that were begun; of datagrams 1; of audio, legs; of `dns`, questions. */
  opened: number;
  /** Connections that are open now. */
  open: number;
  failed: number;
  /** Payload, without the headers of IP, TCP and UDP. Of `dns` unknown: the C library asks. */
  bytesOut: number;
  bytesIn: number;
  /** ms UTC */
  firstAt: number;
  lastAt: number;
}

/** What a process tells of itself. `instance` is another after each start: its figures begin anew. */
export interface LedgerReport {
  instance: string;
  rows: LedgerRow[];
  /** By address: the name that it was found under, newest. */
  names: Record<string, string>;
  /** What the kernel shows of this process's own sockets; where others look at it, none. */
  kernel?: KernelSighting[];
}

export interface Peer {
  protocol: LedgerProtocol;
  address: string;
  port: number;
}

const hostsAtMost = 20;
const namesAtMost = 500;
export const otherPeers = '*';

export class ConnectionLedger {
  readonly #rows = new Map<string, LedgerRow>();
  readonly #rowsAtMost: number;
  readonly #now: () => number;
  readonly #names = new Map<string, string>();
  #version = 0;

  constructor(rowsAtMost = 4096, now: () => number = Date.now) {
    this.#rowsAtMost = rowsAtMost;
    this.#now = now;
  }

  /** Grows with every change that a list would show. */
  get version(): number {
    return this.#version;
  }

  /** The row of a peer, made where it is new. */
  row(peer: Peer, isAnswer = false): LedgerRow {
    const key = `${peer.protocol} ${peer.address} ${peer.port}`;
    const known = this.#rows.get(key);
    if (known) return known;
    if (this.#rows.size >= this.#rowsAtMost && !this.#makeRoom())
      return this.#others(peer.protocol, isAnswer);
    return this.#add(key, peer, isAnswer);
  }

  #add(key: string, { protocol, address, port }: Peer, isAnswer: boolean): LedgerRow {
    const at = this.#now();
    const counts = { opened: 0, open: 0, failed: 0, bytesOut: 0, bytesIn: 0 };
    const row: LedgerRow = {
      protocol,
      address,
      port,
      hosts: [],
      isAnswer,
      ...counts,
      firstAt: at,
      lastAt: at,
    };
    this.#rows.set(key, row);
    return row;
  }

  #others(protocol: LedgerProtocol, isAnswer: boolean): LedgerRow {
    const key = `${protocol} ${otherPeers} ${isAnswer ? 'answers' : 'opened'}`;
    return (
      this.#rows.get(key) ??
      this.#add(key, { protocol, address: otherPeers, port: isAnswer ? 1 : 0 }, isAnswer)
    );
  }

  /** The answer that is oldest in the list goes; what was sent to it stays in a sum. */
  #makeRoom(): boolean {
    for (const [key, row] of this.#rows) {
      if (!row.isAnswer || row.open > 0 || row.address === otherPeers) continue;
      this.#rows.delete(key);
      if (row.bytesOut > 0) {
        const sum = this.#others(row.protocol, true);
        sum.opened += row.opened;
        sum.bytesOut += row.bytesOut;
        sum.bytesIn += row.bytesIn;
        sum.lastAt = Math.max(sum.lastAt, row.lastAt);
      }
      return true;
    }
    return false;
  }

  opened(row: LedgerRow, host?: string): void {
    row.opened += 1;
    row.lastAt = this.#now();
    this.#version += 1;
    if (host === undefined || host === row.address || row.hosts.includes(host)) return;
    if (row.hosts.length < hostsAtMost) row.hosts.push(host);
  }

  /** A datagram came: from now on we answer this peer. */
  heard(address: string, port: number, bytes: number): void {
    const row = this.row({ protocol: 'udp', address, port }, true);
    row.bytesIn += bytes;
    row.lastAt = this.#now();
  }

  sent(address: string, port: number, bytes: number): void {
    const row = this.row({ protocol: 'udp', address, port });
    if (row.opened === 0) this.opened(row);
    this.moved(row, bytes, 0);
  }

  moved(row: LedgerRow, bytesOut: number, bytesIn: number): void {
    row.bytesOut += bytesOut;
    row.bytesIn += bytesIn;
    row.lastAt = this.#now();
    this.#version += 1;
  }

  /** What a name led to: a datagram goes to an address, and tells no name. */
  named(name: string, addresses: readonly string[]): void {
    for (const address of addresses) {
      if (this.#names.get(address) === name) continue;
      this.#names.delete(address);
      this.#names.set(address, name);
      this.#version += 1;
      const [oldest = ''] = this.#names.keys();
      if (this.#names.size > namesAtMost) this.#names.delete(oldest);
    }
  }

  names(): Record<string, string> {
    return Object.fromEntries(this.#names);
  }

  /** Copies, of those alone to whom something went. */
  rows(): LedgerRow[] {
    return [...this.#rows.values()]
      .filter(({ opened, bytesOut }) => opened > 0 || bytesOut > 0)
      .map((row) => ({ ...row, hosts: [...row.hosts] }));
  }
}

/** Rows of the same peer as one: those of a process and of its threads. */
export function joinRows(lists: readonly (readonly LedgerRow[])[]): LedgerRow[] {
  const joined = new Map<string, LedgerRow>();
  for (const row of lists.flat()) {
    const key = `${row.protocol} ${row.address} ${row.port}`;
    const known = joined.get(key);
    if (!known) joined.set(key, { ...row, hosts: [...row.hosts] });
    else addRow(known, row);
  }
  return [...joined.values()];
}

function addRow(to: LedgerRow, row: LedgerRow): void {
  to.hosts = [...new Set([...to.hosts, ...row.hosts])].slice(0, hostsAtMost);
  if (row.ports)
    to.ports = [
      Math.min(row.ports[0], to.ports?.[0] ?? row.ports[0]),
      Math.max(row.ports[1], to.ports?.[1] ?? row.ports[1]),
    ];
  to.isAnswer &&= row.isAnswer;
  to.opened += row.opened;
  to.open += row.open;
  to.failed += row.failed;
  to.bytesOut += row.bytesOut;
  to.bytesIn += row.bytesIn;
  to.firstAt = Math.min(to.firstAt, row.firstAt);
  to.lastAt = Math.max(to.lastAt, row.lastAt);
}
