/**
 * `npm run bundle`: one signed file with everything that an installation needs (docs/install.md, "Air gap"). It is a plain tar of
 *
 *     SHA256SUMS, SHA256SUMS.sig   the sums of the rest, and the signature under them
 *     install.sh                   what installs it
 *     release.tar.gz               the release (assemble.ts)
 *     packages.tar                 a local apt repository (debian-repository.ts)
 *     sbom.cdx.json, licences.txt  of all of it
 *
 * Two builds from one commit with the same Debian packages are the same bytes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { terminal, type CliIo } from '../cli-io.ts';
import { packagesTarget, readOsRelease } from '../install/preflight.ts';
import { bundledPackages } from '../install/steps/packages.ts';
import { projectRoot } from '../program.ts';
import { assembleRelease, AssembleError, normaliseTree } from './assemble.ts';
import { buildRepository, RepositoryError } from './debian-repository.ts';
import { productionPackages } from './production-packages.ts';
import { commitOf, releaseName } from './release-info.ts';
import { makeSigningKey, signFile, SigningError } from './signing.ts';
import { softwareBill } from './software-bill.ts';

const run = promisify(execFile);

const usage = `Usage: npm run bundle -- [--out DIR] [--key FILE] [--packages DIR] [--allow-changes]
  --out DIR         where the bundle goes (bundle/)
  --key FILE        the secret OpenPGP key that signs it (var/bundle-key.asc, made at the first use)
  --packages DIR    where Debian packages are kept between builds (var/packages)
  --allow-changes   also from a clone with changes that are not committed; the bundle says so in its name`;

export interface BundleOptions {
  root: string;
  outDir: string;
  keyFile: string;
  packagesDir: string;
  allowChanges: boolean;
}

export interface Bundle {
  file: string;
  publicKeyFile: string;
  fingerprint: string;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Names in order, no owner, one time: the same tree is the same bytes. */
async function tar(target: string, dir: string, names: readonly string[], atSec: number): Promise<void> {
  const args = ['--format=gnu', '--sort=name', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...args, `--mtime=@${atSec}`, '-cf', target, '-C', dir, ...names], {
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
}

async function writeSums(dir: string, names: readonly string[]): Promise<void> {
  const lines: string[] = [];
  for (const name of names) lines.push(`${await sha256Of(join(dir, name))}  ${name}\n`);
  writeFileSync(join(dir, 'SHA256SUMS'), lines.join(''));
}

export const bundleMembers = [
  'install.sh',
  'licences.txt',
  'packages.tar',
  'release.tar.gz',
  'sbom.cdx.json',
] as const;

export async function buildBundle(options: BundleOptions, say: (text: string) => void): Promise<Bundle> {
  const { root, outDir, keyFile, packagesDir } = options;
  const { isClean } = commitOf(root);
  if (!isClean && !options.allowChanges)
    throw new AssembleError(
      'The clone has changes that are not committed; a bundle must be what its commit says. Commit them, or use --allow-changes.',
    );
  mkdirSync(outDir, { recursive: true });
  const work = join(outDir, `.work-${process.pid}`);
  const [parts, packages] = [join(work, 'parts'), join(work, 'packages')];
  rmSync(work, { recursive: true, force: true });
  mkdirSync(parts, { recursive: true });
  try {
    say('Assembling the release');
    const info = assembleRelease(root, join(work, 'release'));
    const atSec = info.committedAtSec;
    const system = readOsRelease(readFileSync('/etc/os-release', 'utf8'));
    const names = bundledPackages(system.id);
    say(`Collecting packages for ${system.name}: ${names.join(', ')} and what they need`);
    const debian = await buildRepository(names, packagesDir, packages);
    writeFileSync(join(packages, 'target'), `${packagesTarget(system)}\n`);
    normaliseTree(packages, atSec);
    say(`Packing (${debian.length} Debian packages)`);
    await tar(join(parts, 'packages.tar'), work, ['packages'], atSec);
    await tar(join(parts, 'release.tar'), work, ['release'], atSec);
    await run('gzip', ['-n', '-6', join(parts, 'release.tar')]);
    copyFileSync(join(root, 'installer/install.sh'), join(parts, 'install.sh'));
    copyFileSync(join(work, 'release/licences.txt'), join(parts, 'licences.txt'));
    const bill = softwareBill(info, productionPackages(root), debian);
    writeFileSync(join(parts, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
    await writeSums(parts, bundleMembers);
    const { publicKey, fingerprint } = await signFile(join(parts, 'SHA256SUMS'), keyFile, atSec);
    normaliseTree(parts, atSec);
    const name = `hearthline-${releaseName(info)}${isClean ? '' : '-changed'}-${system.id}${system.version}-${process.arch}.bundle`;
    const file = join(outDir, name);
    // The sums first: who verifies need not read on if they are wrong.
    await tar(`${file}.part`, parts, ['SHA256SUMS', 'SHA256SUMS.sig', ...bundleMembers], atSec);
    await run('mv', [`${file}.part`, file]);
    const publicKeyFile = join(outDir, 'hearthline-release.gpg');
    writeFileSync(publicKeyFile, publicKey);
    copyFileSync(join(parts, 'install.sh'), join(outDir, 'install.sh'));
    return { file, publicKeyFile, fingerprint };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function optionsOf(args: string[]): BundleOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: 'bundle' },
      key: { type: 'string' },
      packages: { type: 'string' },
      'allow-changes': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    root: projectRoot,
    outDir: resolve(values.out),
    keyFile: resolve(values.key ?? join(projectRoot, 'var/bundle-key.asc')),
    packagesDir: resolve(values.packages ?? join(projectRoot, 'var/packages')),
    allowChanges: values['allow-changes'],
  };
}

/** Resolves to the exit code. */
export async function runBundle(args: string[], io: CliIo): Promise<number> {
  try {
    const options = optionsOf(args);
    if (!options) {
      io.out(usage);
      return 0;
    }
    if (!existsSync(options.keyFile)) {
      await makeSigningKey(options.keyFile, 'Hearthline release');
      io.error(
        `A signing key was made in ${options.keyFile}: keep it safe; whoever has it can sign bundles.`,
      );
    }
    const bundle = await buildBundle(options, (text) => io.error(`  ${text}`));
    const megabytes = (statSync(bundle.file).size / 1e6).toFixed(0);
    io.out(`${bundle.file} (${megabytes} MB)
  sha256       ${await sha256Of(bundle.file)}
  signed with  ${bundle.fingerprint}
  public key   ${bundle.publicKeyFile}

On the machine, with these three files in one place:
  sudo sh install.sh --bundle ${bundle.file.split('/').pop()} --key hearthline-release.gpg`);
    return 0;
  } catch (error) {
    const isKnown =
      error instanceof AssembleError ||
      error instanceof RepositoryError ||
      error instanceof SigningError ||
      (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    if (!isKnown) throw error;
    io.error((error as Error).message);
    return 1;
  }
}

/** What the bootstrap hands over to. */
export async function bundle(_startedAt: number, args: string[]): Promise<void> {
  process.exitCode = await runBundle(args, terminal);
}
