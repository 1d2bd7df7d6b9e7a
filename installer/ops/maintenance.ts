/**
 * `hearthline maintenance`: callers hear before the greeting that there is maintenance, until a time, and go on as always. The
 * running server speaks it; whom the house is to send away the emergency switch sends away.
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { askAdmin, CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline maintenance on --until 23:30 [--text "..." | --message FILE]
  hearthline maintenance off
  hearthline maintenance show
  --until     a time of day in the site's zone, the next one; or a moment such as 2026-11-22T23:30:00+01:00
  --text      what callers hear, in the site's language; our own words where it is left out
  --message   the same, from a text file`;

const maxTextBytes = 2000;
const answerSchema = z.object({
  untilMs: z.number().optional(),
  text: z.string().optional(),
  timeZone: z.string(),
});

function clockIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** The next minute at which clocks of that zone say so: right on days with a change of the hour, too. */
export function untilOf(text: string, timeZone: string, nowMs: number): number {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) {
    const clock = clockIn(timeZone);
    const minuteMs = 60_000;
    const first = Math.ceil((nowMs + 1) / minuteMs) * minuteMs;
    for (let at = first; at < first + 50 * 60 * minuteMs; at += minuteMs)
      if (clock.format(at) === text) return at;
  }
  const atMs = Date.parse(text);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(atMs);
  if (!isMoment)
    throw new CliError(`--until is a time such as 23:30, or a moment with its zone, not "${text}".`);
  if (atMs <= nowMs) throw new CliError(`--until ${text} is over already.`);
  return atMs;
}

function textIn(file: string): string {
  try {
    if (statSync(file).size > maxTextBytes)
      throw new CliError(`${file} is longer than ${maxTextBytes} bytes: callers would hang up.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

const options = {
  until: { type: 'string' },
  text: { type: 'string' },
  message: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function stateText({ untilMs, text, timeZone }: z.infer<typeof answerSchema>): string {
  if (untilMs === undefined) return 'No maintenance is announced.';
  const at = `${clockIn(timeZone).format(untilMs)} (${new Date(untilMs).toISOString()})`;
  return `Maintenance is announced to callers until ${at}${text === undefined ? '' : `: "${text}"`}.`;
}

export const maintenanceCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  const { until, text, message, help } = values;
  if (help === true) {
    io.out(usage);
    return 0;
  }
  const [word, ...rest] = positionals;
  const hasOptions = until !== undefined || text !== undefined || message !== undefined;
  if (rest.length > 0 || (word !== 'on' && (hasOptions || (word !== 'off' && word !== 'show'))))
    throw new CliError(usage);
  const ask = async (method: 'GET' | 'POST', path: string, body?: object) =>
    answerSchema.parse(JSON.parse(await askAdmin(house.layout, method, path, body && JSON.stringify(body))));
  const now = await ask('GET', '/maintenance');
  if (word === 'show') io.out(stateText(now));
  else if (word === 'off') {
    const wasOn = now.untilMs !== undefined;
    io.out(stateText(wasOn ? await ask('POST', '/maintenance/off') : now));
  } else {
    if (until === undefined) throw new CliError(`--until is missing.\n${usage}`);
    if (text !== undefined && message !== undefined)
      throw new CliError('Give --text or --message, not both.');
    const said = (text ?? (message === undefined ? undefined : textIn(message)))?.trim();
    if (said === '') throw new CliError('The message is empty.');
    const untilMs = untilOf(until, now.timeZone, Date.now());
    io.out(
      stateText(await ask('POST', '/maintenance', { untilMs, ...(said !== undefined && { text: said }) })),
    );
  }
  return 0;
};
