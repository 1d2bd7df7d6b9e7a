/**
 * Socket back end over libc through koffi (epoll, recvfrom, sendto): about half the CPU of node:dgram per packet,
 * because nothing is allocated and no stream machinery stands between the kernel and the session.
 * It blocks its thread in epoll, so it belongs to worker threads only; others wake it by an eventfd.
 * Every buffer handed to libc is kept in a field for as long as the back end lives, and all calls are synchronous:
 * no memory is in flight when the collector runs.
 */
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { ipv4ToNumber } from '../protocol.ts';
import { MAX_RTP_BYTES } from './rtp-packet.ts';
import type { PacketReceiver, RtpSocket, SocketBackend } from './rtp-sockets.ts';

type Pointer = bigint | Uint8Array;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, length: number): number;
  close(fd: number): number;
  read(fd: number, data: Pointer, length: number): number;
  epollCreate(flags: number): number;
  epollCtl(epoll: number, op: number, fd: number, event: Pointer): number;
  epollWait(epoll: number, events: Pointer, max: number, timeoutMs: number): number;
  recvfrom(
    fd: number,
    data: Pointer,
    size: number,
    flags: number,
    from: Pointer,
    fromLength: Pointer,
  ): number;
  sendto(fd: number, data: Pointer, size: number, flags: number, to: Pointer, toLength: number): number;
}

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const MSG_DONTWAIT = 0x40;
const ADDRESS_BYTES = 16;
const MAX_EVENTS = 256;
/** struct epoll_event is packed on x86-64 only (epoll_ctl(2)). */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA_AT = process.arch === 'x64' ? 4 : 8;
const WAKE_SLOT = 0;

function loadLibc(koffi: typeof import('koffi')): Libc {
  const libc = koffi.load('libc.so.6');
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    bind: libc.func('int bind(int fd, void *address, uint32 length)'),
    close: libc.func('int close(int fd)'),
    read: libc.func('int64 read(int fd, void *data, uint64 length)'),
    epollCreate: libc.func('int epoll_create1(int flags)'),
    epollCtl: libc.func('int epoll_ctl(int epoll, int op, int fd, void *event)'),
    epollWait: libc.func('int epoll_wait(int epoll, void *events, int max, int timeout)'),
    recvfrom: libc.func(
      'int64 recvfrom(int fd, void *data, uint64 size, int flags, void *from, void *length)',
    ),
    sendto: libc.func('int64 sendto(int fd, void *data, uint64 size, int flags, void *to, uint32 length)'),
  };
}

function fillAddress(target: Uint8Array, ip: number, port: number): void {
  target[0] = AF_INET;
  target[1] = 0;
  target[2] = port >> 8;
  target[3] = port;
  target[4] = ip >>> 24;
  target[5] = ip >>> 16;
  target[6] = ip >>> 8;
  target[7] = ip;
}

class KoffiRtpSocket implements RtpSocket {
  readonly port: number;
  readonly fd: number;
  readonly slot: number;
  owner: PacketReceiver | null = null;
  private readonly backend: KoffiBackend;

  constructor(port: number, fd: number, slot: number, backend: KoffiBackend) {
    this.port = port;
    this.fd = fd;
    this.slot = slot;
    this.backend = backend;
  }

  send(buf: Uint8Array, offset: number, length: number, ip: number, port: number): boolean {
    return this.backend.sendTo(this.fd, buf, offset, length, ip, port);
  }

  close(): void {
    this.owner = null;
    this.backend.closed(this);
  }
}

export class KoffiBackend implements SocketBackend {
  readonly name = 'koffi';
  private readonly libc: Libc;
  private readonly bindIp: number;
  private readonly epoll: number;
  private readonly wakeFd: number;
  private readonly events = Buffer.alloc(EVENT_BYTES * MAX_EVENTS);
  private readonly packet = Buffer.alloc(MAX_RTP_BYTES + 1);
  private readonly from = Buffer.alloc(ADDRESS_BYTES);
  private readonly fromLength = Buffer.alloc(4);
  private readonly to = Buffer.alloc(ADDRESS_BYTES);
  private readonly wakeData = Buffer.alloc(8);
  private readonly eventsAt: bigint;
  private readonly packetAt: bigint;
  private readonly fromAt: bigint;
  private readonly fromLengthAt: bigint;
  private readonly toAt: bigint;
  /** By the number that epoll gives back; a slot is reused, a stale event in the same batch finds no owner. */
  private readonly slots: (KoffiRtpSocket | null)[] = [null];
  private readonly freeSlots: number[] = [];
  private toIp = -1;
  private toPort = -1;

  constructor(bind: string, wakeFd: number) {
    if (endianness() !== 'LE') throw new Error('the koffi back end is for little-endian machines');
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    this.libc = loadLibc(koffi);
    this.bindIp = ipv4ToNumber(bind);
    this.wakeFd = wakeFd;
    this.eventsAt = koffi.address(this.events);
    this.packetAt = koffi.address(this.packet);
    this.fromAt = koffi.address(this.from);
    this.fromLengthAt = koffi.address(this.fromLength);
    this.toAt = koffi.address(this.to);
    this.fromLength.writeUInt32LE(ADDRESS_BYTES);
    this.epoll = this.libc.epollCreate(EPOLL_CLOEXEC);
    if (this.epoll < 0 || !this.watch(wakeFd, WAKE_SLOT)) throw new Error('epoll is not available');
  }

  private watch(fd: number, slot: number): boolean {
    const event = Buffer.alloc(EVENT_BYTES);
    event.writeUInt32LE(EPOLLIN, 0);
    event.writeUInt32LE(slot, EVENT_DATA_AT);
    return this.libc.epollCtl(this.epoll, EPOLL_CTL_ADD, fd, event) === 0;
  }

  open(port: number): RtpSocket | null {
    const fd = this.libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return null;
    const address = Buffer.alloc(ADDRESS_BYTES);
    fillAddress(address, this.bindIp, port);
    const slot = this.freeSlots.pop() ?? this.slots.length;
    if (this.libc.bind(fd, address, ADDRESS_BYTES) !== 0 || !this.watch(fd, slot)) {
      this.libc.close(fd);
      if (slot < this.slots.length) this.freeSlots.push(slot);
      return null;
    }
    const socket = new KoffiRtpSocket(port, fd, slot, this);
    this.slots[slot] = socket;
    return socket;
  }

  closed(socket: KoffiRtpSocket): void {
    if (this.slots[socket.slot] !== socket) return;
    this.libc.close(socket.fd);
    this.slots[socket.slot] = null;
    this.freeSlots.push(socket.slot);
  }

  sendTo(fd: number, buf: Uint8Array, offset: number, length: number, ip: number, port: number): boolean {
    if (ip !== this.toIp || port !== this.toPort) {
      fillAddress(this.to, ip, port);
      this.toIp = ip;
      this.toPort = port;
    }
    let data: Pointer;
    if (buf === this.packet) data = offset === 0 ? this.packetAt : this.packetAt + BigInt(offset);
    else data = offset === 0 ? buf : buf.subarray(offset);
    return this.libc.sendto(fd, data, length, MSG_DONTWAIT, this.toAt, ADDRESS_BYTES) === length;
  }

  /** Waits for packets and delivers one from each socket that has any; true: somebody wants this thread's ear. */
  poll(timeoutMs: number, onAwake: () => void): boolean {
    const { libc, events, packet, from } = this;
    const count = libc.epollWait(this.epoll, this.eventsAt, MAX_EVENTS, timeoutMs);
    onAwake();
    let isCalled = false;
    for (let i = 0; i < count; i++) {
      const slot = events.readUInt32LE(i * EVENT_BYTES + EVENT_DATA_AT);
      if (slot === WAKE_SLOT) {
        libc.read(this.wakeFd, this.wakeData, 8);
        isCalled = true;
        continue;
      }
      const socket = this.slots[slot];
      if (!socket) continue;
      const size = libc.recvfrom(
        socket.fd,
        this.packetAt,
        MAX_RTP_BYTES + 1,
        MSG_DONTWAIT,
        this.fromAt,
        this.fromLengthAt,
      );
      if (size < 0 || socket.owner === null) continue;
      const ip =
        (((from[4] as number) << 24) |
          ((from[5] as number) << 16) |
          ((from[6] as number) << 8) |
          (from[7] as number)) >>>
        0;
      socket.owner.onPacket(packet, size, ip, ((from[2] as number) << 8) | (from[3] as number));
    }
    return isCalled;
  }
}
