/** Reads site files in a thread of their own, within a stated time and memory (site-worker.ts). */
import type { Site } from '../contract/site.ts';
import { AppError } from '../lib/app-error.ts';
import { startThread } from '../lib/thread.ts';
import type { SiteFileFault } from './site-file.ts';

export type ReadSite = { faults: SiteFileFault[] } | { site: Site; yaml: string };

const boundMs = 60_000;
const maxHeapMb = 1024;

export function readSite(yaml: string): Promise<ReadSite> {
  return new Promise((resolve, reject) => {
    const worker = startThread(import.meta.url, './site-worker', {
      workerData: { yaml },
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    const tooLong = () =>
      new AppError('site-invalid', 422, 'the site file takes too long or too much memory to read');
    const timer = setTimeout(() => {
      reject(tooLong());
      void worker.terminate();
    }, boundMs);
    worker.once('message', (result: ReadSite) => {
      clearTimeout(timer);
      resolve(result);
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLong() : error);
    });
  });
}
