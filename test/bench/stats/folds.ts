/** Events a second through the live fold, and through the fold of the roll-ups: one thread, no database. */
import { LiveFigures } from '../../../server/app/live-figures.ts';
import type { HearthlineEvent } from '../../../server/contract/events.ts';
import { FigureBatch } from '../../../server/db/figure-batch.ts';
import { FigureFold, type FigureSink } from '../../../server/stats/figure-fold.ts';
import { emptyFoldSite } from '../../../server/stats/fold-site.ts';
import { figure, note } from '../../support/figures.ts';
import { floorLog, startAt } from './floor-log.ts';

const atLeastPerSec = 20_000;
/** As the projector takes them. */
const batch = 1000;
const runs = 3;

export function measureFolds(): void {
  const { site, stats, log } = floorLog({ queues: 20, agents: 200, contacts: 38_000, hours: 12 });
  note(`folds: ${log.length} events of 12 hours, 20 queues, 200 agents; the middle of ${runs} runs`);
  measure('live fold', log, () => {
    const live = new LiveFigures(stats, site.shifts, startAt);
    for (const event of log) live.apply(event);
  });
  measure('fold of the roll-ups, rows included', log, () => {
    let to = new FigureBatch();
    const sink: FigureSink = {
      count: (...args) => to.count(...args),
      work: (...args) => to.work(...args),
      time: (...args) => to.time(...args),
      stay: (stay) => to.stay(stay),
      defined: (...args) => to.defined(...args),
    };
    const fold = new FigureFold(emptyFoldSite, sink);
    log.forEach((event, i) => {
      fold.apply(event);
      if (i % batch !== batch - 1) return;
      to.rows();
      to = new FigureBatch();
    });
  });
}

function measure(name: string, log: readonly HearthlineEvent[], run: () => void): void {
  const secs = Array.from({ length: runs }, () => {
    const { user, system } = process.cpuUsage();
    const at = performance.now();
    run();
    const sec = (performance.now() - at) / 1000;
    const cpu = process.cpuUsage();
    return { sec, cpuSec: (cpu.user - user + cpu.system - system) / 1e6 };
  });
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(runs / 2)]!;
  const sec = middle(secs.map((one) => one.sec));
  figure(`${name}: events`, log.length / sec, '1/s');
  figure(`${name}: processor of an event`, (1e6 * middle(secs.map((one) => one.cpuSec))) / log.length, 'us');
  figure(`${name}: time of ${atLeastPerSec} events`, (sec * atLeastPerSec) / log.length, 's', 1);
}
