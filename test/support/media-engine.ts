/** Starts a real media engine on loopback with its own folder and a free range of RTP ports, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface MediaEngineOptions {
  rtpPorts?: string;
  workers?: number;
  orphanSec?: number;
  sockets?: 'dgram' | 'koffi';
  recordingsDir?: string;
  /** An existing folder: to start again where another engine was killed. */
  dir?: string;
  bind?: string;
  /** For instance ['chrt', '-f', '10']. */
  prefix?: string[];
}

export interface RunningMediaEngine {
  controlPath: string;
  statusPath: string;
  recordingsDir: string;
  rtpPorts: string;
  dir: string;
  pid: number;
  /** What it logged so far. */
  log(): string;
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const PORTS_PER_ENGINE = 400;
const running = new Set<ChildProcess>();

/** For an `afterEach`: ends the engines that a failed test left behind. */
export async function stopLeftovers(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      child.kill('SIGKILL');
      return ended(child);
    }),
  );
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** Below the ephemeral range, so that test peers on port 0 never take one of ours. */
async function freeRange(): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const first = 12_000 + Math.floor(Math.random() * 45) * PORTS_PER_ENGINE;
    const last = first + PORTS_PER_ENGINE - 1;
    if ((await isPortFree(first)) && (await isPortFree(first + 7)) && (await isPortFree(last)))
      return `${first}-${last}`;
  }
  throw new Error('no free range of RTP ports');
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

export async function startMediaEngine(options: MediaEngineOptions = {}): Promise<RunningMediaEngine> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'hearthline-media-'));
  const controlPath = join(dir, 'control.sock');
  const statusPath = join(dir, 'status.sock');
  const recordingsDir = options.recordingsDir ?? join(dir, 'recordings');
  const rtpPorts = options.rtpPorts ?? (await freeRange());
  const main = fileURLToPath(new URL('../../sip/media/engine/main.ts', import.meta.url));
  const args = [...(options.prefix ?? []), process.execPath, '--import', 'tsx', main];
  const child = spawn(args[0] as string, args.slice(1), {
    env: {
      ...process.env,
      HEARTHLINE_BIND: options.bind ?? '127.0.0.1',
      HEARTHLINE_RTP_PORTS: rtpPorts,
      HEARTHLINE_MEDIA_CONTROL: controlPath,
      HEARTHLINE_MEDIA_STATUS: statusPath,
      HEARTHLINE_RECORDINGS: recordingsDir,
      ...(options.workers === undefined ? {} : { HEARTHLINE_MEDIA_WORKERS: String(options.workers) }),
      ...(options.orphanSec === undefined ? {} : { HEARTHLINE_MEDIA_ORPHAN_SEC: String(options.orphanSec) }),
      ...(options.sockets === undefined ? {} : { HEARTHLINE_MEDIA_SOCKETS: options.sockets }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the media engine did not become ready:\n${output}`));
    }, 15_000);
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (!output.includes('"msg":"ready"')) return;
      clearTimeout(limit);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(limit);
      reject(new Error(`the media engine ended with ${code}:\n${output}`));
    });
  });
  const cleanUp = (): void => {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  return {
    controlPath,
    statusPath,
    recordingsDir,
    rtpPorts,
    dir,
    pid: child.pid as number,
    log: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended(child);
      cleanUp();
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
