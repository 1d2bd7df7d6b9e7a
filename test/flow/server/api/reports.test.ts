/**
 * Reports over HTTP: what an interval report says is what the figures of the log are, the contacts behind a number are as many
 * as the number says, files are safe, and what nobody may or can ask is refused in words.
 */
import { expect } from 'chai';
import type { FigureStatement, IntervalReport, DrillPage } from '../../../../server/contract/rest-reports.ts';
import { agentTimes } from '../../../../server/contract/figures.ts';
import { type FcrPage, type FcrReport, fcrDrillRowSchema } from '../../../../server/contract/rest-fcr.ts';
import { statementListSchema } from '../../../../server/contract/rest-reports.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createStatementRepo } from '../../../../server/db/repos/statement-repo.ts';
import { differencesOf } from '../../../../server/app/figures/statements.ts';
import { emptyCell, placeOf } from '../../../../server/stats/figure-cells.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { FloorDays } from '../../../support/floor-days.ts';
import { until } from '../../../support/until.ts';
import { type Harness, startHarness } from './harness.ts';

const logger = createLogger('test', 'silent');
const startAt = Date.parse('2026-03-02T08:00:00Z');
const endAt = startAt + 6 * 3_600_000;
const site = siteSchema.parse({
  site: { name: 'Bank', timeZone: 'Europe/Rome' },
  queues: [
    { id: 'main', name: '=Main, "first"', serviceLevel: { percent: 80, withinSec: 20 } },
    { id: 'cards', name: 'Cards', maxWaitSec: 120 },
  ],
  teams: [{ id: 'north', name: 'North' }],
  agents: ['101', '102', '103', '104', '105'].map((id) => ({
    id,
    name: `Agent ${id}`,
    queues: ['main', 'cards'],
    team: 'north',
  })),
  phones: ['p1', 'p2', 'p3', 'p4', 'p5'].map((id) => ({ id, password: 'not-of-any-use' })),
});

describe('reports', function () {
  this.timeout(60_000);
  let harness: Harness;
  let floor: FloorDays;
  const iso = (at: number) => new Date(at).toISOString();

  before(async () => {
    harness = await startHarness();
    harness.active.replace({ site, version: 1, yaml: '' });
    floor = new FloorDays({ seed: 5, startAt, endAt, site: toAcdSite(site, 1), contacts: 400 });
    floor.runTo(endAt + 3_600_000);
    const entries = floor.log.map((event) => ({ seq: event.seq, text: JSON.stringify(event) }));
    await applyBatch(
      { sequelize: harness.sequelize, logger, onUnreadable: () => expect.fail('unreadable') },
      0,
      entries,
    );
    harness.followFigures();
    await until('the figures have followed', async () => {
      const [rows] = await harness.sequelize.query(
        "select seq from projector_checkpoint where name = 'figures'",
      );
      return Number((rows[0] as { seq: string }).seq) === floor.log.length;
    });
  });
  after(() => harness?.stop());

  const ask = async (query: string) => {
    const answer = await (await harness.admin()).call('GET', `/api/reports/intervals?${query}`);
    expect(answer.status, answer.text).to.equal(200);
    return JSON.parse(answer.text) as IntervalReport;
  };
  const day = `from=${iso(startAt)}&to=${iso(endAt + 3_600_000)}`;
  const offeredIn = (queueId: string) =>
    floor.log.filter((event) => event.type === 'contact.queued' && event.queueId === queueId).length +
    // Turned away at the door.
    floor.log.filter(
      (event, i) =>
        event.type === 'contact.flowed-out' &&
        event.queueId === queueId &&
        !floor.log
          .slice(0, i)
          .some((one) => one.type === 'contact.queued' && one.contactId === event.contactId),
    ).length;

  it('count what happened, by interval and as a whole', async () => {
    const whole = await ask(`${day}&by=queue&interval=all`);
    expect(whole.rows.map(({ scope }) => scope)).to.deep.equal(['queue:cards', 'queue:main']);
    expect(whole.rows[1]!.name).to.equal('=Main, "first"');
    for (const { scope, counts, figures } of whole.rows) {
      expect(counts.offered).to.equal(offeredIn(scope.slice('queue:'.length)));
      expect(figures['service-level-negative']).to.equal(
        counts.answeredInTarget / counts.serviceLevelOffered,
      );
      expect(figures['abandonment-rate']).to.equal(counts.abandoned / counts.offered);
    }
    const parts = await ask(`${day}&by=queue&interval=15`);
    for (const { scope, counts } of whole.rows) {
      const sum = parts.rows
        .filter((row) => row.scope === scope)
        .reduce((all, row) => all + row.counts.offered, 0);
      expect(sum).to.equal(counts.offered);
    }
    for (const { start } of parts.rows) expect(start % 900_000).to.equal(0);
    expect(parts.definitions.map(({ version }) => version)).to.deep.equal([1]);
  });

  it('are asked by local day, team, agent, number, channel and for the site, and all add up', async () => {
    const site = (await ask(`${day}&by=site&interval=day`)).rows;
    expect(site).to.have.length(1);
    expect(iso(site[0]!.start)).to.equal('2026-03-01T23:00:00.000Z');
    for (const by of ['channel', 'number', 'queue']) {
      const { rows } = await ask(`${day}&by=${by}&interval=all`);
      expect(
        rows.reduce((sum, row) => sum + row.counts.answered, 0),
        by,
      ).to.equal(site[0]!.counts.answered);
    }
    const team = (await ask(`${day}&by=team&interval=all`)).rows[0]!;
    const agents = (await ask(`${day}&by=agent&interval=all`)).rows;
    for (const name of ['handled', 'talkMs', 'readyMs', 'notReadyMs', 'talkingMs'] as const)
      expect(
        agents.reduce((sum, row) => sum + row.counts[name], 0),
        name,
      ).to.equal(team.counts[name]);
    expect(team.name).to.equal('North');
    expect(team.figures.occupancy).to.be.within(0, 1);
  });

  it('count what agents have been in since then, in windows that were over long before', async () => {
    const stretches: { agentId: string; from: number; to: number }[] = [];
    const since = new Map<string, number>();
    for (const event of floor.log) {
      if (event.type !== 'agent.state-changed') continue;
      const { at, agentId = '' } = event;
      const begun = since.get(agentId);
      if (begun !== undefined) stretches.push({ agentId, from: begun, to: at });
      if (event.data.to === 'logged-out') since.delete(agentId);
      else since.set(agentId, at);
    }
    for (const [agentId, from] of since) stretches.push({ agentId, from, to: Infinity });
    const quarterMs = 900_000;
    const to = (Math.floor(Math.min(...since.values()) / quarterMs) + 1) * quarterMs;
    expect(to).to.be.lessThan(floor.log.at(-1)!.at);
    const { rows } = await ask(`from=${iso(startAt)}&to=${iso(to)}&by=agent&interval=all`);
    for (const { scope, counts } of rows) {
      const mine = stretches.filter(({ agentId, from }) => scope === `agent:${agentId}` && from < to);
      expect(
        agentTimes.reduce((sum, time) => sum + counts[time], 0),
        scope,
      ).to.equal(mine.reduce((sum, one) => sum + Math.min(one.to, to) - one.from, 0));
    }
    expect(rows.length).to.be.greaterThan(1);
  });

  it('open to as many contacts as the number says', async () => {
    const admin = await harness.admin();
    for (const attribution of ['event', 'arrival'])
      for (const by of ['queue', 'agent']) {
        const { rows } = await ask(`${day}&by=${by}&interval=all&attribution=${attribution}`);
        for (const { scope, counts } of rows)
          for (const count of [
            'offered',
            'answered',
            'abandoned',
            'shortAbandoned',
            'rona',
            'transferred',
          ] as const) {
            if (by === 'agent' && (count === 'offered' || attribution === 'arrival')) continue;
            const query = `${day}&scope=${scope}&count=${count}&attribution=${attribution}&limit=200`;
            const page = (await admin.call('GET', `/api/figures/contacts?${query}`))
              .json as unknown as DrillPage;
            expect(page.total, `${count} of ${scope} by ${attribution}`).to.equal(counts[count]);
            if (count !== 'rona') expect(page.items.length).to.equal(Math.min(200, counts[count]));
          }
      }
  });

  it('open to the contacts of the queues that were asked for alone', async () => {
    const admin = await harness.admin();
    const { rows } = await ask(`${day}&by=channel&interval=all&queues=main`);
    const whole = await ask(`${day}&by=channel&interval=all`);
    for (const { scope, counts } of rows) {
      const query = `${day}&scope=${scope}&count=answered&queues=main&limit=200`;
      const page = (await admin.call('GET', `/api/figures/contacts?${query}`)).json as unknown as DrillPage;
      expect(page.total, scope).to.equal(counts.answered);
      expect(page.total).to.be.lessThan(whole.rows.find((row) => row.scope === scope)!.counts.answered);
      expect(page.items.every(({ queueId }) => queueId === 'main')).to.equal(true);
    }
  });

  it('page through the contacts without losing or doubling one', async () => {
    const admin = await harness.admin();
    const seen: string[] = [];
    let cursor = '';
    do {
      const query = `${day}&scope=queue:main&count=answered&limit=17${cursor}`;
      const page = (await admin.call('GET', `/api/figures/contacts?${query}`)).json as unknown as DrillPage;
      seen.push(...page.items.map(({ contact, queuedAt }) => `${contact.contactId} ${queuedAt}`));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
      expect(page.total).to.be.greaterThan(17);
      if (cursor === '') expect(seen.length).to.equal(page.total);
    } while (cursor !== '');
    expect(new Set(seen).size).to.equal(seen.length);
  });

  it('come as a file in which no cell is a formula', async () => {
    const answer = await (
      await harness.admin()
    ).call('GET', `/api/reports/intervals?${day}&interval=all&format=csv`);
    expect(answer.headers['content-type']).to.match(/^text\/csv/);
    expect(answer.headers['content-disposition']).to.contain('attachment');
    const lines = answer.text.trim().split('\r\n');
    expect(lines[0]).to.match(/^start,scope,name,arrived,/);
    expect(lines).to.have.length(3);
    expect(lines[2]).to.contain(`"'=Main, ""first"""`);
  });

  it('refuse wrong and huge periods, unknown names and strangers, in words', async () => {
    const admin = await harness.admin();
    const cases: [string, RegExp][] = [
      [`from=${iso(endAt)}&to=${iso(startAt)}`, /ends before it begins/],
      [`from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z`, /longer than a year/],
      ['from=yesterday&to=today', /./],
      [`${day}&by=customer`, /./],
      [`${day}&interval=7`, /./],
      [`${day}&attribution=mine`, /./],
      [`from=${iso(startAt + 60_000)}&to=${iso(endAt)}&by=agent`, /not begin at a whole quarter/],
      [`from=${iso(startAt)}&to=${iso(endAt - 1)}&interval=15`, /not end at a whole quarter/],
      ['from=2099-01-01T00:00:00Z&to=2099-02-01T00:00:00Z', /not begun/],
    ];
    for (const [query, words] of cases) {
      const answer = await admin.call('GET', `/api/reports/intervals?${query}`);
      expect(answer.status, query).to.equal(400);
      expect(answer.text).to.match(words);
    }
    for (const query of [
      `${day}&count=offered&scope=queue:'%20or%201=1`,
      `${day}&count=drop`,
      `${day}&count=offered&limit=9999`,
    ])
      expect((await admin.call('GET', `/api/figures/contacts?${query}`)).status, query).to.equal(400);
    const odd = await admin.call('GET', `/api/figures/contacts?${day}&count=offered&cursor=1.1.%27%3B`);
    expect(odd.status).to.equal(200);
    expect((await harness.browser().call('GET', `/api/reports/intervals?${day}`)).status).to.equal(401);
    const viewer = await harness.user('viewer', 'vera');
    expect((await viewer.call('GET', `/api/reports/intervals?${day}`)).status).to.equal(403);
    expect((await viewer.call('GET', `/api/figures/contacts?${day}&count=offered`)).status).to.equal(403);
  });

  it('tell first contact resolution of every contact that was handled, with the contacts behind it', async () => {
    const admin = await harness.admin();
    const [rows] = await harness.sequelize.query(
      `select count(distinct contact_id)::int as handled from stays where outcome = 'answered' and handled_at is not null`,
    );
    const { handled } = rows[0] as { handled: number };
    const query = `from=${iso(startAt)}&to=${iso(endAt + 24 * 3_600_000)}`;
    const answer = await admin.call('GET', `/api/reports/fcr?${query}&by=queue&interval=day`);
    expect(answer.status, answer.text).to.equal(200);
    const report = JSON.parse(answer.text) as FcrReport;
    const { contacts, open, anonymous, resolved, repeated, transferred } = report.total.counts;
    expect(handled).to.be.greaterThan(100);
    expect(contacts + open + anonymous).to.equal(handled);
    expect(resolved + repeated + transferred).to.equal(contacts);
    expect(report).to.include({ method: 'repeat-window', days: 7, transfers: 'resolved', topic: 'queue' });
    for (const { scope, counts } of report.totals)
      for (const fate of ['contacts', 'repeated', 'anonymous'] as const) {
        const behind = `${query}&scope=${scope}&fate=${fate}&limit=5&asOf=${iso(report.asOf)}`;
        const page = (await admin.call('GET', `/api/reports/fcr/contacts?${behind}`))
          .json as unknown as FcrPage;
        expect(page.total, `${scope} ${fate}`).to.equal(counts[fate]);
        for (const item of page.items) fcrDrillRowSchema.parse(item);
      }
    const file = await admin.call('GET', `/api/reports/fcr?${query}&format=csv`);
    expect(file.headers['content-disposition']).to.include('queue-fcr.csv');
    expect(file.text).to.contain(`"'=Main, ""first"""`);
    for (const wrong of [
      'days=0',
      'days=91',
      'days=a',
      'topic=mine',
      'transfers=maybe',
      'by=team',
      'interval=15',
    ])
      expect((await admin.call('GET', `/api/reports/fcr?${query}&${wrong}`)).status, wrong).to.equal(400);
    for (const wrong of ['fate=lost', `scope=queue:'%20or%201=1`, 'limit=999'])
      expect((await admin.call('GET', `/api/reports/fcr/contacts?${query}&${wrong}`)).status, wrong).to.equal(
        400,
      );
    const odd = await admin.call('GET', `/api/reports/fcr/contacts?${query}&cursor=1.%27%3B`);
    expect(odd.status).to.equal(200);
    const viewer = await harness.user('viewer', 'viola');
    for (const path of ['/api/reports/fcr', '/api/reports/fcr/contacts'])
      expect((await viewer.call('GET', `${path}?${query}`)).status, path).to.equal(403);
  });

  it('keep the statement of a day, once, and tell its differences', async () => {
    const cell = (answered: number) => {
      const one = emptyCell();
      one[placeOf.answered] = answered;
      return one;
    };
    const found = differencesOf(
      { 'queue:a': cell(3) },
      { 'queue:a': cell(3) },
      { 'queue:a': cell(2) },
      'event',
    );
    expect(found.differences).to.deep.equal([
      { scope: 'queue:a', attribution: 'event', count: 'answered', live: 3, report: 3, recount: 2 },
    ]);
    const same = differencesOf(
      { 'queue:a': cell(3) },
      { 'queue:a': cell(3) },
      { 'queue:a': cell(3) },
      'event',
    );
    expect(same.differences).to.deep.equal([]);
    const store = createStatementRepo(harness.sequelize);
    const statement: FigureStatement = { from: startAt, to: endAt, madeAt: endAt + 1, seq: 7, ...found };
    await store.save(statement);
    await store.save({ ...statement, differences: [] });
    expect(await store.has(startAt)).to.equal(true);
    expect(await store.has(startAt + 1)).to.equal(false);
    const answer = await (await harness.admin()).call('GET', '/api/reports/statements');
    expect(statementListSchema.parse(answer.json).items).to.deep.equal([statement]);
  });
});
