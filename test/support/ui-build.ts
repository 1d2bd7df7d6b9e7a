/** Builds both web apps once per test process into a folder of its own, so that tests never race over `dist/`. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

let built: Promise<string> | undefined;

async function buildBoth(): Promise<string> {
  const dist = await mkdtemp(join(tmpdir(), 'hearthline-ui-'));
  for (const app of ['wallboard', 'admin-ui']) {
    const configFile = fileURLToPath(new URL(`../../${app}/vite.config.ts`, import.meta.url));
    await build({ configFile, logLevel: 'error', build: { outDir: join(dist, app) } });
  }
  process.once('exit', () => rmSync(dist, { recursive: true, force: true }));
  return dist;
}

export function builtUi(): Promise<string> {
  built ??= buildBoth();
  return built;
}
