/** The options of a command, strictly: what is not known is refused in words, with the usage. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { CliError } from '../admin-socket.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

function strictly<T>(read: () => T, usage: string): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new CliError(`${(error as Error).message.split('. ')[0]!}.\n${usage}`);
  }
}

/** Of a command that has options alone. Throws CliError. */
export const readOptions = <const T extends Options>(args: string[], options: T, usage: string) =>
  strictly(() => parseArgs({ args, options, strict: true, allowPositionals: false }).values, usage);

/** Of a command that also has words (`positionals`), which are its own to judge. Throws CliError. */
export const readWords = <const T extends Options>(args: string[], options: T, usage: string) =>
  strictly(() => parseArgs({ args, options, strict: true, allowPositionals: true }), usage);
