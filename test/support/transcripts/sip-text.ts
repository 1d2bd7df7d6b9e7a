// Reads the SIP text that a peer sent, just far enough to compare two messages field by field.
// It is a test's eye, deliberately independent of the engine's own parser: a fault in that parser must not
// be able to hide itself here. It never repairs anything: what cannot be read is thrown as an error.

export type SipHeader = { readonly name: string; readonly value: string };
export type SipText = {
  readonly startLine: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
};
export type NameAddr = {
  readonly display: string;
  readonly uri: string;
  readonly params: ReadonlyMap<string, string>;
};
export type Via = {
  readonly protocol: string;
  readonly sentBy: string;
  readonly params: ReadonlyMap<string, string>;
};

const compactNames: Readonly<Record<string, string>> = {
  i: 'call-id',
  m: 'contact',
  e: 'content-encoding',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  s: 'subject',
  k: 'supported',
  t: 'to',
  v: 'via',
};

export function parseSipText(text: string): SipText {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0)
    throw new Error(`SIP text has no empty line after its headers: ${JSON.stringify(text.slice(0, 120))}`);
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.slice(1).map((line) => {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error(`not a header line: ${JSON.stringify(line)}`);
    const name = line.slice(0, colon).trim().toLowerCase();
    return { name: compactNames[name] ?? name, value: line.slice(colon + 1).trim() };
  });
  return { startLine: lines[0] ?? '', headers, body: text.slice(end + 4) };
}

export const isResponse = (message: SipText): boolean => message.startLine.startsWith('SIP/');

export const methodOf = (message: SipText): string =>
  isResponse(message)
    ? (headerOf(message, 'cseq').split(/\s+/)[1] ?? '')
    : (message.startLine.split(' ')[0] ?? '');

export const statusOf = (message: SipText): number => Number(message.startLine.split(' ')[1]);

export const valuesOf = (message: SipText, name: string): string[] =>
  message.headers.filter((header) => header.name === name).map((header) => header.value);

export const headerOf = (message: SipText, name: string): string => valuesOf(message, name)[0] ?? '';

/** Header lines may hold several values; quoted strings and angle brackets hide commas. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let current = '';
  for (let i = 0; i < value.length; i += 1) {
    const char = value.charAt(i);
    if (isQuoted && char === '\\') {
      current += char + value.charAt(i + 1);
      i += 1;
      continue;
    }
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && char === '<') depth += 1;
    else if (!isQuoted && char === '>') depth -= 1;
    if (char === ',' && !isQuoted && depth === 0) {
      parts.push(current.trim());
      current = '';
    } else current += char;
  }
  parts.push(current.trim());
  return parts;
}

function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) params.set(part.trim().toLowerCase(), '');
    else params.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return params;
}

export function parseNameAddr(value: string): NameAddr {
  const bracketed = /^(.*?)<([^>]*)>(.*)$/s.exec(value);
  if (bracketed) {
    const display = (bracketed[1] ?? '').trim().replace(/^"(.*)"$/s, '$1');
    return { display, uri: bracketed[2] ?? '', params: parseParams(bracketed[3] ?? '') };
  }
  const semicolon = value.indexOf(';');
  const uri = semicolon < 0 ? value : value.slice(0, semicolon);
  return { display: '', uri: uri.trim(), params: parseParams(semicolon < 0 ? '' : value.slice(semicolon)) };
}

export function parseVia(value: string): Via {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*(\S+)\s+([^;\s]+)\s*(.*)$/s.exec(value);
  if (!match) throw new Error(`not a Via value: ${JSON.stringify(value)}`);
  return { protocol: match[1] ?? '', sentBy: match[2] ?? '', params: parseParams(match[3] ?? '') };
}

export function tagOf(message: SipText, side: 'from' | 'to'): string {
  return parseNameAddr(headerOf(message, side)).params.get('tag') ?? '';
}
