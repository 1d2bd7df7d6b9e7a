/** How contacts leave a queue by its rules (M3, S47), the emergency switch (M4), and the estimate of the wait. */
import { expect } from 'chai';
import type { AcdQueue } from '../../../../server/acd/types.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

const toQueue = (queueId: string) => ({ kind: 'queue', queueId }) as const;

/** Agents 101, 102 in `a`; 201 in `b`; nobody seated. */
const house = (a: Partial<AcdQueue>, b: Partial<AcdQueue> = {}) =>
  new Bench(
    site(
      [queue('a', { announceEveryMs: 0, ...a }), queue('b', { announceEveryMs: 0, ...b })],
      [agent('101', ['a']), agent('102', ['a']), agent('201', ['b'])],
      ['p1', 'p2', 'p3'],
    ),
  );
const flowed = (bench: Bench) =>
  bench.log.flatMap((event) =>
    event.type === 'contact.flowed-out'
      ? [`${event.contactId} ${event.queueId} ${event.data.reason} ${event.data.target}`]
      : [],
  );

// A mail hears nothing.
describe('a mail and flow-out', () => {
  const rules = (changes: object) =>
    new Bench(site([queue('q', { maxLength: 1, maxWaitMs: 5_000, ...changes }), queue('other')], [], []));
  const arrive = (bench: Bench, contactId: string, channel: 'mail' | 'chat') => {
    const at = { queueId: 'q', numberId: 'mail:help', language: 'en' };
    bench.do({ type: 'contact.arrive', contactId, channel, ...at });
    bench.do({ type: 'contact.enqueue', contactId });
  };

  it('stays where a message or a number is the only way, whatever the rule', () => {
    const message = { kind: 'message', prompt: 'sorry' } as const;
    const whens = ['no-agents', 'max-wait', 'emergency'] as const;
    const bench = rules({ overflow: whens.map((when) => ({ when, to: message })) });
    arrive(bench, 'mail', 'mail');
    arrive(bench, 'second', 'mail');
    arrive(bench, 'chat', 'chat');
    bench.do({ type: 'emergency.switch', isOn: true, by: 'test' });
    bench.pass(60_000);
    expect(bench.acd.contact('mail')?.state).to.equal('waiting');
    expect(bench.acd.contact('second')?.state).to.equal('waiting');
    expect(bench.acd.contact('chat')).to.include({ state: 'flowed-out', target: 'all-busy' });
  });

  it('goes to another queue, and once there stays', () => {
    const to = { kind: 'queue', queueId: 'other' } as const;
    const bench = rules({ overflow: [{ when: 'max-wait', to }] });
    arrive(bench, 'mail', 'mail');
    bench.pass(700_000);
    expect(bench.acd.contact('mail')).to.include({ state: 'waiting', queueId: 'other' });
  });
});

describe('flow-out', () => {
  it('by maximum wait to another queue keeps the time waited, and is one contact', () => {
    const bench = house({ maxWaitMs: 60_000, overflow: [{ when: 'max-wait', to: toQueue('b') }] });
    bench.call('c', 'a', 2);
    bench.pass(30_000);
    bench.call('later', 'b', 2);
    expect(lines(bench.pass(30_000))).to.deep.equal(['contact.flowed-out c max-wait', 'contact.queued c']);
    const queued = bench.log.at(-1);
    expect(queued).to.deep.include({ type: 'contact.queued', queueId: 'b', contactId: 'c' });
    expect(queued?.data).to.deep.equal({ channel: 'voice', priority: 2, position: 1, headStartMs: 60_000 });
    bench.seat('201', 'p3');
    expect(bench.acd.contact('c')?.agentId, 'before the one who came to b sooner').to.equal('201');
  });

  it('by length, by contacts for each agent, and to a message or a number', () => {
    const byLength = house({
      maxLength: 1,
      overflow: [{ when: 'max-length', to: { kind: 'number', number: '700' } }],
    });
    byLength.call('1', 'a');
    byLength.call('2', 'a');
    expect(flowed(byLength)).to.deep.equal(['2 a max-length number:700']);
    expect(byLength.do({ type: 'contact.enqueue', contactId: '2' }).ignored).to.equal('not-allowed-in-state');
    byLength.do({ type: 'contact.enqueue', contactId: '2', queueId: 'b' });
    expect(byLength.acd.contact('2')).to.include({ state: 'waiting', queueId: 'b' });

    const perAgent = house({
      overflow: [{ when: 'contacts-per-agent', above: 1, to: { kind: 'message', prompt: 'busy' } }],
    });
    perAgent.seat('101', 'p1');
    perAgent.seat('102', 'p2');
    for (const id of ['1', '2', '3', '4', '5']) perAgent.call(id, 'a');
    // Both ring, and those on offer wait still: the third is one too many for two agents.
    expect(flowed(perAgent)).to.deep.equal(['3', '4', '5'].map((id) => `${id} a contacts-per-agent busy`));
  });

  it('when no agent is logged in, and when all are Not Ready: at the door and for those who wait', () => {
    const bench = house({
      overflow: [
        { when: 'no-agents', to: toQueue('b') },
        { when: 'all-not-ready', to: { kind: 'message', prompt: 'pause' } },
      ],
    });
    bench.call('1', 'a');
    expect(flowed(bench)).to.deep.equal(['1 a no-agents queue:b']);
    bench.seat('101', 'p1');
    bench.call('x', 'a');
    bench.answer('x');
    bench.call('2', 'a');
    expect(bench.acd.contact('2')?.state, '101 talks, and will be back').to.equal('waiting');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    bench.do({ type: 'contact.leave', contactId: 'x', reason: 'bye' });
    bench.pass(10_000);
    expect(flowed(bench).slice(1)).to.deep.equal(['2 a all-not-ready pause']);
    bench.call('3', 'a');
    expect(flowed(bench).slice(2)).to.deep.equal(['3 a all-not-ready pause']);
    bench.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    bench.call('4', 'a');
    expect(flowed(bench).slice(3)).to.deep.equal(['4 a no-agents queue:b']);
  });

  it('never goes to and fro between two queues', () => {
    const rule = (queueId: string) => ({ overflow: [{ when: 'no-agents', to: toQueue(queueId) }] as const });
    const bench = house(rule('b'), rule('a'));
    bench.call('c', 'a');
    expect(flowed(bench)).to.deep.equal(['c a no-agents queue:b', 'c b no-agents all-busy']);
    expect(bench.acd.contact('c')?.state).to.equal('flowed-out');
  });

  it('by estimated wait, once the pace of the queue is known', () => {
    const bench = house({ overflow: [{ when: 'estimated-wait', aboveMs: 30_000, to: toQueue('b') }] });
    expect(bench.acd.estimatedWaitMs('a', bench.at)).to.equal(undefined);
    bench.seat('101', 'p1');
    bench.call('first', 'a');
    for (let i = 0; i < 6; i++) bench.call(`c${i}`, 'a');
    expect(flowed(bench), 'nothing is known yet').to.deep.equal([]);
    // One agent, 20 s a contact, wrap-up included.
    for (const id of ['first', 'c0', 'c1', 'c2', 'c3', 'c4', 'c5']) {
      bench.answer(id);
      bench.pass(10_000);
      bench.do({ type: 'contact.leave', contactId: id, reason: 'bye' });
      bench.pass(10_000);
    }
    bench.call('d0', 'a');
    bench.answer('d0');
    bench.call('d1', 'a');
    const estimate = bench.acd.estimatedWaitMs('a', bench.at) ?? 0;
    expect(estimate / 2).to.be.within(10_000, 20_000);
    bench.call('d2', 'a');
    bench.call('d3', 'a');
    expect(flowed(bench)).to.deep.equal(['d3 a estimated-wait queue:b']);
  });
});

describe('the emergency switch', () => {
  it('sends everybody out who waits, lets talk and ring be, and keeps out who comes, until it is off', () => {
    const bench = house({ overflow: [{ when: 'emergency', to: { kind: 'message', prompt: 'fire' } }] });
    bench.seat('101', 'p1');
    bench.seat('102', 'p2');
    bench.call('talks', 'a');
    bench.answer('talks');
    bench.call('rings', 'a');
    bench.call('waits', 'a');
    bench.call('other', 'b');
    bench.do({ type: 'emergency.switch', isOn: true, by: 'anna' });
    expect(flowed(bench)).to.deep.equal(['waits a emergency fire', 'other b emergency all-busy']);
    expect(bench.acd.emergencies()).to.deep.equal(['']);
    bench.do({ type: 'offer.failed', offerId: bench.offerOf('rings'), reason: 'rona' });
    expect(flowed(bench).at(-1)).to.equal('rings a emergency fire');
    bench.call('comes', 'a');
    expect(flowed(bench).at(-1)).to.equal('comes a emergency fire');
    expect(bench.acd.contact('talks')?.state).to.equal('connected');
    bench.do({ type: 'emergency.switch', isOn: false, by: 'anna' });
    expect(bench.do({ type: 'emergency.switch', isOn: false, by: 'anna' }).ignored).to.equal('already-so');
    bench.call('after', 'a');
    expect(bench.acd.contact('after')?.state).to.equal('waiting');
  });

  it('holds for one queue alone, survives a restart, and names what it does not know', () => {
    const bench = house({});
    bench.do({ type: 'emergency.switch', isOn: true, queueId: 'a', by: 'anna' });
    expect(bench.do({ type: 'emergency.switch', isOn: true, queueId: 'zzz', by: 'anna' }).ignored).to.equal(
      'unknown-queue',
    );
    bench.do({ type: 'site.apply', site: site([queue('b')], [], [], 2) });
    expect(
      bench.do({ type: 'emergency.switch', isOn: false, queueId: 'a', by: 'anna' }).ignored,
      'of a queue that is gone',
    ).to.equal(undefined);
    bench.do({ type: 'site.apply', site: site([queue('a'), queue('b')], [], [], 3) });
    bench.do({ type: 'emergency.switch', isOn: true, queueId: 'a', by: 'anna' });
    const later = new Bench(site([], [], []), JSON.parse(JSON.stringify(bench.acd.toSnapshot())));
    later.call('1', 'a');
    later.call('2', 'b');
    expect(flowed(later)).to.deep.equal(['1 a emergency all-busy']);
    expect(later.acd.contact('2')?.state).to.equal('waiting');
  });
});

describe('the estimate of the wait', () => {
  it('is told with the place, and no more when those told were far off', () => {
    const bench = house({ announceEveryMs: 10_000, maxWaitMs: 0 });
    const told = () => bench.log.findLast((event) => event.type === 'contact.announced')?.data.estimateMs;
    bench.seat('101', 'p1');
    const serve = (talkMs: number) => {
      const contactId = bench.acd.agent('101')?.contactId ?? 'nobody';
      bench.answer(contactId);
      bench.pass(talkMs);
      bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
      bench.do({ type: 'agent.end-wrap-up', agentId: '101' });
    };
    for (let i = 0; i < 40; i++) bench.call(`c${i}`, 'a');
    for (let i = 0; i < 8; i++) serve(12_000);
    bench.pass(10_000);
    expect(told()).to.be.a('number');
    // From here each takes many times as long: what was told is soon known to be wrong.
    for (let i = 0; i < 12; i++) serve(300_000);
    bench.pass(10_000);
    expect(told()).to.equal(undefined);
  });
});

describe('the ways out, taken to their ends', () => {
  const toNumber = { kind: 'number', number: '700' } as const;

  it('by way of a number back to the same queue is gone once, then the caller hears the message', () => {
    const bench = house({ overflow: [{ when: 'no-agents', to: toNumber }] });
    bench.call('c', 'a');
    bench.do({ type: 'contact.enqueue', contactId: 'c', queueId: 'a' });
    expect(flowed(bench)).to.deep.equal(['c a no-agents number:700', 'c a no-agents all-busy']);
  });

  it('follow the very rule that held, where two are of one kind', () => {
    const bench = house({
      overflow: [
        { when: 'contacts-per-agent', above: 3, to: toQueue('b') },
        { when: 'contacts-per-agent', above: 1, to: { kind: 'message', prompt: 'm' } },
      ],
    });
    bench.call('1', 'a');
    bench.call('2', 'a');
    expect(flowed(bench)).to.deep.equal(['2 a contacts-per-agent m']);
  });

  it('keep what a contact brought that was not let in', () => {
    const bench = house({ overflow: [{ when: 'no-agents', to: toQueue('b') }] });
    bench.arrive('c', 'a');
    const wishes = { priority: 5, headStartMs: 60_000, skills: { skill: 'loans', level: 2 } };
    bench.do({ type: 'contact.enqueue', contactId: 'c', ...wishes });
    const queued = bench.log.at(-1);
    expect(queued).to.deep.include({ type: 'contact.queued', queueId: 'b' });
    expect(queued?.data).to.deep.include(wishes);
  });

  it('count a head start once, however the contact comes to the next queue', () => {
    const bench = house({ maxWaitMs: 60_000, overflow: [{ when: 'max-wait', to: toNumber }] });
    bench.arrive('c', 'a');
    bench.do({ type: 'contact.enqueue', contactId: 'c', headStartMs: 120_000 });
    bench.pass(60_000);
    bench.do({ type: 'contact.enqueue', contactId: 'c', queueId: 'b', headStartMs: 120_000 });
    expect(bench.log.at(-1)?.data).to.deep.include({ headStartMs: 180_000 });
  });
});
