/**
 * Runs the SIP engine as its own process on ephemeral loopback ports, for any test that needs one.
 * It waits for the engine's own "ready" line; it never guesses a port, the kernel gives them.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../sip/engine/main.ts', import.meta.url));
const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 3_000;

export interface SipEngineOptions {
  /** Further environment, such as HEARTHLINE_SIP_T1_MS. */
  env?: Record<string, string>;
  /** Fixed ports, to start an engine again where another one was. */
  sipPort?: number;
  controlPort?: number;
  secret?: string;
  nodeArgs?: string[];
}

export interface SipEngineHandle {
  sipPort: number;
  controlPort: number;
  secret: string;
  statusPath: string;
  pid: number;
  /** What the engine logged so far, line by line. */
  log: string[];
  exitCode(): number | null;
  stop(): Promise<void>;
  kill(): void;
}

export async function startSipEngine(options: SipEngineOptions = {}): Promise<SipEngineHandle> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // UDP and TCP need the same port: the one the kernel gave for TCP may be taken for UDP.
      if (attempt >= 5 || !String(error).includes('EADDRINUSE')) throw error;
    }
  }
}

async function startOnce(options: SipEngineOptions): Promise<SipEngineHandle> {
  const dir = mkdtempSync(join(tmpdir(), 'sip-engine-'));
  const statusPath = join(dir, 'status.sock');
  const secret = options.secret ?? randomBytes(12).toString('hex');
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), '--import', 'tsx', ENTRY], {
    env: {
      ...process.env,
      HEARTHLINE_BIND: '127.0.0.1',
      HEARTHLINE_SIP_PORT: String(options.sipPort ?? 0),
      HEARTHLINE_SIP_CONTROL: `127.0.0.1:${options.controlPort ?? 0}`,
      HEARTHLINE_SIP_SECRET: secret,
      HEARTHLINE_SIP_STATUS: statusPath,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  let ready: { sipPort: number; controlPort: number };
  try {
    ready = await waitForReady(child, log);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    sipPort: ready.sipPort,
    controlPort: ready.controlPort,
    secret,
    statusPath,
    pid: child.pid as number,
    log,
    exitCode: () => child.exitCode,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await exited;
      clearTimeout(timer);
      rmSync(dir, { recursive: true, force: true });
    },
    kill: () => child.kill('SIGKILL'),
  };
}

function waitForReady(child: ChildProcess, log: string[]): Promise<{ sipPort: number; controlPort: number }> {
  return new Promise((resolve, reject) => {
    let errors = '';
    let partial = '';
    const timer = setTimeout(() => reject(new Error(`sip engine not ready: ${errors}`)), START_WITHIN_MS);
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`sip engine ended with ${code}: ${errors}`));
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (partial + chunk.toString()).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) {
        log.push(line);
        const entry = parseLine(line);
        if (entry?.msg === 'ready' && entry.sipPort !== undefined && entry.controlPort !== undefined) {
          clearTimeout(timer);
          resolve({ sipPort: entry.sipPort, controlPort: entry.controlPort });
        }
      }
    });
  });
}

function parseLine(line: string): { msg?: string; sipPort?: number; controlPort?: number } | undefined {
  try {
    return JSON.parse(line) as { msg?: string; sipPort?: number; controlPort?: number };
  } catch {
    return undefined;
  }
}

/** GET on the engine's status socket. */
export function readStatus(statusPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: statusPath, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** One number of `GET /metrics`; 0 when it was never counted. */
export async function readMetric(statusPath: string, name: string): Promise<number> {
  const text = await readStatus(statusPath, '/metrics');
  const match = new RegExp(`^hearthline_sip_${name} (\\S+)$`, 'm').exec(text);
  return match === null ? 0 : Number(match[1]);
}
