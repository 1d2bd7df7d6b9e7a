/**
 * All sockets together: one UDP and one TCP listener per local address, the choice of the local address for a
 * destination, and the way from a URI to an address. RFC 3261 18; RFC 3263 only as far as address records.
 *
 * Bound to every address, it opens a pair of listeners on each of them instead of one on 0.0.0.0: only so is it
 * known on which address a datagram arrived, and only so do Via, Contact and source address agree on a machine
 * with several networks. New addresses are picked up while running.
 */
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UdpFlow, UdpListener } from './udp.ts';
import { TcpPool } from './tcp.ts';
import type { TcpConnection, TcpListener } from './tcp.ts';
import type { Outbound, Protocol, TransportEvents } from './flow.ts';
import { isIpLiteral } from '../wire/uri.ts';

const ROUTE_TTL_MS = 15_000;
const RESCAN_MS = 5_000;
const DNS_TIMEOUT_MS = 3_000;
const DNS_TTL_MS = 30_000;
const DNS_MAX_PENDING = 64;
const MAX_CACHE = 10_000;

interface Endpoint {
  address: string;
  udp: UdpListener;
  tcp: TcpListener;
}

export interface Hop {
  protocol: Protocol;
  address: string;
  port: number;
}

export class TransportLayer {
  readonly tcp: TcpPool;
  readonly #events: TransportEvents;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #routes = new Map<string, { local: string; until: number }>();
  readonly #names = new Map<string, { address: string | undefined; until: number }>();
  #namesPending = 0;
  #first: Endpoint | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #isAny = false;
  #port = 0;

  constructor(events: TransportEvents) {
    this.#events = events;
    this.tcp = new TcpPool(events);
  }

  async open(bind: string, port: number): Promise<void> {
    this.#port = port;
    this.#isAny = bind === '0.0.0.0';
    if (!this.#isAny) {
      await this.#openEndpoint(bind);
      return;
    }
    for (const address of localAddresses()) await this.#openEndpoint(address);
    this.#rescan = setInterval(() => void this.#pickUpAddresses(), RESCAN_MS).unref();
  }

  async #openEndpoint(address: string): Promise<void> {
    const tcp = await this.tcp.listen(address, this.#port);
    let udp: UdpListener;
    try {
      udp = await UdpListener.bind(address, tcp.port, this.#events);
    } catch (error) {
      tcp.server.close();
      throw error;
    }
    // Every address shares one port, also when the first was chosen by the kernel.
    this.#port = tcp.port;
    const endpoint = { address, udp, tcp };
    this.#endpoints.set(address, endpoint);
    this.#first ??= endpoint;
  }

  async #pickUpAddresses(): Promise<void> {
    const present = new Set(localAddresses());
    for (const address of present) {
      if (!this.#endpoints.has(address)) await this.#openEndpoint(address).catch(() => {});
    }
    for (const [address, endpoint] of this.#endpoints) {
      if (present.has(address) || this.#endpoints.size === 1) continue;
      endpoint.udp.close();
      endpoint.tcp.server.close();
      this.#endpoints.delete(address);
      if (this.#first === endpoint) this.#first = this.#endpoints.values().next().value;
    }
  }

  get port(): number {
    return this.#port;
  }

  get defaultAddress(): string {
    return this.#first?.address ?? '127.0.0.1';
  }

  /** `tcp/address:port,udp/address:port,...` as the control protocol lists them. */
  get hostPorts(): string {
    const list: string[] = [];
    for (const { address } of this.#endpoints.values()) {
      list.push(`tcp/${address}:${this.#port}`, `udp/${address}:${this.#port}`);
    }
    return list.join(',');
  }

  isOwnAddress(address: string, port: number): boolean {
    return port === this.#port && this.#endpoints.has(address);
  }

  /** The local address the kernel would send from, if it is known without asking. */
  localFor(address: string): string | undefined {
    if (!this.#isAny) return this.#first?.address;
    if (this.#endpoints.has(address)) return address;
    const route = this.#routes.get(address);
    return route !== undefined && route.until > performance.now() && this.#endpoints.has(route.local)
      ? route.local
      : undefined;
  }

  /** Asks the kernel by connecting a UDP socket, which sends nothing. */
  askRoute(address: string, done: (local: string) => void): void {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    let isDone = false;
    const finish = (local: string | undefined): void => {
      if (isDone) return;
      isDone = true;
      socket.close();
      const chosen = local !== undefined && this.#endpoints.has(local) ? local : this.defaultAddress;
      if (this.#routes.size >= MAX_CACHE) this.#routes.clear();
      this.#routes.set(address, { local: chosen, until: performance.now() + ROUTE_TTL_MS });
      done(chosen);
    };
    socket.on('error', () => finish(undefined));
    socket.connect(9, address, () => {
      try {
        finish(socket.address().address);
      } catch {
        finish(undefined);
      }
    });
  }

  flow(local: string, hop: Hop): Outbound | undefined {
    const endpoint = this.#endpoints.get(local) ?? this.#first;
    if (endpoint === undefined) return undefined;
    if (hop.protocol === 'udp') return new UdpFlow(endpoint.udp, hop.address, hop.port);
    return this.tcp.obtain(endpoint.tcp, hop.address, hop.port);
  }

  /** The way back for answers to a request: its own connection, or a new one if that has closed (18.2.2). */
  wayBack(from: Outbound, sentByPort: number): Outbound {
    return from.protocol === 'udp' ? from : new TcpWayBack(this, from as TcpConnection, sentByPort);
  }

  /** The address of a host name from the cache; null is a name known not to resolve. */
  cachedAddress(host: string): string | null | undefined {
    if (isIpLiteral(host)) return host;
    if (host === 'localhost') return '127.0.0.1';
    const known = this.#names.get(host);
    if (known === undefined || known.until < performance.now()) return undefined;
    return known.address ?? null;
  }

  /** Resolves a name within a bounded time; undefined on failure. Never blocks the loop. */
  async resolve(host: string): Promise<string | undefined> {
    if (this.#namesPending >= DNS_MAX_PENDING) return undefined;
    this.#namesPending++;
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), DNS_TIMEOUT_MS);
      });
      const found = await Promise.race([dns.lookup(host, { family: 4 }).catch(() => undefined), late]);
      const address = found?.address;
      if (this.#names.size >= MAX_CACHE) this.#names.clear();
      const ttlMs = address === undefined ? DNS_TTL_MS / 10 : DNS_TTL_MS;
      this.#names.set(host, { address, until: performance.now() + ttlMs });
      return address;
    } finally {
      clearTimeout(timer);
      this.#namesPending--;
    }
  }

  close(): void {
    clearInterval(this.#rescan);
    for (const { udp, tcp } of this.#endpoints.values()) {
      udp.close();
      tcp.server.close();
    }
    this.tcp.closeAll();
  }
}

class TcpWayBack implements Outbound {
  readonly protocol = 'tcp';
  readonly isReliable = true;
  readonly #layer: TransportLayer;
  readonly #connection: TcpConnection;
  readonly #sentByPort: number;

  constructor(layer: TransportLayer, connection: TcpConnection, sentByPort: number) {
    this.#layer = layer;
    this.#connection = connection;
    this.#sentByPort = sentByPort;
  }

  get localAddress(): string {
    return this.#connection.localAddress;
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get remotePort(): number {
    return this.#connection.remotePort;
  }

  send(text: string): void {
    if (this.#connection.isOpen) {
      this.#connection.send(text);
      return;
    }
    const hop = { protocol: 'tcp' as const, address: this.remoteAddress, port: this.#sentByPort };
    this.#layer.flow(this.localAddress, hop)?.send(text);
  }
}

function localAddresses(): string[] {
  const addresses: string[] = [];
  for (const list of Object.values(networkInterfaces())) {
    for (const entry of list ?? []) if (entry.family === 'IPv4') addresses.push(entry.address);
  }
  return addresses;
}
