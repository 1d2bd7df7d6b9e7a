/** docs/hardening.md: every requirement of the levels has one row, and every row something to show for its state. */
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { codesIn, docText, projectDir, rowsUnder } from '../../support/doc-tables.ts';

const page = docText('hardening.md');

/** How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has. */
const counts: Readonly<Record<string, number>> = {
  V1: 27,
  V2: 11,
  V3: 19,
  V4: 10,
  V5: 9,
  V6: 35,
  V7: 18,
  V8: 7,
  V11: 14,
  V12: 9,
  V13: 13,
  V14: 9,
  V15: 13,
  V16: 16,
};
const states = ['met', 'partly', 'not yet', 'not applicable'] as const;

interface Row {
  item: string;
  level: string;
  asks: string;
  state: string;
  evidence: string;
}

const chapters = [...page.matchAll(/^## ((V\d+) .+)$/gm)].map(([, heading, id]) => ({
  id: id!,
  heading: heading!,
  rows: rowsUnder(page, heading!).map(
    ([item = '', level = '', asks = '', state = '', evidence = '']): Row => ({
      item,
      level,
      asks,
      state,
      evidence,
    }),
  ),
}));

/** What names a file of this project, beside words in backticks. */
const pathsIn = (evidence: string) =>
  codesIn(evidence).filter((code) =>
    /^(docs|installer|server|sip|systemd|test|admin-ui|wallboard)\//.test(code),
  );

describe('docs/hardening.md', () => {
  it('has a row for every requirement of levels 1 and 2, in order, and no number twice', () => {
    const told = Object.fromEntries(chapters.map(({ id, rows }) => [id, rows.length]));
    expect(told).to.deep.equal(counts);
    for (const { id, rows } of chapters) {
      const numbers = rows.map(({ item }) => item.split('.').map(Number));
      for (const number of numbers)
        expect(number)
          .to.have.length(3)
          .and.satisfy(() => `V${number[0]}` === id);
      const keys = numbers.map(([, section = 0, item = 0]) => section * 1000 + item);
      expect(keys, id).to.deep.equal([...new Set(keys)].sort((a, b) => a - b));
    }
  });

  for (const { heading, rows } of chapters)
    it(`shows something for each state in ${heading}`, () => {
      for (const { item, level, asks, state, evidence } of rows) {
        expect(level, item).to.match(/^[12]$/);
        expect(asks, item).to.not.equal('');
        expect(states, item).to.include(state);
        const paths = pathsIn(evidence);
        for (const path of paths)
          expect(existsSync(`${projectDir}${path}`), `${item}: ${path}`).to.equal(true);
        if (state === 'met' || state === 'partly')
          expect(paths, `${item} has evidence`).to.have.length.above(0);
        else expect(evidence, `${item} says why`).to.match(/\w/);
      }
    });

  it('counts its rows rightly', () => {
    const told = rowsUnder(page, 'The state').map(([chapter = '', ...numbers]) => [
      chapter.split(' ')[0],
      ...numbers.map(Number),
    ]);
    const count = (rows: readonly Row[]) =>
      states.map((state) => rows.filter((row) => row.state === state).length);
    const wanted = chapters.map(({ id, rows }) => [id, ...count(rows)]);
    wanted.push(['all', ...count(chapters.flatMap(({ rows }) => rows))]);
    expect(told).to.deep.equal(wanted);
  });
});
