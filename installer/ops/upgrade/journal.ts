/**
 * What an upgrade notes down before each step that changes something, so that a power cut anywhere leads back to the old
 * version: while this file is there, the release that it names as `from` is the one that counts.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MachinePlaces } from '../../house.ts';
import { writeWhole } from '../../system-files.ts';
import { formatProcessId, identify, isSameProcess, parseProcessId } from '../../process-table.ts';

const journalSchema = z.object({
  /** Folders below the releases. */
  from: z.string(),
  to: z.string(),
  /** The newest migration of the old release: how far the schema goes back. */
  fromSchema: z.string(),
  startedAt: z.string(),
  /** Who is at it: pid, start and boot, as process-table.ts writes it. */
  by: z.string(),
});

export type UpgradeJournal = z.infer<typeof journalSchema>;

const historySchema = z.object({ current: z.string(), previous: z.string(), previousSchema: z.string() });
export type ReleaseHistory = z.infer<typeof historySchema>;

const journalFile = (places: MachinePlaces) => join(places.stateDir, 'upgrade.json');
const historyFile = (places: MachinePlaces) => join(places.stateDir, 'releases.json');

export function openJournal(places: MachinePlaces, entry: Omit<UpgradeJournal, 'by' | 'startedAt'>): void {
  const journal = {
    ...entry,
    startedAt: new Date().toISOString(),
    by: formatProcessId(identify(process.pid)!),
  };
  writeWhole({ path: journalFile(places), text: `${JSON.stringify(journal)}\n`, mode: 0o600 });
}

export function readJournal(places: MachinePlaces): UpgradeJournal | undefined {
  const file = journalFile(places);
  if (!existsSync(file)) return undefined;
  return journalSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export const closeJournal = (places: MachinePlaces): void => rmSync(journalFile(places), { force: true });

/** Whether who wrote it is still at it. */
export function isUnderWay({ by }: UpgradeJournal): boolean {
  const id = parseProcessId(by);
  return id !== undefined && isSameProcess(id);
}

export function writeHistory(places: MachinePlaces, history: ReleaseHistory): void {
  writeWhole({ path: historyFile(places), text: `${JSON.stringify(history)}\n`, mode: 0o600 });
}

export function readHistory(places: MachinePlaces): ReleaseHistory | undefined {
  const file = historyFile(places);
  return existsSync(file) ? historySchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

export const forgetHistory = (places: MachinePlaces): void => rmSync(historyFile(places), { force: true });
