/**
 * The log of one child: the child writes straight into the file (so it goes on even if the supervisor
 * dies), and the supervisor follows the file to show important lines and to bound its size. The file is
 * opened for appending, so it can be copied away and cut to nothing while the child keeps writing.
 */
import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, renameSync } from 'node:fs';
import { existsSync } from 'node:fs';

const defaultMaxBytes = 10 * 1024 * 1024;
const keptFiles = 3;

export class LogFile {
  readonly path: string;
  readonly fd: number;
  private readonly maxBytes: number;
  private readOffset: number;
  private partial = '';

  constructor(path: string, maxBytes = defaultMaxBytes) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.fd = openSync(path, 'a+', 0o600);
    this.readOffset = fstatSync(this.fd).size;
  }

  /** Whole lines written since the last call, at most 256 KiB of them. */
  newLines(): string[] {
    const { size } = fstatSync(this.fd);
    const length = Math.min(size - this.readOffset, 256 * 1024);
    if (length <= 0) return [];
    // A flood is skipped rather than read late.
    if (size - this.readOffset > length) this.readOffset = size - length;
    const buffer = Buffer.alloc(length);
    this.readOffset += readSync(this.fd, buffer, 0, length, this.readOffset);
    const lines = (this.partial + buffer.toString('utf8')).split('\n');
    this.partial = (lines.pop() ?? '').slice(0, 64 * 1024);
    return lines;
  }

  /** The last lines of the file, for a report of what went wrong. */
  lastLines(count: number): string[] {
    const { size } = fstatSync(this.fd);
    const length = Math.min(size, 16 * 1024);
    const buffer = Buffer.alloc(length);
    readSync(this.fd, buffer, 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  }

  rotateIfLarge(): boolean {
    if (fstatSync(this.fd).size <= this.maxBytes) return false;
    for (let index = keptFiles - 1; index >= 1; index -= 1)
      if (existsSync(`${this.path}.${index}`))
        renameSync(`${this.path}.${index}`, `${this.path}.${index + 1}`);
    copyFileSync(this.path, `${this.path}.1`);
    ftruncateSync(this.fd, 0);
    this.readOffset = 0;
    return true;
  }

  close(): void {
    closeSync(this.fd);
  }
}

const pinoError = 50;

/** A line as a person reads it: a JSON entry's message and the error it carries. */
export function readableLine(line: string): string {
  try {
    const entry = JSON.parse(line) as { msg?: unknown; why?: unknown; err?: { message?: unknown } };
    const message = typeof entry.msg === 'string' ? entry.msg : line;
    const reason = entry.why ?? entry.err?.message;
    const error = typeof reason === 'string' ? `: ${reason}` : '';
    return `${message}${error}`.slice(0, 300);
  } catch {
    return line.slice(0, 300);
  }
}

/** What of a line is worth the terminal: errors of ours (static texts, no personal data) and of Postgres. */
export function importantText(line: string): string | undefined {
  if (line.startsWith('{')) {
    try {
      const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; why?: unknown };
      if (typeof entry.level !== 'number' || entry.level < pinoError || typeof entry.msg !== 'string')
        return undefined;
      // Words of ours about a store, without anything personal.
      const why = typeof entry.why === 'string' ? `: ${entry.why}` : '';
      return `${entry.msg}${why}`.slice(0, 300);
    } catch {
      return undefined;
    }
  }
  // Said to everyone who knocks while it starts or stops: not an error of anybody.
  if (/the database system is|terminating connection due to administrator/.test(line)) return undefined;
  return /\b(FATAL|PANIC):/.test(line) ? line.slice(line.search(/FATAL|PANIC/)).slice(0, 300) : undefined;
}
