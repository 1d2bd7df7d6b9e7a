/**
 * One service of the unit runner: its processes one after the other, its readiness, its watchdog, its restarts, its end
 * (systemd.service(5)). Who starts it together with others is `unit-runner.ts`.
 *
 *     inactive -> starting -> active -> stopping -> inactive
 *                    |          |
 *                    +----------+--> restarting -> starting ...      (Restart=)
 *                               +--> failed
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotifySocket, type Notice } from './notify-socket.ts';
import {
  commandLine,
  environmentOf,
  execLine,
  identityOf,
  makeCredentials,
  makeDirectories,
  removeDirectories,
} from './unit-command.ts';
import { timeSpanMs, type Unit } from './unit-file.ts';

export type ServiceState = 'inactive' | 'starting' | 'active' | 'stopping' | 'restarting' | 'failed';

interface ServiceOptions {
  root: string;
  netns: string | undefined;
  /** Of the notify sockets, below the root. */
  notifyDir: string;
  load: () => Unit | undefined;
  log: (text: string) => void;
}

const maxOutput = 4 * 1024 * 1024;
const maxTimerMs = 2_000_000_000;

function isClean(code: number | null, signal: string | null): boolean {
  return code === 0 || ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'].includes(signal ?? '');
}

export class RunningService {
  readonly name: string;
  state: ServiceState = 'inactive';
  status = '';
  restarts = 0;
  output = '';
  /** Started and not stopped since: it may be between two processes. */
  isWanted = false;
  private readonly options: ServiceOptions;
  private unit: Unit | undefined;
  private main: ChildProcess | undefined;
  private notify: NotifySocket | undefined;
  private timers: NodeJS.Timeout[] = [];
  private watchdog: NodeJS.Timeout | undefined;
  private onReady: (() => void) | undefined;
  private stopped: Promise<void> | undefined;
  private onGone: (() => void) | undefined;
  private starting: Promise<void> | undefined;

  constructor(name: string, options: ServiceOptions) {
    this.name = name;
    this.options = options;
  }

  get pid(): number | undefined {
    return this.main?.pid;
  }

  private say(text: string): void {
    this.output = `${this.output}-- ${text}\n`.slice(-maxOutput);
    this.options.log(text);
  }

  private one(key: string): string | undefined {
    return this.unit?.one('Service', key);
  }

  /** One start at a time; a start of what runs is none. */
  start(): Promise<void> {
    if (this.isWanted && this.state === 'active') return Promise.resolve();
    this.isWanted = true;
    this.starting ??= this.startOnce().finally(() => (this.starting = undefined));
    return this.starting;
  }

  private async startOnce(): Promise<void> {
    this.clearTimers();
    this.unit = this.options.load();
    if (!this.unit) throw new Error(`there is no unit ${this.name}`);
    this.state = 'starting';
    try {
      await this.launch(this.unit);
    } catch (error) {
      this.afterDeath(false, error instanceof Error ? error.message : String(error));
      throw new Error(`${this.name} cannot be started: ${String(error)}\n${this.output.slice(-4000)}`, {
        cause: error,
      });
    }
  }

  private spawn(
    unit: Unit,
    value: string,
    env: Record<string, string>,
  ): { child: ChildProcess; mayFail: boolean } {
    const { root, netns } = this.options;
    const who = identityOf(unit, root);
    const { words, mayFail, asRoot } = execLine(unit, value, env);
    const [program, ...args] = commandLine(unit, { root, who, words, asRoot, netns });
    const child = spawn(program!, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-maxOutput);
      });
    if (child.pid !== undefined) this.adjustScore(unit, child.pid);
    return { child, mayFail };
  }

  /** Below what this process has itself it takes CAP_SYS_RESOURCE, which root need not have in a container. */
  private adjustScore(unit: Unit, pid: number): void {
    const score = unit.one('Service', 'OOMScoreAdjust');
    if (score === undefined) return;
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, score);
    } catch {
      this.say(`OOMScoreAdjust=${score} was refused by the kernel`);
    }
  }

  private async launch(unit: Unit): Promise<void> {
    const { root } = this.options;
    const who = identityOf(unit, root);
    const type = unit.one('Service', 'Type') ?? 'simple';
    if (!['simple', 'exec', 'notify', 'oneshot'].includes(type))
      throw new Error(`Type=${type} is not known here`);
    const env = {
      ...environmentOf(unit, root, who),
      ...makeDirectories(unit, root, who),
      ...makeCredentials(unit, root, who),
    };
    for (const value of unit.all('Service', 'ExecStartPre')) await this.runToEnd(unit, value, env);
    const hasNotify = type === 'notify' || unit.has('Service', 'NotifyAccess');
    if (hasNotify) Object.assign(env, this.openNotify(unit));
    const commands = unit.all('Service', 'ExecStart');
    if (type === 'oneshot') {
      for (const value of commands) await this.runToEnd(unit, value, env);
      this.finishOneshot(unit);
      return;
    }
    const { child } = this.spawn(unit, commands[0] ?? '', env);
    this.main = child;
    const isGone = this.follow(child);
    if (type === 'notify') await this.untilReady(unit, isGone);
    else await new Promise<void>((done, fail) => child.once('spawn', done).once('error', fail));
    this.state = 'active';
    this.say('active');
    this.armWatchdog();
  }

  private finishOneshot(unit: Unit): void {
    const stays = unit.one('Service', 'RemainAfterExit') === 'yes';
    this.isWanted = stays;
    this.state = stays ? 'active' : 'inactive';
    this.say('finished');
    if (!stays) removeDirectories(unit, this.options.root, false);
  }

  private async runToEnd(unit: Unit, value: string, env: Record<string, string>): Promise<void> {
    const { child, mayFail } = this.spawn(unit, value, env);
    const [code, signal] = await new Promise<[number | null, string | null]>((done, fail) => {
      child.once('error', fail);
      child.once('close', (...how) => done(how));
    });
    if (code !== 0 && !mayFail) throw new Error(`"${value}" ended with ${signal ?? code}`);
  }

  /** Each start has a socket of its own, so that a late word of a former process is not taken for one of this. */
  private openNotify(unit: Unit): Record<string, string> {
    const { root, notifyDir } = this.options;
    mkdirSync(join(root, notifyDir), { recursive: true, mode: 0o755 });
    this.notify?.close();
    const file = `${unit.name}.${this.restarts}.${Date.now()}`;
    this.notify = new NotifySocket(join(root, notifyDir, file), (notice) => this.onNotice(notice));
    const env: Record<string, string> = { NOTIFY_SOCKET: join('/', notifyDir, file) };
    const watchdog = unit.one('Service', 'WatchdogSec');
    if (watchdog !== undefined) env['WATCHDOG_USEC'] = String(timeSpanMs(watchdog) * 1000);
    return env;
  }

  private onNotice({ pid, fields }: Notice): void {
    // NotifyAccess=main: others of the service are not listened to.
    if (pid !== this.main?.pid) return this.say(`a word of process ${pid} was not listened to`);
    if (fields['STATUS'] !== undefined) this.status = fields['STATUS'];
    if (fields['READY'] === '1') this.onReady?.();
    if (fields['STOPPING'] === '1') this.say('stopping, by its own word');
    if (fields['WATCHDOG'] === '1') this.armWatchdog();
  }

  private armWatchdog(): void {
    const span = this.one('WatchdogSec');
    if (span === undefined || this.state !== 'active') return;
    clearTimeout(this.watchdog);
    const child = this.main;
    this.watchdog = setTimeout(() => {
      this.say('the watchdog was not told in time');
      child?.kill('SIGABRT');
    }, timeSpanMs(span));
    this.watchdog.unref();
  }

  private untilReady(unit: Unit, isGone: Promise<string>): Promise<void> {
    const limitMs = Math.min(timeSpanMs(unit.one('Service', 'TimeoutStartSec') ?? '90'), maxTimerMs);
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.main?.kill('SIGKILL');
        fail(new Error(`not ready within ${limitMs} ms`));
      }, limitMs);
      this.onReady = () => {
        clearTimeout(timer);
        done();
      };
      void isGone.then((how) => {
        clearTimeout(timer);
        fail(new Error(how));
      });
    });
  }

  /** Resolves, with how it ended, when the process is gone. */
  private follow(child: ChildProcess): Promise<string> {
    return new Promise((gone) => {
      const end = (how: string, wasClean: boolean) => {
        if (this.main !== child) return;
        this.main = undefined;
        this.killGroup(child);
        clearTimeout(this.watchdog);
        this.onGone?.();
        const wasStarting = this.state === 'starting';
        gone(how);
        // During a start, the start itself fails and goes on from there.
        if (!wasStarting && this.isWanted) this.afterDeath(wasClean, how);
      };
      child.once('error', (error) => end(error.message, false));
      child.once('exit', (code, signal) => end(`ended with ${signal ?? code}`, isClean(code, signal)));
    });
  }

  private killGroup(child: ChildProcess): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing was left of its group.
    }
  }

  private afterDeath(wasClean: boolean, how: string): void {
    this.say(how);
    if (!this.isWanted) return;
    const rule = this.one('Restart') ?? 'no';
    const isRestarted =
      rule === 'always' ||
      (rule === 'on-failure' && !wasClean) ||
      (rule === 'on-abnormal' && how.includes('SIG'));
    if (this.unit) removeDirectories(this.unit, this.options.root, isRestarted);
    if (!isRestarted) {
      this.isWanted = false;
      this.state = wasClean ? 'inactive' : 'failed';
      return;
    }
    this.state = 'restarting';
    const pauseMs = timeSpanMs(this.one('RestartSec') ?? '100ms');
    this.timers.push(
      setTimeout(() => {
        this.restarts += 1;
        this.say(`started again (${this.restarts})`);
        // A failed start has arranged the next one itself.
        this.start().catch(() => undefined);
      }, pauseMs),
    );
  }

  private clearTimers(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
  }

  /** Asked for from several sides at once it is one stop. */
  stop(): Promise<void> {
    this.stopped ??= this.stopOnce().finally(() => (this.stopped = undefined));
    return this.stopped;
  }

  private async stopOnce(): Promise<void> {
    this.isWanted = false;
    this.clearTimers();
    const child = this.main;
    if (child) {
      this.state = 'stopping';
      const whenGone = new Promise<void>((gone) => (this.onGone = gone));
      const signal = (this.one('KillSignal') ?? 'SIGTERM') as NodeJS.Signals;
      child.kill(signal);
      const limitMs = Math.min(timeSpanMs(this.one('TimeoutStopSec') ?? '90'), maxTimerMs);
      const timer = setTimeout(() => {
        this.say(`did not stop within ${limitMs} ms`);
        this.killGroup(child);
      }, limitMs);
      await whenGone;
      clearTimeout(timer);
      this.say('stopped');
    }
    if (this.unit) removeDirectories(this.unit, this.options.root, false);
    this.state = 'inactive';
  }

  /** Called once, after the last stop. */
  close(): void {
    this.notify?.close();
  }
}
