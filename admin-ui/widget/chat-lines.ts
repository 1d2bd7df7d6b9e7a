/**
 * The two lists of a conversation, pure: `lines`, which the server keeps and numbers, and `out`, what the customer wrote and
 * the server has not told as a line yet. A text stands in exactly one of them, joined by its `clientId`; so it is shown once,
 * however often it was sent or told. May not know of sockets, storage or the view.
 */
import type { ChatAttachment, ChatLine } from '../../server/contract/chat.ts';

export interface OutLine {
  clientId: string;
  text: string;
  attachments: readonly ChatAttachment[];
  /** Place among what all tabs wrote: ms of the writer's clock, never the same twice in one tab. */
  order: number;
  /**
   * `pending`: sent again with every welcome. `acked`: the server has it; only its line has not come. `failed`: refused for
   * good, kept for the eye until the customer sends it anew or throws it away.
   */
  status: 'pending' | 'acked' | 'failed';
  /** Of a failed line: the server's word. */
  reason?: string;
}

/** What is unsent is bounded: it lives in the browser's storage. */
export const maxOutLines = 50;
/** As the contract has it; the schema itself would bring zod along. */
export const maxTextLength = 4000;
export const maxAttachments = 5;

export const newestSeq = (lines: readonly ChatLine[]): number => lines[lines.length - 1]?.seq ?? 0;

/**
 * Adds what is newer. `isWhole`: this is all that the server has after ours, so a hole in front of it is the server's own;
 * otherwise a hole means that something was lost on the way, and nothing is taken.
 */
export function mergeLines(
  lines: readonly ChatLine[],
  incoming: readonly ChatLine[],
  isWhole: boolean,
): { lines: readonly ChatLine[]; hasHole: boolean } {
  const merged = [...lines];
  for (const line of [...incoming].sort((a, b) => a.seq - b.seq)) {
    const newest = newestSeq(merged);
    if (line.seq <= newest) continue;
    if (line.seq !== newest + 1 && !(isWhole && merged.length === lines.length))
      return { lines: merged.length === lines.length ? lines : merged, hasHole: true };
    merged.push(line);
  }
  return { lines: merged.length === lines.length ? lines : merged, hasHole: false };
}

/** Sorted by the time of writing; a line of the same id is replaced. */
export function putOut(out: readonly OutLine[], line: OutLine): OutLine[] {
  const others = out.filter((other) => other.clientId !== line.clientId);
  return [...others, line].sort((a, b) => a.order - b.order || (a.clientId < b.clientId ? -1 : 1));
}

export const withoutOut = (out: readonly OutLine[], clientId: string): OutLine[] =>
  out.filter((line) => line.clientId !== clientId);

/** Splits `out` by whether the server's lines have it. */
export function settleOut(
  out: readonly OutLine[],
  lines: readonly ChatLine[],
): { open: readonly OutLine[]; settled: readonly OutLine[] } {
  if (out.length === 0) return { open: out, settled: [] };
  const kept = new Set(lines.map((line) => line.clientId));
  const settled = out.filter((line) => kept.has(line.clientId));
  return settled.length === 0
    ? { open: out, settled }
    : { open: out.filter((line) => !kept.has(line.clientId)), settled };
}

/** The texts of a session that came to nothing, for the draft of the next one. */
export function unsentText(out: readonly OutLine[], draft: string): string {
  const texts = out.filter((line) => line.status !== 'acked').map((line) => line.text);
  return [...texts, draft].filter((text) => text !== '').join('\n');
}

const isPlain = (code: number): boolean =>
  code >= 0x20 ? code !== 0x7f && (code < 0xd800 || code > 0xdfff) : code === 0x0a || code === 0x09;

/** What a keyboard makes, and nothing that a frame of 16 kB or a log could choke on: no control characters, no half pairs. */
export function cleanText(text: string): string {
  const plain = Array.from(text.replace(/\r\n?/g, '\n')).filter((character) =>
    isPlain(character.codePointAt(0) ?? 0),
  );
  return plain.join('').trim();
}

/** As much as one line takes, and the rest for the next. */
export function splitText(text: string): [string, string] {
  const first = text.slice(0, maxTextLength).replace(/[\ud800-\udbff]$/, '');
  return [first, text.slice(first.length)];
}
