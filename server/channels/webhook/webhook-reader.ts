/**
 * Reads what connectors post. A body of 15 MB takes a good part of a second to check, parse and decode, and the event loop
 * that would do it serves the calls as well: so a large one is read in a thread of its own (webhook-worker.ts), within a
 * stated time and memory, one at a time in the order they came. What waits is bounded by the room for uploads
 * (upload-room.ts). The thread starts with the first large body and does not keep the process alive.
 *
 * The race it stops: an answer of a thread that was given up on. Answers carry the number of their job, and a thread that
 * was replaced is listened to no more.
 */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../lib/thread.ts';
import { refuse } from '../public-route.ts';
import { postedMessage, type Posted, type PostedMessage, type SignedBody } from './webhook-body.ts';

/** Read at once: a millisecond or so. */
export const inlineBytes = 64 * 1024;
export const readBoundMs = 10_000;
/** To load the modules, on a machine that is busy with calls. */
const startLimitMs = 30_000;
const heapMb = 256;

interface Job {
  jobId: number;
  signed: SignedBody;
  resolve: (posted: Posted<PostedMessage>) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  isReady: boolean;
}

/** It may have been the machine and not the body: the connector comes again. */
const notRead = () => refuse('not-ready', 'the body could not be read now');
const tooMuch = () => refuse('bad-request', 'the body is more than can be read');

export class WebhookReader {
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #thread: Thread | undefined;
  #clock: NodeJS.Timeout | undefined;
  #lastJobId = 0;
  #isClosed = false;

  /** Rejects with a refusal where the body could not be read for reasons of its size or of ours. */
  async message(signed: SignedBody): Promise<Posted<PostedMessage>> {
    if (signed.content.byteLength <= inlineBytes) return postedMessage(signed);
    if (this.#isClosed) throw notRead();
    return new Promise((resolve, reject) => {
      this.#lastJobId += 1;
      this.#waiting.push({ jobId: this.#lastJobId, signed, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#clock);
    for (const job of [this.#current, ...this.#waiting.splice(0)]) job?.reject(notRead());
    this.#current = undefined;
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.worker.terminate();
  }

  #next(): void {
    if (this.#isClosed || this.#current) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#current = job;
    this.#thread ??= this.#start();
    if (this.#thread.isReady) this.#post(job, this.#thread);
    else this.#setClock(startLimitMs);
  }

  #start(): Thread {
    const worker = startThread(import.meta.url, './webhook-worker', {
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 64 },
    });
    worker.unref();
    const thread: Thread = { worker, isReady: false };
    const isPresent = (): boolean => this.#thread === thread;
    worker.on('message', (message: { isReady: true } | { jobId: number; posted: Posted<PostedMessage> }) => {
      if (!isPresent()) return;
      if ('isReady' in message) {
        thread.isReady = true;
        if (this.#current) this.#post(this.#current, thread);
      } else if (message.jobId === this.#current?.jobId) this.#settle((job) => job.resolve(message.posted));
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (isPresent()) this.#giveUp(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : notRead());
    });
    worker.on('exit', () => {
      if (isPresent()) this.#giveUp(notRead());
    });
    return thread;
  }

  #post({ jobId, signed }: Job, { worker }: Thread): void {
    this.#setClock(readBoundMs);
    const { content } = signed;
    // Handed over where it has a buffer to itself; a view would take along all that is behind it.
    const isWhole = content.buffer instanceof ArrayBuffer && content.byteLength === content.buffer.byteLength;
    const bytes = isWhole ? new Uint8Array(content.buffer) : new Uint8Array(content);
    worker.postMessage({ jobId, signed: { ...signed, content: bytes } }, [bytes.buffer as ArrayBuffer]);
  }

  #setClock(limitMs: number): void {
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => this.#giveUp(notRead()), limitMs);
  }

  /** The thread is not trusted any more, whatever it was about to say. */
  #giveUp(error: Error): void {
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.worker.terminate();
    this.#settle((job) => job.reject(error));
  }

  #settle(tell: (job: Job) => void): void {
    clearTimeout(this.#clock);
    const job = this.#current;
    this.#current = undefined;
    if (job) tell(job);
    this.#next();
  }
}
