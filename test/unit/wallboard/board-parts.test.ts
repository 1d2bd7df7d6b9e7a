/** The pure parts of the wallboard: joined figures, thresholds, pages, the hour of the chart. */
import { expect } from 'chai';
import { siteFigures } from '../../../admin-ui/shared/site-figures.ts';
import type { BoardState, QueueLive } from '../../../server/contract/live.ts';
import { createFloor } from '../../support/ui-floor.ts';
import { createHourSeries, layHour } from '../../../wallboard/charts/last-hour.ts';
import { pageCount, pageOf, pageSec, rowsPerPage, sortedQueues } from '../../../wallboard/live/pages.ts';
import { levelsOf, readThresholdWishes, waitPair } from '../../../wallboard/live/thresholds.ts';

const startAt = Date.UTC(2026, 10, 21, 14, 30, 0);
const board = (queues: number): BoardState =>
  createFloor({ scenario: 'busy', queues, agents: 20, language: 'en', seed: 3, startAt }).state().board;
const withQueues = (queues: Partial<QueueLive>[]): BoardState => {
  const base = board(queues.length);
  const all = Object.values(base.queues).map((queue, index) => ({ ...queue, ...queues[index] }));
  return { ...base, queues: Object.fromEntries(all.map((queue) => [queue.queueId, queue])) };
};

describe('figures of the site', () => {
  it('joins service levels by their own denominators', () => {
    // kpi.md's vector (70 of 100, 10 abandoned in target: 77.8 %) beside a queue at 10 of 10.
    const figures = siteFigures(
      withQueues([
        { answeredInTarget: 70, abandonedInTarget: 10, serviceLevel: 70 / 90 },
        { answeredInTarget: 10, abandonedInTarget: 0, serviceLevel: 1 },
      ]),
    );
    expect(figures.serviceLevel).to.be.closeTo(80 / 100, 1e-9);
  });

  it('counts a queue that answered nobody in time', () => {
    const figures = siteFigures(
      withQueues([
        { answeredInTarget: 10, serviceLevel: 1, answered: 10, abandoned: 0, abandonedInTarget: 0 },
        { answeredInTarget: 0, serviceLevel: 0, answered: 6, abandoned: 5, abandonedInTarget: 1 },
      ]),
    );
    expect(figures.serviceLevel).to.be.closeTo(0.5, 1e-9);
  });

  it('has no service level without a contact, and the oldest wait of all queues', () => {
    const bare = withQueues([{}, {}]);
    for (const queue of Object.values(bare.queues)) {
      delete queue.serviceLevel;
      delete queue.oldestWaitingSince;
    }
    expect(siteFigures(bare).serviceLevel).to.equal(undefined);
    expect(siteFigures(bare).oldestWaitingSince).to.equal(undefined);
    const waits = withQueues([{ oldestWaitingSince: 500 }, { oldestWaitingSince: 300 }]);
    expect(siteFigures(waits).oldestWaitingSince).to.equal(300);
  });
});

describe('thresholds', () => {
  it('turn amber and red at their marks', () => {
    const at = (waitedSec: number) =>
      levelsOf(
        {
          waiting: 3,
          targetPercent: 80,
          targetSec: 20,
          agentsLoggedIn: 10,
          oldestWaitingSince: 0,
          serviceLevel: 0.75,
        },
        waitedSec,
        {},
      );
    expect([19, 20, 59, 60].map((sec) => at(sec).wait)).to.deep.equal(['calm', 'amber', 'amber', 'red']);
    expect(at(0)).to.deep.equal({ waiting: 'amber', wait: 'calm', serviceLevel: 'amber' });
  });

  it('take a display’s own wishes and leave senseless ones out', () => {
    const wishes = readThresholdWishes(new URLSearchParams('waiting=5,10&wait=9,3&sl=80,70'));
    expect(wishes).to.deep.equal({ waiting: { amber: 5, red: 10 }, serviceLevel: { amber: 80, red: 70 } });
    expect(waitPair(20, wishes)).to.deep.equal({ amber: 20, red: 60 });
  });
});

describe('pages of queues', () => {
  it('turn by the server clock and show every queue once', () => {
    const queues = sortedQueues(board(15).queues, 'en');
    const pages = pageCount(queues.length);
    expect(pages).to.equal(2);
    expect([0, pageSec, pageSec * 2].map((sec) => pageOf(sec, pages))).to.deep.equal([0, 1, 0]);
    expect(queues.length).to.be.at.most(pages * rowsPerPage);
    expect(queues.map((queue) => queue.name)).to.deep.equal(queues.map((queue) => queue.name).sort());
    expect(pageCount(0)).to.equal(1);
  });
});

describe('hour of the chart', () => {
  it('is written in place, sixty minutes to now, with zeros for quiet ones', () => {
    const series = createHourSeries();
    const { offered } = series;
    const now = startAt + 30_000;
    layHour(series, { [String(startAt)]: { offered: 3, answered: 2, abandoned: 1 } }, now);
    expect(series.offered).to.equal(offered);
    expect(offered).to.have.length(60);
    expect(offered[59]).to.equal(3);
    expect(offered.slice(0, 59).every((value) => value === 0)).to.equal(true);
    layHour(series, { [String(startAt)]: { offered: 3, answered: 2, abandoned: 1 } }, now + 60_000);
    expect([offered[58], offered[59]]).to.deep.equal([3, 0]);
  });
});
