/** 10,000 of 10,000 decisions, made again from the log alone, come out equal (N4). */
import { expect } from 'chai';
import { replayDecisions } from '../../../../server/acd/replay.ts';
import { createAcd } from '../../../../server/acd/engine.ts';
import type { AcdCommand } from '../../../../server/acd/types.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { agent, Bench, queue, site, type WithoutTime } from './site.ts';
import { randomSource } from '../../../support/random-source.ts';
import { World } from './world.ts';

/** A busy day: calls come, are answered or not, end; agents rest now and then. */
function busyDay(offers: number): EventDraft[] {
  const random = randomSource(99);
  const below = (n: number) => Math.floor(random() * n);
  const acd = createAcd();
  const log: EventDraft[] = [];
  let at = 1_000_000;
  let made = 0;
  const run = (command: WithoutTime) => {
    const { events } = acd.handle({ ...command, at } as AcdCommand);
    for (const event of events) if (event.type === 'contact.offered') made += 1;
    log.push(...events);
  };
  const queueIds = ['q0', 'q1', 'q2', 'q3'];
  const agents = Array.from({ length: 30 }, (_, i) =>
    agent(`${100 + i}`, [`q${i % 4}`, `q${(i + 1) % 4}`], { wrapUp: { mode: 'timed', ms: 3_000 } }),
  );
  const phones = agents.map(({ id }) => `p${id}`);
  run({
    type: 'site.apply',
    site: site(
      queueIds.map((id) => queue(id)),
      agents,
      phones,
    ),
  });
  for (const { id } of agents) {
    run({ type: 'phone.registered', phoneId: `p${id}`, transport: 'udp' });
    run({ type: 'agent.login', agentId: id, phoneId: `p${id}`, how: 'web' });
    run({ type: 'agent.ready', agentId: id });
  }
  for (let i = 0; made < offers; i++) {
    at += below(400);
    run({ type: 'tick' });
    const contactId = `c${i}`;
    const queueId = queueIds[below(4)] ?? 'q0';
    run({ type: 'contact.arrive', contactId, channel: 'voice', queueId, numberId: '5', language: 'en' });
    run({ type: 'contact.enqueue', contactId, priority: below(10) === 0 ? 1 : 0 });
    const { id } = agents[below(agents.length)] ?? { id: '100' };
    const busy = acd.agent(id)?.contactId;
    const offerId = busy === undefined ? undefined : acd.contact(busy)?.offerId;
    if (offerId !== undefined && acd.contact(busy ?? '')?.state === 'offered')
      run(
        random() < 0.9
          ? { type: 'offer.accepted', offerId }
          : { type: 'offer.failed', offerId, reason: 'rejected' },
      );
    else if (busy !== undefined) run({ type: 'contact.leave', contactId: busy, reason: 'bye' });
    if (acd.agent(id)?.state === 'not-ready') run({ type: 'agent.ready', agentId: id });
    if (random() < 0.2) run({ type: 'contact.leave', contactId: `c${below(i + 1)}`, reason: 'gave-up' });
  }
  return log;
}

/** Three agents of one line, and a supervisor who takes back every second text that is worked on. */
function takenBack(contacts: number): EventDraft[] {
  const bench = new Bench(
    site(
      [queue('first')],
      ['101', '102', '103'].map((id) => agent(id, ['first'])),
      [],
    ),
  );
  const random = randomSource(7);
  for (const agentId of ['101', '102', '103']) {
    bench.do({ type: 'agent.login', agentId, how: 'web' });
    bench.do({ type: 'agent.ready', agentId });
  }
  for (let i = 0; i < contacts; i++) {
    bench.pass(Math.floor(random() * 9_000));
    const contactId = `c${i}`;
    const channel = random() < 0.5 ? 'chat' : 'mail';
    const to = { queueId: 'first', numberId: '5000', language: 'en' };
    bench.do({ type: 'contact.arrive', contactId, channel, ...to });
    bench.do({ type: 'contact.enqueue', contactId });
    for (const { id, state, offerId } of Array.from(bench.acd.contacts())) {
      if (state === 'offered') bench.do({ type: 'offer.accepted', offerId: offerId ?? '' });
      else if (state !== 'connected') continue;
      else if (random() < 0.25) bench.do({ type: 'contact.transfer', contactId: id, to: { back: true } });
      else if (random() < 0.3) bench.do({ type: 'contact.agent-hung-up', contactId: id, reason: 'closed' });
    }
  }
  return bench.log;
}

describe('decisions made again', function () {
  this.timeout(60_000);

  it('come out equal, 10,000 of 10,000', () => {
    const log = JSON.parse(JSON.stringify(busyDay(10_000))) as EventDraft[];
    let equal = 0;
    const triggers = new Set<string>();
    for (const { recorded, replayed, offerId } of replayDecisions(log)) {
      if (JSON.stringify(replayed) !== JSON.stringify(recorded))
        expect(replayed, offerId).to.deep.equal(recorded);
      triggers.add(recorded.trigger);
      equal += 1;
    }
    expect(equal).to.be.at.least(10_000);
    expect([...triggers].sort()).to.deep.equal(['agent', 'contact']);
  });

  it('come out equal where phones vanish and the site changes, from a snapshot on', () => {
    let count = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World(seed + 9000);
      for (let step = 0; step < 100; step++) {
        world.at += world.below(1_000);
        world.run(world.draw());
      }
      const snapshot: unknown = JSON.parse(JSON.stringify(world.acd.toSnapshot()));
      const from = world.log.length;
      for (let step = 0; step < 200; step++) {
        world.at += world.below(1_000);
        world.run(world.draw());
      }
      for (const { recorded, replayed, offerId } of replayDecisions(world.log.slice(from), snapshot)) {
        expect(replayed, `seed ${seed} ${offerId}`).to.deep.equal(recorded);
        count += 1;
      }
    }
    expect(count).to.be.greaterThan(50);
  });

  it('come out equal where chats and mails are taken out of agents’ hands', () => {
    const log = JSON.parse(JSON.stringify(takenBack(300))) as EventDraft[];
    const returned = log.filter(({ type }) => type === 'contact.transferred').length;
    let withoutGiver = 0;
    for (const { recorded, replayed, offerId } of replayDecisions(log)) {
      expect(replayed, offerId).to.deep.equal(recorded);
      const { demand } = recorded;
      if (typeof demand === 'object' && demand.notAgentId !== undefined) withoutGiver += 1;
    }
    expect(returned).to.be.greaterThan(100);
    expect(withoutGiver).to.be.greaterThan(50);
    const again = createAcd();
    for (const event of log) again.apply(event);
    again.assertInvariants();
    // What the log alone makes of it goes on as if nothing had been.
    const [given] = [...again.contacts()].filter(({ state }) => state === 'connected');
    const at = (log.at(-1)?.at ?? 0) + 1;
    const command: AcdCommand = {
      type: 'contact.transfer',
      at,
      contactId: given?.id ?? '',
      to: { back: true },
    };
    expect(again.handle(command).ignored).to.equal(undefined);
  });

  it('show a record that was tampered with', () => {
    const log = busyDay(50);
    const offers = log.flatMap((event) => (event.type === 'contact.offered' ? [event] : []));
    const forged = offers[20];
    if (!forged) throw new Error('no offer');
    forged.data.decision = { ...forged.data.decision, chosen: '999' };
    const different = [...replayDecisions(log)].filter(
      ({ recorded, replayed }) => recorded.chosen !== replayed?.chosen,
    );
    expect(different.map(({ offerId }) => offerId)).to.deep.equal([forged.data.offerId]);
  });
});
