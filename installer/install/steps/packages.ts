/** Packages of the system: from the bundle's own repository, which asks no network, else from the machine's sources. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../../system-files.ts';
import { readOsRelease } from '../preflight.ts';
import type { InstallContext, Step } from '../step.ts';
import { hasProgram, InstallError, isSystemdRunning, runProgram } from '../system.ts';

/** Postgres in any version that Debian, Ubuntu or RHEL put in its usual place. */
export const postgresDirs = [
  '/usr/lib/postgresql/17/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/15/bin',
  '/usr/bin',
];
export const postgresDir = (): string | undefined =>
  postgresDirs.find((dir) => existsSync(join(dir, 'postgres')) && existsSync(join(dir, 'initdb')));

export interface SystemPackage {
  what: string;
  isThere: () => boolean;
  debian: string;
  /** Where it is another one than Debian's. */
  ubuntu?: string;
  redHat: string;
}

export const systemPackages: readonly SystemPackage[] = [
  {
    what: 'Postgres',
    isThere: () => postgresDir() !== undefined,
    debian: 'postgresql-15',
    ubuntu: 'postgresql-16',
    redHat: 'postgresql-server postgresql-contrib',
  },
  { what: 'Redis', isThere: () => hasProgram('redis-server'), debian: 'redis-server', redHat: 'redis' },
  { what: 'speech', isThere: () => hasProgram('espeak-ng'), debian: 'espeak-ng', redHat: 'espeak-ng' },
  { what: 'OpenSSL', isThere: () => hasProgram('openssl'), debian: 'openssl', redHat: 'openssl' },
  { what: 'nftables', isThere: () => hasProgram('nft'), debian: 'nftables', redHat: 'nftables' },
  { what: 'ss', isThere: () => hasProgram('ss'), debian: 'iproute2', redHat: 'iproute' },
  { what: 'sysctl', isThere: () => hasProgram('sysctl'), debian: 'procps', redHat: 'procps-ng' },
];

const missing = () => systemPackages.filter(({ isThere }) => !isThere());

/** By its name in the machine's own sources. */
export const aptName = ({ debian, ubuntu }: SystemPackage, systemId: string): string =>
  systemId === 'ubuntu' ? (ubuntu ?? debian) : debian;

/** What a bundle brings along for a system, with all that these need. */
export const bundledPackages = (systemId: string): string[] => [
  ...systemPackages.map((one) => aptName(one, systemId)),
  'ca-certificates',
];

const systemId = () => readOsRelease(readFileSync('/etc/os-release', 'utf8')).id;

const policyFile = '/usr/sbin/policy-rc.d';

/** While this stands, Debian's packages start no service of their own as they are installed: ours are private instances. */
async function withoutServices(act: () => Promise<void>): Promise<void> {
  const isOurs = !existsSync(policyFile) || readFileSync(policyFile, 'utf8').includes('hearthline');
  if (isOurs)
    writeFileSync(policyFile, '#!/bin/sh\n# hearthline: while it installs\nexit 101\n', { mode: 0o755 });
  try {
    await act();
  } finally {
    if (isOurs) rmSync(policyFile, { force: true });
  }
}

/** Debian's package would make a cluster of its own beside ours; the file is only written where the package is new. */
function withoutDebianCluster(): void {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (existsSync('/usr/share/postgresql-common') || existsSync(file)) return;
  const text =
    '# Written by hearthline: its own cluster lies in /var/lib/hearthline/postgres.\ncreate_main_cluster = false\n';
  writeWhole({ path: file, text, mode: 0o644 });
}

const apt = (options: readonly string[], packages: readonly string[]) =>
  runProgram(
    'apt-get',
    [
      '-y',
      '-q',
      '-o',
      'DPkg::Lock::Timeout=120',
      '-o',
      'Dpkg::Use-Pty=0',
      '-o',
      'Dpkg::Options::=--force-confold',
      ...options,
      '--fix-broken',
      'install',
      '--no-install-recommends',
      ...packages,
    ],
    { timeoutMs: 900_000, env: unattended },
  );

/** Lists and state of the local repository lie apart, so that the machine's own sources are as they were. */
async function fromBundle(repository: string, work: string, packages: readonly string[]): Promise<void> {
  const sources = join(work, 'bundle.list');
  writeFileSync(sources, `deb [trusted=yes] file:${repository} ./\n`);
  const options = [
    '-o',
    `Dir::Etc::sourcelist=${sources}`,
    '-o',
    'Dir::Etc::sourceparts=-',
    '-o',
    `Dir::State::lists=${join(work, 'apt-lists')}`,
    '-o',
    `Dir::Cache=${join(work, 'apt-cache')}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  await runProgram('mkdir', [
    '-p',
    join(work, 'apt-lists/partial'),
    join(work, 'apt-cache/archives/partial'),
  ]);
  await runProgram('apt-get', ['-q', ...options, 'update'], { timeoutMs: 120_000 });
  await apt(options, packages);
}

const unattended = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/** Packages that a power cut left half done, in words of dpkg; empty where there are none. */
async function halfDone(): Promise<string> {
  return hasProgram('dpkg') ? (await runProgram('dpkg', ['--audit'])).trim() : '';
}

/** What a run before left half done is finished first: apt refuses everything else until then. */
async function finishHalfDone(): Promise<void> {
  if ((await halfDone()) === '') return;
  const answers = ['--force-confold', '--configure', '-a'];
  // A package whose others are not unpacked yet fails here, and is put right by what apt does next.
  await runProgram('dpkg', answers, { timeoutMs: 600_000, env: unattended }).catch(() => undefined);
}

async function install({ staged, say }: InstallContext): Promise<void> {
  const repository = join(staged, 'packages');
  if (!hasProgram('apt-get')) {
    const names = missing().map(({ redHat }) => redHat);
    if (!hasProgram('dnf')) throw new InstallError(`Install these by hand: ${names.join(' ')}`);
    await runProgram('dnf', ['-y', 'install', ...names.join(' ').split(' ')], { timeoutMs: 900_000 });
    return;
  }
  withoutDebianCluster();
  const packages = existsSync(repository)
    ? bundledPackages(systemId())
    : missing().map((one) => aptName(one, systemId()));
  await withoutServices(async () => {
    await finishHalfDone();
    if (existsSync(repository)) await fromBundle(repository, staged, packages);
    else await apt([], packages);
  });
  if (isSystemdRunning())
    await runProgram('systemctl', [
      'disable',
      '--now',
      '--quiet',
      'postgresql.service',
      'redis-server.service',
    ]).catch((error: Error) => say(`    ${error.message.split('\n')[0]}`));
}

export const packagesStep: Step = {
  number: 1,
  title: 'Packages of the system',
  check: async () => [
    ...missing().map((one) => `install ${one.what} (${aptName(one, systemId())})`),
    ...((await halfDone()) === '' ? [] : ['finish the packages that were cut off']),
  ],
  apply: async (context) => {
    await install(context);
    const still = missing().map(({ what }) => what);
    if (still.length > 0) throw new InstallError(`Installed, and still not found: ${still.join(', ')}`);
  },
};
