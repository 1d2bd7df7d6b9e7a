/**
 * Measures the whole product as a call centre seen from outside: calls through number -> queue -> agent -> hang-up at
 * rising rates, then K bridged calls with RTP both ways, recording off and on; and what it takes at rest. The load is
 * ../shared/load (sipp and rtpgen on the same machine, loopback only, bounded in count and time). Beside ours stand the
 * figures of the peer from ../shared/load/README.md (Asterisk 22's app_queue, two shared vCPUs): a yardstick of such a
 * machine, taken at another hour. Usage: npm run bench -- calls [rates|media|rest|all] [repeats],
 * or one rate alone: npm run bench -- calls 100 5
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { type MachineTicks, machineTicks, stolenPct, treeCpuSec, treeMb } from '../support/process-cost.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const loadDir = resolve(import.meta.dirname, '../../../shared/load');
const agents = 400;
const rates: { rate: number; holdMs: number; peer: string }[] = [
  { rate: 60, holdMs: 1000, peer: '100 %, p50/p99 3.7/8.9 ms, 10.9 CPU s' },
  { rate: 100, holdMs: 1000, peer: '100 %, p50/p99 5.5-6.4/19-27 ms, 12.9-13.7 CPU s' },
  { rate: 160, holdMs: 500, peer: '100 %, p50/p99 5.4/64 ms, 9.6 CPU s' },
  { rate: 200, holdMs: 500, peer: '46-55 %: collapse, 26 CPU s' },
  { rate: 240, holdMs: 500, peer: 'beyond its collapse' },
  { rate: 260, holdMs: 500, peer: 'beyond its collapse' },
];
const media: { calls: number; peer: { off: string; on: string } }[] = [
  { calls: 20, peer: { off: '0.093-0.100', on: '0.246-0.282' } },
  { calls: 50, peer: { off: '0.201-0.247', on: '0.513-0.520' } },
  { calls: 100, peer: { off: '0.349-0.424', on: '0.743-0.997' } },
  { calls: 200, peer: { off: '0.620-0.698', on: '1.351-1.579' } },
];
const secondsPerRate = 12;
const say = (text: string) => void process.stdout.write(`${text}\n`);

function loadSite(): string {
  const list = (count: number, line: (n: number) => string) =>
    Array.from({ length: count }, (_, i) => line(1001 + i)).join('\n');
  return `site: { name: Load }
numbers:
  - { number: '700', queue: plain }
  - { number: '701', queue: recorded }
queues:
  - { id: plain, name: Plain, record: false, maxLength: 10000 }
  - { id: recorded, name: Recorded, record: true, maxLength: 10000 }
trunks:
  - { id: load, addresses: ['127.0.0.1'], maxCalls: 10000 }
phones:
${list(agents, (n) => `  - { id: '${n}', password: 'password${n}' }`)}
agents:
${list(agents, (n) => `  - { id: '${n}', name: Agent ${n}, queues: [plain, recorded], phone: '${n}', wrapUp: { mode: none } }`)}
`;
}

interface Result {
  completed_pct: number;
  toagent: { p50: number; p99: number } | null;
  cpu_s_per_1000?: number;
  cpu_parts?: string[];
  stolen_pct?: number;
  steady_cores?: number;
  rtp?: { at_callers: Side; at_agents: Side };
}
interface Side {
  far_lost: number;
  rx_far: number;
  owd_ms: { p50: number; p99: number };
}

class Harness {
  private readonly dir = makeTempDir();
  private readonly stack: Stack;
  private runs = 0;
  private isRegistered = false;

  constructor(stack: Stack) {
    this.stack = stack;
    cpSync(loadDir, this.dir, { recursive: true, filter: (from) => !from.includes('/out') });
    execFileSync('gcc', ['-O2', '-o', 'rtpgen', 'rtpgen.c'], { cwd: this.dir });
  }

  /** One bounded run of acd.sh; undefined when it gave no result. */
  async run(env: Record<string, string | number>): Promise<Result | undefined> {
    const out = join(this.dir, `out-${++this.runs}`);
    mkdirSync(out, { recursive: true });
    const settings = {
      PORT: this.stack.sipPort,
      AGENTS: agents,
      APASS: 'password%s',
      REGRATE: 100,
      // Ports of the generators, clear of the RTP ports of the stack (10000-32767).
      APORT: 36_001,
      CPORT: 36_002,
      CB: 40_000,
      AB: 45_000,
      REG: this.isRegistered ? 0 : 1,
      OUT: out,
      ...env,
    };
    const text = Object.fromEntries(Object.entries(settings).map(([k, v]) => [k, String(v)]));
    const marks = this.markCpu(out);
    const child = spawn('bash', [join(this.dir, 'acd.sh')], {
      env: { ...process.env, ...text },
      stdio: 'ignore',
      timeout: 180_000,
    });
    await once(child, 'exit');
    marks.stop();
    const file = join(out, 'result.json');
    if (!existsSync(file)) {
      say('    no result: the harness did not finish');
      return undefined;
    }
    this.isRegistered = true;
    const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
    const calls = Number(env['CALLS']);
    const whole = marks.between('t0', 't1');
    result.cpu_s_per_1000 = (1000 * whole.cpuSec) / calls;
    result.stolen_pct = whole.stolenPct;
    result.cpu_parts = Object.entries(whole.parts).map(
      ([part, sec]) => `${part} ${((1000 * sec) / calls).toFixed(2)}`,
    );
    if (existsSync(join(out, 'w1'))) {
      const steady = marks.between('w0', 'w1');
      result.steady_cores = steady.cpuSec / steady.sec;
      result.stolen_pct = steady.stolenPct;
    }
    return result;
  }

  /** Reads the CPU time at the moments the harness marks by writing a file, and at no other: looking costs time too. */
  private markCpu(out: string): CpuMarks {
    const marks = new Map<string, { at: number; cpu: Record<string, number>; machine: MachineTicks }>();
    const watcher = watch(out, (_, name) => {
      if (!name || !/^[tw][01]$/.test(name) || marks.has(name)) return;
      marks.set(name, { at: performance.now(), cpu: this.cpuSec(), machine: machineTicks() });
    });
    return {
      stop: () => watcher.close(),
      between: (from, to) => {
        const [first, last] = [marks.get(from), marks.get(to)];
        if (!first || !last) throw new Error(`The harness never marked ${first ? to : from}`);
        const of = Object.entries(last.cpu).map(
          ([part, sec]) => [part, sec - (first.cpu[part] ?? 0)] as const,
        );
        return {
          cpuSec: of.reduce((sum, [, sec]) => sum + sec, 0),
          sec: (last.at - first.at) / 1000,
          parts: Object.fromEntries(of),
          stolenPct: stolenPct(first.machine, last.machine),
        };
      },
    };
  }

  /** CPU seconds so far of each process of the stack, Postgres' many as one; the supervisor is this process. */
  private cpuSec(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.stack.pids()).map(([name, pid]) => [name, treeCpuSec(pid)]),
    );
  }

  close(): void {
    removeTempDir(this.dir);
  }
}

interface CpuMarks {
  stop(): void;
  between(
    from: string,
    to: string,
  ): { cpuSec: number; sec: number; parts: Record<string, number>; stolenPct: number };
}

function atRest(stack: Stack): void {
  const rows = Object.entries(stack.pids()).map(([name, pid]) => `${name} ${treeMb(pid).toFixed(0)}`);
  const sum = Object.values(stack.pids()).reduce((total, pid) => total + treeMb(pid), 0);
  say(
    `\nAt rest, MB (proportional): ${rows.join(', ')}; together ${sum.toFixed(0)} (limit 400, the supervisor apart)`,
  );
}

async function callRates(harness: Harness, repeats: number, only?: number): Promise<void> {
  await harness.run({ QUEUE: 700, RATE: 100, CALLS: 1000, HOLD: 500 });
  say(
    "\nCalls through number -> queue -> agent; INVITE to the agent's INVITE; CPU s per 1,000 calls of everything",
  );
  for (const { rate, holdMs, peer } of rates) {
    if (only !== undefined && rate !== only) continue;
    for (let i = 0; i < repeats; i++) {
      const r = await harness.run({ QUEUE: 700, RATE: rate, CALLS: rate * secondsPerRate, HOLD: holdMs });
      if (!r) continue;
      say(
        `  ${rate}/s, talk ${holdMs / 1000} s: ${r.completed_pct} %, p50/p99 ${r.toagent?.p50}/${r.toagent?.p99} ms, ` +
          `${r.cpu_s_per_1000?.toFixed(2)} CPU s (${r.cpu_parts?.join(', ')}), ` +
          `${r.stolen_pct?.toFixed(0)} % of the machine stolen   | peer: ${peer}`,
      );
    }
  }
}

async function bridgedCalls(harness: Harness, repeats: number): Promise<void> {
  say('\nK bridged calls with RTP both ways: cores of everything, loss, one-way delay');
  for (const { calls, peer } of media) {
    for (const [queue, kind] of [
      [700, 'off'],
      [701, 'on'],
    ] as const) {
      for (let i = 0; i < repeats; i++) {
        const ramp = 25;
        const holdMs = (Math.ceil(calls / ramp) + 10 + 6) * 1000;
        const r = await harness.run({
          QUEUE: queue,
          RATE: ramp,
          CALLS: calls,
          HOLD: holdMs,
          RTP: 1,
          STEADY: 10,
        });
        if (!r?.rtp) continue;
        const sides = [r.rtp.at_callers, r.rtp.at_agents];
        const lost = sides.reduce((sum, side) => sum + side.far_lost, 0);
        const p99 = Math.max(...sides.map((side) => side.owd_ms.p99));
        const p50 = Math.max(...sides.map((side) => side.owd_ms.p50));
        say(
          `  K=${calls}, recording ${kind}: ${r.steady_cores?.toFixed(3)} cores, lost ${lost} packets, ` +
            `one-way p50/p99 ${p50.toFixed(2)}/${p99.toFixed(2)} ms, ${r.stolen_pct?.toFixed(0)} % of the machine stolen` +
            `   | peer: ${peer[kind]} cores`,
        );
      }
    }
  }
}

if (!existsSync(loadDir)) {
  say('The load harness is not here (../shared/load): nothing measured.');
  process.exit(0);
}
const what = process.argv[2] ?? 'all';
const repeats = Number(process.argv[3] ?? 1);
process.env['HEARTHLINE_TEST_DIST'] = '1';
const stack = await startStack({
  site: loadSite(),
  rtpPortCount: 4000,
  env: { HEARTHLINE_LOG_LEVEL: 'warn' },
});
try {
  const harness = new Harness(stack);
  if (what === 'all' || what === 'rest') atRest(stack);
  if (what === 'all' || what === 'rates') await callRates(harness, repeats);
  if (Number(what) > 0) await callRates(harness, repeats, Number(what));
  if (what === 'all' || what === 'media') await bridgedCalls(harness, repeats);
  harness.close();
} finally {
  await stack.stop();
}
