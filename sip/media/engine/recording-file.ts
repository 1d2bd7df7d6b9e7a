/**
 * One recording on disk. While it grows it is `<name>.part`; when it is whole, or as whole as it can be, its sizes are
 * filled in, it is synced, renamed and hashed. After a crash, `repairLeftovers` does the same for what was left.
 * For: the disk thread. It may block that thread briefly, never a worker.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  createReadStream,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
  fstatSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { RecoveredRecording } from '../protocol.ts';
import { fillSizes, readWavInfo, RECORDING_HEADER_BYTES, recordingHeader } from './wav.ts';

export const PART_SUFFIX = '.part';
const MAX_LEFTOVERS = 10_000;

export interface FinishedFile {
  bytes: number;
  durationMs: number;
  sha256: string;
}

export function sha256Of(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path, { highWaterMark: 256 * 1024 })
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });
}

/** Renames without ever replacing a finished recording. */
function publish(partPath: string, finalPath: string): void {
  linkSync(partPath, finalPath);
  unlinkSync(partPath);
}

/** Sets the sizes to what is really there and publishes the file. */
async function complete(fd: number, partPath: string, finalPath: string): Promise<FinishedFile> {
  let dataBytes = 0;
  let channels = 1;
  try {
    const size = fstatSync(fd).size;
    const head = new Uint8Array(RECORDING_HEADER_BYTES);
    readSync(fd, head, 0, head.length, 0);
    const info = readWavInfo(head, size);
    if (!info) throw new Error('the header is damaged');
    channels = info.channels;
    dataBytes = size - RECORDING_HEADER_BYTES;
    // A crash or a full disk may cut a sample pair in two; RIFF wants chunks of even length.
    dataBytes -= dataBytes % 2;
    if (dataBytes !== size - RECORDING_HEADER_BYTES) ftruncateSync(fd, RECORDING_HEADER_BYTES + dataBytes);
    fillSizes(head, channels, dataBytes);
    writeSync(fd, head, 0, head.length, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  publish(partPath, finalPath);
  const sha256 = await sha256Of(finalPath);
  return {
    bytes: RECORDING_HEADER_BYTES + dataBytes,
    durationMs: Math.round(dataBytes / channels / 8),
    sha256,
  };
}

export class RecordingFile {
  readonly finalPath: string;
  private readonly partPath: string;
  private readonly fd: number;
  private position = 0;

  /** Throws when the file cannot be made, or is there already. */
  constructor(root: string, file: string, channels: 1 | 2, law: number, recordingId: string) {
    this.finalPath = join(root, file);
    this.partPath = this.finalPath + PART_SUFFIX;
    const folder = dirname(this.finalPath);
    // Whatever the mask: the server, of the same group, takes old recordings away.
    if (mkdirSync(folder, { recursive: true, mode: 0o770 }) !== undefined) chmodSync(folder, 0o770);
    if (statSync(this.finalPath, { throwIfNoEntry: false })) throw new Error('the file exists');
    this.fd = openSync(this.partPath, 'wx+', 0o640);
    try {
      this.append(recordingHeader(channels, law, recordingId, null));
    } catch (error) {
      closeSync(this.fd);
      unlinkSync(this.partPath);
      throw error;
    }
  }

  append(data: Uint8Array): void {
    let done = 0;
    while (done < data.length) {
      const wrote = writeSync(this.fd, data, done, data.length - done, this.position);
      this.position += wrote;
      done += wrote;
    }
  }

  finish(): Promise<FinishedFile> {
    return complete(this.fd, this.partPath, this.finalPath);
  }
}

function* leftoversIn(folder: string, budget: { left: number }): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (budget.left-- <= 0) return;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* leftoversIn(path, budget);
    else if (entry.isFile() && entry.name.endsWith(`.wav${PART_SUFFIX}`)) yield path;
  }
}

/** Finishes what a crash left behind. One damaged file never stops the others. */
export async function repairLeftovers(
  root: string,
  onProblem: (path: string, error: unknown) => void,
): Promise<RecoveredRecording[]> {
  const recovered: RecoveredRecording[] = [];
  const budget = { left: MAX_LEFTOVERS * 100 };
  for (const partPath of [...leftoversIn(root, budget)].slice(0, MAX_LEFTOVERS)) {
    const finalPath = partPath.slice(0, -PART_SUFFIX.length);
    try {
      const fd = openSync(partPath, 'r+');
      const head = new Uint8Array(RECORDING_HEADER_BYTES);
      readSync(fd, head, 0, head.length, 0);
      const recordingId = readWavInfo(head)?.comment ?? '';
      const finished = await complete(fd, partPath, finalPath);
      recovered.push({ recordingId, file: relative(root, finalPath), ...finished });
    } catch (error) {
      onProblem(partPath, error);
    }
  }
  return recovered;
}
