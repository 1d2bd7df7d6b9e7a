/** Which release this is: what a backup was made by. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { migrations } from '../../../server/db/migrations/index.ts';
import { projectRoot } from '../../program.ts';

const releaseSchema = z.object({ version: z.string(), commit: z.string().optional() });

/** An installed release says its commit in a file of its own. */
export function productRelease(root = projectRoot): { version: string; commit?: string | undefined } {
  for (const name of ['release.json', 'package.json']) {
    const file = join(root, name);
    if (!existsSync(file)) continue;
    const parsed = releaseSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return parsed.data;
  }
  return { version: 'unknown' };
}

/** The newest migration of this release; those of a backup are compared with it. */
export const newestMigration = (): string => migrations.at(-1)?.name ?? '';
export const knowsMigration = (name: string): boolean =>
  name === '' || migrations.some((migration) => migration.name === name);
