/** The options of a command, strictly: what is not known is refused in words, with the usage. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { CliError } from '../admin-socket.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Throws CliError. */
export function readOptions<const T extends Options>(args: string[], options: T, usage: string) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new CliError(`${(error as Error).message.split('. ')[0]!}.\n${usage}`);
  }
}
