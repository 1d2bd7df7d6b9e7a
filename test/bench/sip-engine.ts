/**
 * What a complete two-leg call costs the SIP engine: sipp calls a B2BUA app (drachtio-srf, own process) which calls
 * a second sipp. Prints CPU milliseconds of the engine per call and the calls that failed.
 *
 *   node --import tsx test/bench/sip-engine.ts [calls per second] [seconds] [--cpu-prof]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMetric, startSipEngine } from '../support/sip-engine.ts';

const rate = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 10);
const isProfiled = process.argv.includes('--cpu-prof');

interface B2bua {
  createB2BUA(req: unknown, res: unknown, uri: string, opts: object): Promise<{ uas: Leg; uac: Leg }>;
}
interface Leg {
  other: Leg;
  destroy(): void;
  on(event: string, listener: () => void): void;
}

/** The app process: every INVITE becomes a call to the port it was given. */
async function runApp(): Promise<void> {
  const [controlPort, secret, target] = process.argv.slice(3) as [string, string, string];
  const Srf = createRequire(import.meta.url)('drachtio-srf') as new (tags: string[]) => B2bua & {
    connect(options: object): void;
    on(event: string, listener: (error?: Error) => void): void;
    invite(handler: (req: unknown, res: unknown) => void): void;
  };
  const srf = new Srf(['bench']);
  srf.connect({ host: '127.0.0.1', port: Number(controlPort), secret });
  srf.on('error', () => {});
  srf.on('connect', () => process.stdout.write('connected\n'));
  srf.invite((req, res) => {
    srf
      .createB2BUA(req, res, `sip:bench@127.0.0.1:${target}`, {})
      .then(({ uas, uac }) => {
        uas.on('destroy', () => uac.destroy());
        uac.on('destroy', () => uas.destroy());
        return undefined;
      })
      .catch(() => {});
  });
  await new Promise(() => {});
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function sipp(args: string[], cwd: string): { done: Promise<number>; kill(): void } {
  const child = spawn('sipp', [...args, '-i', '127.0.0.1', '-nostdin'], { cwd, stdio: 'ignore' });
  const done = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
  return { done, kill: () => child.kill('SIGKILL') };
}

async function bench(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sip-bench-'));
  const nodeArgs = isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}/var/prof`] : [];
  const engine = await startSipEngine({ nodeArgs, env: { HEARTHLINE_LOG_LEVEL: 'warn' } });
  const [uasPort, uacPort] = [await freePort(), await freePort()];
  const uas = sipp(['-sn', 'uas', '-p', String(uasPort)], dir);
  const app = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(import.meta.url),
      'app',
      String(engine.controlPort),
      engine.secret,
      String(uasPort),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise((resolve) => app.stdout.once('data', resolve));
  const calls = rate * seconds;
  const warmUp = sipp(
    [
      '-sn',
      'uac',
      '-p',
      String(uacPort),
      '-r',
      String(rate),
      '-m',
      String(rate),
      '-d',
      '300',
      `127.0.0.1:${engine.sipPort}`,
    ],
    dir,
  );
  await warmUp.done;
  const before = await cpuMs(engine.statusPath);
  const uac = sipp(
    [
      '-sn',
      'uac',
      '-p',
      String(uacPort),
      '-r',
      String(rate),
      '-m',
      String(calls),
      '-d',
      '500',
      '-trace_stat',
      '-fd',
      '1',
      '-stf',
      join(dir, 'stat.csv'),
      '-timeout',
      String(seconds + 30),
      `127.0.0.1:${engine.sipPort}`,
    ],
    dir,
  );
  const code = await uac.done;
  const after = await cpuMs(engine.statusPath);
  const rss = await readMetric(engine.statusPath, 'resident_bytes');
  const stat = readStat(join(dir, 'stat.csv'));
  console.log(
    JSON.stringify({
      callsPerSecond: rate,
      calls,
      successful: Number(stat.get('SuccessfulCall(C)') ?? 0),
      failed: Number(stat.get('FailedCall(C)') ?? 0),
      sippExit: code,
      engineCpuMsPerCall: perCall(after.user + after.system - before.user - before.system, calls),
      engineUserMsPerCall: perCall(after.user - before.user, calls),
      engineSystemMsPerCall: perCall(after.system - before.system, calls),
      engineRssMb: Math.round(rss / 1e6),
      faults: await readMetric(engine.statusPath, 'faults_total'),
    }),
  );
  uas.kill();
  app.kill('SIGKILL');
  await engine.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function cpuMs(statusPath: string): Promise<{ user: number; system: number }> {
  const user = (await readMetric(statusPath, 'cpu_user_seconds')) * 1000;
  return { user, system: (await readMetric(statusPath, 'cpu_system_seconds')) * 1000 };
}

const perCall = (ms: number, calls: number): number => Number((ms / calls).toFixed(3));

function readStat(path: string): Map<string, string> {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const names = (lines[0] ?? '').split(';');
  const values = (lines.at(-1) ?? '').split(';');
  return new Map(names.map((name, i) => [name, values[i] ?? '']));
}

await (process.argv[2] === 'app' ? runApp() : bench());
