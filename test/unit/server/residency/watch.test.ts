/** The book of a day, the watch over it and its statements, on a clock of the test's own. */
import { createPublicKey } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LedgerReport, LedgerRow } from '../../../../sip/system/ledger/connection-ledger.ts';
import type { EgressRow } from '../../../../server/contract/rest-channels.ts';
import {
  residencyAnswerSchema,
  type ResidencyRow,
  residencyStatementSchema,
} from '../../../../server/contract/rest-residency.ts';
import { readStatementFile, verifyStatements } from '../../../../server/evidence/verify-evidence.mts';
import { houseKeyFile, openHouseKey, publicKeyFile } from '../../../../server/residency/house-key.ts';
import type { KernelSighting } from '../../../../sip/system/ledger/kernel-look.ts';
import { trunkNetworks } from '../../../../server/residency/owners.ts';
import { Statements } from '../../../../server/residency/statements.ts';
import { ResidencyWatch } from '../../../../server/residency/watch.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const relay: EgressRow = {
  host: '192.0.2.25',
  port: 25,
  protocol: 'smtp',
  purpose: 'mail-relay',
  usedBy: [],
};
const at = (text: string) => Date.parse(text);

class Bench {
  readonly dir = makeTempDir();
  now = at('2026-03-01T23:30:00Z');
  egress: EgressRow[] = [relay];
  sightings: KernelSighting[] = [];
  own: LedgerReport = { instance: 'a', rows: [], names: {} };
  sip = '';
  unknown: ResidencyRow[] = [];
  kept: unknown[] = [];
  head: () => Promise<{ seq: number; hash: string }> = () =>
    Promise.resolve({ seq: 7, hash: 'f'.repeat(64) });
  statements!: Statements;

  async open(): Promise<ResidencyWatch> {
    const key = await openHouseKey(this.dir);
    this.statements = await Statements.open(join(this.dir, 'residency'), key);
    return ResidencyWatch.open({
      bookDir: join(this.dir, 'residency', 'watch'),
      report: () => this.own,
      engines: { sip: () => Promise.resolve(this.sip) },
      kernel: { look: () => Promise.resolve(this.sightings) },
      egress: () => this.egress,
      keepEgress: (rows) => Promise.resolve(void this.kept.push(rows)),
      facts: () => ({ phones: new Map(), trunks: trunkNetworks(siteSchema.parse({ site: { name: 'B' } })) }),
      statements: this.statements,
      house: key.fingerprint,
      auditHead: () => this.head(),
      onUnknown: (row) => this.unknown.push(row),
      clock: { now: () => this.now },
      logger: { info: () => undefined, warn: () => undefined },
    });
  }

  row(more: Partial<LedgerRow>): LedgerRow {
    const counts = { opened: 1, open: 0, failed: 0, bytesOut: 100, bytesIn: 50 };
    const peer = { protocol: 'tcp' as const, address: '192.0.2.25', port: 25 };
    return { ...peer, hosts: [], isAnswer: false, ...counts, firstAt: this.now, lastAt: this.now, ...more };
  }

  async pass(watch: ResidencyWatch, ms: number): Promise<void> {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 30_000);
      await watch.look();
    }
  }

  files(): string[] {
    return readdirSync(join(this.dir, 'residency')).filter((name) => name.endsWith('.json'));
  }

  statement(file: string) {
    return residencyStatementSchema.parse(
      JSON.parse(readFileSync(join(this.dir, 'residency', file), 'utf8')),
    );
  }

  verdict() {
    const paths = this.files().map((file) => join(this.dir, 'residency', file));
    return verifyStatements(
      paths.map(readStatementFile),
      createPublicKey(readFileSync(publicKeyFile(this.dir))),
    );
  }
}

describe('the watch over what leaves the building', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => removeTempDir(bench.dir));

  it('is empty when nothing left, and says since when', async () => {
    const watch = await bench.open();
    await bench.pass(watch, 60_000);
    const answer = residencyAnswerSchema.parse(await watch.answer());
    expect(answer).to.deep.include({ items: [], answers: [], unknown: 0, silent: ['sip'] });
    expect(answer.watchedSince).to.equal(at('2026-03-01T23:30:00Z'));
    expect(answer.lastLeftAt).to.equal(undefined);
    expect(answer.watched).to.deep.equal([{ from: at('2026-03-01T23:30:30Z'), to: bench.now }]);
  });

  it('adds up what came since a process was last read, whoever is started anew', async () => {
    let watch = await bench.open();
    bench.own.rows = [bench.row({ open: 1 })];
    await watch.look();
    bench.own.rows = [bench.row({ opened: 2, bytesOut: 300 })];
    await watch.look();
    await watch.stop();
    // This process starts anew, the SIP engine lives on and its figures with it.
    bench.own = { instance: 'b', rows: [bench.row({ bytesOut: 11, bytesIn: 0 })], names: {} };
    watch = await bench.open();
    await watch.look();
    const { items } = await watch.answer();
    expect(items).to.have.length(1);
    expect(items[0]).to.include({ owner: 'mail-relay', opened: 3, bytesOut: 311, bytesIn: 50, open: 0 });
    expect(bench.unknown).to.deep.equal([]);
  });

  it("tells once a day what is nobody's, and remembers that it was", async () => {
    const watch = await bench.open();
    bench.own.rows = [bench.row({ port: 443 })];
    await watch.look();
    bench.own.rows = [bench.row({ port: 443, opened: 2, bytesOut: 900 })];
    await watch.look();
    expect(bench.unknown).to.have.length(1);
    expect(bench.unknown[0]).to.include({ process: 'server', address: '192.0.2.25', port: 443 });
    // Allowed from now on: that it was not stays.
    bench.egress = [relay, { ...relay, port: 443 }];
    bench.own.rows = [bench.row({ port: 443, opened: 3, bytesOut: 950 })];
    await watch.look();
    const answer = await watch.answer();
    expect(answer.unknown).to.equal(1);
    expect(answer.items[0]).to.include({ owner: 'mail-relay', unknownAt: at('2026-03-01T23:30:00Z') });
  });

  it('takes what was allowed a moment ago for allowed, and no longer than that', async () => {
    const watch = await bench.open();
    await watch.look();
    bench.egress = [];
    bench.now += 60_000;
    bench.own.rows = [bench.row({})];
    await watch.look();
    expect(bench.unknown).to.deep.equal([]);
    bench.now += 130_000;
    bench.own.rows = [bench.row({ opened: 2 })];
    await watch.look();
    expect(bench.unknown).to.have.length(1);
  });

  it('tells what the kernel knows and no ledger does', async () => {
    const watch = await bench.open();
    bench.own.rows = [bench.row({})];
    bench.sip = JSON.stringify({ instance: 's', rows: [], names: {} });
    const seen = { protocol: 'tcp' as const, localPort: 40_000 };
    bench.sightings = [
      { ...seen, process: 'server', address: '192.0.2.25', port: 25 },
      { ...seen, process: 'postgres', address: '198.51.100.1', port: 443 },
    ];
    await watch.look();
    expect(bench.unknown.map(({ process, seenBy }) => [process, seenBy])).to.deep.equal([
      ['postgres', 'kernel'],
    ]);
    bench.sightings = [];
    const { items } = await watch.answer();
    expect(items.find(({ process }) => process === 'postgres')).to.include({ state: 'open' });
    bench.now += 60_000;
    await watch.look();
    const later = await watch.answer();
    expect(later.items.find(({ process }) => process === 'postgres')).to.include({ state: 'idle', open: 0 });
  });

  it('signs each day when it is over, in a chain that can be checked elsewhere', async () => {
    const watch = await bench.open();
    bench.own.rows = [bench.row({})];
    await bench.pass(watch, 30 * 60_000 + 60_000);
    expect(bench.files()).to.deep.equal(['2026-03-01.json']);
    const first = bench.statement('2026-03-01.json');
    expect(first).to.deep.include({
      day: '2026-03-01',
      covers: 'day',
      number: 1,
      missedDays: [],
      unknown: 0,
    });
    expect(first.audit).to.deep.equal({ seq: 7, hash: 'f'.repeat(64) });
    expect(first.connections).to.have.length(1);
    expect(first.watched).to.deep.equal([
      { from: at('2026-03-01T23:30:30Z'), to: at('2026-03-02T00:00:00Z') },
    ]);
    expect(first.allowed[0]).to.deep.include({ host: '192.0.2.25' });
    await watch.signSoFar();
    bench.now = at('2026-03-03T00:00:10Z');
    await watch.look();
    expect(bench.files()).to.deep.equal(['2026-03-01.json', '2026-03-02-at-000100.json', '2026-03-02.json']);
    expect(bench.statement('2026-03-02.json').connections, 'nothing left on that day').to.deep.equal([]);
    const { faults, notes } = bench.verdict();
    expect(faults).to.deep.equal([]);
    expect(notes.at(-1)).to.include('2026-03-02: nothing left the building');
    expect(statSync(join(bench.dir, 'residency', '2026-03-01.json')).mode & 0o777).to.equal(0o600);
  });

  it('names days on which the house was off', async () => {
    let watch = await bench.open();
    await watch.look();
    await watch.stop();
    bench.now = at('2026-03-04T09:00:00Z');
    watch = await bench.open();
    await watch.look();
    expect(bench.files(), 'the day that was begun is signed late').to.deep.equal(['2026-03-01.json']);
    bench.now = at('2026-03-05T00:00:10Z');
    await watch.look();
    expect(bench.statement('2026-03-04.json').missedDays).to.deep.equal(['2026-03-02', '2026-03-03']);
    expect(bench.verdict().notes.join('\n')).to.include('there is no statement of 2026-03-03');
  });

  it('signs late, and loses nothing, while the audit trail cannot be read', async () => {
    let watch = await bench.open();
    const { head } = bench;
    bench.head = () => Promise.reject(new Error('Postgres is away'));
    bench.own.rows = [bench.row({})];
    await bench.pass(watch, 40 * 60_000);
    expect(bench.files()).to.deep.equal([]);
    expect(await watch.signSoFar().catch((error: Error) => error.message)).to.equal('Postgres is away');
    await watch.stop();
    watch = await bench.open();
    bench.head = head;
    await watch.look();
    expect(bench.files()).to.deep.equal(['2026-03-01.json']);
    expect(bench.statement('2026-03-01.json').connections[0]).to.include({ bytesOut: 100 });
  });

  it('puts a book aside that cannot be read', async () => {
    const watch = await bench.open();
    await watch.stop();
    const dir = join(bench.dir, 'residency', 'watch');
    writeFileSync(join(dir, '2026-03-01.json'), '{"version":1');
    await (await bench.open()).look();
    expect(readdirSync(dir)).to.include('2026-03-01.json.unreadable');
  });

  it('refuses a key that others may read, and one that is none', async () => {
    await openHouseKey(bench.dir);
    const file = houseKeyFile(bench.dir);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const { fingerprint } = await openHouseKey(bench.dir);
    expect(fingerprint).to.match(/^[0-9a-f]{64}$/);
    writeFileSync(file, 'no key');
    const fault = (error: Error) => error.message;
    expect(await openHouseKey(bench.dir).catch(fault)).to.include('is no Ed25519 key');
    chmodSync(file, 0o644);
    expect(await openHouseKey(bench.dir).catch(fault)).to.include('chmod 600');
  });
});
