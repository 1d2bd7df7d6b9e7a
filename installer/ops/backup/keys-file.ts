/**
 * Secrets in one file of their own, encrypted under a passphrase: never part of a backup, so that who finds the backup's disk
 * has no password, key or certificate with it.
 *
 * The format, version 1: a line `hearthline-keys 1`; a line of JSON with `kdf: scrypt`, `N`, `r`, `p`, `salt`, `nonce`
 * (base64); then the AES-256-GCM of a JSON text (`[{ root, path, mode, content }]`, content in base64) and its tag of 16 bytes.
 * Both lines are authenticated with it. scrypt after RFC 7914, GCM after NIST SP 800-38D, the nonce random for each file.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { writeDurably } from './durable.ts';

const magic = 'hearthline-keys 1';
const nonceBytes = 12;
const tagBytes = 16;
const maxFileBytes = 1 << 20;
const minPassphrase = 12;
/** 128 MB and about half a second for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1 };

const headerSchema = z.object({
  kdf: z.literal('scrypt'),
  N: z
    .number()
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  r: z.literal(8),
  p: z.literal(1),
  salt: z.string(),
  nonce: z.string(),
});

/** Which directory a file belongs to, whatever its place on the machine. */
export const keyRoots = ['secrets', 'credentials', 'tls', 'etc'] as const;
export type KeyRoot = (typeof keyRoots)[number];

const filesSchema = z.array(
  z.object({
    root: z.enum(keyRoots),
    path: z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/),
    mode: z.number().int(),
    content: z.string(),
  }),
);
export type KeyFile = z.infer<typeof filesSchema>[number];

/** Where the secrets of a house are. `etc` is what may hold a token: its settings and the answers of the installation. */
export function keyPlaces({
  layout,
  machine,
}: Pick<House, 'layout' | 'machine'>): Partial<Record<KeyRoot, string>> {
  return {
    secrets: layout.secretsDir,
    ...(machine && { credentials: machine.credentialsDir, tls: machine.tlsDir }),
  };
}

export async function collectKeys(house: Pick<House, 'layout' | 'machine'>): Promise<KeyFile[]> {
  const found: KeyFile[] = [];
  for (const root of keyRoots) {
    const dir = keyPlaces(house)[root];
    if (dir === undefined || !existsSync(dir)) continue;
    for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      found.push(await keyFileOf(root, dir, join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  const { machine } = house;
  for (const file of machine ? [machine.settingsFile, machine.answersFile] : [])
    if (existsSync(file)) found.push(await keyFileOf('etc', dirname(file), file));
  return found;
}

async function keyFileOf(root: KeyRoot, dir: string, file: string): Promise<KeyFile> {
  const { mode, size } = await stat(file);
  if (size > maxFileBytes)
    throw new CliError(`${file} is larger than 1 MB, which no secret is: move it elsewhere.`);
  return {
    root,
    path: relative(dir, file),
    mode: mode & 0o777,
    content: readFileSync(file).toString('base64'),
  };
}

/** Its first line. A file that others may read is refused. */
export function readPassphrase(file: string): string {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new CliError(`${file} may be read by others of this machine: chmod 600 it.`);
    text = readFileSync(file, 'utf8').split('\n')[0]!.replace(/\r$/, '');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`The passphrase cannot be read: ${(error as Error).message}`);
  }
  if (text.length < minPassphrase)
    throw new CliError(`The passphrase in ${file} must have at least ${minPassphrase} characters.`);
  return text;
}

function keyOf(passphrase: string, salt: Buffer, N: number): Promise<Buffer> {
  return new Promise((done, fail) => {
    const options = { ...cost, N, maxmem: 256 * N * cost.r };
    scrypt(passphrase.normalize('NFC'), salt, 32, options, (error, key) => (error ? fail(error) : done(key)));
  });
}

export async function sealKeys(files: KeyFile[], passphrase: string): Promise<Buffer> {
  const salt = randomBytes(16);
  const nonce = randomBytes(nonceBytes);
  const header = { kdf: 'scrypt', ...cost, salt: salt.toString('base64'), nonce: nonce.toString('base64') };
  const head = Buffer.from(`${magic}\n${JSON.stringify(header)}\n`);
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt, cost.N), nonce, {
    authTagLength: tagBytes,
  });
  cipher.setAAD(head);
  return Buffer.concat([
    head,
    cipher.update(JSON.stringify(files), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** Throws CliError for a wrong passphrase, which cannot be told from a changed file. */
export async function openKeys(sealed: Buffer, passphrase: string): Promise<KeyFile[]> {
  const first = sealed.indexOf('\n');
  const second = sealed.indexOf('\n', first + 1);
  if (first < 0 || second < 0 || sealed.subarray(0, first).toString() !== magic)
    throw new CliError(`This is no file of keys of this release (it begins with "${magic}").`);
  const head = sealed.subarray(0, second + 1);
  const wrong = new CliError(
    'The keys cannot be opened: the passphrase is another, or the file was changed.',
  );
  const header = headerSchema.safeParse(jsonOf(sealed.subarray(first + 1, second).toString()));
  const body = sealed.subarray(second + 1);
  if (!header.success || body.length < tagBytes) throw wrong;
  const { N, salt, nonce } = header.data;
  const key = await keyOf(passphrase, Buffer.from(salt, 'base64'), N);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(head);
    decipher.setAuthTag(body.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString(
      'utf8',
    );
    return filesSchema.parse(JSON.parse(text));
  } catch {
    throw wrong;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes those of one root into `dir`. */
export async function writeKeys(files: readonly KeyFile[], root: KeyRoot, dir: string): Promise<number> {
  const own = files.filter((file) => file.root === root);
  for (const { path, mode, content } of own) {
    const target = join(dir, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    writeDurably(target, Buffer.from(content, 'base64'), mode);
    await chmod(target, mode);
  }
  return own.length;
}
