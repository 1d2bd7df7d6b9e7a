/**
 * Where the parts of a mail stand in its bytes (RFC 2046 §5.1), found line by line without recursion and within the
 * bounds, before any parser sees them: a parser that walks ten thousand nested multiparts runs out of stack. What is a
 * delimiter is decided as strictly as in the parser: a whole line, nothing but blanks behind it.
 *
 * It holds positions only and decides nothing about content; mail-mend.ts does.
 */
import { trimEndOf } from './clean-text.ts';
import { maxDepth, maxHeaderBytes, maxParts, type MailFault } from './mail-bounds.ts';
import { partHeader, type PartHeader } from './part-header.ts';

export interface ScannedPart {
  /** Of the header. */
  start: number;
  /** After the header's last line; the blank line follows. */
  headerEnd: number;
  /** Equal to `bodyEnd` when there is no body. */
  bodyStart: number;
  /** Without the line break that belongs to the delimiter. */
  bodyEnd: number;
  header: PartHeader;
  /** A multipart whose parts were not looked for. */
  isTooDeep: boolean;
  isMultipart: boolean;
  /** Header lines beyond the bound, to be left out. */
  dropped: { start: number; end: number } | undefined;
}

export interface ScannedMail {
  parts: ScannedPart[];
  /** What stands behind the last part of a multipart. */
  gaps: { start: number; end: number }[];
  /** Where the mail was cut; its length if it was not. */
  end: number;
  faults: Set<MailFault>;
}

interface OpenMultipart {
  boundary: string;
  type: string;
}

interface OpenPart {
  start: number;
  dropFrom: number | undefined;
  fallbackType: string;
  /** Once the blank line was seen. */
  found: ScannedPart | undefined;
}

const lf = 0x0a;
const cr = 0x0d;
const dash = 0x2d;
/** RFC 2046 §5.1.1 allows 70; longer ones are seen. */
const maxBoundaryLine = 1000;

class Scanner {
  readonly parts: ScannedPart[] = [];
  private readonly gaps: { start: number; end: number }[] = [];
  readonly faults = new Set<MailFault>();
  private readonly raw: Buffer;
  private readonly stack: OpenMultipart[] = [];
  private part: OpenPart | undefined = {
    start: 0,
    dropFrom: undefined,
    fallbackType: 'text/plain',
    found: undefined,
  };
  private gapStart: number | undefined;
  private headerBytes = 0;
  private partCount = 1;

  constructor(raw: Buffer) {
    this.raw = raw;
  }

  scan(): ScannedMail {
    const { raw } = this;
    let at = 0;
    while (at < raw.length) {
      const newline = raw.indexOf(lf, at);
      const next = newline < 0 ? raw.length : newline + 1;
      let end = newline < 0 ? raw.length : newline;
      while (end > at && raw[end - 1] === cr) end -= 1;
      if (!this.takeDelimiter(at, end, next)) this.takeLine(at, end, next);
      if (this.faults.has('too-many-parts')) return this.result(at);
      at = next;
    }
    this.closePart(raw.length);
    return this.result(raw.length);
  }

  private result(end: number): ScannedMail {
    const { parts, gaps, faults } = this;
    return { parts, gaps, end, faults };
  }

  private takeDelimiter(at: number, end: number, next: number): boolean {
    const { raw, stack } = this;
    if (stack.length === 0 || raw[at] !== dash || raw[at + 1] !== dash || end - at > maxBoundaryLine)
      return false;
    const line = trimEndOf(raw.toString('latin1', at + 2, end), ' \t');
    for (let i = stack.length - 1; i >= 0; i -= 1) {
      const open = stack[i];
      if (open === undefined || !line.startsWith(open.boundary)) continue;
      const rest = line.slice(open.boundary.length);
      if (rest !== '' && rest !== '--') continue;
      this.closePart(at);
      stack.length = rest === '--' ? i : i + 1;
      if (rest === '') this.openPart(next, open.type);
      else this.gapStart = next;
      return true;
    }
    return false;
  }

  private openPart(start: number, parentType: string): void {
    this.partCount += 1;
    if (this.partCount > maxParts) {
      this.faults.add('too-many-parts');
      return;
    }
    // RFC 2046 §5.1.5: the parts of a digest are messages unless they say otherwise.
    const fallbackType = parentType === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    this.part = { start, dropFrom: undefined, fallbackType, found: undefined };
  }

  private takeLine(at: number, end: number, next: number): void {
    const { part } = this;
    if (!part || part.found) return;
    if (end > at) {
      this.headerBytes += end - at;
      if (this.headerBytes > maxHeaderBytes) part.dropFrom ??= at;
      return;
    }
    this.endHeader(part, at, next);
  }

  private endHeader(part: OpenPart, headerEnd: number, bodyStart: number): ScannedPart {
    const keptEnd = part.dropFrom ?? headerEnd;
    if (part.dropFrom !== undefined) this.faults.add('header-too-big');
    const header = partHeader(this.raw.toString('latin1', part.start, keptEnd), part.fallbackType);
    const isMultipart = header.boundary !== undefined && header.boundary !== '';
    const isTooDeep = isMultipart && this.stack.length >= maxDepth;
    const found: ScannedPart = {
      start: part.start,
      headerEnd,
      bodyStart,
      bodyEnd: bodyStart,
      header,
      isTooDeep,
      isMultipart,
      dropped: part.dropFrom === undefined ? undefined : { start: part.dropFrom, end: headerEnd },
    };
    part.found = found;
    this.parts.push(found);
    if (isTooDeep) this.faults.add('too-deep');
    else if (isMultipart) this.stack.push({ boundary: header.boundary ?? '', type: header.type });
    return found;
  }

  private closePart(at: number): void {
    const { part, raw } = this;
    if (this.gapStart !== undefined) this.gaps.push({ start: this.gapStart, end: at });
    this.gapStart = undefined;
    if (!part) return;
    this.part = undefined;
    const found = part.found ?? this.endHeader(part, at, at);
    let end = at;
    // The break before a delimiter belongs to it; the last one of the mail does not.
    if (at < raw.length && end > found.bodyStart && raw[end - 1] === lf) {
      end -= 1;
      if (end > found.bodyStart && raw[end - 1] === cr) end -= 1;
    }
    found.bodyEnd = Math.max(end, found.bodyStart);
  }
}

export function scanMail(raw: Buffer): ScannedMail {
  return new Scanner(raw).scan();
}
