/**
 * Debian packages: which are missing, judged by what is really used (a command, a file), and how they
 * come: installed when we are root, otherwise named with the exact command. Debian's own Postgres and
 * Redis services are neither started nor left to start at the next boot: ours are private instances.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say, SetupError } from './steps.mjs';

const searchPath = [
  ...new Set([...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/sbin', '/bin', '/sbin']),
];
const hasCommand = (name) => searchPath.some((dir) => dir !== '' && existsSync(join(dir, name)));

function hasPostgres() {
  const root = '/usr/lib/postgresql';
  const programs = ['postgres', 'initdb', 'psql', 'pg_isready'];
  return (
    existsSync(root) &&
    readdirSync(root).some((version) =>
      programs.every((name) => existsSync(join(root, version, 'bin', name))),
    )
  );
}

const forStart = [
  { name: 'postgresql', isThere: hasPostgres },
  { name: 'redis-server', isThere: () => hasCommand('redis-server') },
  { name: 'espeak-ng', isThere: () => hasCommand('espeak-ng') },
];

const forTest = [
  ...forStart,
  {
    name: 'chromium-headless-shell',
    isThere: () => hasCommand('chromium-headless-shell'),
    /** Does as well, and four times slower. */
    hasSubstitute: () => hasCommand('chromium'),
  },
  { name: 'sip-tester', isThere: () => hasCommand('sipp') },
  { name: 'baresip', isThere: () => hasCommand('baresip') },
  { name: 'sipsak', isThere: () => hasCommand('sipsak') },
  { name: 'sox', isThere: () => hasCommand('sox') },
  { name: 'fonts-dejavu-core', isThere: () => existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf') },
  { name: 'iproute2', isThere: () => hasCommand('ip') },
  { name: 'nftables', isThere: () => hasCommand('nft') },
  { name: 'tcpdump', isThere: () => hasCommand('tcpdump') },
  { name: 'debootstrap', isThere: () => hasCommand('debootstrap') },
  { name: 'gnupg', isThere: () => hasCommand('gpg') },
  { name: 'dovecot-imapd', isThere: () => existsSync('/usr/lib/dovecot/imap') },
];

const lists = { none: [], start: forStart, test: forTest };

export function missingPackages(needs) {
  return lists[needs]
    .filter(({ isThere, hasSubstitute }) => !isThere() && !hasSubstitute?.())
    .map(({ name }) => name);
}

/** What would do better than what is there. */
function betterPackages(needs) {
  return lists[needs]
    .filter(({ isThere, hasSubstitute }) => !isThere() && hasSubstitute?.())
    .map(({ name }) => name);
}

const policyFile = '/usr/sbin/policy-rc.d';

/** While this stands, Debian's packages start no service as they are installed. */
async function withoutServices(install) {
  const isOurs = !existsSync(policyFile);
  const restore = () => {
    if (isOurs) rmSync(policyFile, { force: true });
  };
  if (isOurs) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  process.on('exit', restore);
  const onSignal = () => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await install();
  } finally {
    restore();
    process.removeListener('exit', restore);
    for (const signal of signals) process.removeListener(signal, onSignal);
  }
}

const services = { postgresql: 'postgresql.service', 'redis-server': 'redis-server.service' };

/** What we brought in must not start by itself at the next boot either; what was there before is left alone. */
async function keepServicesOff(installed) {
  if (!existsSync('/run/systemd/system')) return;
  const units = installed.flatMap((name) => (services[name] ? [services[name]] : []));
  if (units.length === 0) return;
  await run(`Keeping Debian's own ${units.join(' and ')} off`, 'systemctl', [
    'disable',
    '--quiet',
    ...units,
  ]).catch((error) => say(`      ${error.message.split('\n')[0]}`));
}

export async function provideDebianPackages(needs) {
  await provideMissing(missingPackages(needs));
  for (const name of betterPackages(needs)) {
    if (process.getuid() !== 0 || !hasCommand('apt-get')) continue;
    await provideMissing([name], { isOptional: true }).catch((error) =>
      say(`      it goes on without: ${error.message.split('\n')[0]}`),
    );
  }
}

async function provideMissing(missing, { isOptional = false } = {}) {
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0)
    throw new SetupError(
      `Debian packages are missing: ${missing.join(', ')}.\nInstall them as root, then start again:\n\n    ${command}\n`,
    );
  if (!hasCommand('apt-get'))
    throw new SetupError(
      `These are missing, and this is not a Debian system (no apt-get): ${missing.join(', ')}.\n` +
        `Install their counterparts by hand, then start again.`,
    );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', LC_ALL: 'C.UTF-8' };
  const apt = (title, ...args) =>
    run(title, 'apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0', ...args], {
      env,
    });
  const install = () =>
    apt(
      `Installing Debian packages: ${missing.join(', ')}`,
      'install',
      '--no-install-recommends',
      ...missing,
    );
  await withoutServices(async () => {
    try {
      await install();
    } catch (error) {
      // Package lists that are old, or not there at all on a slim image, are the usual reason.
      if (
        isOptional ||
        !/Unable to locate|no installation candidate|404|Failed to fetch|Unable to fetch/.test(
          error.output ?? '',
        )
      )
        throw error;
      await apt('Refreshing the package lists', 'update');
      await install();
    }
  });
  await keepServicesOff(missing);
  const still = missing.filter((name) => missingPackages('test').includes(name));
  if (still.length > 0) throw new SetupError(`Installed, and still not found: ${still.join(', ')}.`);
}
