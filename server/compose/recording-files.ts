/**
 * Recordings for the API: what history knows of them, joined to the files on disk. Paths come from the media
 * engine through the event log; they are checked all the same, so that no row can name a file outside the folder.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { RecordingStore } from '../api/ports.ts';
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
