/** Decisions in words: scores in the unit of each strategy, demands and what would have changed a choice, in three languages. */
import { expect } from 'chai';
import {
  demandText,
  flowText,
  namesText,
  otherwiseText,
  outText,
  scoreText,
  spoken,
  strategyName,
  strategyText,
} from '../../../admin-ui/admin/pages/decisions-text.ts';
import type { NameOf } from '../../../admin-ui/admin/names.ts';
import { language } from '../../../admin-ui/admin/reading.ts';
import { strategies } from '../../../server/contract/site-routing.ts';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const nameOf: NameOf = {
  queue: (id) => (id === 'q' ? 'Loans' : id),
  agent: (id) => (id === '101' ? 'Anna' : id),
};
/** In English, Russian and Italian; English again afterwards. */
const inEach = (text: () => string): string[] => {
  const said = (['en', 'ru', 'it'] as const).map((each) => {
    language.value = each;
    return plain(text());
  });
  language.value = 'en';
  return said;
};

describe('decisions in words', () => {
  it('say a time so that nobody takes it for a time of day', () => {
    expect(
      [0, 72, 999, 1000, 4321, 12_000, 59_600, 362_000, 3_600_000, 7_505_000].map((ms) => plain(spoken(ms))),
    ).to.deep.equal([
      '0 ms',
      '72 ms',
      '999 ms',
      '1 s',
      '4.3 s',
      '12 s',
      '1 min',
      '6 min 2 s',
      '1 h',
      '2 h 5 min',
    ]);
  });

  it('say a score in the unit of its strategy', () => {
    expect(inEach(() => scoreText('longest-idle', 362_000))).to.deep.equal([
      'idle for 6 min 2 s',
      'свободен 6 мин 2 с',
      'libero da 6 min 2 s',
    ]);
    expect(inEach(() => scoreText('least-occupied', 412))).to.deep.equal([
      'occupancy 41.2%',
      'занятость 41,2 %',
      'occupazione 41,2%',
    ]);
    expect([1, 3, 5].map((count) => inEach(() => scoreText('fewest-contacts', count))[1])).to.deep.equal([
      'принято 1 обращение',
      'принято 3 обращения',
      'принято 5 обращений',
    ]);
    // The record counts places from 0, people do not.
    expect(inEach(() => scoreText('linear', 0))[0]).to.equal('no. 1 in the site file');
    expect(inEach(() => scoreText('most-skilled', 7))[0]).to.equal('7 levels in all');
    expect(inEach(() => scoreText('weighted-random', 4))[0]).to.equal('share of 4 in the draw');
  });

  it('know every strategy, and leave what they do not know as it stands', () => {
    for (const strategy of strategies) {
      const said = inEach(() => strategyName(strategy));
      expect(new Set(said).size, said.join()).to.equal(3);
      expect(strategyText(strategy)).to.not.equal('');
    }
    expect([strategyName('by-moon'), strategyText('by-moon'), scoreText('by-moon', 1.25)]).to.deep.equal([
      'by-moon',
      '',
      '1.3',
    ]);
    expect([outText('by-moon'), flowText('by-moon')]).to.deep.equal(['by-moon', 'by-moon']);
  });

  it('say what a contact asked for, or the record’s own words', () => {
    const skills = {
      all: [
        { skill: 'loans', level: 3 },
        {
          any: [
            { skill: 'tax', level: 1 },
            { skill: 'law', level: 2 },
          ],
        },
      ],
    };
    const facts = { skills, languages: ['it', 'en'], maxTier: 2 };
    expect(inEach(() => demandText({ text: '', facts }, nameOf))).to.deep.equal([
      'loans ≥ 3 and (tax ≥ 1 or law ≥ 2), language: Italian or English, up to tier 2',
      'loans ≥ 3 и (tax ≥ 1 или law ≥ 2), язык: итальянский или английский, линии до 2',
      'loans ≥ 3 e (tax ≥ 1 o law ≥ 2), lingua: italiano o inglese, fino alla fascia 2',
    ]);
    expect(demandText({ text: '', facts: { agentId: '101', maxTier: 0 } }, nameOf)).to.equal(
      'nobody but Anna',
    );
    expect(demandText({ text: 'loans >= 3' }, nameOf)).to.equal('loans >= 3');
    expect(demandText(undefined, nameOf)).to.equal('Nothing in particular: any member of the queue.');
  });

  it('say what would have changed a choice', () => {
    expect(
      inEach(() => otherwiseText({ kind: 'idle', agentId: '101', ms: 3000 }, '102', nameOf)),
    ).to.deep.equal([
      'Anna would have been asked if idle for 3 s longer.',
      'Был бы выбран оператор Anna, будь он свободен на 3 с дольше.',
      'Anna sarebbe stato scelto se fosse stato libero per 3 s in più.',
    ]);
    expect(
      inEach(() =>
        otherwiseText({ kind: 'contact-priority', contactId: 'c', queueId: 'q', priority: 2 }, '102', nameOf),
      )[0],
    ).to.equal('Another contact of “Loans” would have been taken with a priority above 2.');
    for (const fact of [
      { kind: 'tier', agentId: '101', tier: 2, chosenTier: 1 },
      { kind: 'turn', agentId: '101' },
      { kind: 'draw', agentId: '101', share: 4 },
      { kind: 'occupancy', agentId: '101', points: 20.5 },
      { kind: 'contacts', agentId: '101', count: 2 },
      { kind: 'levels', agentId: '101', count: 1 },
      { kind: 'places', agentId: '101', count: 5 },
      { kind: 'same-moment', agentId: '101' },
    ] as const)
      for (const text of inEach(() => otherwiseText(fact, '102', nameOf)))
        expect(text, fact.kind).to.include('Anna').and.not.match(/[{}#]/);
  });

  it('name some and count the rest', () => {
    expect(namesText(['101', '102'], 5, nameOf)).to.equal('Anna, 102 and 3 more');
    expect(namesText(['101'], 1, nameOf)).to.equal('Anna');
    expect(namesText([], 4, nameOf)).to.equal('4');
  });
});
