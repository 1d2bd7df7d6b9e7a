/**
 * Prompts in memory, converted once to the law a session speaks, shared by all sessions of a worker.
 * Bounded: the least recently used go first. An entry is checked against the file again after a while, so that a
 * prompt rendered anew is heard without a restart. The bytes themselves live in shared memory of the disk thread.
 */

export interface PromptLoader {
  load(path: string, law: number): void;
}

interface Entry {
  clip: Uint8Array;
  checkedAtMs: number;
}

type Waiter = (clip: Uint8Array | null, error: string) => void;

const RECHECK_MS = 30_000;

export class PromptCache {
  bytes = 0;
  private readonly entries = new Map<string, Entry>();
  private readonly waiters = new Map<string, Waiter[]>();
  private readonly maxBytes: number;
  private readonly loader: PromptLoader;

  constructor(loader: PromptLoader, maxBytes: number) {
    this.loader = loader;
    this.maxBytes = maxBytes;
  }

  /** Calls back at once when the prompt is at hand. */
  get(path: string, law: number, nowMs: number, done: Waiter): void {
    const key = `${law}${path}`;
    const entry = this.entries.get(key);
    if (entry && nowMs - entry.checkedAtMs < RECHECK_MS) {
      this.entries.delete(key);
      this.entries.set(key, entry);
      done(entry.clip, '');
      return;
    }
    const waiting = this.waiters.get(key);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.waiters.set(key, [done]);
    this.loader.load(path, law);
  }

  loaded(path: string, law: number, clip: Uint8Array | null, error: string, nowMs: number): void {
    const key = `${law}${path}`;
    const old = this.entries.get(key);
    if (old) {
      this.entries.delete(key);
      this.bytes -= old.clip.length;
    }
    if (clip) {
      this.entries.set(key, { clip, checkedAtMs: nowMs });
      this.bytes += clip.length;
      this.evict(key);
    }
    const waiting = this.waiters.get(key) ?? [];
    this.waiters.delete(key);
    for (const done of waiting) done(clip, error);
  }

  private evict(keep: string): void {
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      if (key === keep) continue;
      this.entries.delete(key);
      this.bytes -= entry.clip.length;
    }
  }
}
