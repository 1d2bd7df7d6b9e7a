import { expect } from 'chai';
import { LegTable } from '../../../../sip/call/leg-table.ts';
import { newLeg, type Leg } from '../../../../sip/call/leg.ts';

const arriving = (id: string, dialled: string, trunkId?: string): Leg => ({
  ...newLeg(id, 'in', '127.0.0.1'),
  incoming: {
    dialled,
    source: trunkId ? { kind: 'trunk', trunkId } : { kind: 'phone', phoneId: '1001' },
    pii: { from: 'x' },
  },
});

describe('table of legs', () => {
  it('counts the calls of a number and of a trunk, and forgets them when they go', () => {
    const legs = new LegTable();
    legs.set('a', arriving('a', '700', 't1'));
    legs.set('b', arriving('b', '700', 't2'));
    legs.set('c', arriving('c', '700'));
    legs.set('out', newLeg('out', 'out', '127.0.0.1'));
    expect([legs.ofNumber('700'), legs.ofTrunk('t1'), legs.ofTrunk('t2')]).to.deep.equal([3, 1, 1]);
    expect(legs.delete('a')).to.equal(true);
    expect(legs.delete('a')).to.equal(false);
    expect([legs.ofNumber('700'), legs.ofTrunk('t1'), legs.size]).to.deep.equal([2, 0, 3]);
  });

  it('counts a leg that is set again once', () => {
    const legs = new LegTable();
    legs.set('a', arriving('a', '700', 't1'));
    legs.set('a', arriving('a', '701', 't1'));
    expect([legs.ofNumber('700'), legs.ofNumber('701'), legs.ofTrunk('t1')]).to.deep.equal([0, 1, 1]);
  });
});
