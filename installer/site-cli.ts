/**
 * `npm run site -- export [FILE] | check FILE | import FILE`: the whole site as one text file. Export and
 * import ask the running server over its admin socket, which only this data directory's owner can open;
 * a check needs no server. Faults are printed as `file:line:column path: what`, exit code 1.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { formatFault, formatPath, maxSiteBytes, parseSite } from '../server/config/site-file.ts';
import type { SiteFileFault } from '../server/config/site-file.ts';
import { adminPlaceIn, ask, CliError, type AdminPlace, type Answer } from './admin-socket.ts';
import type { OpsCommand } from './cli.ts';
import { terminal, type CliIo } from './cli-io.ts';
import { readSettings, SettingsError } from './settings.ts';

const usage = `Usage:
  npm run site -- export [FILE]   the running site as text, to FILE or to the terminal
  npm run site -- check FILE      every fault in FILE, without changing anything
  npm run site -- import FILE     put FILE in place of the running site: all of it, or nothing`;

function readSiteFile(file: string): string {
  try {
    if (statSync(file).size > maxSiteBytes) throw new CliError(`${file} is larger than 5 MB`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function unexpected(answer: Answer): CliError {
  let reason = answer.body.slice(0, 500);
  try {
    const parsed = JSON.parse(answer.body) as { message?: unknown; error?: { message?: unknown } };
    const message = parsed.message ?? parsed.error?.message;
    if (typeof message === 'string') reason = message;
  } catch {
    // Not JSON: shown as it came.
  }
  return new CliError(`The server answered ${answer.status}: ${reason}`);
}

function exportTo(file: string, text: string): void {
  const beside = `${file}.${process.pid}.part`;
  try {
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function printFaults(io: CliIo, file: string, faults: SiteFileFault[]): number {
  for (const fault of faults) io.error(formatFault(file, fault));
  io.error(`${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; nothing was changed.`);
  return 1;
}

interface RefusedFault {
  line?: number;
  column?: number;
  path: string | (string | number)[];
  message: string;
}

/** The faults in a refusal of the server, which may know some that have no line. */
function refusedFaults(body: string): SiteFileFault[] {
  const answer = JSON.parse(body) as { error?: { details?: { faults?: RefusedFault[] } } };
  return (answer.error?.details?.faults ?? []).map(({ line = 1, column = 1, path, message }) => ({
    line,
    column,
    path: typeof path === 'string' ? path : formatPath(path),
    message,
  }));
}

async function importFile(place: AdminPlace, file: string, io: CliIo): Promise<number> {
  const text = readSiteFile(file);
  const parsed = parseSite(text);
  if ('faults' in parsed) return printFaults(io, file, parsed.faults);
  const answer = await ask(place, 'PUT', '/site', text);
  if (answer.status === 422) {
    const faults = refusedFaults(answer.body);
    if (faults.length > 0) return printFaults(io, file, faults);
  }
  if (answer.status !== 200) throw unexpected(answer);
  const { version, warnings = [] } = JSON.parse(answer.body) as { version: number; warnings?: string[] };
  for (const warning of warnings) io.error(`warning: ${warning}`);
  io.out(`Imported ${file}: site version ${version} is in force.`);
  return 0;
}

/** Runs one command; resolves to the exit code. */
export async function runSiteCommand(args: string[], place: AdminPlace, io: CliIo): Promise<number> {
  const [command, file, ...rest] = args;
  try {
    if (rest.length > 0) throw new CliError(usage);
    if (command === 'export') {
      const answer = await ask(place, 'GET', '/site');
      if (answer.status !== 200) throw unexpected(answer);
      if (file === undefined) io.out(answer.body.trimEnd());
      else {
        exportTo(file, answer.body);
        io.out(`Exported to ${file}.`);
      }
      return 0;
    }
    if (command === 'check' && file !== undefined) {
      const parsed = parseSite(readSiteFile(file));
      if ('faults' in parsed) return printFaults(io, file, parsed.faults);
      const { numbers, queues, agents, phones } = parsed.site;
      io.out(
        `${file} is sound: ${numbers.length} numbers, ${queues.length} queues, ${agents.length} agents, ${phones.length} phones.`,
      );
      return 0;
    }
    if (command === 'import' && file !== undefined) return await importFile(place, file, io);
    throw new CliError(usage);
  } catch (error) {
    io.error(error instanceof CliError ? error.message : String(error));
    return 1;
  }
}

export async function siteCli(_startedAt: number, args: string[]): Promise<void> {
  const io = terminal;
  try {
    const { dataDir } = readSettings(process.env, process.cwd());
    process.exitCode = await runSiteCommand(args, adminPlaceIn(dataDir), io);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    io.error(error.message);
    process.exitCode = 1;
  }
}

export const siteCommand: OpsCommand = (args, house, io) => runSiteCommand(args, house.layout, io);
