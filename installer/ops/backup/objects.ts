/**
 * Files kept by what is in them, once for all backups of a directory: `objects/ab/<sha256>`. A backup names them by a list of
 * lines of JSON. A recording never changes, so that a backup of every night writes each one once.
 * Written beside and renamed: an object is whole under its name or is not there.
 */
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CliError } from '../../admin-socket.ts';
import { syncPath } from '../../system-files.ts';
import { copyDigested, digestFile, privateDirectory } from './durable.ts';
import type { Digested } from './durable.ts';

const entrySchema = z.object({
  path: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
  mtimeMs: z.number(),
});
/** One file of a list; `path` is below the directory that was listed. */
export type ObjectEntry = z.infer<typeof entrySchema>;

export const objectsDirOf = (backupsDir: string): string => join(backupsDir, 'objects');
export const objectFile = (objectsDir: string, sha256: string): string =>
  join(objectsDir, sha256.slice(0, 2), sha256);

/**
 * Every file below, in order. What is still being written is left out, and what a restore has put aside in a directory whose
 * name begins with a point.
 */
export async function filesBelow(dir: string): Promise<{ path: string; bytes: number; mtimeMs: number }[]> {
  if (!existsSync(dir)) return [];
  const found: { path: string; bytes: number; mtimeMs: number }[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.endsWith('.part')) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (relative(dir, file).startsWith('.')) continue;
    const info = await stat(file).catch(() => undefined);
    if (info) found.push({ path: relative(dir, file), bytes: info.size, mtimeMs: info.mtimeMs });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Puts one file into the store; answers whether it was new there. */
async function put(objectsDir: string, file: string): Promise<Digested & { isNew: boolean }> {
  const beside = join(objectsDir, `${process.pid}.part`);
  await rm(beside, { force: true });
  try {
    const digest = await copyDigested(file, beside);
    const target = objectFile(objectsDir, digest.sha256);
    const known = await stat(target).catch(() => undefined);
    if (known?.size === digest.bytes) {
      await rm(beside);
      return { ...digest, isNew: false };
    }
    await privateDirectory(dirname(target));
    await rename(beside, target);
    syncPath(dirname(target));
    return { ...digest, isNew: true };
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

export interface Stored {
  entries: ObjectEntry[];
  newBytes: number;
}

/**
 * All files below `dir`. `known`: the list of an earlier backup; a file of the same path, size and time whose object is there
 * is not read again. What goes away meanwhile is left out.
 */
export async function storeFiles(
  objectsDir: string,
  dir: string,
  known: readonly ObjectEntry[] = [],
): Promise<Stored> {
  await privateDirectory(objectsDir);
  const before = new Map(known.map((entry) => [entry.path, entry]));
  const entries: ObjectEntry[] = [];
  let newBytes = 0;
  for (const { path, bytes, mtimeMs } of await filesBelow(dir)) {
    const same = before.get(path);
    if (
      same?.bytes === bytes &&
      same.mtimeMs === mtimeMs &&
      existsSync(objectFile(objectsDir, same.sha256))
    ) {
      entries.push(same);
      continue;
    }
    try {
      const { isNew, ...digest } = await put(objectsDir, join(dir, path));
      entries.push({ path, mtimeMs, ...digest });
      if (isNew) newBytes += digest.bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(join(dir, path))) throw error;
    }
  }
  syncPath(objectsDir);
  return { entries, newBytes };
}

export async function writeList(file: string, entries: readonly ObjectEntry[]): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for (let from = 0; from < entries.length; from += 5000)
      await handle.write(
        entries
          .slice(from, from + 5000)
          .map((entry) => `${JSON.stringify(entry)}\n`)
          .join(''),
      );
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Throws CliError on a line that is none, and on a path that leads out of the directory it is for. */
export async function readList(file: string): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  for await (const line of lines) {
    if (line === '') continue;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      parsed = undefined;
    }
    const entry = entrySchema.safeParse(parsed);
    if (!entry.success || !isInside(entry.data.path))
      throw new CliError(`${file}: line ${entries.length + 1} is damaged`);
    entries.push(entry.data);
  }
  return entries;
}

function isInside(path: string): boolean {
  return !path.startsWith(sep) && !path.split(sep).some((part) => part === '..' || part === '');
}

/** What is wrong with an object; undefined when it is what it should be. */
export async function objectFault(objectsDir: string, entry: ObjectEntry): Promise<string | undefined> {
  const file = objectFile(objectsDir, entry.sha256);
  if (!existsSync(file)) return `${entry.path}: its object ${entry.sha256} is missing`;
  const { sha256 } = await digestFile(file);
  return sha256 === entry.sha256 ? undefined : `${entry.path}: its object ${entry.sha256} is damaged`;
}

/** Copies the files of a list to a directory, each compared with its digest on the way. Throws CliError. */
export async function restoreFiles(
  objectsDir: string,
  entries: readonly ObjectEntry[],
  dir: string,
): Promise<number> {
  let bytes = 0;
  for (const entry of entries) {
    const source = objectFile(objectsDir, entry.sha256);
    if (!existsSync(source))
      throw new CliError(`${entry.path}: its object ${entry.sha256} is missing in ${objectsDir}`);
    const target = join(dir, entry.path);
    await privateDirectory(dirname(target));
    const { sha256 } = await copyDigested(source, target);
    if (sha256 !== entry.sha256)
      throw new CliError(`${entry.path}: its object ${entry.sha256} in ${objectsDir} is damaged`);
    bytes += entry.bytes;
  }
  return bytes;
}

/** Removes objects that none of these lists names, and what a killed run left half written. */
export async function pruneObjects(objectsDir: string, lists: readonly string[]): Promise<number> {
  if (!existsSync(objectsDir)) return 0;
  const named = new Set<string>();
  // All are read before anything goes: a list that cannot be read keeps every object.
  for (const list of lists) for (const { sha256 } of await readList(list)) named.add(sha256);
  let bytes = 0;
  for (const entry of await readdir(objectsDir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || named.has(entry.name)) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    bytes += (await stat(file)).size;
    await rm(file);
  }
  return bytes;
}
