import { expect } from 'chai';
import fc from 'fast-check';
import { TimerWheel, WheelTimer } from '../../../../sip/engine/timer-wheel.ts';

const TICK_MS = 10;

describe('sip engine: timer wheel', () => {
  it('fires every timer once, never early, at most two ticks late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 40 }),
        (delays) => {
          let now = 1_000;
          const wheel = new TimerWheel(TICK_MS, () => now);
          const fired = new Map<number, number[]>();
          const start = now;
          delays.forEach((delayMs, i) => {
            const timer = new WheelTimer(() => fired.set(i, [...(fired.get(i) ?? []), now - start]));
            wheel.set(timer, delayMs);
          });
          while (now - start < 41_000) {
            now += TICK_MS;
            wheel.advance();
          }
          wheel.stop();
          delays.forEach((delayMs, i) => {
            const times = fired.get(i) ?? [];
            expect(times).to.have.length(1);
            expect(times[0]).to.be.at.least(delayMs);
            expect(times[0]).to.be.at.most(delayMs + 2 * TICK_MS);
          });
          expect(wheel.size).to.equal(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('lets a timer cancel and set others that are due in the same tick', () => {
    let now = 0;
    const wheel = new TimerWheel(TICK_MS, () => now);
    const log: string[] = [];
    const a = new WheelTimer(() => {
      log.push('a');
      wheel.cancel(b);
      wheel.set(c, 50);
    });
    const b = new WheelTimer(() => {
      log.push('b');
      wheel.cancel(a);
      wheel.set(c, 50);
    });
    const c = new WheelTimer(() => log.push('c'));
    for (const timer of [a, b, c]) wheel.set(timer, 20);
    for (; now < 200; now += TICK_MS) wheel.advance();
    wheel.stop();
    expect(log.filter((entry) => entry === 'a' || entry === 'b')).to.have.length(1);
    expect(log.filter((entry) => entry === 'c').length).to.be.within(1, 2);
    expect(wheel.size).to.equal(0);
  });

  it('fires what a blocked loop has missed', () => {
    let now = 0;
    const wheel = new TimerWheel(TICK_MS, () => now);
    let count = 0;
    for (const delayMs of [10, 500, 9_000, 25_000]) wheel.set(new WheelTimer(() => count++), delayMs);
    now = 30_000;
    wheel.advance();
    wheel.stop();
    expect(count).to.equal(4);
  });
});
