/**
 * The few libc calls that node has no word for, through koffi: scheduling class and an eventfd to wake a thread that
 * blocks in epoll. Loaded lazily: the engine runs without koffi, only without these two.
 */
import { createRequire } from 'node:module';

type Native = {
  eventfd(initial: number, flags: number): number;
  write(fd: number, data: Uint8Array, length: number): number;
  sched_setscheduler(tid: number, policy: number, param: Int32Array): number;
};

const SCHED_OTHER = 0;
const EFD_NONBLOCK_CLOEXEC = 0o2004000;

let native: Native | null = null;
const one = new Uint8Array(new BigUint64Array([1n]).buffer);

export function loadNative(): boolean {
  if (native) return true;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load('libc.so.6');
    native = {
      eventfd: libc.func('int eventfd(unsigned int initial, int flags)') as Native['eventfd'],
      write: libc.func('int64 write(int fd, void *data, uint64 length)') as Native['write'],
      sched_setscheduler: libc.func(
        'int sched_setscheduler(int tid, int policy, void *param)',
      ) as Native['sched_setscheduler'],
    };
    return true;
  } catch {
    return false;
  }
}

export function makeWakeFd(): number {
  return native ? native.eventfd(0, EFD_NONBLOCK_CLOEXEC) : -1;
}

export function wakeThread(fd: number): void {
  if (loadNative()) native?.write(fd, one, 8);
}

/** The calling thread goes back to ordinary scheduling. */
export function leaveRealTimeClass(): void {
  if (loadNative()) native?.sched_setscheduler(0, SCHED_OTHER, new Int32Array([0]));
}
