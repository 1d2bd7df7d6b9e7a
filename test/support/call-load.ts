/**
 * A steady load of calls beside another measurement: ../shared/load (sipp on loopback, bounded in count and time), one short
 * run after the other for as long as it is wanted. Answers how long the INVITE took to the agent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

const loadDir = resolve(import.meta.dirname, '../../../shared/load');

export const hasCallLoad = (): boolean => existsSync(loadDir);

export interface CallLoadOptions {
  sipPort: number;
  /** Number that is called. */
  number: string;
  /** Phones 1001.. of that many agents, with passwords `password<phone>`. */
  agents: number;
  ratePerSec: number;
  talkMs: number;
}

export interface CallTimes {
  offered: number;
  /** INVITE of the caller to INVITE of the agent, ms. */
  toAgentMs: number[];
}

export class CallLoad {
  readonly #options: CallLoadOptions;
  readonly #dir = makeTempDir();
  #runs = 0;

  constructor(options: CallLoadOptions) {
    this.#options = options;
    cpSync(loadDir, this.#dir, { recursive: true, filter: (from) => !from.includes('/out') });
  }

  /** One run of so many seconds. Throws where it gives no logs. */
  async run(seconds: number): Promise<CallTimes> {
    const { sipPort, number, agents, ratePerSec, talkMs } = this.#options;
    const out = join(this.#dir, `out-${++this.#runs}`);
    mkdirSync(out, { recursive: true });
    const settings = {
      PORT: sipPort,
      QUEUE: number,
      AGENTS: agents,
      APASS: 'password%s',
      REG: this.#runs === 1 ? 1 : 0,
      RATE: ratePerSec,
      CALLS: ratePerSec * seconds,
      HOLD: talkMs,
      APORT: 36_011,
      CPORT: 36_012,
      CB: 40_000,
      AB: 45_000,
      OUT: out,
    };
    const text = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
    const child = spawn('bash', [join(this.#dir, 'acd.sh')], {
      env: { ...process.env, ...text },
      stdio: 'ignore',
      timeout: (seconds + 90) * 1000,
    });
    await once(child, 'exit');
    const left = marksOf(join(out, 'callers.log'), 'C_INV');
    const rang = marksOf(join(out, 'agents.log'), 'A_INV');
    const toAgentMs = [...left].flatMap(([call, at]) => {
      const agentAt = rang.get(call);
      return agentAt === undefined ? [] : [(agentAt - at) * 1000];
    });
    return { offered: ratePerSec * seconds, toAgentMs };
  }

  /** Runs of so many seconds until `isOver`; all of them together. */
  async during(isOver: () => boolean, seconds = 10): Promise<CallTimes> {
    const all: CallTimes = { offered: 0, toAgentMs: [] };
    do {
      const { offered, toAgentMs } = await this.run(seconds);
      all.offered += offered;
      all.toAgentMs.push(...toAgentMs);
    } while (!isOver());
    return all;
  }

  close(): void {
    removeTempDir(this.#dir);
  }
}

/** Seconds by the number of the call. */
function marksOf(file: string, name: string): Map<string, number> {
  if (!existsSync(file)) throw new Error('the load of calls left no logs');
  const marks = new Map<string, number>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [what, ...rest] = line.split(/\s+/);
    if (what !== name) continue;
    const at = rest.findIndex((word) => /^\d{9,}\.\d+$/.test(word));
    const call = rest[at + 1];
    if (at >= 0 && call !== undefined && !marks.has(call)) marks.set(call, Number(rest[at]));
  }
  return marks;
}
