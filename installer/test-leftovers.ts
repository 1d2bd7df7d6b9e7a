/**
 * What a hung or killed test run left behind: processes that carry the run's id in their environment, or
 * work in one of its temporary directories (Postgres overwrites its environment), and the directories.
 * Only what carries this run's id is touched.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProcess } from './process-table.ts';

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Ends them and says what they were. */
export function endTestLeftovers(runId: string): string[] {
  const mark = `HEARTHLINE_TEST_RUN=${runId}`;
  const prefix = `hl-${runId}-`;
  const ended: string[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const isOurs =
      read(`/proc/${pid}/environ`).split('\0').includes(mark) || workingDirectory(pid).includes(`/${prefix}`);
    if (!isOurs) continue;
    ended.push(describeProcess(Number(pid)));
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  for (const base of new Set(['/tmp', tmpdir()]))
    for (const name of readdirSync(base))
      if (name.startsWith(prefix))
        rmSync(join(base, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  return ended;
}
