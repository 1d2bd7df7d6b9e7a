/**
 * Files that old mailers put into a mail as uuencoded lines (POSIX `uuencode`), `begin <mode> <name>` to `end`. A block
 * that breaks the rules anywhere stays text: better seen as it came than lost.
 */
export interface UuFile {
  name: string;
  bytes: Uint8Array;
}

const maxFiles = 100;
const beginLine = /^begin [0-7]{3,4} (.{1,400})$/;

/** The bytes of one line; undefined when it is no such line. Trailing blanks may have been cut on the way. */
function bytesOfLine(line: string): number[] | undefined {
  const length = (line.charCodeAt(0) - 32) & 63;
  if (line === '' || line.charCodeAt(0) < 32 || line.charCodeAt(0) > 96) return undefined;
  const groups = Math.ceil(length / 3);
  // Some encoders add one character at the end as a check.
  if (line.length > 1 + groups * 4 + 1) return undefined;
  const bytes: number[] = [];
  for (let group = 0; group < groups; group += 1) {
    let bits = 0;
    for (let k = 0; k < 4; k += 1) {
      const at = 1 + group * 4 + k;
      const code = at < line.length ? line.charCodeAt(at) : 32;
      if (code < 32 || code > 96) return undefined;
      bits = (bits << 6) | ((code - 32) & 63);
    }
    bytes.push((bits >> 16) & 255, (bits >> 8) & 255, bits & 255);
  }
  return bytes.slice(0, length);
}

/** Reads on from the line after `begin`; `next` is the line after `end`. */
function readFile(lines: readonly string[], from: number): { bytes: Uint8Array; next: number } | undefined {
  const chunks: number[][] = [];
  let size = 0;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === 'end') {
      const bytes = new Uint8Array(size);
      let offset = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, offset);
        offset += chunk.length;
      }
      return { bytes, next: at + 1 };
    }
    const chunk = line === '' ? [] : bytesOfLine(line);
    if (!chunk) return undefined;
    chunks.push(chunk);
    size += chunk.length;
  }
  return undefined;
}

/** The text without its uuencoded files, and these. */
export function takeUuFiles(text: string): { text: string; files: UuFile[] } {
  if (!text.includes('begin ')) return { text, files: [] };
  const lines = text.split(/\r?\n/);
  const rest: string[] = [];
  const files: UuFile[] = [];
  // After one broken block no later `begin` inside it is tried twice: each line is looked at twice at most.
  let triedTo = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const name = files.length < maxFiles && at >= triedTo ? beginLine.exec(line)?.[1] : undefined;
    const file = name === undefined ? undefined : readFile(lines, at + 1);
    if (name === undefined || !file) {
      if (name !== undefined) triedTo = firstBroken(lines, at + 1);
      rest.push(line);
      continue;
    }
    files.push({ name, bytes: file.bytes });
    at = file.next - 1;
  }
  return files.length > 0 ? { text: rest.join('\n'), files } : { text, files };
}

function firstBroken(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at] !== 'end' && (lines[at] === '' || bytesOfLine(lines[at] ?? '')))
    at += 1;
  return at;
}
