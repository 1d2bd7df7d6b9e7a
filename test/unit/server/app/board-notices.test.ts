/** Where the emergency switch is on, and until when callers are told of maintenance, as a board tells it. */
import { expect } from 'chai';
import { withEmergency, withMaintenance } from '../../../../server/app/board-notices.ts';
import { applyMergePatch, diffMergePatch, type JsonObject } from '../../../../server/contract/merge-patch.ts';
import { createFloor } from '../../../support/ui-floor.ts';

const { board } = createFloor({
  scenario: 'calm',
  queues: 2,
  agents: 3,
  language: 'en',
  seed: 3,
  startAt: Date.UTC(2026, 10, 21),
}).state();
const [first = '', second = ''] = Object.keys(board.queues);

describe('the emergency on the board', () => {
  it('is absent while nothing is switched on, also for queues that have gone', () => {
    expect(withEmergency(board, [])).to.equal(board);
    expect(withEmergency(board, ['gone', 'toString'])).to.equal(board);
  });

  it('names the site, its queues, or both', () => {
    expect(withEmergency(board, ['']).emergency).to.deep.equal({ isSiteOn: true, queueIds: [] });
    expect(withEmergency(board, [second, 'gone', first]).emergency).to.deep.equal({
      isSiteOn: false,
      queueIds: [first, second].sort(),
    });
    expect(withEmergency(board, [second, '']).emergency).to.deep.equal({
      isSiteOn: true,
      queueIds: [second],
    });
    expect(board).to.not.have.property('emergency');
  });

  it('comes and goes by a patch', () => {
    const trees = [[], [''], ['', first], [second], []].map(
      (switchedOn) => withEmergency(board, switchedOn) as unknown as JsonObject,
    );
    for (const [index, to] of trees.slice(1).entries()) {
      const from = trees[index] ?? {};
      expect(applyMergePatch(from, diffMergePatch(from, to) ?? {})).to.deep.equal(to);
    }
  });
});

describe('maintenance on the board', () => {
  it('is there with its end while it is announced, and comes and goes by a patch', () => {
    expect(withMaintenance(board, undefined)).to.equal(board);
    const until = Date.UTC(2026, 10, 21, 22, 30);
    const during = withMaintenance(board, until) as unknown as JsonObject;
    const calm = board as unknown as JsonObject;
    expect(during['maintenanceUntil']).to.equal(until);
    expect(applyMergePatch(calm, diffMergePatch(calm, during) ?? {})).to.deep.equal(during);
    expect(applyMergePatch(during, diffMergePatch(during, calm) ?? {})).to.deep.equal(calm);
  });
});
