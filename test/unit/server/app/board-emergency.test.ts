/** Where the emergency switch is on, as a board tells it. */
import { expect } from 'chai';
import { withEmergency } from '../../../../server/app/board-emergency.ts';
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
