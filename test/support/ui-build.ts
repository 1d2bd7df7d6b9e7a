/**
 * Both web apps as built: `dist/` under `npm test`, which has just made it and where nobody builds beside; elsewhere built
 * from the sources as they are, once per test process, into a folder of its own, so that tests never race over `dist/`.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const builtDist = fileURLToPath(new URL('../../dist/', import.meta.url));
let built: Promise<string> | undefined;

async function buildBoth(): Promise<string> {
  // Takes a while to load, and is not needed where the apps are built.
  const { build } = await import('vite');
  const dist = await mkdtemp(join(tmpdir(), 'hearthline-ui-'));
  for (const app of ['wallboard', 'admin-ui']) {
    const configFile = fileURLToPath(new URL(`../../${app}/vite.config.ts`, import.meta.url));
    await build({ configFile, logLevel: 'error', build: { outDir: join(dist, app) } });
  }
  process.once('exit', () => rmSync(dist, { recursive: true, force: true }));
  return dist;
}

export function builtUi(): Promise<string> {
  built ??= process.env['HEARTHLINE_TEST_DIST'] === '1' ? Promise.resolve(builtDist) : buildBoth();
  return built;
}
