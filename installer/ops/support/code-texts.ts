/**
 * Which texts are our own: those that stand as a literal in the programs. A message of a log is static text, so one that is not found
 * here was put together with something, and that may be anything.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { codeRoot } from '../../program.ts';

export interface CodeTexts {
  /** Whether the programs have it as a literal. */
  has(text: string): boolean;
  /** Whether it is one of our files, told from the root of the code. */
  hasFile(path: string): boolean;
}

const folders = ['server', 'sip', 'installer', 'packed'];
const programs = new Set(['.ts', '.mts', '.js', '.mjs']);

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return programs.has(extname(entry.name)) ? [path] : [];
  });
}

export function readCodeTexts(root = codeRoot): CodeTexts {
  const files = folders.flatMap((folder) => filesIn(join(root, folder)));
  const names = new Set(files.map((file) => relative(root, file)));
  const code = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const known = new Map<string, boolean>();
  return {
    has(text) {
      let isKnown = known.get(text);
      if (isKnown === undefined) {
        const inner = text.replaceAll('\\', '\\\\');
        isKnown = ["'", '"', '`'].some((quote) =>
          code.includes(`${quote}${inner.replaceAll(quote, `\\${quote}`)}${quote}`),
        );
        known.set(text, isKnown);
      }
      return isKnown;
    },
    hasFile: (path) => names.has(path),
  };
}
