/** Two hundred calls at once: everybody is answered, in the order in which they came; one too many is refused. */
import { expect } from 'chai';
import { callSite, House } from '../../support/house.ts';
import { Crowd } from './crowd.ts';
import { expectSoundLog, orderOf } from './sound-log.ts';
import { askOnce, callTo } from './raw-sip.ts';

const agentCount = 50;
const callCount = 200;
const talkMs = 1000;
const perSec = 200;
const doneMs = 40_000;
const calls = 3;
const shape = { tied: agentCount, free: 0, maxLength: 1000, ringSec: 30 };

describe('a burst of calls', function () {
  this.timeout(90_000);
  let house: House;
  let crowd: Crowd;

  before(async () => {
    house = await House.open(shape);
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  it('answers two hundred with fifty agents, first come first served, and loses none', async () => {
    await crowd.seat(1001, agentCount, { set: { TALK: talkMs, ANSWER: 50 } });
    await house.untilAgents('ready', agentCount);
    const callers = await crowd.call(callCount, { ratePerSec: perSec });
    const { code, errors } = await callers.done;
    expect(errors.replace(/^.*watchdog timer.*$/gm, ''), 'what sipp says').to.not.contain('unexpected');
    expect(code, 'every call went by the scenario').to.equal(0);
    await house.untilIdle(doneMs);
    await expectSoundLog(house, callCount);
    const arrived = await orderOf(house, 'contact.arrived');
    expect(await orderOf(house, 'contact.queued'), 'queued as they came').to.deep.equal(arrived);
    expect(await orderOf(house, 'contact.offered'), 'offered as they came').to.deep.equal(arrived);
    const contacts = await house.contacts();
    const atFault = contacts.filter(({ outcome, endedBy }) => outcome !== 'answered' || endedBy !== 'agent');
    expect(atFault, 'answered, and ended by the agent').to.deep.equal([]);
    expect(
      contacts.filter(({ offers }) => offers !== 1),
      'offered once each',
    ).to.deep.equal([]);
    // No agent had two at a time.
    const overlaps = await house.rows(
      `select a.offer_id from segments a join segments b
         on a.agent_id = b.agent_id and a.offer_id < b.offer_id
        and a.offered_at < b.ended_at and b.offered_at < a.ended_at`,
    );
    expect(overlaps).to.deep.equal([]);
  });

  for (const cap of ['number', 'trunk'] as const)
    it(`refuses the call over the cap of a ${cap} with 486, and takes one again when another has gone`, async () => {
      await house.stack.importSite(
        callSite({ ...shape, [cap === 'number' ? 'sideCalls' : 'trunkCalls']: calls }),
      );
      const callers = await crowd.call(calls, { service: '702' });
      await house.untilContacts('waiting', calls);
      const oneMore = callTo(house.sipPort, '702');
      expect(await askOnce(house.sipPort, oneMore, 2000)).to.equal(486);
      expect(await house.inHand(), 'a refused call is no contact').to.equal(calls);
      await crowd.hangUp(callers, callers.callId(1));
      await house.untilContacts('waiting', calls - 1);
      const next = await crowd.call(1, { service: '702', set: { FROM: '66601' } });
      await house.untilContacts('waiting', calls);
      for (let call = 2; call <= calls; call += 1) await crowd.hangUp(callers, callers.callId(call));
      await crowd.hangUp(next, next.callId(1));
      await house.untilIdle();
    });
});
