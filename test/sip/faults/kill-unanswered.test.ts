/** kill -9 of the server between a contact's place in the queue and the answer to its call: the narrowest moment. */
import { expect } from 'chai';
import { House } from '../../support/house.ts';
import { runSipp, type SippRun } from '../../support/sipp.ts';

describe('kill -9 of the server before a caller was answered', function () {
  this.timeout(90_000);
  let house: House;
  let caller: SippRun | undefined;
  before(async () => {
    // The server is to start before the engine gives the call up.
    house = await House.open({ tied: 0, free: 1 }, { env: { HEARTHLINE_SIP_INVITE_HOLD_MS: '30000' } });
  });
  after(async () => {
    await caller?.stop();
    await house.close();
  });

  it('keeps the caller, the place and the count', async () => {
    // The answer needs a port of the media engine: stopped, it holds the call at 100 Trying.
    const media = house.stack.pids().media!;
    process.kill(media, 'SIGSTOP');
    caller = await runSipp({
      scenario: 'caller',
      sipPort: house.sipPort,
      service: '701',
      calls: 1,
      set: { HOLD: 4000 },
      boundMs: 60_000,
    });
    await house.untilContacts('waiting', 1);
    await house.stack.killProcess('server');
    process.kill(media, 'SIGCONT');
    await house.stack.waitReady(30_000);
    await house.untilContacts('waiting', 1);
    expect((await caller.done).code, 'sipp was answered and hung up itself').to.equal(0);
    await house.untilIdle();
    await house.untilProjected();
    const contacts = await house.contacts();
    expect(contacts).to.have.length(1);
    expect(contacts[0]).to.include({ outcome: 'abandoned', endedBy: 'customer' });
    const queued = await house.rows("select seq from events where type = 'contact.queued'");
    expect(queued, 'it queued once').to.have.length(1);
  });
});
