/** What an installation remembers of itself, so that one that was cut off says where it goes on. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MachinePlaces } from '../house.ts';
import { writeWhole } from '../system-files.ts';

const stateSchema = z.object({
  release: z.string(),
  /** The step that was begun and not seen to end. */
  step: z.number().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});

export type InstallState = z.infer<typeof stateSchema>;

const fileIn = (places: MachinePlaces) => join(places.stateDir, 'install.json');

export function readInstallState(places: MachinePlaces): InstallState | undefined {
  const file = fileIn(places);
  if (!existsSync(file)) return undefined;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Whatever it says, each step looks for itself.
    return undefined;
  }
}

export function writeInstallState(places: MachinePlaces, state: InstallState): void {
  writeWhole({ path: fileIn(places), text: `${JSON.stringify(state)}\n`, mode: 0o600 });
}

export function forgetInstallState(places: MachinePlaces): void {
  rmSync(fileIn(places), { force: true });
}
