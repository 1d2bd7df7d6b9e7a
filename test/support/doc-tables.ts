/** Reads pages of docs/ as tests compare them with the code: tables under a heading, code in backticks, links. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const projectDir = fileURLToPath(new URL('../../', import.meta.url));

export const docText = (name: string): string => readFileSync(`${projectDir}docs/${name}`, 'utf8');

/** Cells of every row of the tables under a heading (up to the next heading), without their heads. */
export function rowsUnder(page: string, heading: string): string[][] {
  const after = page.split(new RegExp(`^#+ ${heading.replaceAll(/[()?]/g, '\\$&')}$`, 'm'))[1];
  if (after === undefined) throw new Error(`the page has no heading "${heading}"`);
  const lines = after.split(/^#+ /m)[0]!.split('\n');
  return lines.flatMap((line, index) => {
    const isHead = (lines[index + 1] ?? '').startsWith('| -');
    if (!line.startsWith('|') || isHead || line.startsWith('| -')) return [];
    return [
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    ];
  });
}

/** What stands in backticks. */
export const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

export const anchorsOf = (page: string): Set<string> =>
  new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!)));

export interface Link {
  /** Empty: the page itself. */
  path: string;
  anchor: string;
}

/** Links to other pages and places of this project. */
export const linksIn = (page: string): Link[] =>
  [...page.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
    if (/^[a-z]+:/.test(target!)) return [];
    const [path = '', anchor = ''] = target!.split('#');
    return [{ path, anchor }];
  });
