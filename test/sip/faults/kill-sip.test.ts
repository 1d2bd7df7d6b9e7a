/** kill -9 of the SIP engine amid calls: back at once; its calls are closed with a reason; phones stay known. */
import { expect } from 'chai';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { backBound, withoutQueueing } from './bounds.ts';
import { Crowd } from './crowd.ts';
import { askOptions } from './raw-sip.ts';
import { expectSoundLog } from './sound-log.ts';

const agentCount = 3;
const waitingCount = 2;
/** The bounds. */
const backMs = backBound(2000);
const orphansClosedMs = 35_000;

describe('kill -9 of the SIP engine', function () {
  this.timeout(80_000);
  let house: House;
  let crowd: Crowd;

  before(async () => {
    house = await House.open({ tied: agentCount, free: 0 });
    crowd = new Crowd(house);
    await crowd.seat(1001, agentCount);
    await house.untilAgents('ready', agentCount);
    await crowd.call(agentCount);
    await house.untilContacts('connected', agentCount);
    await crowd.call(waitingCount);
    await house.untilContacts('waiting', waitingCount);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });
  const registrations = async () =>
    (await house.rows("select 1 from events where type = 'phone.registered'")).length;

  it('answers OPTIONS again within seconds', async () => {
    const killedAt = performance.now();
    await house.stack.killProcess('sip');
    await until('OPTIONS is answered', () => askOptions(house.sipPort, 100), backMs * 2);
    const elapsedMs = performance.now() - killedAt;
    console.log(`      OPTIONS was answered ${Math.round(elapsedMs)} ms after the kill`);
    expect(withoutQueueing(elapsedMs, house.stack.pids().sip)).to.be.lessThan(backMs);
  });

  it('closes every call that was lost within 35 s, with a reason', async () => {
    await house.untilIdle(orphansClosedMs);
    await expectSoundLog(house, agentCount + waitingCount);
    // A caller may wait while the 200 is still on its way to be acknowledged: that call is lost with the connection.
    for (const contact of await house.contacts()) {
      expect(contact.endedBy).to.equal('system');
      expect(contact.reason).to.match(
        /^engine-lost: (SIP engine restarted|connection to the SIP engine lost)$/,
      );
    }
    await house.untilAgents('ready', agentCount);
  });

  it('tells phones that still believe in their call that there is none', async () => {
    const [lost] = crowd.agents[0]!.logged('up');
    await crowd.hangUp(crowd.agents[0]!, lost!);
    await until('the BYE is answered', () => crowd.agents[0]!.logged('over').includes(lost!), 5000);
  });

  it('rings the phones as before, without a new registration, and new calls work', async () => {
    const had = await registrations();
    const callers = await crowd.call(2, { set: { HOLD: 4000, FROM: '66600' } });
    await house.untilContacts('connected', 2);
    expect(await callers.done).to.deep.include({ code: 0 });
    await house.untilIdle();
    await expectSoundLog(house, agentCount + waitingCount + 2);
    const outcomes = (await house.contacts()).slice(-2).map(({ outcome }) => outcome);
    expect(outcomes).to.deep.equal(['answered', 'answered']);
    expect(await registrations()).to.equal(had);
  });
});
