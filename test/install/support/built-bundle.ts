/** A bundle of this clone, built once for all tests of a run, with keys of its own. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../installer/program.ts';
import { buildBundle, type Bundle } from '../../../installer/release/bundle.ts';
import { makeSigningKey, signFile } from '../../../installer/release/signing.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const execute = promisify(execFile);

export interface BuiltBundle extends Bundle {
  script: string;
  keyFile: string;
  /** The public key of somebody else. */
  otherKeyFile: string;
}

let building: Promise<BuiltBundle> | undefined;

async function build(): Promise<BuiltBundle> {
  await execute(process.execPath, ['installer/bootstrap.mjs', 'build'], { cwd: projectRoot });
  const dir = makeTempDir();
  const keyFile = join(dir, 'key.asc');
  await makeSigningKey(keyFile, 'Hearthline tests');
  const outDir = join(dir, 'out');
  const bundle = await buildBundle(
    {
      root: projectRoot,
      outDir,
      keyFile,
      packagesDir: join(projectRoot, 'var/packages'),
      allowChanges: true,
    },
    () => undefined,
  );
  return { ...bundle, script: join(outDir, 'install.sh'), keyFile, otherKeyFile: await strangersKey(dir) };
}

async function strangersKey(dir: string): Promise<string> {
  const keyFile = join(dir, 'stranger.asc');
  const some = join(dir, 'some');
  if (!existsSync(dir)) mkdirSync(dir);
  await makeSigningKey(keyFile, 'Somebody else');
  writeFileSync(some, 'some');
  const { publicKey } = await signFile(some, keyFile, 1_700_000_000);
  const publicFile = join(dir, 'stranger.gpg');
  writeFileSync(publicFile, publicKey);
  return publicFile;
}

export function builtBundle(): Promise<BuiltBundle> {
  building ??= build();
  return building;
}
