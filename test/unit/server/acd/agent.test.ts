/** The life of an agent: seats, phones, offers that fail, what is asked for during a contact, wrap-up. */
import { expect } from 'chai';
import { agent, Bench, lines, queue, site } from './site.ts';

describe('an agent', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(
      site(
        [queue('q')],
        [
          agent('101', ['q']),
          agent('102', ['q'], { wrapUp: { mode: 'none' } }),
          agent('103', ['q'], { wrapUp: { mode: 'until-released' } }),
          agent('104', ['q'], { phoneId: 'tied', wrapUp: { mode: 'none' } }),
        ],
        ['p1', 'p2', 'p3', 'tied'],
      ),
    );
  });
  const register = (phoneId: string) => bench.do({ type: 'phone.registered', phoneId, transport: 'udp' });
  const unregister = (phoneId: string) =>
    bench.do({ type: 'phone.unregistered', phoneId, reason: 'expired' });
  const login = (agentId: string, phoneId: string) =>
    bench.do({ type: 'agent.login', agentId, phoneId, how: 'feature-code' });
  const talk = (agentId: string, phoneId: string, contactId = 'c1') => {
    bench.seat(agentId, phoneId);
    bench.call(contactId, 'q');
    bench.answer(contactId);
  };

  it('logs in at a registered phone, Not Ready until it says otherwise', () => {
    expect(login('101', 'p1').ignored).to.equal('phone-not-registered');
    expect(login('101', 'p9').ignored).to.equal('unknown-phone');
    expect(login('999', 'p1').ignored).to.equal('unknown-agent');
    register('p1');
    expect(lines(login('101', 'p1').events)).to.deep.equal([
      'agent.logged-in 101',
      '101 logged-out>not-ready just-logged-in',
    ]);
    expect(bench.acd.agent('101')).to.include({ isSystemReason: true, phoneId: 'p1' });
    expect(bench.acd.agentAtPhone('p1')?.id).to.equal('101');
    expect(login('101', 'p1').ignored).to.equal('already-so');
    expect(lines(bench.do({ type: 'agent.ready', agentId: '101' }).events)).to.deep.equal([
      '101 not-ready>ready',
    ]);
    bench.pass(60_000);
    const out = bench.do({ type: 'agent.logout', agentId: '101', reason: 'asked' }).events;
    expect(lines(out)).to.deep.equal(['101 ready>logged-out asked', 'agent.logged-out 101']);
    expect(out[1]?.data).to.deep.equal({ reason: 'asked', loggedInMs: 60_000 });
    expect(bench.acd.agentAtPhone('p1')).to.equal(undefined);
  });

  it('tied to a phone is Ready as soon as that registers, unless somebody sits there', () => {
    expect(lines(register('tied').events)).to.deep.equal([
      'phone.registered',
      'agent.logged-in 104',
      '104 logged-out>ready',
    ]);
    bench.do({ type: 'agent.logout', agentId: '104', reason: 'asked' });
    login('101', 'tied');
    unregister('tied');
    expect(bench.agentState('101')).to.equal('unreachable:phone-unreachable');
    register('tied');
    expect(bench.agentState('104')).to.equal('logged-out:asked');
    expect(bench.agentState('101')).to.equal('not-ready:just-logged-in');
  });

  it('moves to another phone, and the last one to sit down has the seat', () => {
    register('p2');
    bench.seat('101', 'p1');
    expect(lines(login('101', 'p2').events)).to.deep.equal([
      '101 ready>logged-out moved',
      'agent.logged-out 101',
      'agent.logged-in 101',
      '101 logged-out>not-ready just-logged-in',
    ]);
    expect(lines(login('102', 'p2').events)).to.deep.equal([
      '101 not-ready>logged-out seat-taken',
      'agent.logged-out 101',
      'agent.logged-in 102',
      '102 logged-out>not-ready just-logged-in',
    ]);
  });

  it('is not torn out of a contact by a log-in, its own or another agent’s', () => {
    register('p2');
    talk('101', 'p1');
    expect(login('101', 'p2').ignored).to.equal('not-allowed-in-state');
    expect(login('102', 'p1').ignored).to.equal('phone-in-use');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(login('101', 'p2').ignored).to.equal('not-allowed-in-state');
    expect(login('102', 'p1').ignored).to.equal('phone-in-use');
    bench.pass(10_000);
    expect(login('102', 'p1').ignored).to.equal(undefined);
  });

  it('does not answer (RONA): Not Ready by the system, and the contact goes to the next at once', () => {
    bench.seat('101', 'p1');
    bench.pass(1_000);
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    expect(bench.acd.agent('101')?.until).to.equal(bench.at + 15_000);
    bench.do({ type: 'offer.alerted', offerId: 'c1.1' });
    expect(lines(bench.pass(15_000))).to.deep.equal([
      'offer.withdrawn c1 rona',
      '101 ringing>not-ready rona',
      'contact.offered c1 to 102',
      '102 ready>reserved',
    ]);
    expect(bench.acd.agent('101')).to.include({ isSystemReason: true });
    expect(bench.do({ type: 'offer.accepted', offerId: 'c1.1' }).ignored).to.equal('unknown-offer');
  });

  it('rejects, or cannot be reached', () => {
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.do({ type: 'offer.failed', offerId: 'c1.1', reason: 'rejected' });
    expect(bench.agentState('101')).to.equal('not-ready:offer-rejected');
    bench.do({ type: 'agent.ready', agentId: '101' });
    bench.do({ type: 'offer.failed', offerId: 'c1.2', reason: 'phone-unreachable' });
    expect(bench.agentState('101')).to.equal('unreachable:phone-unreachable');
    // The registration never went away: a refresh, or the agent's own *12, proves the phone is there.
    expect(lines(register('p1').events)).to.include('101 unreachable>ready');
    expect(bench.acd.contact('c1')?.offerId).to.equal('c1.3');
    bench.do({ type: 'offer.failed', offerId: 'c1.3', reason: 'phone-unreachable' });
    expect(lines(bench.do({ type: 'agent.ready', agentId: '101' }).events)).to.include(
      '101 unreachable>ready',
    );
  });

  it('gets an interrupted offer again, in its old place', () => {
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    expect(lines(bench.do({ type: 'offers.interrupt', offerIds: ['c1.1', 'gone.1'] }).events)).to.deep.equal([
      'offer.withdrawn c1 interrupted',
      '101 reserved>ready',
      'contact.offered c1 to 101',
      '101 ready>reserved',
    ]);
  });

  it('turns away while its phone rings: the contact goes to the next one, now', () => {
    bench.seat('101', 'p1');
    bench.pass(1);
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    expect(
      lines(bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' }).events),
    ).to.deep.equal([
      'offer.withdrawn c1 agent-left',
      '101 reserved>not-ready break',
      'contact.offered c1 to 102',
      '102 ready>reserved',
    ]);
    expect(lines(bench.do({ type: 'agent.logout', agentId: '102', reason: 'asked' }).events)).to.deep.equal([
      'offer.withdrawn c1 agent-left',
      '102 reserved>logged-out asked',
      'agent.logged-out 102',
    ]);
    expect(bench.acd.contact('c1')?.state).to.equal('waiting');
  });

  it('keeps what it asked for during a contact until its wrap-up is over', () => {
    talk('101', 'p1');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' });
    expect(bench.acd.agent('101')?.pending).to.deep.equal({ to: 'not-ready', reason: 'lunch' });
    expect(bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' }).ignored).to.equal(
      'already-so',
    );
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(bench.agentState('101')).to.equal('wrap-up');
    expect(lines(bench.pass(10_000))).to.deep.equal(['101 wrap-up>not-ready lunch']);
    bench.do({ type: 'agent.ready', agentId: '101' });
    bench.call('c2', 'q');
    bench.answer('c2');
    bench.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'bye' });
    expect(bench.agentState('101')).to.equal('wrap-up');
    expect(lines(bench.pass(10_000))).to.deep.equal(['101 wrap-up>logged-out asked', 'agent.logged-out 101']);
  });

  it('changes its mind', () => {
    talk('102', 'p2');
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'lunch' });
    bench.do({ type: 'agent.ready', agentId: '102' });
    expect(bench.do({ type: 'agent.ready', agentId: '102' }).ignored).to.equal('already-so');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(bench.agentState('102')).to.equal('ready');
  });

  it('wraps up until released, by *14 or by Ready; never cut short by anything else', () => {
    talk('103', 'p3');
    expect(bench.do({ type: 'agent.end-wrap-up', agentId: '103' }).ignored).to.equal('not-allowed-in-state');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(bench.acd.agent('103')).to.not.have.property('until');
    bench.pass(3_600_000);
    bench.do({ type: 'agent.not-ready', agentId: '103', reason: 'break' });
    bench.call('c2', 'q');
    expect(bench.agentState('103')).to.equal('wrap-up');
    bench.do({ type: 'agent.end-wrap-up', agentId: '103' });
    expect(bench.agentState('103')).to.equal('not-ready:break');
    bench.do({ type: 'agent.ready', agentId: '103' });
    bench.answer('c2');
    bench.do({ type: 'agent.not-ready', agentId: '103', reason: 'break' });
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'bye' });
    bench.do({ type: 'agent.ready', agentId: '103' });
    expect(bench.agentState('103')).to.equal('ready');
  });

  it('loses its phone while idle, and comes back to where it was', () => {
    bench.seat('101', 'p1');
    unregister('p1');
    expect(bench.agentState('101')).to.equal('unreachable:phone-unreachable');
    expect(bench.do({ type: 'agent.ready', agentId: '101' }).ignored).to.equal('phone-not-registered');
    expect(lines(register('p1').events)).to.deep.equal(['phone.registered', '101 unreachable>ready']);
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' });
    unregister('p1');
    expect(lines(register('p1').events)).to.deep.equal([
      'phone.registered',
      '101 unreachable>not-ready lunch',
    ]);
    unregister('p1');
    bench.do({ type: 'agent.ready', agentId: '101' });
    register('p1');
    expect(bench.agentState('101')).to.equal('ready');
    unregister('p1');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'supervisor', isSystemReason: true });
    register('p1');
    expect(bench.acd.agent('101')).to.include({
      state: 'not-ready',
      reason: 'supervisor',
      isSystemReason: true,
    });
  });

  it('loses its phone while it rings: the contact waits on, the agent is Unreachable', () => {
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    expect(lines(unregister('p1').events)).to.deep.equal([
      'phone.unregistered',
      'offer.withdrawn c1 phone-unreachable',
      '101 reserved>unreachable phone-unreachable',
    ]);
    expect(lines(register('p1').events)).to.deep.equal([
      'phone.registered',
      '101 unreachable>ready',
      'contact.offered c1 to 101',
      '101 ready>reserved',
    ]);
  });

  it('loses its registration in a talk: nothing until wrap-up is over, then Unreachable', () => {
    talk('101', 'p1');
    expect(lines(unregister('p1').events)).to.deep.equal(['phone.unregistered']);
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(lines(bench.pass(10_000))).to.deep.equal(['101 wrap-up>unreachable phone-unreachable']);
    talk('102', 'p2', 'c2');
    unregister('p2');
    register('p2');
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'bye' });
    expect(bench.agentState('102')).to.equal('ready');
  });

  it('changes its Not Ready reason; Not Ready or Ready while logged out is refused', () => {
    bench.seat('101', 'p1');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    expect(
      lines(bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' }).events),
    ).to.deep.equal(['101 not-ready>not-ready lunch']);
    expect(bench.do({ type: 'agent.ready', agentId: '102' }).ignored).to.equal('not-allowed-in-state');
    expect(bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'x' }).ignored).to.equal(
      'not-allowed-in-state',
    );
    expect(bench.do({ type: 'agent.logout', agentId: '102', reason: 'x' }).ignored).to.equal('already-so');
    expect(unregister('p3').ignored).to.equal('already-so');
    expect(unregister('p9').ignored).to.equal('unknown-phone');
    expect(register('p9').ignored).to.equal('unknown-phone');
    expect(register('p1').ignored).to.equal('already-so');
    expect(bench.acd.registeredPhones()).to.deep.equal(['p1']);
  });

  it('reports the time spent in each state', () => {
    bench.seat('101', 'p1');
    bench.pass(7_000);
    const [, , change] = bench.call('c1', 'q');
    expect(change?.type === 'agent.state-changed' && change.data.forMs).to.equal(7_000);
    expect(change).to.include({ contactId: 'c1', queueId: 'q' });
  });
});

describe('policies for agents', () => {
  const rings = (bench: Bench, contactId: string) => {
    bench.call(contactId, 'q');
    return bench.pass(15_000);
  };

  it('take an agent out of the way after so many offers not answered in a row, not before (RONA)', () => {
    const rules = { rona: { after: 3, becomes: 'logged-out' as const }, maxWaitMs: 0, announceEveryMs: 0 };
    const bench = new Bench(site([queue('q', rules)], [agent('101', ['q'])], ['p1']));
    bench.seat('101', 'p1');
    expect(lines(rings(bench, 'c1')).slice(0, 2)).to.deep.equal([
      'offer.withdrawn c1 rona',
      '101 reserved>ready rona',
    ]);
    expect(bench.acd.contact('c1')?.agentId, 'asked again, being alone').to.equal('101');
    bench.answer('c1');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    bench.do({ type: 'agent.end-wrap-up', agentId: '101' });
    rings(bench, 'c2');
    bench.pass(15_000);
    expect(bench.agentState('101'), 'two in a row since the answer').to.equal('reserved');
    bench.pass(15_000);
    expect(bench.agentState('101')).to.equal('logged-out:rona');
    expect(bench.acd.contact('c2')?.state).to.equal('waiting');
  });

  it('put an agent who let it ring behind those who did not', () => {
    const rules = { rona: { after: 5, becomes: 'not-ready' as const } };
    const bench = new Bench(
      site([queue('q', rules)], [agent('101', ['q']), agent('102', ['q'])], ['p1', 'p2']),
    );
    bench.seat('101', 'p1');
    bench.seat('102', 'p2');
    expect(lines(rings(bench, 'c1'))).to.include('contact.offered c1 to 102');
    expect(bench.agentState('101')).to.equal('ready');
  });

  it('give more time for wrap-up, as often as the agent’s rules allow', () => {
    const wrapUp = { mode: 'timed', ms: 10_000, extendMs: 5_000, extensions: 2 } as const;
    const bench = new Bench(site([queue('q')], [agent('101', ['q'], { wrapUp })], ['p1']));
    bench.seat('101', 'p1');
    const more = () => bench.do({ type: 'agent.extend-wrap-up', agentId: '101' }).ignored;
    expect(more()).to.equal('not-allowed-in-state');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    bench.pass(9_000);
    expect([more(), more(), more()]).to.deep.equal([undefined, undefined, 'limit-reached']);
    bench.pass(10_999);
    expect(bench.agentState('101')).to.equal('wrap-up:extended');
    bench.pass(1);
    expect(bench.agentState('101')).to.equal('ready');
    const spent = bench.log.flatMap((e) =>
      e.type === 'agent.state-changed' && e.data.from === 'wrap-up' ? [e.data.forMs] : [],
    );
    expect(
      spent.reduce((sum, ms) => sum + ms, 0),
      'all of it counts as wrap-up',
    ).to.equal(20_000);
    bench.call('c2', 'q');
    bench.answer('c2');
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'bye' });
    expect(more(), 'counted anew for each').to.equal(undefined);
  });
});
