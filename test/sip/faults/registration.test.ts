/** Phones come, stay and go: refresh, expiry, refusals, several contacts of one phone (RFC 3261 §10). */
import { expect } from 'chai';
import { startBaresip, type Baresip, type BaresipOptions } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';
import { RegisteringPhone } from './registering-phone.ts';

const shortSec = 5;
/** The registrar looks twice a second. */
const expiryBoundMs = shortSec * 1000 + 3000;

describe('registration', function () {
  this.timeout(60_000);
  let house: House;
  let crowd: Crowd;
  const phones: Baresip[] = [];
  const raw: RegisteringPhone[] = [];

  before(async () => {
    house = await House.open(
      { tied: 3, free: 0, ringSec: 10 },
      { env: { HEARTHLINE_SIP_MIN_EXPIRES_SEC: String(shortSec) } },
    );
    crowd = new Crowd(house);
  });
  afterEach(async () => {
    await crowd.leave();
    await Promise.all(phones.splice(0).map((phone) => phone.stop()));
    for (const phone of raw.splice(0)) phone.close();
    await house.untilIdle();
  });
  after(() => house.close());

  const phone = async (user: string, options: Partial<BaresipOptions> = {}) => {
    const one = await startBaresip({ user, password: `secret-${user}`, sipPort: house.sipPort, ...options });
    phones.push(one);
    await one.untilRegistered();
    return one;
  };
  const rawPhone = async (user: string, password = `secret-${user}`) => {
    const one = await RegisteringPhone.open(house.sipPort, user, password);
    raw.push(one);
    return one;
  };
  const eventsOf = async (phoneId: string) =>
    (
      await house.rows<{ what: string }>(
        `select type || coalesce(':' || (data->>'reason'), '') as what from events
          where type like 'phone.%' and data->>'phoneId' = $1 order by seq`,
        [phoneId],
      )
    ).map(({ what }) => what);
  const untilEvents = async (phoneId: string, expected: string[], boundMs = 10_000) => {
    let seen: string[] = [];
    await until(
      `phone ${phoneId}: ${expected.join(', ')}`,
      async () => (seen = await eventsOf(phoneId)).length >= expected.length,
      boundMs,
    ).catch(() => undefined);
    expect(seen).to.deep.equal(expected);
  };

  it('keeps a phone that refreshes without a gap, and takes it out when it stops', async () => {
    // baresip refreshes at nine tenths of its time.
    const one = await phone('1001', { registerSec: shortSec });
    await house.untilAgent('101', 'ready');
    await house.talkFor(shortSec * 1000 * 2.5);
    expect(await eventsOf('1001')).to.deep.equal(['phone.registered']);
    expect(await house.agentState('101')).to.include({ state: 'ready' });
    one.unplug();
    await house.untilAgent('101', 'unreachable', expiryBoundMs);
    await untilEvents('1001', ['phone.registered', 'phone.unregistered:expired']);
  });

  it('refuses a wrong password and an unknown phone alike, and keeps neither', async () => {
    const wrong = await rawPhone('1002', 'not-the-password');
    const unknown = await rawPhone('9999', 'not-the-password');
    const answers = [await wrong.register(60), await unknown.register(60)];
    expect(answers.map(({ status }) => status)).to.deep.equal([403, 403]);
    expect(answers[0]!.headers).to.deep.equal(answers[1]!.headers);
    expect(await eventsOf('1002')).to.deep.equal([]);
  });

  it('tells a phone that asks for too short a time what is possible', async () => {
    const one = await rawPhone('1002');
    const answer = await one.register(1);
    expect(answer.status).to.equal(423);
    expect(answer.text).to.match(new RegExp(`^Min-Expires: ${shortSec}\\r$`, 'm'));
    expect(await eventsOf('1002')).to.deep.equal([]);
  });

  it('rings every device of one phone at once, and cancels the others when one answers', async () => {
    // The slow one would answer only long after.
    const slow = await crowd.seat(1002, 1, { set: { ANSWER: 30_000 } });
    const alsoSlow = await crowd.seat(1002, 1, { set: { ANSWER: 30_000 } });
    const quick = await crowd.seat(1002, 1, { set: { ANSWER: 500 } });
    await house.untilAgent('102', 'ready');
    const caller = await crowd.call(1);
    await until('all three ring', () =>
      [slow, alsoSlow, quick].every((run) => run.logged('ring').length === 1),
    );
    await until('one talks', () => quick.logged('up').length === 1);
    await until('the others stop ringing', () =>
      [slow, alsoSlow].every((run) => run.logged('cancelled').length === 1),
    );
    await house.untilContacts('connected', 1);
    await crowd.hangUp(caller, caller.callId(1));
    await until('the one that talked is hung up on', () => quick.logged('bye').length === 1);
    await house.untilAgent('102', 'ready');
    expect((await house.lastContact()).offers).to.equal(1);
  });

  it('forgets every contact of a phone by Contact: *', async () => {
    const one = await rawPhone('1003');
    const other = await rawPhone('1003');
    expect((await one.register(60)).status).to.equal(200);
    const second = await other.register(60);
    expect(second.text.match(/expires=\d+/g), 'both contacts are listed').to.have.length(2);
    await house.untilAgent('103', 'ready');
    expect((await one.unregisterAll(60)).status, 'only with Expires: 0').to.equal(400);
    expect((await one.unregisterAll(0)).status).to.equal(200);
    await house.untilAgent('103', 'unreachable');
    await untilEvents('1003', ['phone.registered', 'phone.unregistered:asked']);
    expect((await other.query()).text).to.not.match(/^Contact:/m);
  });

  it('takes out one contact of two with Expires: 0 and leaves the phone registered', async () => {
    const one = await rawPhone('1003');
    const other = await rawPhone('1003');
    await one.register(60);
    await other.register(60);
    expect((await one.register(0)).text.match(/expires=\d+/g)).to.have.length(1);
    await untilEvents('1003', ['phone.registered', 'phone.unregistered:asked', 'phone.registered']);
    await other.register(0);
    await house.untilAgent('103', 'unreachable');
  });
});
