/** Words and formats in three languages: nothing empty, the same places to fill, plurals by each language's rules. */
import { expect } from 'chai';
import { en as consoleEn } from '../../../admin-ui/admin/words/en.ts';
import { it as consoleIt } from '../../../admin-ui/admin/words/it.ts';
import { ru as consoleRu } from '../../../admin-ui/admin/words/ru.ts';
import { formatDuration, formatsFor } from '../../../admin-ui/shared/format.ts';
import { chooseLanguage, fill, plural } from '../../../admin-ui/shared/words.ts';
import { en as wallEn } from '../../../wallboard/words/en.ts';
import { it as wallIt } from '../../../wallboard/words/it.ts';
import { ru as wallRu } from '../../../wallboard/words/ru.ts';

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();

for (const [app, english, others] of [
  ['console', consoleEn, { ru: consoleRu, it: consoleIt }],
  ['wallboard', wallEn, { ru: wallRu, it: wallIt }],
] as const)
  describe(`words of the ${app}`, () => {
    for (const [language, words] of Object.entries(others))
      it(`${language} has every key, filled, with the same places`, () => {
        expect(Object.keys(words).sort()).to.deep.equal(Object.keys(english).sort());
        for (const [key, text] of Object.entries(english)) {
          const other: unknown = words[key as keyof typeof words];
          if (typeof text === 'string') {
            expect(other, key).to.be.a('string').that.is.not.equal('');
            expect(places(String(other)), key).to.deep.equal(places(text));
          } else
            for (const form of Object.values(other as Record<string, string>))
              expect(form, key).to.not.equal('');
        }
      });
  });

describe('words', () => {
  it('takes the first language that is spoken here', () => {
    expect(chooseLanguage([null, 'de-DE', 'ru-RU', 'it'])).to.equal('ru');
    expect(chooseLanguage(['IT_it'])).to.equal('it');
    expect(chooseLanguage(['de', undefined])).to.equal('en');
  });

  it('follows the Russian plural', () => {
    const forms = consoleRu.siteFaults;
    expect([1, 2, 5, 11, 21, 22, 111].map((count) => plural('ru', forms, count))).to.deep.equal([
      '1 ошибка',
      '2 ошибки',
      '5 ошибок',
      '11 ошибок',
      '21 ошибка',
      '22 ошибки',
      '111 ошибок',
    ]);
    expect(plural('it', consoleIt.siteFaults, 1)).to.equal('1 errore');
    expect(plural('en', consoleEn.siteFaults, 0)).to.equal('0 faults');
  });

  it('leaves an unknown place in sight', () => {
    expect(fill('{a} of {b}', { a: 1 })).to.equal('1 of {b}');
  });
});

describe('formats', () => {
  it('writes durations with colons, cut to whole seconds', () => {
    expect([0, 999, 59_999, 65_000, 3_599_000, 3_661_000, -5].map(formatDuration)).to.deep.equal([
      '0:00',
      '0:00',
      '0:59',
      '1:05',
      '59:59',
      '1:01:01',
      '0:00',
    ]);
  });

  it('writes numbers, shares and instants as each language does', () => {
    const at = Date.UTC(2026, 2, 5, 21, 4, 9);
    const space = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
    const shown = (['en', 'ru', 'it'] as const).map((language) => {
      const formats = formatsFor(language, 'Europe/Rome');
      return [
        formats.number(12_345),
        formats.percent(0.874),
        formats.time(at),
        formats.date(at),
        formats.longDate(at),
        formats.bytes(4_250_000),
      ].map(space);
    });
    expect(shown).to.deep.equal([
      ['12,345', '87%', '22:04:09', '05/03/2026', 'Thursday 5 March', '4.3 MB'],
      ['12 345', '87 %', '22:04:09', '05.03.2026', 'четверг, 5 марта', '4,3 MB'],
      ['12.345', '87%', '22:04:09', '05/03/2026', 'giovedì 5 marzo', '4,3 MB'],
    ]);
  });

  it('never rounds up to a full hundred, and survives an unknown zone', () => {
    expect(formatsFor('en').percent(0.999)).to.equal('99%');
    expect(formatsFor('en').percent(1)).to.equal('100%');
    expect(formatsFor('en', 'No/Where').time(Date.UTC(2026, 0, 1, 10, 0, 0))).to.equal('10:00:00');
  });
});
