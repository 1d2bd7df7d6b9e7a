/** Which release this process is of: what the installer wrote beside it, or the package's own version in a clone. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface BuildInfo {
  version: string;
  /** Empty where nobody wrote it down. */
  commit: string;
}

function readInfo(file: string): Partial<BuildInfo> {
  try {
    const { version, commit } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return {
      ...(typeof version === 'string' && { version }),
      ...(typeof commit === 'string' && { commit }),
    };
  } catch {
    return {};
  }
}

/** Upwards from where the program lies: packed, emitted and from sources it is at different depths. */
export function buildInfo(from = import.meta.dirname): BuildInfo {
  for (let dir = from; dir !== dirname(dir); dir = dirname(dir)) {
    if (!existsSync(join(dir, 'package.json'))) continue;
    const info = { ...readInfo(join(dir, 'package.json')), ...readInfo(join(dir, 'release.json')) };
    if (info.version !== undefined) return { version: info.version, commit: info.commit ?? '' };
  }
  return { version: 'unknown', commit: '' };
}
