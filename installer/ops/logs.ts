/** `hearthline logs`: the logs of the processes as lines that a person can read, without personal data. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import type { House } from '../house.ts';
import { levels, lineJson, lineText, type LevelName, type LogLine } from './logs/log-line.ts';
import { followLogs, logSourcesOf, readLogs } from './logs/sources.ts';
import { readWords } from './read-options.ts';
import { bankStores } from '../bank-stores.ts';

const usage = `Usage: hearthline logs [server|sip|media|postgres|redis|install] [--since 1h] [--level warn] [--lines N] [--follow] [--json]
  --since    such as 90s, 30m, 1h, 2d, or a moment with its zone
  --level    debug, info, warn, error: this and worse
  --lines    so many of each process; 200 where --since is left out
  install    the report of the last installation or upgrade`;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const usualLines = 200;
const mostLines = 100_000;

export function sinceOf(text: string, nowMs: number): number {
  const span = /^(\d{1,6})([smhd])$/.exec(text);
  if (span) return nowMs - Number(span[1]) * unitMs[span[2]!]!;
  const atMs = Date.parse(text);
  if (/T.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(atMs)) return atMs;
  throw new CliError(
    `--since is a span such as 90s, 30m, 1h or 2d, or a moment with its zone, not "${text}".`,
  );
}

function levelOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (Object.hasOwn(levels, text)) return levels[text as LevelName];
  throw new CliError(`--level is one of ${Object.keys(levels).join(', ')}, not "${text}".`);
}

function linesOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const count = Number(text);
  if (/^\d{1,6}$/.test(text) && count >= 1 && count <= mostLines) return count;
  throw new CliError(`--lines is a number from 1 to ${mostLines}, not "${text}".`);
}

const options = {
  since: { type: 'string' },
  level: { type: 'string' },
  lines: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reports are named by their time. */
function tellInstall(house: House, io: CliIo): number {
  if (!house.machine)
    throw new CliError('What npm start runs was not installed: it says what it does on the terminal.');
  const { stateDir } = house.machine;
  const newest = existsSync(stateDir)
    ? readdirSync(stateDir)
        .filter((name) => /^report-.*\.txt$/.test(name))
        .sort()
        .at(-1)
    : undefined;
  if (newest === undefined)
    throw new CliError(`There is no report of an installation in ${stateDir}: was it moved away?`);
  io.out(readFileSync(join(stateDir, newest), 'utf8').trimEnd());
  return 0;
}

function refuseSource(house: House, which: string): never {
  const bank = bankStores(house.settings).find(({ name }) => name === which);
  if (bank)
    throw new CliError(
      `${bank.title} is the bank's own, at ${bank.at}: its log is there. What the server says of it: hearthline logs server`,
    );
  throw new CliError(`There is no log "${which}".\n${usage}`);
}

export const logsCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  if (values.help === true) {
    io.out(usage);
    return 0;
  }
  const [which, ...rest] = positionals;
  if (rest.length > 0) throw new CliError(usage);
  if (which === 'install') return tellInstall(house, io);
  const logSources = logSourcesOf(house);
  if (which !== undefined && !logSources.includes(which)) refuseSource(house, which);
  const sinceMs = values.since === undefined ? undefined : sinceOf(values.since, Date.now());
  const wish = {
    sources: which === undefined ? logSources : [which],
    ...(sinceMs !== undefined && { sinceMs }),
    lines: linesOf(values.lines, sinceMs === undefined ? usualLines : mostLines),
  };
  const least = levelOf(values.level);
  const tell = (line: LogLine) => {
    if (line.level >= least) io.out(values.json === true ? lineJson(line) : lineText(line));
  };
  for (const line of await readLogs(house, wish)) tell(line);
  if (values.follow === true) await followLogs(house, wish, tell);
  return 0;
};
