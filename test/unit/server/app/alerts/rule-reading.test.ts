/** What a rule reads of the figures, in its own units; silence; the clock on the wall. */
import { expect } from 'chai';
import { readRule } from '../../../../../server/app/alerts/rule-reading.ts';
import { SilenceWatch } from '../../../../../server/app/alerts/silence.ts';
import { isInSpan, spanBeganAt } from '../../../../../server/app/alerts/site-clock.ts';
import { alertRuleSchema, type AlertRule } from '../../../../../server/contract/alerts.ts';
import { StandInFigures } from '../../../../support/stand-in-figures.ts';

const now = Date.parse('2026-03-04T11:00:00Z');
const rule = (more: object): AlertRule =>
  alertRuleSchema.parse({ name: 'R', figure: 'waiting', condition: { kind: 'above', value: 5 }, ...more });

describe('reading a rule', () => {
  const figures = new StandInFigures();
  const read = (more: object, mean?: number, offeredAt = now) =>
    readRule(rule(more), { source: figures, timeZone: 'Europe/Rome', now, mean, offeredAt: () => offeredAt });
  beforeEach(() => {
    figures.values.clear();
    figures.offered.clear();
  });

  it('compares counts as counted, shares per cent, times in seconds and instants by their age', () => {
    figures.set('waiting', 6);
    expect(read({})).to.deep.equal({ holds: true, value: 6 });
    figures.set('waiting', 5);
    expect(read({})).to.deep.equal({ holds: false, value: 5 });
    figures.set('service-level', 0.795);
    const below = { figure: 'service-level', condition: { kind: 'below', value: 80 } };
    expect(read(below)).to.deep.equal({ holds: true, value: 79.5 });
    figures.set('asa', 31_000);
    expect(read({ figure: 'asa', condition: { kind: 'above', value: 30 } })).to.deep.equal({
      holds: true,
      value: 31,
    });
    figures.set('oldest-waiting', now - 121_000);
    const oldest = { figure: 'oldest-waiting', condition: { kind: 'above', value: 120 } };
    expect(read(oldest)).to.deep.equal({ holds: true, value: 121 });
  });

  it('holds nothing without a figure, nor with one that is no number', () => {
    expect(read({})).to.deep.equal({ holds: false });
    figures.set('waiting', Number.NaN);
    expect(read({ condition: { kind: 'below', value: 5 } })).to.deep.equal({ holds: false });
  });

  it('compares a trend with what is usual, once there are contacts enough', () => {
    const trend = (direction: string) => ({
      figure: 'abandoned',
      condition: { kind: 'trend', direction, percent: 50, atLeast: 20 },
    });
    figures.set('abandoned', 16);
    figures.offered.set('site', 20);
    expect(read(trend('up'), 10)).to.deep.equal({ holds: true, value: 16 });
    expect(read(trend('down'), 10).holds).to.equal(false);
    expect(read(trend('down'), 33).holds).to.equal(true);
    expect(read(trend('up'), undefined).holds).to.equal(false);
    figures.offered.set('site', 19);
    expect(read(trend('up'), 10)).to.deep.equal({ holds: false, value: 16 });
  });

  it('counts silence from the beginning of the hours in which it matters', () => {
    const condition = { kind: 'no-data', forMinutes: 30, between: { from: '11:45', to: '18:00' } };
    // 12:00 in Rome: yesterday's last contact is no reason yet.
    expect(read({ condition }, undefined, now - 50_000_000)).to.deep.equal({ holds: false, value: 900 });
    const early = { ...condition, between: { from: '09:00', to: '18:00' } };
    expect(read({ condition: early }, undefined, now - 1_800_000)).to.deep.equal({
      holds: true,
      value: 1800,
    });
    expect(read({ condition: early }, undefined, now - 1_799_000).holds).to.equal(false);
    const evening = { ...condition, between: { from: '18:00', to: '23:00' } };
    expect(read({ condition: evening }, undefined, now - 50_000_000)).to.deep.equal({ holds: false });
  });
});

describe('the last contact of a scope', () => {
  it('is seen by growth, over midnight as well', () => {
    const figures = new StandInFigures();
    const watch = new SilenceWatch(figures);
    figures.offered.set('site', 7);
    expect(watch.offeredAt('site', now)).to.equal(now);
    expect(watch.offeredAt('site', now + 60_000)).to.equal(now);
    figures.offered.set('site', 8);
    expect(watch.offeredAt('site', now + 65_000)).to.equal(now + 65_000);
    figures.dayFrom = now + 70_000;
    figures.offered.set('site', 0);
    expect(watch.offeredAt('site', now + 70_000)).to.equal(now + 65_000);
    figures.offered.set('site', 1);
    expect(watch.offeredAt('site', now + 75_000)).to.equal(now + 75_000);
  });

  it('is guessed at the first look as far back as the windows reach', () => {
    const figures = new StandInFigures();
    figures.offered.set('site today', 30);
    figures.offered.set('site', 0);
    expect(new SilenceWatch(figures).offeredAt('site', now)).to.equal(now - 3_600_000);
    expect(new SilenceWatch(figures).offeredAt('site', now, now - 9_000_000)).to.equal(now - 9_000_000);
    figures.offered.set('site rolling-60', 2);
    figures.offered.set('site rolling-15', 1);
    expect(new SilenceWatch(figures).offeredAt('site', now)).to.equal(now - 300_000);
  });
});

describe('a span of the clock on the wall', () => {
  const zone = 'Europe/Rome';
  const at = (text: string) => Date.parse(text);

  it('is that of the zone, over midnight too', () => {
    const night = { from: '22:00', to: '07:00' };
    expect(isInSpan(night, zone, at('2026-03-04T20:59:59Z'))).to.equal(false);
    expect(isInSpan(night, zone, at('2026-03-04T21:00:00Z'))).to.equal(true);
    expect(isInSpan(night, zone, at('2026-03-05T05:59:59Z'))).to.equal(true);
    expect(isInSpan(night, zone, at('2026-03-05T06:00:00Z'))).to.equal(false);
    expect(spanBeganAt(night, zone, at('2026-03-05T02:00:00Z'))).to.equal(at('2026-03-04T21:00:00Z'));
  });

  it('follows both changes of the clock', () => {
    const night = { from: '22:00', to: '07:00' };
    // 29 March: summer time begins, and 07:00 is an hour of UTC earlier.
    expect(isInSpan(night, zone, at('2026-03-29T04:59:59Z'))).to.equal(true);
    expect(isInSpan(night, zone, at('2026-03-29T05:00:00Z'))).to.equal(false);
    // An end that the clock skips is over at the change.
    const skipped = { from: '01:00', to: '02:30' };
    expect(isInSpan(skipped, zone, at('2026-03-29T00:59:59Z'))).to.equal(true);
    expect(isInSpan(skipped, zone, at('2026-03-29T01:00:00Z'))).to.equal(false);
    // 25 October: the hour that is lived twice.
    const twice = { from: '02:15', to: '02:45' };
    for (const time of ['2026-10-25T00:15:00Z', '2026-10-25T01:15:00Z']) {
      expect(isInSpan(twice, zone, at(time)), time).to.equal(true);
      expect(spanBeganAt(twice, zone, at(time)), time).to.be.at.most(at(time));
    }
    expect(isInSpan(night, zone, at('2026-10-25T05:59:59Z'))).to.equal(true);
    expect(isInSpan(night, zone, at('2026-10-25T06:00:00Z'))).to.equal(false);
  });
});
