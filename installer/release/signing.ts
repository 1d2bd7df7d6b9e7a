/**
 * Signatures of bundles: OpenPGP with an Ed25519 key, since `gpgv`, which checks them, is on every Debian and RHEL from the first
 * minute on (apt itself needs it). The time in the signature is the commit's, and Ed25519 draws no random number (RFC 8032), so
 * two signatures of the same sums are the same bytes.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class SigningError extends Error {}

/** A key dates from before anything that it signs. */
const keyTime = '20200101T000000!';

const stamp = (sec: number) => `${new Date(sec * 1000).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}!`;

type Gpg = (...args: string[]) => Promise<string>;

/** A key ring of our own that is gone afterwards: the keys of who runs this are not touched. */
async function withKeyRing<T>(act: (gpg: Gpg) => Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'hearthline-gpg-'));
  const gpg: Gpg = async (...args) => {
    try {
      const all = ['--homedir', home, '--batch', '--quiet', '--no-tty', '--pinentry-mode', 'loopback'];
      const { stdout } = await run('gpg', [...all, ...args], { timeout: 60_000 });
      return stdout;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new SigningError('gpg is missing, which signs bundles: apt-get install gnupg', {
          cause: error,
        });
      throw new SigningError(`gpg: ${(error as { stderr?: string }).stderr?.trim() ?? String(error)}`, {
        cause: error,
      });
    }
  };
  try {
    return await act(gpg);
  } finally {
    await run('gpgconf', ['--homedir', home, '--kill', 'all']).catch(() => undefined);
    rmSync(home, { recursive: true, force: true });
  }
}

/** A new secret key in `file` (0600, armoured, without passphrase: keep the file as what it is). */
export async function makeSigningKey(file: string, owner: string): Promise<void> {
  await withKeyRing(async (gpg) => {
    await gpg(
      '--faked-system-time',
      keyTime,
      '--passphrase',
      '',
      '--quick-gen-key',
      owner,
      'ed25519',
      'sign',
      'never',
    );
    const secret = await gpg('--armor', '--export-secret-keys');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, secret, { mode: 0o600, flag: 'wx' });
  });
}

export interface Signature {
  /** Of `gpgv --keyring`: binary. */
  publicKey: Buffer;
  /** 40 hexadecimal digits. */
  fingerprint: string;
}

/** Writes `<file>.sig`, detached, and tells whose it is. */
export async function signFile(file: string, secretKeyFile: string, atSec: number): Promise<Signature> {
  if (!existsSync(secretKeyFile)) throw new SigningError(`There is no signing key in ${secretKeyFile}.`);
  return withKeyRing(async (gpg) => {
    await gpg('--import', secretKeyFile);
    const listed = await gpg('--list-secret-keys', '--with-colons');
    const fingerprints = [...listed.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((match) => match[1]!);
    if (fingerprints.length !== 1)
      throw new SigningError(`${secretKeyFile} holds ${fingerprints.length} keys: it must be one.`);
    const output = `${file}.sig`;
    rmSync(output, { force: true });
    const signing = ['--faked-system-time', stamp(atSec), '--digest-algo', 'SHA512', '--detach-sign'];
    await gpg(...signing, '--output', output, file);
    const ring = join(dirname(output), `.${process.pid}.public`);
    try {
      await gpg('--export', '--output', ring);
      return { publicKey: readFileSync(ring), fingerprint: fingerprints[0]! };
    } finally {
      rmSync(ring, { force: true });
    }
  });
}
