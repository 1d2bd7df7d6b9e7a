/**
 * A release: everything of Hearthline that a machine runs, in one folder that is copied to /opt/hearthline/releases and never
 * changed there. Built from a clone that has been built; the Node that builds it is the Node it carries (Node's licence, MIT,
 * allows it; the licence goes along).
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { migrations } from '../../server/db/migrations/index.ts';
import { copyProductionPackages } from './production-packages.ts';
import { commitOf, releaseInfoSchema, type ReleaseInfo } from './release-info.ts';
import { licencesText, softwareBill } from './software-bill.ts';

export class AssembleError extends Error {}

/** Where packages of Node put its licence. */
const nodeLicences = ['share/doc/nodejs/LICENSE', 'share/doc/nodejs/copyright', 'LICENSE'];

function nodeLicence(program: string): string {
  const prefix = dirname(dirname(program));
  const found = nodeLicences.map((file) => join(prefix, file)).find((file) => existsSync(file));
  if (found === undefined)
    throw new AssembleError(`Node's licence was not found beside ${program}; it has to go along.`);
  return found;
}

const wrapper = `#!/bin/sh
# The hearthline command, of the release that this file lies in.
here=$(dirname "$(readlink -f "$0")")/..
exec "$here/node/bin/node" "$here/dist/installer/cli-main.js" "$@"
`;

/** What tests and the build alone need does not go along. */
const isShipped = (source: string) => basename(source) !== '.build' && !source.endsWith('.map');

function infoOf(root: string): ReleaseInfo {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { commit, committedAtSec } = commitOf(root);
  return releaseInfoSchema.parse({
    product: 'hearthline',
    version,
    commit,
    committedAtSec,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    schema: migrations.at(-1)!.name,
  });
}

/** The same bytes from the same commit: times and modes say nothing of who built it, when and where. */
export function normaliseTree(dir: string, atSec: number): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) normaliseTree(path, atSec);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
    lutimesSync(path, atSec, atSec);
  }
  chmodSync(dir, 0o755);
  lutimesSync(dir, atSec, atSec);
}

function copyNode(target: string): void {
  const program = realpathSync(process.execPath);
  mkdirSync(join(target, 'node/bin'), { recursive: true });
  copyFileSync(program, join(target, 'node/bin/node'));
  chmodSync(join(target, 'node/bin/node'), 0o755);
  copyFileSync(nodeLicence(program), join(target, 'node/LICENSE'));
}

/** Fills `target`, which is empty, and says what it made. */
export function assembleRelease(root: string, target: string): ReleaseInfo {
  const info = infoOf(root);
  if (!existsSync(join(root, 'dist/packed/server.js')))
    throw new AssembleError('The clone is not built: npm run build');
  mkdirSync(join(target, 'bin'), { recursive: true });
  cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true, filter: isShipped });
  for (const dir of ['systemd', 'docs'])
    cpSync(join(root, dir), join(target, dir), {
      recursive: true,
      filter: (source) => !source.startsWith(join(root, 'docs/images')),
    });
  for (const file of ['package.json', 'LICENSE', 'README.md'])
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(target, file));
  const packages = copyProductionPackages(root, target);
  copyNode(target);
  copyFileSync(join(root, 'installer/install.sh'), join(target, 'install.sh'));
  chmodSync(join(target, 'install.sh'), 0o755);
  writeFileSync(join(target, 'bin/hearthline'), wrapper, { mode: 0o755 });
  const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  writeFileSync(join(target, 'release.json'), text(info));
  writeFileSync(join(target, 'sbom.cdx.json'), text(softwareBill(info, packages)));
  writeFileSync(join(target, 'licences.txt'), licencesText(root, info, packages));
  normaliseTree(target, info.committedAtSec);
  return info;
}
