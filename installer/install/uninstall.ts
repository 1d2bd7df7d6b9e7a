/**
 * `install.sh --uninstall`: takes away the programs, units and settings of the system, and keeps what is kept of the house: data,
 * settings, users. `--purge` takes those too, after asking.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { CliIo } from '../cli-io.ts';
import type { LoneCommand } from '../cli.ts';
import { readOptions } from '../ops/read-options.ts';
import { machinePlaces, serviceGroup, serviceUsers, type MachinePlaces } from '../house.ts';
import { accountNamed } from '../privilege.ts';
import { commandLink } from './steps/release.ts';
import { InstallError, isSystemdRunning, runProgram } from './system.ts';

const usage = `Usage: install.sh --uninstall [--purge] [--yes] [--dry-run]
  --purge     also removes all data, settings and users: recordings and history are gone for good
  --yes       does not ask`;

const systemFiles = ['/etc/sysctl.d/60-hearthline.conf', '/etc/systemd/journald.conf.d/60-hearthline.conf'];

function unitPaths({ unitsDir }: MachinePlaces): string[] {
  const under = (dir: string) =>
    existsSync(dir)
      ? readdirSync(dir)
          .filter((name) => name.startsWith('hearthline'))
          .map((name) => join(dir, name))
      : [];
  return [
    ...under(unitsDir),
    ...under(join(unitsDir, 'multi-user.target.wants')),
    ...under(join(unitsDir, 'timers.target.wants')),
  ];
}

async function stopAll(places: MachinePlaces, io: CliIo): Promise<void> {
  if (!isSystemdRunning()) return;
  await runProgram('systemctl', ['disable', '--now', '--quiet', 'hearthline.target']).catch((error: Error) =>
    io.error(`  ${error.message.split('\n')[0]}`),
  );
  const units = readdirSync(places.unitsDir).filter((name) =>
    /^hearthline.*\.(service|timer|path)$/.test(name),
  );
  await runProgram('systemctl', ['stop', 'hearthline.target', ...units], { timeoutMs: 180_000 });
  // A unit that failed once stays listed when its file is gone. There may be none.
  await runProgram('systemctl', ['reset-failed', ...units]).catch(() => undefined);
}

/** Whatever of ours still runs would go on with files that are gone. */
function refuseRunning({ runDir }: MachinePlaces): void {
  const sockets = [join(runDir, 'pg/.s.PGSQL.5432.lock'), join(runDir, 'server/admin.sock')];
  const found = sockets.find((file) => existsSync(file));
  if (found !== undefined)
    throw new InstallError(`Hearthline still runs (${found}). Stop it first. Nothing was removed.`);
}

async function isSure(io: CliIo, places: MachinePlaces): Promise<boolean> {
  if (!process.stdin.isTTY) {
    io.error('--purge needs --yes where there is no terminal to ask on. Nothing was removed.');
    return false;
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const text = await reader.question(
      `All data in ${places.dataDir} will be gone for good. Type "purge" to go on: `,
    );
    return text.trim() === 'purge';
  } finally {
    reader.close();
  }
}

async function removeUsers(): Promise<void> {
  for (const user of Object.values(serviceUsers)) if (accountNamed(user)) await runProgram('userdel', [user]);
  await runProgram('groupdel', [serviceGroup]).catch(() => undefined);
}

const flag = { type: 'boolean', default: false } as const;
const options = { purge: flag, yes: flag, 'dry-run': flag, help: flag } as const;

export const uninstallCommand: LoneCommand = async (args, io) => {
  const values = readOptions(args, options, usage);
  if (values.help) {
    io.out(usage);
    return 0;
  }
  const places = machinePlaces();
  const remove = [...unitPaths(places), ...systemFiles, commandLink, places.optDir, places.runDir];
  if (values.purge) remove.push(places.dataDir, places.etcDir);
  if (values['dry-run']) {
    for (const path of remove.filter((one) => existsSync(one))) io.out(`would remove ${path}`);
    return 0;
  }
  if (values.purge && !values.yes && !(await isSure(io, places))) return 1;
  await stopAll(places, io);
  refuseRunning(places);
  for (const path of remove) rmSync(path, { recursive: true, force: true });
  if (isSystemdRunning()) await runProgram('systemctl', ['daemon-reload']);
  if (values.purge) await removeUsers();
  io.out(
    values.purge
      ? 'Hearthline is gone, with all its data.'
      : `Hearthline's programs are gone. Its data are in ${places.dataDir}, its settings in ${places.etcDir}.`,
  );
  return 0;
};
