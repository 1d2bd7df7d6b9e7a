import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  objectFault,
  objectFile,
  pruneObjects,
  readList,
  restoreFiles,
  storeFiles,
  writeList,
} from '../../../../installer/ops/backup/objects.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

describe('files kept by what is in them', () => {
  let temp: string;
  let objects: string;
  let from: string;
  beforeEach(() => {
    temp = makeTempDir();
    objects = join(temp, 'objects');
    from = join(temp, 'from');
    mkdirSync(join(from, 'deep', 'er'), { recursive: true });
    writeFileSync(join(from, 'a.wav'), 'one');
    writeFileSync(join(from, 'deep/er/b.wav'), 'two');
    writeFileSync(join(from, 'deep/same.wav'), 'one');
  });
  afterEach(() => removeTempDir(temp));

  it('are there once, whatever their names, and come back under them', async () => {
    const { entries, newBytes } = await storeFiles(objects, from);
    expect(newBytes).to.equal(6);
    expect(new Set(entries.map(({ sha256 }) => sha256)).size).to.equal(2);
    const list = join(temp, 'list');
    await writeList(list, entries);
    expect(await readList(list)).to.deep.equal(entries);
    const to = join(temp, 'to');
    expect(await restoreFiles(objects, entries, to)).to.equal(9);
    expect(readFileSync(join(to, 'deep/er/b.wav'), 'utf8')).to.equal('two');
    expect(readFileSync(join(to, 'deep/same.wav'), 'utf8')).to.equal('one');
  });

  it('are not read again while path, size and time are the same and the object is there', async () => {
    const first = await storeFiles(objects, from);
    const path = join(from, 'a.wav');
    // Another content of the same size and time: only who does not read it can take it for the same.
    const time = first.entries.find((entry) => entry.path === 'a.wav')!.mtimeMs / 1000;
    utimesSync(path, time, time);
    const known = (await storeFiles(objects, from)).entries;
    writeFileSync(path, 'ONE');
    utimesSync(path, time, time);
    expect((await storeFiles(objects, from, known)).entries).to.deep.equal(known);
    writeFileSync(path, 'changed');
    const changed = await storeFiles(objects, from, known);
    expect(changed.newBytes).to.equal('changed'.length);
    expect(changed.entries[0]!.sha256).to.not.equal(known[0]!.sha256);
  });

  it('leave out what is being written and what a restore put aside', async () => {
    writeFileSync(join(from, 'growing.wav.part'), 'half');
    mkdirSync(join(from, '.before-20261122T101500Z'));
    writeFileSync(join(from, '.before-20261122T101500Z', 'old.wav'), 'old');
    const { entries } = await storeFiles(objects, from);
    expect(entries.map(({ path }) => path)).to.deep.equal(['a.wav', 'deep/er/b.wav', 'deep/same.wav']);
  });

  it('are named when they are damaged or gone, and not restored', async () => {
    const { entries } = await storeFiles(objects, from);
    const [first] = entries;
    writeFileSync(objectFile(objects, first!.sha256), 'oNe');
    expect(await objectFault(objects, first!)).to.match(/^a.wav: its object .* is damaged$/);
    expect(await objectFault(objects, entries[1]!)).to.equal(undefined);
    const error = await restoreFiles(objects, entries, join(temp, 'to')).catch((caught: unknown) => caught);
    expect(String(error)).to.match(/a.wav: its object .* is damaged/);
    expect(await objectFault(join(temp, 'elsewhere'), first!)).to.match(/is missing/);
  });

  it('go when no list names them, and all stay when a list cannot be read', async () => {
    const { entries } = await storeFiles(objects, from);
    const one = join(temp, 'one');
    await writeList(one, entries.slice(0, 1));
    const broken = join(temp, 'broken');
    writeFileSync(broken, '{"path": "a"\n');
    const failed = await pruneObjects(objects, [one, broken]).catch((caught: unknown) => caught);
    expect(String(failed)).to.contain('line 1 is damaged');
    writeFileSync(join(objects, '4711.part'), 'half');
    const all = () =>
      readdirSync(objects, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    expect(all()).to.have.length(3);
    expect(await pruneObjects(objects, [one])).to.equal('two'.length + 'half'.length);
    expect(all().map(({ name }) => name)).to.deep.equal([entries[0]!.sha256]);
  });

  it('lead nowhere out of the directory they are restored to', async () => {
    const { entries } = await storeFiles(objects, from);
    for (const path of ['../up.wav', '/etc/passwd', 'a/../../b', 'a//b']) {
      const list = join(temp, `list-${encodeURIComponent(path)}`);
      await writeList(list, [{ ...entries[0]!, path }]);
      const error = await readList(list).catch((caught: unknown) => caught);
      expect(String(error), path).to.contain('line 1 is damaged');
    }
  });
});
