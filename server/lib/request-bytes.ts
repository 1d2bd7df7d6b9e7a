/** The body of a request as bytes, at most `limit` of them: a longer one is refused as soon as that is seen (413). */
import type { IncomingMessage } from 'node:http';
import { AppError } from './app-error.ts';

export async function requestBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () =>
    new AppError('payload-too-large', 413, 'the file is larger than the limit', { limitBytes: limit });
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A media type as it may be kept: the rest of the header says nothing to us. */
export const mediaType = (req: IncomingMessage): string =>
  /^[\w.+-]{1,60}\/[\w.+-]{1,60}/.exec(req.headers['content-type'] ?? '')?.[0] ?? 'application/octet-stream';
