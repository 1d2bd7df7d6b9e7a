/** Links between the pages lead to pages and headings that there are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { anchorsOf, linksIn, projectDir } from '../../support/doc-tables.ts';

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(projectDir, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('links of the docs', () => {
  for (const name of pages)
    it(`of ${name} lead somewhere`, () => {
      const text = readFileSync(join(projectDir, name), 'utf8');
      for (const { path, anchor } of linksIn(text)) {
        const target = path === '' ? name : join(dirname(name), path);
        expect(existsSync(join(projectDir, target)), `${path}#${anchor}`).to.equal(true);
        if (anchor === '' || !target.endsWith('.md')) continue;
        const anchors = anchorsOf(readFileSync(join(projectDir, target), 'utf8'));
        expect(anchors.has(anchor), `${target}#${anchor}`).to.equal(true);
      }
    });
});
