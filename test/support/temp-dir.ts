/**
 * Temporary directories for tests that start services as another user: reachable (0711) but not
 * readable, with short paths, since a Unix socket's path may have 107 bytes only.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The test runner ends what a hung test left behind by this prefix. */
export const tempPrefix = `hl-${process.env['HEARTHLINE_TEST_RUN'] ?? 'x'}-`;

/** TMPDIR may be private to us, where the services' users cannot go. */
const base = process.getuid?.() === 0 ? '/tmp' : tmpdir();

export function makeTempDir(): string {
  const dir = mkdtempSync(join(base, tempPrefix));
  chmodSync(dir, 0o711);
  return dir;
}

export function removeTempDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
