/**
 * Starts a thread from a module beside this one, by the extension of this file: `.js` where the build runs; `.ts` in
 * development and tests, where the thread has to be taught TypeScript first, since loaders are not inherited.
 */
import { extname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

export function startThread(name: string, options: WorkerOptions): Worker {
  const extension = extname(import.meta.url);
  const url = new URL(`./${name}${extension}`, import.meta.url);
  if (extension !== '.ts') return new Worker(url, options);
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(source, { ...options, eval: true, execArgv: [] });
}
