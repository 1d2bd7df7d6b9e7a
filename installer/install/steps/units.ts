/**
 * The units of systemd, copied out of the release, and switched on. Where the bank has a store of its own, ours has no unit, and backups none:
 * those that are there are stopped and taken away, the data stay.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { installedHouse, machinePlaces } from '../../house.ts';
import { holds, writeWhole, type FileWish } from '../../system-files.ts';
import { type BankStores, type StoreName, storeNames, unneededUnits } from '../bank-stores.ts';
import type { InstallContext, Step } from '../step.ts';
import { runProgram } from '../system.ts';

const isUnit = (name: string) => /^hearthline.*\.(service|target|timer|path|socket|slice)$/.test(name);

/** Of the house of this machine; empty before there is one. */
const storesInForce = (): BankStores =>
  existsSync(machinePlaces().settingsFile) ? installedHouse().settings : {};

/** Those of a release that a house with these stores of the bank's needs. */
export function unitFiles(
  source: string,
  unitsDir: string,
  stores: BankStores = storesInForce(),
): FileWish[] {
  const unneeded = unneededUnits(stores);
  return readdirSync(source)
    .filter((name) => isUnit(name) && !unneeded.includes(name))
    .sort()
    .map((name) => ({
      path: join(unitsDir, name),
      text: readFileSync(join(source, name), 'utf8'),
      mode: 0o644,
    }));
}

const wanted = ({ staged, places, answers, isRealTime }: InstallContext) => [
  ...unitFiles(join(staged, 'release/systemd'), places.unitsDir, answers),
  ...dropIns(join(staged, 'release/systemd'), places.unitsDir, {
    isRealTime,
    hasLowPort: Math.min(answers.ports.web, answers.ports.public) < 1024,
    passwords: storeNames.filter((store) => answers[store]?.passwordFile !== undefined),
    hasOwnPostgres: answers.postgres !== undefined,
  }),
];

export interface Machine {
  /** Whether it lets a service have the real-time class. */
  isRealTime: boolean;
  hasLowPort: boolean;
  /** Stores of the bank's own that ask for a password. */
  passwords: readonly StoreName[];
  hasOwnPostgres: boolean;
}

const settleDropIn = 'own-postgres-settle.conf';

const storeDropIn = (store: StoreName) => `own-${store}.conf`;

/** What this machine needs beside the units themselves. */
export function dropIns(
  source: string,
  unitsDir: string,
  { isRealTime, hasLowPort, passwords, hasOwnPostgres }: Machine,
): FileWish[] {
  const list: [isNeeded: boolean, name: string, service: string][] = [
    [!isRealTime, 'no-real-time.conf', 'media'],
    [hasLowPort, 'low-ports.conf', 'server'],
    [hasOwnPostgres, settleDropIn, 'settle'],
    ...storeNames.map((store): [boolean, string, string] => [
      passwords.includes(store),
      storeDropIn(store),
      'server',
    ]),
  ];
  return list
    .filter(([isNeeded]) => isNeeded)
    .map(([, name, service]) => ({
      path: join(unitsDir, `hearthline-${service}.service.d`, name),
      text: readFileSync(join(source, 'drop-ins', name), 'utf8'),
      mode: 0o644,
    }));
}

const unneededFiles = ({ answers, places: { unitsDir } }: InstallContext): string[] =>
  unneededUnits(answers)
    .map((name) => join(unitsDir, name))
    .filter((file) => existsSync(file));

/** A password that the answers no longer name is not handed over, and nobody speaks to a store that is no longer used. */
const unneededDropIns = ({ answers, places: { unitsDir } }: InstallContext): string[] =>
  [
    ...storeNames
      .filter((store) => answers[store]?.passwordFile === undefined)
      .map((store) => join('hearthline-server.service.d', storeDropIn(store))),
    ...(answers.postgres ? [] : [join('hearthline-settle.service.d', settleDropIn)]),
  ]
    .map((name) => join(unitsDir, name))
    .filter((file) => existsSync(file));

/** The target, and the timers and paths that it does not pull in. */
export function unitsToEnable(names: readonly string[]): string[] {
  return names.filter((name) => /\.(target|timer|path)$/.test(name));
}

const isEnabled = (unitsDir: string) =>
  existsSync(join(unitsDir, 'multi-user.target.wants/hearthline.target'));

/** The server first: it writes what it still has to write. Calls go on, and the step that starts brings it back. */
async function takeAway(context: InstallContext, files: readonly string[]): Promise<void> {
  const names = files.map((file) => basename(file));
  if (context.isSystemd && files.length > 0)
    for (const name of ['hearthline-server.service', ...names])
      await runProgram('systemctl', ['stop', name], { timeoutMs: 180_000 });
  const enabled = unitsToEnable(names);
  if (enabled.length > 0)
    await runProgram('systemctl', ['disable', '--quiet', ...enabled]).catch((error: Error) => {
      if (context.isSystemd) throw error;
    });
  for (const file of [...files, ...unneededDropIns(context)]) rmSync(file);
}

export const unitsStep: Step = {
  number: 11,
  title: 'Units of systemd',
  check: (context) => [
    ...wanted(context)
      .filter((file) => !holds(file))
      .map(({ path }) => `write ${path}`),
    ...[...unneededFiles(context), ...unneededDropIns(context)].map((file) => `remove ${file}`),
    ...(isEnabled(context.places.unitsDir) ? [] : ['start with the machine']),
  ],
  apply: async (context) => {
    await takeAway(context, unneededFiles(context));
    const files = wanted(context);
    for (const file of files) if (!holds(file)) writeWhole(file);
    if (context.isSystemd) await runProgram('systemctl', ['daemon-reload']);
    const names = unitsToEnable(files.map(({ path }) => basename(path)));
    // Without a running systemd it works on the files alone, where the program is there at all.
    await runProgram('systemctl', ['enable', '--quiet', ...names]).catch((error: Error) => {
      if (context.isSystemd) throw error;
      context.say('    not switched on: systemd is not on this system');
    });
  },
};
