/**
 * Measures the media engine: K bridged calls with G.711 both ways, recording off and on: cores used by the media
 * process, loss, one-way delay. Usage: node --import tsx test/bench/media.ts [K,K,...] [seconds]
 * Needs gcc and ../shared/load/rtpgen.c (the generator, both RTP ends in one process); loopback only, bounded.
 * Printed beside the figures that ../shared/load/README.md gives for Asterisk 22 on two shared cores: that box was not
 * this one, and its figures are of whole calls with signalling, so they are a yardstick and no race.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaClient } from '../../sip/media/client.ts';
import { startMediaEngine } from '../support/media-engine.ts';

const CALLER_BASE = 24_000;
const AGENT_BASE = 28_000;
const CLOCK_TICKS_PER_SEC = 100;
const SETTLE_MS = 2000;

const PEER: Record<number, { off: string; on: string }> = {
  20: { off: '0.093-0.100 core, p99 0.2-1.6', on: '0.246-0.282 core, p99 0.5-1.6' },
  50: { off: '0.201-0.247 core, p99 1.0-1.4', on: '0.513-0.520 core, p99 1.1-2.1' },
  100: { off: '0.349-0.424 core, p99 1.1-11', on: '0.743-0.997 core, p99 1.3-4.1' },
  200: { off: '0.620-0.698 core, p99 0.8-2.5', on: '1.351-1.579 core, p99 6-17' },
};

interface Side {
  rx_far: number;
  sent: number;
  far_lost: number;
  owd_ms: { p50: number; p99: number; max: number };
}

export interface BenchRow {
  calls: number;
  isRecording: boolean;
  sockets: string;
  cores: number;
  /** Packets sent by the generator, of those that K calls should send. */
  offeredPerCent: number;
  lossPerCent: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  rssMb: number;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SEC;
}

function rssMb(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(match?.[1]) / 1024);
}

export function findGenerator(): string | null {
  const source = fileURLToPath(new URL('../../../shared/load/rtpgen.c', import.meta.url));
  return existsSync(source) && spawnSync('gcc', ['--version']).status === 0 ? source : null;
}

async function openCalls(client: MediaClient, calls: number, isRecording: boolean): Promise<string[][]> {
  const lines: string[][] = [[], []];
  await Promise.all(
    Array.from({ length: calls }, async (_, i) => {
      const ends = [CALLER_BASE, AGENT_BASE].map((base, side) => ({
        side,
        port: base + 4 * i,
        id: `${side}-${i}`,
      }));
      for (const { side, port, id } of ends) {
        const opened = await client.open({
          sessionId: id,
          near: `0-${i}`,
          remote: { ip: '127.0.0.1', port },
        });
        lines[side]?.push(`RTPSTART ${port} 127.0.0.1 ${opened.port}`);
      }
      await client.bridge(`0-${i}`, `1-${i}`);
      if (isRecording) {
        await client.recordStart({
          recordingId: `r-${i}`,
          a: `0-${i}`,
          b: `1-${i}`,
          file: `bench/r-${i}.wav`,
        });
      }
    }),
  );
  return lines;
}

export async function measure(
  generator: string,
  calls: number,
  options: { isRecording: boolean; seconds: number; sockets: 'dgram' | 'koffi'; isRealTime: boolean },
): Promise<BenchRow> {
  const { isRecording, seconds, sockets } = options;
  const dir = mkdtempSync(join(tmpdir(), 'hearthline-bench-'));
  const logs = [join(dir, 'callers.log'), join(dir, 'agents.log')] as const;
  const out = join(dir, 'out.json');
  for (const path of logs) writeFileSync(path, '');
  const prefix = options.isRealTime ? ['chrt', '-f', '10'] : [];
  const engine = await startMediaEngine({ sockets, prefix, rtpPorts: '12000-12999' });
  const client = new MediaClient();
  const args = ['-c', logs[0], '-a', logs[1], '-cb', `${CALLER_BASE}`, '-ab', `${AGENT_BASE}`];
  // The generator must not be what is starved: it would offer less and stamp late.
  const generate = options.isRealTime ? ['chrt', '-f', '5', generator] : [generator];
  const load = spawn(
    generate[0] as string,
    [...generate.slice(1), ...args, '-n', `${calls}`, '-ip', '127.0.0.1', '-o', out],
    {
      stdio: 'ignore',
    },
  );
  try {
    await client.connect(engine.controlPath);
    const lines = await openCalls(client, calls, isRecording);
    logs.forEach((path, side) => appendFileSync(path, `${lines[side]?.join('\n')}\n`));
    await sleep(SETTLE_MS);
    load.kill('SIGUSR1');
    const cpuBefore = cpuSeconds(engine.pid);
    const startMs = performance.now();
    await sleep(seconds * 1000);
    const cores = (cpuSeconds(engine.pid) - cpuBefore) / ((performance.now() - startMs) / 1000);
    load.kill('SIGUSR2');
    await sleep(300);
    const report = JSON.parse(readFileSync(out, 'utf8')) as {
      secs: number;
      at_callers: Side;
      at_agents: Side;
    };
    const { at_callers: atCallers, at_agents: atAgents } = report;
    const lost = atCallers.far_lost + atAgents.far_lost;
    const received = atCallers.rx_far + atAgents.rx_far;
    return {
      calls,
      isRecording,
      sockets,
      cores,
      offeredPerCent: (100 * (atCallers.sent + atAgents.sent)) / (calls * 100 * report.secs),
      lossPerCent: received === 0 ? 100 : (100 * lost) / (lost + received),
      p50Ms: Math.max(atCallers.owd_ms.p50, atAgents.owd_ms.p50),
      p99Ms: Math.max(atCallers.owd_ms.p99, atAgents.owd_ms.p99),
      maxMs: Math.max(atCallers.owd_ms.max, atAgents.owd_ms.max),
      rssMb: rssMb(engine.pid),
    };
  } finally {
    load.kill('SIGTERM');
    client.disconnect();
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function printRow(row: BenchRow): void {
  const peer = PEER[row.calls];
  console.log(
    [
      `K=${row.calls}`.padEnd(6),
      (row.isRecording ? 'recording' : 'no recording').padEnd(13),
      row.sockets.padEnd(6),
      `${row.cores.toFixed(3)} core`,
      `offered ${row.offeredPerCent.toFixed(1)} %`,
      `loss ${row.lossPerCent.toFixed(3)} %`,
      `one-way p50 ${row.p50Ms.toFixed(2)} p99 ${row.p99Ms.toFixed(2)} max ${row.maxMs.toFixed(1)} ms`,
      `RSS ${row.rssMb} MB`,
      peer ? `(Asterisk: ${row.isRecording ? peer.on : peer.off} ms)` : '',
    ].join('  '),
  );
}

/** Calls set up and torn down through the control socket: open, open, play, bridge, close, close. */
async function measureSetup(sockets: 'dgram' | 'koffi', isRealTime: boolean): Promise<void> {
  const calls = 2000;
  const engine = await startMediaEngine({
    sockets,
    prefix: isRealTime ? ['chrt', '-f', '10'] : [],
    rtpPorts: '12000-15999',
  });
  const client = new MediaClient();
  try {
    await client.connect(engine.controlPath);
    const cpuBefore = cpuSeconds(engine.pid);
    const startMs = performance.now();
    const latencies: number[] = [];
    let next = 0;
    const callers = Array.from({ length: 40 }, async () => {
      while (next < calls) {
        const i = next++;
        const remote = (port: number): { ip: string; port: number } => ({ ip: '127.0.0.2', port });
        const beganMs = performance.now();
        await client.open({ sessionId: `a${i}`, remote: remote(4000) });
        latencies.push(performance.now() - beganMs);
        await client.open({ sessionId: `b${i}`, near: `a${i}`, remote: remote(4002) });
        await client.bridge(`a${i}`, `b${i}`);
        await client.update({ sessionId: `b${i}`, remote: remote(4004) });
        await Promise.all([client.close(`a${i}`), client.close(`b${i}`)]);
      }
    });
    await Promise.all(callers);
    const seconds = (performance.now() - startMs) / 1000;
    const cpu = cpuSeconds(engine.pid) - cpuBefore;
    latencies.sort((x, y) => x - y);
    const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
    console.log(
      `set-up ${sockets}: ${Math.round(calls / seconds)} calls/s at 40 at a time, ` +
        `${((cpu / calls) * 1000).toFixed(2)} CPU s per 1,000 calls, open p99 ${p99.toFixed(1)} ms`,
    );
  } finally {
    client.disconnect();
    await engine.stop();
  }
}

async function main(): Promise<void> {
  const source = findGenerator();
  if (source === null) {
    console.log('skipped: gcc or ../shared/load/rtpgen.c is not here');
    return;
  }
  const counts = (process.argv[2] ?? '20,50,100,200').split(',').map(Number);
  const seconds = Math.min(12, Number(process.argv[3] ?? 10));
  const backends = (process.argv[4] ?? 'dgram,koffi').split(',') as ('dgram' | 'koffi')[];
  const dir = mkdtempSync(join(tmpdir(), 'hearthline-rtpgen-'));
  const generator = join(dir, 'rtpgen');
  const compiled = spawnSync('gcc', ['-O2', '-w', '-o', generator, source]);
  const isRealTime = spawnSync('chrt', ['-f', '10', 'true']).status === 0;
  console.log(
    `media engine, G.711 both ways, ${seconds} s a run, ${isRealTime ? 'SCHED_FIFO' : 'ordinary scheduling'}`,
  );
  try {
    if (compiled.status !== 0) throw new Error(`gcc: ${compiled.stderr.toString()}`);
    for (const sockets of backends) {
      await measureSetup(sockets, isRealTime);
      for (const calls of counts) {
        for (const isRecording of [false, true]) {
          printRow(await measure(generator, calls, { isRecording, seconds, sockets, isRealTime }));
        }
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
