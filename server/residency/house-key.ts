/**
 * The key of this house: Ed25519 (RFC 8032), made at its first use, for the daily statements. It stays on this machine, in a file
 * that only the server's user opens, under a name that no site file can mention (`_`, see lib/secret-files.ts). Its public half is
 * for everybody; the SHA-256 of that is what the house is called in its statements.
 *
 * Who is root here can sign what they like: a statement proves what was there once it, or the fingerprint, is kept elsewhere.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface HouseKey {
  privateKey: KeyObject;
  /** PEM, SubjectPublicKeyInfo. */
  publicPem: string;
  fingerprint: string;
}

export class HouseKeyFault extends Error {}

const keyName = '_statement-key.pem';

export const houseKeyFile = (dataDir: string): string => join(dataDir, 'secrets', keyName);
export const publicKeyFile = (dataDir: string): string => join(dataDir, 'residency', 'house.pub.pem');

/** SHA-256 of the SubjectPublicKeyInfo in DER, hex: `openssl pkey -pubin -in house.pub.pem -outform DER | sha256sum`. */
export const fingerprintOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

async function readKey(file: string): Promise<HouseKey | undefined> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new HouseKeyFault(`${file} cannot be read (${error.code ?? 'unknown'})`);
  });
  if (!found) return undefined;
  if ((found.mode & 0o077) !== 0)
    throw new HouseKeyFault(
      `${file} is open to others: chmod 600 it, and take its statements for forged until then`,
    );
  try {
    const privateKey = createPrivateKey(await readFile(file, 'utf8'));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new HouseKeyFault('not an Ed25519 key');
    const publicKey = createPublicKey(privateKey);
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    return { privateKey, publicPem, fingerprint: fingerprintOf(publicKey) };
  } catch {
    throw new HouseKeyFault(
      `${file} is no Ed25519 key. Bring it back from a backup; without it, move it away: a new house begins, with statements of its own`,
    );
  }
}

/** Reads the key of this house, or makes it where that may be done. Throws HouseKeyFault. */
export async function openHouseKey(dataDir: string): Promise<HouseKey> {
  const key = await makeHouseKey(dataDir);
  await keepPublic(publicKeyFile(dataDir), key.publicPem);
  return key;
}

const readOnly = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The same without the file of its public half. In an installed house secrets are closed to the server: root makes it. */
export async function makeHouseKey(dataDir: string): Promise<HouseKey> {
  const file = houseKeyFile(dataDir);
  const known = await readKey(file);
  if (known) return known;
  await makeKey(file).catch((error: NodeJS.ErrnoException) => {
    if (!readOnly.has(error.code ?? '')) throw error;
    throw new HouseKeyFault(
      'this house has no key for its statements yet: run "hearthline residency key" as root',
    );
  });
  const made = await readKey(file);
  if (!made) throw new HouseKeyFault(`${file} could not be made`);
  return made;
}

/** Whole or not at all, and never over one that another process made meanwhile. */
async function makeKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const beside = `${file}.${process.pid}.part`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    // Made by root, it is whose the secrets are.
    const { uid, gid } = await stat(dirname(file));
    if (process.getuid?.() === 0) await handle.chown(uid, gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(beside, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(beside, { force: true });
}

async function keepPublic(file: string, pem: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  if ((await readFile(file, 'utf8').catch(() => '')) === pem) return;
  await writeFile(file, pem, { mode: 0o644 });
  await chmod(file, 0o644);
}
