/**
 * Tells systemd how this process is (sd_notify(3)): ready, stopping, a word about its state, and that it is alive. Where nobody
 * asks (`NOTIFY_SOCKET` is not set: a clone, tests) every call does nothing and nothing is loaded.
 *
 * A message is one datagram to a Unix socket, for which Node has no word: libc is asked through koffi, so that no program is
 * started each time, and so that the kernel names this very process as the sender (`NotifyAccess=main` listens to no other).
 * It may never hold up the event loop: what the kernel does not take now is sent later.
 *
 * The watchdog (`WATCHDOG_USEC`) is told at a third of its time, and only when the process's own question to itself was answered
 * with yes: an event loop that hangs, or an answer that does not come, is silence, and systemd starts the process anew.
 */
import { createRequire } from 'node:module';

export interface ServiceNotify {
  /** The process does its work; systemd goes on with what waits for it. */
  ready(status: string): void;
  /** One line for `systemctl status`. No personal data. */
  status(text: string): void;
  /** The end has begun; the watchdog is told nothing more. */
  stopping(): void;
  /** From now on the watchdog is told, as long as `isAlive` answers true within a third of the watchdog's time. */
  keepAlive(isAlive: () => boolean | Promise<boolean>): void;
}

type Env = Readonly<Record<string, string | undefined>>;
type Send = (text: string) => 'sent' | 'later';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const sendFlags = 0x40 | 0x4000;
const EAGAIN = 11;
const ENOBUFS = 105;
const retryMs = 50;
const maxWaiting = 16;
/** sun_path of unix(7). */
const maxAddressBytes = 107;

const nobody: ServiceNotify = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  keepAlive: () => undefined,
};

/** struct sockaddr_un: a path, or a name of the abstract space, which is written with "@" for its zero byte. */
function socketAddress(path: string): Buffer {
  const name = Buffer.from(path);
  if (!/^[@/]/.test(path) || name.length > maxAddressBytes)
    throw new Error('NOTIFY_SOCKET must be a path, or a name with "@", of at most 107 bytes');
  if (path.startsWith('@')) name[0] = 0;
  const address = Buffer.alloc(2 + name.length + (path.startsWith('@') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  return address;
}

function openSender(path: string): Send {
  const address = socketAddress(path);
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'int64 sendto(int fd, void *data, uint64 size, int flags, void *to, uint32 length)',
  );
  const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) as number;
  if (fd < 0) throw new Error('no socket can be opened to tell systemd');
  return (text) => {
    const data = Buffer.from(text);
    if (Number(sendto(fd, data, data.length, sendFlags, address, address.length)) >= 0) return 'sent';
    const code = koffi.errno();
    if (code === EAGAIN || code === ENOBUFS) return 'later';
    throw new Error(`systemd could not be told (errno ${code})`);
  };
}

/** What the socket does not take is kept and sent in order, a little later. */
function inOrder(send: Send, onFault: (error: unknown) => void): (text: string) => void {
  const waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    try {
      while (waiting.length > 0) {
        if (send(waiting[0]!) === 'later') {
          timer = setTimeout(flush, retryMs);
          return;
        }
        waiting.shift();
      }
    } catch (error) {
      waiting.length = 0;
      onFault(error);
    }
  };
  return (text) => {
    // A systemd that takes nothing for long gets what is newest; that we are ready is never given up.
    if (waiting.length >= maxWaiting) {
      const oldest = waiting.findIndex((one) => !one.startsWith('READY='));
      if (oldest >= 0) waiting.splice(oldest, 1);
    }
    waiting.push(text);
    if (!timer) flush();
  };
}

/** A third of the watchdog's time in ms; undefined where there is none, or where it is another process's. */
export function watchdogBeatMs(env: Env, pid = process.pid): number | undefined {
  const usec = Number(env['WATCHDOG_USEC']);
  if (!Number.isFinite(usec) || usec <= 0) return undefined;
  const whose = env['WATCHDOG_PID'];
  if (whose !== undefined && Number(whose) !== pid) return undefined;
  return Math.max(1, usec / 3000);
}

async function answers(isAlive: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), withinMs);
  });
  try {
    return await Promise.race([isAlive(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** `onFault`: systemd could not be told, or the watchdog is not told for a reason; for the log. */
export function createServiceNotify(env: Env, onFault: (error: unknown) => void): ServiceNotify {
  const path = env['NOTIFY_SOCKET'];
  if (path === undefined || path === '') return nobody;
  let tell: (text: string) => void;
  try {
    tell = inOrder(openSender(path), onFault);
  } catch (error) {
    onFault(error);
    return nobody;
  }
  const line = (text: string) => text.replaceAll(/[\r\n]+/g, ' ');
  const beatMs = watchdogBeatMs(env);
  let beat: NodeJS.Timeout | undefined;
  let isStopping = false;
  return {
    ready: (status) => tell(`READY=1\nSTATUS=${line(status)}`),
    status: (text) => tell(`STATUS=${line(text)}`),
    stopping() {
      isStopping = true;
      clearTimeout(beat);
      tell('STOPPING=1\nSTATUS=Stopping');
    },
    keepAlive(isAlive) {
      if (beatMs === undefined || beat || isStopping) return;
      const turn = async (): Promise<void> => {
        const isWell = await answers(isAlive, beatMs);
        if (isStopping) return;
        if (isWell) tell('WATCHDOG=1');
        else onFault(new Error('the process does not answer itself: the watchdog is not told'));
        beat = setTimeout(() => void turn(), beatMs);
        beat.unref();
      };
      beat = setTimeout(() => void turn(), beatMs);
      beat.unref();
    },
  };
}
