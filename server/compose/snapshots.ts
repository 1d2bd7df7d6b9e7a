/**
 * Keeps the state of the house beside the log, so that a start need not fold it all again, and lets go of what the
 * log no longer needs. Routing and figures are taken in one breath: they belong to the same seq.
 */
import type { Acd } from '../acd/types.ts';
import type { AcdShell } from '../app/acd-shell.ts';
import type { LiveFigures } from '../app/live-figures.ts';
import type { RecentCallers } from '../app/recent-callers.ts';
import type { Logger } from '../lib/log.ts';
import type { Stores } from './stores.ts';

/** What recovery rebuilds. */
export interface HouseState {
  acd: Acd;
  live: LiveFigures;
  recent: RecentCallers;
}

const lookEveryMs = 5000;
/** A start folds what came since: some thousand events in a fraction of a second. A snapshot costs the stores megabytes. */
const everyMs = 30_000;
const everyEvents = 5000;
/** Entries kept in the stream beyond what is needed, for a look at what happened just now. */
const keepEntries = 10_000;

export function keepSnapshots(parts: {
  stores: Stores;
  shell: AcdShell;
  live: LiveFigures;
  recent: RecentCallers;
  now: () => number;
  siteVersion: () => number;
  logger: Logger;
}): { stop(): Promise<void> } {
  const { stores, shell, live, recent, now, siteVersion, logger } = parts;
  let savedSeq = -1;
  let savedAtMs = -Infinity;
  let isBusy = false;
  const isDue = (seq: number) => seq - savedSeq >= everyEvents || performance.now() - savedAtMs >= everyMs;
  const save = async (isLast: boolean) => {
    const seq = stores.log.lastSeq();
    if (isBusy || seq === savedSeq || !(isLast || isDue(seq))) return;
    isBusy = true;
    try {
      const data = {
        acd: shell.acd.toSnapshot(),
        live: live.toSnapshot(),
        recent: recent.toSnapshot(now()),
        siteVersion: siteVersion(),
      };
      // A snapshot must never be ahead of the log it belongs to.
      await stores.log.flush();
      if (await stores.snapshots.saveSnapshot(seq, data)) {
        savedSeq = seq;
        savedAtMs = performance.now();
      }
      const older = stores.snapshots.olderSeq();
      const projected = stores.log.health().projectedSeq;
      if (older !== undefined) await stores.log.trim(Math.min(older, projected) - keepEntries);
    } catch (err) {
      logger.warn({ err }, 'no snapshot could be saved');
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void save(false), lookEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await save(true);
    },
  };
}
