/** docs/install.md says what the installation does: fields, options, places, steps, packages, members of a bundle. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { answersSchema, parseAnswers } from '../../../installer/install/answers.ts';
import { storeNames } from '../../../installer/install/bank-stores.ts';
import { directoryWishes } from '../../../installer/install/steps/directories.ts';
import { steps } from '../../../installer/install/steps/index.ts';
import { aptName, systemPackages } from '../../../installer/install/steps/packages.ts';
import { machinePlaces } from '../../../installer/house.ts';
import { bundleMembers } from '../../../installer/release/bundle.ts';
import { codesIn, docText, projectDir, rowsUnder } from '../../support/doc-tables.ts';

const page = docText('install.md');

/** Paths of all leaves: ports.web, names. */
function leavesOf(value: object, above = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leavesOf(inner, `${above}${name}.`)
      : [`${above}${name}`],
  );
}

describe('docs/install.md', () => {
  const defaults = answersSchema.parse({ names: ['hearthline.bank.example'] });
  const storePaths = storeNames.flatMap((store) =>
    Object.keys(answersSchema.shape[store].unwrap().shape).map((name) => `${store}.${name}`),
  );
  const example = /^```json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';

  it('shows answers that are taken, with every field there is', () => {
    parseAnswers(example, 'the example');
    const shown = leavesOf(JSON.parse(example) as object).sort();
    expect(shown).to.deep.equal(leavesOf(defaults).sort());
  });

  it('lists every field of the answers with its default', () => {
    const rows = rowsUnder(page, 'The answers file');
    const told = Object.fromEntries(rows.map(([field = '', value = '']) => [codesIn(field)[0], value]));
    const wanted = leavesOf(defaults).map((path) => {
      const value = path
        .split('.')
        .reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], defaults);
      if (path === 'names') return [path, ''];
      return [path, Array.isArray(value) ? 'none' : `\`${String(value)}\``];
    });
    const ofStores = Object.fromEntries(
      storePaths.map((path) => [
        path,
        path.endsWith('.url') ? 'ours' : path.endsWith('.caFile') ? "the system's" : 'none',
      ]),
    );
    expect(told).to.deep.equal({ ...Object.fromEntries(wanted), ...ofStores });
  });

  it('shows stores of the bank’s own that are taken, with every field there is', () => {
    const shown = /^### Stores of the bank's own$[\s\S]*?^```json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
    parseAnswers(shown, 'the example');
    const paths = leavesOf(JSON.parse(shown) as object).filter((path) => path !== 'names');
    expect(paths.sort()).to.deep.equal(storePaths.toSorted());
  });

  it('lists the options of install.sh, and no others', () => {
    const script = readFileSync(`${projectDir}installer/install.sh`, 'utf8');
    const usage = script.slice(script.indexOf('Usage:'), script.indexOf('\nEND'));
    const inScript = new Set(usage.match(/--[a-z-]+/g));
    const told = rowsUnder(page, 'From a bundle').flatMap(
      ([option = '']) => option.match(/--[a-z-]+/g) ?? [],
    );
    expect(told.sort()).to.deep.equal([...inScript].sort());
  });

  it('lists the steps in their order', () => {
    const told = rowsUnder(page, 'From a bundle')
      .filter(([number = '']) => /^\d+$/.test(number))
      .map(([number, what = '']) => `${number} ${what.split(':')[0]}`);
    expect(told).to.deep.equal(steps.map(({ number, title }) => `${number} ${title}`));
  });

  it('lists the directories with owner and mode as they are made', () => {
    const told = rowsUnder(page, 'What lies where').map(([path = '', mode, owner]) => [
      codesIn(path)[0],
      mode,
      owner,
    ]);
    const made = directoryWishes(machinePlaces()).map(([path, mode, owner]) => [
      path,
      mode.toString(8).padStart(4, '0'),
      owner,
    ]);
    const byPath = (a: (string | undefined)[], b: (string | undefined)[]) => (a[0]! < b[0]! ? -1 : 1);
    expect(told.sort(byPath)).to.deep.equal(made.sort(byPath));
  });

  it('lists the packages by the names of each system', () => {
    const told = rowsUnder(page, "From a clone with the machine's own packages").map(([what, ...names]) => [
      what,
      ...names.map((name) => codesIn(name)[0]),
    ]);
    const wanted = systemPackages.map((one) => [
      one.what,
      aptName(one, 'debian'),
      aptName(one, 'ubuntu'),
      one.redHat,
    ]);
    expect(told).to.deep.equal(wanted);
  });

  it('lists what is in a bundle', () => {
    const told = rowsUnder(page, 'What is in it').flatMap(([member = '']) => codesIn(member));
    expect(told.sort()).to.deep.equal(['SHA256SUMS', 'SHA256SUMS.sig', ...bundleMembers].sort());
  });
});
