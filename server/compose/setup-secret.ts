/** The one-time secret by which the first administrator is made, as a file for who installs. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Access } from '../auth/access.ts';

/** A secret for the first administrator, gone from the disk as soon as there is one. */
export async function offerSetup(
  setup: Access['setup'],
  write: (secret: string) => Promise<void>,
): Promise<void> {
  await write((await setup.renew()) ?? '');
  const burn = setup.burn.bind(setup);
  setup.burn = async () => {
    await burn();
    await write('');
  };
}

/** Where the person who installs finds it; empty once an administrator exists. */
export async function writeSetupSecret(file: string, secret: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  if (secret === '') return rm(file, { force: true });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
}
