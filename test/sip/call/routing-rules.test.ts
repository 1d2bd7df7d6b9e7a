/** The rules of routing on real calls: skills that relax, flow-out to a queue and to a number, a caller with a name. */
import { expect } from 'chai';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';

const site = `site: { name: Test, timeZone: Europe/Rome, language: en }
skills:
  - { id: loans, name: Loans }
numbers:
  - { number: '700', queue: experts }
  - { number: '701', queue: empty }
  - { number: '702', queue: elsewhere }
  - { number: '704', queue: loyal }
  - { number: '705', queue: bell }
  - { number: '703', queue: experts, skills: loans >= 5, priority: 3, headStartSec: 60 }
callers:
  - { from: '1010', name: Friend, agent: '102', agentWaitSec: 60 }
queues:
  - { id: experts, name: Experts, skills: loans >= 3, relax: [{ afterSec: 3, skills: loans }], strategy: most-skilled }
  - { id: empty, name: Empty, overflow: [{ when: no-agents, to: { queue: experts } }] }
  - { id: bell, name: Bell, strategy: ring-all }
  - { id: loyal, name: Loyal, returnWithinSec: 30, lastAgent: { waitSec: 60 } }
  - { id: elsewhere, name: Elsewhere, overflow: [{ when: no-agents, to: { number: '700' } }] }
trunks:
  - { id: loopback, addresses: ['127.0.0.1'] }
phones:
${[1001, 1002, 1009, 1010].map((id) => `  - { id: '${id}', password: 'secret-${id}' }`).join('\n')}
agents:
  - { id: '101', name: Novice, queues: [experts, loyal, bell], phone: '1001', skills: { loans: 1 }, wrapUp: { mode: none } }
  - { id: '102', name: Expert, queues: [experts, loyal, bell], phone: '1002', skills: { loans: 7 }, wrapUp: { mode: none } }
`;

describe('the rules of routing on real calls', function () {
  this.timeout(60_000);
  let house: House;
  const phones: Baresip[] = [];
  const phone = async (user: string) => {
    const one = await startBaresip({ user, password: `secret-${user}`, sipPort: house.sipPort });
    phones.push(one);
    await one.untilRegistered();
    return one;
  };
  before(async () => {
    house = await House.open({}, { site });
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((one) => one.stop()));
    await house.untilIdle();
    await house.untilAgents('ready', 0);
  });
  after(() => house?.close());

  const seat = async (user: string, agentId: string) => {
    const agent = await phone(user);
    await house.untilProjected();
    // Missed or refused before, the agent says that it is back.
    if ((await house.agentState(agentId))?.state === 'not-ready') await agent.dial('*12');
    await house.untilAgent(agentId, 'ready');
    return agent;
  };
  const eventsOf = (type: string) =>
    house.rows<{ queue_id: string; agent_id: string | null; data: Record<string, unknown> }>(
      'select queue_id, agent_id, data from events where type = $1 order by seq',
      [type],
    );
  /** Who was asked for the newest contact, once history has it. */
  const asked = async () => {
    await house.untilContacts('offered', 1);
    await house.untilProjected();
    return (await eventsOf('contact.offered')).at(-1);
  };

  it('asks the expert first, and the novice only when the demand has relaxed', async () => {
    const novice = await seat('1001', '101');
    const caller = await phone('1009');
    const begunAt = Date.now();
    await caller.dial('700');
    await novice.waitFor('CALL_INCOMING');
    expect(Date.now() - begunAt, 'not before the step').to.be.at.least(2_900);
    await house.untilProjected();
    expect((await eventsOf('contact.relaxed')).at(-1)?.data).to.deep.equal({
      rules: ['skills'],
      afterMs: 3000,
      demand: { maxTier: 1, skills: { skill: 'loans', level: 1 } },
    });
    await caller.hangup();
    await house.untilIdle();
    const expert = await seat('1002', '102');
    await caller.dial('700');
    await expert.waitFor('CALL_INCOMING');
    expect(await asked()).to.deep.include({ agent_id: '102' });
    await caller.hangup();
  });

  it('rings all phones of a queue that says so; the first has the call, the others show none missed', async () => {
    const one = await seat('1001', '101');
    const other = await seat('1002', '102');
    const caller = await phone('1009');
    const ringing = [one.waitFor('CALL_INCOMING'), other.waitFor('CALL_INCOMING')];
    await caller.dial('705');
    await Promise.all(ringing);
    const silenced = one.waitFor('CALL_CLOSED');
    await other.accept();
    await silenced;
    await house.untilAgent('102', 'talking');
    await house.untilAgent('101', 'ready');
    await caller.hangup();
    expect(await house.lastContact()).to.include({ outcome: 'answered', agentId: '102' });
    await house.untilProjected();
    expect((await eventsOf('offer.withdrawn')).at(-1)).to.deep.include({ agent_id: '101' });
    expect((await eventsOf('offer.withdrawn')).at(-1)?.data).to.include({ reason: 'answered-elsewhere' });
  });

  it('lets a call flow out to another queue, and to another number, where it is answered', async () => {
    const expert = await seat('1002', '102');
    const caller = await phone('1009');
    for (const [dialled, target] of [
      ['701', 'queue:experts'],
      ['702', 'number:700'],
    ] as const) {
      const incoming = expert.waitFor('CALL_INCOMING');
      await caller.dial(dialled);
      await incoming;
      expect(await asked()).to.deep.include({ agent_id: '102', queue_id: 'experts' });
      expect((await eventsOf('contact.flowed-out')).at(-1)?.data).to.include({ reason: 'no-agents', target });
      await expert.accept();
      await house.untilContacts('connected', 1);
      await caller.hangup();
      expect(await house.lastContact()).to.include({ outcome: 'answered', agentId: '102' });
    }
  });

  it('takes what the number asks, and who calls, into the queue', async () => {
    await seat('1001', '101');
    const expert = await seat('1002', '102');
    const caller = await phone('1009');
    await caller.dial('703');
    await expert.waitFor('CALL_INCOMING');
    await house.untilProjected();
    expect((await eventsOf('contact.queued')).at(-1)?.data).to.include({ priority: 3, headStartMs: 60_000 });
    expect((await asked())?.data['decision']).to.deep.include({ ruledOut: { skill: 1 } });
    await caller.hangup();
    await house.untilIdle();
    // The expert talks: a friend of hers waits for her although the novice would do after three seconds.
    await caller.dial('700');
    await expert.waitFor('CALL_INCOMING');
    await expert.accept();
    await house.untilContacts('connected', 1);
    const friend = await phone('1010');
    await friend.dial('700');
    await house.untilContacts('waiting', 1);
    await caller.hangup();
    await until('the friend’s call rings at the expert', async () => (await asked())?.agent_id === '102');
    expect((await eventsOf('contact.queued')).at(-1)?.data).to.deep.include({
      preferred: { agentId: '102', waitMs: 60_000 },
    });
    await friend.hangup();
  });

  it('gives a caller who is back the old place, and the agent who helped last', async () => {
    const [first, second] = [await phone('1009'), await phone('1010')];
    await first.dial('704');
    await house.untilContacts('waiting', 1);
    await house.talkFor(300);
    await second.dial('704');
    await house.untilContacts('waiting', 2);
    await first.hangup();
    await house.untilContacts('waiting', 1);
    await first.dial('704');
    await house.untilContacts('waiting', 2);
    await house.untilProjected();
    const back = (await eventsOf('contact.queued')).at(-1)?.data;
    expect(back).to.include({ position: 1 });
    expect(back?.['headStartMs']).to.be.at.least(300);
    await first.hangup();
    await second.hangup();
    await house.untilIdle();
    // The novice helps; then both are free, and the novice is asked again.
    const novice = await seat('1001', '101');
    await first.dial('704');
    await novice.waitFor('CALL_INCOMING');
    await novice.accept();
    await house.untilContacts('connected', 1);
    await first.hangup();
    await house.untilIdle();
    await seat('1002', '102');
    await house.talkFor(50);
    const again = novice.waitFor('CALL_INCOMING');
    await first.dial('704');
    await again;
    await house.untilProjected();
    expect((await eventsOf('contact.queued')).at(-1)?.data).to.deep.include({
      preferred: { agentId: '101', waitMs: 60_000 },
    });
    await first.hangup();
  });
});
