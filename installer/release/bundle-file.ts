/**
 * A bundle opened: its signature and sums are checked before anything in it is looked at, as `install.sh` does with the same
 * programs. Throws InstallError with what is wrong; nothing is left of what was begun.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InstallError, runProgram } from '../install/system.ts';
import { readReleaseInfo, type ReleaseInfo } from './release-info.ts';

export interface OpenBundle {
  /** Holds `release/` and `packages/`. */
  dir: string;
  release: ReleaseInfo;
}

async function unpack(file: string, dir: string, members: readonly string[]): Promise<void> {
  await runProgram('tar', ['-xf', file, '--no-same-owner', '-C', dir, ...members], {
    timeoutMs: 300_000,
  }).catch((error: Error) => {
    throw new InstallError(`${file} is not a whole bundle: get it again. Nothing was done.`, {
      cause: error,
    });
  });
}

async function check(file: string, keyFile: string, dir: string): Promise<void> {
  await unpack(file, dir, ['SHA256SUMS', 'SHA256SUMS.sig']);
  const sums = join(dir, 'SHA256SUMS');
  await runProgram('gpgv', [
    '--quiet',
    '--ignore-time-conflict',
    '--keyring',
    keyFile,
    `${sums}.sig`,
    sums,
  ]).catch((error: Error) => {
    throw new InstallError(
      `the signature of ${file} is not good under ${keyFile}. Nothing was done.\n${error.message}`,
      { cause: error },
    );
  });
  await unpack(file, dir, []);
  await runProgram('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], {
    cwd: dir,
    timeoutMs: 300_000,
  }).catch((error: Error) => {
    throw new InstallError(
      `${file} was changed or cut since it was signed: get it again. Nothing was done.`,
      { cause: error },
    );
  });
}

/** Into `dir`, which is made, and emptied before. */
export async function openBundle(file: string, keyFile: string, dir: string): Promise<OpenBundle> {
  for (const [what, path] of [
    ['bundle', file],
    ['key', keyFile],
  ] as const)
    if (!existsSync(path)) throw new InstallError(`There is no ${what} ${path}.`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    await check(file, keyFile, dir);
    await runProgram('tar', ['-xzf', join(dir, 'release.tar.gz'), '--no-same-owner', '-C', dir], {
      timeoutMs: 300_000,
    });
    await runProgram('tar', ['-xf', join(dir, 'packages.tar'), '--no-same-owner', '-C', dir]);
    for (const name of readdirSync(dir)) if (name.includes('.tar')) rmSync(join(dir, name));
    return { dir, release: readReleaseInfo(join(dir, 'release')) };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}
