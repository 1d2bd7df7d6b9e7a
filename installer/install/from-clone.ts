/**
 * `install.sh` without a bundle: the release is assembled from this clone, which has just been built, and installed like one
 * from a bundle; the packages of the system come from its own sources.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../program.ts';
import { assembleRelease } from '../release/assemble.ts';

/** What the bootstrap hands over to. */
export async function fromClone(_startedAt: number, args: string[]): Promise<void> {
  const staged = mkdtempSync(join(tmpdir(), 'hearthline-install-'));
  try {
    const release = join(staged, 'release');
    assembleRelease(projectRoot, release);
    const program = join(release, 'dist/installer/install/main.js');
    const child = spawn(join(release, 'node/bin/node'), [program, '--staged', staged, ...args], {
      stdio: 'inherit',
    });
    process.exitCode = await new Promise<number>((done) => {
      child.once('error', () => done(1));
      child.once('exit', (code) => done(code ?? 1));
    });
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}
