/**
 * The Debian packages of a bundle as a local apt repository: what an installed Hearthline needs with everything that they depend
 * on, down to the C library, so that a machine that has next to nothing and no network can install them. apt itself computes the
 * set and checks each file against the archive's signed lists as it fetches; the list of a flat repository is written here.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DebianPackage } from './software-bill.ts';

const run = promisify(execFile);
const buffer = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C.UTF-8' } };

export class RepositoryError extends Error {}

interface Wanted {
  url: string;
  file: string;
}

/**
 * As apt prints them: 'URL' FILE SIZE HASH. With an empty status file nothing counts as installed, with an empty archive nothing
 * as fetched already, which it would leave out.
 */
async function closureOf(names: readonly string[], cache: string): Promise<Wanted[]> {
  const status = join(cache, 'empty-status');
  const archives = join(cache, 'empty-archives');
  writeFileSync(status, '');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const args = ['-o', `Dir::State::status=${status}`, '-o', `Dir::Cache::archives=${archives}`];
  args.push('--print-uris', '-y', '-qq');
  const { stdout } = await run(
    'apt-get',
    [...args, 'install', '--no-install-recommends', ...names],
    buffer,
  ).catch((error: unknown) => {
    const told = (error as { stderr?: string }).stderr?.trim() ?? String(error);
    throw new RepositoryError(
      `apt cannot work out the packages: ${told}\nRefresh its lists first: apt-get update`,
    );
  });
  return stdout.split('\n').flatMap((line) => {
    const match = /^'([^']+)' (\S+) \d+/.exec(line);
    return match ? [{ url: match[1]!, file: match[2]! }] : [];
  });
}

/** `name=version` of a file name such as libc6_2.36-9_amd64.deb; colons of an epoch are %3a there. */
function pinOf({ file }: Wanted): string {
  const [name = '', version = '', rest = ''] = decodeURIComponent(file).split('_');
  return `${name}${rest.startsWith('all') ? '' : `:${rest.replace('.deb', '')}`}=${version}`;
}

/** Into `cache`, which keeps them for the next build; apt verifies each against the lists it has. */
async function download(wanted: readonly Wanted[], cache: string): Promise<void> {
  const missing = wanted.filter(({ file }) => !existsSync(join(cache, file)));
  if (missing.length === 0) return;
  await run('apt-get', ['-q', 'download', ...missing.map(pinOf)], { ...buffer, cwd: cache }).catch(
    (error: unknown) => {
      throw new RepositoryError(
        `packages could not be fetched: ${(error as { stderr?: string }).stderr ?? String(error)}`,
      );
    },
  );
}

const controlField = (control: string, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1]?.trim() ?? '';

async function stanzaOf(dir: string, file: string): Promise<{ text: string; one: DebianPackage }> {
  const path = join(dir, file);
  const { stdout } = await run('dpkg-deb', ['-f', path], buffer);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const control = stdout.trimEnd();
  const text = `${control}\nFilename: ./${file}\nSize: ${statSync(path).size}\nSHA256: ${sha256}\n`;
  const one = {
    name: controlField(control, 'Package'),
    version: controlField(control, 'Version'),
    architecture: controlField(control, 'Architecture'),
    sha256,
    file,
  };
  return { text, one };
}

/** Fills `target` with the packages and their list; sorted, so that the same packages are the same bytes. */
export async function buildRepository(
  names: readonly string[],
  cache: string,
  target: string,
): Promise<DebianPackage[]> {
  mkdirSync(cache, { recursive: true });
  mkdirSync(target, { recursive: true });
  const wanted = await closureOf(names, cache);
  await download(wanted, cache);
  const packages: DebianPackage[] = [];
  const texts: string[] = [];
  for (const { file } of wanted.sort((a, b) => (a.file < b.file ? -1 : 1))) {
    // Some tools take a percent sign in a path for an escape.
    const plain = file.replaceAll('%3a', '.');
    copyFileSync(join(cache, file), join(target, plain));
    const { text, one } = await stanzaOf(target, plain);
    packages.push(one);
    texts.push(text);
  }
  writeFileSync(join(target, 'Packages'), texts.join('\n'));
  return packages;
}
