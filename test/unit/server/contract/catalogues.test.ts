/** Catalogues, their pages and the code say the same (design §8). */
import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorCatalogue } from '../../../../server/contract/errors.ts';
import { eventBodies } from '../../../../server/contract/events.ts';
import {
  errorsPage,
  eventsPage,
  renderErrors,
  renderEvents,
  sentenceOf,
} from '../../../support/catalogue-docs.ts';

const serverDir = fileURLToPath(new URL('../../../../server/', import.meta.url));
const sources = readdirSync(serverDir, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'contract/errors.ts')
  .map((file) => ({ file, text: readFileSync(`${serverDir}${file}`, 'utf8') }));

describe('catalogues', () => {
  const hint = 'run: node --import tsx test/support/catalogue-docs.ts';

  it('docs/events.md is what the event catalogue says', async () => {
    expect(readFileSync(eventsPage, 'utf8'), hint).to.equal(await renderEvents());
  });

  it('docs/errors.md is what the error catalogue says', async () => {
    expect(readFileSync(errorsPage, 'utf8'), hint).to.equal(await renderErrors());
  });

  it('every event says when it fires', () => {
    const types = eventBodies.flatMap((body) => [...body.shape.type.values]);
    expect(new Set(types).size).to.equal(types.length);
    expect(types.filter((type) => sentenceOf(type) === '')).to.deep.equal([]);
  });

  it('every event type is a noun and a verb, and is used by the server', () => {
    const types = eventBodies.flatMap((body) => [...body.shape.type.values]);
    const unused = types.filter(
      (type) =>
        !sources.some(({ file, text }) => !file.startsWith('contract/') && text.includes(`'${type}'`)),
    );
    expect(types.filter((type) => !/^[a-z]+\.[a-z-]+$/.test(type))).to.deep.equal([]);
    expect(unused).to.deep.equal([]);
  });

  it('every refusal in the code is in the catalogue with the same status', () => {
    const wrong: string[] = [];
    let found = 0;
    for (const { file, text } of sources) {
      for (const [, code = '', status] of text.matchAll(/new AppError\(\s*'([a-z-]+)',\s*(\d+)/g)) {
        found++;
        const entry = (errorCatalogue as Record<string, { status: number }>)[code];
        if (entry?.status !== Number(status)) wrong.push(`${file}: ${code} ${status}`);
      }
    }
    expect(found).to.be.above(3);
    expect(wrong).to.deep.equal([]);
  });

  it('every code of the catalogue is used', () => {
    const unused = Object.keys(errorCatalogue).filter(
      (code) => !sources.some(({ text }) => text.includes(`'${code}'`)),
    );
    expect(unused).to.deep.equal([]);
  });
});
