/**
 * Checks evidence of a Hearthline away from it: daily statements of residency, and exports of the audit trail. One file that needs
 * Node and nothing else, so that an auditor can take it to another machine and read it first. It trusts what it is given on its
 * command line: the public key, or its fingerprint, must have come by another way than the statements.
 *
 *   node verify-evidence.mjs --key house.pub.pem 2026-03-01.json 2026-03-02.json ...
 *   node verify-evidence.mjs --key house.pub.pem --audit audit.txt 2026-*.json
 *
 * A statement's signature (Ed25519, RFC 8032, raw) lies beside it: `X.sig` of `X.json`, over the bytes of the file. Each line of an export of the
 * audit trail is `<hash before> <hash> <entry>`; the hash is SHA-256 of the hash before, a line feed, and the entry.
 *
 * It may import nothing of ours: a test holds it to that.
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What of a statement is checked here. */
export interface Statement {
  house: string;
  number: number;
  day: string;
  covers: 'day' | 'so-far';
  missedDays: string[];
  unknown: number;
  connections: unknown[];
  audit: { seq: number; hash: string };
  former?: { number: number; file: string; sha256: string };
}
export interface StatementFile {
  name: string;
  bytes: Buffer;
  signature: Buffer | undefined;
}
/** An entry of the audit trail that a signed statement names. */
export interface Anchor {
  seq: number;
  hash: string;
  statement: string;
}
export interface Verdict {
  /** In words, each naming its place; empty: nothing is wrong. */
  faults: string[];
  /** What was found in order, and what is missing without being wrong. */
  notes: string[];
}

export const auditHeader = '# hearthline audit trail 1';
export const genesisHash = '0'.repeat(64);
const faultsAtMost = 200;

const sha256 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

export const fingerprintOf = (publicKey: KeyObject): string =>
  sha256(publicKey.export({ type: 'spki', format: 'der' }));

function parseStatement(bytes: Buffer): Statement | undefined {
  try {
    const read = JSON.parse(bytes.toString('utf8')) as Partial<Statement> & {
      kind?: unknown;
      version?: unknown;
    };
    const isOne =
      read.kind === 'hearthline-residency' &&
      read.version === 1 &&
      Number.isInteger(read.number) &&
      typeof read.day === 'string' &&
      typeof read.house === 'string' &&
      Array.isArray(read.missedDays) &&
      Array.isArray(read.connections) &&
      Number.isInteger(read.audit?.seq) &&
      typeof read.audit?.hash === 'string';
    return isOne ? (read as Statement) : undefined;
  } catch {
    return undefined;
  }
}

interface Sound {
  name: string;
  statement: Statement;
  sha256: string;
}

/** One by one: signed by this house? */
function soundOnes(files: readonly StatementFile[], key: KeyObject, verdict: Verdict): Sound[] {
  const fingerprint = fingerprintOf(key);
  const sound: Sound[] = [];
  for (const { name, bytes, signature } of files) {
    const statement = parseStatement(bytes);
    if (!signature) verdict.faults.push(`${name}: there is no signature beside it (.sig)`);
    else if (!verify(null, bytes, key, signature))
      verdict.faults.push(`${name}: it was changed, or another key signed it`);
    else if (!statement)
      verdict.faults.push(`${name}: it is signed, but no statement that this program knows`);
    else if (statement.house !== fingerprint)
      verdict.faults.push(`${name}: it names another house than its key`);
    else sound.push({ name, statement, sha256: sha256(bytes) });
  }
  return sound.sort((a, b) => a.statement.number - b.statement.number);
}

/** Between two that follow each other nothing may be missing. */
function checkChain(sound: readonly Sound[], verdict: Verdict): void {
  for (const [index, { name, statement }] of sound.entries()) {
    const before = sound[index - 1];
    if (!before) {
      if (statement.number > 1)
        verdict.notes.push(
          `${name}: statement ${statement.number} is the first given; those before it were not checked`,
        );
      continue;
    }
    const { former } = statement;
    if (statement.number === before.statement.number)
      verdict.faults.push(
        `${name}: it has the same number as ${before.name}: one of them was forged or replayed`,
      );
    else if (statement.number > before.statement.number + 1)
      verdict.faults.push(
        `${name}: statements ${before.statement.number + 1} to ${statement.number - 1} are missing before it`,
      );
    else if (former?.sha256 !== before.sha256)
      verdict.faults.push(
        `${name}: it follows another statement ${before.statement.number} than ${before.name}`,
      );
  }
}

function tellEach(sound: readonly Sound[], verdict: Verdict): void {
  for (const { name, statement } of sound) {
    const { day, covers, connections, unknown, missedDays } = statement;
    for (const missed of missedDays) verdict.notes.push(`${name}: there is no statement of ${missed}`);
    const what = connections.length === 0 ? 'nothing left the building' : `${connections.length} connections`;
    const alarm = unknown > 0 ? `, of which ${unknown} that nobody owns` : '';
    verdict.notes.push(`${name}: ${day}${covers === 'day' ? '' : ' (so far)'}: ${what}${alarm}`);
  }
}

/** Statements of one house, in any order; with the entries of the audit trail that the sound ones name, and the days that they cover. */
export function verifyStatements(
  files: readonly StatementFile[],
  key: KeyObject,
): Verdict & { anchors: Anchor[]; days: string[] } {
  const verdict: Verdict = { faults: [], notes: [] };
  const sound = soundOnes(files, key, verdict);
  checkChain(sound, verdict);
  tellEach(sound, verdict);
  const anchors = sound.map(({ name, statement }) => ({ ...statement.audit, statement: name }));
  const whole = sound
    .filter(({ statement }) => statement.covers === 'day')
    .map(({ statement }) => statement.day);
  return { ...verdict, anchors, days: [...new Set(whole)].sort() };
}

const linePattern = /^([0-9a-f]{64}) ([0-9a-f]{64}) (\{.*\})$/;

function seqOf(entry: string): number | undefined {
  try {
    const { seq } = JSON.parse(entry) as { seq?: unknown };
    return typeof seq === 'number' && Number.isInteger(seq) ? seq : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Follows the chain line by line. Goes on after a fault, so that each row that was touched is named; what an anchor says is believed
 * over the chain, since whoever owns the database can write a whole chain anew, and cannot sign.
 */
export class AuditChain {
  readonly #anchors = new Map<number, Anchor[]>();
  #expected = 1;
  #before = genesisHash;
  #lastGood: Anchor | undefined;
  #count = 0;
  readonly faults: string[] = [];

  constructor(anchors: readonly Anchor[]) {
    for (const anchor of anchors)
      this.#anchors.set(anchor.seq, [...(this.#anchors.get(anchor.seq) ?? []), anchor]);
  }

  #fault(text: string): void {
    if (this.faults.length < faultsAtMost) this.faults.push(text);
  }

  add(line: string): void {
    const [, before = '', hash = '', entry = ''] = linePattern.exec(line) ?? [];
    const seq = entry === '' ? undefined : seqOf(entry);
    if (seq === undefined) {
      this.#fault(`a line after entry ${this.#expected - 1} cannot be read`);
      return;
    }
    this.#count += 1;
    if (seq < this.#expected) {
      this.#fault(`entry ${seq} stands a second time, or in the wrong place: it was put in`);
      return;
    }
    if (seq > this.#expected) {
      const last = seq - 1;
      this.#fault(
        last === this.#expected
          ? `entry ${last} is missing: it was deleted`
          : `entries ${this.#expected} to ${last} are missing: they were deleted`,
      );
    } else if (before !== this.#before) {
      this.#fault(
        seq === 1
          ? 'entry 1 follows another that is not there'
          : `entry ${seq - 1} was changed together with its hash: entry ${seq} was made after another one`,
      );
    }
    if (sha256(before, '\n', entry) !== hash)
      this.#fault(`entry ${seq} was changed: its hash is of another text`);
    this.#expected = seq + 1;
    this.#before = hash;
    this.#checkAnchors(seq, hash);
  }

  #checkAnchors(seq: number, hash: string): void {
    for (const anchor of this.#anchors.get(seq) ?? []) {
      if (anchor.hash === hash) {
        this.#lastGood = anchor;
        continue;
      }
      const since = this.#lastGood ? `after entry ${this.#lastGood.seq}` : 'from the beginning';
      this.#fault(
        `entry ${seq} is not the one that ${anchor.statement} signed: the trail was written anew ${since}, at entry ${seq} or before it`,
      );
    }
  }

  /** What was signed and is not there any more. */
  end(): Verdict {
    const last = this.#expected - 1;
    const cut = [...this.#anchors.values()].flat().filter(({ seq }) => seq > last);
    const furthest = cut.sort((a, b) => b.seq - a.seq)[0];
    if (furthest)
      this.#fault(
        `entries ${last + 1} to ${furthest.seq} are missing at the end: ${furthest.statement} signed the trail up to entry ${furthest.seq}`,
      );
    const anchored = this.#lastGood
      ? `the newest signed one is ${this.#lastGood.seq} (${this.#lastGood.statement})`
      : 'none of them is signed by a statement that was given';
    return {
      faults: this.faults,
      notes: [`audit trail: ${this.#count} entries, up to ${last}; ${anchored}`],
    };
  }
}

/** A file that `hearthline audit export` wrote. */
export async function verifyAuditFile(path: string, anchors: readonly Anchor[]): Promise<Verdict> {
  const chain = new AuditChain(anchors);
  let isFirst = true;
  let end: string | undefined;
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (isFirst && line !== auditHeader)
      return { faults: [`${path}: no export of an audit trail`], notes: [] };
    if (isFirst) isFirst = false;
    else if (end !== undefined) chain.faults.push(`${path}: there are lines behind its end`);
    else if (line.startsWith('# end ')) end = line;
    else {
      chain.add(line);
      count += 1;
    }
  }
  if (end !== `# end ${count}`)
    chain.faults.push(`${path}: it is not whole: its last line is missing or wrong`);
  return chain.end();
}

export function readStatementFile(path: string): StatementFile {
  let signature: Buffer | undefined;
  try {
    signature = readFileSync(path.replace(/\.json$/, '.sig'));
  } catch {
    // Told as a fault of this statement.
  }
  return { name: basename(path), bytes: readFileSync(path), signature };
}

const usage = `Usage: node verify-evidence.mjs --key house.pub.pem [--audit FILE] STATEMENT.json ...
  --key     the public key of the house, from another place than the statements
  --audit   an export of the audit trail (hearthline audit export), checked against the statements`;

/** Exit code 0: nothing is wrong; 1: something is, or could not be checked. */
export async function main(args: string[], out: (line: string) => void): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { key: { type: 'string' }, audit: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help || values.key === undefined || (positionals.length === 0 && values.audit === undefined)) {
      out(usage);
      return values.help ? 0 : 1;
    }
    const key = createPublicKey(readFileSync(values.key));
    out(`house ${fingerprintOf(key)}`);
    const { anchors, faults, notes } = verifyStatements(positionals.map(readStatementFile), key);
    const trail: Verdict =
      values.audit === undefined ? { faults: [], notes: [] } : await verifyAuditFile(values.audit, anchors);
    for (const note of [...notes, ...trail.notes]) out(note);
    const all = [...faults, ...trail.faults];
    for (const fault of all) out(`FAULT ${fault}`);
    out(all.length === 0 ? 'nothing is wrong' : `${all.length} ${all.length === 1 ? 'fault' : 'faults'}`);
    return all.length === 0 ? 0 : 1;
  } catch (error) {
    out(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

const isProgram =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram)
  process.exitCode = await main(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
