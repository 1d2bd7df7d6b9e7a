/**
 * What `npm start`, `npm test`, `npm run demo|bench|site` run first, on a machine that may have nothing
 * but Node: it sees to npm packages, Debian packages and the build, and hands over to the program. So it
 * is plain JavaScript, uses Node's own modules only, and parses on old versions of Node, which it refuses
 * in words. Whatever is up to date already is skipped.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildWhatChanged } from './bootstrap/build.mjs';
import { provideDebianPackages } from './bootstrap/debian.mjs';
import { run, say, SetupError } from './bootstrap/steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const commands = {
  start: { needs: 'start', program: 'installer/start' },
  demo: { needs: 'start', program: 'installer/demo' },
  bench: { needs: 'test' },
  test: { needs: 'test' },
  site: { needs: 'none', program: 'installer/site-cli' },
  ops: { needs: 'none', program: 'installer/cli' },
  bundle: { needs: 'none', program: 'installer/release/bundle' },
  install: { needs: 'none', program: 'installer/install/from-clone' },
  build: { needs: 'none' },
};

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major === 20 && minor >= 19) return;
  throw new SetupError(
    `Hearthline needs Node 20.19 or later of version 20; this is ${process.versions.node} (${process.execPath}).`,
  );
}

/** Whether every package of the lock file is installed in its locked version. npm itself keeps this list. */
function hasLockedPackages() {
  const installedList = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedList, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
}

async function installLockedPackages() {
  const npm = process.env.npm_execpath;
  const [command, first] = npm && npm.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, NODE_ENV: 'development' };
  await run('Installing npm packages (from the lock file)', command, args, { cwd: root, env });
}

/** The emitted program joins this process: one process less, and signals arrive where they are handled. */
async function handOver(program, startedAt, args) {
  const file = join(root, 'dist', `${program}.js`);
  if (!existsSync(file)) throw new SetupError(`This command is not part of this version (${program}).`);
  const module = await import(pathToFileURL(file).href);
  // A file some-name.ts has its program in someName().
  const name = program
    .split('/')
    .pop()
    .replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const main = module[name];
  await main(startedAt, args);
}

/** A development program from the sources; resolves to its exit code. */
function runSource(file, args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, file), ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    // A signal sent to npm ends npm and its shell but is not passed on: their end is the sign.
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, 500).unref();
    child.on('exit', (code, signal) => done(signal ? 1 : code));
  });
}

/** `npm run bench` runs every measurement in turn, `npm run bench -- media` one of them. */
async function runBench(args) {
  const all = readdirSync(join(root, 'test/bench')).flatMap((file) => /^([\w-]+)\.ts$/.exec(file)?.[1] ?? []);
  const [name, ...rest] = args;
  if (name && !all.includes(name))
    throw new SetupError(`No such measurement: choose from ${all.join(', ')}.`);
  let worst = 0;
  for (const one of name ? [name] : all) {
    say(`\n=== ${one}`);
    worst = Math.max(worst, await runSource(`test/bench/${one}.ts`, rest));
  }
  process.exit(worst);
}

async function main() {
  // `performance` counts from the start of the process: what was typed then is what is measured.
  const startedAt = Date.now() - performance.now();
  const [name = 'start', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new SetupError(`Unknown command "${name}": use ${Object.keys(commands).join(', ')}.`);
  checkNode();
  if (name === 'start') say('Hearthline');
  await provideDebianPackages(command.needs);
  if (!hasLockedPackages()) await installLockedPackages();
  // The tests count a build that fails as a failure of theirs, so they build by themselves.
  if (name === 'test') process.exit(await runSource('installer/test-runner.ts', args));
  await buildWhatChanged(root, { isQuiet: name === 'site' || name === 'ops' });
  if (name === 'bench') await runBench(args);
  if (command.program) await handOver(command.program, startedAt, args);
}

main().catch((error) => {
  process.stderr.write(`\n${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exit(1);
});
