/**
 * A line of a log with nothing personal in it. Nothing is searched for and taken out: what is known to be ours is let through, and all
 * else is left out. Messages must be texts of the programs; of fields the few named here, with values of the kinds named here. Pure.
 */
import { constants } from 'node:os';
import type { LogLine } from '../logs/log-line.ts';
import type { CodeTexts } from './code-texts.ts';

const leftOut = '[left out]';

/** Counts, positions and times. */
const numberFields = new Set([
  'attempt',
  'boundMs',
  'bytes',
  'code',
  'compared',
  'count',
  'fromHistory',
  'lastSeq',
  'missing',
  'replayed',
  'retained',
  'seq',
  'sizes',
  'snapshotSeq',
  'status',
  'tookMs',
  'tries',
  'unwritten',
  'version',
  'writtenSeq',
]);

/** Words of ours. */
const wordFields = new Set([
  'action',
  'channel',
  'engine',
  'generation',
  'kind',
  'method',
  'outcome',
  'part',
  'process',
  'protocol',
  'reason',
  'scope',
  'signal',
  'state',
  'type',
  'way',
  'what',
]);

/** Drawn by us (server/lib/ids.ts): they say nothing, and hold lines together. */
const idFields = new Set([
  'callId',
  'contactId',
  'dialogId',
  'legId',
  'messageId',
  'requestId',
  'instanceId',
]);
const drawnId = /^[a-z]{1,20}_[0-9A-HJKMNP-TV-Z]{26}$/;

const word = /^[A-Za-z][A-Za-z-]{0,40}$/;
const errnoNames = new Set(Object.keys(constants.errno));
const nodeCode = /^ERR_[A-Z_]{3,60}$/;
const sqlState = /^\d{2}[0-9A-Z]{3}$/;
const errorClass = /^[A-Z][A-Za-z]{0,40}(Error|Fault)$|^Error$/;

const isErrorCode = (code: string) => errnoNames.has(code) || nodeCode.test(code) || sqlState.test(code);

/** Of a stack the places in our own code, and in Node. */
export function framesOf(stack: string, code: CodeTexts): string[] {
  return stack.split('\n').flatMap((line) => {
    if (!/^\s+at /.test(line)) return [];
    const node = /\((node:[a-z_/]+:\d+:\d+)\)$/.exec(line)?.[1];
    if (node !== undefined) return [node];
    const place = /([\w./+-]+\.m?[jt]s):(\d+):(\d+)\)?$/.exec(line);
    if (!place) return [];
    const parts = place[1]!.split('/');
    // From the root of the code, wherever that lies: its folder may be named after somebody.
    for (let at = 0; at < parts.length; at += 1) {
      const path = parts.slice(at).join('/');
      if (code.hasFile(path)) return [`${path}:${place[2]}:${place[3]}`];
    }
    return [];
  });
}

function cleanError(err: unknown, code: CodeTexts): Record<string, unknown> | undefined {
  if (typeof err !== 'object' || err === null) return undefined;
  const { type, code: errorCode, stack, message } = err as Record<string, unknown>;
  const frames = typeof stack === 'string' ? framesOf(stack, code) : [];
  return {
    ...(typeof type === 'string' && errorClass.test(type) && { type }),
    ...(typeof errorCode === 'string' && isErrorCode(errorCode) && { code: errorCode }),
    ...(typeof message === 'string' && { message: code.has(message) ? message : leftOut }),
    ...(frames.length > 0 && { at: frames }),
  };
}

function cleanFields(fields: Record<string, unknown>, code: CodeTexts): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    const isNumber = numberFields.has(key) && typeof value === 'number';
    const isSwitch = /^(is|has)[A-Z][A-Za-z]*$/.test(key) && typeof value === 'boolean' && code.has(key);
    const isWord = wordFields.has(key) && typeof value === 'string' && word.test(value) && code.has(value);
    const isId = idFields.has(key) && typeof value === 'string' && drawnId.test(value);
    if (isNumber || isSwitch || isWord || isId) kept[key] = value;
  }
  const err = cleanError(fields['err'], code);
  return { ...kept, ...(err && { err }) };
}

/** Lower-case words, small numbers and marks; the databases put what was sent to them in quotes. */
const plainToken = /^[a-z][a-z-]*[,.:;]?$|^\d{1,4}(ms|s|MB|kB|%)?[,.:;]?$|^[-=*/()]$/;

/** Of Postgres and Redis, whose words are not in our programs. */
export function plainWords(text: string): string {
  // From the first quote to the last: what is quoted may have quotes in it.
  const bare = text
    .replace(/["'].*["']/s, '…')
    .replace(/(statement|execute [^:]*|parameters|QUERY):.*$/s, '…');
  return bare
    .split(/\s+/)
    .map((token) => (plainToken.test(token) ? token : '…'))
    .join(' ')
    .replaceAll(/…( …)+/g, '…')
    .slice(0, 300);
}

const severities = new Set(['LOG', 'WARNING', 'ERROR', 'FATAL', 'PANIC', 'NOTICE', 'INFO']);

/** What stands beside an error is about the row; only that there was something is told. */
function postgresText(msg: string): string {
  const [, severity = '', text = ''] = /^([A-Z]+\d?): (.*)$/s.exec(msg) ?? [];
  if (severities.has(severity)) return `${severity}: ${plainWords(text)}`;
  return /^[A-Z]{4,9}$/.test(severity) ? `${severity}: ${leftOut}` : leftOut;
}

function cleanText({ source, msg, isJson }: LogLine, code: CodeTexts): string {
  if (isJson) return code.has(msg) ? msg : leftOut;
  if (source === 'postgres') return postgresText(msg);
  if (source === 'redis') return plainWords(msg);
  const [frame] = framesOf(msg, code);
  if (frame !== undefined) return `at ${frame}`;
  const name = /^(?:Uncaught )?([A-Za-z]+)(?: \[[A-Z_]+\])?:/.exec(msg)?.[1] ?? '';
  return errorClass.test(name) ? `${name}: ${leftOut}` : leftOut;
}

export function cleanLine(line: LogLine, code: CodeTexts): LogLine {
  return { ...line, msg: cleanText(line, code), fields: cleanFields(line.fields, code) };
}
