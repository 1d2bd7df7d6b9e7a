import { expect } from 'chai';
import fc from 'fast-check';
import { RetainedEvents } from '../../../../server/redis/retained-events.ts';

describe('retained events', () => {
  it('behave like a plain map of seq to text', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 6000 }) }),
      fc.record({ drop: fc.integer({ min: -10, max: 8000 }) }),
    );
    fc.assert(
      fc.property(fc.nat(1000), fc.array(step, { maxLength: 12 }), (start, steps) => {
        const retained = new RetainedEvents(start + 1);
        const model = new Map<number, string>();
        let last = start;
        for (const one of steps) {
          if ('push' in one) {
            for (let count = 0; count < one.push; count++) {
              retained.push(`t${++last}`);
              model.set(last, `t${last}`);
            }
          } else {
            const through = retained.firstSeq + one.drop;
            retained.dropThrough(through);
            for (const seq of model.keys()) if (seq <= through) model.delete(seq);
          }
          const first = last - model.size + 1;
          expect([retained.size, retained.firstSeq, retained.lastSeq]).to.deep.equal([
            model.size,
            first,
            last,
          ]);
          expect(retained.at(first)).to.equal(model.get(first));
          expect(retained.at(first - 1)).to.equal(undefined);
          expect(retained.at(last + 1)).to.equal(undefined);
          expect(retained.slice(first - 5, 3)).to.deep.equal([...model.values()].slice(0, 3));
          expect(retained.slice(last, 10)).to.deep.equal(model.size > 0 ? [`t${last}`] : []);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('number on from elsewhere only while empty', () => {
    const retained = new RetainedEvents(1);
    retained.skipTo(10);
    expect(retained.firstSeq).to.equal(11);
    retained.push('a');
    retained.skipTo(50);
    expect(retained.lastSeq).to.equal(11);
  });
});
