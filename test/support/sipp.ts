/** Runs sipp (a real SIP peer) with a scenario of test/fixtures/sipp, on loopback, bounded in time. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

export interface SippOptions {
  scenario: string;
  /** `127.0.0.1:port` of the engine; left out for a peer that only listens. */
  sipPort?: number;
  /** Number to call. */
  service?: string;
  port?: number;
  calls?: number;
  ratePerSec?: number;
  /** Replaces `@NAME@` in the scenario: HOLD, ANSWER and TALK in ms, FROM, EXPIRES. */
  set?: Record<string, string | number>;
  /** The RTP port that the SDP names; sipp itself sends and takes no audio. */
  rtpPort?: number;
  /** Lines for -inf, after SEQUENTIAL. */
  data?: string[];
  boundMs?: number;
}
export type SippLog = 'ring' | 'up' | 'bye' | 'cancelled' | 'over';
export interface SippRun {
  readonly port: number;
  /** Exit code 0: every call went by the scenario. Rejects past the bound. */
  readonly done: Promise<{ code: number; errors: string }>;
  readonly pid: number;
  /** Call-IDs of what the scenario has logged: `ring`, `up`, `bye` (from the other side), `over` (their own BYE was answered), `cancelled`. */
  logged(what: SippLog): string[];
  /** For each such line, who it was: the phone of an agent, the number of a caller. */
  loggedBy(what: SippLog): string[];
  /** Makes one call go on where its scenario waits for a sign: callers and agents hang up. */
  sign(callId: string): Promise<void>;
  /** The Call-ID of a caller, counted from 1. */
  callId(call: number): string;
  stop(): Promise<void>;
}

const scenarioDefaults = { FROM: '55500', HOLD: 600_000, ANSWER: 100, TALK: 600_000, EXPIRES: 300 };

/** sipp finds the call by its Call-ID, whoever sends. */
async function sendSign(port: number, callId: string): Promise<void> {
  const lines = [
    `INFO sip:sign@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${randomInt(1e9)}`,
    'From: <sip:test@127.0.0.1>;tag=test',
    'To: <sip:sign@127.0.0.1>',
    `Call-ID: ${callId}`,
    'CSeq: 1 INFO',
    'Content-Length: 0',
    '',
    '',
  ];
  const socket = createSocket('udp4');
  await new Promise<void>((sent) => socket.send(lines.join('\r\n'), port, '127.0.0.1', () => sent()));
  socket.close();
}

export async function runSipp(options: SippOptions): Promise<SippRun> {
  const dir = makeTempDir();
  const port = options.port ?? (await freePort());
  let xml = readFileSync(join(import.meta.dirname, '../fixtures/sipp', `${options.scenario}.xml`), 'utf8');
  // Nobody listens there, another test neither: audio that reaches a stranger would be taken for its own.
  const rtpPort = options.rtpPort ?? (await freePort());
  const values = { ...scenarioDefaults, RTP: rtpPort, ...options.set };
  for (const [name, value] of Object.entries(values)) xml = xml.replaceAll(`@${name}@`, String(value));
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
    '-trace_logs',
    '-log_file',
    join(dir, 'logs'),
  ];
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
  let lastLogs: string | undefined;
  const textOf = (name: string) => {
    try {
      return readFileSync(join(dir, name), 'utf8');
    } catch {
      return '';
    }
  };
  const linesOf = (what: SippLog) =>
    (lastLogs ?? textOf('logs'))
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([name]) => name === what);
  const done = exited.then((code) => {
    const result = { code, errors: textOf('errors').slice(0, 3000) };
    lastLogs = textOf('logs');
    removeTempDir(dir);
    return result;
  });
  return {
    port,
    pid: child.pid!,
    done,
    logged: (what) => linesOf(what).map(([, , callId]) => callId!),
    loggedBy: (what) => linesOf(what).map(([, by]) => by!),
    async sign(callId) {
      // A contact waits from its INVITE on; who has not seen the 200 yet does not read the sign.
      await until('the call is up', () => linesOf('up').some(([, , up]) => up === callId));
      await sendSign(port, callId);
    },
    callId: (call) => `${call}-${child.pid}@127.0.0.1`,
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
