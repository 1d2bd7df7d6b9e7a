/**
 * What a backup says of itself: one file, written last. A directory without it is no backup. All counts are of one moment,
 * the mark: a named point in the database's log at which nobody was writing, to which a restore goes exactly.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError } from '../../admin-socket.ts';
import { writeDurably } from './durable.ts';

export const manifestName = 'manifest.json';
const formatVersion = 1;

const digested = z.object({
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const files = z.object({
  count: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
});

const manifestSchema = z.object({
  format: z.literal(formatVersion),
  product: z.object({ version: z.string(), commit: z.string().optional() }),
  /** The newest migration that the database has. */
  schema: z.string(),
  postgresMajor: z.string().regex(/^\d+$/),
  startedAt: z.iso.datetime(),
  /** The moment that it is of. */
  at: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  mark: z.object({
    name: z.string().regex(/^[\w-]{1,60}$/),
    lsn: z.string(),
    /** The first piece of the database's log that a restore needs. */
    firstWal: z.string().regex(/^[0-9A-F]{24}$/),
  }),
  /** Of the database when it is unpacked. */
  databaseBytes: z.number().int().nonnegative(),
  /** Every file of the backup but this one, by its path in it. */
  parts: z.record(z.string(), digested),
  /** Rows in each table. */
  tables: z.record(z.string(), z.number().int().nonnegative()),
  audit: z.object({ seq: z.number().int().nonnegative(), hash: z.string() }),
  log: z.object({
    /** History has everything up to it. */
    projectedSeq: z.number().int().nonnegative(),
    /** The log ends with it: what Redis wrote later is left out by a restore. */
    lastSeq: z.number().int().nonnegative(),
  }),
  recordings: files.extend({
    /** Named by the database and not on the disk, or not as they were written. */
    missing: z.number().int().nonnegative(),
    damaged: z.number().int().nonnegative(),
  }),
  prompts: files,
});

export type Manifest = z.infer<typeof manifestSchema>;
export const manifestFormat = formatVersion;

export function writeManifest(dir: string, manifest: Manifest): void {
  writeDurably(join(dir, manifestName), `${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`);
}

/** Throws CliError with what is wrong with it. */
export function readManifest(dir: string): Manifest {
  const file = join(dir, manifestName);
  if (!existsSync(file))
    throw new CliError(
      `${dir} is no backup of Hearthline: it has no ${manifestName}. hearthline backup list`,
    );
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const { format } = (data ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > formatVersion)
    throw new CliError(
      `${dir} was made by a newer Hearthline (format ${format}; this one knows ${formatVersion}). Install that release first.`,
    );
  const parsed = manifestSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new CliError(`${file} is damaged: ${first?.path.join('.') ?? ''}: ${first?.message ?? 'unknown'}`);
}

/** What the backup takes in its own directory. */
export const partBytes = (manifest: Manifest): number =>
  Object.values(manifest.parts).reduce((sum, { bytes }) => sum + bytes, 0);
