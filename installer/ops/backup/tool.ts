/**
 * Runs a program of the system to its end: with low priority, since calls go on beside it, and dying with us, so that a
 * killed backup leaves nobody behind who goes on writing. What it says on standard error becomes the fault's text.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../../admin-socket.ts';
import { plainEnv } from '../../postgres.ts';
import { spawnIdentity } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';

const maxSaid = 4000;

export interface ToolOptions {
  runAs?: RunAs | undefined;
  /** What it reads from standard input, in turn. */
  input?: [Readable, ...NodeJS.ReadWriteStream[]];
}

export async function runTool(command: string, args: string[], options: ToolOptions = {}): Promise<void> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'nice', '-n', '10', command, ...args], {
    env: plainEnv,
    cwd: '/',
    stdio: [options.input ? 'pipe' : 'ignore', 'ignore', 'pipe'],
    ...spawnIdentity(options.runAs),
  });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-maxSaid)));
  const ended = new Promise<void>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (code === 0) return done();
      const name = command.split('/').at(-1);
      fail(new CliError(`${name} failed (${signal ?? `exit code ${code}`}):\n${said.trim()}`));
    });
  });
  if (!options.input || !child.stdin) return ended;
  // Its own fault says more than the broken pipe that we see.
  const fed = pipeline([...options.input, child.stdin]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      child.kill('SIGKILL');
      throw error;
    }
  });
  const [feeding, ending] = await Promise.allSettled([fed, ended]);
  if (feeding.status === 'rejected') throw feeding.reason;
  if (ending.status === 'rejected') throw ending.reason;
}
