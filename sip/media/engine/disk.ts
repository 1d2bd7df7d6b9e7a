/**
 * The disk thread: everything of the media engine that touches files, so that a slow disk never holds up audio.
 * Writes recordings, hashes finished ones, reads and converts prompts. It leaves the real-time class that the process
 * may run in: hashing an hour of speech may not compete with the audio.
 */
import { readFile, stat } from 'node:fs/promises';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { reportToLedger } from '../../system/ledger/process-ledger.ts';
import { wakeThread, leaveRealTimeClass } from './native.ts';
import { RecordingFile, repairLeftovers } from './recording-file.ts';
import type { DiskToMain, DiskToWorker, ToDisk } from './thread-messages.ts';
import { decodePrompt } from './wav.ts';

export interface DiskSettings {
  recordingsDir: string;
  workers: { port: MessagePort; wakeFd: number; diskBacklog: SharedArrayBuffer }[];
  canUseNative: boolean;
}

const MAX_PROMPT_BYTES = 64 * 1024 * 1024;
const CACHE_BYTES = 128 * 1024 * 1024;

interface OpenRecording {
  file: RecordingFile;
  name: string;
  error?: string;
}

reportToLedger();
const settings = workerData as DiskSettings;
const main = parentPort as MessagePort;
const recordings = new Map<string, OpenRecording>();
const clips = new Map<string, { mtimeMs: number; size: number; clip: Uint8Array }>();
let clipBytes = 0;
let finishing = 0;
let isDraining = false;

function tell(message: DiskToMain): void {
  main.postMessage(message);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as NodeJS.ErrnoException;
  // Paths stay out of what travels to other processes' logs.
  return code ?? error.message;
}

function open(message: Extract<ToDisk, { t: 'open' }>): void {
  const { recordingId, file, channels, law } = message;
  try {
    recordings.set(recordingId, {
      file: new RecordingFile(settings.recordingsDir, file, channels, law, recordingId),
      name: file,
    });
    tell({ t: 'opened', recordingId });
  } catch (error) {
    tell({ t: 'failed', recordingId, error: textOf(error) });
  }
}

function append(recordingId: string, data: Uint8Array, worker: number): void {
  const backlog = settings.workers[worker];
  if (backlog) Atomics.sub(new Int32Array(backlog.diskBacklog), 0, data.length);
  const recording = recordings.get(recordingId);
  if (!recording || recording.error !== undefined) return;
  try {
    recording.file.append(data);
  } catch (error) {
    // What was written so far stays; the worker is told by main to stop sending more.
    tell({ t: 'failed', recordingId, error: textOf(error) });
    void close(recordingId, textOf(error));
  }
}

async function close(recordingId: string, error?: string): Promise<void> {
  const recording = recordings.get(recordingId);
  if (!recording) return;
  recordings.delete(recordingId);
  finishing++;
  const event = { event: 'recording-finished', recordingId, file: recording.name } as const;
  const problem = error === undefined ? {} : { error };
  try {
    tell({ t: 'finished', event: { ...event, ...(await recording.file.finish()), ...problem } });
  } catch (failure) {
    const nothing = { bytes: 0, durationMs: 0, sha256: '' };
    tell({ t: 'finished', event: { ...event, ...nothing, error: textOf(failure) } });
  }
  finishing--;
  tellWhenDrained();
}

function tellWhenDrained(): void {
  if (isDraining && recordings.size === 0 && finishing === 0) tell({ t: 'drained' });
}

async function clipOf(path: string, law: number): Promise<{ clip: Uint8Array | null; error?: string }> {
  try {
    const { mtimeMs, size } = await stat(path);
    const key = `${law}${path}`;
    const known = clips.get(key);
    if (known && known.mtimeMs === mtimeMs && known.size === size) return { clip: known.clip };
    if (size > MAX_PROMPT_BYTES) return { clip: null, error: 'the file is too large' };
    const decoded = decodePrompt(await readFile(path), law);
    if (!decoded.ok) return { clip: null, error: decoded.error };
    if (known) clipBytes -= known.clip.length;
    clips.delete(key);
    clips.set(key, { mtimeMs, size, clip: decoded.clip });
    clipBytes += decoded.clip.length;
    for (const [oldKey, old] of clips) {
      if (clipBytes <= CACHE_BYTES || oldKey === key) break;
      clips.delete(oldKey);
      clipBytes -= old.clip.length;
    }
    return { clip: decoded.clip };
  } catch (error) {
    return { clip: null, error: textOf(error) };
  }
}

async function load(worker: number, path: string, law: number): Promise<void> {
  const result = await clipOf(path, law);
  const target = settings.workers[worker];
  if (!target) return;
  target.port.postMessage({ t: 'loaded', path, law, ...result } satisfies DiskToWorker);
  if (target.wakeFd >= 0) wakeThread(target.wakeFd);
}

function onMessage(message: ToDisk, worker: number): void {
  switch (message.t) {
    case 'open':
      open(message);
      return;
    case 'chunk':
      append(message.recordingId, message.data, worker);
      return;
    case 'close':
      if (message.error !== undefined) {
        tell({ t: 'failed', recordingId: message.recordingId, error: message.error });
      }
      void close(message.recordingId, message.error);
      return;
    case 'load':
      void load(message.worker, message.path, message.law);
      return;
    case 'drain':
      isDraining = true;
      tellWhenDrained();
      return;
  }
}

if (settings.canUseNative) leaveRealTimeClass();
main.on('message', (message: ToDisk) => onMessage(message, -1));
settings.workers.forEach(({ port }, index) =>
  port.on('message', (message: ToDisk) => onMessage(message, index)),
);
const recovered = await repairLeftovers(settings.recordingsDir, (path, error) =>
  tell({ t: 'failed', recordingId: '', error: `${path}: ${textOf(error)}` }),
);
tell({ t: 'ready', recovered });
