/**
 * What Postgres keeps of real calls is enough to make every decision again, equal to the record (N4): eight strategies,
 * skills, tiers, phones that nobody answers, a site that changes and a server that is killed in the middle.
 */
import { expect } from 'chai';
import { replayDecisions } from '../../../../server/acd/replay.ts';
import type { HearthlineEvent } from '../../../../server/contract/events.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { Crowd } from '../../../sip/faults/crowd.ts';
import { House } from '../../../support/house.ts';
import { until } from '../../../support/until.ts';

const strategies = [
  'longest-idle',
  'least-occupied',
  'fewest-contacts',
  'round-robin',
  'linear',
  'ring-all',
  'most-skilled',
  'weighted-random',
];
const agentCount = 10;
const callsPerQueue = 8;

/** Everybody takes three queues; levels and tiers differ, and every other queue asks for a skill. */
const siteWith = (ringSec: number) => `site: { name: Test, timeZone: Europe/Rome, language: en }
routing: { seed: 7 }
skills: [{ id: loans, name: Loans }]
numbers:
${strategies.map((_, i) => `  - { number: '71${i}', queue: q${i}, priority: ${i % 3} }`).join('\n')}
queues:
${strategies
  .map((strategy, i) => {
    const rules = i % 2 === 0 ? 'skills: loans >= 3, relax: [{ afterSec: 1 }], ' : '';
    return `  - { id: q${i}, name: Queue ${i}, strategy: ${strategy}, ringSec: ${ringSec}, maxWaitSec: 600, ${rules}tierAfterSec: [1] }`;
  })
  .join('\n')}
trunks: [{ id: loopback, addresses: ['127.0.0.1'], maxCalls: 1000 }]
phones:
${Array.from({ length: agentCount }, (_, i) => `  - { id: '${1001 + i}', password: 'secret-${1001 + i}' }`).join('\n')}
agents:
${Array.from({ length: agentCount }, (_, i) => {
  const queues = [0, 1, 3].map((step) => `q${(i + step) % strategies.length}`);
  const tiers = i % 4 === 3 ? `, tiers: { ${queues[0]}: 2 }` : '';
  return `  - { id: '${101 + i}', name: Agent ${i}, queues: [${queues.join(', ')}], phone: '${1001 + i}', skills: { loans: ${1 + (i % 5)} }${tiers}, wrapUp: { mode: none } }`;
}).join('\n')}
`;

describe('decisions of real calls, made again from Postgres', function () {
  this.timeout(90_000);
  let house: House;
  let crowd: Crowd;
  before(async () => {
    house = await House.open({}, { site: siteWith(3) });
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  const wave = async () => {
    const runs = await Promise.all(
      strategies.map((_, i) => crowd.call(callsPerQueue, { service: `71${i}`, ratePerSec: 4 })),
    );
    return () => Promise.all(runs.map((run) => run.done));
  };
  const offersMade = async (): Promise<number> => {
    const sql = "select count(*)::int as offers from events where type = 'contact.offered'";
    return (await house.rows<{ offers: number }>(sql))[0]!.offers;
  };
  async function events(): Promise<HearthlineEvent[]> {
    const { stack } = house;
    const logger = createLogger('test', 'silent');
    const sequelize = connectDatabase({
      socketDir: stack.pgSocket,
      database: 'hearthline',
      user: 'hearthline',
      logger,
    });
    try {
      const repo = createEventRepo(sequelize);
      const all: HearthlineEvent[] = [];
      for (;;) {
        const next = await repo.read((all.at(-1)?.seq ?? 0) + 1, 500);
        if (next.length === 0) return all;
        all.push(...next);
      }
    } finally {
      await sequelize.close();
    }
  }

  it('come out equal, every one', async () => {
    // Nine answer; one phone is left ringing.
    await crowd.seat(1001, agentCount - 1, { set: { TALK: 300, ANSWER: 40 } });
    await crowd.seat(1000 + agentCount, 1, { set: { ANSWER: 60_000 } });
    await house.untilAgents('ready', agentCount);
    await (
      await wave()
    )();
    await house.stack.importSite(siteWith(4));
    const offersBefore = await offersMade();
    const second = await wave();
    await until('the second wave is under way', async () => (await offersMade()) >= offersBefore + 8);
    await house.stack.killProcess('server', 'SIGKILL');
    await second();
    await house.untilIdle(40_000);
    await house.untilProjected();

    const log = await events();
    let count = 0;
    const seen = new Set<string>();
    for (const { offerId, recorded, replayed } of replayDecisions(log)) {
      expect(replayed, offerId).to.deep.equal(recorded);
      seen.add(recorded.strategy).add(`by ${recorded.trigger}`);
      count += 1;
    }
    console.log(`      ${count} decisions of ${log.length} events`);
    expect(count)
      .to.equal(await offersMade())
      .and.at.least(strategies.length * callsPerQueue);
    expect([...seen].sort()).to.deep.equal([...strategies, 'by agent', 'by contact'].sort());
    const types = new Set(log.map(({ type }) => type));
    for (const type of ['contact.relaxed', 'offer.withdrawn', 'site.applied', 'server.started'])
      expect([...types], type).to.include(type);
    expect(log.filter(({ type }) => type === 'server.started')).to.have.length(2);
  });
});
