/**
 * Where the lines of a log come from: the journal of an installed house, the files in `var/log` of a clone. They are read from their
 * end, a bounded part of them, and never written.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { processNamesOf } from '../status/processes.ts';
import { inheritTimes, readLine, type LogLine } from './log-line.ts';

export interface Wish {
  sources: readonly string[];
  sinceMs?: number;
  /** So many of the newest of each process. */
  lines: number;
}

const maxReadBytes = 32 * 1024 * 1024;

function endOf(path: string, maxBytes: number): string[] {
  if (!existsSync(path)) return [];
  const { size } = statSync(path);
  const length = Math.min(size, maxBytes);
  const buffer = Buffer.alloc(length);
  const fd = openSync(path, 'r');
  try {
    const got = readSync(fd, buffer, 0, length, size - length);
    const lines = buffer.subarray(0, got).toString('utf8').split('\n');
    // The first may be the end of one.
    if (size > length) lines.shift();
    return lines.filter((line) => line !== '');
  } finally {
    closeSync(fd);
  }
}

export const logFileOf = (house: House, source: string): string => join(house.layout.logDir, `${source}.log`);

/** The file before the last cut comes first. */
function ofFiles(house: House, source: string): string[] {
  const file = logFileOf(house, source);
  const newest = endOf(file, maxReadBytes);
  return [...endOf(`${file}.1`, maxReadBytes), ...newest];
}

/** `-o cat`: the line as the process wrote it. */
function journalArgs(source: string, { sinceMs, lines }: Wish, isFollowing: boolean): string[] {
  return [
    '--no-pager',
    '-o',
    'cat',
    '-u',
    `hearthline-${source}.service`,
    '-n',
    String(lines),
    ...(sinceMs === undefined ? [] : ['--since', `@${Math.floor(sinceMs / 1000)}`]),
    ...(isFollowing ? ['-f'] : []),
  ];
}

function journalLines(source: string, wish: Wish, onLine?: (text: string) => void): Promise<string[]> {
  return new Promise((done, fail) => {
    const child = spawn('journalctl', journalArgs(source, wish, onLine !== undefined), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.once('error', () =>
      fail(new CliError('journalctl is not on this machine: the services write to the journal of systemd.')),
    );
    const kept: string[] = [];
    const reader = createInterface({ input: child.stdout });
    reader.on('line', (line) => {
      if (onLine) onLine(line);
      else kept.push(line);
    });
    reader.once('close', () => done(kept.filter((line) => line !== '')));
  });
}

/** Lines of one process, oldest first. */
export async function linesOf(house: House, source: string, wish: Wish): Promise<LogLine[]> {
  const texts = house.kind === 'installed' ? await journalLines(source, wish) : ofFiles(house, source);
  const lines = inheritTimes(texts.map((text) => readLine(source, text)));
  const { sinceMs } = wish;
  const wanted =
    sinceMs === undefined ? lines : lines.filter(({ atMs }) => atMs !== undefined && atMs >= sinceMs);
  return wanted.slice(-wish.lines);
}

/** Of all, by their time. */
export async function readLogs(house: House, wish: Wish): Promise<LogLine[]> {
  const all = await Promise.all(wish.sources.map((source) => linesOf(house, source, wish)));
  return all.flat().sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
}

const followMs = 300;

/** Goes on for ever; a file that was cut is read from its beginning. */
async function followFiles(
  house: House,
  sources: readonly string[],
  onLine: (line: LogLine) => void,
): Promise<never> {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const places = sources.map((source) => {
    const file = logFileOf(house, source);
    return { source, file, offset: sizeOf(file), partial: '' };
  });
  for (;;) {
    for (const place of places) {
      const size = sizeOf(place.file);
      if (size < place.offset) place.offset = 0;
      if (size === place.offset) continue;
      const buffer = Buffer.alloc(Math.min(size - place.offset, maxReadBytes));
      const fd = openSync(place.file, 'r');
      place.offset += readSync(fd, buffer, 0, buffer.length, place.offset);
      closeSync(fd);
      const lines = (place.partial + buffer.toString('utf8')).split('\n');
      place.partial = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(readLine(place.source, line));
    }
    await new Promise((wake) => setTimeout(wake, followMs));
  }
}

export async function followLogs(house: House, wish: Wish, onLine: (line: LogLine) => void): Promise<void> {
  if (house.kind === 'clone') return followFiles(house, wish.sources, onLine);
  await Promise.all(
    wish.sources.map((source) =>
      journalLines(source, { ...wish, lines: 0 }, (text) => {
        if (text !== '') onLine(readLine(source, text));
      }),
    ),
  );
}

/** Of a store that is the bank's own nothing is written here. */
export const logSourcesOf = (house: House): readonly string[] => processNamesOf(house);
