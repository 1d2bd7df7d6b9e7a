/** An agent passes a call on with the transfer key of its phone (REFER): to a queue, to an agent, and where it cannot. */
import { expect } from 'chai';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const notToday = days[(new Date().getUTCDay() + 3) % 7];

const site = `site: { name: Test, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '700', queue: front }
  - { number: '701', queue: back }
  - { number: '702', queue: shut, hours: another-day }
  - { number: '703', queue: full }
hours:
  - { id: another-day, name: Another day, open: [{ days: [${notToday}], from: 09:00, to: 12:00 }] }
queues:
  - { id: front, name: Front }
  - { id: back, name: Back }
  - { id: shut, name: Shut }
  - { id: full, name: Full, overflow: [{ when: no-agents, to: { message: all-busy } }] }
trunks:
  - { id: loopback, addresses: ['127.0.0.1'] }
phones:
${[1001, 1002, 1009].map((id) => `  - { id: '${id}', password: 'secret-${id}' }`).join('\n')}
agents:
  - { id: '101', name: First, queues: [front, back], phone: '1001', wrapUp: { mode: timed, sec: 1 } }
  - { id: '102', name: Second, queues: [back], phone: '1002', wrapUp: { mode: timed, sec: 1 } }
`;

describe('the transfer key of an agent’s phone', function () {
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

  const eventsOf = async (type: string) => {
    await house.untilProjected();
    return house.rows<{ queue_id: string; agent_id: string | null; data: Record<string, unknown> }>(
      'select queue_id, agent_id, data from events where type = $1 order by seq',
      [type],
    );
  };
  /** The caller talks to agent 101. */
  const talking = async () => {
    const first = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    const ring = first.waitFor('CALL_INCOMING');
    await caller.dial('700');
    await ring;
    await first.accept();
    await house.untilAgent('101', 'talking');
    return { first, caller };
  };
  const transfer = (from: Baresip, number: string) =>
    from.command('transfer', `sip:${number}@127.0.0.1:${house.sipPort}`);

  it('sends the caller to another queue, with its wait, and the next agent goes on', async () => {
    const second = await phone('1002');
    await house.untilAgent('102', 'ready');
    const { first, caller } = await talking();
    const ring = second.waitFor('CALL_INCOMING');
    await transfer(first, '701');
    await ring;
    await first.waitFor('CALL_CLOSED');
    await second.accept();
    await house.untilAgent('102', 'talking');
    await house.untilAgent('101', 'ready');
    expect(caller.count('CALL_CLOSED')).to.equal(0);
    await caller.hangup();
    await second.waitFor('CALL_CLOSED');
    await house.untilIdle();
    const [passed] = await eventsOf('contact.transferred');
    expect(passed).to.include({ queue_id: 'front', agent_id: '101' });
    expect(passed?.data['target']).to.equal('queue:back');
    // One contact: two talks, each recorded, the times of both in its row.
    const [row] = await house.rows<Record<string, unknown>>(
      'select transfers, offers, agent_id, queue_id, outcome, talk_ms::int as talk from contacts order by first_seq desc limit 1',
    );
    expect(row).to.include({
      transfers: 1,
      offers: 2,
      agent_id: '102',
      queue_id: 'back',
      outcome: 'answered',
    });
    const [ended] = (await eventsOf('contact.ended')).slice(-1);
    expect(row?.['talk']).to.equal(Number(passed?.data['talkMs']) + Number(ended?.data['talkMs']));
    expect(await house.recordings(2)).to.have.length(2);
    const segments = await house.rows<{ agent_id: string; ended: boolean }>(
      'select agent_id, ended_at is not null as ended from segments order by attempt',
    );
    expect(segments).to.deep.equal([
      { agent_id: '101', ended: true },
      { agent_id: '102', ended: true },
    ]);
  });

  it('sends the caller to one agent, by number', async () => {
    const second = await phone('1002');
    await house.untilAgent('102', 'ready');
    const { first, caller } = await talking();
    const ring = second.waitFor('CALL_INCOMING');
    await transfer(first, '102');
    await ring;
    await caller.hangup();
    await house.untilIdle();
    const queued = (await eventsOf('contact.queued')).at(-1);
    expect(queued?.queue_id).to.equal('front');
    expect(queued?.data).to.deep.include({ preferred: { agentId: '102', waitMs: 30_000 } });
  });

  const refusals = { '799': '404 Not Found', '702': '480 Closed', '703': '480', '102': '480', '700': '480' };
  for (const [number, answer] of Object.entries(refusals))
    it(`refuses ${number} with ${answer}, and the talk goes on`, async () => {
      const { first, caller } = await talking();
      const passedOn = (await eventsOf('contact.transferred')).length;
      const failed = first.waitFor('TRANSFER_FAILED');
      await transfer(first, number);
      expect((await failed).param).to.contain(answer);
      expect((await house.agentState('101'))?.state).to.be.oneOf(['talking', 'hold']);
      expect(await eventsOf('contact.transferred')).to.have.length(passedOn);
      await caller.hangup();
      await house.untilAgent('101', 'ready');
    });
});
