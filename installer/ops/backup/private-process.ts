/**
 * A database of our own for a while: started as the service's user, dying with us should we be killed, ended by its own pid.
 * What it says is kept for the fault's text.
 */
import { spawn } from 'node:child_process';
import { spawnIdentity } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';

const maxSaid = 8000;
const lastStopMs = 60_000;

export interface PrivateProcess {
  isRunning(): boolean;
  said(): string;
  stop(signal: NodeJS.Signals): Promise<void>;
}

export function startPrivate(
  what: { command: string; args: string[]; env: Record<string, string> },
  options: { runAs: RunAs | undefined; cwd: string; deathSignal: 'QUIT' | 'KILL' },
): PrivateProcess {
  const child = spawn('setpriv', ['--pdeathsig', options.deathSignal, what.command, ...what.args], {
    env: what.env,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...spawnIdentity(options.runAs),
  });
  let isRunning = true;
  let said = '';
  const keep = (data: Buffer) => (said = (said + data.toString()).slice(-maxSaid));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise<void>((done) => {
    const end = () => {
      isRunning = false;
      done();
    };
    child.on('error', (error) => {
      said += `${error.message}\n`;
      end();
    });
    child.on('close', end);
  });
  return {
    isRunning: () => isRunning,
    said: () => said,
    async stop(signal) {
      if (!isRunning) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), lastStopMs);
      await gone;
      clearTimeout(timer);
    },
  };
}
