/**
 * The few facts of a MIME part's header that its treatment hangs on, read from its bytes (RFC 2045 §5, RFC 2183). Names
 * and addresses are not read here: that is the work of the parser proper.
 */
import { trimEndOf } from './clean-text.ts';

export interface PartHeader {
  /** Lower case, without parameters; '' when there is none. */
  type: string;
  /** Content-Type and Content-Disposition as written, unfolded. */
  typeLine: string;
  dispositionLine: string;
  boundary: string | undefined;
  charset: string;
  encoding: string;
  hasFileName: boolean;
}

/** Header fields of a block in order, unfolded; the first of several of a name counts, as it does in the parser. */
export function fieldsOf(block: string): [name: string, value: string][] {
  const fields: [string, string[]][] = [];
  for (const line of block.split(/\r*\n/)) {
    const last = fields.at(-1);
    if (last && /^[ \t]/.test(line)) {
      last[1].push(line);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon > 0)
      fields.push([trimEndOf(line.slice(0, colon), ' \t').toLowerCase(), [line.slice(colon + 1)]]);
  }
  return fields.map(([name, lines]) => [name, lines.join('').trim()]);
}

function parameter(value: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(value);
  return found ? (found[1] ?? found[2] ?? '').replace(/\\(.)/g, '$1') : undefined;
}
const boundaryPattern = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i;
const charsetPattern = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i;
const fileNamePattern = /;\s*filename(?:\*\d*\*?)?\s*=/i;

export function partHeader(block: string, fallbackType: string): PartHeader {
  const first = new Map<string, string>();
  for (const [name, value] of fieldsOf(block)) if (!first.has(name)) first.set(name, value);
  const typeLine = first.get('content-type') ?? fallbackType;
  const dispositionLine = first.get('content-disposition') ?? '';
  const type = /^[^\s;]*/.exec(typeLine)?.[0].toLowerCase() ?? '';
  return {
    type,
    typeLine,
    dispositionLine,
    boundary: type.startsWith('multipart/') ? parameter(typeLine, boundaryPattern) : undefined,
    charset: (parameter(typeLine, charsetPattern) ?? '').toLowerCase(),
    encoding: /[\w-]+/.exec((first.get('content-transfer-encoding') ?? '').toLowerCase())?.[0] ?? '',
    hasFileName: fileNamePattern.test(dispositionLine),
  };
}
