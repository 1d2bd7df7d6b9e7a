/**
 * Looks at the machine before anything is done to it. Each finding says what is so and what to do about it; a fault stops the
 * installation, a warning is repeated in the report at the end.
 */
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { cpus, hostname, totalmem } from 'node:os';
import { portFaults } from '../ports.ts';
import { readSettings } from '../settings.ts';
import type { Answers } from './answers.ts';
import { settingsText } from './answers.ts';
import { checkMove, checkStores, ownStoresFilled } from './check-stores.ts';
import { fault, type Finding, ok, warning } from './finding.ts';
import type { InstallContext } from './step.ts';
import { hasProgram, runProgram } from './system.ts';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

export interface OsRelease {
  id: string;
  version: string;
  name: string;
}

export function readOsRelease(text: string): OsRelease {
  const fields = parseEnv(text);
  return {
    id: fields['ID'] ?? '',
    version: fields['VERSION_ID'] ?? '',
    name: fields['PRETTY_NAME'] ?? 'an unknown system',
  };
}

/** RHEL's relatives share its packages. */
const families: Readonly<Record<string, readonly string[]>> = {
  debian: ['12'],
  ubuntu: ['24.04'],
  rhel: ['9'],
  rocky: ['9'],
  almalinux: ['9'],
};

export function checkSystem({ id, version, name }: OsRelease): Finding {
  const known = families[id];
  if (known?.some((one) => version === one || version.startsWith(`${one}.`))) return ok(name);
  const remedy = 'Install on Debian 12, Ubuntu 24.04 or RHEL 9 (docs/install.md).';
  return fault(`${name} is not a system that Hearthline is made for`, remedy);
}

/** What packages are made for: those of a minor version fit its others. */
export const packagesTarget = ({ id, version }: OsRelease): string => `${id} ${version}`;

/** What a bundle brings along fits the system that it was made on. `target`: of the bundle; undefined without packages. */
export function checkPackages(system: OsRelease, target: string | undefined): Finding {
  if (target === undefined) return ok("packages from the machine's own sources");
  if (target === packagesTarget(system)) return ok('packages from the bundle');
  return fault(
    `the bundle's packages are for ${target}, and this is ${system.name}`,
    'Use a bundle made on this system, or install from a clone with its own package sources.',
  );
}

export function checkProcessor(release: { platform: string; arch: string }, count: number): Finding {
  if (release.platform !== process.platform || release.arch !== process.arch)
    return fault(
      `the release is for ${release.platform} ${release.arch}, this machine is ${process.platform} ${process.arch}`,
      'Get the bundle for this kind of machine.',
    );
  if (count < 2)
    return warning('one processor', 'Give the machine two or more: audio and routing share them.');
  return ok(`${count} processors`);
}

const gigabyte = 1024 ** 3;
const inGigabytes = (bytes: number) => `${(bytes / gigabyte).toFixed(1)} GB`;

export function checkMemory(bytes: number): Finding {
  if (bytes < 1.8 * gigabyte)
    return fault(`${inGigabytes(bytes)} of memory`, 'Give the machine 4 GB, better 8.');
  if (bytes < 3.8 * gigabyte)
    return warning(`${inGigabytes(bytes)} of memory`, '4 GB carry a small centre, 8 GB a hundred agents.');
  return ok(`${inGigabytes(bytes)} of memory`);
}

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at)) at = at.slice(0, at.lastIndexOf('/')) || '/';
  return at;
}

/** Free bytes where `path` is or will be. */
function freeAt(path: string): { bytes: number; device: number } {
  const at = nearestExisting(path);
  const { bavail, bsize } = statfsSync(at);
  return { bytes: bavail * bsize, device: statSync(at).dev };
}

export function checkDisk(programs: number, data: number, isOneDisk: boolean): Finding[] {
  const findings: Finding[] = [];
  const needed = isOneDisk ? 3 * gigabyte : 1 * gigabyte;
  findings.push(
    programs < needed
      ? fault(
          `${inGigabytes(programs)} free for the programs (/opt)`,
          `Make room: ${inGigabytes(needed)} are needed.`,
        )
      : ok(`${inGigabytes(programs)} free for the programs`),
  );
  if (data < 2 * gigabyte)
    findings.push(
      fault(
        `${inGigabytes(data)} free for the data (/var/lib)`,
        'Make room: 2 GB at the very least, 50 GB for a start.',
      ),
    );
  else if (data < 20 * gigabyte)
    findings.push(
      warning(
        `${inGigabytes(data)} free for the data`,
        'An hour of recorded conversation takes 58 MB; see the sizing in docs/sizing.md.',
      ),
    );
  else findings.push(ok(`${inGigabytes(data)} free for the data`));
  if (isOneDisk)
    findings.push(
      warning(
        'programs, data and the system share one file system',
        'Put /var/lib/hearthline on one of its own: then recordings can never fill the system.',
      ),
    );
  return findings;
}

const yearSec = 365.25 * 24 * 3600;

/** Against what cannot be later than now: the release's own commit and the newest file of the system's package list. */
export function checkClock(nowSec: number, committedAtSec: number, newestFileSec: number): Finding {
  const date = new Date(nowSec * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const remedy =
    'Set the clock (timedatectl set-time, chronyd -q) and begin again: records and certificates depend on it.';
  if (nowSec < committedAtSec - 86_400)
    return fault(`the clock says ${date} UTC, before this release was made`, remedy);
  if (nowSec < newestFileSec - 86_400)
    return fault(`the clock says ${date} UTC, before files of this system were written`, remedy);
  if (nowSec > committedAtSec + 5 * yearSec)
    return fault(`the clock says ${date} UTC, more than five years after this release was made`, remedy);
  if (nowSec > Math.max(committedAtSec, newestFileSec) + 0.9 * yearSec)
    return warning(
      `the clock says ${date} UTC, about a year after anything else on this machine`,
      'If that is not so, set the clock first.',
    );
  return ok(`the clock says ${date} UTC`);
}

async function checkTimeSync(isSystemd: boolean): Promise<Finding> {
  const remedy = 'Install chrony, or switch on systemd-timesyncd, with the time server of the building.';
  if (hasProgram('chronyc')) {
    const tracking = await runProgram('chronyc', ['-n', 'tracking'], { timeoutMs: 5000 }).catch(() => '');
    if (/Leap status\s*: Normal/.test(tracking)) return ok('the clock is kept by chrony');
  }
  if (isSystemd) {
    const show = await runProgram('timedatectl', ['show', '-p', 'NTPSynchronized'], {
      timeoutMs: 5000,
    }).catch(() => '');
    if (show.includes('=yes')) return ok('the clock is kept in time');
  }
  return warning('nothing keeps the clock in time', remedy);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function checkMandatoryAccess(): Finding {
  if (read('/sys/fs/selinux/enforce') === '1')
    return warning(
      'SELinux is enforcing',
      'The installer labels its folders by restorecon; look at ausearch -m avc should a service not start (docs/install.md).',
    );
  if (read('/sys/module/apparmor/parameters/enabled') === 'Y')
    return ok('AppArmor is on and has no profile against Hearthline');
  return ok('neither SELinux nor AppArmor stands in the way');
}

/** Other programs that want the same ports and the same calls. */
const rivals = ['asterisk', 'freeswitch', 'kamailio', 'opensips', 'drachtio', 'rtpengine', 'rtpproxy'];

function runningPrograms(): Set<string> {
  const names = readdirSync('/proc').flatMap((entry) =>
    /^\d+$/.test(entry) ? [read(`/proc/${entry}/comm`)] : [],
  );
  return new Set(names);
}

export function checkRivals(running: ReadonlySet<string>): Finding {
  const found = rivals.filter((name) => running.has(name));
  if (found.length === 0) return ok('no other telephone system runs here');
  return warning(
    `${found.join(' and ')} ${found.length === 1 ? 'runs' : 'run'} on this machine`,
    'Give Hearthline a machine of its own, or see that their ports and ours differ.',
  );
}

async function checkName(): Promise<Finding> {
  try {
    await lookup(hostname());
    return ok(`the machine's name ${hostname()} resolves`);
  } catch {
    return warning(
      `the machine's own name ${hostname()} does not resolve`,
      `Add a line to /etc/hosts: 127.0.1.1 ${hostname()}`,
    );
  }
}

async function checkPorts(answers: Answers, isRunning: boolean): Promise<Finding[]> {
  if (isRunning) return [ok('its ports are held by the Hearthline that runs')];
  const settings = readSettings(parseEnv(settingsText(answers)), '/');
  const faults = await portFaults(settings);
  if (faults.length === 0) return [ok('all ports are free')];
  return faults.map((text) =>
    fault(
      text.replace(/ End that, or choose another: .*$/, ''),
      'End that program, or choose another port in the answers (ports).',
    ),
  );
}

function checkSystemd(isSystemd: boolean, willStart: boolean): Finding {
  if (isSystemd) return ok('systemd runs this machine');
  if (willStart)
    return fault(
      'systemd does not run here',
      'Run it on the machine itself, or with --no-start, which puts all in place and starts nothing.',
    );
  return warning('systemd does not run here', 'Nothing is started: the units are put in place only.');
}

function newestFileSec(): number {
  const files = ['/var/lib/dpkg/status', '/var/lib/rpm/rpmdb.sqlite', '/etc/passwd'];
  return Math.max(...files.map((file) => (existsSync(file) ? statSync(file).mtimeMs / 1000 : 0)));
}

export async function preflight(context: InstallContext): Promise<Finding[]> {
  const { answers, release, places, isSystemd } = context;
  const system = readOsRelease(read('/etc/os-release'));
  const programs = freeAt(places.optDir);
  const data = freeAt(places.dataDir);
  const running = runningPrograms();
  const isRunning = existsSync(`${places.runDir}/server/admin.sock`);
  return [
    checkSystem(system),
    checkPackages(system, read(join(context.staged, 'packages/target')) || undefined),
    checkSystemd(isSystemd, answers.start),
    checkProcessor(release, cpus().length),
    checkMemory(totalmem()),
    ...checkDisk(programs.bytes, data.bytes, programs.device === data.device),
    checkClock(Date.now() / 1000, release.committedAtSec, newestFileSec()),
    await checkTimeSync(isSystemd),
    checkMandatoryAccess(),
    checkRivals(running),
    await checkName(),
    ...(await checkPorts(answers, isRunning)),
    ...checkMove(answers, read(places.settingsFile), ownStoresFilled()),
    ...(await checkStores(answers, places)),
  ];
}
