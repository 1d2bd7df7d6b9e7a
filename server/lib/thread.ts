/**
 * Starts a module of ours as a worker thread, in the language it is in: emitted JavaScript as it is, sources through
 * tsx, which a thread must load anew.
 */
import { extname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `base`: import.meta.url of the caller; `name`: `./module` beside it, without extension. */
export function startThread(base: string, name: string, options: WorkerOptions): Worker {
  const extension = extname(base);
  const url = new URL(`${name}${extension}`, base);
  if (extension !== '.ts') return new Worker(url, options);
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(source, { ...options, eval: true, execArgv: [] });
}
