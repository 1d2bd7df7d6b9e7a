/** What explains a change, over HTTP and a real Postgres: the parts are the change that the reports themselves show. */
import { expect } from 'chai';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import { driftKeysOf, driftKeysOfFigure } from '../../../../server/contract/drift-facts.ts';
import type { FigureName } from '../../../../server/contract/figures.ts';
import type { DriftReport } from '../../../../server/contract/rest-drift.ts';
import type { IntervalReport } from '../../../../server/contract/rest-reports.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { alertDrift, windowStartOf } from '../../../../server/app/figures/drift-reports.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { driftCounts } from '../../../../server/db/drift-counts.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { driftRatios } from '../../../../server/stats/drift.ts';
import { FloorDays } from '../../../support/floor-days.ts';
import { until } from '../../../support/until.ts';
import { type Browser, type Harness, startHarness } from './harness.ts';

const logger = createLogger('test', 'silent');
const hourMs = 3_600_000;
const startAt = Date.parse('2026-03-02T08:00:00Z');
const middle = startAt + 3 * hourMs;
const endAt = startAt + 6 * hourMs;
const site = siteSchema.parse({
  site: { name: 'Bank', timeZone: 'Europe/Rome' },
  queues: [
    { id: 'main', name: 'Main' },
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
const iso = (at: number) => new Date(at).toISOString();

describe('what explains a change, over HTTP', function () {
  this.timeout(60_000);
  let harness: Harness;
  let admin: Browser;

  before(async () => {
    harness = await startHarness();
    harness.active.replace({ site, version: 1, yaml: '' });
    const floor = new FloorDays({ seed: 8, startAt, endAt, site: toAcdSite(site, 1), contacts: 400 });
    floor.runTo(endAt + hourMs);
    const entries = floor.log.map((event) => ({ seq: event.seq, text: JSON.stringify(event) }));
    const ctx = { sequelize: harness.sequelize, logger, onUnreadable: () => expect.fail('unreadable') };
    await applyBatch(ctx, 0, entries);
    harness.followFigures();
    await until('the figures have followed', async () => {
      const [rows] = await harness.sequelize.query(
        "select seq from projector_checkpoint where name = 'figures'",
      );
      return Number((rows[0] as { seq: string }).seq) === floor.log.length;
    });
    admin = await harness.admin();
  });
  after(() => harness?.stop());

  const windows = `from=${iso(middle)}&to=${iso(endAt + hourMs)}&baseFrom=${iso(startAt)}&baseTo=${iso(middle)}`;
  const ask = async (query: string) => {
    const answer = await admin.call('GET', `/api/reports/drift?${windows}&${query}`);
    expect(answer.status, answer.text).to.equal(200);
    return JSON.parse(answer.text) as DriftReport;
  };
  const figureOfScope = async (from: number, to: number, by: string, scope: string, figure: FigureName) => {
    const query = `from=${iso(from)}&to=${iso(to)}&by=${by}&interval=all`;
    const report = JSON.parse(
      (await admin.call('GET', `/api/reports/intervals?${query}`)).text,
    ) as IntervalReport;
    return report.rows.find((row) => row.scope === scope)?.figures[figure];
  };

  it('adds up to the change that the reports show, by whatever it is taken apart', async () => {
    const cases: [FigureName, string, string][] = [
      ['aht', 'site', 'site'],
      ['aht', 'queue', 'queue:main'],
      ['asa', 'queue', 'queue:cards'],
      ['aht', 'team', 'team:north'],
      ['aht', 'agent', 'agent:101'],
      ['abandonment-rate', 'site', 'site'],
      ['transfer-rate', 'channel', 'channel:voice'],
    ];
    for (const [figure, kind, scope] of cases)
      for (const by of driftKeysOf(figure, scope)) {
        const { drift } = await ask(`figure=${figure}&scope=${scope}&by=${by}`);
        const note = `${figure} of ${scope} by ${by}`;
        expect(drift!.base, note).to.be.closeTo(
          (await figureOfScope(startAt, middle, kind, scope, figure))!,
          1e-9,
        );
        expect(drift!.value, note).to.be.closeTo(
          (await figureOfScope(middle, endAt + hourMs, kind, scope, figure))!,
          1e-9,
        );
        const sum = drift!.members.reduce((whole, { rate, mix }) => whole + rate + mix, 0);
        expect(sum, note).to.be.closeTo(drift!.value - drift!.base, 1e-6);
        expect(drift!.rate + drift!.mix, note).to.be.closeTo(drift!.change, 1e-6);
        const sizes = drift!.members.map(({ rate, mix }) => Math.abs(rate + mix));
        expect(sizes).to.deep.equal(sizes.toSorted((a, b) => b - a));
      }
  });

  it('names agents and queues, and takes agents of a scope where nothing is said', async () => {
    const { by, keys, drift } = await ask('figure=aht&scope=queue:main');
    expect([by, keys]).to.deep.equal(['agent', ['agent', 'channel', 'number']]);
    expect(drift!.members.map(({ name }) => name)).to.include('Agent 101');
    const queues = await ask('figure=aht&by=queue');
    expect(queues.drift!.members.map(({ name }) => name).sort()).to.deep.equal(['Cards', 'Main']);
    for (const name of Object.keys(driftKeysOfFigure)) expect(driftRatios).to.have.property(name);
    expect(Object.keys(driftRatios)).to.have.length(Object.keys(driftKeysOfFigure).length);
  });

  it('says no more than there is, and refuses the rest in words', async () => {
    const empty = `from=${iso(middle)}&to=${iso(endAt)}&baseFrom=2026-01-01T00:00:00Z&baseTo=2026-01-02T00:00:00Z`;
    const answer = await admin.call('GET', `/api/reports/drift?${empty}&figure=aht`);
    expect(answer.status).to.equal(200);
    expect(answer.json).to.not.have.property('drift');
    const status = async (query: string) => (await admin.call('GET', `/api/reports/drift?${query}`)).status;
    expect(await status(`${windows}&figure=service-level`)).to.equal(404);
    expect(await status(`${windows}&figure=abandonment-rate&by=agent`)).to.equal(404);
    expect(await status(`${windows}&figure=aht&scope=queue:'%20or%201=1`)).to.equal(400);
    expect(await status(`${windows}&figure=aht&by=customer`)).to.equal(400);
    expect(
      await status(
        `from=${iso(endAt)}&to=${iso(middle)}&baseFrom=${iso(startAt)}&baseTo=${iso(middle)}&figure=aht`,
      ),
    ).to.equal(400);
    expect((await admin.call('GET', '/api/alerts/alert_none/drift')).status).to.equal(404);
    const viewer = await harness.user('viewer', 'vera');
    expect((await viewer.call('GET', `/api/reports/drift?${windows}&figure=aht`)).status).to.equal(403);
    expect((await viewer.call('GET', '/api/alerts/alert_none/drift')).status).to.equal(403);
  });

  it('explains an alert by what its rule compares: the same hours of the days before', async () => {
    const beganAt = Date.parse('2026-03-03T11:20:30Z');
    const history = {
      driftCounts: (question: Parameters<typeof driftCounts>[1]) => driftCounts(harness.sequelize, question),
    };
    const condition = { kind: 'trend', direction: 'up', percent: 20, days: 3, atLeast: 1 } as const;
    const alert = { figure: 'aht', scope: 'site', window: 'interval-60', condition, beganAt } as const;
    const report = (await alertDrift({ history, site: () => site }, alert, 'queue'))!;
    // The quarters of an hour that hold 12:00 to 12:20:30 in Rome, on Tuesday, and on Monday and the working days before.
    expect([iso(report.from), iso(report.to)]).to.deep.equal([
      '2026-03-03T11:00:00.000Z',
      '2026-03-03T11:30:00.000Z',
    ]);
    expect(report.base.map(({ from }) => iso(from))).to.deep.equal([
      '2026-03-02T11:00:00.000Z',
      '2026-02-27T11:00:00.000Z',
      '2026-02-26T11:00:00.000Z',
    ]);
    expect(
      await alertDrift({ history, site: () => site }, { ...alert, condition: { kind: 'above', value: 3 } }),
    ).to.equal(undefined);
    expect(await alertDrift({ history, site: () => site }, { ...alert, figure: 'waiting' })).to.equal(
      undefined,
    );
    expect(iso(windowStartOf('today', beganAt, site)!)).to.equal('2026-03-02T23:00:00.000Z');
    expect(iso(windowStartOf('rolling-15', beganAt, site)!)).to.equal('2026-03-03T11:06:00.000Z');
    expect(windowStartOf('shift', beganAt, site)).to.equal(undefined);
  });
});
