import { expect } from 'chai';
import {
  catalogueTexts,
  positionPromptId,
  promptCatalogue,
  reasonPromptId,
  waitPromptId,
} from '../../../../server/config/prompt-catalogue.ts';
import { builtInPrompts, languages, siteSchema } from '../../../../server/contract/site.ts';

describe('the prompt catalogue', () => {
  it('has every built-in prompt a site may name, music aside', () => {
    for (const id of builtInPrompts) if (id !== 'music') expect(promptCatalogue.has(id), id).to.equal(true);
  });

  it('speaks each default reason', () => {
    const { notReadyReasons } = siteSchema.parse({ site: { name: 'x' } });
    for (const reason of notReadyReasons)
      expect(promptCatalogue.has(reasonPromptId(reason.id)), reason.id).to.equal(true);
  });

  it('rounds a wait up to one that it can say, in the words of each language', () => {
    const waits = [0, 60_000, 60_001, 170_000, 610_000, 1_800_000, 1_800_001];
    expect(waits.map(waitPromptId)).to.deep.equal([
      'wait-1',
      'wait-1',
      'wait-2',
      'wait-3',
      'wait-12',
      'wait-30',
      'wait-more',
    ]);
    for (const waitMs of waits) expect(promptCatalogue.has(waitPromptId(waitMs))).to.equal(true);
    const russian = ['wait-1', 'wait-2', 'wait-5'].map((id) => promptCatalogue.get(id)?.ru);
    expect(russian).to.deep.equal([
      'Примерное время ожидания: 1 минута.',
      'Примерное время ожидания: 2 минуты.',
      'Примерное время ожидания: 5 минут.',
    ]);
    expect(promptCatalogue.get('wait-1')?.it).to.equal('Il tempo di attesa è di circa un minuto.');
  });

  it('has a sentence in every language, in its own alphabet', () => {
    for (const { id, language, text } of catalogueTexts()) {
      expect(text.trim(), `${id} ${language}`).not.to.equal('');
      expect(/[а-яё]/i.test(text), `${id} ${language}`).to.equal(language === 'ru');
    }
    expect(catalogueTexts()).to.have.length(promptCatalogue.size * languages.length);
  });

  it('names a prompt for any position', () => {
    for (const [position, id] of [
      [1, 'position-1'],
      [20, 'position-20'],
      [21, 'position-more'],
      [5000, 'position-more'],
    ] as const) {
      expect(positionPromptId(position)).to.equal(id);
      expect(promptCatalogue.has(id)).to.equal(true);
    }
  });
});
