/**
 * The other end of sd_notify(3): a Unix datagram socket that says what services tell, and which process told it (the kernel
 * knows, SCM_CREDENTIALS of unix(7)). Node has no Unix datagrams, so libc is asked through koffi, in a turn every few
 * milliseconds.
 */
import { chmodSync, rmSync } from 'node:fs';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const pollMs = 5;

const msghdr = koffi.struct({
  name: 'void *',
  nameLength: 'uint32',
  iov: 'void *',
  iovLength: 'uint64',
  control: 'void *',
  controlLength: 'uint64',
  flags: 'int',
});

function libcCalls() {
  const libc = koffi.load('libc.so.6');
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    bind: libc.func('int bind(int fd, void *address, uint32 length)'),
    setsockopt: libc.func('int setsockopt(int fd, int level, int name, void *value, uint32 length)'),
    recvmsg: libc.func('recvmsg', 'int64', ['int', koffi.inout(koffi.pointer(msghdr)), 'int']),
    close: libc.func('int close(int fd)'),
  };
}

export interface Notice {
  /** The process that told it. */
  pid: number;
  /** `READY=1` and the like; several of one message share a notice. */
  fields: Record<string, string>;
}

/** struct sockaddr_un of a path, or of a name of the abstract space (`@name`). */
function unixAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (path.startsWith('@')) bytes[0] = 0;
  if (bytes.length > 107) throw new Error(`longer than a Unix socket's path may be: ${path}`);
  const address = Buffer.alloc(2 + bytes.length + (path.startsWith('@') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, 2);
  return address;
}

export class NotifySocket {
  private readonly libc = libcCalls();
  private readonly path: string;
  private readonly fd: number;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly data = Buffer.alloc(4096);
  private readonly iov = Buffer.alloc(16);
  /** One cmsghdr with a struct ucred: 16 bytes and 12, rounded up to 32. */
  private readonly control = Buffer.alloc(32);
  private readonly onNotice: (notice: Notice) => void;

  /** `path`: a file that is made, or `@name`. Anyone may write to it; who it was is told. */
  constructor(path: string, onNotice: (notice: Notice) => void, { isReading = true } = {}) {
    this.path = path;
    this.onNotice = onNotice;
    this.fd = this.libc.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0) as number;
    const address = unixAddress(path);
    const on = Buffer.from(Int32Array.of(1).buffer);
    this.libc.setsockopt(this.fd, SOL_SOCKET, SO_PASSCRED, on, on.length);
    if (this.libc.bind(this.fd, address, address.length) !== 0)
      throw new Error(`no socket can be made at ${path}`);
    if (!path.startsWith('@')) chmodSync(path, 0o777);
    this.iov.writeBigUInt64LE(koffi.address(this.data), 0);
    this.iov.writeBigUInt64LE(BigInt(this.data.length), 8);
    // A test may leave everything unread, as a systemd that is busy does.
    if (isReading) this.timer = setInterval(() => this.read(), pollMs).unref();
  }

  /** Everything that has come meanwhile. */
  read(): void {
    for (;;) {
      const header = {
        name: null,
        nameLength: 0,
        iov: this.iov,
        iovLength: 1,
        control: this.control,
        controlLength: this.control.length,
        flags: 0,
      };
      const length = Number(this.libc.recvmsg(this.fd, header, 0));
      if (length < 0) return;
      const fields: Record<string, string> = {};
      for (const line of this.data.toString('utf8', 0, length).split('\n')) {
        const cut = line.indexOf('=');
        if (cut > 0) fields[line.slice(0, cut)] = line.slice(cut + 1);
      }
      this.onNotice({ pid: this.control.readInt32LE(16), fields });
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.libc.close(this.fd);
    if (!this.path.startsWith('@')) rmSync(this.path, { force: true });
  }
}
