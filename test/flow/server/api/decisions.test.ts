/** Decisions and stories over HTTP: filters, pages, who may ask, bad input, and that nobody's number is in them. */
import { expect } from 'chai';
import { QueryTypes } from 'sequelize';
import {
  contactStorySchema,
  decisionPageSchema,
  type DecisionPage,
} from '../../../../server/contract/rest-decisions.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { calls } from '../../../support/call-events.ts';
import { agent, Bench, queue, site } from '../../../unit/server/acd/site.ts';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const logger = createLogger('test', 'silent');
const contactCount = 60;

/** A contact that asks for skills, is left ringing, relaxed, answered by another: by the real engine. */
function skilledCall(): EventDraft[] {
  const loans = { skill: 'loans', level: 5 };
  const bench = new Bench(
    site(
      [queue('q', { skills: loans, relax: [{ afterMs: 20_000 }] })],
      [agent('501', ['q'], { skills: { loans: 5 } }), agent('502', ['q']), agent('503', ['q'])],
      ['p1', 'p2', 'p3'],
    ),
  );
  bench.at = 1_800_000_000_000;
  bench.seat('501', 'p1');
  bench.pass(5_000);
  bench.seat('502', 'p2');
  bench.call('skilled', 'q');
  bench.do({ type: 'offer.alerted', offerId: bench.offerOf('skilled') });
  bench.pass(25_000);
  bench.answer('skilled');
  bench.do({ type: 'contact.leave', contactId: 'skilled', reason: 'bye' });
  return bench.log;
}

describe('decisions over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;

  async function fill(drafts: readonly EventDraft[]): Promise<void> {
    const { sequelize } = house;
    const after = await createEventRepo(sequelize).lastSeq();
    const entries = drafts.map((draft, index) => {
      const seq = after + index + 1;
      return { seq, text: JSON.stringify({ id: `e_${seq}`, seq, v: 1, ...draft }) };
    });
    await applyBatch({ sequelize, logger, onUnreadable: () => undefined }, after, entries);
  }

  before(async () => {
    house = await startHarness();
    supervisor = await house.user('supervisor', 'sofia');
    await fill(calls(contactCount).drafts);
    await fill(skilledCall());
  });
  after(() => house?.stop());

  const ask = async (query: Record<string, string | number> = {}): Promise<DecisionPage> => {
    const text = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const answer = await supervisor.call('GET', `/api/decisions?${text.toString()}`);
    expect(answer.status, answer.text).to.equal(200);
    return decisionPageSchema.strict().parse(answer.json);
  };
  const sqlCount = async (where: string, bind: unknown[] = []): Promise<number> => {
    const [row] = await house.sequelize.query<{ n: number }>(
      `select count(*)::int n from events where type = 'contact.offered' and ${where}`,
      { bind, type: QueryTypes.SELECT },
    );
    return row!.n;
  };

  it('are for supervisors and administrators, not for viewers and strangers', async () => {
    const viewer = await house.user('viewer', 'vera');
    const admin = await house.admin();
    for (const path of ['/api/decisions', '/api/contacts/c_1/story', '/api/contacts/nobody/story']) {
      const status = path.includes('nobody') ? 404 : 200;
      expect((await admin.call('GET', path)).status, path).to.equal(status);
      expect((await supervisor.call('GET', path)).status, path).to.equal(status);
      expect((await viewer.call('GET', path)).status, path).to.equal(403);
      expect((await house.browser().call('GET', path)).status, path).to.equal(401);
    }
  });

  it('come newest first, page by page, each once, however many come meanwhile', async () => {
    const total = await sqlCount('true');
    const seqs: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask({ limit: 7, ...(cursor !== undefined && { cursor }) });
      seqs.push(...page.items.map(({ seq }) => seq));
      cursor = page.nextCursor;
      if (seqs.length === 7)
        await fill(calls(1, 900).drafts.map((draft) => ({ ...draft, at: draft.at + 3e10 })));
    } while (cursor !== undefined);
    expect(seqs).to.have.length(total);
    expect(new Set(seqs).size).to.equal(total);
    const { items } = await ask({ limit: 100 });
    expect(items.map(({ at }) => at)).to.deep.equal(items.map(({ at }) => at).toSorted((a, b) => b - a));
  });

  it('are found by contact, agent, queue and time, and by all of these together', async () => {
    const { items: ofContact } = await ask({ contactId: 'c_5' });
    expect(ofContact.map(({ result, attempt, ringMs }) => [result, attempt, ringMs])).to.deep.equal([
      ['answered', 2, 2800],
      ['rona', 1, 49],
    ]);
    const { items: ofAgent } = await ask({ agentId: '107', limit: 100 });
    expect(ofAgent).to.have.length(await sqlCount("agent_id = '107'"));
    expect(new Set(ofAgent.map(({ agentId }) => agentId))).to.deep.equal(new Set(['107']));
    const { items: ofQueue } = await ask({ queueId: 'sales', limit: 100 });
    expect(ofQueue).to.have.length(await sqlCount("queue_id = 'sales'"));

    const { items } = await ask({ limit: 100 });
    const from = items[40]!.at;
    const to = items[10]!.at;
    const within = items.filter(({ at }) => at >= from && at < to);
    expect((await ask({ from, to, limit: 100 })).items).to.deep.equal(within);
    const one = within.find(({ queueId }) => queueId === 'sales')!;
    const exact = { from, to, queueId: 'sales', agentId: one.agentId, contactId: one.contactId };
    expect((await ask(exact)).items.map(({ offerId }) => offerId)).to.include(one.offerId);
    expect((await ask({ ...exact, agentId: 'none' })).items).to.deep.equal([]);
  });

  it('refuse what is no filter, and take text for text', async () => {
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=ten',
      'cursor=12',
      'cursor=1.2.3',
      `cursor=${'9'.repeat(40)}.1`,
      'from=yesterday',
      'from=-1',
      'from=1e300',
      'from=2&to=1',
      'from=5&to=5',
      'agentId=',
      `agentId=${'1'.repeat(81)}`,
      "queueId='%20or%20true--",
      'contactId=%00',
      'agentId=1&agentId=2',
      'agentId[]=1',
      'surprise=1',
    ]) {
      const answer = await supervisor.call('GET', `/api/decisions?${query}`);
      expect(answer.status, `${query}: ${answer.text}`).to.equal(400);
      expect(answer.json['error'], query).to.include({ code: 'bad-request' });
    }
    for (const id of ["'--", '%00', 'a'.repeat(81), '..%2f..', 'c_1;drop'])
      expect((await supervisor.call('GET', `/api/contacts/${id}/story`)).status, id).to.equal(404);
    expect((await ask({ cursor: '99999999999999.999999999999999' })).items).to.not.deep.equal([]);
    expect((await ask({ cursor: '0.0' })).items).to.deep.equal([]);
  });

  it('tell the story of a contact, with what it asked for as facts and what became of each offer', async () => {
    const answer = await supervisor.call('GET', '/api/contacts/skilled/story');
    const story = contactStorySchema.strict().parse(answer.json);
    expect(story.steps.map(({ kind }) => kind)).to.deep.equal([
      'arrived',
      'queued',
      'offered',
      'withdrawn',
      'relaxed',
      'offered',
      'answered',
      'ended',
    ]);
    const [first, second] = story.steps.flatMap((step) => (step.kind === 'offered' ? [step.offer] : []));
    expect(first).to.include({ agentId: '501', result: 'rona', ringMs: 15_000 });
    expect(first!.decision!.demand).to.deep.equal({
      text: 'loans >= 5',
      facts: { maxTier: 1, skills: { skill: 'loans', level: 5 } },
    });
    expect(first!.decision!.ruledOut).to.deep.equal([{ rule: 'skill', count: 2, agentIds: ['502', '503'] }]);
    expect(second).to.include({ agentId: '502', result: 'answered' });
    const { items } = await ask({ contactId: 'skilled' });
    expect(items.map(({ offerId, result }) => [offerId, result])).to.deep.equal([
      [second!.offerId, 'answered'],
      [first!.offerId, 'rona'],
    ]);
  });

  it('say which other contact an agent would have taken, also where priority and head starts weigh in', async () => {
    const bench = new Bench({
      ...site(
        [queue('qa', { weight: 1, headStartMs: 2_000 }), queue('qb')],
        [agent('601', ['qa', 'qb'], { wrapUp: { mode: 'none' } })],
        ['p1'],
      ),
      priorityWorthMs: 30_000,
    });
    bench.at = 1_810_000_000_000;
    bench.seat('601', 'p1');
    bench.call('talks', 'qa');
    bench.answer('talks');
    bench.pass(1_000);
    bench.call('waits-a', 'qa');
    bench.pass(7_000);
    bench.call('waits-b', 'qb', 1);
    bench.pass(3_000);
    bench.do({ type: 'contact.leave', contactId: 'talks', reason: 'bye' });
    bench.answer('waits-a');
    bench.do({ type: 'contact.leave', contactId: 'waits-a', reason: 'bye' });
    await fill(bench.log);
    const { json } = await supervisor.call('GET', '/api/contacts/waits-a/story');
    const offered = contactStorySchema.parse(json).steps.find((step) => step.kind === 'offered');
    expect(offered?.kind === 'offered' && offered.offer.decision?.counterfactual).to.deep.equal({
      text: 'Contact waits-b of queue qb would have been offered instead if it had entered its queue 9001 ms sooner',
      fact: { kind: 'contact-sooner', contactId: 'waits-b', queueId: 'qb', ms: 9001 },
    });
  });

  it('say nothing of who called', async () => {
    for (const path of ['/api/decisions?limit=100', '/api/contacts/c_5/story']) {
      const { text, status } = await supervisor.call('GET', path);
      expect(status).to.equal(200);
      expect(text).to.not.match(/\+39055|Rossi|pii/);
    }
  });

  it('keep an offer whose record cannot be read', async () => {
    const [draft] = calls(1, 950).drafts.filter((one) => one.type === 'contact.offered');
    const broken = { ...draft!, data: { ...draft!.data, decision: { strategy: 7 } } };
    await fill([broken as unknown as EventDraft]);
    const { items } = await ask({ contactId: 'c_950' });
    expect(items).to.have.length(1);
    expect(items[0]).to.not.have.property('decision');
  });
});

/** Enough rows that a plan which reads them all would be chosen only for want of an index. */
describe('decisions among many events', function () {
  this.timeout(60_000);
  let house: Harness;
  const eventCount = 200_000;
  before(async () => {
    house = await startHarness();
    await house.sequelize.query(
      `insert into events (seq, id, type, at, v, contact_id, agent_id, queue_id, data)
       select i, 'e' || i, case when i % 8 = 0 then 'contact.offered' else 'contact.queued' end,
              to_timestamp(1790000000 + i / 10.0), 1, 'c_' || i / 8, (100 + i / 8 % 400)::text, 'q' || i / 8 % 20,
              jsonb_build_object('offerId', 'o_' || i, 'attempt', 1)
       from generate_series(1, ${eventCount}) i`,
    );
    await house.sequelize.query('analyze events');
  });
  after(() => house?.stop());

  it('are found by an index, whatever is asked', async () => {
    const plans: string[] = [];
    const { sequelize } = house;
    const query = sequelize.query.bind(sequelize) as (sql: string, options?: object) => Promise<unknown>;
    const explained = async (sql: string, options: object) => {
      const rows = (await query(`explain (analyze) ${sql}`, options)) as { 'QUERY PLAN': string }[];
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return query(sql, options);
    };
    const { createDecisionRepo } = await import('../../../../server/db/repos/decision-repo.ts');
    const repo = createDecisionRepo({ query: explained } as unknown as typeof sequelize);
    const middle = 1_790_000_000_000 + (eventCount / 2) * 100;
    for (const filter of [
      {},
      { agentId: '133' },
      { queueId: 'q7' },
      { contactId: 'c_1200' },
      { from: middle, to: middle + 60_000 },
      { agentId: '133', from: 0, to: middle },
      { queueId: 'q7', cursor: `${middle}.100000` },
    ])
      await repo.offers({ limit: 50, ...filter });
    await repo.contactEvents('c_1200', 1001);
    expect(plans).to.have.length(8);
    for (const plan of plans) {
      expect(plan).to.not.match(/Seq Scan on events/);
      const read = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, count]) => Number(count));
      expect(Math.max(0, ...read), plan).to.be.lessThan(100);
    }
  });
});
