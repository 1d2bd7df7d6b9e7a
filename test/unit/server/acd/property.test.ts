/**
 * 100,000 random events: callers, agents, phones, sites and time in every order. After each command the
 * invariants and the accounting identity hold; at random points the log alone, and a snapshot, give the same
 * engine, and re-deciding gives the same offer (N4). The generator is seeded: a failure names its seed.
 */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import type { Acd, AcdCommand } from '../../../../server/acd/types.ts';
import { type EventDraft, eventBodySchema } from '../../../../server/contract/events.ts';
import { World } from './world.ts';

function sameState(a: Acd, b: Acd, what: string): void {
  expect(JSON.stringify(b.toSnapshot()), what).to.equal(JSON.stringify(a.toSnapshot()));
  expect(b.nextDeadline(), what).to.equal(a.nextDeadline());
}

function replayed(log: EventDraft[]): Acd {
  const acd = createAcd();
  for (const event of JSON.parse(JSON.stringify(log)) as EventDraft[]) acd.apply(event);
  acd.assertInvariants();
  return acd;
}

const copy = (acd: Acd): Acd => createAcd(JSON.parse(JSON.stringify(acd.toSnapshot())));

/** A tenth of what the engine was proven with; HEARTHLINE_RANDOM_EVENTS=1000000 runs it all. */
const eventCount = Number(process.env['HEARTHLINE_RANDOM_EVENTS'] ?? 100_000);

describe('routing under random events', function () {
  this.timeout(120_000 + eventCount);

  it('keeps every invariant and the accounting identity over 100,000 events and more', () => {
    let events = 0;
    let offers = 0;
    let redecided = 0;
    let returned = 0;
    const mostInHand = { chat: 0, mail: 0 };
    const seen = new Set<string>();
    for (let seed = 1; events < eventCount; seed++) {
      const world = new World(seed);
      try {
        for (let step = 0; step < 600; step++) {
          world.at += world.random() < 0.3 ? world.below(8_000) : world.below(50);
          const isChecked = world.random() < 0.04;
          const before = isChecked ? copy(world.acd) : undefined;
          const command = world.draw();
          const emitted = world.run(command);
          for (const event of emitted) seen.add(event.type);
          offers += emitted.filter((event) => event.type === 'contact.offered').length;
          if (before) {
            const again = before.handle({ ...command, at: world.at } as AcdCommand);
            expect(again.events, 'the same decision again').to.deep.equal(emitted);
            redecided += emitted.filter((event) => event.type === 'contact.offered').length;
            sameState(world.acd, before, 'snapshot + command');
          }
          if (step % 300 === 299) sameState(world.acd, replayed(world.log), 'replay of the log alone');
        }
        returned += world.returned;
        mostInHand.chat = Math.max(mostInHand.chat, world.mostInHand.chat);
        mostInHand.mail = Math.max(mostInHand.mail, world.mostInHand.mail);
        for (const event of world.log) eventBodySchema.parse({ type: event.type, data: event.data });
        drain(world);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
      events += world.log.length;
    }
    expect(offers).to.be.greaterThan(eventCount / 70);
    expect(redecided).to.be.greaterThan(60);
    expect(returned, 'chats and mails taken back').to.be.greaterThan(eventCount / 2000);
    // Agents were as full as they may be, and never fuller (world.ts).
    expect(mostInHand.chat).to.be.at.least(3);
    expect(mostInHand.mail).to.be.at.least(3);
    expect([...seen]).to.include.members([
      'contact.announced',
      'contact.relaxed',
      'offer.withdrawn',
      'contact.abandoned',
      'contact.transferred',
    ]);
  });
});

/** Everybody leaves: each contact that arrived has ended exactly once, and nobody is left with one. */
function drain(world: World): void {
  for (const { id } of world.acd.contacts()) {
    world.run({ type: 'contact.leave', contactId: id, reason: 'end' });
  }
  expect([...world.acd.contacts()]).to.have.length(0);
  expect(world.ended.size).to.equal(world.arrived.size);
  world.at += 1_000_000;
  world.run({ type: 'tick' });
  for (const agentId of world.agentIds) {
    const state = world.acd.agent(agentId)?.state ?? 'logged-out';
    expect(['logged-out', 'not-ready', 'ready', 'wrap-up', 'unreachable']).to.include(state);
  }
}
