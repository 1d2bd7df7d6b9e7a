/**
 * One service process of a test (a Postgres, a Redis): started, killed and stopped by its own pid. Its
 * output is kept, so that a failed start says why.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { spawnIdentity } from '../../installer/privilege.ts';
import type { RunAs } from '../../installer/privilege.ts';

export interface ServiceProcess {
  readonly pid: number;
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** Sends the signal and resolves when the process is gone; SIGKILL follows after `timeoutMs`. */
  end(signal: NodeJS.Signals, timeoutMs?: number): Promise<void>;
}

const running = new Set<ChildProcess>();
// A test run that ends in an exception leaves nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startService(
  what: { command: string; args: string[]; env: Record<string, string> },
  runAs: RunAs | undefined,
  cwd: string,
): ServiceProcess {
  const child = spawn(what.command, what.args, {
    env: what.env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...spawnIdentity(runAs),
  });
  running.add(child);
  let output = '';
  const keep = (data: Buffer) => {
    output = (output + data.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise<void>((done) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      running.delete(child);
      done();
    });
    child.on('exit', () => {
      running.delete(child);
      done();
    });
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    isRunning: () => running.has(child),
    async end(signal, timeoutMs = 10_000) {
      if (!running.has(child)) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      await gone;
      clearTimeout(timer);
    },
  };
}
