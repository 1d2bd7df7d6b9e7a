/**
 * Mends in the bytes of a mail what the parser would lose, before it parses them. Each is a rule:
 *
 * - what is not encoded (7bit, 8bit, binary, unknown) is handed on as base64: the parser reads it line by line, would write every
 *   line break of a file anew, and holds a piece a line, which takes it ten seconds for half a megabyte of empty lines;
 * - what stands before the first and behind the last part of a multipart is left out, for it would be held so, too;
 * - uuencoded parts are decoded; the parser does not know them;
 * - a text part with a file name is an attachment, unless it is the first text: joined to the body its name is lost;
 * - 8-bit text without a charset, or said to be us-ascii, and 8-bit header lines that are no UTF-8 (RFC 6532) get the
 *   charset the mail declares elsewhere, or a guessed one;
 * - a multipart nested too deep becomes an attachment as it stands.
 *
 * Nothing is ever fetched or unpacked: message/external-body and compressed files are bytes like others.
 */
import { decodeAs, guessCharset, hasHighBytes, isMostlyUtf8 } from './charset-guess.ts';
import type { MailFault } from './mail-bounds.ts';
import { scanMail, type ScannedMail, type ScannedPart } from './mail-scan.ts';
import { takeUuFiles } from './uuencode.ts';

interface Edit {
  start: number;
  end: number;
  bytes: Uint8Array;
}

export interface MendedMail {
  raw: Uint8Array;
  faults: Set<MailFault>;
  /** Where the body of the whole mail begins, in the mail as it came. */
  bodyStart: number;
  /** Of 8-bit text that says nothing about itself. */
  charset: string;
}

/** The two that the parser knows; all others it takes for none, as RFC 2045 §6.4 would not have it. */
const isPlain = ({ header }: ScannedPart): boolean => !/base64|quoted-printable/.test(header.encoding);
const uuEncodings = new Set(['x-uuencode', 'uuencode', 'x-uue', 'uue']);
const sayNothing = new Set(['', 'us-ascii', 'ascii', 'unknown-8bit', 'x-unknown', 'default']);
/** So much of a text says what it is written in. */
const evidenceBytes = 64 * 1024;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
/** Long lines, of whole groups of three bytes. */
const bytesInLine = 57_000;

function base64Lines(bytes: Buffer): Buffer {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytesInLine)
    lines.push(ascii(`${bytes.toString('base64', at, Math.min(at + bytesInLine, bytes.length))}\r\n`));
  return Buffer.concat(lines);
}

const isText = (part: ScannedPart): boolean =>
  part.header.type.startsWith('text/') || part.header.type === '';
const isInlineText = (part: ScannedPart): boolean =>
  isText(part) && !part.header.dispositionLine.toLowerCase().startsWith('attachment');

class Mender {
  readonly charset: string;
  private readonly raw: Buffer;
  private readonly parts: readonly ScannedPart[];
  private readonly edits: Edit[] = [];
  private readonly firstText: ScannedPart | undefined;

  constructor(raw: Buffer, { parts, gaps }: ScannedMail) {
    this.raw = raw;
    this.parts = parts;
    for (const { start, end } of gaps) this.edit(start, end, '');
    this.firstText = parts.find((part) => !part.isMultipart && isInlineText(part));
    this.charset = this.spokenCharset();
  }

  mend(): Edit[] {
    for (const part of this.parts) {
      this.mendHeaderBytes(part);
      if (part.isTooDeep) this.wrap(part);
      else if (part.isMultipart) this.edit(part.bodyStart, part.bodyEnd, '');
      else this.mendLeaf(part);
      if (part.dropped && !part.isTooDeep) this.edit(part.dropped.start, part.dropped.end, '');
    }
    return this.edits.sort((a, b) => a.start - b.start || a.end - b.end);
  }

  private edit(start: number, end: number, bytes: string | Uint8Array): void {
    this.edits.push({ start, end, bytes: typeof bytes === 'string' ? ascii(bytes) : bytes });
  }

  private body(part: ScannedPart): Buffer {
    return this.raw.subarray(part.bodyStart, part.bodyEnd);
  }

  /** Of the first text that declares one, else by the look of what says nothing. */
  private spokenCharset(): string {
    const declared = this.parts.find((part) => isText(part) && !sayNothing.has(part.header.charset))?.header
      .charset;
    if (declared !== undefined && !/^utf-?8$/.test(declared)) return declared;
    const root = this.parts[0];
    const evidence: Buffer[] = root
      ? this.oddLines(root).map((line) => this.raw.subarray(line.start, line.end))
      : [];
    if (this.firstText && isPlain(this.firstText) && declared === undefined)
      evidence.push(this.body(this.firstText).subarray(0, evidenceBytes));
    return guessCharset(Buffer.concat(evidence));
  }

  /** Header lines with bytes that are no UTF-8. */
  private oddLines(part: ScannedPart): { start: number; end: number }[] {
    const lines: { start: number; end: number }[] = [];
    const end = part.dropped?.start ?? part.headerEnd;
    if (!hasHighBytes(this.raw.subarray(part.start, end))) return lines;
    let at = part.start;
    while (at < end) {
      const newline = this.raw.indexOf(0x0a, at);
      const next = newline < 0 || newline >= end ? end : newline + 1;
      const line = this.raw.subarray(at, next);
      if (hasHighBytes(line) && !isMostlyUtf8(line)) lines.push({ start: at, end: next });
      at = next;
    }
    return lines;
  }

  private mendHeaderBytes(part: ScannedPart): void {
    if (this.charset === 'utf-8' || part.isTooDeep) return;
    for (const { start, end } of this.oddLines(part)) {
      const text = decode(this.raw.subarray(start, end), this.charset);
      // A decoded line must stay one line: no charset may bring in a break of its own.
      const body = text.replace(/[\r\n]+$/, '').replace(/[\r\n]+/g, ' ');
      this.edit(start, end, Buffer.from(`${body}\r\n`));
    }
  }

  private wrap(part: ScannedPart): void {
    const fields =
      'Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename="too-deep.eml"\r\n' +
      'Content-Transfer-Encoding: base64\r\n\r\n';
    const whole = base64Lines(this.raw.subarray(part.start, part.bodyEnd));
    this.edit(part.start, part.bodyEnd, Buffer.concat([ascii(fields), whole]));
  }

  private mendLeaf(part: ScannedPart): void {
    const { header } = part;
    if (uuEncodings.has(header.encoding)) {
      const [file] = takeUuFiles(this.body(part).toString('latin1')).files;
      if (file) this.asBase64(part, Buffer.from(file.bytes.buffer));
      return;
    }
    if (isPlain(part)) this.asBase64(part, this.body(part));
    if (!isText(part)) return;
    if (header.hasFileName && part !== this.parts[0] && part !== this.firstText && isInlineText(part))
      this.edit(
        part.start,
        part.start,
        `Content-Disposition: attachment${afterValue(header.dispositionLine)}\r\n`,
      );
    if (sayNothing.has(header.charset) && isPlain(part)) this.sayCharset(part);
  }

  private sayCharset(part: ScannedPart): void {
    const { header } = part;
    const body = this.body(part);
    if (!hasHighBytes(body)) return;
    const charset = charsetInHtml(body, header.type) ?? this.charset;
    const type = header.type === '' ? 'text/plain' : header.type;
    const field = `Content-Type: ${type}; charset="${charset}"${afterValue(header.typeLine)}\r\n`;
    this.edit(part.start, part.start, field);
  }

  private asBase64(part: ScannedPart, bytes: Buffer): void {
    if (part.bodyStart >= part.bodyEnd) return;
    this.edit(part.start, part.start, 'Content-Transfer-Encoding: base64\r\n');
    this.edit(part.bodyStart, part.bodyEnd, base64Lines(bytes));
  }
}

/** The parameters of a field, from the first semicolon on. */
function afterValue(line: string): string {
  const semicolon = line.indexOf(';');
  return semicolon < 0 ? '' : line.slice(semicolon);
}

function charsetInHtml(body: Buffer, type: string): string | undefined {
  if (type !== 'text/html') return undefined;
  return /<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([\w-]{1,40})/i.exec(
    body.toString('latin1', 0, 2048),
  )?.[1];
}

function decode(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A name that nobody knows.
    return decodeAs(bytes, 'windows-1252');
  }
}

function apply(raw: Buffer, end: number, edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return raw.subarray(0, end);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const edit of edits) {
    if (edit.start < at) continue;
    pieces.push(raw.subarray(at, edit.start), edit.bytes);
    at = edit.end;
  }
  pieces.push(raw.subarray(at, end));
  return Buffer.concat(pieces);
}

export function mendMail(bytes: Uint8Array): MendedMail {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scanned = scanMail(raw);
  const { parts, end, faults } = scanned;
  const mender = new Mender(raw.subarray(0, end), scanned);
  return {
    raw: apply(raw, end, mender.mend()),
    faults,
    bodyStart: parts[0]?.bodyStart ?? end,
    charset: mender.charset,
  };
}
