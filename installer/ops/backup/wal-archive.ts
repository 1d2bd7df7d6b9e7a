/**
 * The database's log, kept file by file beside the cluster: with it a backup can be brought forward to any moment after it.
 * Postgres hands over each file of 16 MB when it is full, or a minute after the first write; compressed, a quiet minute takes
 * some 20 kB.
 *
 * The archive has a bound. Beyond it a file is let go and the archive says so in a file `full`: points in time after that
 * need a new backup. Refusing the file instead would make Postgres keep it, until the disk is full and the house stands still.
 */
import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { House } from '../../house.ts';
import { ownedDirectory } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';

/** What the archive may take on the disk. */
export const walArchiveBoundBytes = 20e9;
const everySec = 60;
const fullName = 'full';

type ArchivedHouse = { layout: Pick<House['layout'], 'postgres'> };

/** Beside the cluster, wherever that lies: it is the place that Postgres' user can reach. */
export function walArchiveDir({ layout }: ArchivedHouse): string {
  const { dataDir } = layout.postgres;
  return join(dirname(existsSync(dataDir) ? realpathSync(dataDir) : dataDir), 'wal');
}

/** For a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * What postgresql.conf needs for it. The command is repeated by Postgres until it succeeds; a file that is there already, since
 * the machine stopped just then, must be the same one.
 */
export function walArchiveSettings(
  house: ArchivedHouse,
  boundBytes = walArchiveBoundBytes,
): Record<string, string> {
  // A percent sign is Postgres' own.
  const dir = quoted(walArchiveDir(house)).replaceAll('%', '%%');
  const command =
    `d=${dir}; f="$d/%f.gz"; ` +
    `if [ "$(du -sk "$d" | cut -f1)" -gt ${Math.floor(boundBytes / 1024)} ]; then : > "$d/${fullName}"; exit; fi; ` +
    `if [ -e "$f" ]; then gzip -dc "$f" | cmp -s - "%p"; exit; fi; ` +
    `gzip -1 -c "%p" > "$f.part" && sync "$f.part" && mv "$f.part" "$f" && sync "$d"`;
  return {
    wal_level: 'replica',
    archive_mode: 'on',
    archive_timeout: String(everySec),
    archive_command: command,
  };
}

/** The directory, made for Postgres' user. */
export function prepareWalArchive(house: ArchivedHouse, runAs: RunAs | undefined): string {
  return ownedDirectory(walArchiveDir(house), runAs);
}

export interface WalArchiveState {
  dir: string;
  bytes: number;
  boundBytes: number;
  files: number;
  /** When the newest was archived. */
  newestAtMs: number | undefined;
  /** It was full since the last backup: there is a gap. */
  isFull: boolean;
}

/** For doctor; undefined where nothing is archived. */
export function walArchiveState(
  house: ArchivedHouse,
  boundBytes = walArchiveBoundBytes,
): WalArchiveState | undefined {
  const dir = walArchiveDir(house);
  if (!existsSync(dir)) return undefined;
  let bytes = 0;
  let files = 0;
  let newestAtMs: number | undefined;
  for (const name of readdirSync(dir)) {
    const info = statSync(join(dir, name), { throwIfNoEntry: false });
    if (!info?.isFile() || !name.endsWith('.gz')) continue;
    bytes += info.size;
    files += 1;
    newestAtMs = Math.max(newestAtMs ?? 0, info.mtimeMs);
  }
  return { dir, bytes, boundBytes, files, newestAtMs, isFull: existsSync(join(dir, fullName)) };
}

/** Timelines count from the left: what is older than a file is told by the rest of its name. */
const positionIn = (name: string) => name.slice(8, 24);

/** Lets go of what no kept backup needs, the oldest of which begins with `firstWal`. Answers the bytes. */
export function pruneWalArchive(house: ArchivedHouse, firstWal: string): number {
  const dir = walArchiveDir(house);
  if (!existsSync(dir)) return 0;
  let bytes = 0;
  for (const name of readdirSync(dir)) {
    if (!/^[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?\.gz$/.test(name)) continue;
    if (positionIn(name) >= positionIn(firstWal)) continue;
    bytes += statSync(join(dir, name)).size;
    rmSync(join(dir, name));
  }
  return bytes;
}

/** A gap before the newest backup is of no more use to know. */
export function forgetFull(house: ArchivedHouse): void {
  rmSync(join(walArchiveDir(house), fullName), { force: true });
}
