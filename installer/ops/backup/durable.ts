/**
 * Files that are on the disk when a call returns, with the digest of what went there. A file appears whole under its name or
 * not at all. It knows nothing of backups.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, statfsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CliError } from '../../admin-socket.ts';
import { syncPath, writeWhole } from '../../system-files.ts';

const readBytes = 1 << 20;

export interface Digested {
  sha256: string;
  bytes: number;
}

/** `what` in place of the file, if any: after a power cut the old or the new is there. */
export const writeDurably = (file: string, what: string | Uint8Array, mode = 0o600): void =>
  writeWhole({ path: file, text: what, mode });

/** Passes what it is given through and counts it. */
export function digesting(): { stream: Transform; result: () => Digested } {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    highWaterMark: readBytes,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ sha256: hash.digest('hex'), bytes }) };
}

export async function digestFile(file: string): Promise<Digested> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: readBytes })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Copies to a file that is not there yet, synced; the digest is of what was read, before any compression. */
export async function copyDigested(
  from: string,
  to: string,
  options: { gzip?: boolean; mode?: number } = {},
): Promise<Digested> {
  const { stream, result } = digesting();
  const source = createReadStream(from, { highWaterMark: readBytes });
  const target = createWriteStream(to, {
    flags: 'wx',
    mode: options.mode ?? 0o600,
    highWaterMark: readBytes,
  });
  if (options.gzip === true) await pipeline(source, stream, createGzip({ level: 1 }), target);
  else await pipeline(source, stream, target);
  syncPath(to);
  return result();
}

/** Every file and directory below, so that all of it is there after a power cut. */
export async function syncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }))
    if (entry.isFile() || entry.isDirectory()) syncPath(join(entry.parentPath ?? entry.path, entry.name));
  syncPath(dir);
}

export async function privateDirectory(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return dir;
}

export function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Before anything is begun; `margin` is for what is written meanwhile. */
export function refuseWithoutRoom(dir: string, neededBytes: number, what: string, marginBytes = 64e6): void {
  const free = freeBytes(dir);
  if (free >= neededBytes + marginBytes) return;
  throw new CliError(
    `${what} needs about ${sizeText(neededBytes + marginBytes)} in ${dir}, where ${sizeText(free)} are free. ` +
      'Make room, or choose another disk. Nothing was changed.',
  );
}

/** A fault of the disk in words; any other as it is. */
export function diskFault(error: unknown, dir: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || (error instanceof CliError && error.message.includes('No space left'));
  if (isFull)
    return new CliError(
      `The disk of ${dir} is full: nothing of this run was kept. Make room and run it again.`,
      {
        cause: error,
      },
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new CliError(`${path ?? dir} may not be read or written by this user (${code}): run it as root.`, {
      cause: error,
    });
  return error;
}
