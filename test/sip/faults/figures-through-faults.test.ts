/**
 * Figures through the whole house while its stores and its server fail: Redis lost and empty, Postgres away for a minute, history
 * and figures killed in the middle of a batch, the server killed. Real phones call, answer, ring out and give up meanwhile; what
 * they saw, the live figures, the report and a recount of the raw log are the same afterwards, to the unit (N1).
 */
import { expect } from 'chai';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { watchFloor, type FloorWatch } from '../../support/floor-watch.ts';
import { callSite, House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';
import { FigureTally } from './figure-tally.ts';
import { BatchHolder, lateTables } from './held-batch.ts';
import { expectSoundLog } from './sound-log.ts';

const talkers = 4;
/** Its phone is picked up by nobody. */
const absentee = { agentId: '105', phoneId: 1005 };
/**
 * The minute. It outlasts every pause and bound of what waits for Postgres (a start 15 s, figures 5 s between two tries,
 * history 2 s, a connection from the pool some seconds), so that each has given up and tried again several times.
 */
const postgresAwayMs = 60_000;
/** Of history and of figures, each as often; the figures alone are killed 50 times in test/flow/server/figures/reconcile.test.ts. */
const batchKills = 3;
const serverKills = 2;

/** No midnight and no new day while this runs, whenever it runs. */
function noonZone(): string {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

describe('figures through faults of the house', function () {
  this.timeout(120_000);
  let house: House;
  let crowd: Crowd;
  let screen: FloorWatch;
  let tally: FigureTally;
  let batches: BatchHolder;
  let contacts = 0;
  let vain = 0;

  before(async () => {
    const shape = { tied: talkers + 1, free: 0, ringSec: 3 };
    const site = callSite(shape)
      .replace('Europe/Rome', noonZone())
      .replaceAll('queues: [main]', 'queues: [main], team: north');
    // Nothing comes back by itself: how long it is away is the test's to say.
    house = await House.open(shape, {
      site: `${site}teams:\n  - { id: north, name: North }\n`,
      autoRestart: false,
    });
    crowd = new Crowd(house);
    screen = await watchFloor(house.stack);
    tally = new FigureTally(house, crowd, screen);
    batches = new BatchHolder(house);
    await crowd.seat(1001, talkers);
    await crowd.seat(absentee.phoneId, 1, { set: { ANSWER: 100_000 } });
    await house.untilAgents('ready', talkers + 1);
    await switchTo(absentee.agentId, 'not-ready');
  });
  after(async () => {
    await crowd?.leave();
    await batches?.close();
    await house?.close();
  });

  async function switchTo(agentId: string, to: string): Promise<void> {
    const answer = await screen.send('PUT', `/api/agents/${agentId}/state`, { to });
    expect(answer.status, `${agentId} ${to}`).to.equal(200);
  }
  const call = (count: number, service = '701', queueId = 'main') => {
    contacts += count;
    return tally.call(count, service, queueId);
  };
  const oneComesOneGoes = async () => {
    await call(1);
    await tally.endTalk();
  };
  /** Everybody talks, and `waiting` others wait. */
  async function fill(waiting: number): Promise<void> {
    await call(talkers + waiting);
    await house.untilContacts('connected', talkers);
    await house.untilContacts('waiting', waiting);
  }
  /** No phone rings, and the product knows it: whoever picks up while nobody is there is asked again, and has then picked up twice. */
  async function everybodyTalks(): Promise<void> {
    await until('everybody talks', () => crowd.talking().length === talkers, 15_000);
    await tally.expectLive('while everybody talks');
  }
  /** Somebody who waits is offered to a phone that nobody picks up, and waits on; resolves while it rings. */
  async function ringInVain(): Promise<void> {
    await switchTo(absentee.agentId, 'ready');
    await house.untilAgents('ringing', 1);
    vain += 1;
  }
  const untilRungOut = () =>
    until(
      'the phone that nobody picks up has stopped ringing',
      () => tally.seen()[`agent:${absentee.agentId}`]?.rona === vain,
      15_000,
    );
  async function serveAll(): Promise<void> {
    await crowd.serveAll(30_000);
    await house.untilAgents('ready', talkers);
    await expectSoundLog(house, contacts);
  }
  async function startAgain(name: 'redis' | 'postgres' | 'server'): Promise<void> {
    // What a killed Postgres leaves holds its memory for a moment, in which a new one gives up.
    await until(
      `${name} is back`,
      async () => {
        if (!house.stack.isRunning(name)) house.stack.startProcess(name);
        return house.stack.waitReady(500).then(
          () => true,
          () => false,
        );
      },
      30_000,
    );
  }

  it('are one and the same while nothing is out of order', async () => {
    await fill(3);
    await ringInVain();
    await call(1, '702', 'side');
    await tally.giveUp();
    await tally.giveUp('side');
    await untilRungOut();
    await tally.expectLive('while they talk and wait');
    await serveAll();
    await tally.expectAgreement('before any fault');
  });

  it('are exact after Redis was lost and came back empty', async () => {
    await fill(4);
    await ringInVain();
    await house.stack.killProcess('redis');
    const dir = join(house.stack.dataDir, 'redis');
    const lost = readdirSync(dir);
    expect(lost, 'Redis had kept something').to.not.deep.equal([]);
    for (const name of lost) rmSync(join(dir, name), { recursive: true });
    await tally.endTalk();
    await untilRungOut();
    await tally.giveUp();
    await call(2);
    await house.untilContacts('waiting', 4);
    await startAgain('redis');
    await screen.signIn();
    await tally.expectLive('with an empty Redis');
    await tally.endTalk();
    await serveAll();
    await tally.expectAgreement('after Redis was lost');
  });

  it(`are exact after Postgres was away for ${postgresAwayMs / 1000} s`, async () => {
    await fill(3);
    await ringInVain();
    await house.stack.killProcess('postgres');
    const backAt = performance.now() + postgresAwayMs;
    await untilRungOut();
    for (let round = 1; performance.now() < backAt; round += 1) {
      await call(2);
      await tally.endTalk();
      await house.untilContacts('connected', talkers);
      await tally.giveUp();
      await tally.expectLive(`without Postgres, round ${round}`);
      // Sooner no answer than half of one.
      expect((await screen.get(`/api/reports/intervals?${tally.window()}`)).status).to.equal(503);
      await house.talkFor(Math.max(0, Math.min(12_000, backAt - performance.now())));
    }
    await startAgain('postgres');
    await serveAll();
    await tally.expectAgreement('after Postgres was away');
  });

  it('are exact after batches of history and of figures were killed in the middle', async () => {
    await fill(2);
    for (let kill = 0; kill < batchKills; kill += 1)
      for (const table of lateTables) {
        await batches.during(table, oneComesOneGoes, (pids) => batches.kill(pids));
        await house.untilContacts('connected', talkers);
      }
    await tally.expectLive('after batches were killed');
  });

  it('are exact after the server was killed in the middle of batches, while people hung up', async () => {
    for (let kill = 0; kill < serverKills; kill += 1) {
      await batches.during(lateTables[kill % 2]!, oneComesOneGoes, async () => {
        await everybodyTalks();
        await house.stack.killProcess('server');
        await tally.endTalk(false);
        await tally.giveUp();
      });
      await startAgain('server');
      await call(2);
      await tally.expectLive('after the server was killed');
    }
    await serveAll();
  });

  it('are the same to the last millisecond once everybody has logged out', async () => {
    for (let agent = 101; agent <= 101 + talkers; agent += 1) await switchTo(String(agent), 'logged-out');
    await tally.expectAgreement('at the end', true);
  });
});
