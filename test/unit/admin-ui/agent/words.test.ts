/** The words of the agent's page: every key in every language, with the same places and the plurals of the language. */
import { expect } from 'chai';
import { en } from '../../../../admin-ui/agent/words/en.ts';
import { it as italian } from '../../../../admin-ui/agent/words/it.ts';
import { ru } from '../../../../admin-ui/agent/words/ru.ts';
import { plural } from '../../../../admin-ui/shared/words.ts';

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();

describe('words of the agent’s page', () => {
  for (const [language, words] of Object.entries({ ru, it: italian }))
    it(`${language} has every key, filled, with the same places`, () => {
      expect(Object.keys(words).sort()).to.deep.equal(Object.keys(en).sort());
      for (const [key, text] of Object.entries(en)) {
        const other: unknown = words[key as keyof typeof words];
        if (typeof text === 'string') {
          expect(other, key).to.be.a('string').that.is.not.equal('');
          expect(places(String(other)), key).to.deep.equal(places(text));
        } else
          for (const form of Object.values(other as Record<string, string>))
            expect(form, key).to.include('#');
      }
    });

  it('counts in Russian and Italian', () => {
    expect([1, 2, 5, 21].map((count) => plural('ru', ru.unreadCount, count))).to.deep.equal([
      '1 новое сообщение',
      '2 новых сообщения',
      '5 новых сообщений',
      '21 новое сообщение',
    ]);
    expect(plural('it', italian.unreadCount, 1)).to.equal('1 nuovo messaggio');
  });
});
