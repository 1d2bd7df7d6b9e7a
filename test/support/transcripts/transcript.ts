// Reads a recorded conversation between apps, a control server and SIP endpoints into steps, bytes exact.
// The recordings show CRLF as LF; the length prefix of a frame and the Content-Length of a SIP message say
// where each really ended, so a file that was damaged is an error and not a shorter conversation.

import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export type Channel =
  { readonly kind: 'app'; readonly app: number } | { readonly kind: 'ua'; readonly ua: string };

export type Step =
  | {
      kind: 'app-sends';
      app: number;
      payload: string;
      atMs: number;
      line: number;
      chunks?: readonly string[];
    }
  | { kind: 'app-sends-raw'; app: number; bytes: string; atMs: number; line: number }
  | { kind: 'app-gets'; app: number; payload: string; atMs: number; line: number }
  | { kind: 'ua-sends'; ua: string; message: string; atMs: number; line: number }
  | { kind: 'ua-gets'; ua: string; message: string; atMs: number; line: number }
  | { kind: 'ua-gets-again'; ua: string; message: string; count: number; atMs: number; line: number }
  | { kind: 'app-closes'; app: number; atMs: number; line: number }
  | { kind: 'engine-closes'; app: number; atMs: number; line: number }
  | { kind: 'quiet'; forMs: number; atMs: number; line: number }
  | { kind: 'note'; text: string; atMs: number; line: number };

export type Transcript = { readonly flow: string; readonly title: string; readonly steps: readonly Step[] };

export const transcriptDir = fileURLToPath(
  new URL('../../../../shared/drachtio-transcripts/', import.meta.url),
);

export const hasTranscripts = (): boolean => existsSync(transcriptDir);

export function readTranscript(flow: string): Transcript {
  const file = readdirSync(transcriptDir).find((name) => name.startsWith(`${flow}-`));
  if (file === undefined) throw new Error(`no transcript for flow ${flow}`);
  return parseTranscript(flow, readFileSync(path.join(transcriptDir, file), 'utf8'));
}

export function parseTranscript(flow: string, text: string): Transcript {
  const lines = text.split('\n');
  const steps: Step[] = [];
  let title = '';
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? '';
    if (line.startsWith('### ') && title === '') title = line.slice(4);
    if (!/^(---|===) \d\d:/.test(line)) {
      index += 1;
      continue;
    }
    let next = index + 1;
    while (next < lines.length && !/^(---|===) \d\d:/.test(lines[next] ?? '')) next += 1;
    steps.push(parseBlock(line, lines.slice(index + 1, next).join('\r\n'), index + 1));
    index = next;
  }
  return { flow, title, steps: gatherRetransmissions(steps) };
}

function parseBlock(head: string, body: string, line: number): Step {
  const match = /^(---|===) (\d\d):(\d\d):(\d\d)\.(\d{3})Z (.*)$/.exec(head);
  if (!match) throw new Error(`line ${line}: not a step: ${head}`);
  const [, mark, hours, minutes, seconds, millis, what = ''] = match;
  const atMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(millis);
  if (mark === '===') return parseNote(what, atMs, line);

  const sent = /^APP#(\d+) -> D/.exec(what);
  if (sent) {
    const app = Number(sent[1]);
    const unparsed = /^\(unparsed\) (.*?)(\r\n)*$/s.exec(body);
    if (unparsed) return { kind: 'app-sends-raw', app, bytes: unparsed[1] ?? '', atMs, line };
    return { kind: 'app-sends', app, payload: cutFrame(body, line), atMs, line };
  }
  const got = /^D -> APP#(\d+)/.exec(what);
  if (got) return { kind: 'app-gets', app: Number(got[1]), payload: cutFrame(body, line), atMs, line };
  const sip = /^(\w+) -> (\w+) +\(SIP udp\)$/.exec(what);
  if (!sip) throw new Error(`line ${line}: unknown step ${what}`);
  const message = cutMessage(body, line);
  return sip[1] === 'D'
    ? { kind: 'ua-gets', ua: sip[2] ?? '', message, atMs, line }
    : { kind: 'ua-sends', ua: sip[1] ?? '', message, atMs, line };
}

function parseNote(text: string, atMs: number, line: number): Step {
  const appCloses = /^APP#(\d+) closed admin connection$/.exec(text);
  if (appCloses) return { kind: 'app-closes', app: Number(appCloses[1]), atMs, line };
  const engineCloses = /^D closed admin connection of APP#(\d+)$/.exec(text);
  if (engineCloses) return { kind: 'engine-closes', app: Number(engineCloses[1]), atMs, line };
  return { kind: 'note', text, atMs, line };
}

/** The exact payload of a recorded frame: as many bytes as its own prefix says, nothing but line ends after. */
function cutFrame(body: string, line: number): string {
  const prefix = /^(\d+)#/.exec(body);
  if (!prefix) throw new Error(`line ${line}: frame without a length`);
  const wanted = Number(prefix[1]);
  const bytes = Buffer.from(body.slice(prefix[0].length), 'utf8');
  return exactly(bytes, wanted, line);
}

function cutMessage(body: string, line: number): string {
  const end = body.indexOf('\r\n\r\n');
  const declared = /\r\nContent-Length: (\d+)/i.exec(body);
  if (end < 0 || !declared) throw new Error(`line ${line}: SIP message without end of headers or length`);
  const bytes = Buffer.from(body, 'utf8');
  return exactly(bytes, Buffer.byteLength(body.slice(0, end + 4), 'utf8') + Number(declared[1]), line);
}

function exactly(bytes: Buffer, wanted: number, line: number): string {
  if (bytes.length > wanted) {
    if (!/^(\r\n)*$/.test(bytes.subarray(wanted).toString('utf8')))
      throw new Error(`line ${line}: text after the end`);
    return bytes.subarray(0, wanted).toString('utf8');
  }
  // The recorder dropped empty lines at the very end of a block.
  const missing = wanted - bytes.length;
  if (missing % 2 !== 0 || missing > 4) throw new Error(`line ${line}: ${missing} bytes are missing`);
  return bytes.toString('utf8') + '\r\n'.repeat(missing / 2);
}

/** A run of two or more identical messages to one endpoint is one step: what counts is their number and pace. */
function gatherRetransmissions(steps: readonly Step[]): Step[] {
  const result: Step[] = [];
  const lastTo = new Map<string, Step>();
  for (const step of steps) {
    if (step.kind !== 'ua-gets') {
      result.push(step);
      continue;
    }
    const last = lastTo.get(step.ua);
    if (last?.kind === 'ua-gets-again' && last.message === step.message) {
      last.count += 1;
      continue;
    }
    const isAgain = last?.kind === 'ua-gets' && last.message === step.message;
    const added: Step = isAgain ? { ...step, kind: 'ua-gets-again', count: 1 } : { ...step };
    lastTo.set(step.ua, added);
    result.push(added);
  }
  return result;
}
