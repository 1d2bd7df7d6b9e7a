/**
 * `hearthline audit`: the evidence log, checked and exported. It reads the database by itself and asks no server, so that a server
 * that was tampered with cannot speak for the trail. What a signed statement says of the trail is believed over the trail: who owns the
 * database can write it anew, and cannot sign (docs/residency.md).
 */
import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { publicKeyFile } from '../../server/residency/house-key.ts';
import {
  type Anchor,
  AuditChain,
  auditHeader,
  fingerprintOf,
  readStatementFile,
  type Verdict,
  verifyAuditFile,
  verifyStatements,
} from '../../server/evidence/verify-evidence.mts';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import type { House } from '../house.ts';
import { auditLines } from './audit/audit-lines.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline audit verify [FILE] [--statements DIR] [--key PEM]
                            check the trail in the database, or in FILE, against itself and the signed statements
  hearthline audit export FILE
                            the whole trail as text, to be checked anywhere (docs/residency.md)`;

/** What signed statements say of the trail; theirs must be in order first. */
function anchorsIn(
  house: House,
  dir: string | undefined,
  keyFile: string | undefined,
): Verdict & { anchors: Anchor[] } {
  const place = dir ?? join(house.layout.dataDir, 'residency');
  const names = existsSync(place) ? readdirSync(place).filter((name) => /^\d{4}-.*\.json$/.test(name)) : [];
  if (names.length === 0) {
    if (dir !== undefined) throw new CliError(`There are no statements in ${dir}.`);
    const note = 'no signed statement was found: that the newest entries were cut off cannot be seen';
    return { faults: [], notes: [note], anchors: [] };
  }
  const file = keyFile ?? publicKeyFile(house.layout.dataDir);
  let key;
  try {
    key = createPublicKey(readFileSync(file));
  } catch {
    throw new CliError(`${file} is no public key. hearthline residency key prints the one of a house.`);
  }
  const { faults, anchors } = verifyStatements(
    names.map((name) => readStatementFile(join(place, name))),
    key,
  );
  return { faults, notes: [`statements: ${anchors.length}, of house ${fingerprintOf(key)}`], anchors };
}

async function verdictOfDatabase(house: House, anchors: readonly Anchor[]): Promise<Verdict> {
  const chain = new AuditChain(anchors);
  for await (const line of auditLines(house)) chain.add(line);
  return chain.end();
}

async function check(
  house: House,
  file: string | undefined,
  values: { statements?: string; key?: string },
  io: CliIo,
): Promise<number> {
  if (file !== undefined && !existsSync(file)) throw new CliError(`There is no file ${file}.`);
  const statements = anchorsIn(house, values.statements, values.key);
  const trail =
    file === undefined
      ? await verdictOfDatabase(house, statements.anchors)
      : await verifyAuditFile(file, statements.anchors);
  for (const note of [...statements.notes, ...trail.notes]) io.out(note);
  const faults = [...statements.faults, ...trail.faults];
  for (const fault of faults) io.error(`FAULT ${fault}`);
  io.out(faults.length === 0 ? 'Nothing is wrong.' : `Faults: ${faults.length}.`);
  return faults.length === 0 ? 0 : 1;
}

/** Whole or not at all: what was begun and not finished is removed. */
async function exportTo(house: House, file: string, io: CliIo): Promise<number> {
  const path = resolve(file);
  const beside = `${path}.${process.pid}.part`;
  let count = 0;
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.write(`${auditHeader}\n`);
      for await (const line of auditLines(house)) {
        await handle.write(`${line}\n`);
        count += 1;
      }
      await handle.write(`# end ${count}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`);
  }
  io.out(`Exported ${count} entries to ${file}.`);
  return 0;
}

const options = {
  statements: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

export const auditCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  const [word, file, ...rest] = positionals;
  if (values.help) {
    io.out(usage);
    return 0;
  }
  if (rest.length > 0) throw new CliError(usage);
  if (word === 'verify') return check(house, file, values, io);
  if (word === 'export' && file !== undefined) return exportTo(house, file, io);
  throw new CliError(usage);
};
