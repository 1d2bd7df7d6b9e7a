/**
 * One step of the setup: a command whose output is shown only when it fails, with a line when it begins,
 * a sign of life while it works, and its duration when it ends. Node's own modules only.
 */
import { spawn } from 'node:child_process';

/** Something the person at the terminal can put right: told in words, without a stack. */
export class SetupError extends Error {}

export function say(text) {
  process.stdout.write(`${text}\n`);
}

const lifeSignMs = 10_000;
const keptOutput = 64 * 1024;

/** Runs a command to its end; rejects with its last lines when it fails. */
export function run(title, command, args, options = {}) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
  if (!options.isQuiet) say(`  ${title} ...`);
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (data) => {
      output = (output + data).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const lifeSign = setInterval(() => say(`      still at it (${seconds()} s)`), lifeSignMs);
    const end = (problem) => {
      clearInterval(lifeSign);
      if (problem === undefined) {
        if (!options.isQuiet && performance.now() - started > 1500) say(`      done in ${seconds()} s`);
        done(output);
        return;
      }
      const last = output.trimEnd().split('\n').slice(-25).join('\n');
      const error = new SetupError(
        `${title}: ${problem}\n${last}\n\nThe command was: ${command} ${args.join(' ')}`,
      );
      error.output = output;
      fail(error);
    };
    child.on('error', (error) => end(error.code === 'ENOENT' ? `${command} is not there` : error.message));
    child.on('close', (code, signal) =>
      end(code === 0 ? undefined : signal ? `ended by ${signal}` : `failed (${code})`),
    );
  });
}
