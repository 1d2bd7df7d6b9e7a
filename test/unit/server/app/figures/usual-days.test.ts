/** What is usual: which windows of which past days are asked for, and what comes of their counts. */
import { expect } from 'chai';
import type { AskedOfHistory, HistoryRow } from '../../../../../server/app/figures/ports.ts';
import { UsualDays } from '../../../../../server/app/figures/usual-days.ts';
import type { FigureName } from '../../../../../server/contract/figures.ts';
import { emptyCell, placeOf } from '../../../../../server/stats/figure-cells.ts';

/** A Wednesday. */
const now = Date.parse('2026-03-18T10:17:30Z');
const iso = (at: number) => new Date(at).toISOString().slice(0, 16);

function world(rowsOf: (asked: AskedOfHistory) => HistoryRow[]) {
  const asked: AskedOfHistory[] = [];
  const usual = new UsualDays({
    history: {
      report: async (question) => {
        asked.push(question);
        return { seq: 1, asOf: question.asOf, definitions: [], rows: rowsOf(question) };
      },
    },
    figures: { window: () => ({ from: Date.parse('2026-03-18T10:13:00Z'), to: now }) },
    timeZone: () => 'Europe/Rome',
  });
  const mean = (figure: FigureName, scopes: string[], days: number) =>
    usual.meanOfInterval({ figure, scopes, window: 'rolling-5', attribution: 'event' }, days, now);
  return { asked, mean };
}
const cell = (counts: Partial<Record<keyof typeof placeOf, number>>) => {
  const made = emptyCell();
  for (const [name, value] of Object.entries(counts)) made[placeOf[name as keyof typeof placeOf]] = value;
  return made;
};

describe('usual days', () => {
  it('are working days for a working day, in the very window, counted up to now', async () => {
    const { asked, mean } = world(({ question: { from } }) => [
      { start: from, scope: 'queue:main', cell: cell({ offered: from % 7 }) },
      { start: from, scope: 'queue:cards', cell: cell({ offered: 100 }) },
    ]);
    const value = await mean('offered', ['queue:main'], 3);
    expect(asked.map(({ question: { from, to } }) => `${iso(from)} ${iso(to)}`)).to.deep.equal([
      '2026-03-17T10:13 2026-03-17T10:17',
      '2026-03-16T10:13 2026-03-16T10:17',
      '2026-03-13T10:13 2026-03-13T10:17',
    ]);
    for (const { asOf, question } of asked) {
      expect(asOf).to.equal(now);
      expect(question.by).to.equal('queue');
    }
    const wanted = asked.map(({ question: { from } }) => from % 7);
    expect(value).to.equal(wanted.reduce((sum, one) => sum + one, 0) / 3);
  });

  it('are whole quarters where only those are kept', async () => {
    for (const [figure, scope] of [
      ['occupancy', 'site'],
      ['handled', 'agent:101'],
      ['handled', 'team:north'],
      ['answered', 'branch:100/menu'],
    ] as const) {
      const { asked, mean } = world(() => []);
      expect(await mean(figure, [scope], 1)).to.equal(undefined);
      const { from, to } = asked[0]!.question;
      expect(`${iso(from)} ${iso(to)}`, scope).to.equal('2026-03-17T10:00 2026-03-17T10:15');
    }
  });

  it('add up queues and channels of queues, each asked for by its own key', async () => {
    const { asked, mean } = world(({ question: { by, from } }) =>
      by === 'queue-channel'
        ? [
            { start: from, scope: 'queue:main/chat', cell: cell({ offered: 5 }) },
            { start: from, scope: 'queue:main/voice', cell: cell({ offered: 50 }) },
          ]
        : [{ start: from, scope: 'queue:cards', cell: cell({ offered: 2 }) }],
    );
    expect(await mean('offered', ['queue:main/chat', 'queue:cards'], 2)).to.equal(7);
    expect(asked.map(({ question: { by } }) => by)).to.deep.equal([
      'queue-channel',
      'queue',
      'queue-channel',
      'queue',
    ]);
  });

  it('do not count where nothing was counted, and are none of how things stand', async () => {
    let day = 0;
    const { mean } = world(({ question: { from } }) =>
      day++ === 0 ? [] : [{ start: from, scope: 'site', cell: cell({ offered: 4 }) }],
    );
    expect(await mean('offered', ['site'], 3)).to.equal(4);
    expect(await mean('waiting', ['site'], 3)).to.equal(undefined);
  });
});
