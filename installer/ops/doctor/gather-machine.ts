/** What an installed machine has around the processes: units, releases, directories, firewall, kernel. It reads only. */
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import type { House, MachinePlaces } from '../../house.ts';
import { readAnswers, settingsText } from '../../install/answers.ts';
import { holds, isDirectoryAs } from '../../system-files.ts';
import { readInstallState } from '../../install/state.ts';
import { wantedDirectories } from '../../install/steps/directories.ts';
import { kernelSettings } from '../../install/steps/kernel.ts';
import { unitFiles } from '../../install/steps/units.ts';
import { isSystemdRunning, runProgram } from '../../install/system.ts';
import { limitedServices } from '../../networks/compile.ts';
import { isRoot } from '../../privilege.ts';
import { dropInFile, networksCommand } from '../networks.ts';
import type { ProcessStatus } from '../status/processes.ts';
import { isUnderWay, readJournal } from '../upgrade/journal.ts';
import type { MachineFacts, UnitState } from './facts.ts';

const quickMs = 10_000;

/** The answer of `systemctl show`: paragraphs of `Name=value`. */
export function readUnits(text: string): UnitState[] {
  return text
    .split(/\n\n+/)
    .map(
      (paragraph) =>
        new Map(paragraph.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string])),
    )
    .filter((unit) => unit.has('Id'))
    .map((unit) => ({
      name: unit.get('Id')!,
      active: unit.get('ActiveState') ?? '',
      restarts: Number(unit.get('NRestarts') ?? 0),
      result: unit.get('Result') ?? '',
    }));
}

export async function unitStates({ unitsDir, currentLink }: MachinePlaces): Promise<UnitState[]> {
  if (!isSystemdRunning()) return [];
  const names = unitFiles(join(currentLink, 'systemd'), unitsDir).map(({ path }) => basename(path));
  const shown = ['--property=Id,ActiveState,NRestarts,Result', ...names];
  return readUnits(await runProgram('systemctl', ['show', ...shown], { timeoutMs: quickMs }));
}

/** By the program that runs: a process keeps the release that it was started with. */
function otherReleases(
  places: MachinePlaces,
  processes: readonly ProcessStatus[],
): MachineFacts['otherReleases'] {
  const current = realpathSync(places.currentLink);
  const found: MachineFacts['otherReleases'] = {};
  for (const { name, pid } of processes) {
    if (pid === undefined || !['sip', 'media', 'server'].includes(name)) continue;
    const program = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    if (program.startsWith(`${places.releasesDir}/`) && !program.startsWith(`${current}/`))
      found[name] = program.slice(places.releasesDir.length + 1).split('/')[0]!;
  }
  return found;
}

function wrongDirectories(places: MachinePlaces): MachineFacts['wrongDirectories'] {
  return wantedDirectories(places).flatMap((one) => {
    if (typeof one === 'string')
      return [
        { path: one, wanted: 'there, and its user is not', remedy: 'Run install.sh of the release again.' },
      ];
    if (isDirectoryAs(one)) return [];
    const { path, uid, gid, mode } = one;
    // A database's own directory may be a link to a disk of its own, which the owner of the machine made.
    if (existsSync(path) && lstatSync(path).isSymbolicLink()) return [];
    const octal = mode.toString(8);
    const make = existsSync(path) ? '' : `mkdir -p ${path} && `;
    return [
      {
        path,
        wanted: `a directory of user ${uid}, group ${gid}, mode ${octal}`,
        remedy: `${make}chown ${uid}:${gid} ${path} && chmod ${octal} ${path}`,
      },
    ];
  });
}

async function firewallState(places: MachinePlaces): Promise<MachineFacts['firewall']> {
  if (existsSync(places.answersFile) && !readAnswers(places.answersFile).firewall) return 'off';
  if (!existsSync(join(places.etcDir, 'firewall.nft'))) return 'no-file';
  if (!isRoot()) return 'unknown';
  try {
    await runProgram('nft', ['list', 'table', 'inet', 'hearthline'], { timeoutMs: quickMs });
    return 'loaded';
  } catch {
    return 'not-loaded';
  }
}

function differingSettings({ answersFile, settingsFile }: MachinePlaces): string[] {
  if (!existsSync(answersFile)) return [];
  const answered = parseEnv(settingsText(readAnswers(answersFile)));
  const set = parseEnv(readFileSync(settingsFile, 'utf8'));
  return Object.keys(answered).filter((name) => answered[name] !== set[name]);
}

function kernelDifferences(): MachineFacts['kernel'] {
  return kernelSettings.flatMap(([name, wanted]) => {
    const file = join('/proc/sys', name.replaceAll('.', '/'));
    if (!existsSync(file)) return [];
    const found = readFileSync(file, 'utf8').trim();
    // More room than is asked for is no fault.
    const isEnough = name.startsWith('net.') ? Number(found) >= Number(wanted) : found === wanted;
    return isEnough ? [] : [{ name, wanted, found }];
  });
}

async function isClockSynchronized(): Promise<boolean | undefined> {
  if (!isSystemdRunning()) return undefined;
  const said = await runProgram('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    timeoutMs: quickMs,
  });
  return said.trim() === 'yes';
}

async function wouldChangeNetworks(house: House): Promise<boolean> {
  const said: string[] = [];
  await networksCommand(['apply', '--dry-run'], house, {
    out: (text) => void said.push(text),
    error: () => undefined,
  });
  return !said.includes('Nothing changes.');
}

type Attempt = <T>(what: string, look: () => T | Promise<T>) => Promise<T | undefined>;

/** `attempt` notes what could not be looked at, so that one thing that is broken hides no other. */
export async function gatherMachine(
  house: House,
  processes: readonly ProcessStatus[],
  attempt: Attempt,
): Promise<MachineFacts | undefined> {
  const places = house.machine;
  if (!places) return undefined;
  const journal = await attempt('the journal of upgrades', () => readJournal(places));
  const installStep = readInstallState(places)?.step;
  const current = await attempt('the release in force', () => basename(realpathSync(places.currentLink)));
  const isSynchronized = await attempt('how the clock is kept', isClockSynchronized);
  return {
    units: (await attempt('the units of systemd', () => unitStates(places))) ?? [],
    otherReleases: (await attempt('the releases that run', () => otherReleases(places, processes))) ?? {},
    ...(current !== undefined && { currentRelease: current }),
    ...(journal && { upgrade: { from: journal.from, to: journal.to, isUnderWay: isUnderWay(journal) } }),
    ...(installStep !== undefined && { installStep }),
    wrongDirectories: (await attempt('directories', () => wrongDirectories(places))) ?? [],
    differingUnits:
      (await attempt('the files of units', () =>
        unitFiles(join(places.currentLink, 'systemd'), places.unitsDir)
          .filter((file) => !holds(file))
          .map(({ path }) => path),
      )) ?? [],
    missingDropIns: limitedServices.map((one) => dropInFile(places, one)).filter((file) => !existsSync(file)),
    networksChange: (await attempt('networks of the services', () => wouldChangeNetworks(house))) ?? false,
    firewall: (await attempt('the firewall', () => firewallState(places))) ?? 'unknown',
    kernel: kernelDifferences(),
    differingSettings: (await attempt('answers and settings', () => differingSettings(places))) ?? [],
    ...(isSynchronized !== undefined && { isClockSynchronized: isSynchronized }),
  };
}
