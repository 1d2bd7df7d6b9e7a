/** Alerts as a whole, with time and figures set by hand: what begins, ends, is told, and is written. */
import { expect } from 'chai';
import { alertNoticesPerHour, alertRuleSchema } from '../../../../../server/contract/alerts.ts';
import { figureNames } from '../../../../../server/contract/figures.ts';
import { siteSchema } from '../../../../../server/contract/site.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';
import { AlertWorld } from '../../../../support/alert-world.ts';

const noon = Date.parse('2026-03-04T11:00:00Z');
const webhook = { url: 'http://10.0.0.9/alerts', secret: 'alert-hook' };

describe('alerts', () => {
  let world: AlertWorld;
  beforeEach(async () => {
    world = new AlertWorld(noon);
    await world.alerts.load();
  });
  const standing = () => Object.values(world.alerts.standing());
  const stored = () => [...world.store.alerts.values()];

  it('stand while it holds, with the worst value, and are kept', async () => {
    await world.add({ scope: 'queue:main', severity: 'critical' });
    await world.step();
    expect(standing()).to.deep.equal([]);
    world.figures.set('waiting', 6, 'queue:main');
    await world.step();
    world.figures.set('waiting', 9, 'queue:main');
    await world.step();
    world.figures.set('waiting', 7, 'queue:main');
    await world.step();
    const tile = {
      name: 'Too many wait',
      severity: 'critical',
      figure: 'waiting',
      scope: 'queue:main',
      value: 7,
    };
    expect(standing()).to.deep.equal([{ ...tile, since: noon + 10_000, isAcknowledged: false }]);
    const [row] = (await world.alerts.list({ show: 'standing', limit: 50 })).items;
    expect(row).to.include({ value: 6, worst: 9, now: 7, beganAt: noon + 10_000 });
    world.figures.set('waiting', 0, 'queue:main');
    await world.step();
    expect(standing()).to.deep.equal([]);
    expect(stored()).to.have.length(1);
    expect(stored()[0]).to.include({ worst: 9, endedAt: noon + 25_000, ended: 'cleared' });
  });

  it('give boards figures in their own units, and only those that are for boards', async () => {
    await world.add({ figure: 'service-level', condition: { kind: 'below', value: 80 } });
    await world.add({ figure: 'asa', condition: { kind: 'above', value: 30 } });
    await world.add({ figure: 'oldest-waiting', condition: { kind: 'above', value: 60 } });
    await world.add({ figure: 'waiting', to: { board: false } });
    world.figures.set('service-level', 0.5);
    world.figures.set('asa', 45_000);
    world.figures.set('oldest-waiting', noon - 90_000);
    world.figures.set('waiting', 50);
    await world.step();
    expect(standing().map(({ value }) => value)).to.deep.equal([0.5, 45_000, noon - 90_000]);
    expect(world.alerts.count()).to.deep.equal({ standing: 4, unacknowledged: 4 });
  });

  it('stand on over a restart: the same alert, acknowledged or not, told once', async () => {
    await world.add({ to: { mail: ['floor@bank.example'] } });
    world.figures.set('waiting', 6);
    await world.step();
    const [alertId] = Object.keys(world.alerts.standing());
    world.alerts.acknowledge(alertId!, 'ada', '  on it ');
    await world.alerts.stop();
    world.restart();
    await world.alerts.load();
    await world.step();
    expect(Object.keys(world.alerts.standing())).to.deep.equal([alertId]);
    expect(standing()[0]).to.include({ since: noon + 5000, isAcknowledged: true });
    expect(world.mails).to.have.length(1);
    expect(stored()).to.have.length(1);
    expect(stored()[0]).to.include({ acknowledgedBy: 'ada', note: 'on it' });
  });

  it('that stood when their rule was changed, switched off or deleted without their end written, end at the next start', async () => {
    const rule = await world.add({});
    world.figures.set('waiting', 6);
    await world.step();
    world.store.rules.delete(rule.ruleId);
    world.restart();
    await world.alerts.load();
    await world.step();
    expect(world.alerts.count().standing).to.equal(0);
    expect(stored()[0]).to.include({ ended: 'rule-deleted' });
  });

  it('go on while Postgres is away, and are written when it is back, nothing twice', async () => {
    await world.add({ to: { webhook } });
    world.store.isAway = true;
    for (const waiting of [6, 0, 7, 0, 8]) {
      world.figures.set('waiting', waiting);
      await world.step();
    }
    expect(standing()).to.have.length(1);
    expect(world.posts.map(({ body }) => body.kind)).to.deep.equal([
      'alert.began',
      'alert.ended',
      'alert.began',
      'alert.ended',
      'alert.began',
    ]);
    expect(stored()).to.deep.equal([]);
    world.store.isAway = false;
    await world.step();
    await world.step();
    expect(stored().map(({ endedAt }) => endedAt === undefined)).to.deep.equal([false, false, true]);
    expect(world.store.writes).to.have.length(1);
    expect(world.posts).to.have.length(5);
  });

  it('begin to be looked at when Postgres comes, should it be away at the start', async () => {
    world.store.isAway = true;
    world.restart();
    expect(await world.alerts.load()).to.equal(false);
    const rule = alertRuleSchema.parse({
      name: 'R',
      figure: 'waiting',
      condition: { kind: 'above', value: 5 },
    });
    expect(await world.alerts.addRule(rule, 'ada')).to.deep.equal({ refused: 'not-loaded' });
    world.store.isAway = false;
    expect(await world.alerts.load()).to.equal(true);
  });

  it('end at once when what they ask about leaves the site, and the rule says so', async () => {
    const rule = await world.add({ scope: 'queue:main', clearSec: 600 });
    world.figures.set('waiting', 6, 'queue:main');
    await world.step();
    world.site = siteSchema.parse({ site: { name: 'Bank' } });
    await world.step();
    expect(standing()).to.deep.equal([]);
    expect(world.alerts.rule(rule.ruleId)).to.include({ phase: 'calm', isUnknown: true });
    expect(stored()[0]).to.include({ ended: 'scope-gone' });
  });

  it('keep their alert when a rule is renamed, and end it when it asks something else', async () => {
    const { ruleId, rule } = await world.add({});
    world.figures.set('waiting', 6);
    await world.step();
    const renamed = await world.alerts.changeRule(ruleId, { ...rule, name: 'Queue\u0000\nfull' }, 1, 'bob');
    expect('row' in renamed && renamed.row).to.include({ version: 2, updatedBy: 'bob', phase: 'standing' });
    expect(standing()[0]).to.include({ name: 'Queue full' });
    expect(await world.alerts.changeRule(ruleId, rule, 1, 'bob')).to.deep.equal({
      refused: 'changed',
      currentVersion: 2,
    });
    await world.alerts.changeRule(ruleId, { ...rule, condition: { kind: 'above', value: 5.5 } }, 2, 'bob');
    expect(standing()).to.deep.equal([]);
    await world.step();
    expect(standing()).to.have.length(1);
    expect(await world.alerts.removeRule(ruleId)).to.include({ ruleId });
    await world.step();
    expect(stored().map(({ ended }) => ended)).to.deep.equal(['rule-changed', 'rule-deleted']);
    expect(await world.alerts.removeRule(ruleId)).to.equal(undefined);
  });

  it('refuse a second name, and a name for what has ended', async () => {
    await world.add({});
    world.figures.set('waiting', 6);
    await world.step();
    const alertId = Object.keys(world.alerts.standing())[0]!;
    expect(world.alerts.acknowledge(alertId, 'ada', undefined)).to.have.property('row');
    expect(world.alerts.acknowledge(alertId, 'bob', undefined)).to.deep.equal({ refused: 'acknowledged' });
    expect(world.alerts.acknowledge('alert_9', 'bob', undefined)).to.deep.equal({ refused: 'not-found' });
    expect(world.alerts.count()).to.deep.equal({ standing: 1, unacknowledged: 0 });
  });

  it('follow a trend once history has answered', async () => {
    world.mean = 10;
    const condition = { kind: 'trend', direction: 'up', percent: 50 };
    await world.add({ figure: 'abandoned', condition });
    world.figures.set('abandoned', 20);
    world.figures.offered.set('site', 100);
    await world.step();
    expect(standing()).to.deep.equal([]);
    await world.alerts.askMeans();
    await world.step();
    expect(standing()).to.have.length(1);
  });

  it('of silence end with the next contact', async () => {
    await world.add({ condition: { kind: 'no-data', forMinutes: 10 }, figure: 'offered' });
    world.figures.offered.set('site', 3);
    await world.step();
    await world.step(595);
    expect(standing()).to.deep.equal([]);
    await world.step();
    expect(standing()).to.have.length(1);
    expect(standing()[0]).to.not.have.property('value');
    world.figures.offered.set('site', 4);
    await world.step();
    expect(standing()).to.deep.equal([]);
    expect(stored()[0]).to.include({ value: 600, worst: 600 });
  });

  it('look at 500 rules in less than 5 ms', async () => {
    for (let i = 0; i < 500; i++) {
      const figure = figureNames[i % figureNames.length]!;
      await world.add({ name: `R ${i}`, figure, scope: i % 2 ? 'queue:main' : 'site' });
      world.figures.set(figure, 1, i % 2 ? 'queue:main' : 'site');
    }
    const tooMany = await world.alerts.addRule(world.alerts.rules()[0]!.rule, 'ada');
    expect(tooMany).to.deep.equal({ refused: 'full' });
    for (let i = 0; i < 20; i++) world.alerts.look();
    const cost = await cpuMsOf(() => {
      for (let i = 0; i < 50; i++) {
        world.at += 5000;
        world.alerts.look();
      }
    });
    expect(world.figures.asked).to.equal(70 * 500);
    console.log(`      500 rules: ${(cost / 50).toFixed(2)} ms a look`);
    expect(cost / 50).to.be.lessThan(5);
  });
});

describe('telling of alerts', () => {
  let world: AlertWorld;
  beforeEach(async () => {
    world = new AlertWorld(noon);
    await world.alerts.load();
  });
  const first = () => [...world.store.alerts.values()][0]!;

  it('says when one begins and when it ends, by mail and by webhook', async () => {
    await world.add({
      scope: 'queue:main',
      to: { mail: ['floor@bank.example', 'it@bank.example'], webhook },
    });
    world.figures.set('waiting', 6, 'queue:main');
    await world.step();
    world.figures.set('waiting', 1, 'queue:main');
    await world.step();
    expect(world.mails.map(({ subject }) => subject)).to.deep.equal([
      '[Warning] Too many wait · Bank',
      '[Over] Too many wait · Bank',
    ]);
    expect(world.mails[0]!.to).to.deep.equal(['floor@bank.example', 'it@bank.example']);
    expect(world.mails[0]!.text)
      .to.include('Warning · Queue Main')
      .and.to.include('Waiting: 6 (limit: above 5)');
    expect(world.posts.map(({ body }) => body.kind)).to.deep.equal(['alert.began', 'alert.ended']);
    expect(JSON.stringify(world.posts)).to.not.include('@');
    expect(new Set(world.posts.map(({ body }) => body.id)).size).to.equal(2);
  });

  it('tries for an hour under the same id, then says why not', async () => {
    await world.add({ to: { webhook } });
    world.figures.set('waiting', 6);
    world.answers.push({ outcome: 'later', fault: 'unreachable', detail: 'ECONNREFUSED' });
    await world.step();
    expect(first().notices.webhook?.began).to.include({ state: 'waiting', fault: 'unreachable', tries: 1 });
    for (let i = 0; i < 30; i++)
      world.answers.push({ outcome: 'later', fault: 'refused', detail: 'HTTP 503' });
    for (let i = 0; i < 800; i++) await world.step();
    const ids = new Set(world.posts.map(({ body }) => body.id));
    expect(ids.size).to.equal(1);
    expect(world.posts.length).to.be.within(8, 16);
    expect(first().notices.webhook?.began).to.include({
      state: 'failed',
      fault: 'refused',
      detail: 'HTTP 503',
    });
    const [row] = (await world.alerts.list({ show: 'standing', limit: 1 })).items;
    expect(row!.webhook).to.deep.equal({ state: 'failed', fault: 'refused', detail: 'HTTP 503' });
    // Nobody was told that it began.
    world.answers.length = 0;
    world.figures.set('waiting', 0);
    const told = world.posts.length;
    await world.step();
    expect(world.posts).to.have.length(told);
  });

  it('sends what was on its way again after a restart, under its id', async () => {
    await world.add({ to: { webhook } });
    world.figures.set('waiting', 6);
    world.answers.push({ outcome: 'later', fault: 'unreachable' });
    await world.step();
    await world.alerts.stop();
    world.restart();
    await world.alerts.load();
    await world.step();
    expect(world.posts).to.have.length(2);
    expect(world.posts[1]!.body.id).to.equal(world.posts[0]!.body.id);
    expect(first().notices.webhook?.began).to.include({ state: 'sent' });
  });

  it('keeps still in quiet hours; then tells what stands, and sums up what is over', async () => {
    const quiet = { from: '22:00', to: '07:00' };
    const to = { mail: ['floor@bank.example'], webhook, quiet };
    await world.add({ name: 'Stands', to });
    await world.add({ name: 'Comes and goes', figure: 'talking', to });
    await world.add({ name: 'From before', figure: 'ringing', to });
    // The night in which summer time begins: 07:00 is 05:00 UTC.
    world.at = Date.parse('2026-03-28T20:59:00Z');
    world.figures.set('ringing', 6);
    await world.step();
    expect(world.mails.map(({ subject }) => subject)).to.deep.equal(['[Warning] From before · Bank']);
    world.at = Date.parse('2026-03-28T23:00:00Z');
    world.figures.set('ringing', 0);
    world.figures.set('waiting', 6);
    for (const talking of [6, 0, 7, 0]) {
      world.figures.set('talking', talking);
      await world.step();
    }
    world.at = Date.parse('2026-03-29T04:59:50Z');
    await world.step();
    expect(world.mails).to.have.length(1);
    expect(world.posts).to.have.length(1);
    await world.step();
    await world.step();
    const subjects = world.mails.slice(1).map(({ subject }) => subject);
    expect(subjects.sort()).to.deep.equal(['3 alerts during quiet hours · Bank', '[Warning] Stands · Bank']);
    const summary = world.posts.find(({ body }) => body.kind === 'alert.summary')!.body;
    expect(summary.alerts.map(({ name }) => name)).to.deep.equal([
      'From before',
      'Comes and goes',
      'Comes and goes',
    ]);
    expect(world.posts).to.have.length(3);
    await world.step();
    expect(world.mails).to.have.length(3);
  });

  it('waits when quiet hours begin before it got through', async () => {
    await world.add({ to: { webhook, quiet: { from: '22:00', to: '07:00' } } });
    world.at = Date.parse('2026-10-24T19:59:50Z');
    world.figures.set('waiting', 6);
    world.answers.push({ outcome: 'later', fault: 'unreachable' });
    await world.step();
    expect(world.posts).to.have.length(1);
    for (let i = 0; i < 20; i++) await world.step(60);
    expect(world.posts).to.have.length(1);
    expect(first().notices.webhook?.began?.state).to.equal('held');
    // Summer time has ended: 07:00 is 06:00 UTC.
    world.at = Date.parse('2026-10-25T05:59:50Z');
    await world.step();
    expect(world.posts).to.have.length(1);
    await world.step();
    expect(world.posts).to.have.length(2);
    expect(world.posts[1]!.body.kind).to.equal('alert.began');
  });

  it('cuts a rule short that tells too often', async () => {
    await world.add({ to: { webhook } });
    for (let i = 0; i < alertNoticesPerHour; i++) {
      world.figures.set('waiting', i % 2 ? 0 : 6);
      await world.step();
    }
    world.figures.set('waiting', 6);
    await world.step();
    expect(world.posts).to.have.length(alertNoticesPerHour);
    const last = [...world.store.alerts.values()].at(-1)!;
    expect(last.notices.webhook?.began).to.include({ state: 'failed', fault: 'too-many' });
    world.figures.set('waiting', 0);
    await world.step(3600);
    world.figures.set('waiting', 6);
    await world.step();
    expect(world.posts).to.have.length(alertNoticesPerHour + 1);
  });

  it('does not let one recipient that hangs hold up another', async () => {
    let letGo = () => undefined as void;
    const hangs = new Promise<void>((resolve) => (letGo = resolve));
    const told: string[] = [];
    world.restart({
      ways: {
        mail: async () => ({ outcome: 'sent' }),
        async webhook({ url }) {
          if (url.includes('hangs')) await hangs;
          told.push(url);
          return { outcome: 'sent' };
        },
      },
    });
    await world.alerts.load();
    for (const name of ['one', 'two'])
      await world.add({ name, to: { webhook: { ...webhook, url: 'http://hangs/' } } });
    await world.add({ name: 'three', to: { webhook } });
    world.figures.set('waiting', 6);
    world.alerts.look();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).to.deep.equal([webhook.url]);
    letGo();
    await world.alerts.settled();
    expect(told).to.have.length(3);
  });

  it('puts no line of its own into a subject, and writes in the language of the site', async () => {
    world.site = siteSchema.parse({ site: { name: 'Банк', language: 'ru', timeZone: 'Europe/Moscow' } });
    await world.add({
      name: 'Evil\r\nBcc: x@y.example \u202Etxt',
      severity: 'critical',
      figure: 'service-level',
      condition: { kind: 'below', value: 80 },
      to: { mail: ['floor@bank.example'] },
    });
    world.figures.set('service-level', 0.4567);
    await world.step();
    expect(world.mails[0]!.subject).to.equal('[Критично] Evil Bcc: x@y.example txt · Банк');
    expect(world.mails[0]!.text).to.include(
      'Уровень сервиса, без потерянных: 45,7\u00a0% (порог: ниже 80\u00a0%)',
    );
  });
});
