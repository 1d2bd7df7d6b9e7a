/** The release into its place, whole or not at all, and the link that says which one is in force. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readReleaseInfo, releaseName } from '../../release/release-info.ts';
import type { MachinePlaces } from '../../house.ts';
import type { ReleaseInfo } from '../../release/release-info.ts';
import { linksTo, linkTo } from '../../system-files.ts';
import { postgresDir } from './packages.ts';
import type { InstallContext, Step } from '../step.ts';
import { hasProgram, InstallError, runProgram } from '../system.ts';

export function isReleaseThere(places: MachinePlaces, release: ReleaseInfo): boolean {
  const dir = join(places.releasesDir, releaseName(release));
  return existsSync(dir) && readReleaseInfo(dir).commit === release.commit;
}

/** Copied beside, on the disk for good, then renamed. */
export async function putRelease(
  source: string,
  places: MachinePlaces,
  release: ReleaseInfo,
): Promise<string> {
  const dir = join(places.releasesDir, releaseName(release));
  if (isReleaseThere(places, release)) return dir;
  await runProgram('mkdir', ['-p', places.releasesDir]);
  for (const name of readdirSync(places.releasesDir))
    if (name.endsWith('.part')) rmSync(join(places.releasesDir, name), { recursive: true });
  await runProgram('cp', ['-a', '--no-preserve=ownership', source, `${dir}.part`], { timeoutMs: 300_000 });
  await runProgram('chmod', ['-R', 'go-w', `${dir}.part`]);
  await runProgram('sync', ['-f', `${dir}.part`]);
  renameSync(`${dir}.part`, dir);
  return dir;
}

const redisProgram = () =>
  ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/usr/sbin/redis-server'].find((file) =>
    existsSync(file),
  );

function programLinks({ programsDir }: MachinePlaces): [link: string, target: string | undefined][] {
  return [
    [join(programsDir, 'postgres'), postgresDir()],
    [join(programsDir, 'redis-server'), redisProgram()],
  ];
}

export const commandLink = '/usr/local/bin/hearthline';

function wanted({ places, release }: InstallContext): string[] {
  const target = join('releases', releaseName(release));
  return [
    ...(isReleaseThere(places, release) ? [] : [`put the release into ${places.releasesDir}`]),
    ...(linksTo(places.currentLink, target) ? [] : [`put ${releaseName(release)} in force`]),
    ...programLinks(places)
      .filter(([link, program]) => program === undefined || !linksTo(link, program))
      .map(([link]) => `link ${link}`),
    ...(linksTo(commandLink, join(places.currentLink, 'bin/hearthline')) ? [] : [`link ${commandLink}`]),
  ];
}

export const releaseStep: Step = {
  number: 4,
  title: 'Programs',
  check: wanted,
  apply: async ({ staged, places, release }) => {
    await putRelease(join(staged, 'release'), places, release);
    for (const [link, program] of programLinks(places)) {
      if (program === undefined) throw new InstallError('Postgres or Redis was not found');
      linkTo(link, program);
    }
    linkTo(places.currentLink, join('releases', releaseName(release)));
    linkTo(commandLink, join(places.currentLink, 'bin/hearthline'));
    if (hasProgram('restorecon')) await runProgram('restorecon', ['-R', places.optDir]);
  },
};
