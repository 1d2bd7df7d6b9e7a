/** A process that dies is repaired by takeover and adoption; the reconciler has nothing to find after them. */
import { expect } from 'chai';
import { driftKinds } from '../../../server/app/drift.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';

const talking = 2;
const waiting = 2;

describe('drift after a restart', function () {
  this.timeout(60_000);
  let house: House;
  let crowd: Crowd;

  before(async () => {
    house = await House.open({ tied: talking, free: 0 });
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  const looks = async () =>
    (await house.metrics().catch(() => new Map<string, number>())).get('hearthline_reconciler_looks_total') ??
    0;
  /** Enough for every kind, the slowest included, to be taken for real. */
  const expectNone = async () => {
    const before = await looks();
    await until('six more looks', async () => (await looks()) > before + 6, 20_000);
    const metrics = await house.metrics();
    const found = driftKinds.filter((kind) => metrics.get(`hearthline_drift_total{kind="${kind}"}`) !== 0);
    expect(found).to.deep.equal([]);
  };

  it('is none after kill -9 of the server amid calls', async () => {
    await crowd.seat(1001, talking);
    await house.untilAgents('ready', talking);
    await crowd.call(talking + waiting);
    await house.untilContacts('connected', talking);
    await house.untilContacts('waiting', waiting);
    await house.stack.killProcess('server');
    await until('the next server looks', async () => (await looks()) > 0, 30_000);
    await expectNone();
    expect(await house.inHand()).to.equal(talking + waiting);
  });

  for (const name of ['media', 'sip'] as const)
    it(`is none after kill -9 of the ${name} engine`, async () => {
      await house.stack.killProcess(name);
      await house.stack.waitReady();
      await expectNone();
    });
});
