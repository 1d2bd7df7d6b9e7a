/**
 * Bundles for the tests of a run, each built once: of this clone as it is, of the commit before it, and of a version to come, which
 * is this one with a migration and a number more. The last two are built by their own code, in clones of their own.
 */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../installer/program.ts';
import { makeSigningKey, signFile } from '../../../installer/release/signing.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

const execute = promisify(execFile);

export interface BuiltBundle {
  file: string;
  publicKeyFile: string;
  script: string;
}

interface Keys {
  dir: string;
  keyFile: string;
  /** The public key of somebody else. */
  strangersKeyFile: string;
}

let making: Promise<Keys> | undefined;

async function makeKeys(): Promise<Keys> {
  const dir = makeTempDir();
  const keyFile = join(dir, 'key.asc');
  await makeSigningKey(keyFile, 'Hearthline tests');
  const stranger = join(dir, 'stranger.asc');
  const some = join(dir, 'some');
  await makeSigningKey(stranger, 'Somebody else');
  writeFileSync(some, 'some');
  const { publicKey } = await signFile(some, stranger, 1_700_000_000);
  const strangersKeyFile = join(dir, 'stranger.gpg');
  writeFileSync(strangersKeyFile, publicKey);
  return { dir, keyFile, strangersKeyFile };
}

export function keys(): Promise<Keys> {
  making ??= makeKeys();
  return making;
}

/** By the code of `root` itself, as a person would. */
export async function bundleOf(root: string, options: string[] = []): Promise<BuiltBundle> {
  const { dir, keyFile } = await keys();
  const out = join(dir, `out-${readdirSync(dir).length}`);
  const packages = join(projectRoot, 'var/packages');
  const args = ['--out', out, '--key', keyFile, '--packages', packages, ...options];
  await execute(process.execPath, ['installer/bootstrap.mjs', 'bundle', ...args], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const name = readdirSync(out).find((one) => one.endsWith('.bundle'))!;
  return {
    file: join(out, name),
    publicKeyFile: join(out, 'hearthline-release.gpg'),
    script: join(out, 'install.sh'),
  };
}

// Of the whole run: each is built once.
after(async () => {
  if (making) removeTempDir((await making).dir);
});

let building: Promise<BuiltBundle> | undefined;

/** Of this clone, with what is not committed. */
export function builtBundle(): Promise<BuiltBundle> {
  building ??= bundleOf(projectRoot, ['--allow-changes']);
  return building;
}

const git = (cwd: string, ...args: string[]) =>
  execute('git', ['-c', 'user.name=Hearthline tests', '-c', 'user.email=tests@hearthline.invalid', ...args], {
    cwd,
  });

let buildingPrevious: Promise<BuiltBundle> | undefined;

/** The newest commit before this one that is older by its time, too: commits that were moved together share a second. */
export async function previousCommit(): Promise<string> {
  const { stdout: madeAt } = await git(projectRoot, 'log', '-1', '--format=%ct');
  const { stdout } = await git(projectRoot, 'rev-list', '-1', `--before=${Number(madeAt) - 1}`, 'HEAD~1');
  return stdout.trim();
}

/** Of the commit before this one, by its own code. */
export function previousBundle(): Promise<BuiltBundle> {
  buildingPrevious ??= previousCommit()
    .then(cloneAt)
    .then((clone) => bundleOf(clone));
  return buildingPrevious;
}

/** A clone of its own at `commit`, with the packages of this one where the lock file is the same. */
export async function cloneAt(commit: string): Promise<string> {
  const { dir } = await keys();
  const clone = join(dir, `clone-${readdirSync(dir).length}`);
  mkdirSync(clone);
  await git(projectRoot, 'clone', '-q', '--no-checkout', projectRoot, clone);
  await git(clone, 'checkout', '-q', commit);
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (lock(clone) === lock(projectRoot) && existsSync(join(projectRoot, 'node_modules')))
    symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'));
  // A link is no folder, which is what the list of ignored files names.
  appendFileSync(join(clone, '.git/info/exclude'), 'node_modules\n');
  return clone;
}

/** The migration that the version to come has more. */
export const nextMigration = '9000-next-version';

/** A version after this one: it keeps a table more. */
async function nextVersion(): Promise<string> {
  const clone = await cloneAt('HEAD');
  const list = join(clone, 'server/db/migrations/index.ts');
  const text = readFileSync(list, 'utf8');
  const name = `${nextMigration}.ts`;
  writeFileSync(
    join(clone, 'server/db/migrations', name),
    `export const nextVersionMigration = {
  name: '${nextMigration}',
  up: "create table next_version (note text not null); insert into next_version values ('kept')",
  down: 'drop table next_version',
};\n`,
  );
  writeFileSync(
    list,
    `import { nextVersionMigration } from './${name}';\n${text.replace(/\n\];\s*$/, '\n  nextVersionMigration,\n];\n')}`,
  );
  const manifest = join(clone, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": "[^"]+"/, '"version": "9.0.0"'));
  await git(clone, 'add', '-A', 'server', 'package.json');
  await git(clone, 'commit', '-q', '-m', 'A version to come');
  return clone;
}

let buildingNext: Promise<BuiltBundle> | undefined;

export function nextBundle(): Promise<BuiltBundle> {
  buildingNext ??= nextVersion().then((clone) => bundleOf(clone));
  return buildingNext;
}
