/** Names and values of figures in three languages: none missing, none twice, short ones short. */
import { expect } from 'chai';
import {
  attributions,
  figureFacts,
  figureNames,
  scopeKinds,
  windowNames,
} from '../../../server/contract/figures.ts';
import {
  attributionName,
  figureName,
  figureVariant,
  scopeKindName,
  windowName,
} from '../../../admin-ui/shared/figure-names.ts';
import { figureText } from '../../../admin-ui/shared/figure-text.ts';
import { formatsFor } from '../../../admin-ui/shared/format.ts';
import { languageList } from '../../../admin-ui/shared/words.ts';

const twice = (names: string[]) => names.filter((name, index) => names.indexOf(name) !== index);

describe('names of figures', () => {
  for (const language of languageList) {
    it(`in ${language} are filled, and none is used twice`, () => {
      const long = figureNames.map((name) => figureName(language, name));
      const short = figureNames.map((name) => figureName(language, name, 'short'));
      const windows = windowNames.map((name) => windowName(language, name));
      const rest = [
        ...scopeKinds.flatMap((kind) => [scopeKindName(language, kind), scopeKindName(language, kind, true)]),
        ...attributions.map((name) => attributionName(language, name)),
      ];
      for (const name of [...long, ...short, ...windows, ...rest]) expect(name).to.match(/\S/);
      expect(twice(long)).to.deep.equal([]);
      expect(twice(short)).to.deep.equal([]);
      expect(twice(windows)).to.deep.equal([]);
    });

    it(`in ${language} are short where a column has no room`, () => {
      for (const name of figureNames)
        expect(figureName(language, name, 'short').length, name).to.be.within(2, 10);
      for (const name of windowNames)
        expect(windowName(language, name, 'short').length, name).to.be.within(2, 14);
    });

    it(`in ${language} say which service level it is`, () => {
      for (const name of figureNames.filter((one) => one.startsWith('service-level')))
        expect(figureName(language, name)).to.include(figureVariant(language, name) ?? '?');
    });
  }

  it('write each unit as its language does', () => {
    const [en, ru, it] = languageList.map((language) => formatsFor(language, 'UTC'));
    if (!en || !ru || !it) throw new Error('a language is missing');
    expect(figureFacts('asa').unit).to.equal('ms');
    expect(figureText(en, 'asa', 65_000, 0)).to.equal('1:05');
    expect(figureText(en, 'oldest-waiting', 10_000, 75_000)).to.equal('1:05');
    expect(figureText(ru, 'service-level', 0.876, 0)).to.equal('88\u00a0%');
    expect(figureText(en, 'offered', 1234, 0)).to.equal('1,234');
    expect(figureText(it, 'contacts-per-hour', 12.34, 0)).to.equal('12,3');
    expect(figureText(en, 'aht', undefined, 0)).to.equal('–');
  });
});
