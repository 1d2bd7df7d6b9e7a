/** docs/runbook.md, "No ports are left for audio": who comes too late is refused for now, who is in stays, and each end makes room. */
import { expect } from 'chai';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from '../../sip/faults/crowd.ts';
import { askOnce, callTo } from '../../sip/faults/raw-sip.ts';

/** The fewest that the settings take; one a caller who waits. */
const ports = 8;

describe('audio without ports', function () {
  this.timeout(90_000);
  let house: House;
  let crowd: Crowd;

  before(async () => {
    house = await House.open({}, { rtpPortCount: ports });
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  const free = async () =>
    [...(await house.metrics())]
      .filter(([name]) => name.startsWith('hearthline_media_ports_free'))
      .reduce((sum, [, count]) => sum + count, 0);

  const callIn = () => askOnce(house.sipPort, callTo(house.sipPort, '702'), 5000);

  it('refuses the caller for whom there is none, tells it, and takes the next when one has gone', async () => {
    const callers = await crowd.call(ports, { service: '702' });
    await house.untilContacts('waiting', ports);
    await until('no port is free', async () => (await free()) === 0);

    expect(await callIn()).to.equal(503);
    await until('it is in the log', () =>
      house.stack.logs('server').includes('no media for an incoming call'),
    );
    expect(await house.contactsIn('waiting'), 'who is in stays').to.equal(ports);

    await crowd.hangUp(callers, callers.callId(1));
    await house.untilContacts('waiting', ports - 1);
    // A port rests for half a second before it is given to another call.
    await until('the next caller gets in', async () => (await callIn()) === 200, 10_000, 200);
  });
});
