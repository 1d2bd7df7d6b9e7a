/**
 * The signed statements of this house: one for each day, and others when somebody asks for one of a day that is not over. Each names the
 * one before it by its hash, so that none can be taken out or put in; a day without one is named by the next. A statement that is
 * written is never written again. Whoever checks them uses server/evidence/verify-evidence.mts, which knows nothing of this file.
 */
import { createHash, sign } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuditHead,
  type ResidencyStatement,
  residencyStatementSchema,
} from '../contract/rest-residency.ts';
import { isUnknown, type StoredBook } from './day-book.ts';
import type { HouseKey } from './house-key.ts';

export interface Written {
  number: number;
  day: string;
  covers: ResidencyStatement['covers'];
  file: string;
  sha256: string;
}

const dayMs = 86_400_000;
/** A house that was off for years names its days in the docs of its owner, not here. */
const missedAtMost = 3660;
const filePattern = /^\d{4}-\d{2}-\d{2}(-[a-z0-9-]+)?\.json$/;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Days between the last of which there is a statement and this one, both left out. */
export function missedBetween(last: string | undefined, day: string): string[] {
  if (last === undefined) return [];
  const missed: string[] = [];
  for (let at = Date.parse(last) + dayMs; at < Date.parse(day) && missed.length < missedAtMost; at += dayMs)
    missed.push(new Date(at).toISOString().slice(0, 10));
  return missed;
}

export class Statements {
  readonly #dir: string;
  readonly #key: HouseKey;
  #last: Written | undefined;
  /** The newest whole day of which there is one. */
  #lastDay: string | undefined;

  private constructor(dir: string, key: HouseKey) {
    this.#dir = dir;
    this.#key = key;
  }

  /** Reads which one is the newest. */
  static async open(dir: string, key: HouseKey): Promise<Statements> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const statements = new Statements(dir, key);
    for (const file of (await readdir(dir)).filter((name) => filePattern.test(name)).sort()) {
      const bytes = await readFile(join(dir, file));
      const read = residencyStatementSchema.safeParse(jsonOf(bytes));
      // One of another key is of another house: this one's chain begins anew.
      if (read.success && read.data.house === key.fingerprint) statements.#note(read.data, file, bytes);
    }
    return statements;
  }

  #note({ number, day, covers }: ResidencyStatement, file: string, bytes: Buffer): void {
    if (number > (this.#last?.number ?? 0)) this.#last = { number, day, covers, file, sha256: sha256(bytes) };
    if (covers === 'day' && day > (this.#lastDay ?? '')) this.#lastDay = day;
  }

  get last(): Written | undefined {
    return this.#last;
  }

  hasDay(day: string): boolean {
    return this.#lastDay !== undefined && day <= this.#lastDay;
  }

  /** Writes and signs one; the next call follows it. */
  async write(
    book: StoredBook,
    covers: ResidencyStatement['covers'],
    audit: AuditHead,
    signedAt: number,
  ): Promise<Written> {
    const statement = this.#statementOf(book, covers, audit, signedAt);
    const bytes = Buffer.from(`${JSON.stringify(statement, undefined, 2)}\n`);
    const instant = new Date(signedAt).toISOString().slice(11, 19).replaceAll(':', '');
    const base = covers === 'day' ? book.day : `${book.day}-at-${instant}`;
    const file = await this.#keep(base, bytes);
    this.#note(statement, file, bytes);
    return { number: statement.number, day: book.day, covers, file, sha256: sha256(bytes) };
  }

  #statementOf(
    book: StoredBook,
    covers: ResidencyStatement['covers'],
    audit: AuditHead,
    signedAt: number,
  ): ResidencyStatement {
    const { day, watched, allowed, rows } = book;
    return {
      kind: 'hearthline-residency',
      version: 1,
      house: this.#key.fingerprint,
      number: (this.#last?.number ?? 0) + 1,
      day,
      covers,
      signedAt: new Date(signedAt).toISOString(),
      missedDays: missedBetween(this.#lastDay, day),
      watched,
      allowed,
      connections: rows.filter((row) => !row.isAnswer),
      answers: rows.filter((row) => row.isAnswer),
      unknown: rows.filter(isUnknown).length,
      audit,
      ...(this.#last && {
        former: { number: this.#last.number, file: this.#last.file, sha256: this.#last.sha256 },
      }),
    };
  }

  /** The signature first: a statement that is there is signed. */
  async #keep(base: string, bytes: Buffer): Promise<string> {
    const taken = new Set(await readdir(this.#dir));
    let name = base;
    // Of a data directory that was brought back from a backup: both stay.
    for (let count = 2; taken.has(`${name}.json`); count++) name = `${base}-${count}`;
    await this.#put(`${name}.sig`, sign(null, bytes, this.#key.privateKey));
    await this.#put(`${name}.json`, bytes);
    return `${name}.json`;
  }

  async #put(name: string, bytes: Buffer): Promise<void> {
    const path = join(this.#dir, name);
    const beside = `${path}.part`;
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
