/** One rule's state: its steps, and what holds of every course of looks. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type AlertEffect,
  type AlertInput,
  type AlertState,
  calm,
  isStanding,
  nextAlert,
} from '../../../../../server/app/alerts/alert-state.ts';

const holds: AlertInput = { type: 'looked', holds: true };
const not: AlertInput = { type: 'looked', holds: false };

/** Plays `[sec, input]` and answers what happened as `sec effect`. */
function play(
  steps: [number, AlertInput][],
  forSec = 30,
  clearSec = 60,
): { said: string[]; state: AlertState } {
  let state = calm;
  let made = 0;
  const said: string[] = [];
  for (const [sec, input] of steps) {
    const step = nextAlert(state, input, { now: sec * 1000, forSec, clearSec, newId: () => `a${++made}` });
    state = step.state;
    for (const effect of step.effects)
      said.push(`${sec} ${effect.type} ${effect.alertId}${effect.type === 'ends' ? ` ${effect.why}` : ''}`);
    if (step.ignored !== undefined) said.push(`${sec} ignored ${step.ignored}`);
  }
  return { said, state };
}

describe('the state of an alert', () => {
  it('begins when it has held all of forSec, and not before', () => {
    expect(
      play([
        [0, holds],
        [29, holds],
        [30, holds],
        [35, holds],
      ]).said,
    ).to.deep.equal(['30 begins a1']);
    expect(
      play([
        [0, holds],
        [20, not],
        [25, holds],
        [50, holds],
      ]).said,
    ).to.deep.equal([]);
    expect(play([[0, holds]], 0).said).to.deep.equal(['0 begins a1']);
  });

  it('ends when it has not held all of clearSec, and is one alert while it swings', () => {
    const swings: [number, AlertInput][] = [
      [0, holds],
      [30, holds],
      [40, not],
      [70, holds],
      [75, not],
      [134, not],
    ];
    expect(play(swings).said).to.deep.equal(['30 begins a1']);
    expect(play([...swings, [135, not]]).said).to.deep.equal(['30 begins a1', '135 ends a1 cleared']);
  });

  it('is calm at once, and says so, when what it asks about left the site', () => {
    const gone = play([
      [0, holds],
      [30, holds],
      [35, { type: 'scope-gone' }],
    ]);
    expect(gone.said).to.deep.equal(['30 begins a1', '35 ends a1 scope-gone']);
    expect(gone.state).to.deep.equal({ phase: 'calm', isUnknown: true });
    expect(
      play([
        [0, { type: 'scope-gone' }],
        [5, not],
      ]).state,
    ).to.deep.equal(calm);
  });

  it('ends with its rule, whatever the figure says', () => {
    const withdrawn = play([
      [0, holds],
      [30, holds],
      [40, not],
      [45, { type: 'withdrawn', why: 'rule-off' }],
    ]);
    expect(withdrawn.said.at(-1)).to.equal('45 ends a1 rule-off');
    expect(
      play([
        [0, holds],
        [5, { type: 'withdrawn', why: 'rule-changed' }],
        [31, holds],
      ]).said,
    ).to.deep.equal([]);
  });

  it('is acknowledged once, stays so while it clears, and the next one is not', () => {
    const acknowledged: AlertInput = { type: 'acknowledged' };
    const course = play([
      [0, acknowledged],
      [0, holds],
      [30, holds],
      [31, acknowledged],
      [32, acknowledged],
      [40, not],
      [45, holds],
      [50, not],
    ]);
    expect(course.said).to.deep.equal([
      '0 ignored does-not-stand',
      '30 begins a1',
      '32 ignored already-acknowledged',
    ]);
    expect(course.state).to.include({ phase: 'clearing', isAcknowledged: true });
    const next = play(
      [
        [0, holds],
        [1, acknowledged],
        [2, not],
        [3, holds],
      ],
      0,
      0,
    );
    expect(next.said).to.deep.equal(['0 begins a1', '2 ends a1 cleared', '3 begins a2']);
    expect(next.state).to.include({ isAcknowledged: false });
  });

  it('has one alert of a rule at most, that begins only after forSec of holding and clears only after clearSec of not', () => {
    const input = fc.oneof(
      { weight: 10, arbitrary: fc.boolean().map((is): AlertInput => ({ type: 'looked', holds: is })) },
      { weight: 1, arbitrary: fc.constantFrom<AlertInput>({ type: 'scope-gone' }, { type: 'acknowledged' }) },
      { weight: 1, arbitrary: fc.constant<AlertInput>({ type: 'withdrawn', why: 'rule-changed' }) },
    );
    const course = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), input), {
      minLength: 30,
      maxLength: 120,
    });
    let began = 0;
    let cleared = 0;
    fc.assert(
      fc.property(
        course,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        (steps, forSec, clearSec) => {
          let state = calm;
          let now = 0;
          let made = 0;
          let open: string | undefined;
          /** Since when every look has said the same, and nothing else came between. */
          let holdsSince: number | undefined;
          let notSince: number | undefined;
          for (const [gap, one] of steps) {
            now += gap * 1000;
            if (one.type === 'looked') {
              holdsSince = one.holds ? (holdsSince ?? now) : undefined;
              notSince = one.holds ? undefined : (notSince ?? now);
            } else if (one.type !== 'acknowledged') holdsSince = undefined;
            const step = nextAlert(state, one, { now, forSec, clearSec, newId: () => `a${++made}` });
            for (const effect of step.effects as AlertEffect[])
              if (effect.type === 'begins') {
                expect(open).to.equal(undefined);
                expect(now - holdsSince!).to.be.at.least(forSec * 1000);
                open = effect.alertId;
                began += 1;
              } else {
                expect(effect.alertId).to.equal(open);
                if (effect.why === 'cleared') {
                  expect(now - notSince!).to.be.at.least(clearSec * 1000);
                  cleared += 1;
                }
                open = undefined;
              }
            state = step.state;
            expect(isStanding(state) ? state.alertId : undefined).to.equal(open);
            // What has held for long enough stands; what has not held for long enough does not.
            if (one.type === 'looked' && holdsSince !== undefined && now - holdsSince >= forSec * 1000)
              expect(open).to.not.equal(undefined);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(began).to.be.greaterThan(100);
    expect(cleared).to.be.greaterThan(50);
  });
});
