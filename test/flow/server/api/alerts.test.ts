/** Rules and alerts over HTTP: who may, what is refused, what is written into the audit trail, and real Postgres below. */
import { expect } from 'chai';
import { send, startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const rule = (more: object = {}) => ({
  name: 'Too many wait',
  figure: 'waiting',
  condition: { kind: 'above', value: 5 },
  forSec: 0,
  clearSec: 0,
  ...more,
});
const webhook = { url: 'https://alerts.bank.example/in?key=1', secret: 'alert-hook' };

describe('alerts over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let admin: Browser;
  let supervisor: Browser;
  let viewer: Browser;
  before(async () => {
    house = await startHarness();
    admin = await house.admin();
    supervisor = await house.user('supervisor', 'sue');
    viewer = await house.user('viewer', 'vic');
  });
  after(() => house?.stop());

  const look = async () => {
    house.alerting.alerts.look();
    await house.alerting.alerts.settled();
  };
  const items = async (browser: Browser, path: string) =>
    (await browser.call('GET', path)).json['items'] as unknown as Record<string, unknown>[];
  const audited = async () =>
    (await house.deps.audit.list(20)).map(({ actor, action }) => `${actor} ${action}`);

  it('lets supervisors make, change and delete rules, and nobody below', async () => {
    expect((await viewer.call('GET', '/api/alert-rules')).status).to.equal(403);
    expect((await viewer.call('POST', '/api/alert-rules', { rule: rule() })).status).to.equal(403);
    const made = await supervisor.call('POST', '/api/alert-rules', { rule: rule() });
    expect(made.status).to.equal(201);
    expect(made.json).to.include({ version: 1, updatedBy: 'sue', phase: 'calm', isUnknown: false });
    const path = `/api/alert-rules/${String(made.json['ruleId'])}`;
    const changed = await supervisor.call('PUT', path, { rule: rule({ name: 'Other' }), ifVersion: 1 });
    expect(changed.json).to.include({ version: 2 });
    const late = await admin.call('PUT', path, { rule: rule(), ifVersion: 1 });
    expect(late.status).to.equal(409);
    expect(late.json['error']).to.deep.include({ details: { reason: 'changed', currentVersion: 2 } });
    expect((await items(admin, '/api/alert-rules')).map(({ rule: one }) => one)).to.deep.equal([
      changed.json['rule'],
    ]);
    expect((await supervisor.call('DELETE', path)).status).to.equal(204);
    expect((await supervisor.call('DELETE', path)).status).to.equal(404);
    expect((await admin.call('PUT', path, { rule: rule(), ifVersion: 2 })).status).to.equal(404);
    expect((await audited()).slice(0, 3)).to.deep.equal([
      'user:sue alert-rule.removed',
      'user:sue alert-rule.changed',
      'user:sue alert-rule.added',
    ]);
  });

  it('lets only administrators say where alerts are posted, and shows that as what leaves the building', async () => {
    const posts = rule({ to: { webhook } });
    expect((await supervisor.call('POST', '/api/alert-rules', { rule: posts })).status).to.equal(403);
    const made = await admin.call('POST', '/api/alert-rules', { rule: posts });
    expect(made.status).to.equal(201);
    const path = `/api/alert-rules/${String(made.json['ruleId'])}`;
    const kept = await supervisor.call('PUT', path, { rule: { ...posts, name: 'Kept' }, ifVersion: 1 });
    expect(kept.status).to.equal(200);
    const other = rule({ to: { webhook: { ...webhook, secret: 'alert-other' } } });
    expect((await supervisor.call('PUT', path, { rule: other, ifVersion: 2 })).status).to.equal(403);
    expect(await items(supervisor, '/api/channels/egress')).to.deep.equal([
      { host: 'alerts.bank.example', port: 443, protocol: 'https', purpose: 'alerts', usedBy: ['Kept'] },
    ]);
    const [entry] = await house.deps.audit.list(1);
    expect(entry!.details).to.include({ webhook: 'https://alerts.bank.example' });
    const off = await supervisor.call('PUT', path, { rule: { ...posts, isOn: false }, ifVersion: 2 });
    expect(off.status).to.equal(200);
    expect(await items(supervisor, '/api/channels/egress')).to.deep.equal([]);
    await admin.call('DELETE', path);
  });

  it('shows what stands to whoever watches, and is acknowledged with a name', async () => {
    const made = await supervisor.call('POST', '/api/alert-rules', {
      rule: rule({ severity: 'critical', to: { mail: ['floor@bank.example'] } }),
    });
    house.figures.set('waiting', 9);
    await look();
    expect((await viewer.call('GET', '/api/alerts/count')).json).to.deep.equal({
      standing: 1,
      unacknowledged: 1,
    });
    const [alert] = await items(viewer, '/api/alerts?show=standing');
    expect(alert).to.include({ name: 'Too many wait', severity: 'critical', value: 9, now: 9 });
    expect(JSON.stringify(alert)).to.not.include('@');
    expect(alert!['mail']).to.deep.equal({ state: 'waiting', fault: 'no-mailbox' });
    const path = `/api/alerts/${String(alert!['alertId'])}/acknowledge`;
    expect((await viewer.call('POST', path, {})).status).to.equal(403);
    expect((await supervisor.call('POST', path, { note: 'x'.repeat(501) })).status).to.equal(400);
    const done = await supervisor.call('POST', path, { note: 'More\u0000 agents <script>' });
    expect(done.json).to.include({ acknowledgedBy: 'sue', note: 'More\uFFFD agents <script>' });
    const twice = await admin.call('POST', path, {});
    expect(twice.status).to.equal(409);
    expect(twice.json['error']).to.deep.include({ details: { reason: 'acknowledged' } });
    house.figures.set('waiting', 0);
    await look();
    expect(['ended', 'not-found', 'conflict']).to.include(
      (await admin.call('POST', path, {})).json['error']?.['code' as never],
    );
    expect(await items(viewer, '/api/alerts?show=standing')).to.deep.equal([]);
    const [past] = await items(viewer, '/api/alerts?show=ended');
    expect(past).to.include({ acknowledgedBy: 'sue', worst: 9, ended: 'cleared' });
    expect((await audited())[0]).to.equal('user:sue alert.acknowledged');
    await admin.call('DELETE', `/api/alert-rules/${String(made.json['ruleId'])}`);
  });

  it('pages through what was, newest first', async () => {
    const made = await admin.call('POST', '/api/alert-rules', { rule: rule() });
    for (const waiting of [9, 0, 9, 0, 9, 0]) {
      house.clock.offsetMs += 5000;
      house.figures.set('waiting', waiting);
      await look();
    }
    const seen: unknown[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages++) {
      const page = await admin.call('GET', `/api/alerts?limit=2${cursor}`);
      seen.push(...(page.json['items'] as unknown as { beganAt: number }[]).map(({ beganAt }) => beganAt));
      if (page.json['nextCursor'] === undefined) break;
      cursor = `&cursor=${String(page.json['nextCursor'])}`;
    }
    expect(seen).to.have.length(4);
    expect(seen).to.deep.equal([...new Set(seen as number[])].sort((a, b) => b - a));
    expect((await admin.call('GET', '/api/alerts?cursor=nonsense')).json['items']).to.deep.equal([]);
    await admin.call('DELETE', `/api/alert-rules/${String(made.json['ruleId'])}`);
  });

  it('takes hostile names as names, and refuses what no rule can say', async () => {
    const hostile = `<img src=x onerror=alert(1)>'; drop table alerts; --\u0000\uD800`;
    const made = await admin.call('POST', '/api/alert-rules', { rule: rule({ name: hostile }) });
    expect(made.status).to.equal(201);
    expect((made.json['rule'] as unknown as { name: string }).name)
      .to.match(/^<img src=x/)
      .and.not.include('\u0000');
    house.figures.set('waiting', 9);
    await look();
    expect(await items(admin, '/api/alerts?show=standing')).to.have.length(1);
    for (const bad of [
      { name: '\u202E\u0007' },
      { name: '' },
      { scope: 'queue:../../etc' },
      { scope: 'nothing' },
      { figure: 'constructor' },
      { window: 'forever' },
      { condition: { kind: 'above', value: 1e308 } },
      { condition: { kind: 'above', value: -1 } },
      { condition: { kind: 'above', value: '5' } },
      { condition: { kind: 'trend', direction: 'up', percent: 50 } },
      { condition: { kind: 'no-data', forMinutes: 0 } },
      { condition: { kind: 'no-data', forMinutes: 5, between: { from: '09:00', to: '09:00' } } },
      { forSec: 86_401 },
      { to: { mail: ['not an address'] } },
      { to: { mail: Array.from({ length: 21 }, (_, i) => `a${i}@bank.example`) } },
      { to: { webhook: { url: 'file:///etc/passwd', secret: 'alert-hook' } } },
      { to: { webhook: { url: 'https://x.example', secret: 'relay-password' } } },
      { to: { webhook: { url: 'https://x.example', secret: 'alert/../relay' } } },
      { to: { quiet: { from: '25:00', to: '07:00' } } },
      { more: 1 },
    ]) {
      const answer = await admin.call('POST', '/api/alert-rules', { rule: rule(bad) });
      expect(answer.status, JSON.stringify(bad)).to.equal(400);
    }
    await admin.call('DELETE', `/api/alert-rules/${String(made.json['ruleId'])}`);
    // Of a site that has no such queue: taken, calm, and says so.
    const gone = await admin.call('POST', '/api/alert-rules', { rule: rule({ scope: 'queue:gone' }) });
    await look();
    const [row] = await items(admin, '/api/alert-rules');
    expect(row).to.include({ phase: 'calm', isUnknown: true });
    await admin.call('DELETE', `/api/alert-rules/${String(gone.json['ruleId'])}`);
  });

  it('lists what may be asked about', async () => {
    expect(await items(supervisor, '/api/alert-rules/scopes')).to.deep.equal([]);
    expect((await viewer.call('GET', '/api/alert-rules/scopes')).status).to.equal(403);
    expect((await send(house.port, 'GET', '/api/alerts', {})).status).to.equal(401);
  });
});
