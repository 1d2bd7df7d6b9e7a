/** One byte range of a Range header (RFC 9110 §14). Pure. */
import type { ByteRange } from '../ports.ts';

const pattern = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** undefined: send the whole (no range, or one we need not understand); `unsatisfiable`: 416. */
export function readRange(
  header: string | undefined,
  bytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? undefined : pattern.exec(header.replace(/\s/g, ''));
  if (!match) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '') {
    if (to === '') return undefined;
    const length = Math.min(Number(to), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(from);
  const end = to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= bytes ? 'unsatisfiable' : { start, end };
}
