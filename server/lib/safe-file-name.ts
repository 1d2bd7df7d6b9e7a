/** What a file from outside may be called: a plain name, whoever sent it, and never a path. */
import { cleanLine, cutAt } from './clean-text.ts';

const maxFileNameChars = 200;

/** A file name without its path, and without what a file system or a shell could take for something else. */
export function safeFileName(name: string, fallback: string): string {
  // oxlint-disable-next-line no-control-regex -- before the cut, for a NUL must not hide a slash
  const line = cleanLine(name.replace(/[\u0000-\u001f\u007f]/g, ' '), 4 * maxFileNameChars);
  const last = line.split(/[/\\]/).at(-1) ?? '';
  const bare = last.replace(/[<>:"|?*]/g, '_').replace(/^[\s.]+|[\s.]+$/g, '');
  if (bare === '') return fallback;
  if (bare.length <= maxFileNameChars) return bare;
  // The ending tells what it is, and outlives the cut.
  const ending = /\.[^.\s]{1,12}$/.exec(bare)?.[0] ?? '';
  return cutAt(bare.slice(0, bare.length - ending.length), maxFileNameChars - ending.length) + ending;
}
