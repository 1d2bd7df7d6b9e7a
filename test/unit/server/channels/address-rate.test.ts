import { expect } from 'chai';
import { AddressRate, addressesKnown } from '../../../../server/channels/address-rate.ts';

describe('the rate of an address', () => {
  const setUp = (burst: number, perMinute: number) => {
    const clock = { ms: 0 };
    return { clock, rate: new AddressRate({ burst, perMinute }, () => clock.ms) };
  };

  it('lets a burst pass, then so many a minute, and says when to come again', () => {
    const { clock, rate } = setUp(5, 3);
    expect([1, 2, 3, 4, 5].map(() => rate.take('a'))).to.deep.equal([0, 0, 0, 0, 0]);
    expect(rate.take('a')).to.equal(20);
    clock.ms += 19_000;
    expect(rate.take('a')).to.equal(1);
    clock.ms += 1000;
    expect(rate.take('a')).to.equal(0);
    expect(rate.take('a')).to.equal(20);
  });

  it('keeps its word to whoever asks too soon', () => {
    const { clock, rate } = setUp(1, 6);
    expect(rate.take('a')).to.equal(0);
    for (let sec = 1; sec < 10; sec++) {
      clock.ms += 1000;
      expect(rate.take('a'), `after ${sec} s`).to.equal(10 - sec);
    }
    clock.ms += 1000;
    expect(rate.take('a')).to.equal(0);
  });

  it('counts each address by itself, and never more than a burst together', () => {
    const { clock, rate } = setUp(2, 60);
    expect([rate.take('a'), rate.take('a'), rate.take('b')]).to.deep.equal([0, 0, 0]);
    expect(rate.take('a')).to.be.above(0);
    clock.ms += 3_600_000;
    expect([rate.take('a'), rate.take('a')]).to.deep.equal([0, 0]);
    expect(rate.take('a')).to.be.above(0);
  });

  it('knows a bounded number of addresses; the one unseen for longest is forgotten', () => {
    const { rate } = setUp(1, 1);
    rate.take('first');
    rate.take('second');
    for (let i = 0; i < addressesKnown - 2; i++) rate.take(`other ${i}`);
    expect(rate.take('first'), 'still known').to.be.above(0);
    rate.take('one more');
    expect(rate.take('second'), 'forgotten').to.equal(0);
    expect(rate.take('first'), 'was heard of meanwhile').to.be.above(0);
  });
});
