/**
 * Whether a backup can be restored: by restoring it. Every file and object is compared with its digest; the database is brought
 * up in a scratch directory, counted table by table, and its audit trail checked link by link up to the head that was written
 * down. Nothing is left behind, and the house is not touched.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { objectsDirFor, promptsList, recordingsList } from './backup-dirs.ts';
import { differingTables } from './database-facts.ts';
import { digestFile, sizeText } from './durable.ts';
import { readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { objectFault, readList } from './objects.ts';
import { restoreInto } from './restore-parts.ts';
import type { Restored } from './restore-parts.ts';
import { makeScratchDir } from './scratch-dir.ts';
import { Steps } from './steps.ts';

export interface Check {
  name: string;
  /** What was found sound, in a few words. */
  told: string;
  /** Empty when it is sound. */
  faults: string[];
}

const maxTold = 20;
/** Beside the database itself: its log, Redis, and what a recovery writes. */
const roomFactor = 1.2;
const roomBytes = 300e6;

export async function verifyBackup(
  house: Pick<House, 'layout'>,
  backup: string,
  say: (text: string) => void = () => undefined,
): Promise<{ checks: Check[]; steps: Steps }> {
  const manifest = readManifest(backup);
  const steps = new Steps(say);
  const checks = [await steps.run('Reading every file', () => checkParts(backup, manifest))];
  checks.push(
    await steps.run(
      'Reading every recording',
      () => checkObjects(backup),
      () => manifest.recordings.bytes,
    ),
  );
  if (checks[0]!.faults.some((fault) => /^(postgres\/|redis)/.test(fault))) {
    checks.push({ name: 'restore', told: '', faults: ['not tried: see above'] });
    return { checks, steps };
  }
  const scratch = makeScratchDir(house, manifest.databaseBytes * roomFactor + roomBytes);
  try {
    const restored = await restoreInto(scratch.dir, backup, { hasFiles: false, steps });
    checks.push(...checksOf(manifest, restored));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    checks.push({ name: 'restore', told: '', faults: [error.message] });
  } finally {
    scratch.remove();
  }
  return { checks, steps };
}

async function checkParts(backup: string, manifest: Manifest): Promise<Check> {
  const faults: string[] = [];
  for (const [name, { sha256 }] of Object.entries(manifest.parts)) {
    const file = join(backup, name);
    if (!existsSync(file)) faults.push(`${name} is missing`);
    else if ((await digestFile(file)).sha256 !== sha256) faults.push(`${name} is not as it was written`);
  }
  return { name: 'files', told: `${Object.keys(manifest.parts).length} files`, faults };
}

async function checkObjects(backup: string): Promise<Check> {
  const faults: string[] = [];
  let count = 0;
  for (const list of [recordingsList, promptsList]) {
    const file = join(backup, list);
    // That it is missing is told with the files.
    if (!existsSync(file)) continue;
    let entries;
    try {
      entries = await readList(file);
    } catch (error) {
      faults.push((error as Error).message);
      continue;
    }
    for (const entry of entries) {
      const fault = await objectFault(objectsDirFor(backup), entry);
      if (fault !== undefined) faults.push(fault);
      count += 1;
    }
  }
  return { name: 'recordings', told: `${count} files of recordings and announcements`, faults };
}

function checksOf(manifest: Manifest, { facts, audit, redis }: Restored): Check[] {
  const names = Object.keys(manifest.tables);
  const rows = Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
  return [
    {
      name: 'database',
      told: `restored to ${manifest.at}, schema ${facts.schema}, ${sizeText(manifest.databaseBytes)}`,
      faults:
        facts.schema === manifest.schema ? [] : [`its schema is ${facts.schema}, not ${manifest.schema}`],
    },
    {
      name: 'tables',
      told: `${names.length} tables with ${rows} rows, each as counted`,
      faults: differingTables(manifest.tables, facts.tables),
    },
    {
      name: 'audit trail',
      told: `${audit.checked} entries in one chain`,
      faults: auditFaults(manifest, facts, audit),
    },
    {
      name: 'event log',
      told: `ends with ${manifest.log.lastSeq}, without a gap`,
      faults: logFaults(manifest, redis),
    },
  ];
}

function auditFaults(manifest: Manifest, facts: Restored['facts'], audit: Restored['audit']): string[] {
  if (!audit.isIntact) return [`entry ${audit.firstFaultSeq}: ${audit.fault ?? 'does not fit'}`];
  const isSame = facts.audit.seq === manifest.audit.seq && facts.audit.hash === manifest.audit.hash;
  return isSame
    ? []
    : [`it ends with entry ${facts.audit.seq}, and the backup's list says ${manifest.audit.seq}`];
}

/** What history lacks Redis has to have, from the next event to the last. */
function logFaults({ log }: Manifest, redis: Restored['redis']): string[] {
  if (log.lastSeq <= log.projectedSeq || !redis) return [];
  const isWhole =
    redis.firstSeq > 0 && redis.firstSeq <= log.projectedSeq + 1 && redis.lastSeq >= log.lastSeq;
  return isWhole
    ? []
    : [
        `history ends with ${log.projectedSeq} and Redis has ${redis.firstSeq} to ${redis.lastSeq}: events up to ${log.lastSeq} are missing`,
      ];
}

/** A table for a person. */
export function checkLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ name, told, faults }) => {
    if (faults.length === 0) return [`  ok     ${name.padEnd(width)}  ${told}`];
    const shown = faults.slice(0, maxTold).map((fault) => `  FAULT  ${name.padEnd(width)}  ${fault}`);
    return faults.length > maxTold ? [...shown, `         and ${faults.length - maxTold} more`] : shown;
  });
}
