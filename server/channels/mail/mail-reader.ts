/**
 * Reads mails in a thread of their own (mail-worker.ts), each within a stated time and memory: a mail is written by
 * anybody, and one that loops a parser or fills the heap must stop neither the calls nor the mails behind it. Such a mail
 * is answered as unreadable, its thread is ended, and the next one is read in a new thread.
 *
 * Mails are read one at a time in the order they came. What waits is bounded in number and in bytes: beyond it the answer
 * is `notRead`, which says nothing about the mail; the caller, who has it stored, comes again later.
 *
 * The race it stops: an answer of a thread that was given up on. Answers carry the number of their job, and a thread that
 * was replaced is listened to no more.
 */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../lib/thread.ts';
import type { ReadMail, UnreadableMail } from './read-mail.ts';

export type UnreadableReason = UnreadableMail['reason'] | 'too-slow' | 'too-big' | 'crashed';
export type MailReading =
  { mail: ReadMail } | { unreadable: UnreadableReason } | { notRead: 'busy' | 'closed' };

export interface MailReaderOptions {
  /** For one mail. */
  timeLimitMs?: number;
  maxHeapMb?: number;
  maxWaiting?: number;
  maxWaitingBytes?: number;
  /** For tests: another module beside this one. */
  workerName?: string;
}

interface Job {
  jobId: number;
  raw: Uint8Array;
  /** Of the raw mail; it is detached once handed over. */
  size: number;
  isHandedOver: boolean;
  resolve: (reading: MailReading) => void;
}

interface Thread {
  worker: Worker;
  isReady: boolean;
}

/** To load the modules, on a machine that is busy with calls. */
const startLimitMs = 30_000;

export class MailReader {
  private readonly options: Required<MailReaderOptions>;
  private readonly waiting: Job[] = [];
  private waitingBytes = 0;
  private current: Job | undefined;
  private thread: Thread | undefined;
  private clock: NodeJS.Timeout | undefined;
  private lastJobId = 0;
  private isClosed = false;

  constructor(options: MailReaderOptions = {}) {
    this.options = {
      timeLimitMs: 5000,
      maxHeapMb: 512,
      maxWaiting: 200,
      maxWaitingBytes: 256 * 1024 * 1024,
      workerName: './mail-worker',
      ...options,
    };
  }

  /**
   * `mayTake`: the caller needs the bytes no more, and they are moved into the thread instead of copied, where they have
   * a buffer to themselves.
   */
  read(raw: Uint8Array, { mayTake = false }: { mayTake?: boolean } = {}): Promise<MailReading> {
    if (this.isClosed) return Promise.resolve({ notRead: 'closed' });
    const { maxWaiting, maxWaitingBytes } = this.options;
    const size = raw.byteLength;
    const isFull = this.waiting.length >= maxWaiting || this.waitingBytes + size > maxWaitingBytes;
    // One that is too large for the queue is still read when nothing waits.
    if (isFull && (this.waiting.length > 0 || this.current)) return Promise.resolve({ notRead: 'busy' });
    return new Promise((resolve) => {
      const isHandedOver = mayTake && raw.byteLength === raw.buffer.byteLength;
      this.lastJobId += 1;
      this.waiting.push({ jobId: this.lastJobId, raw, size, isHandedOver, resolve });
      this.waitingBytes += size;
      this.next();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.clock);
    const { thread } = this;
    this.thread = undefined;
    for (const job of [this.current, ...this.waiting.splice(0)]) job?.resolve({ notRead: 'closed' });
    this.current = undefined;
    this.waitingBytes = 0;
    await thread?.worker.terminate();
  }

  private next(): void {
    if (this.isClosed || this.current) return;
    const job = this.waiting.shift();
    if (!job) {
      // An idle reader does not keep the process alive.
      this.thread?.worker.unref();
      return;
    }
    this.waitingBytes -= job.size;
    this.current = job;
    this.thread ??= this.start();
    this.thread.worker.ref();
    if (this.thread.isReady) this.post(job, this.thread);
    else this.setClock(startLimitMs, 'crashed');
  }

  private start(): Thread {
    const { maxHeapMb, workerName } = this.options;
    const worker = startThread(import.meta.url, workerName, {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 64 },
    });
    const thread: Thread = { worker, isReady: false };
    const isPresent = (): boolean => this.thread === thread;
    worker.on(
      'message',
      (message: { isReady: true } | { jobId: number; mail: ReadMail | UnreadableMail }) => {
        if (!isPresent()) return;
        if ('isReady' in message) {
          thread.isReady = true;
          if (this.current) this.post(this.current, thread);
        } else if (message.jobId === this.current?.jobId) {
          const { mail } = message;
          this.settle('isUnreadable' in mail ? { unreadable: mail.reason } : { mail });
        }
      },
    );
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (isPresent()) this.giveUp(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'too-big' : 'crashed');
    });
    worker.on('exit', () => {
      if (isPresent()) this.giveUp('crashed');
    });
    return thread;
  }

  private post({ jobId, raw, isHandedOver }: Job, { worker }: Thread): void {
    this.setClock(this.options.timeLimitMs, 'too-slow');
    // A view is cloned with all of the buffer behind it, so what cannot be handed over is copied to its own size first.
    const bytes = isHandedOver && raw.buffer instanceof ArrayBuffer ? raw : new Uint8Array(raw);
    worker.postMessage({ jobId, raw: bytes }, [bytes.buffer as ArrayBuffer]);
  }

  private setClock(limitMs: number, reason: UnreadableReason): void {
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.giveUp(reason), limitMs);
  }

  /** The thread is not trusted any more, whatever it was about to say. */
  private giveUp(reason: UnreadableReason): void {
    const { thread } = this;
    this.thread = undefined;
    void thread?.worker.terminate();
    this.settle({ unreadable: reason });
  }

  private settle(reading: MailReading): void {
    clearTimeout(this.clock);
    const job = this.current;
    this.current = undefined;
    job?.resolve(reading);
    this.next();
  }
}
