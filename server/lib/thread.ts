/**
 * Starts a module of ours as a worker thread, in the language it is in: emitted JavaScript as it is, sources through
 * tsx, which a thread must load anew. `HEARTHLINE_TEST_DIST=1` takes what was built of a source: that starts in a third of the time.
 */
import { existsSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `base`: import.meta.url of the caller; `name`: `./module` beside it, without extension. */
export function startThread(base: string, name: string, options: WorkerOptions): Worker {
  const extension = extname(base);
  const url = new URL(`${name}${extension}`, base);
  if (extension !== '.ts') return new Worker(url, options);
  const built = builtOf(url);
  if (built) return new Worker(built, options);
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(source, { ...options, eval: true, execArgv: [] });
}

/** What is measured for its coverage is told by source; and what is of tests alone is not built. */
function builtOf(source: URL): URL | undefined {
  if (process.env['HEARTHLINE_TEST_DIST'] !== '1' || process.env['NODE_V8_COVERAGE'] !== undefined)
    return undefined;
  const root = join(import.meta.dirname, '../..');
  const file = join(root, 'dist', relative(root, fileURLToPath(source)).replace(/\.ts$/, '.js'));
  return existsSync(file) ? pathToFileURL(file) : undefined;
}
