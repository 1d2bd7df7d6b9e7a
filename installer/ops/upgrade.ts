/**
 * `hearthline upgrade BUNDLE`: checks the bundle, rehearses on a copy, then turns over with the calls in progress kept. Whatever
 * goes wrong, and a power cut at any moment, leads back to the version that ran before (upgrade/journal.ts). Versions may be
 * skipped. `hearthline rollback` is the way back afterwards.
 */
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CliIo } from '../cli-io.ts';
import type { OpsCommand } from '../cli.ts';
import { CliError } from '../admin-socket.ts';
import type { House, MachinePlaces } from '../house.ts';
import { InstallError, runProgram } from '../install/system.ts';
import { putRelease } from '../install/steps/release.ts';
import { bankStores } from '../bank-stores.ts';
import { openBundle, type OpenBundle } from '../release/bundle-file.ts';
import { readReleaseInfo, releaseName, type ReleaseInfo } from '../release/release-info.ts';
import { readWords } from './read-options.ts';
import { tellAudit } from './tell-audit.ts';
import { legsUp } from './upgrade/calls.ts';
import { closeJournal, isUnderWay, openJournal, readJournal, writeHistory } from './upgrade/journal.ts';
import { putInForce, restartEngines, startServer, stopServer, takeSchemaBack } from './upgrade/switch.ts';

const usage = `Usage: hearthline upgrade BUNDLE [--key FILE] [--skip-rehearsal] [--rehearse-only]
       hearthline upgrade --finish
  --key FILE          the public key of the bundle; that of the installation where none is named
  --rehearse-only     says whether it would go well, and changes nothing
  --skip-rehearsal    without the rehearsal on a copy
  --finish            starts the engines of the new version, once no call is up (--now: in any case)`;

function machineOf(house: House): MachinePlaces {
  if (!house.machine)
    throw new CliError(
      'Only an installed Hearthline is upgraded like this; in a clone: git pull, npm start.',
    );
  return house.machine;
}

function refuseUnfit(now: ReleaseInfo, next: ReleaseInfo): void {
  if (now.commit === next.commit)
    throw new CliError(`${releaseName(now)} is in force already. Nothing was done.`);
  if (next.platform !== now.platform || next.arch !== now.arch)
    throw new CliError(
      `The bundle is for ${next.platform} ${next.arch}; this machine is ${now.platform} ${now.arch}.`,
    );
  if (next.schema < now.schema || next.committedAtSec < now.committedAtSec)
    throw new CliError(
      `${releaseName(next)} is older than ${releaseName(now)}, which is in force. To go back: hearthline rollback`,
    );
}

function refuseSecond(places: MachinePlaces): void {
  const journal = readJournal(places);
  if (!journal) return;
  throw new CliError(
    isUnderWay(journal)
      ? 'Another upgrade is under way. Nothing was done.'
      : `An upgrade to ${journal.to} was cut off. First: hearthline settle (which the next start does as well).`,
  );
}

/** A rehearsal is on a copy of the stores' files, which those of the bank do not give. */
function refuseRehearsal(house: House, { skipRehearsal }: Options): void {
  const banks = bankStores(house.settings);
  if (banks.length === 0 || skipRehearsal) return;
  const named = banks.map(({ title, at }) => `${title} (${at})`).join(' and ');
  throw new CliError(
    `An upgrade cannot be rehearsed here: ${named} ${banks.length === 1 ? 'is' : 'are'} the bank's own, and a rehearsal works on a copy that only our own stores can give.\n` +
      'Have the database backed up, then: hearthline upgrade BUNDLE --skip-rehearsal. Where it does not go well it goes back by itself all the same. Nothing was done.',
  );
}

/** On a copy, by the new release, which knows what is to become of the data. */
async function rehearse(program: string, io: CliIo): Promise<void> {
  io.out('Rehearsing on a copy');
  const said = await runProgram(program, ['rehearse'], { timeoutMs: 3_600_000 }).catch((error: Error) => {
    throw new InstallError(`The rehearsal failed, and nothing was changed.\n${error.message}`, {
      cause: error,
    });
  });
  io.out(said.trimEnd());
}

interface Turn {
  places: MachinePlaces;
  from: ReleaseInfo;
  to: ReleaseInfo;
}

async function turnOver({ places, from, to }: Turn, io: CliIo): Promise<void> {
  const names = { from: releaseName(from), to: releaseName(to) };
  openJournal(places, { ...names, fromSchema: from.schema });
  try {
    io.out('Stopping the server (calls go on)');
    const stoppedAt = performance.now();
    await stopServer();
    io.out(`Putting ${names.to} in force`);
    await putInForce(places, names.to, names.from);
    io.out('Starting the server');
    await startServer((text) => io.out(text));
    io.out(`Routing stood still for ${((performance.now() - stoppedAt) / 1000).toFixed(1)} s.`);
  } catch (error) {
    io.error(`It did not go well: ${(error as Error).message}\nGoing back to ${names.from}`);
    await goBack(places, { ...names, fromSchema: from.schema }, io);
    throw new InstallError(`${names.from} is in force again. Nothing was lost.`, { cause: error });
  }
  writeHistory(places, { current: names.to, previous: names.from, previousSchema: from.schema });
  closeJournal(places);
}

export interface WayBack {
  from: string;
  to: string;
  fromSchema: string;
}

/** From `to` to `from`: also where only some of it had been done. */
export async function goBack(
  places: MachinePlaces,
  { from, to, fromSchema }: WayBack,
  io: CliIo,
): Promise<void> {
  await stopServer();
  io.out(await takeSchemaBack(places, to, fromSchema));
  await putInForce(places, from, to);
  await startServer((text) => io.out(text));
  closeJournal(places);
}

/** The engines go on with the version that they run, until nobody talks. */
async function finish(house: House, isNow: boolean, io: CliIo): Promise<number> {
  const legs = await legsUp(house);
  if (legs > 0 && !isNow) {
    io.out(
      `Calls are up (legs: ${legs}), so the SIP and the media engine go on with the version before.\nWhen it is quiet: hearthline upgrade --finish`,
    );
    return 0;
  }
  await restartEngines();
  await startServer((text) => io.out(text));
  io.out('The SIP and the media engine run the version in force.');
  return 0;
}

async function upgrade(house: House, bundle: OpenBundle, options: Options, io: CliIo): Promise<number> {
  const places = machineOf(house);
  const from = readReleaseInfo(places.currentLink);
  const to = bundle.release;
  refuseUnfit(from, to);
  io.out(`From ${releaseName(from)} to ${releaseName(to)}`);
  const dir = await putRelease(join(bundle.dir, 'release'), places, to);
  if (!options.skipRehearsal) await rehearse(join(dir, 'bin/hearthline'), io);
  if (options.rehearseOnly) {
    io.out('It would go well. Nothing was changed.');
    return 0;
  }
  const details = { version: releaseName(to), from: releaseName(from) };
  try {
    await turnOver({ places, from, to }, io);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!;
    await tellAudit(house, { action: 'upgrade.failed', details: { ...details, reason } }, io);
    throw error;
  }
  await tellAudit(house, { action: 'upgrade.done', details }, io);
  io.out(`Hearthline ${releaseName(to)} is in force. Back: hearthline rollback`);
  return finish(house, false, io);
}

interface Options {
  bundle: string | undefined;
  key: string | undefined;
  skipRehearsal: boolean;
  rehearseOnly: boolean;
  finish: boolean;
  now: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const options = {
  key: { type: 'string' },
  'skip-rehearsal': flag,
  'rehearse-only': flag,
  finish: flag,
  now: flag,
  help: flag,
} as const;

function optionsOf(args: string[]): Options | undefined {
  const { values, positionals } = readWords(args, options, usage);
  if (values.help) return undefined;
  return {
    bundle: positionals[0],
    key: values.key,
    skipRehearsal: values['skip-rehearsal'],
    rehearseOnly: values['rehearse-only'],
    finish: values.finish,
    now: values.now,
  };
}

export const upgradeCommand: OpsCommand = async (args, house, io) => {
  const options = optionsOf(args);
  if (!options) {
    io.out(usage);
    return 0;
  }
  const places = machineOf(house);
  if (options.finish) return finish(house, options.now, io);
  if (options.bundle === undefined) throw new CliError(usage);
  refuseRehearsal(house, options);
  refuseSecond(places);
  const key = options.key === undefined ? places.releaseKeyFile : resolve(options.key);
  if (!existsSync(key))
    throw new CliError(`The key of the bundle is not in ${key}: name it with --key FILE.`);
  const staged = join(places.stateDir, 'staged');
  try {
    const bundle = await openBundle(resolve(options.bundle), key, staged);
    return await upgrade(house, bundle, options, io);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    io.error(error.message);
    return 1;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
};
