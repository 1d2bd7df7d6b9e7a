/** Clock offset, latency window and back-off: the small parts that figures on a screen stand on. */
import { expect } from 'chai';
import fc from 'fast-check';
import { backOffMs, longestBackOffMs } from '../../../admin-ui/shared/back-off.ts';
import { createClockOffset } from '../../../admin-ui/shared/clock-offset.ts';
import { createLatencyWindow } from '../../../admin-ui/shared/latency-window.ts';

describe('clock offset', () => {
  it('is wrong by half the shortest round trip at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (offset, trips) => {
          const clock = createClockOffset();
          let now = 1e9;
          for (const [there, back] of trips) {
            clock.addSample(now, now + there + back, now + there + offset);
            now += 1000;
          }
          expect(Math.abs(clock.offsetMs() - offset)).to.be.at.most(clock.errorMs() + 1e-6);
        },
      ),
    );
  });

  it('uses a stamp as a hint until the first answer, and forgets on reset', () => {
    const clock = createClockOffset();
    clock.addHint(1000, 5000);
    clock.addHint(1100, 4000);
    expect(clock.offsetMs()).to.equal(4000);
    clock.addSample(2000, 2010, 2105);
    expect(clock.offsetMs()).to.equal(100);
    clock.reset();
    expect(clock.offsetMs()).to.equal(0);
  });
});

describe('latency window', () => {
  it('holds the last thousand and no more', () => {
    const window = createLatencyWindow(1000);
    for (let value = 1; value <= 2500; value += 1) window.add(value);
    expect(window.count()).to.equal(1000);
    expect(window.quantile(0.5)).to.equal(2000);
    expect(window.quantile(0.99)).to.equal(2490);
    expect(window.quantile(1)).to.equal(2500);
  });

  it('has no quantile while it is empty', () => {
    expect(createLatencyWindow().quantile(0.5)).to.equal(undefined);
  });
});

describe('back-off', () => {
  it('never waits longer than three seconds and never hammers', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        expect(backOffMs(attempt, random)).to.be.within(60, longestBackOffMs);
      }),
    );
  });
});
