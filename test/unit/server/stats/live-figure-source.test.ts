/** Figures by their names out of the live fold: how things stand, what windows hold, what asking may not do. */
import { expect } from 'chai';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import { type FigureName, figureNames, type WindowName } from '../../../../server/contract/figures.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { Bench } from '../acd/site.ts';

const site = siteSchema.parse({
  site: { name: 'Bank', timeZone: 'UTC' },
  queues: [
    { id: 'main', name: 'Main', serviceLevel: { percent: 80, withinSec: 20 } },
    { id: 'cards', name: 'Cards' },
  ],
  teams: [{ id: 'north', name: 'North' }],
  agents: [
    { id: '101', name: 'Anna', queues: ['main'], team: 'north', wrapUp: { mode: 'none' } },
    { id: '102', name: 'Boris', queues: ['cards'], wrapUp: { mode: 'timed', sec: 30 } },
  ],
  phones: ['p1', 'p2'].map((id) => ({ id, password: 'not-of-any-use' })),
  trunks: [{ id: 'east', addresses: ['10.0.0.1'], maxCalls: 4 }],
});
const noon = Date.parse('2026-03-02T12:00:00Z');

function house() {
  const bench = new Bench(toAcdSite(site, 1));
  bench.at = noon;
  const live = new LiveFigures(toStatsSite(site), site.shifts, noon);
  let told = 0;
  const fold = () => {
    for (; told < bench.log.length; told++)
      live.apply({ ...bench.log[told]!, id: `e${told}`, seq: told + 1, v: 1 } as Parameters<
        LiveFigures['apply']
      >[0]);
  };
  const ask = (figure: FigureName, scopes: string[] = ['site'], window: WindowName = 'today') => {
    fold();
    return live.figures.figure({ figure, scopes, window, attribution: 'event' }, bench.at);
  };
  return { bench, live, fold, ask };
}

describe('live figures by name', () => {
  it('say how things stand, by site, queue, channel, number, trunk and team', () => {
    const { bench, ask } = house();
    bench.seat('101', 'p1');
    bench.do({
      type: 'contact.arrive',
      contactId: 'c1',
      channel: 'voice',
      queueId: 'cards',
      numberId: '700',
      language: 'en',
      trunkId: 'east',
    });
    bench.do({ type: 'contact.enqueue', contactId: 'c1' });
    bench.pass(30_000);
    for (const scope of [
      'site',
      'queue:cards',
      'queue:cards/voice',
      'channel:voice',
      'number:700',
      'trunk:east',
    ]) {
      expect(ask('waiting', [scope]), scope).to.equal(1);
      expect(ask('oldest-waiting', [scope]), scope).to.equal(noon);
      expect(ask('overdue', [scope]), scope).to.equal(1);
    }
    expect(ask('waiting', ['queue:main'])).to.equal(0);
    expect(ask('oldest-waiting', ['queue:main'])).to.equal(undefined);
    expect(ask('trunk-calls')).to.equal(1);
    expect(ask('trunk-use', ['trunk:east'])).to.equal(0.25);
    expect(ask('agents-ready', ['team:north'])).to.equal(1);
    expect(ask('agents-ready', ['queue:cards'])).to.equal(0);
    expect(ask('agents-logged-in')).to.equal(1);
    expect(ask('agents-ready', ['trunk:east'])).to.equal(undefined);
  });

  it('count what runs on up to the moment of asking, within its window, and change nothing by it', () => {
    const { bench, live, fold, ask } = house();
    bench.seat('101', 'p1');
    bench.pass(10 * 60_000);
    expect(ask('occupancy', ['agent:101'])).to.equal(0);
    bench.call('c1', 'main');
    const offerId = bench.acd.contact('c1')!.offers![0]!.offerId;
    bench.do({ type: 'offer.accepted', offerId });
    bench.pass(10 * 60_000);
    expect(ask('occupancy', ['agent:101'])).to.equal(0.5);
    expect(ask('occupancy', ['team:north'], 'rolling-5')).to.equal(1);
    expect(ask('occupancy', ['site'], 'interval-60')).to.equal(0.5);
    fold();
    const before = JSON.stringify(live.toSnapshot());
    for (const figure of figureNames) ask(figure, ['queue:main'], 'rolling-15');
    expect(JSON.stringify(live.toSnapshot())).to.equal(before);
  });

  it('tell an interval beside the one before, and nothing beside a day', () => {
    const { bench, live, fold } = house();
    bench.call('c1', 'main');
    bench.call('c2', 'main');
    bench.pass(15 * 60_000);
    bench.call('c3', 'main');
    fold();
    const question = { figure: 'offered', scopes: ['site'], attribution: 'event' } as const;
    expect(live.figures.figure({ ...question, window: 'interval-15' }, bench.at)).to.equal(1);
    expect(live.figures.figureBefore({ ...question, window: 'interval-15' }, bench.at)).to.equal(2);
    expect(live.figures.figureBefore({ ...question, window: 'today' }, bench.at)).to.equal(undefined);
  });

  it('say how many agents the calls of the last hour need, and how many are over or under', () => {
    const { bench, ask } = house();
    expect(ask('agents-required')).to.equal(undefined);
    bench.seat('101', 'p1');
    for (let i = 0; i < 60; i++) {
      bench.call(`c${i}`, 'main');
      bench.do({ type: 'offer.accepted', offerId: bench.acd.contact(`c${i}`)!.offers![0]!.offerId });
      bench.pass(50_000);
      bench.do({ type: 'contact.agent-hung-up', contactId: `c${i}`, reason: 'bye' });
      bench.pass(10_000);
    }
    // 60 an hour of 50 s: 0.83 erlang; two agents answer 80 % within 20 s, one does not.
    expect(ask('agents-required', ['queue:main'])).to.equal(2);
    expect(ask('staffing-gap', ['queue:main'])).to.equal(-1);
    expect(ask('agents-required', ['queue:cards'])).to.equal(undefined);
  });
});
