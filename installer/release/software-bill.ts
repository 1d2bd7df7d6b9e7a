/**
 * The bill of materials in CycloneDX 1.6 (ECMA-424) and the list of licences, made from the lock file and the Debian packages'
 * own control data. It carries no time of its making and no random number, so that two builds are the same bytes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductionPackage } from './production-packages.ts';
import type { ReleaseInfo } from './release-info.ts';

interface Component {
  type: 'application' | 'library' | 'platform';
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  licenses?: { license: { name: string } }[] | { expression: string }[];
  hashes?: { alg: string; content: string }[];
}

export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
  sha256: string;
  /** The name of its file in the local repository. */
  file: string;
}

const isSimpleLicence = (text: string) => /^[A-Za-z0-9.+-]+$/.test(text);

function licencesOf(licence: string | undefined): Pick<Component, 'licenses'> {
  if (licence === undefined) return {};
  return isSimpleLicence(licence)
    ? { licenses: [{ license: { name: licence } }] }
    : { licenses: [{ expression: licence.replace(/^\((.*)\)$/, '$1') }] };
}

/** The lock file has base64 (sha512-...), CycloneDX wants hexadecimal. */
function hashesOf(integrity: string | undefined): Pick<Component, 'hashes'> {
  const match = /^sha512-(\S+)/.exec(integrity ?? '');
  if (!match) return {};
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(match[1]!, 'base64').toString('hex') }] };
}

const npmUrl = ({ name, version }: ProductionPackage) =>
  `pkg:npm/${name.startsWith('@') ? `%40${name.slice(1)}` : name}@${version}`;

function npmComponent(one: ProductionPackage): Component {
  const purl = npmUrl(one);
  return {
    type: 'library',
    'bom-ref': `${purl}#${one.path}`,
    name: one.name,
    version: one.version,
    purl,
    ...licencesOf(one.license),
    ...hashesOf(one.integrity),
  };
}

function debianComponent({ name, version, architecture, sha256 }: DebianPackage): Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  };
}

/** `packages` of npm; with `debian`, those of the local repository too. */
export function softwareBill(
  info: ReleaseInfo,
  packages: readonly ProductionPackage[],
  debian: readonly DebianPackage[] = [],
): object {
  const own = `pkg:generic/hearthline@${info.version}?vcs_commit=${info.commit}`;
  const node = `pkg:generic/node@${info.node}`;
  const components: Component[] = [
    {
      type: 'platform',
      'bom-ref': node,
      name: 'node',
      version: info.node,
      purl: node,
      ...licencesOf('MIT'),
    },
    ...packages.map(npmComponent),
    ...debian.map(debianComponent),
  ];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: new Date(info.committedAtSec * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': own,
        name: 'hearthline',
        version: info.version,
        purl: own,
        licenses: [{ license: { name: 'Apache-2.0' } }],
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map((one) => one['bom-ref']) }],
  };
}

function licenceFileOf(dir: string): string | undefined {
  const name = existsSync(dir)
    ? readdirSync(dir)
        .sort()
        .find((file) => /^(licen[cs]e|copying)/i.test(file))
    : undefined;
  return name === undefined ? undefined : readFileSync(join(dir, name), 'utf8').trim();
}

/** One table of all, then each licence's text as its package has it. */
export function licencesText(
  root: string,
  info: ReleaseInfo,
  packages: readonly ProductionPackage[],
): string {
  const table = packages.map(
    ({ name, version, license }) => `${`${name} ${version}`.padEnd(56)}${license ?? 'see its text below'}`,
  );
  const texts = packages.flatMap((one) => {
    const text = licenceFileOf(join(root, one.path));
    return text === undefined ? [] : [`\n${'='.repeat(78)}\n${one.name} ${one.version}\n\n${text}\n`];
  });
  return [
    `Hearthline ${info.version} is under Apache-2.0. It carries Node ${info.node} (node/LICENSE) and these npm packages.`,
    'The Debian packages of a bundle carry their own in /usr/share/doc/NAME/copyright.',
    '',
    ...table,
    ...texts,
  ].join('\n');
}
