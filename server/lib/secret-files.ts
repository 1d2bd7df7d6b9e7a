/**
 * Passwords, keys and certificates that the site names: files in `<dataDir>/secrets`, named in the site and nowhere else
 * written down. A file that others on the machine may read is refused, so that a slip at installation is seen at once and not
 * at the next audit. Nothing is cached: a changed file counts at the next connection.
 *
 * The race it stops: the check and the reading are of the same open file, so it cannot be exchanged in between.
 */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** `message`: for the bank's IT; it names the file and what to do, never its content. */
export class SecretFault extends Error {}

export interface SecretFiles {
  /** As it is. Throws SecretFault. */
  bytes(name: string): Promise<Buffer>;
  /** UTF-8, without the line end that editors add. Throws SecretFault, also for an empty one. */
  text(name: string): Promise<string>;
}

/** At least so long, or it is to be guessed. */
const shortestToken = 16;
const maxBytes = 64 * 1024;
/** The site model says so too (secretName); a path must not depend on that alone. */
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const forOthers = 0o007;

async function read(path: string, name: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new SecretFault(
      error.code === 'ENOENT'
        ? `there is no file secrets/${name}`
        : `secrets/${name} cannot be opened (${error.code ?? 'unknown'})`,
    );
  });
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o170000) !== 0o100000) throw new SecretFault(`secrets/${name} is not a file`);
    if ((mode & forOthers) !== 0)
      throw new SecretFault(`secrets/${name} is open to every user of the machine: chmod 600 it`);
    if (size > maxBytes) throw new SecretFault(`secrets/${name} is larger than ${maxBytes / 1024} KB`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

export function createSecretFiles(folder: string): SecretFiles {
  const bytes = (name: string): Promise<Buffer> =>
    namePattern.test(name)
      ? read(join(folder, name), name)
      : Promise.reject(new SecretFault('a secret has a name that is no file name'));
  return {
    bytes,
    async text(name) {
      const text = (await bytes(name)).toString('utf8').replace(/[\r\n]+$/, '');
      if (text === '') throw new SecretFault(`secrets/${name} is empty`);
      return text;
    },
  };
}

/** One token in a file at any place; undefined where there is no file. Throws SecretFault. */
export async function readToken(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const token = (await read(path, basename(path))).toString('utf8').trim();
  if (token.length < shortestToken)
    throw new SecretFault(`${basename(path)} has fewer than ${shortestToken} signs`);
  return token;
}
