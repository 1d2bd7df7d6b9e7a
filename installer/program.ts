/**
 * Where our own programs are and how they are run: emitted JavaScript beside this file when this file
 * is JavaScript, the sources through tsx when it is TypeScript (tests, development).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(import.meta.url);
const isSource = extname(here) === '.ts';

/** The folder that holds server/, sip/ and installer/: the clone itself, or its dist/. */
export const codeRoot = dirname(dirname(here));
/** The folder with package.json. */
export const projectRoot = isSource ? codeRoot : dirname(codeRoot);

/** Programs that were packed into one file, which starts in a third of the time (server/vite.config.ts). */
const packed: Record<string, string> = { 'server/main': 'packed/server' };

function emitted(dist: string, module: string): string {
  const file = join(dist, `${packed[module] ?? module}.js`);
  // What is measured for its coverage is told by module; and a build of part of it has no packed ones.
  const isUsable = process.env['NODE_V8_COVERAGE'] === undefined && existsSync(file);
  return isUsable ? file : join(dist, `${module}.js`);
}

/** The command line of one of our programs, such as `server/main`. `HEARTHLINE_TEST_DIST=1` takes dist. */
export function nodeProgram(module: string): { command: string; args: string[] } {
  if (!isSource) return { command: process.execPath, args: [emitted(codeRoot, module)] };
  if (process.env['HEARTHLINE_TEST_DIST'] === '1')
    return { command: process.execPath, args: [emitted(join(projectRoot, 'dist'), module)] };
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return { command: process.execPath, args: ['--import', tsx, join(codeRoot, `${module}.ts`)] };
}

/** Real-time scheduling keeps audio even under load; where it may not be had, the program runs as it is. */
export function withRealTime(program: { command: string; args: string[] }): {
  command: string;
  args: string[];
  isRealTime: boolean;
} {
  const probe = spawnSync('chrt', ['-f', '10', 'true'], { stdio: 'ignore', timeout: 5000 });
  if (probe.status !== 0) return { ...program, isRealTime: false };
  return { command: 'chrt', args: ['-f', '10', program.command, ...program.args], isRealTime: true };
}
