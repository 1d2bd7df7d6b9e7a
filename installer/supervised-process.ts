/**
 * One child of the supervisor: started in a process group of its own (Ctrl-C reaches the supervisor
 * only, which then stops the children in order), restarted when it dies, with a growing pause, for ever.
 * A pid file with the start time lets the next supervisor find it should this one be killed.
 *
 * The race it stops: a stop that comes between a death and the restart cancels that restart.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { readableLine } from './log-file.ts';
import type { LogFile } from './log-file.ts';
import { spawnIdentity } from './privilege.ts';
import type { RunAs } from './privilege.ts';
import { formatProcessId, identify } from './process-table.ts';

export type ProcessName = 'postgres' | 'redis' | 'sip' | 'media' | 'server';

export interface ProcessSpec {
  name: ProcessName;
  title: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  runAs?: RunAs | undefined;
  /** Asks it to end in good order. */
  stopSignal: NodeJS.Signals;
  /** Sent when it has not ended `stopMs` later; SIGKILL follows after half a second. */
  lastSignal?: NodeJS.Signals;
  stopMs: number;
  pidFile: string;
  log: LogFile;
  /** Puts right what a death may have left behind. */
  beforeStart?: () => void;
}

export interface ProcessWatcher {
  onDeath(name: ProcessName, text: string, lastLines: string[]): void;
  onBack(name: ProcessName, text: string): void;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;
/** Having lived this long it is healthy again, and the next pause is short. */
const healthyMs = 10_000;

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  private readonly watcher: ProcessWatcher;
  private readonly autoRestart: boolean;
  private child: ChildProcess | undefined;
  private pauseMs = firstPauseMs;
  private startedAt = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private isStopping = false;
  private whenGone: Promise<void> = Promise.resolve();
  deaths = 0;

  constructor(spec: ProcessSpec, watcher: ProcessWatcher, autoRestart: boolean) {
    this.spec = spec;
    this.watcher = watcher;
    this.autoRestart = autoRestart;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  start(): void {
    if (this.child || this.isStopping) return;
    const { spec } = this;
    try {
      spec.beforeStart?.();
    } catch (error) {
      this.onGone(error instanceof Error ? error.message : String(error));
      return;
    }
    this.startedAt = performance.now();
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ['ignore', spec.log.fd, spec.log.fd],
      ...spawnIdentity(spec.runAs),
    });
    this.child = child;
    const id = child.pid === undefined ? undefined : identify(child.pid);
    if (id) writeFileSync(spec.pidFile, formatProcessId(id));
    this.whenGone = new Promise((gone) => {
      const once = (reason: string) => {
        if (this.child !== child) return;
        this.child = undefined;
        rmSync(spec.pidFile, { force: true });
        gone();
        this.onGone(reason);
      };
      child.once('error', (error) => once(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => once(signal ? `killed by ${signal}` : `ended with code ${code}`));
    });
    if (this.deaths > 0 && child.pid !== undefined)
      this.watcher.onBack(spec.name, `${spec.title} was started again (process ${child.pid})`);
  }

  private onGone(reason: string): void {
    if (this.isStopping) return;
    this.deaths += 1;
    if (performance.now() - this.startedAt > healthyMs) this.pauseMs = firstPauseMs;
    const pauseMs = this.pauseMs;
    this.pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    const next = this.autoRestart ? `; starting it again in ${pauseMs} ms` : '';
    this.watcher.onDeath(
      this.spec.name,
      `${this.spec.title} died: ${reason}${next}`,
      this.spec.log.lastLines(3).map(readableLine),
    );
    if (this.autoRestart) this.restartTimer = setTimeout(() => this.start(), pauseMs);
  }

  /** Sends a signal as a fault or an operator would: the supervisor takes it as a death. */
  kill(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves when the present child is gone. */
  gone(): Promise<void> {
    return this.child ? this.whenGone : Promise.resolve();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restartTimer);
    const { child, spec } = this;
    if (!child) return;
    child.kill(spec.stopSignal);
    const timers = [
      setTimeout(() => child.kill(spec.lastSignal ?? 'SIGKILL'), spec.stopMs),
      setTimeout(() => this.killGroup(child), spec.stopMs + 500),
    ];
    await this.whenGone;
    for (const timer of timers) clearTimeout(timer);
    // Whatever the child itself had started is of the same group.
    this.killGroup(child);
  }

  private killGroup(child: ChildProcess): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is empty: nothing was left.
    }
  }
}
