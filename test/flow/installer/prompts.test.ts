/** Prompts as espeak-ng really speaks them. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readWav } from '../../../installer/audio/wav.ts';
import { renderPrompts, renderText } from '../../../installer/prompts.ts';
import { catalogueTexts, soundPrompts } from '../../../server/config/prompt-catalogue.ts';

describe('rendering prompts', function () {
  this.timeout(120_000);
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'hl-prompts-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('renders the whole catalogue in every language, and the music', async () => {
    let last = 0;
    const result = await renderPrompts({ dir, onProgress: (done) => (last = done) });
    const texts = catalogueTexts();
    expect(result).to.deep.equal({ rendered: texts.length + soundPrompts.length, kept: 0 });
    expect(last).to.equal(texts.length + soundPrompts.length);
    for (const { id, language } of texts) {
      const pcm = readWav(readFileSync(join(dir, language, `${id}.wav`)));
      expect(pcm.sampleRate).to.equal(8000);
      expect(pcm.samples.length / 8000, `${language}/${id}`).to.be.within(0.5, 12);
      const loud = pcm.samples.filter((sample) => Math.abs(sample) > 0.02).length;
      expect(loud / pcm.samples.length, `${language}/${id}`).to.be.greaterThan(0.2);
    }
    expect(readWav(readFileSync(join(dir, 'music.wav'))).samples.length / 8000).to.equal(30);
  });

  it('renders only what changed', async () => {
    const welcome = join(dir, 'en', 'welcome.wav');
    writeFileSync(join(dir, 'it', 'closed.wav'), 'damaged');
    const before = statSync(welcome).mtimeMs;
    const result = await renderPrompts({ dir });
    expect(result.rendered).to.equal(1);
    expect(statSync(welcome).mtimeMs).to.equal(before);
    expect(readWav(readFileSync(join(dir, 'it', 'closed.wav'))).sampleRate).to.equal(8000);
  });

  it('speaks a text that looks like an option, and renders anew when the text changes', async () => {
    const file = join(dir, 'custom.wav');
    expect(await renderText('--help, said the caller', 'en', file)).to.equal(true);
    const first = readWav(readFileSync(file)).samples.length;
    expect(await renderText('--help, said the caller', 'en', file)).to.equal(false);
    expect(await renderText('A longer text than the one before it, by a good deal.', 'en', file)).to.equal(
      true,
    );
    expect(readWav(readFileSync(file)).samples.length).to.be.greaterThan(first);
  });
});
