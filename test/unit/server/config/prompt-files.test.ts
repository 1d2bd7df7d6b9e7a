/** Prompts of a site whose files are not all there. */
import { expect } from 'chai';
import { PromptFiles } from '../../../../server/config/prompt-files.ts';
import type { Site } from '../../../../server/contract/site.ts';

const site = {
  site: { language: 'en' },
  prompts: [
    { id: 'lost', file: { en: 'lost.wav' } },
    { id: 'half', file: { en: 'lost.wav' }, text: { it: 'Ciao' } },
    { id: 'spoken', text: { en: 'Hello' } },
  ],
} as unknown as Site;
const prompts = () => new PromptFiles('/nowhere', async () => undefined);

async function refusalOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('prompt files', () => {
  it('refuse an import that names a file which is not there', async () => {
    expect(String(await refusalOf(prompts().prepare(site)))).to.include('lost.wav');
  });

  it('let a start go on with those that are there', async () => {
    const files = prompts();
    const faults: unknown[] = [];
    await files.prepare(site, (error) => faults.push(error));
    expect(faults).to.have.length(2);
    expect(files.file('spoken', 'ru')).to.equal('/nowhere/site/en/spoken.wav');
    expect(files.file('half', 'en')).to.equal('/nowhere/site/it/half.wav');
    expect(files.file('lost', 'en')).to.equal('/nowhere/en/lost.wav');
  });
});
