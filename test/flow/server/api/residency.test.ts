/** What left the building, over HTTP: who may ask, what is nobody's, and that it is in the audit trail. */
import { connect } from 'node:net';
import { expect } from 'chai';
import { residencyAnswerSchema } from '../../../../server/contract/rest-residency.ts';
import { until } from '../../../support/until.ts';
import { startHarness, type Harness } from './harness.ts';

describe('residency over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  before(async () => {
    house = await startHarness();
  });
  after(() => house?.stop());

  it('is for administrators, and says so while it is not watched', async () => {
    const [ann, sam, vera] = [
      await house.admin(),
      await house.user('supervisor', 'sam'),
      await house.user('viewer', 'vera'),
    ];
    expect((await ann.call('GET', '/api/residency')).status).to.equal(503);
    for (const one of [sam, vera]) expect((await one.call('GET', '/api/residency')).status).to.equal(403);
    expect((await house.browser().call('GET', '/api/residency')).status).to.equal(401);
  });

  it('is empty, and then names what nobody owns, once, in the audit trail too', async () => {
    const ann = await house.admin();
    await house.residency.start();
    const first = await ann.call('GET', '/api/residency');
    expect(first.status).to.equal(200);
    expect(residencyAnswerSchema.parse(first.json)).to.deep.include({ items: [], unknown: 0 });
    expect(house.residency.health()['residency']).to.deep.include({ isReady: true });
    // A documentation network (RFC 5737): nobody answers there.
    const socket = connect(9, '192.0.2.66');
    socket.on('error', () => undefined);
    try {
      await until(
        'it is listed',
        async () => {
          const { items } = residencyAnswerSchema.parse((await ann.call('GET', '/api/residency')).json);
          return items.length === 1;
        },
        10_000,
        100,
      );
      const { items, unknown } = residencyAnswerSchema.parse((await ann.call('GET', '/api/residency')).json);
      expect(items[0]).to.include({ process: 'server', address: '192.0.2.66', port: 9, owner: 'unknown' });
      expect(unknown).to.equal(1);
      expect(house.residency.health()['residency']).to.deep.include({ isReady: false });
      await until('it is in the audit trail', async () => {
        const [last] = await house.deps.audit.list(1);
        return last?.action === 'residency.unknown-connection';
      });
      const entries = (await house.deps.audit.list(20)).filter(({ action }) =>
        action.startsWith('residency.'),
      );
      expect(entries).to.have.length(1);
      expect(entries[0]).to.deep.include({ actor: 'system', target: '192.0.2.66:9' });
    } finally {
      socket.destroy();
    }
  });
});
