/** When a customer who was not reached is called again. */
import { expect } from 'chai';
import { nextTry } from '../../../../../server/app/callback/next-try.ts';

const rules = { tries: 3, retryMin: 15 };
const minutes = (n: number) => n * 60_000;

describe('the next try of a callback', () => {
  it('comes after a pause, and there are as many as the site says', () => {
    for (const cause of ['busy', 'no-answer', 'rejected', 'agent-hung-up'] as const) {
      expect(nextTry({ attempt: 1, faults: 4 }, cause, rules, 1000)).to.deep.equal({
        attempt: 2,
        faults: 0,
        notBefore: 1000 + minutes(15),
      });
      expect(nextTry({ attempt: 3, faults: 0 }, cause, rules, 1000)).to.equal(undefined);
    }
  });

  it('does not count what was our own fault, waits longer each time, and ends after a day of it', () => {
    let at = 0;
    let tries: { attempt: number; faults: number } = { attempt: 2, faults: 0 };
    let count = 0;
    for (;;) {
      const next = nextTry(tries, count % 2 === 0 ? 'no-line' : 'interrupted', rules, at);
      if (!next) break;
      expect(next.attempt).to.equal(2);
      expect(next.notBefore - at).to.be.within(30_000, minutes(15));
      at = next.notBefore;
      tries = next;
      count += 1;
    }
    expect(count).to.equal(100);
    expect(at).to.be.within(minutes(20 * 60), minutes(28 * 60));
  });

  it('does not come of a wrong number', () => {
    expect(nextTry({ attempt: 1, faults: 0 }, 'wrong-number', rules, 0)).to.equal(undefined);
  });
});
