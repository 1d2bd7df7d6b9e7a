/** The fairness ledger over HTTP: equal to the raw log of a random day in Postgres, however the day is cut; who may ask; limits. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'chai';
import { QueryTypes } from 'sequelize';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { fairnessAnswerSchema, type FairnessAnswer } from '../../../../server/contract/rest-fairness.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { createFairnessReader } from '../../../../server/db/fairness-reader.ts';
import { createFairnessRepo } from '../../../../server/db/repos/fairness-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { fairnessTable } from '../../../../server/stats/fairness-figures.ts';
import { FairnessLedger, isLedgerEvent } from '../../../../server/stats/fairness.ts';
import { addUp, recount, recounted } from '../../../support/ledger-recount.ts';
import { randomSource } from '../../../support/random-source.ts';
import { agent, Bench, queue, site } from '../../../unit/server/acd/site.ts';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const logger = createLogger('test', 'silent');
const contactCount = 600;
const queueIds = ['cards', 'loans', 'mail'];
const agentIds = Array.from({ length: 12 }, (_, index) => String(101 + index));

function office(version: number) {
  return site(
    [
      queue('cards', {
        rona: { after: 3, becomes: 'not-ready' },
        strategy: version === 1 ? 'longest-idle' : 'linear',
      }),
      queue('loans', { strategy: 'least-occupied' }),
      queue('mail', { strategy: 'round-robin' }),
    ],
    agentIds.map((id, index) => agent(id, [queueIds[index % 3]!, queueIds[(index + 1) % 3]!])),
    agentIds.map((id) => `p${id}`),
    version,
  );
}

/** A day of the real engine: people who answer, reject, let it ring, walk away, hold, go for lunch and home. */
function day(): { log: EventDraft[]; begin: number; end: number } {
  const random = randomSource(14);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const bench = new Bench(office(1));
  const begin = (bench.at = 1_790_000_000_000);
  for (const id of agentIds.slice(0, 10)) bench.seat(id, `p${id}`);
  for (let n = 0; n < contactCount; n += 1) {
    bench.call(`c${n}`, pick(queueIds));
    bench.pass(Math.floor(random() * 9_000));
    act(bench, random, pick);
    if (n === contactCount / 2) bench.do({ type: 'site.apply', site: office(2) });
    if (n === 400) for (const id of agentIds.slice(10)) bench.seat(id, `p${id}`);
  }
  return { log: bench.log, begin, end: bench.at + 60_000 };
}

/** Everybody does something with what they have in hand. */
function act(bench: Bench, random: () => number, pick: <T>(list: readonly T[]) => T): void {
  for (const { id, state, offerId } of Array.from(bench.acd.contacts())) {
    const roll = random();
    if (state === 'offered' && offerId !== undefined) {
      bench.do({ type: 'offer.alerted', offerId });
      if (roll < 0.5) bench.do({ type: 'offer.accepted', offerId });
      else if (roll < 0.56)
        bench.do({
          type: 'offer.failed',
          offerId,
          reason: pick(['rejected', 'agent-left', 'interrupted', 'phone-unreachable']),
        });
      else if (roll < 0.6) bench.do({ type: 'contact.leave', contactId: id, reason: 'gone' });
    } else if (state === 'connected') {
      if (roll < 0.1) bench.do({ type: 'contact.hold', contactId: id });
      else if (roll < 0.2) bench.do({ type: 'contact.resume', contactId: id });
      else if (roll < 0.45) bench.do({ type: 'contact.leave', contactId: id, reason: 'bye' });
    } else if (state === 'waiting' && roll < 0.02)
      bench.do({ type: 'contact.leave', contactId: id, reason: 'gone' });
  }
  const agentId = pick(agentIds);
  const roll = random();
  if (roll < 0.08) bench.do({ type: 'agent.not-ready', agentId, reason: pick(['break', 'lunch']) });
  else if (roll < 0.1) bench.do({ type: 'agent.logout', agentId, reason: 'asked' });
  else if (roll < 0.2 && bench.agentState(agentId) === 'logged-out')
    bench.do({ type: 'agent.login', agentId, phoneId: `p${agentId}`, how: 'web' });
  else if (roll < 0.7) bench.do({ type: 'agent.ready', agentId });
  for (const id of agentIds)
    if (bench.agentState(id).startsWith('unreachable') && random() < 0.3)
      bench.do({ type: 'phone.registered', phoneId: `p${id}`, transport: 'udp' });
}

describe('fairness over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;
  const { log, begin, end } = day();

  async function fill(drafts: readonly EventDraft[]): Promise<void> {
    const { sequelize } = house;
    for (let next = 0; next < drafts.length; next += 500) {
      const after = await createEventRepo(sequelize).lastSeq();
      const entries = drafts.slice(next, next + 500).map((draft, index) => {
        const seq = after + index + 1;
        return { seq, text: JSON.stringify({ id: `e_${seq}`, seq, v: 1, ...draft }) };
      });
      await applyBatch({ sequelize, logger, onUnreadable: () => undefined }, after, entries);
    }
  }

  before(async () => {
    house = await startHarness();
    await fill(log);
    house.clock.offsetMs = end + 86_400_000 - Date.now();
    supervisor = await house.user('supervisor', 'sofia');
  });
  after(() => house?.stop());

  const iso = (at: number) => new Date(at).toISOString();
  const ask = async (from: number, to: number, queueId?: string): Promise<FairnessAnswer> => {
    const query = new URLSearchParams({ from: iso(from), to: iso(to), ...(queueId && { queue: queueId }) });
    const answer = await supervisor.call('GET', `/api/fairness?${query.toString()}`);
    expect(answer.status, answer.text).to.equal(200);
    return fairnessAnswerSchema.strict().parse(answer.json);
  };

  it('is for supervisors and administrators, not for viewers and strangers', async () => {
    const path = `/api/fairness?from=${iso(begin)}&to=${iso(end)}`;
    expect((await supervisor.call('GET', path)).status).to.equal(200);
    expect((await (await house.admin()).call('GET', path)).status).to.equal(200);
    expect((await (await house.user('viewer', 'vera')).call('GET', path)).status).to.equal(403);
    expect((await house.browser().call('GET', path)).status).to.equal(401);
  });

  it('equals the event log to the unit, and the log by SQL', async () => {
    const whole = await ask(begin, end);
    expect(recounted(whole)).to.deep.equal(recount(log, begin, end));
    for (const key of ['answered', 'rejected', 'leftOffer', 'notAnswered', 'withdrawn', 'handled'] as const)
      expect(whole.team.total[key], key).to.be.greaterThan(3);
    expect(whole.team.total.answered).to.be.greaterThan(300);
    expect(whole.seq).to.equal(log.length);
    const [sql] = await house.sequelize.query<Record<string, number>>(
      `select count(*) filter (where type = 'contact.offered')::int as offered,
              count(*) filter (where type = 'contact.answered')::int as answered,
              count(*) filter (where type = 'offer.withdrawn' and data ->> 'reason' = 'rona')::int as "notAnswered",
              count(*) filter (where type = 'contact.ended' and agent_id is not null)::int as handled
       from events`,
      { type: QueryTypes.SELECT },
    );
    expect(whole.team.total).to.include(sql!);
    for (const { queueId, offered, handled } of whole.queues) {
      const ofQueue = (type: string) =>
        log.filter((e) => e.type === type && e.queueId === queueId && e.agentId);
      expect([offered, handled]).to.deep.equal([
        ofQueue('contact.offered').length,
        ofQueue('contact.ended').length,
      ]);
    }
    expect(
      whole.queues.map(({ queueId, strategies }) => [queueId, strategies.map((s) => s.strategy)]),
    ).to.deep.equal([
      ['cards', ['longest-idle', 'linear']],
      ['loans', ['least-occupied']],
      ['mail', ['round-robin']],
    ]);
  });

  it('adds up wherever the day is cut, and equals the fold of the whole log from its first event', async () => {
    const whole = await ask(begin, end);
    const middleOfRinging = log.find((e, i) => i > log.length / 3 && e.type === 'offer.alerted')!.at + 1;
    for (const cut of [begin + 1, middleOfRinging, Math.round((begin + end) / 2), end - 70_000]) {
      const [one, two] = [await ask(begin, cut), await ask(cut, end)];
      expect(addUp(recounted(one), recounted(two)), String(cut)).to.deep.equal(recounted(whole));
      expect(one.team.total.idleCount + two.team.total.idleCount).to.equal(whole.team.total.idleCount);
      expect(one.team.total.idleTotalMs + two.team.total.idleTotalMs).to.equal(whole.team.total.idleTotalMs);
      expect(one.team.total.openAtEnd).to.equal(two.team.total.openAtStart);
      const fold = new FairnessLedger({ from: cut, to: end });
      for (const event of log) if (isLedgerEvent(event)) fold.apply(event);
      const { agents, team, queues } = two;
      expect({ agents, team, queues }).to.deep.equal(fairnessTable(fold.ledger()));
    }
    const atRinging = await ask(middleOfRinging, end);
    expect(atRinging.team.total.openAtStart).to.be.greaterThan(0);
    const few = await ask(middleOfRinging, middleOfRinging + 1);
    expect(recounted(few)).to.deep.equal(recount(log, middleOfRinging, middleOfRinging + 1));
  });

  it('counts one queue alone, for the agents who were in it', async () => {
    const ofQueue = await ask(begin, end, 'loans');
    expect(recounted(ofQueue)).to.deep.equal(pickAgents(recount(log, begin, end, 'loans'), ofQueue));
    expect(ofQueue.agents).to.have.length(8);
    expect(ofQueue.queues.map(({ queueId }) => queueId)).to.deep.equal(['loans']);
    expect((await ask(begin, end, 'no-such')).agents).to.deep.equal([]);
  });

  it('never counts ahead of now, and reads periods in any offset', async () => {
    const now = Date.now() + house.clock.offsetMs;
    const open = await ask(end, now + 3_600_000);
    expect(open.to).to.be.within(now, now + 60_000);
    // Whoever had not gone home is still there.
    expect(open.agents.length).to.be.greaterThan(3);
    for (const { figures } of open.agents) expect(figures.signedInMs).to.equal(open.to - end);
    const rome = new Date(begin + 7_200_000).toISOString().replace('Z', '+02:00');
    const query = new URLSearchParams({ from: rome, to: iso(end) });
    const { json } = await supervisor.call('GET', `/api/fairness?${query.toString()}`);
    expect(json['from']).to.equal(begin);
  });

  it('refuses what is no period, and says which limit', async () => {
    const month = 31 * 86_400_000 + 3_600_000;
    for (const [query, hint] of [
      ['', ''],
      [`from=${iso(begin)}`, ''],
      [`from=${begin}&to=${end}`, ''],
      ['from=2026-10-25&to=2026-10-26', ''],
      ['from=2026-10-25T00:00:00&to=2026-10-26T00:00:00', ''],
      [`from=${iso(end)}&to=${iso(begin)}`, 'ends before it begins'],
      [`from=${iso(begin)}&to=${iso(begin)}`, 'ends before it begins'],
      [`from=${iso(begin)}&to=${iso(begin + month + 1)}`, 'longer than 31 days'],
      [`from=${iso(end + 86_400_000 * 3)}&to=${iso(end + 86_400_000 * 4)}`, 'not begun'],
      [`from=${iso(begin)}&to=${iso(end)}&queue=%27--`, ''],
      [`from=${iso(begin)}&to=${iso(end)}&surprise=1`, ''],
      [`from=${iso(begin)}&from=${iso(begin)}&to=${iso(end)}`, ''],
    ] as const) {
      const answer = await supervisor.call('GET', `/api/fairness?${query}`);
      expect(answer.status, `${query}: ${answer.text}`).to.equal(400);
      expect(answer.json['error'], query).to.include({ code: 'bad-request' });
      expect(answer.text, query).to.include(hint);
    }
    await ask(begin, begin + month);
  });

  it('answers a few at once and refuses the rest', async () => {
    const path = `/api/fairness?from=${iso(begin)}&to=${iso(end)}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => supervisor.call('GET', path)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 200 && status !== 429)).to.deep.equal([]);
    expect(answers.filter(({ status }) => status === 200).length).to.be.at.least(5);
    const bodies = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
    expect(bodies.size).to.equal(1);
    expect((await supervisor.call('GET', path)).status).to.equal(200);
  });

  it('does not hold the event loop that carries calls', async () => {
    await ask(begin, end);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    // Asked for its text alone: reading it as JSON would be the test's own time.
    const { json } = (await house.deps.fairness.ask({ from: begin, to: end, eventsAtMost: 1e6 })) as {
      json: string;
    };
    delay.disable();
    expect(json.length).to.be.greaterThan(5_000);
    expect(delay.percentile(50) / 1e6).to.be.lessThan(20);
  });

  it('tells a fault as one, and answers again afterwards', async () => {
    const elsewhere = createFairnessReader({ socketDir: house.tempDir, database: 'none', user: 'none' });
    const question = { from: begin, to: end, eventsAtMost: 1_000 };
    const fault = await elsewhere.ask(question).catch((error: Error) => error);
    expect(fault).to.include({ name: 'SequelizeConnectionError' });
    const ends = elsewhere.ask(question).catch((error: Error) => error.message);
    await elsewhere.close();
    expect(await ends).to.match(/shutting down|could not be counted/);
    expect(await house.deps.fairness.ask(question)).to.deep.equal({ isTooMuch: true });
    await ask(begin, end);
  });

  it('says nothing of who called', async () => {
    const { text } = await supervisor.call('GET', `/api/fairness?from=${iso(begin)}&to=${iso(end)}`);
    expect(text).to.not.match(/contactId|pii|phone/i);
  });
});

function pickAgents<T>(all: Record<string, T>, { agents }: FairnessAnswer): Record<string, T> {
  return Object.fromEntries(agents.map(({ agentId }) => [agentId, all[agentId]!]));
}

/** A year of a floor, of which one day is asked: what came before it must cost nothing. */
describe('fairness among many events', function () {
  this.timeout(60_000);
  let house: Harness;
  const eventCount = 300_000;
  const startSec = 1_790_000_000;
  before(async () => {
    house = await startHarness();
    const states = `(array['ready','reserved','ringing','talking','wrap-up'])`;
    await house.sequelize.query(
      `insert into events (seq, id, type, at, v, contact_id, agent_id, queue_id, data)
       select i, 'e' || i, case when i % 5 = 0 then 'contact.queued' else 'agent.state-changed' end,
              to_timestamp(${startSec} + i), 1, 'c_' || i / 5, (100 + i % 400)::text, 'q1',
              jsonb_build_object('from', ${states}[1 + (i / 400) % 5], 'to', ${states}[1 + (i / 400 + 1) % 5], 'forMs', 400000)
       from generate_series(1, ${eventCount}) i;
       insert into agent_intervals (from_seq, agent_id, state, from_at, to_at)
       select i, (100 + i % 400)::text, ${states}[1 + (i / 400 + 1) % 5], to_timestamp(${startSec} + i),
              case when i > ${eventCount} - 400 then null else to_timestamp(${startSec} + i + 400) end
       from generate_series(1, ${eventCount}) i;
       insert into segments (offer_id, contact_id, agent_id, queue_id, offered_at, answered_at, ended_at)
       select 'o' || i, 'c_' || i, (100 + i % 400)::text, 'q1', to_timestamp(${startSec} + i * 5),
              to_timestamp(${startSec} + i * 5 + 4), to_timestamp(${startSec} + i * 5 + 90)
       from generate_series(1, ${eventCount} / 5) i;
       update projector_checkpoint set seq = ${eventCount}`,
    );
    await house.sequelize.query('analyze events; analyze agent_intervals; analyze segments');
  });
  after(() => house?.stop());

  it('are read by an index, and only those of the period', async () => {
    const plans: string[] = [];
    const { sequelize } = house;
    const query = sequelize.query.bind(sequelize) as (sql: string, options?: object) => Promise<unknown>;
    const explained = async (sql: string, options: object) => {
      if (/^(with|select)/.test(sql)) {
        const rows = (await query(`explain (analyze) ${sql}`, options)) as { 'QUERY PLAN': string }[];
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      }
      return query(sql, options);
    };
    const spy = { query: explained, transaction: sequelize.transaction.bind(sequelize) };
    const from = (startSec + eventCount / 2) * 1000;
    let events = 0;
    let agents = 0;
    const startedAt = performance.now();
    const read = await createFairnessRepo(spy as unknown as typeof sequelize).read(
      { from, to: from + 10_000_000 },
      1_000_000,
      { start: (start) => (agents = start.agents.length), event: () => (events += 1) },
    );
    expect(performance.now() - startedAt).to.be.lessThan(20_000);
    expect(read).to.deep.equal({ seq: eventCount });
    expect(agents).to.equal(400);
    expect(events).to.equal(8_000);
    expect(plans.length).to.be.greaterThan(8);
    for (const plan of plans) {
      expect(plan).to.not.match(/Seq Scan on (events|agent_intervals|segments)/);
      const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, count]) => Number(count));
      expect(Math.max(0, ...removed), plan).to.be.lessThan(2_000);
    }
  });

  it('are refused where there are more than one answer may read', async () => {
    const from = (startSec + 1) * 1000;
    let isFed = false;
    const take = { start: () => void (isFed = true), event: () => void (isFed = true) };
    const repo = createFairnessRepo(house.sequelize);
    expect(await repo.read({ from, to: from + 5_000_000 }, 4_998, take)).to.deep.equal({ isTooMuch: true });
    expect(isFed).to.equal(false);
    expect(await repo.read({ from, to: from + 5_000_000 }, 5_001, take)).to.deep.equal({ seq: eventCount });
  });
});
