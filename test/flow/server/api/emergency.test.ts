/** The emergency switch over HTTP: who may, what it answers, and that it is in the audit trail. */
import { expect } from 'chai';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

describe('the emergency switch over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;
  before(async () => {
    house = await startHarness();
    await house.admin();
    supervisor = await house.user('supervisor', 'sue');
  });
  after(() => house?.stop());

  const off = { isSiteOn: false, queueIds: [] };

  it('is a supervisor’s: on and off, for one queue and for all, each once in the audit trail', async () => {
    expect((await supervisor.call('GET', '/api/emergency')).json).to.deep.equal(off);
    const one = await supervisor.call('PUT', '/api/emergency', { isOn: true, queueId: 'main' });
    expect([one.status, one.json]).to.deep.equal([200, { isSiteOn: false, queueIds: ['main'] }]);
    await supervisor.call('PUT', '/api/emergency', { isOn: true, queueId: 'main' });
    expect((await supervisor.call('PUT', '/api/emergency', { isOn: true })).json).to.deep.equal({
      isSiteOn: true,
      queueIds: ['main'],
    });
    await supervisor.call('PUT', '/api/emergency', { isOn: false });
    expect(
      (await supervisor.call('PUT', '/api/emergency', { isOn: false, queueId: 'main' })).json,
    ).to.deep.equal(off);
    const admin = await house.admin();
    const trail = (await admin.call('GET', '/api/audit?limit=20')).json as unknown as {
      items: { action: string; target?: string; actor: string }[];
    };
    const found = trail.items
      .filter(({ action }) => action.startsWith('emergency.'))
      .map(({ action, target, actor }) => [action, target, actor]);
    expect(found.reverse()).to.deep.equal([
      ['emergency.switched-on', 'queue:main', 'user:sue'],
      ['emergency.switched-on', 'site', 'user:sue'],
      ['emergency.switched-off', 'site', 'user:sue'],
      ['emergency.switched-off', 'queue:main', 'user:sue'],
    ]);
  });

  it('is nobody else’s, and refuses what it does not understand', async () => {
    const viewer = await house.user('viewer', 'vera');
    expect((await viewer.call('PUT', '/api/emergency', { isOn: true })).status).to.equal(403);
    expect((await viewer.call('GET', '/api/emergency')).json).to.deep.equal(off);
    expect((await house.browser().call('PUT', '/api/emergency', { isOn: true })).status).to.be.oneOf([
      401, 403,
    ]);
    expect(
      (await supervisor.call('PUT', '/api/emergency', { isOn: true, queueId: 'nowhere' })).status,
    ).to.equal(404);
    expect((await supervisor.call('PUT', '/api/emergency', { isOn: 'yes' })).status).to.equal(400);
    expect((await supervisor.call('PUT', '/api/emergency', { isOn: true, all: 1 })).status).to.equal(400);
    expect((await supervisor.call('GET', '/api/emergency')).json).to.deep.equal(off);
  });
});
