/**
 * Takes a snapshot of the live state now and then, and lets the stream forget what no recovery needs: what
 * history has, the older snapshot covers, and the last `keepEvents` besides. The state is copied in one turn
 * together with its seq; it is stored only once the log has that seq, so a snapshot is never ahead of the log.
 */
import type { Logger } from '../lib/log.ts';
import type { EventLog } from './event-log.ts';
import type { Snapshot, SnapshotStore } from './snapshots.ts';

export interface SnapshotScheduleOptions {
  log: EventLog;
  snapshots: SnapshotStore;
  logger: Logger;
  /** Synchronous: the state and the seq of the last event it reflects. */
  takeSnapshot: () => Snapshot;
  everyMs?: number;
  keepEvents?: number;
}

export interface SnapshotSchedule {
  /** True when one was stored. Nothing new since the last one: nothing is done. */
  saveNow(): Promise<boolean>;
  stop(): void;
}

export function startSnapshots(options: SnapshotScheduleOptions): SnapshotSchedule {
  const { log, snapshots, logger, takeSnapshot, everyMs = 60_000, keepEvents = 20_000 } = options;
  let savedSeq = -1;
  const saveNow = async () => {
    if (log.lastSeq() === savedSeq) return false;
    const { seq, data } = takeSnapshot();
    try {
      await log.flush();
      if (!(await snapshots.saveSnapshot(seq, data))) return false;
      savedSeq = seq;
      const olderSeq = snapshots.olderSeq();
      if (olderSeq !== undefined) await log.trim(Math.min(olderSeq + 1, seq - keepEvents));
      return true;
    } catch (err) {
      logger.warn({ err, seq }, 'snapshot was not stored: tried again later');
      return false;
    }
  };
  const timer = setInterval(() => void saveNow(), everyMs);
  timer.unref();
  return { saveNow, stop: () => clearInterval(timer) };
}
