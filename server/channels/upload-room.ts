/**
 * Room for the bodies that strangers send up, all of them together: what does not fit is told to come again, before a byte
 * of it is read, so that many uploads at once cannot fill the memory that calls need.
 */
import type { IncomingMessage } from 'node:http';
import { requestBytes } from '../lib/request-bytes.ts';
import { refuse } from './public-route.ts';

const retryInSec = 5;

export class UploadRoom {
  #freeBytes: number;

  constructor(bytes: number) {
    this.#freeBytes = bytes;
  }

  /** Reads a body of at most `limit` bytes (413) and hands it on; its room is free again when that is done. */
  async with<T>(req: IncomingMessage, limit: number, work: (content: Buffer) => Promise<T>): Promise<T> {
    const told = Number(req.headers['content-length'] ?? Number.NaN);
    // One that is too large is refused unread; one that does not say how large it is may be as large as it may.
    const bytes = Number.isFinite(told) && told >= 0 ? Math.min(told, limit) : limit;
    if (bytes > this.#freeBytes)
      throw refuse('too-many-tries', 'too much is being sent up at the moment', { retryInSec });
    this.#freeBytes -= bytes;
    try {
      return await work(await requestBytes(req, limit));
    } finally {
      this.#freeBytes += bytes;
    }
  }
}
