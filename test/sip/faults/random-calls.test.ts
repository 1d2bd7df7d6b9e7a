/**
 * Calls at random, over real SIP, while the server is killed again and again: callers who hang up at every moment of a
 * call, agents who answer soon, late or not at all, and hang up first. Afterwards the books are exact and nobody is
 * stuck. HEARTHLINE_RANDOM_CALLS=500 makes the run with which this was proven; the seed of a run is in its title.
 */
import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';
import { expectSoundLog } from './sound-log.ts';
import { randomSource } from '../../support/random-source.ts';

const callCount = Number(process.env['HEARTHLINE_RANDOM_CALLS'] ?? 100);
const waveSize = 25;
const waves = Math.ceil(callCount / waveSize);
const seed = Number(process.env['HEARTHLINE_RANDOM_SEED'] ?? randomInt(1e9));
const ringSec = 4;
/** Phones 1001 and up; the last one is never answered in time. */
const agentCount = 8;
const lazyPhone = 1000 + agentCount;

describe(`${callCount} random calls with kills of the server (seed ${seed})`, function () {
  this.timeout(120_000 + callCount * 400);
  const random = randomSource(seed);
  const between = (from: number, to: number) => Math.floor(from + random() * (to - from));
  let house: House;
  let crowd: Crowd;

  before(async () => {
    house = await House.open({
      tied: agentCount,
      free: 0,
      ringSec,
      wrapUpSec: 0,
      maxWaitSec: 8,
      maxLength: 1000,
    });
    crowd = new Crowd(house);
    for (let phone = 1001; phone < lazyPhone; phone++)
      await crowd.seat(phone, 1, { set: { ANSWER: between(20, 1500), TALK: between(300, 4000) } });
    await crowd.seat(lazyPhone, 1, { set: { ANSWER: (ringSec + 20) * 1000 } });
    await house.untilAgents('ready', agentCount);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  it('leaves nobody stuck, loses and doubles no contact, and the books are exact', async () => {
    let kills = 0;
    for (let wave = 0; wave < waves; wave++) {
      await crowd.call(waveSize, {
        service: random() < 0.5 ? '700' : '701',
        ratePerSec: between(10, 60),
        set: { FROM: `44${wave}00`, HOLD: random() < 0.3 ? between(0, 1500) : between(1500, 9000) },
      });
      await house.talkFor(between(300, 1500));
      if (wave % 2 === 1) {
        await house.stack.killProcess('server');
        kills += 1;
        await until(
          'the server is back',
          () =>
            fetch(`${house.stack.httpUrl}/healthz`)
              .then((answer) => answer.ok)
              .catch(() => false),
          30_000,
        );
      }
    }
    expect(kills).to.be.at.least(2);
    // Callers stay for nine seconds at the most, and nobody waits longer than eight.
    await house.untilIdle(60_000);
    await house.untilProjected(30_000);
    const [row] = await house.rows<{ n: number }>(
      "select count(*)::int as n from events where type = 'contact.arrived'",
    );
    expect(row!.n, 'most calls got in').to.be.greaterThan(waves * waveSize * 0.6);
    await expectSoundLog(house, row!.n);
    // Ready, or Not Ready for a reason that phones gave: the lazy one, and whom a kill kept from answering in time.
    await until('every agent is Ready or Not Ready', async () => {
      const idle = (await house.agentsIn('ready')) + (await house.agentsIn('not-ready'));
      return idle === agentCount;
    });
    for (let n = 1; n <= agentCount; n++) {
      const seen = await house.agentState(String(100 + n));
      if (seen?.state === 'not-ready') process.stdout.write(`      agent ${100 + n}: ${seen.reason}\n`);
      else expect(seen?.state).to.equal('ready');
    }
    const drifts = [...(await house.metrics())].filter(
      ([name, n]) => name.startsWith('hearthline_drift_total') && n > 0,
    );
    for (const [name, n] of drifts) process.stdout.write(`      mended on the way: ${name} ${n}\n`);
  });
});
