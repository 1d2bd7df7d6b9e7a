/**
 * From one release to the other: the server is stopped, the link turned, the server started; the SIP and the media engine stay,
 * and with them every call. On the way back the schema goes back first, by the newer release, which alone knows how.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askHealth } from '../../health.ts';
import { installedHouse, type MachinePlaces } from '../../house.ts';
import { holds, linkTo, writeWhole } from '../../system-files.ts';
import { unitFiles } from '../../install/steps/units.ts';
import { InstallError, isSystemdRunning, runProgram } from '../../install/system.ts';

export const serverUnit = 'hearthline-server.service';
const readyMs = 120_000;

export const releaseDir = (places: MachinePlaces, name: string): string => join(places.releasesDir, name);

/** Programs, and units that differ; a unit that the release does not have goes. */
export async function putInForce(places: MachinePlaces, name: string, other: string): Promise<void> {
  const wanted = unitFiles(join(releaseDir(places, name), 'systemd'), places.unitsDir);
  const kept = new Set(wanted.map(({ path }) => path));
  for (const file of wanted) if (!holds(file)) writeWhole(file);
  const others = join(releaseDir(places, other), 'systemd');
  if (existsSync(others))
    for (const { path } of unitFiles(others, places.unitsDir))
      if (!kept.has(path)) rmSync(path, { force: true });
  linkTo(places.currentLink, join('releases', name));
  // By its own program; a release from before there was this command keeps what it finds, which the databases run with already.
  await runProgram(join(releaseDir(places, name), 'bin/hearthline'), ['settings', 'write']).catch(
    () => undefined,
  );
  if (isSystemdRunning()) await runProgram('systemctl', ['daemon-reload']);
}

export const stopServer = () => runProgram('systemctl', ['stop', serverUnit], { timeoutMs: 120_000 });

export async function startServer(say: (text: string) => void): Promise<void> {
  await runProgram('systemctl', ['start', serverUnit], { timeoutMs: 900_000 });
  const { settings } = installedHouse();
  const endAt = performance.now() + readyMs;
  let told = '';
  for (;;) {
    const health = await askHealth(settings);
    if (health.isReady) return;
    const waiting = health.waitingFor.join(', ');
    if (performance.now() > endAt) throw new InstallError(`the server is not ready: ${waiting}`);
    if (waiting !== told) say(`    waiting for: ${waiting}`);
    told = waiting;
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

/** By the program of `release`, whose migrations go further than `schema`. The server must be stopped, Postgres must run. */
export async function takeSchemaBack(
  places: MachinePlaces,
  release: string,
  schema: string,
): Promise<string> {
  const program = join(releaseDir(places, release), 'bin/hearthline');
  return (await runProgram(program, ['schema', 'back', '--to', schema], { timeoutMs: 1_800_000 })).trim();
}

/** Starts the engines anew, each with the release in force; calls in progress would end. */
export async function restartEngines(): Promise<void> {
  await runProgram('systemctl', ['restart', 'hearthline-sip.service', 'hearthline-media.service'], {
    timeoutMs: 120_000,
  });
}
