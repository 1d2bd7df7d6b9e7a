/**
 * What a release says of itself: `release.json` at the root of its folder. The folder's name is its version and commit, so that
 * two of them can lie beside each other.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What it does not know it passes over: a release to come may say more, and has to be readable by the one that it replaces. */
export const releaseInfoSchema = z.object({
  product: z.literal('hearthline'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** Of the sources, in full. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** When the commit was made, seconds UTC: also the time of every file in the release, so that two builds are the same bytes. */
  committedAtSec: z.number().int().positive(),
  /** Of Node, without the v. */
  node: z.string(),
  /** As Node names them: linux, x64. */
  platform: z.string(),
  arch: z.string(),
  /** The newest migration that it knows. */
  schema: z.string(),
});

export type ReleaseInfo = z.infer<typeof releaseInfoSchema>;

export const releaseName = ({ version, commit }: Pick<ReleaseInfo, 'version' | 'commit'>): string =>
  `${version}-${commit.slice(0, 12)}`;

/** Throws where the folder holds no release. */
export function readReleaseInfo(dir: string): ReleaseInfo {
  return releaseInfoSchema.parse(JSON.parse(readFileSync(join(dir, 'release.json'), 'utf8')));
}

const git = (root: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], { cwd: root, encoding: 'utf8' }).trim();

/** Of the clone's commit; `isClean`: no tracked file differs from it and none was added. */
export function commitOf(root: string): { commit: string; committedAtSec: number; isClean: boolean } {
  return {
    commit: git(root, 'rev-parse', 'HEAD'),
    committedAtSec: Number(git(root, 'log', '-1', '--format=%ct')),
    isClean: git(root, 'status', '--porcelain', '--untracked-files=normal') === '',
  };
}
