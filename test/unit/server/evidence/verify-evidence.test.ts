/** What an auditor runs away from the house: it needs nothing of ours, and names what was touched. */
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { auditHash, auditText, genesisHash } from '../../../../server/audit/audit-trail.ts';
import {
  type Anchor,
  AuditChain,
  auditHeader,
  readStatementFile,
  verifyAuditFile,
  verifyStatements,
} from '../../../../server/evidence/verify-evidence.mts';
import { emptyBook } from '../../../../server/residency/day-book.ts';
import { openHouseKey, publicKeyFile } from '../../../../server/residency/house-key.ts';
import { Statements } from '../../../../server/residency/statements.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const source = fileURLToPath(new URL('../../../../server/evidence/verify-evidence.mts', import.meta.url));

interface Entry {
  seq: number;
  at: number;
  actor: string;
  action: string;
  details: Record<string, unknown>;
}
interface Line {
  entry: Entry;
  before: string;
  hash: string;
}

/** A sound trail; `details` of each entry tells its number. */
function trail(count: number): Line[] {
  let before = genesisHash;
  return Array.from({ length: count }, (_, index) => {
    const entry = {
      seq: index + 1,
      at: 1_790_000_000_000 + index,
      actor: 'user:ada',
      action: 'thing.done',
      details: { n: index },
    };
    const line = { entry, before, hash: auditHash(before, entry) };
    before = line.hash;
    return line;
  });
}

/** The chain anew from one place on, as whoever owns the database can make it. */
function rewrite(lines: Line[], from: number): void {
  for (let index = from; index < lines.length; index++) {
    const line = lines[index]!;
    line.before = lines[index - 1]?.hash ?? genesisHash;
    line.hash = auditHash(line.before, line.entry);
  }
}

const textOf = ({ entry, before, hash }: Line): string => `${before} ${hash} ${auditText(entry)}`;

function faultsOf(lines: readonly Line[], anchors: Anchor[] = []): string[] {
  const chain = new AuditChain(anchors);
  for (const line of lines) chain.add(textOf(line));
  return chain.end().faults;
}
const anchorAt = (lines: readonly Line[], seq: number, statement = `2026-03-0${seq}.json`): Anchor => ({
  seq,
  hash: lines[seq - 1]!.hash,
  statement,
});

describe('the audit trail, checked elsewhere', () => {
  it('is in order as it was written', () => {
    const lines = trail(5);
    expect(faultsOf(lines, [anchorAt(lines, 3), anchorAt(lines, 5)])).to.deep.equal([]);
    expect(faultsOf([])).to.deep.equal([]);
  });

  it('names a row that was edited', () => {
    const lines = trail(5);
    lines[2]!.entry.actor = 'user:mallory';
    expect(faultsOf(lines)).to.deep.equal(['entry 3 was changed: its hash is of another text']);
  });

  it('names a row that was edited together with its hash', () => {
    const lines = trail(5);
    const edited = lines[2]!;
    edited.entry.actor = 'user:mallory';
    edited.hash = auditHash(edited.before, edited.entry);
    expect(faultsOf(lines)).to.deep.equal([
      'entry 3 was changed together with its hash: entry 4 was made after another one',
    ]);
  });

  it('names rows that were deleted and put in', () => {
    const [one, gap] = [trail(5), trail(6)];
    one.splice(2, 1);
    expect(faultsOf(one)).to.deep.equal(['entry 3 is missing: it was deleted']);
    gap.splice(1, 3);
    expect(faultsOf(gap)).to.deep.equal(['entries 2 to 4 are missing: they were deleted']);
    const more = trail(3);
    more.splice(2, 0, structuredClone(more[1]!));
    expect(faultsOf(more)).to.deep.equal([
      'entry 2 stands a second time, or in the wrong place: it was put in',
    ]);
  });

  it('names a tail that was cut off, by what was signed', () => {
    const lines = trail(6);
    const anchors = [anchorAt(lines, 2), anchorAt(lines, 6)];
    lines.splice(4);
    expect(faultsOf(lines), 'by itself it is sound').to.deep.equal([]);
    expect(faultsOf(lines, anchors)).to.deep.equal([
      'entries 5 to 6 are missing at the end: 2026-03-06.json signed the trail up to entry 6',
    ]);
  });

  it('names between which signed entries a whole trail was written anew', () => {
    const lines = trail(6);
    const anchors = [anchorAt(lines, 2), anchorAt(lines, 6)];
    lines[3]!.entry.details = { n: 'forged' };
    rewrite(lines, 3);
    expect(faultsOf(lines), 'by itself it is sound').to.deep.equal([]);
    expect(faultsOf(lines, anchors)).to.deep.equal([
      'entry 6 is not the one that 2026-03-06.json signed: the trail was written anew after entry 2, at entry 6 or before it',
    ]);
  });

  it('reads exports, and sees that one is not whole', async () => {
    const dir = makeTempDir();
    const file = join(dir, 'audit.txt');
    const lines = trail(3).map(textOf);
    const write = (all: string[]) => writeFileSync(file, `${all.join('\n')}\n`);
    write([auditHeader, ...lines, '# end 3']);
    expect((await verifyAuditFile(file, [])).faults).to.deep.equal([]);
    write([auditHeader, ...lines]);
    expect((await verifyAuditFile(file, [])).faults).to.deep.equal([
      `${file}: it is not whole: its last line is missing or wrong`,
    ]);
    write([auditHeader, lines[0]!, 'nonsense', '# end 2']);
    expect((await verifyAuditFile(file, [])).faults[0]).to.include('cannot be read');
    write(['something else']);
    expect((await verifyAuditFile(file, [])).faults[0]).to.include('no export of an audit trail');
    removeTempDir(dir);
  });
});

describe('statements, checked elsewhere', function () {
  this.timeout(30_000);
  let dir: string;
  let statements: string;
  const days = ['2026-03-01', '2026-03-02', '2026-03-05'];
  beforeEach(async () => {
    dir = makeTempDir();
    statements = join(dir, 'residency');
    const chain = await Statements.open(statements, await openHouseKey(dir));
    for (const [index, day] of days.entries()) {
      const at = Date.parse(`${day}T12:00:00Z`);
      await chain.write(emptyBook(at), 'day', { seq: index, hash: genesisHash }, at);
    }
  });
  afterEach(() => removeTempDir(dir));

  const files = () =>
    readdirSync(statements)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readStatementFile(join(statements, name)));
  const check = () => verifyStatements(files(), createPublicKey(readFileSync(publicKeyFile(dir))));

  it('are in order, and name the days that are missing', () => {
    const { faults, notes, days: found } = check();
    expect(faults).to.deep.equal([]);
    expect(found).to.deep.equal(days);
    expect(notes.filter((note) => note.includes('no statement of'))).to.deep.equal([
      '2026-03-05.json: there is no statement of 2026-03-03',
      '2026-03-05.json: there is no statement of 2026-03-04',
    ]);
  });

  it('show one letter that was changed, one that was taken out, one without its signature and one of another house', async () => {
    const second = join(statements, '2026-03-02.json');
    const text = readFileSync(second, 'utf8');
    writeFileSync(second, text.replace('"unknown": 0', '"unknown": 1'));
    expect(check().faults[0]).to.equal('2026-03-02.json: it was changed, or another key signed it');
    rmSync(second);
    expect(check().faults).to.deep.equal(['2026-03-05.json: statements 2 to 2 are missing before it']);
    writeFileSync(second, text);
    rmSync(join(statements, '2026-03-02.sig'));
    expect(check().faults[0]).to.include('there is no signature');
    const other = makeTempDir();
    const chain = await Statements.open(join(other, 'residency'), await openHouseKey(other));
    const at = Date.parse('2026-03-02T12:00:00Z');
    await chain.write(emptyBook(at), 'day', { seq: 0, hash: genesisHash }, at);
    for (const name of ['2026-03-02.json', '2026-03-02.sig'])
      copyFileSync(join(other, 'residency', name), join(statements, name));
    expect(check().faults[0]).to.include('another key signed it');
    removeTempDir(other);
  });

  it('are signed so that openssl says the same', () => {
    const [json, sig] = ['json', 'sig'].map((ending) => join(statements, `2026-03-01.${ending}`));
    const args = [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      publicKeyFile(dir),
      '-rawin',
      '-in',
      json!,
      '-sigfile',
      sig!,
    ];
    expect(spawnSync('openssl', args, { encoding: 'utf8' }).stdout).to.include(
      'Signature Verified Successfully',
    );
  });

  it('are checked by one file that needs nothing of ours', () => {
    const imports = [...readFileSync(source, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imports.filter((name) => !name!.startsWith('node:'))).to.deep.equal([]);
    const away = join(dir, 'away');
    mkdirSync(away);
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    const options = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck'];
    const compiled = spawnSync(
      process.execPath,
      [tsc, source, '--ignoreConfig', '--outDir', away, ...options],
      {
        encoding: 'utf8',
      },
    );
    expect(compiled.stdout).to.equal('');
    const run = () =>
      spawnSync(
        process.execPath,
        [
          join(away, 'verify-evidence.mjs'),
          '--key',
          publicKeyFile(dir),
          ...days.map((day) => join(statements, `${day}.json`)),
        ],
        { cwd: '/', encoding: 'utf8' },
      );
    const sound = run();
    expect(sound.stdout).to.include('nothing is wrong');
    expect(sound.status).to.equal(0);
    const third = join(statements, '2026-03-05.json');
    writeFileSync(third, readFileSync(third, 'utf8').replace('"number": 3', '"number": 4'));
    const touched = run();
    expect(touched.stdout).to.include('FAULT 2026-03-05.json: it was changed');
    expect(touched.status).to.equal(1);
  });
});
