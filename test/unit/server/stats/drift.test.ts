/** What explains a change of a mean: against a change worked out by hand, and the law that the parts are the whole. */
import { expect } from 'chai';
import fc from 'fast-check';
import { countNames, type FigureCounts, type FigureName } from '../../../../server/contract/figures.ts';
import { driftOf, driftRatios, type Weighed } from '../../../../server/stats/drift.ts';
import { figureOf } from '../../../../server/stats/figure-values.ts';

const weighed = (rows: Record<string, [mean: number, weight: number]>) =>
  new Map(Object.entries(rows).map(([key, [mean, weight]]) => [key, { sum: mean * weight, weight }]));

describe('what explains a change', () => {
  it('tells slower work from more work for the slow', () => {
    // 100 s to 132 s: Ada is 40 s slower; of Bob, who is slow, there is more.
    const drift = driftOf(
      weighed({ ada: [80, 50], bob: [120, 50] }),
      weighed({ ada: [120, 40], bob: [140, 60] }),
    )!;
    expect([drift.base, drift.now, drift.change]).to.deep.equal([100, 132, 32]);
    const [ada, bob] = drift.members;
    expect([ada!.key, bob!.key]).to.deep.equal(['ada', 'bob']);
    // 40 x (0.5 + 0.4) / 2; (0.4 - 0.5) x (100 - 116).
    expect(ada!.rate).to.be.closeTo(18, 1e-9);
    expect(ada!.mix).to.be.closeTo(1.6, 1e-9);
    // 20 x (0.5 + 0.6) / 2; (0.6 - 0.5) x (130 - 116).
    expect(bob!.rate).to.be.closeTo(11, 1e-9);
    expect(bob!.mix).to.be.closeTo(1.4, 1e-9);
  });

  it('takes whoever is in one window alone as share alone', () => {
    const drift = driftOf(weighed({ ada: [100, 10] }), weighed({ ada: [100, 10], new: [200, 10] }))!;
    expect(drift.change).to.equal(50);
    expect(drift.members.map(({ rate }) => rate)).to.deep.equal([0, 0]);
    expect(drift.members.reduce((sum, { mix }) => sum + mix, 0)).to.be.closeTo(50, 1e-9);
  });

  it('has nothing to explain without a mean', () => {
    expect(driftOf(new Map(), weighed({ ada: [100, 10] }))).to.equal(undefined);
    expect(driftOf(weighed({ ada: [100, 10] }), weighed({ ada: [0, 0] }))).to.equal(undefined);
  });

  it('adds up to the whole change, whatever came', () => {
    // Sums without weight are among them: a wrap-up may be counted after its contact.
    const one = fc.record<Weighed>({
      sum: fc.integer({ min: 0, max: 3_600 }),
      weight: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000 })),
    });
    const window = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), one, { minKeys: 1 });
    let explained = 0;
    fc.assert(
      fc.property(window, window, (base, now) => {
        const drift = driftOf(new Map(Object.entries(base)), new Map(Object.entries(now)));
        if (!drift) return;
        explained += 1;
        const sum = drift.members.reduce((whole, { rate, mix }) => whole + rate + mix, 0);
        expect(Math.abs(sum - drift.change)).to.be.lessThan(1e-9 * Math.max(1, drift.base, drift.now));
      }),
      { numRuns: 2000 },
    );
    expect(explained).to.be.greaterThan(500);
  });

  it('takes each figure apart into what its formula is made of', () => {
    const counts = Object.fromEntries(
      countNames.map((name, index) => [name, 1000 + index * 37]),
    ) as FigureCounts;
    for (const [name, { sum, weight, counts: read }] of Object.entries(driftRatios)) {
      expect(sum(counts) / weight(counts), name).to.equal(figureOf(name as FigureName, counts, 'site'));
      expect(read.length, name).to.be.greaterThan(1);
    }
  });
});
