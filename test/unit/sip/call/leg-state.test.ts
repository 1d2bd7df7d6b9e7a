import { expect } from 'chai';
import { nextLegState, type LegSignal, type LegState } from '../../../../sip/call/leg-state.ts';

const run = (from: LegState, ...signals: LegSignal[]) =>
  signals.reduce<LegState | undefined>(
    (state, signal) => (state ? nextLegState(state, signal) : undefined),
    from,
  );

describe('leg state', () => {
  it('takes an incoming leg from arrival to its end', () => {
    expect(run('arrived', 'answer', 'sent', 'gone')).to.equal('ended');
    expect(run('arrived', 'gone')).to.equal('ended');
    expect(run('arrived', 'answer', 'gone')).to.equal('ended');
  });
  it('takes an outgoing leg from dialing to its end', () => {
    expect(run('dialing', 'ring', 'accept', 'gone')).to.equal('ended');
    expect(run('dialing', 'accept')).to.equal('up');
    expect(run('alerting', 'close', 'gone')).to.equal('ended');
  });
  it('lets no answer revive what was given up, and nothing happen after the end', () => {
    expect(run('closing', 'accept')).to.equal(undefined);
    expect(run('arrived', 'sent')).to.equal(undefined);
    for (const signal of ['answer', 'sent', 'ring', 'accept', 'close', 'gone'] as const)
      expect(nextLegState('ended', signal)).to.equal(undefined);
  });
});
