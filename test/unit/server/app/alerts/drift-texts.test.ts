/** What a mail says explains a trend: three lines in the site's language, and nobody's name. */
import { expect } from 'chai';
import { driftLines, mailKeyOf } from '../../../../../server/app/alerts/drift-texts.ts';
import type { DriftMember, DriftReport } from '../../../../../server/contract/rest-drift.ts';
import { AlertWorld } from '../../../../support/alert-world.ts';

const member = (scope: string, name: string, rate: number, mix: number): DriftMember => ({
  scope,
  name,
  base: 250_000,
  value: 300_000,
  baseWeight: 40,
  weight: 50,
  rate,
  mix,
});
function report(by: DriftReport['by'], members: DriftMember[], more: Partial<DriftReport> = {}): DriftReport {
  const rate = members.reduce((sum, one) => sum + one.rate, 0);
  const mix = members.reduce((sum, one) => sum + one.mix, 0);
  return {
    figure: 'aht',
    scope: 'site',
    by,
    keys: ['agent', 'queue'],
    timeZone: 'Europe/Rome',
    from: 0,
    to: 1,
    base: [],
    drift: { base: 260_000, value: 260_000 + rate + mix, change: rate + mix, rate, mix, members },
    ...more,
  };
}
const queues = [
  member('queue:cards', 'Cards\r\nBcc: x@y.it', 28_000, 3_000),
  member('queue:main', 'Main', 12_000, 0),
  member('queue:loans', 'Loans', 0, -5_000),
  member('queue:old', 'Old', 100, 0),
];

describe('what explains a trend, in a mail', () => {
  it('names the three queues with the largest part', () => {
    expect(driftLines(report('queue', queues), 'en')).to.deep.equal([
      'What explains it: usually 4:20, now 4:58 (+0:38). The largest parts:',
      'Cards Bcc: x@y.it: +0:31 (own change +0:28, share of the work +0:03)',
      'Main: +0:12 (own change +0:12, share of the work 0:00)',
      'Loans: −0:05 (own change 0:00, share of the work −0:05)',
    ]);
    expect(driftLines(report('queue', queues), 'ru')[2]).to.equal(
      'Main: +0:12 (собственное изменение +0:12, доля работы 0:00)',
    );
    expect(driftLines(report('queue', queues), 'it')[0]).to.match(
      /^Che cosa lo spiega: di solito 4:20, ora 4:58/,
    );
  });

  it('tells of agents without a name in any language', () => {
    const agents = [
      member('agent:101', 'Ada Rossi', 20_000, 1_000),
      member('agent:102', 'Bo Lind', 9_000, 0),
      member('agent:103', 'Cy Young', -2_000, 0),
    ];
    const texts = (['en', 'ru', 'it'] as const).map((language) =>
      driftLines(report('agent', agents), language).join('\n'),
    );
    for (const text of texts) expect(text).to.not.match(/Ada|Bo|Cy|10[123]/);
    expect(texts[0]!.split('\n').slice(1)).to.deep.equal([
      'Agents by themselves: +0:27',
      'Who had how much of the work: +0:01',
      'One agent makes up most of it: +0:21',
      'By agent: “What explains it” on the page “Alerts”.',
    ]);
  });

  it('gives shares in points, and channels in words', () => {
    const rate = report('channel', [member('channel:mail', 'mail', 0.021, -0.001)], {
      figure: 'transfer-rate',
    });
    rate.drift = { ...rate.drift!, base: 0.1, value: 0.12 };
    expect(driftLines(rate, 'en')).to.deep.equal([
      'What explains it: usually 10 %, now 12 % (+2 points). The largest parts:',
      'Mails: +2 points (own change +2.1 points, share of the work −0.1 points)',
    ]);
  });

  it('asks by queue where there are several, and says nothing where nothing is known', () => {
    expect(mailKeyOf('aht', 'site')).to.equal('queue');
    expect(mailKeyOf('aht', 'team:north')).to.equal('queue');
    expect(mailKeyOf('aht', 'queue:main')).to.equal('agent');
    expect(mailKeyOf('waiting', 'site')).to.equal(undefined);
    const { drift: _drift, ...without } = report('queue', queues);
    expect(driftLines(without, 'en')).to.deep.equal([]);
  });

  it('goes out with the mail that an alert on a trend began, and never stops one', async () => {
    const world = new AlertWorld(Date.parse('2026-03-04T11:00:00Z'));
    await world.alerts.load();
    const asked: unknown[] = [];
    world.explain = async ({ figure, scope }, by) => {
      asked.push([figure, scope, by]);
      return report('queue', queues);
    };
    const to = { mail: ['floor@bank.example'] };
    const condition = { kind: 'trend', direction: 'up', percent: 10, atLeast: 0 };
    world.mean = 100_000;
    await world.add({ figure: 'aht', condition, to });
    await world.add({ figure: 'asa', condition: { kind: 'above', value: 1 }, to });
    await world.alerts.askMeans();
    world.figures.set('aht', 150_000);
    world.figures.set('asa', 50_000);
    await world.step();
    expect(asked).to.deep.equal([['aht', 'site', 'queue']]);
    expect(world.mails.map(({ text }) => text.includes('What explains it'))).to.have.members([true, false]);
    world.explain = () => Promise.reject(new Error('away'));
    world.figures.set('aht', 1);
    await world.step();
    world.figures.set('aht', 150_000);
    await world.step();
    expect(world.mails.filter(({ subject }) => subject.startsWith('[Warning]'))).to.have.length(3);
  });
});
