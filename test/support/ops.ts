/** Runs the `hearthline` command for a data directory, to its end or until it says something. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cloneHouse, type House } from '../../installer/house.ts';
import { until } from './until.ts';

export interface OpsRun {
  /** Both outputs, as they came. */
  said(): string;
  untilSaid(text: string): Promise<void>;
  kill(): void;
  ended: Promise<number | null>;
}

export function startOps(dataDir: string, ...args: string[]): OpsRun {
  const main = join(import.meta.dirname, 'ops-main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { ...process.env, HEARTHLINE_DATA: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let isRunning = true;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      isRunning = false;
      done(code);
    });
  });
  return {
    said: () => said,
    untilSaid: (text) =>
      until(
        `it says "${text}"`,
        () => {
          if (said.includes(text)) return true;
          if (!isRunning) throw new Error(`it ended without saying "${text}":\n${said}`);
          return false;
        },
        60_000,
        1,
      ),
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
}

export async function runOps(
  dataDir: string,
  ...args: string[]
): Promise<{ code: number | null; said: string }> {
  const run = startOps(dataDir, ...args);
  const code = await run.ended;
  return { code, said: run.said() };
}

export const houseIn = (dataDir: string): House => cloneHouse({ HEARTHLINE_DATA: dataDir }, '/');
