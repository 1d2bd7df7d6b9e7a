/**
 * What monitoring sees of a running house, with a call through it: strict Prometheus text by convention, the page that lists it,
 * and the dashboard and alert rules that name it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { cloneHouse } from '../../../installer/house.ts';
import { tellAudit } from '../../../installer/ops/tell-audit.ts';
import { startBaresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import {
  alertsFile,
  dashboardFile,
  dashboardText,
  monitoringPage,
  monitoringText,
} from '../../support/monitoring-docs.ts';
import { metricsInQuery, readPrometheusText, type Metric } from '../../support/prometheus-text.ts';
import { until } from '../../support/until.ts';

const alertsSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string().min(1),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Hearthline[A-Z]\w+$/),
          expr: z.string().min(1),
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string().min(1), remedy: z.string().min(1) }),
        }),
      ),
    }),
  ),
});

const gridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const target = z.object({
  refId: z.string().regex(/^[A-Z]$/),
  expr: z.string().min(1),
  datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') }),
});
/** What Grafana 10 and later need of a dashboard of schema 39. */
const dashboardSchema = z.object({
  uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.literal(39),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.enum(['datasource', 'query']) })),
  }),
  time: z.object({ from: z.string(), to: z.string() }),
  panels: z.array(
    z.discriminatedUnion('type', [
      z.object({
        type: z.literal('row'),
        id: z.int(),
        title: z.string(),
        gridPos,
        panels: z.array(z.never()),
      }),
      z.object({
        type: z.enum(['stat', 'timeseries', 'gauge']),
        id: z.int(),
        title: z.string(),
        gridPos,
        targets: z.array(target).min(1),
        fieldConfig: z.object({ defaults: z.object({ unit: z.string() }), overrides: z.array(z.never()) }),
      }),
    ]),
  ),
});

describe('monitoring', function () {
  this.timeout(60_000);
  let house: House;
  let text = '';
  let metrics: Map<string, Metric>;
  const value = (name: string, labels: Record<string, string> = {}) =>
    metrics
      .get(name)
      ?.samples.find((sample) => Object.entries(labels).every(([key, one]) => sample.labels[key] === one))
      ?.value;
  const scrape = async () => {
    text = await (await fetch(`${house.stack.httpUrl}/metrics`)).text();
    metrics = readPrometheusText(text);
  };

  before(async () => {
    house = await House.open({ tied: 1, wrapUpSec: 1 }, { autoRestart: false });
    const { sipPort } = house;
    const agent = await startBaresip({ user: '1001', password: 'secret-1001', sipPort });
    const caller = await startBaresip({ user: '1009', password: 'secret-1009', sipPort });
    try {
      await agent.untilRegistered();
      await caller.untilRegistered();
      await house.untilAgent('101', 'ready');
      await caller.dial('701');
      await agent.waitFor('CALL_INCOMING');
      await agent.accept();
      await house.untilAgent('101', 'talking');
      await agent.hangup();
      await house.lastContact();
      await house.untilContacts('connected', 0);
    } finally {
      await Promise.all([agent.stop(), caller.stop()]);
    }
    await scrape();
  });
  after(() => house?.close());

  it('is Prometheus text, by the rules and by convention', () => {
    expect(metrics.size).to.be.greaterThan(80);
    for (const { name, help } of metrics.values()) expect(help, name).to.match(/^[A-Z0-9].{5,}/);
  });

  it('says what a part is, what went by and what is left', async () => {
    const parts = metrics.get('hearthline_part_up')?.samples.map(({ labels }) => labels['part']);
    expect(parts).to.include.members(['sip-engine', 'media-engine', 'redis', 'log', 'postgres', 'routing']);
    expect(value('hearthline_ready')).to.equal(1);
    expect(value('hearthline_queue_answered_today', { queue: 'main' })).to.equal(1);
    expect(value('hearthline_queue_service_level_ratio', { queue: 'main' })).to.equal(1);
    expect(value('hearthline_queue_service_level_ratio', { queue: 'side' }), 'nothing to say of').to.equal(
      undefined,
    );
    const appends = metrics.get('hearthline_log_append_seconds')!.samples;
    expect(appends.find(({ name }) => name.endsWith('_count'))?.value).to.be.greaterThan(0);
    await until('history has it all', async () => {
      await scrape();
      return value('hearthline_projector_lag_events') === 0;
    });
    const legs = metrics.get('hearthline_media_legs_measured_total')!.samples;
    expect(legs.reduce((sum, sample) => sum + sample.value, 0)).to.be.greaterThan(0);
    const { blocks, bsize } = statfsSync(house.stack.dataDir);
    expect(value('hearthline_disk_size_bytes', { place: 'data' })).to.equal(blocks * bsize);
    expect(value('hearthline_disk_free_bytes', { place: 'recordings' })).to.be.within(1, blocks * bsize);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(value('hearthline_build_info', { version })).to.equal(1);
    expect(value('hearthline_certificate_end_timestamp_seconds'), 'no TLS').to.equal(undefined);
  });

  it('knows of backups what their command told, also after a restart', async () => {
    expect(value('hearthline_backup_last_success_timestamp_seconds')).to.equal(undefined);
    const env = { HEARTHLINE_DATA: house.stack.dataDir, HEARTHLINE_HTTP_PORT: String(house.stack.httpPort) };
    const io = { out: () => undefined, error: () => undefined };
    const at = Date.now() - 5_000;
    const details = { bytes: 1234, freeBytes: 99_000 };
    await tellAudit(cloneHouse(env, '/'), { action: 'backup.done', details, at }, io);
    await house.stack.killProcess('server');
    house.stack.startProcess('server');
    await house.stack.waitReady();
    await until('it is told', async () => {
      await scrape();
      return value('hearthline_backup_size_bytes') !== undefined;
    });
    expect(value('hearthline_backup_last_success_timestamp_seconds')).to.equal(at / 1000);
    expect(value('hearthline_backup_disk_free_bytes')).to.equal(99_000);
    expect(value('hearthline_backup_last_failure_timestamp_seconds')).to.equal(undefined);
  });

  it('shows which part is down, and answers all the same', async () => {
    await house.stack.killProcess('redis');
    await until('Redis is told to be down', async () => {
      await scrape();
      return value('hearthline_part_up', { part: 'redis' }) === 0;
    });
    expect(value('hearthline_ready')).to.equal(0);
    expect(value('hearthline_part_up', { part: 'sip-engine' })).to.equal(1);
    house.stack.startProcess('redis');
    await house.stack.waitReady();
    await scrape();
    expect(value('hearthline_ready')).to.equal(1);
  });

  it('is listed in docs/monitoring.md (test/support/monitoring-docs.ts writes it)', async () => {
    expect(readFileSync(monitoringPage, 'utf8')).to.equal(await monitoringText(text));
  });

  it('is what the dashboard asks for, which Grafana can read', async () => {
    const json = readFileSync(dashboardFile, 'utf8');
    expect(json).to.equal(await dashboardText());
    const { panels, templating } = dashboardSchema.parse(JSON.parse(json));
    expect(new Set(panels.map(({ id }) => id)).size, 'each has an id of its own').to.equal(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos: at } of panels)
      for (let x = at.x; x < at.x + at.w; x += 1)
        for (let y = at.y; y < at.y + at.h; y += 1) {
          expect(x, title).to.be.below(24);
          expect(taken.has(`${x} ${y}`), `${title} lies over another`).to.equal(false);
          taken.add(`${x} ${y}`);
        }
    const queries = panels.flatMap((panel) =>
      'targets' in panel ? panel.targets.map(({ expr }) => expr) : [],
    );
    expect(queries.length).to.be.greaterThan(40);
    const variables = new Set(templating.list.map(({ name }) => name));
    for (const query of queries) {
      const named = metricsInQuery(query);
      expect(named, query).not.to.have.length(0);
      for (const name of named) expect(metrics.has(name), `${name} in ${query}`).to.equal(true);
      for (const [, variable] of query.matchAll(/\$([a-z]+)/g)) expect(variables, query).to.include(variable);
    }
  });

  it('is what the alert rules ask for', () => {
    const { groups } = alertsSchema.parse(parse(readFileSync(alertsFile, 'utf8')));
    const rules = groups.flatMap((group) => group.rules);
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length);
    for (const { alert, expr } of rules)
      for (const name of metricsInQuery(expr))
        expect(metrics.has(name), `${name} of ${alert}`).to.equal(true);
  });

  it('passes promtool, where it is installed', function () {
    const isThere = (() => {
      try {
        execFileSync('promtool', ['--version'], { stdio: 'pipe' });
        return true;
      } catch {
        return false;
      }
    })();
    if (!isThere) {
      this.test!.title += ' (skipped: apt-get install prometheus brings promtool)';
      this.skip();
    }
    execFileSync('promtool', ['check', 'rules', alertsFile], { stdio: 'pipe' });
    execFileSync('promtool', ['check', 'metrics'], { input: text, stdio: 'pipe' });
  });
});
