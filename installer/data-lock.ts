/**
 * One supervisor for each data directory, and nothing left over from one that was killed. The lock is a
 * file naming the holder's process and start time: a holder that is gone, or a pid that belongs to
 * somebody else by now, holds nothing.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { formatProcessId, identify, isSameProcess, parseProcessId } from './process-table.ts';
import type { ProcessId } from './process-table.ts';
import type { ProcessName } from './supervised-process.ts';

export class LockedError extends Error {}

function readId(file: string): ProcessId | undefined {
  try {
    return parseProcessId(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Takes the lock or throws LockedError; returns what releases it. */
export function lockDataDirectory(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  return takeLock(
    join(dataDir, 'supervisor.lock'),
    (pid) =>
      `Hearthline is already running from ${dataDir} (process ${pid}). ` +
      `Stop it with Ctrl-C where it runs, or: kill ${pid}. ` +
      `A second one beside it needs its own HEARTHLINE_DATA and ports.`,
  );
}

/** The same of any file in a directory that is there; `heldText` tells a person who holds it. */
export function takeLock(file: string, heldText: (pid: number) => string): () => void {
  const own = identify(process.pid);
  if (!own) throw new Error('/proc is not available');
  const claim = `${file}.${process.pid}`;
  writeFileSync(claim, formatProcessId(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      try {
        // A link appears with its content or not at all, and only for one of us.
        linkSync(claim, file);
        return () => {
          if (readId(file)?.pid === process.pid) rmSync(file, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readId(file);
      if (holder && isSameProcess(holder)) throw new LockedError(heldText(holder.pid));
      removeStale(file, holder);
    }
    throw new LockedError(`${file} changes all the time: is another start under way?`);
  } finally {
    unlinkSync(claim);
  }
}

/** Two starters may find the same stale lock: what was taken away must be the stale one, else it goes back. */
function removeStale(file: string, stale: ProcessId | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const taken = readId(aside);
    if (taken?.pid !== stale?.pid || taken?.startTicks !== stale?.startTicks) linkSync(aside, file);
  } catch {
    // The other one was quicker.
  } finally {
    rmSync(aside, { force: true });
  }
}

const stopOrder: { name: ProcessName; signal: NodeJS.Signals; waitMs: number }[] = [
  { name: 'server', signal: 'SIGTERM', waitMs: 3000 },
  { name: 'sip', signal: 'SIGTERM', waitMs: 2000 },
  { name: 'media', signal: 'SIGTERM', waitMs: 3000 },
  { name: 'redis', signal: 'SIGTERM', waitMs: 3000 },
  { name: 'postgres', signal: 'SIGINT', waitMs: 5000 },
];

async function endProcess(id: ProcessId, signal: NodeJS.Signals, waitMs: number): Promise<void> {
  const endAt = performance.now() + waitMs;
  let isKilled = false;
  process.kill(id.pid, signal);
  while (isSameProcess(id)) {
    if (!isKilled && performance.now() > endAt) {
      isKilled = true;
      process.kill(id.pid, 'SIGKILL');
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Ends what a killed supervisor left running here; returns the names of what it found. */
export async function endLeftovers(runDir: string): Promise<ProcessName[]> {
  const found: ProcessName[] = [];
  for (const { name, signal, waitMs } of stopOrder) {
    const file = join(runDir, `${name}.pid`);
    if (!existsSync(file)) continue;
    const id = readId(file);
    if (id && isSameProcess(id)) {
      found.push(name);
      try {
        await endProcess(id, signal, waitMs);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    rmSync(file, { force: true });
  }
  return found;
}
