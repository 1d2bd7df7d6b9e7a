/** Commands of the system, with what they said where they failed. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What goes wrong for a reason that a person can mend; the message says how. */
export class InstallError extends Error {}

export interface RunOptions {
  timeoutMs?: number;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  cwd?: string;
  /** To its standard input. */
  input?: string;
}

const searched = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function hasProgram(name: string): boolean {
  return searched.split(delimiter).some((dir) => existsSync(join(dir, name)));
}

/** Its standard output; an InstallError with the end of what it said where it fails. */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { timeoutMs = 120_000, env = {}, input, ...rest } = options;
  try {
    const running = execute(name, [...args], {
      timeout: timeoutMs,
      maxBuffer: 32 * 1024 * 1024,
      env: { PATH: searched, LC_ALL: 'C.UTF-8', ...env },
      ...rest,
    });
    if (input !== undefined) {
      // It may end without having read all of it: its code says why.
      running.child.stdin?.on('error', () => undefined);
      running.child.stdin?.end(input);
    }
    return (await running).stdout;
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as { code?: unknown; stderr?: string; stdout?: string };
    if (code === 'ENOENT') throw new InstallError(`${name} is missing on this system`, { cause: error });
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n    ');
    throw new InstallError(`${name} ${args.slice(0, 4).join(' ')} failed:\n    ${said || String(error)}`, {
      cause: error,
    });
  }
}

/** Whether systemd runs this machine; in a container or a chroot it often does not. */
export const isSystemdRunning = (): boolean => existsSync('/run/systemd/system');
