/** What laid-out boards decide by themselves: which board stands, levels, alarms and their quiet, texts that fit. */
import { expect } from 'chai';
import type { BoardTree } from '../../../../server/contract/boards.ts';
import { boardTree, sampleBoards } from '../../../support/ui-boards.ts';
import { createFloor } from '../../../support/ui-floor.ts';
import { nextAlarm, quietAlarm, widgetLevel } from '../../../../wallboard/live/alarm.ts';
import { boardShown, figureLevel, gaugeLevel, isBoardTree } from '../../../../wallboard/live/board-tree.ts';
import { isQuiet } from '../../../../wallboard/live/quiet.ts';
import { boxOf } from '../../../../wallboard/live/screen.ts';
import { fitLine, fitText, linesOf, widthOf } from '../../../../wallboard/live/text-fit.ts';

const startAt = Date.UTC(2026, 10, 21, 14, 30, 0);
const floor = createFloor({
  scenario: 'busy',
  queues: 4,
  agents: 20,
  language: 'en',
  seed: 3,
  startAt,
}).state();
const tree = (settings: Partial<BoardTree['settings']> = {}): BoardTree =>
  boardTree({ language: 'en', settings }, floor, startAt);

describe('the board that stands', () => {
  it('turns by the server clock, in the order of the settings', () => {
    const turning = tree({ boards: ['team', 'gone', 'overview'], rotateSec: 30 });
    const at = (sec: number) => boardShown(turning, sec)?.boardId;
    expect([0, 29, 30, 59, 60].map(at)).to.deep.equal(['team', 'team', 'overview', 'overview', 'team']);
    expect(boardShown(turning, 30)).to.include({ number: 2, count: 2 });
  });
  it('is none where there is none, and the only one of a preview', () => {
    expect(boardShown({ ...tree(), boards: {} }, 5)).to.equal(undefined);
    expect(boardShown(tree({ boards: [] }), 5)?.boardId).to.equal('overview');
  });
  it('is told from the standard board by its tree', () => {
    expect(isBoardTree(tree())).to.equal(true);
    expect(isBoardTree(floor.board)).to.equal(false);
  });
});

describe('levels of widgets', () => {
  const marks = { amber: 60, red: 180 };
  it('rise with a wait, by the second', () => {
    const at = (sec: number) => figureLevel('oldest-waiting', startAt, startAt + sec * 1000, marks);
    expect([59, 60, 179, 180].map(at)).to.deep.equal(['calm', 'amber', 'amber', 'red']);
  });
  it('fall with a share, in per cent', () => {
    const at = (value: number) => figureLevel('service-level', value, 0, { amber: 80, red: 70 });
    expect([0.8, 0.79, 0.7, 0.69].map(at)).to.deep.equal(['calm', 'amber', 'amber', 'red']);
  });
  it('are calm without a figure or without thresholds, and heed one threshold alone', () => {
    expect(figureLevel('asa', undefined, 0, marks)).to.equal('calm');
    expect(figureLevel('asa', 9e6, 0, undefined)).to.equal('calm');
    expect(figureLevel('asa', 70_000, 0, { red: 60 })).to.equal('red');
    expect(figureLevel('service-level', 0.5, 0, { amber: 80 })).to.equal('amber');
  });
  it('of a gauge without thresholds say when its target is missed', () => {
    const gauge = sampleBoards('en')['overview']?.widgets.find(({ widgetId }) => widgetId === 'asa');
    if (gauge?.kind !== 'gauge') throw new Error('the sample has changed');
    const level = (value: number) => gaugeLevel(gauge, { value, target: 30_000 }, 0);
    expect([29_000, 30_000, 31_000].map(level)).to.deep.equal(['calm', 'calm', 'amber']);
    expect(widgetLevel(gauge, { value: 31_000 }, 0)).to.equal('amber');
  });
});

describe('the alarm of a display', () => {
  const loud = tree();
  it('rings once for what turns red or is new, and again when it comes back', () => {
    const first = nextAlarm(quietAlarm, loud, startAt, '12:00');
    expect(first.rings).to.equal(true);
    expect([...first.state.standing]).to.have.members(['widget overview oldest', 'alert a1', 'alert a2']);
    const second = nextAlarm(first.state, loud, startAt, '12:00');
    expect(second.rings).to.equal(false);
    const calm = nextAlarm(second.state, { ...loud, alerts: {} }, startAt, '12:00');
    expect(calm.rings).to.equal(false);
    expect(nextAlarm(calm.state, loud, startAt, '12:00').rings).to.equal(true);
  });
  it('does not ring in the quiet time, nor at its end for what stood in it', () => {
    const boards = sampleBoards('en', { quiet: { from: '20:00', to: '07:00' } });
    const hushed = boardTree({ language: 'en', boards }, floor, startAt);
    const night = nextAlarm(quietAlarm, hushed, startAt, '23:10');
    expect(night.rings).to.equal(false);
    expect(nextAlarm(night.state, hushed, startAt, '07:00').rings).to.equal(false);
    expect(nextAlarm(quietAlarm, hushed, startAt, '07:00').rings).to.equal(true);
  });
  it('knows a quiet time over midnight from one within a day', () => {
    const over = { from: '20:00', to: '07:00' };
    expect(['19:59', '20:00', '06:59', '07:00'].map((time) => isQuiet(over, time))).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
    expect(isQuiet({ from: '12:00', to: '13:00' }, '12:30')).to.equal(true);
    expect(isQuiet({ from: '12:00', to: '13:00' }, '13:00')).to.equal(false);
    expect(isQuiet(undefined, '03:00')).to.equal(false);
  });
});

describe('texts that fit', () => {
  it('break between words only, and are never wider than their box', () => {
    const text = 'Average speed of answer, by arrival interval';
    for (const width of [3, 5, 9, 40]) {
      const lines = linesOf(text, width);
      expect(lines.join(' ')).to.equal(text);
    }
    const box = { width: 2.4, height: 0.7, most: 0.4, least: 0.2, lines: 2 };
    const { lines, size } = fitText([text, 'ASA'], box);
    for (const line of lines) expect(widthOf(line) * size).to.be.at.most(box.width + 1e-9);
    expect(lines.length * size * 1.2).to.be.at.most(box.height + 1e-9);
  });
  it('take the next name before they become too small, and shrink the last one', () => {
    expect(fitText(['Average handle time', 'AHT'], { width: 1, most: 0.3, least: 0.22 }).lines).to.deep.equal(
      ['AHT'],
    );
    const tiny = fitText(['Unreachable'], { width: 0.5, most: 0.3, least: 0.22 });
    expect(widthOf('Unreachable') * tiny.size).to.be.at.most(0.5 + 1e-9);
    expect(fitLine('12:34', 1, 9) * widthOf('12:34', 600)).to.be.at.most(1 + 1e-9);
  });
  it('stand in boxes that fill the grid', () => {
    expect(boxOf({ w: 24, h: 12 }).width).to.be.closeTo(160 / 9 - 0.52, 1e-9);
    expect(boxOf({ w: 24, h: 12 }).height).to.be.closeTo(9.2 - 0.36, 1e-9);
  });
});
