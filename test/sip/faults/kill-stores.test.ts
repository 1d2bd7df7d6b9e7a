/** kill -9 of Redis and of Postgres amid calls: calls go on, nothing acknowledged is lost, both come back. */
import { expect } from 'chai';
import type { HealthAnswer } from '../../../server/contract/rest.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';
import { expectSoundLog, orderOf } from './sound-log.ts';

const agentCount = 4;
const callsBefore = 6;
const callsDuring = 4;
const callsAfter = 3;
/** The pauses are 0.1, 0.2, 0.4, 0.8, 1.6 s. */
const kills = 5;
const readyAgainMs = 15_000;

describe('kill -9 of a store amid calls', function () {
  this.timeout(90_000);
  let house: House;
  let crowd: Crowd;
  let contacts = 0;

  before(async () => {
    house = await House.open({ tied: agentCount, free: 0 });
    crowd = new Crowd(house);
    await crowd.seat(1001, agentCount);
    await house.untilAgents('ready', agentCount);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  const call = (count: number) => {
    contacts += count;
    return crowd.call(count, { set: { FROM: `555${contacts}` } });
  };
  const health = async () => (await (await fetch(`${house.stack.httpUrl}/healthz`)).json()) as HealthAnswer;

  /** Each time the supervisor waits longer before it starts it again: a crash that repeats itself for seconds. */
  const keepDown = async (store: 'redis' | 'postgres') => {
    for (let kill = 0; kill < kills; kill += 1) {
      await until(`${store} runs`, () => house.stack.isRunning(store));
      await house.stack.killProcess(store);
    }
  };

  for (const store of ['redis', 'postgres'] as const)
    it(`${store}: calls go on, new ones work, and nothing is lost`, async () => {
      const server = house.stack.pids().server;
      await call(callsBefore);
      await house.untilContacts('connected', agentCount);
      await house.untilContacts('waiting', callsBefore - agentCount);
      const isDown = keepDown(store);
      await until(`/healthz names ${store}`, async () => (await health()).parts[store]?.isReady === false);
      expect((await health()).isReady).to.equal(false);
      // Both sides of what goes on meanwhile: an agent freed takes the next, and new callers get in.
      const [talking] = crowd.talking();
      await crowd.hangUp(talking!.run, talking!.callId);
      await call(callsDuring);
      await house.untilContacts('waiting', callsBefore - agentCount - 1 + callsDuring);
      await house.untilContacts('connected', agentCount);
      await isDown;
      await until('ready again', async () => (await health()).isReady, readyAgainMs);
      await call(callsAfter);
      await house.untilContacts('waiting', callsBefore - agentCount - 1 + callsDuring + callsAfter);
      await crowd.serveAll(30_000);
      await expectSoundLog(house, contacts);
      expect(await orderOf(house, 'contact.offered')).to.deep.equal(await orderOf(house, 'contact.queued'));
      expect((await house.contacts()).filter(({ outcome }) => outcome !== 'answered')).to.deep.equal([]);
      expect(house.stack.pids().server, 'the server itself went on').to.equal(server);
      await house.untilAgents('ready', agentCount);
    });
});
