/**
 * How long each process takes from its start until the house is ready again, after `kill -9`: `npm run bench -- restarts`. The
 * supervisor and systemd begin 0.1 s after the death, which is not in the figures. docs/high-availability.md has them.
 */
import type { ProcessName } from '../../installer/supervised-process.ts';
import { figure } from '../support/figures.ts';
import { startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const names: readonly ProcessName[] = ['server', 'sip', 'media', 'redis', 'postgres'];
const rounds = 5;

const stack = await startStack({ autoRestart: false });
const isReady = async () => {
  try {
    return (await fetch(`${stack.httpUrl}/healthz`)).status === 200;
  } catch {
    // Nobody listens: the server itself is away.
    return false;
  }
};
try {
  for (const name of names) {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await stack.killProcess(name);
      await until(`${name} is missed`, async () => !(await isReady()));
      const startedAt = performance.now();
      stack.startProcess(name);
      await until('all is ready', isReady, 60_000, 10);
      seconds.push((performance.now() - startedAt) / 1000);
    }
    seconds.sort((a, b) => a - b);
    figure(`${name}: middle of ${rounds}`, seconds[Math.floor(rounds / 2)]!, 's');
    figure(`${name}: longest of ${rounds}`, seconds.at(-1)!, 's');
  }
} finally {
  await stack.stop();
}
