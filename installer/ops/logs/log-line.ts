/**
 * A line of a log as a person or a filter wants it: of our processes (pino, JSON), of Postgres and of Redis. Pure. What stands under
 * `pii` is never in it, at whatever depth, also where a process was told to write it.
 */

/** As pino numbers them. */
export const levels = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type LevelName = keyof typeof levels;

export interface LogLine {
  /** Which process: server, sip, media, postgres, redis. */
  source: string;
  atMs?: number;
  level: number;
  msg: string;
  /** Of ours: everything else that the line carries. */
  fields: Record<string, unknown>;
  isJson: boolean;
}

const headFields = new Set(['level', 'time', 'msg', 'pid', 'name', 'hostname', 'v']);

function withoutPii(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPii);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'pii')
      .map(([key, inner]) => [key, withoutPii(inner)]),
  );
}

function ofPino(source: string, entry: Record<string, unknown>): LogLine {
  const { level, time, msg } = entry;
  const atMs = typeof time === 'number' ? time : Date.parse(typeof time === 'string' ? time : '');
  const rest = Object.entries(entry).filter(([key]) => !headFields.has(key));
  return {
    source,
    ...(Number.isFinite(atMs) && { atMs }),
    level: typeof level === 'number' ? level : levels.info,
    msg: typeof msg === 'string' ? msg : '',
    fields: withoutPii(Object.fromEntries(rest)) as Record<string, unknown>,
    isJson: true,
  };
}

/** log_line_prefix '%m [%p] ' in UTC. */
const postgresLine = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+) UTC \[\d+\] ([A-Z]+\d?): {2}(.*)$/s;
const postgresLevels: Readonly<Record<string, number>> = {
  WARNING: levels.warn,
  ERROR: levels.error,
  FATAL: levels.error,
  PANIC: levels.fatal,
};

const redisLine = /^\d+:[A-Z] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+) ([.\-*#]) (.*)$/s;
const redisLevels: Readonly<Record<string, number>> = {
  '.': levels.debug,
  '-': levels.debug,
  '#': levels.warn,
};

export function readLine(source: string, text: string): LogLine {
  if (text.startsWith('{')) {
    try {
      return ofPino(source, JSON.parse(text) as Record<string, unknown>);
    } catch {
      // Cut off in the middle: told as it is.
    }
  }
  const postgres = postgresLine.exec(text);
  if (postgres) {
    const [, day, time, severity = '', msg = ''] = postgres;
    const level = postgresLevels[severity] ?? levels.info;
    return {
      source,
      atMs: Date.parse(`${day}T${time}Z`),
      level,
      msg: `${severity}: ${msg}`,
      fields: {},
      isJson: false,
    };
  }
  const redis = redisLine.exec(text);
  if (redis) {
    const [, time, mark = '', msg = ''] = redis;
    return {
      source,
      atMs: Date.parse(`${time} UTC`),
      level: redisLevels[mark] ?? levels.info,
      msg,
      fields: {},
      isJson: false,
    };
  }
  // Of ours only what Node itself says when a process ends by a fault is no JSON.
  const isOurs = source !== 'postgres' && source !== 'redis';
  return { source, level: isOurs ? levels.error : levels.info, msg: text, fields: {}, isJson: false };
}

/** Lines without a time belong to the one before: a stack, a statement in several lines. */
export function inheritTimes(lines: LogLine[]): LogLine[] {
  let before: LogLine | undefined;
  return lines.map((line) => {
    const whole =
      line.atMs === undefined && before?.atMs !== undefined && !line.isJson
        ? { ...line, atMs: before.atMs, level: line.source === 'postgres' ? before.level : line.level }
        : line;
    before = whole;
    return whole;
  });
}

const levelName = (level: number): string =>
  Object.entries(levels).findLast(([, value]) => value <= level)?.[0] ?? 'debug';

/** No line of a log may steer the terminal. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');

function fieldsText({ err, ...fields }: Record<string, unknown>): string {
  const message = (err as { message?: unknown } | undefined)?.message;
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    ...(typeof message === 'string' ? [`: ${message}`] : []),
    ...(rest.length > 0 ? [` (${rest.join(', ')})`] : []),
  ].join('');
}

export function lineText({ source, atMs, level, msg, fields }: LogLine): string {
  const at = atMs === undefined ? ' '.repeat(24) : new Date(atMs).toISOString();
  return plain(`${at} ${levelName(level).padEnd(5)} ${source.padEnd(8)} ${msg}${fieldsText(fields)}`);
}

export const lineJson = ({ source, atMs, level, msg, fields }: LogLine): string =>
  JSON.stringify({
    ...(atMs !== undefined && { time: new Date(atMs).toISOString() }),
    level: levelName(level),
    source,
    msg,
    ...fields,
  });
