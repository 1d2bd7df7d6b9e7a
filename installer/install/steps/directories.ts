/** Where data live, each open to whom it must be and to nobody else (docs/install.md). */
import { join } from 'node:path';
import { serviceUsers, type MachinePlaces } from '../../house.ts';
import { accountNamed } from '../../privilege.ts';
import { isDirectoryAs, makeDirectoryAs, type DirectoryWish } from '../../system-files.ts';
import type { Step } from '../step.ts';
import { hasProgram, InstallError, runProgram } from '../system.ts';

type Owner = keyof typeof serviceUsers | 'root';

/** The table "What lies where" of docs/install.md is compared with it. */
export function directoryWishes({
  dataDir,
  backupsDir,
  stateDir,
  etcDir,
  credentialsDir,
  tlsDir,
}: MachinePlaces) {
  const inData = (name: string) => join(dataDir, name);
  const list: [path: string, mode: number, owner: Owner][] = [
    [etcDir, 0o755, 'root'],
    [credentialsDir, 0o700, 'root'],
    [tlsDir, 0o755, 'root'],
    // Entered by all, listed by nobody else: each knows the name of its own.
    [dataDir, 0o751, 'server'],
    [inData('postgres'), 0o700, 'postgres'],
    [inData('wal'), 0o700, 'postgres'],
    [inData('redis'), 0o700, 'redis'],
    // New files belong to the group, so that the server can keep and remove what the media engine records.
    [inData('recordings'), 0o2770, 'media'],
    [inData('prompts'), 0o750, 'server'],
    [inData('prompts/custom'), 0o750, 'server'],
    [inData('secrets'), 0o700, 'server'],
    [inData('log'), 0o700, 'server'],
    [backupsDir, 0o700, 'root'],
    [stateDir, 0o700, 'root'],
  ];
  return list;
}

/** A path alone where its owner is not there yet. */
export function wantedDirectories(places: MachinePlaces): (DirectoryWish | string)[] {
  const group = accountNamed(serviceUsers.server)?.gid;
  return directoryWishes(places).map(([path, mode, owner]) => {
    const account = owner === 'root' ? { uid: 0 } : accountNamed(serviceUsers[owner]);
    return account === undefined || group === undefined ? path : { path, mode, uid: account.uid, gid: group };
  });
}

const isWish = (one: DirectoryWish | string): one is DirectoryWish => typeof one !== 'string';

export const directoriesStep: Step = {
  number: 3,
  title: 'Directories',
  check: ({ places }) =>
    wantedDirectories(places)
      .filter((one) => !isWish(one) || !isDirectoryAs(one))
      .map((one) => `make ${isWish(one) ? one.path : one}`),
  apply: async ({ places }) => {
    for (const one of wantedDirectories(places)) {
      if (!isWish(one)) throw new InstallError('the users of the services are not there');
      makeDirectoryAs(one);
    }
    if (hasProgram('restorecon')) await runProgram('restorecon', ['-R', places.etcDir, places.dataDir]);
  },
};
