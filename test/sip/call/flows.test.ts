/** What can happen to a call on its way, with real phones: giving up, RONA, refusal, hold, and free seating. */
import { expect } from 'chai';
import { startBaresip, type Baresip, type BaresipOptions } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';

describe('call flows', function () {
  this.timeout(60_000);
  let house: House;
  const phones: Baresip[] = [];
  const phone = async (user: string, options: Partial<BaresipOptions> = {}) => {
    const one = await startBaresip({ user, password: `secret-${user}`, sipPort: house.sipPort, ...options });
    phones.push(one);
    await one.untilRegistered();
    return one;
  };
  /** What an agent does after a call was missed. */
  const readyAgain = async (agent: Baresip) => {
    await agent.dial('*12');
    await house.untilAgent('101', 'ready');
  };
  before(async () => {
    house = await House.open({ tied: 1, free: 2, ringSec: 4, wrapUpSec: 1 });
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((p) => p.stop()));
    await house.untilIdle();
    await house.untilAgents('ready', 0);
  });
  after(() => house.close());

  it('lets a caller give up in the greeting: not offered, not abandoned', async () => {
    const caller = await phone('1009');
    await caller.dial('700');
    await caller.waitFor('CALL_ESTABLISHED');
    await house.untilContacts('greeting', 1);
    await caller.hangup();
    expect(await house.lastContact()).to.include({ outcome: 'left-before-queue', endedBy: 'customer' });
  });

  it('lets a caller give up in the queue', async () => {
    const caller = await phone('1009');
    await caller.dial('701');
    await house.untilContacts('waiting', 1);
    await caller.hangup();
    expect(await house.lastContact()).to.include({ outcome: 'abandoned', endedBy: 'customer', offers: 0 });
  });

  it('lets a caller give up while a phone rings: it stops ringing and its agent stays Ready', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await house.untilAgent('101', 'ringing');
    await caller.hangup();
    await agent.waitFor('CALL_CLOSED');
    await house.untilAgent('101', 'ready');
    expect(await house.lastContact()).to.include({ outcome: 'abandoned', offers: 1, rona: 0 });
  });

  it('takes an agent who does not answer out of the way (RONA) and keeps the caller', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await agent.waitFor('CALL_CLOSED');
    await house.untilAgent('101', 'not-ready');
    expect(await house.agentState('101')).to.include({ reason: 'rona' });
    expect(await house.contactsIn('waiting')).to.equal(1);
    await caller.hangup();
    expect(await house.lastContact()).to.include({ outcome: 'abandoned', offers: 1, rona: 1 });
    await readyAgain(agent);
  });

  it('takes a refusal for a refusal: Not Ready with its own reason', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await agent.hangup();
    await house.untilAgent('101', 'not-ready');
    expect(await house.agentState('101')).to.include({ reason: 'offer-rejected' });
    expect(await house.contactsIn('waiting')).to.equal(1);
    await caller.hangup();
    await house.untilIdle();
    await readyAgain(agent);
  });

  it('lets the agent hang up', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await house.untilAgent('101', 'talking');
    await agent.hangup();
    await caller.waitFor('CALL_CLOSED');
    expect(await house.lastContact()).to.include({ outcome: 'answered', endedBy: 'agent' });
    await house.untilAgent('101', 'ready');
  });

  it('shows hold and resume from the phone, and plays music meanwhile', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await house.untilAgent('101', 'talking');
    await agent.command('hold');
    await house.untilAgent('101', 'hold');
    await agent.command('resume');
    await house.untilAgent('101', 'talking');
    await caller.hangup();
    await house.untilAgent('101', 'ready');
    const [contact] = await house.rows<{ hold_ms: string }>(
      'select hold_ms from contacts order by first_seq desc limit 1',
    );
    expect(Number(contact!.hold_ms)).to.be.greaterThan(0);
  });

  it('offers a phone that was unplugged nothing for long: the caller goes on waiting', async () => {
    const agent = await phone('1001');
    await house.untilAgent('101', 'ready');
    agent.unplug();
    const caller = await phone('1009');
    await caller.dial('701');
    await house.untilAgent('101', 'unreachable', 15_000);
    expect(await house.contactsIn('waiting')).to.equal(1);
    await phone('1001', { isAutoAnswer: true });
    await house.untilAgent('101', 'talking');
    await caller.hangup();
  });

  it('logs an agent in at any phone by *10, makes Ready by *12, and moves to another phone', async () => {
    const first = await phone('1002', { isAutoAnswer: true });
    await first.dial('*10102*1234');
    await house.untilAgent('102', 'not-ready');
    await first.waitFor('CALL_CLOSED', 15_000);
    await first.dial('*12');
    await house.untilAgent('102', 'ready');
    await first.waitFor('CALL_CLOSED', 15_000);
    const second = await phone('1003', { isAutoAnswer: true });
    await second.dial('*101021234');
    await second.waitFor('CALL_CLOSED', 15_000);
    await second.dial('*12');
    await second.waitFor('CALL_CLOSED', 15_000);
    await house.untilAgent('102', 'ready');
    const caller = await phone('1009');
    await caller.dial('701');
    await house.untilAgent('102', 'talking');
    expect(second.count('CALL_ESTABLISHED')).to.equal(3);
    await caller.hangup();
    await house.untilWrappedUp('102');
    await second.waitFor('CALL_CLOSED');
    await second.dial('*132');
    await house.untilAgent('102', 'not-ready');
    expect(await house.agentState('102')).to.include({ reason: 'lunch' });
    await second.waitFor('CALL_CLOSED', 15_000);
    await second.dial('*11');
    await house.untilAgent('102', 'logged-out');
  });

  it('refuses a wrong PIN, and after five tries the right one too', async () => {
    const one = await phone('1004');
    for (let attempt = 0; attempt < 5; attempt++) {
      await one.dial('*10103*9999');
      await one.waitFor('CALL_CLOSED', 15_000);
    }
    await one.dial('*10103*1234');
    await one.waitFor('CALL_CLOSED', 15_000);
    expect(await house.agentState('103')).to.equal(undefined);
    expect(house.stack.logs('server')).to.contain('too many wrong PINs');
  });

  it('refuses a wrong password and an unknown phone alike', async () => {
    for (const user of ['1005', '9999']) {
      const one = await startBaresip({ user, password: 'not-the-password', sipPort: house.sipPort });
      phones.push(one);
      await until(
        'a refusal',
        async () => /ERR|FAIL|403/i.test(await one.command('reginfo')) || one.count('REGISTER_FAIL') > 0,
      );
    }
  });
});
