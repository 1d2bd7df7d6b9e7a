/**
 * The one interface behind which socket back ends stand (design §6), and the pool of ports on top of it.
 * A socket is costly to make, so closed legs give theirs back: it stays bound, discards what still arrives for a
 * quarantine time, and serves the next leg. A call's set-up then costs no system call.
 */

export interface RtpSocket {
  readonly port: number;
  /** Who gets its packets; null: they are discarded (pooled or in quarantine). */
  owner: PacketReceiver | null;
  /** Fire and forget; false: the kernel refused it. */
  send(buf: Uint8Array, offset: number, length: number, ip: number, port: number): boolean;
  close(): void;
}

export interface PacketReceiver {
  onPacket(buf: Uint8Array, length: number, ip: number, port: number): void;
}

export interface SocketBackend {
  readonly name: 'dgram' | 'koffi';
  /** Bound and receiving on return; null: the port is taken by somebody else. */
  open(port: number): RtpSocket | null;
}

const QUARANTINE_MS = 500;
const MAX_IDLE = 512;
const RETRY_TAKEN_MS = 60_000;
const MAX_TRIES = 64;
const MAX_RESERVED_SHARE = 0.1;

interface IdleSocket {
  socket: RtpSocket;
  freeAtMs: number;
}

export class SocketPool {
  private readonly backend: SocketBackend;
  private readonly ownPorts: Uint8Array;
  /** Ports of this worker without a socket. */
  private readonly unopened: number[];
  private readonly taken: { port: number; atMs: number }[] = [];
  private idle: IdleSocket[] = [];
  private readonly reserved = new Map<number, RtpSocket>();
  inUse = 0;

  /** `ownPorts` is shared by all workers: 1 where this engine holds the port (loop protection). */
  constructor(backend: SocketBackend, ports: number[], ownPorts: Uint8Array) {
    this.backend = backend;
    this.unopened = ports;
    this.ownPorts = ownPorts;
  }

  get free(): number {
    return this.unopened.length + this.idle.length;
  }

  acquire(nowMs: number): RtpSocket | null {
    const first = this.idle[0];
    if (first && first.freeAtMs <= nowMs) {
      this.idle.shift();
      this.inUse++;
      return first.socket;
    }
    const socket = this.openNext(nowMs);
    if (socket) this.inUse++;
    return socket;
  }

  /** Ports kept for sessions to come, a fraction of what is left at most; their sockets discard what arrives. */
  reserve(count: number, nowMs: number): number[] {
    const ports: number[] = [];
    const share = Math.min(count, Math.floor(this.free * MAX_RESERVED_SHARE));
    while (ports.length < share) {
      const socket = this.acquire(nowMs);
      if (!socket) break;
      this.reserved.set(socket.port, socket);
      ports.push(socket.port);
    }
    return ports;
  }

  /** The socket of a reserved port; null when nobody reserved it. */
  claim(port: number): RtpSocket | null {
    const socket = this.reserved.get(port);
    this.reserved.delete(port);
    return socket ?? null;
  }

  private openNext(nowMs: number): RtpSocket | null {
    while (this.taken.length > 0 && (this.taken[0] as { atMs: number }).atMs + RETRY_TAKEN_MS < nowMs) {
      this.unopened.push((this.taken.shift() as { port: number }).port);
    }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const port = this.unopened.shift();
      if (port === undefined) return null;
      const socket = this.backend.open(port);
      if (socket) {
        this.ownPorts[port] = 1;
        return socket;
      }
      this.taken.push({ port, atMs: nowMs });
    }
    return null;
  }

  /** Opens one socket ahead of need; false: enough are idle or no port is left. */
  warm(nowMs: number, target: number): boolean {
    if (this.idle.length >= target) return false;
    const socket = this.openNext(nowMs);
    if (!socket) return false;
    this.idle.unshift({ socket, freeAtMs: 0 });
    return true;
  }

  release(socket: RtpSocket, nowMs: number): void {
    socket.owner = null;
    this.inUse--;
    this.idle.push({ socket, freeAtMs: nowMs + QUARANTINE_MS });
    if (this.idle.length > MAX_IDLE) {
      const surplus = this.idle.shift() as IdleSocket;
      this.discard(surplus.socket);
      this.unopened.push(surplus.socket.port);
    }
  }

  /** Gives a port up for good: its session moves to another worker. */
  surrender(socket: RtpSocket): void {
    socket.owner = null;
    this.inUse--;
    this.discard(socket);
  }

  /** Takes over a port that another worker gave up. */
  adopt(port: number): RtpSocket | null {
    const socket = this.backend.open(port);
    if (!socket) return null;
    this.ownPorts[port] = 1;
    this.inUse++;
    return socket;
  }

  private discard(socket: RtpSocket): void {
    socket.close();
    this.ownPorts[socket.port] = 0;
  }
}
