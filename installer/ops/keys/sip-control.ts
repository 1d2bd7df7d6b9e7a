/**
 * The secret between the server and the SIP engine, exchanged while calls go on: the engine, which holds them, is told the new
 * one by who knows the old one (sip/engine/control/secret-book.ts), and only the server starts anew.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import { askHealth } from '../../health.ts';
import type { House } from '../../house.ts';
import { isSameProcess, parseProcessId, type ProcessId } from '../../process-table.ts';

const boundMs = 5_000;
const readyMs = 90_000;
const serverUnit = 'hearthline-server.service';

/** An engine that does not run reads the new secret when it starts. Throws CliError where it refuses. */
export function handOverControlSecret(socketPath: string, known: string, next: string): Promise<void> {
  return new Promise((done, fail) => {
    const call = request(
      { socketPath, method: 'POST', path: '/control-secret', timeout: boundMs },
      (response) => {
        response.resume();
        if (response.statusCode === 204) done();
        else
          fail(
            new CliError(
              'The SIP engine does not know the secret in the file: it was changed by hand. Restart the SIP engine when no calls are up, then rotate again. Nothing was changed.',
            ),
          );
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') done();
      else fail(new CliError(`The SIP engine cannot be told (${error.message}). Nothing was changed.`));
    });
    call.end(JSON.stringify({ known, next }));
  });
}

function serverOf({ layout }: House): ProcessId | undefined {
  try {
    return parseProcessId(readFileSync(join(layout.runDir, 'server.pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

const systemctl = (args: string[]): Promise<void> =>
  new Promise((done, fail) => {
    execFile('systemctl', args, { timeout: readyMs }, (error, _out, stderr) => {
      if (error) fail(new CliError(`systemctl ${args.join(' ')}: ${stderr.trim() || error.message}`));
      else done();
    });
  });

async function until(isSo: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const endAt = performance.now() + readyMs;
  while (!(await isSo())) {
    if (performance.now() > endAt) throw new CliError(otherwise);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** And waits until it has taken over. A server that does not run stays as it is. */
export async function restartServer(house: House): Promise<void> {
  if (house.kind === 'installed') {
    const isActive = await systemctl(['is-active', '--quiet', serverUnit]).then(
      () => true,
      () => false,
    );
    if (!isActive) return;
    await systemctl(['restart', serverUnit]);
  }
  if (house.kind === 'clone') {
    const old = serverOf(house);
    if (!old || !isSameProcess(old)) return;
    process.kill(old.pid, 'SIGTERM');
    await until(() => !isSameProcess(old), 'The server does not stop: see its log.');
  }
  await until(
    async () => (await askHealth(house.settings)).isReady,
    'The server is not ready with the new secret: see its log (npm start, or journalctl -u hearthline-server).',
  );
}
