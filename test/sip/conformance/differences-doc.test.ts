// docs/sip-conformance.md and the list of differences say the same, entry by entry.
// After a change of the list: UPDATE_DOCS=1 npx mocha test/sip/conformance/differences-doc.test.ts

import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { differences, type Difference } from './differences.ts';

const file = new URL('../../../docs/sip-conformance.md', import.meta.url);
const begin = '<!-- differences: begin -->';
const end = '<!-- differences: end -->';

const row = ({ name, flows, recorded, ours, why }: Difference): string =>
  [
    `### ${name}`,
    '',
    `- Flows: ${flows.join(', ')}`,
    `- Recorded: ${recorded}`,
    `- Ours: ${ours}`,
    `- Why: ${why}`,
  ].join('\n');

const section = (): string => `${begin}\n\n${differences.map(row).join('\n\n')}\n\n${end}`;

describe('the document of differences', () => {
  before(() => {
    if (process.env['UPDATE_DOCS'] !== '1') return;
    const text = readFileSync(file, 'utf8');
    const after = text.slice(text.indexOf(end) + end.length);
    writeFileSync(file, `${text.slice(0, text.indexOf(begin))}${section()}${after}`);
  });

  it('carries exactly the entries of the list', () => {
    const text = readFileSync(file, 'utf8');
    const written = text.slice(text.indexOf(begin), text.indexOf(end) + end.length);
    expect(written).to.equal(section());
  });

  it('names each difference once, with all its parts', () => {
    const names = differences.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const { name, recorded, ours, why, flows } of differences) {
      expect(
        [recorded, ours, why].every((text) => text.length > 10),
        name,
      ).to.equal(true);
      expect(flows, name).to.deep.equal([...flows].sort());
    }
  });
});
