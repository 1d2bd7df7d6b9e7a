/**
 * Measures the figures beside their limits: `npm run bench:stats`, or some of its parts:
 * `npm run bench:stats -- folds snapshots projector history screens`. Bounded to a quarter of an hour on two shared
 * processors, most of it for making ten million stays; `--stays 1000000` makes fewer. One JSON line a figure.
 */
import { figure, isLimitPassed, note } from '../support/figures.ts';
import { machineTicks, stolenPct } from '../support/process-cost.ts';
import { measureFolds } from './stats/folds.ts';
import { measureHistory } from './stats/history.ts';
import { measureProjector } from './stats/projector.ts';
import { measureScreens } from './stats/screens.ts';
import { measureSnapshots } from './stats/snapshots.ts';

const args = process.argv.slice(2);
const staysAt = args.indexOf('--stays');
const stays = staysAt < 0 ? 10_000_000 : Number(args.splice(staysAt, 2)[1]);

const parts = new Map<string, () => Promise<void> | void>([
  // First: what the others leave on the heap would be swept up in its time.
  ['screens', measureScreens],
  ['folds', measureFolds],
  ['snapshots', measureSnapshots],
  ['projector', measureProjector],
  ['history', () => measureHistory(stays)],
]);

const strange = args.find((name) => !parts.has(name));
if (strange !== undefined || !(stays >= 1000)) {
  note(`choose from ${[...parts.keys()].join(', ')} and --stays N, 1000 at least`);
  process.exit(1);
}
for (const [name, measure] of parts) {
  if (args.length > 0 && !args.includes(name)) continue;
  const ticks = machineTicks();
  await measure();
  figure(`${name}: stolen by the host`, stolenPct(ticks, machineTicks()), '%');
}
process.exit(isLimitPassed() ? 1 : 0);
