/**
 * Recordings for the API: what history knows of them, joined to the files on disk. Paths come from the media
 * engine through the event log; they are checked all the same, so that no row can name a file outside the folder.
 */
import { createReadStream } from 'node:fs';
import { rm, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { RecordingStore } from '../api/ports.ts';
import type { RemoveRecording } from '../db/repos/retention-repo.ts';
import type { Logger } from '../lib/log.ts';
import type { RecordingRepo } from '../db/repos/recording-repo.ts';

export function createRecordingStore(repo: RecordingRepo, dir: string): RecordingStore {
  const root = resolve(dir) + sep;
  return {
    list: (query, within) => repo.list(query, within),
    byId: (recordingId) => repo.byId(recordingId),
    async open(recordingId) {
      const file = (await repo.byId(recordingId))?.file;
      if (!file) return undefined;
      const path = resolve(dir, file);
      if (!path.startsWith(root)) return undefined;
      const info = await stat(path).catch(() => undefined);
      if (!info?.isFile()) return undefined;
      return {
        bytes: info.size,
        contentType: 'audio/wav',
        stream: (range) => createReadStream(path, range ?? {}),
      };
    },
  };
}

/** Takes files of recordings away, with the folder of a day that is empty after that. */
export function recordingRemover(dir: string, logger: Logger): RemoveRecording {
  const root = resolve(dir) + sep;
  return async (file) => {
    const path = resolve(dir, file);
    if (!path.startsWith(root)) {
      logger.error('a recording names a file outside its folder; it is left alone');
      return false;
    }
    try {
      await rm(path, { force: true });
    } catch (err) {
      logger.error({ err }, 'the file of a recording cannot be removed');
      return false;
    }
    // It has others in it, or the media engine is about to write the next: both are right.
    if (dirname(path) + sep !== root) await rmdir(dirname(path)).catch(() => undefined);
    return true;
  };
}
