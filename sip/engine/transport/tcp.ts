/**
 * TCP connections, opened by peers or by us, and the listeners that take them. Knows bytes, addresses and
 * framing, no SIP. RFC 3261 18.1.1, 18.2.1; RFC 5923 (a connection is used again in both directions).
 */
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { StreamFramer } from './stream-framer.ts';
import { isPermittedTarget } from './flow.ts';
import type { Outbound, TransportEvents } from './flow.ts';

const CONNECT_TIMEOUT_MS = 4_000;
const MAX_CONNECTIONS = 8_192;
const MAX_CONNECTIONS_PER_SOURCE = 256;
const IDLE_MS = 3_600_000;
/** How long the rest of a message may take to arrive. */
const PARTIAL_MESSAGE_MS = 20_000;
const MAX_UNSENT_BYTES = 1024 * 1024;

export class TcpConnection implements Outbound {
  readonly protocol = 'tcp';
  readonly isReliable = true;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly key: string;
  isOpen = true;
  readonly #socket: Socket;
  readonly #pool: TcpPool;
  #partialTimer: NodeJS.Timeout | undefined;

  constructor(pool: TcpPool, socket: Socket, local: TcpListener, remoteAddress: string, remotePort: number) {
    this.#pool = pool;
    this.#socket = socket;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.key = connectionKey(local.address, remoteAddress, remotePort);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(IDLE_MS, () => this.close());
    const framer = new StreamFramer({
      onMessage: (text) => pool.events.onMessage(text, this),
      onPing: () => socket.write('\r\n'),
    });
    socket.on('data', (chunk) => {
      if (!framer.push(chunk.toString('latin1'))) {
        pool.events.onGarbage('stream framing lost');
        this.close();
        return;
      }
      this.#watchPartial(framer);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  send(text: string): void {
    if (!this.isOpen) {
      // Reported later so that a caller in the middle of its own step is not entered again.
      setImmediate(() => this.#pool.events.onSendError(this));
      return;
    }
    if (!this.#socket.connecting && this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.close();
      return;
    }
    this.#socket.write(text, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #watchPartial(framer: StreamFramer): void {
    if (framer.pendingBytes === 0) {
      clearTimeout(this.#partialTimer);
      this.#partialTimer = undefined;
    } else {
      this.#partialTimer ??= setTimeout(() => this.close(), PARTIAL_MESSAGE_MS).unref();
    }
  }

  #closed(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearTimeout(this.#partialTimer);
    this.#pool.forget(this);
    this.#pool.events.onSendError(this);
  }
}

export class TcpListener {
  readonly address: string;
  readonly port: number;
  readonly server: Server;

  constructor(server: Server, address: string, port: number) {
    this.server = server;
    this.address = address;
    this.port = port;
  }
}

function connectionKey(local: string, remote: string, port: number): string {
  return `${local}|${remote}:${port}`;
}

export class TcpPool {
  readonly events: TransportEvents;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #perSource = new Map<string, number>();
  /** Contact address as registered -> the connection it was registered over (phones behind NAT or a firewall). */
  readonly #aliases = new Map<string, TcpConnection>();

  constructor(events: TransportEvents) {
    this.events = events;
  }

  get size(): number {
    return this.#connections.size;
  }

  listen(address: string, port: number): Promise<TcpListener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true });
      server.once('error', reject);
      server.listen({ host: address, port, backlog: 1024 }, () => {
        server.removeListener('error', reject);
        server.on('error', () => this.events.onGarbage('accept failed'));
        const bound = server.address();
        const listener = new TcpListener(
          server,
          address,
          typeof bound === 'object' && bound !== null ? bound.port : port,
        );
        server.on('connection', (socket) => this.#accept(socket, listener));
        resolve(listener);
      });
    });
  }

  #accept(socket: Socket, listener: TcpListener): void {
    const { remoteAddress, remotePort } = socket;
    const held = remoteAddress === undefined ? 0 : (this.#perSource.get(remoteAddress) ?? 0);
    if (
      remoteAddress === undefined ||
      remotePort === undefined ||
      this.#connections.size >= MAX_CONNECTIONS ||
      held >= MAX_CONNECTIONS_PER_SOURCE
    ) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#remember(new TcpConnection(this, socket, listener, remoteAddress, remotePort));
  }

  /** An open connection to the peer, or a new one; writes wait until it is connected. */
  obtain(local: TcpListener, address: string, port: number): TcpConnection | undefined {
    const known = this.#connections.get(connectionKey(local.address, address, port));
    if (known !== undefined) return known;
    if (!isPermittedTarget(address, port) || this.#connections.size >= MAX_CONNECTIONS) return undefined;
    const socket = connect({ host: address, port, localAddress: local.address });
    const connection = new TcpConnection(this, socket, local, address, port);
    const timer = setTimeout(() => connection.close(), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
    this.#remember(connection);
    return connection;
  }

  find(local: string, address: string, port: number): TcpConnection | undefined {
    return this.#connections.get(connectionKey(local, address, port));
  }

  alias(contact: string, connection: TcpConnection): void {
    if (connection.isOpen) this.#aliases.set(contact, connection);
  }

  byAlias(contact: string): TcpConnection | undefined {
    return this.#aliases.get(contact);
  }

  #remember(connection: TcpConnection): void {
    this.#connections.set(connection.key, connection);
    const source = connection.remoteAddress;
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
  }

  forget(connection: TcpConnection): void {
    if (this.#connections.get(connection.key) === connection) this.#connections.delete(connection.key);
    const source = connection.remoteAddress;
    const left = (this.#perSource.get(source) ?? 1) - 1;
    if (left <= 0) this.#perSource.delete(source);
    else this.#perSource.set(source, left);
    for (const [contact, owner] of this.#aliases) if (owner === connection) this.#aliases.delete(contact);
  }

  closeAll(): void {
    for (const connection of this.#connections.values()) connection.close();
  }
}
