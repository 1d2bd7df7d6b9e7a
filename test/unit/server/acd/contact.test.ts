/** The life of a contact, command by command: what is emitted, in which order, and where everybody ends up. */
import { expect } from 'chai';
import { agent, Bench, lines, queue, site, types } from './site.ts';

const start = () =>
  site(
    [queue('q'), queue('r', { maxLength: 2 })],
    [
      agent('101', ['q']),
      agent('102', ['q', 'r'], { wrapUp: { mode: 'none' } }),
      agent('103', ['q'], { wrapUp: { mode: 'until-released' } }),
    ],
    ['p1', 'p2', 'p3'],
  );

describe('a contact', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(start());
  });

  it('goes from greeting to queue to agent to wrap-up to Ready', () => {
    bench.seat('101', 'p1');
    bench.pass(1_000);
    bench.arrive('c1', 'q');
    expect(bench.acd.contact('c1')).to.include({ state: 'greeting' });
    expect(lines(bench.do({ type: 'contact.enqueue', contactId: 'c1' }).events)).to.deep.equal([
      'contact.queued c1',
      'contact.offered c1 to 101',
      '101 ready>reserved',
    ]);
    const offerId = bench.offerOf('c1');
    expect(bench.acd.contactOfOffer(offerId)?.id).to.equal('c1');
    bench.pass(500);
    expect(lines(bench.do({ type: 'offer.alerted', offerId }).events)).to.deep.equal([
      'offer.alerted c1',
      '101 reserved>ringing',
    ]);
    bench.pass(2_000);
    const answered = bench.do({ type: 'offer.accepted', offerId }).events;
    expect(lines(answered)).to.deep.equal(['contact.answered c1', '101 ringing>talking']);
    expect(answered[0]?.data).to.deep.equal({
      offerId,
      phoneId: 'p1',
      waitMs: 2_500,
      ringMs: 2_000,
      inTarget: true,
    });
    bench.pass(60_000);
    bench.do({ type: 'contact.hold', contactId: 'c1' });
    expect(bench.agentState('101')).to.equal('hold');
    bench.pass(4_000);
    bench.do({ type: 'contact.resume', contactId: 'c1' });
    bench.pass(1_000);
    const ended = bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' }).events;
    expect(lines(ended)).to.deep.equal(['contact.ended c1 answered by customer', '101 talking>wrap-up']);
    expect(ended[0]?.data).to.include({ talkMs: 61_000, holdMs: 4_000 });
    expect(bench.acd.agent('101')?.until).to.equal(bench.at + 10_000);
    expect(lines(bench.pass(10_000))).to.deep.equal(['101 wrap-up>ready']);
    expect(bench.acd.contact('c1')).to.equal(undefined);
  });

  it('leaves in the greeting', () => {
    bench.arrive('c1', 'q');
    expect(
      lines(bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'cancel' }).events),
    ).to.deep.equal(['contact.ended c1 left-before-queue by customer']);
  });

  it('is refused outside opening hours, and says so', () => {
    bench.arrive('c1', 'q');
    const { events } = bench.do({
      type: 'contact.fail',
      contactId: 'c1',
      reason: 'closed',
      outcome: 'refused',
    });
    expect(lines(events)).to.deep.equal(['contact.ended c1 refused by system']);
  });

  it('gives up while waiting: short, in target, and late', () => {
    for (const [id, waitMs, isShort, inTarget] of [
      ['c1', 4_999, true, true],
      ['c2', 20_000, false, true],
      ['c3', 20_001, false, false],
    ] as const) {
      bench.call(id, 'q');
      bench.pass(waitMs);
      const { events } = bench.do({ type: 'contact.leave', contactId: id, reason: 'bye' });
      expect(lines(events)).to.deep.equal([
        `contact.abandoned ${id}`,
        `contact.ended ${id} abandoned by customer`,
      ]);
      expect(events[0]?.data).to.deep.equal({ waitMs, during: 'queue', isShort, inTarget });
    }
  });

  it('gives up while ringing: the offer goes first, and the agent keeps the place in longest idle', () => {
    bench.seat('101', 'p1');
    bench.pass(1_000);
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    bench.pass(1_000);
    const { events } = bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'cancel' });
    expect(lines(events)).to.deep.equal([
      'offer.withdrawn c1 contact-gone',
      '101 reserved>ready',
      'contact.abandoned c1',
      'contact.ended c1 abandoned by customer',
    ]);
    expect(events[2]?.data).to.include({ during: 'ringing' });
    expect(lines(bench.call('c2', 'q'))).to.include('contact.offered c2 to 101');
  });

  it('is cut off by a fault while waiting: abandoned in the accounting, failed in the outcome', () => {
    bench.call('c1', 'q');
    expect(
      lines(bench.do({ type: 'contact.fail', contactId: 'c1', reason: 'media-lost' }).events),
    ).to.deep.equal(['contact.abandoned c1', 'contact.ended c1 failed by system']);
    bench.seat('101', 'p1');
    bench.call('c2', 'q');
    expect(
      lines(bench.do({ type: 'contact.fail', contactId: 'c2', reason: 'media-lost' }).events),
    ).to.deep.equal([
      'offer.withdrawn c2 contact-gone',
      '101 reserved>ready',
      'contact.abandoned c2',
      'contact.ended c2 failed by system',
    ]);
  });

  it('is ended by the agent, or by a fault, while talking: answered all the same', () => {
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    bench.answer('c1');
    const hungUp = bench.do({ type: 'contact.agent-hung-up', contactId: 'c1', reason: 'bye' });
    expect(lines(hungUp.events)).to.deep.equal(['contact.ended c1 answered by agent', '102 talking>ready']);
    bench.call('c2', 'q');
    bench.answer('c2');
    const failed = bench.do({ type: 'contact.fail', contactId: 'c2', reason: 'media-lost' });
    expect(lines(failed.events)).to.include('contact.ended c2 answered by system');
  });

  it('counts an unfinished hold into the hold time', () => {
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.pass(3_000);
    bench.do({ type: 'contact.hold', contactId: 'c1' });
    bench.pass(7_000);
    const { events } = bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(events[0]?.data).to.include({ talkMs: 3_000, holdMs: 7_000 });
  });

  it('flows out when the queue is full, those on offer included, and ends when the message is over', () => {
    bench.seat('102', 'p2');
    bench.call('c1', 'r');
    expect(bench.acd.contact('c1')?.state).to.equal('offered');
    bench.call('c2', 'r');
    const full = bench.call('c3', 'r');
    expect(lines(full)).to.deep.equal(['contact.flowed-out c3 max-length']);
    expect(full[0]?.data).to.include({ target: 'all-busy', waitMs: 0 });
    expect(bench.acd.waiting('r')).to.equal(2);
    expect(
      lines(bench.do({ type: 'contact.finish', contactId: 'c3', reason: 'played' }).events),
    ).to.deep.equal(['contact.ended c3 flowed-out by system']);
  });

  it('has no limit where the site says 0', () => {
    bench = new Bench(site([queue('q', { maxLength: 0, maxWaitMs: 0, announceEveryMs: 0 })], [], []));
    for (let i = 0; i < 300; i++) bench.call(`c${i}`, 'q');
    expect(bench.acd.waiting('q')).to.equal(300);
    expect(bench.acd.nextDeadline()).to.equal(undefined);
  });

  it('flows out after its maximum wait, to the millisecond, and not while a phone rings', () => {
    bench.call('c1', 'q');
    expect(types(bench.pass(599_999))).to.not.include('contact.flowed-out');
    expect(lines(bench.pass(1))).to.include('contact.flowed-out c1 max-wait');
    bench.call('c2', 'q');
    bench.pass(595_000);
    bench.seat('101', 'p1');
    expect(types(bench.pass(10_000))).to.not.include('contact.flowed-out');
    expect(lines(bench.pass(5_000))).to.deep.equal([
      'offer.withdrawn c2 rona',
      '101 reserved>not-ready rona',
      'contact.flowed-out c2 max-wait',
    ]);
  });

  it('hears its place at the stated interval, and not while a phone rings', () => {
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    const announced = bench.pass(30_000);
    expect(announced.map((event) => [event.contactId, event.data])).to.deep.equal([
      ['c1', { position: 1, waiting: 2 }],
      ['c2', { position: 2, waiting: 2 }],
    ]);
    bench.pass(29_000);
    bench.seat('101', 'p1');
    expect(lines(bench.pass(2_000))).to.deep.equal(['contact.announced c2']);
    bench.do({ type: 'offer.failed', offerId: bench.offerOf('c1'), reason: 'rejected' });
    expect(lines(bench.pass(0))).to.deep.equal(['contact.announced c1']);
  });

  it('waits by priority, then by entry; a place is kept through an offer that fails', () => {
    bench.call('low', 'q');
    bench.call('low2', 'q');
    const urgent = bench.call('high', 'q', 5);
    expect(urgent[0]?.data).to.include({ position: 1, priority: 5 });
    expect(['high', 'low', 'low2'].map((id) => bench.acd.position(id))).to.deep.equal([1, 2, 3]);
    bench.seat('101', 'p1');
    expect(bench.acd.contact('high')?.state).to.equal('offered');
    expect(bench.acd.position('low')).to.equal(2);
    bench.do({ type: 'offer.failed', offerId: bench.offerOf('high'), reason: 'rejected' });
    expect(bench.acd.position('high')).to.equal(1);
    bench.seat('102', 'p2');
    expect(bench.acd.contact('high')?.state).to.equal('offered');
    expect(bench.acd.contact('high')?.offerId).to.equal('high.2');
  });

  it('answers what cannot be with a reason, and changes nothing', () => {
    bench.arrive('c1', 'q');
    const refused = [
      [{ type: 'contact.leave', contactId: 'nobody', reason: 'x' }, 'unknown-contact'],
      [{ type: 'contact.hold', contactId: 'c1' }, 'not-allowed-in-state'],
      [{ type: 'contact.resume', contactId: 'c1' }, 'not-allowed-in-state'],
      [{ type: 'contact.finish', contactId: 'c1', reason: 'x' }, 'not-allowed-in-state'],
      [{ type: 'contact.agent-hung-up', contactId: 'c1', reason: 'x' }, 'not-allowed-in-state'],
      [{ type: 'offer.accepted', offerId: 'c1.1' }, 'unknown-offer'],
      [{ type: 'offers.interrupt', offerIds: ['c1.1'] }, 'unknown-offer'],
    ] as const;
    const before = JSON.stringify(bench.acd.toSnapshot());
    for (const [command, ignored] of refused)
      expect(
        bench.do({
          ...command,
          ...('offerIds' in command ? { offerIds: [...command.offerIds] } : {}),
        } as Parameters<Bench['do']>[0]),
      ).to.deep.equal({ events: [], ignored });
    const again = { channel: 'voice', numberId: '5000', language: 'en' } as const;
    expect(bench.do({ type: 'contact.arrive', contactId: 'c1', queueId: 'q', ...again }).ignored).to.equal(
      'duplicate',
    );
    expect(bench.do({ type: 'contact.arrive', contactId: 'c2', queueId: 'x', ...again }).ignored).to.equal(
      'unknown-queue',
    );
    expect(JSON.stringify(bench.acd.toSnapshot())).to.equal(before);
    bench.do({ type: 'contact.enqueue', contactId: 'c1' });
    expect(bench.do({ type: 'contact.enqueue', contactId: 'c1' }).ignored).to.equal('not-allowed-in-state');
  });

  it('never lets time run backwards', () => {
    bench.call('c1', 'q');
    const newest = bench.at;
    bench.at -= 5_000;
    const { events } = bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(events.map((event) => event.at)).to.deep.equal([newest, newest]);
    expect(events[0]?.data).to.include({ waitMs: 0 });
  });
});
