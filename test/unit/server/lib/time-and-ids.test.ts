import { expect } from 'chai';
import fc from 'fast-check';
import { createClock } from '../../../../server/lib/clock.ts';
import { createIdSource, newId } from '../../../../server/lib/ids.ts';

describe('clock', () => {
  it('follows the wall clock while that goes forward', () => {
    let wall = 1000;
    const clock = createClock({ wallMs: () => wall, monotonicMs: () => wall });
    expect(clock.now()).to.equal(1000);
    wall = 5000.9;
    expect(clock.now()).to.equal(5000);
  });

  it('goes on at half pace when the wall clock was set back, until that has caught up', () => {
    let wall = 100_000;
    let mono = 0;
    const clock = createClock({ wallMs: () => wall, monotonicMs: () => mono });
    const pass = (ms: number) => {
      wall += ms;
      mono += ms;
    };
    expect(clock.now()).to.equal(100_000);
    wall -= 1000;
    pass(200);
    expect(clock.now()).to.equal(100_100);
    pass(1000);
    // The wall clock stands at 100,200 now; a second later it has caught up.
    expect(clock.now()).to.equal(100_600);
    pass(1000);
    expect(clock.now()).to.equal(101_200);
    pass(500);
    expect(clock.now()).to.equal(101_700);
  });

  it('never goes back and never stands still for long, whatever the wall clock does', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.oneof(
              fc.constant(0),
              fc.integer({ min: -5000, max: 5000 }),
              fc.integer({ min: -1e6, max: 1e6 }),
            ),
            passed: fc.nat(10_000),
          }),
        ),
        (moves) => {
          let wall = 1e9;
          let mono = 0;
          const clock = createClock({ wallMs: () => wall, monotonicMs: () => mono });
          let last = clock.now();
          for (const { step, passed } of moves) {
            wall += step + passed;
            mono += passed;
            const now = clock.now();
            if (now < last || now - last < Math.floor(passed / 2) - 1) return false;
            last = now;
          }
          return true;
        },
      ),
    );
  });
});

describe('ids', () => {
  it('carry their noun, have the length of a ULID and are never the same', () => {
    const ids = Array.from({ length: 20_000 }, () => newId('c'));
    expect(ids[0]).to.match(/^c_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.deep.equal([...ids].sort());
  });

  it('sort by time over processes, and ascend even when the clock goes back', () => {
    let ms = 1_790_000_000_000;
    const one = createIdSource(() => ms, Buffer.alloc(10, 31));
    const two = createIdSource(() => ms, Buffer.alloc(10, 0));
    const early = one.newId('e');
    ms += 1;
    const late = two.newId('e');
    expect(early < late).to.equal(true);
    ms -= 500;
    expect(two.newId('e') > late).to.equal(true);
  });

  it('differ between processes in the same ms', () => {
    const one = createIdSource(() => 5).newId('e');
    const two = createIdSource(() => 5).newId('e');
    expect(one).to.not.equal(two);
  });
});
