// What the engine says of itself on its status socket, as far as a black-box test may ask: that no request made
// it fail inside, and that nothing is left behind.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readMetric, type SipEngineHandle } from '../../support/sip-engine.ts';
import { until } from '../../support/until.ts';

const leftovers = [
  'dialogs',
  'server_transactions',
  'client_transactions',
  'held_requests',
  'open_app_requests',
];

export const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** The engine runs, and caught no exception of its own. */
export async function expectNoFault(engine: SipEngineHandle): Promise<void> {
  expect(engine.exitCode(), 'engine is running').to.equal(null);
  const faults = engine.log.filter((line) => /"level":(50|60)/.test(line));
  expect(await readMetric(engine.statusPath, 'faults_total'), faults.slice(0, 3).join('\n')).to.equal(0);
}

export function untilNothingIsLeft(engine: SipEngineHandle, boundMs: number): Promise<void> {
  return until(
    `no ${leftovers.join(', ')} left`,
    async () => {
      for (const name of leftovers) if ((await readMetric(engine.statusPath, name)) !== 0) return false;
      return true;
    },
    boundMs,
  );
}
