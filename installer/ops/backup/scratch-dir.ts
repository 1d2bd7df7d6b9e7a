/**
 * A directory for a while, on a disk with room, that the databases' users can reach. Its name says whose it is, so that one of
 * a killed process is found and removed by the next.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { canReach, serviceUser } from '../../privilege.ts';
import { identify } from '../../process-table.ts';
import { freeBytes, sizeText } from './durable.ts';

const prefix = 'hearthline-scratch-';

function isOfNobody(name: string): boolean {
  const [pid = '', ticks] = name.slice(prefix.length).split('-');
  return identify(Number(pid))?.startTicks !== ticks;
}

function removeStale(base: string): void {
  for (const name of readdirSync(base))
    if (name.startsWith(prefix) && isOfNobody(name))
      rmSync(join(base, name), { recursive: true, force: true });
}

/** Throws CliError where no place has room. */
export function makeScratchDir(
  house: Pick<House, 'layout'>,
  neededBytes: number,
): { dir: string; remove(): void } {
  const users = [house.layout.postgres.runAs ?? serviceUser(['postgres']), serviceUser(['redis'])];
  const bases = [house.layout.dataDir, '/var/tmp', tmpdir()].filter(
    (base) => existsSync(base) && users.every((user) => !user || canReach(user, base)),
  );
  for (const base of bases) removeStale(base);
  const base = bases.find((one) => freeBytes(one) > neededBytes);
  if (base === undefined)
    throw new CliError(
      `${sizeText(neededBytes)} are needed for a while, and neither of these has them free: ${bases.join(', ')}.`,
    );
  const own = identify(process.pid);
  const dir = join(base, `${prefix}${process.pid}-${own?.startTicks ?? '0'}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { mode: 0o711 });
  chmodSync(dir, 0o711);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
