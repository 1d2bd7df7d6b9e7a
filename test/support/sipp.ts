/** Runs sipp (a real SIP peer) with a scenario of test/fixtures/sipp, on loopback, bounded in time. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUdpPortFree } from '../../installer/ports.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface SippOptions {
  scenario: string;
  /** `127.0.0.1:port` of the engine; left out for a peer that only listens. */
  sipPort?: number;
  /** Number to call. */
  service?: string;
  port?: number;
  calls?: number;
  ratePerSec?: number;
  /** Replaces `@NAME@` in the scenario. */
  set?: Record<string, string | number>;
  /** Lines for -inf, after SEQUENTIAL. */
  data?: string[];
  boundMs?: number;
}
export interface SippRun {
  readonly port: number;
  /** Exit code 0: every call went by the scenario. Rejects past the bound. */
  readonly done: Promise<{ code: number; errors: string }>;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function freeSipPort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(10_000, 20_000);
    if (await isUdpPortFree('127.0.0.1', port)) return port;
  }
  throw new Error('no free port');
}

export async function runSipp(options: SippOptions): Promise<SippRun> {
  const dir = makeTempDir();
  const port = options.port ?? (await freeSipPort());
  let xml = readFileSync(join(import.meta.dirname, '../fixtures/sipp', `${options.scenario}.xml`), 'utf8');
  for (const [name, value] of Object.entries(options.set ?? {}))
    xml = xml.replaceAll(`@${name}@`, String(value));
  const file = join(dir, 'scenario.xml');
  writeFileSync(file, xml);
  const boundMs = options.boundMs ?? 30_000;
  const args = [
    '-sf',
    file,
    '-i',
    '127.0.0.1',
    '-p',
    String(port),
    '-nostdin',
    '-trace_err',
    '-error_file',
    join(dir, 'errors'),
  ];
  // The media port is only named in the SDP: nothing is sent from it.
  args.push('-mp', String(50_000 + randomInt(5000) * 2));
  if (options.calls !== undefined) args.push('-m', String(options.calls), '-l', '5000');
  if (options.ratePerSec !== undefined) args.push('-r', String(options.ratePerSec));
  if (options.service) args.push('-s', options.service);
  if (options.data) {
    writeFileSync(join(dir, 'data.csv'), ['SEQUENTIAL', ...options.data, ''].join('\n'));
    args.push('-inf', join(dir, 'data.csv'));
  }
  args.push('-timeout', String(Math.ceil(boundMs / 1000)));
  if (options.sipPort !== undefined) args.unshift(`127.0.0.1:${options.sipPort}`);
  const child = spawn('sipp', args, { cwd: dir, stdio: 'ignore' });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const errors = () => {
    try {
      return readFileSync(join(dir, 'errors'), 'utf8').slice(0, 3000);
    } catch {
      return '';
    }
  };
  const done = exited.then((code) => {
    const result = { code, errors: errors() };
    removeTempDir(dir);
    return result;
  });
  return {
    port,
    pid: child.pid!,
    done,
    async stop() {
      child.kill('SIGKILL');
      await done;
    },
  };
}

/** Registers phones at one port; they stay registered when sipp has gone. */
export async function registerPhones(
  sipPort: number,
  port: number,
  phones: { user: string; password: string }[],
  expiresSec = 300,
): Promise<void> {
  const data = phones.map((p) => `${p.user};[authentication username=${p.user} password=${p.password}]`);
  const run = await runSipp({
    scenario: 'register',
    sipPort,
    port,
    calls: phones.length,
    ratePerSec: 50,
    data,
    set: { EXPIRES: expiresSec },
  });
  const { code, errors } = await run.done;
  if (code !== 0) throw new Error(`sipp could not register: ${errors}`);
}
