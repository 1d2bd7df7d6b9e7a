/**
 * Starts services by their unit files where systemd cannot run: below a root directory (a debootstrap root, or `/`), with the
 * same user, groups, limits, scheduling, umask, directories, environment, credentials and notify socket, restarted as the unit
 * says. It is NOT systemd: no namespaces, no filters of system calls, no cgroups, no packet filters, no timers and paths; what
 * of a service leaves its process group is not found when it is stopped. It needs root, and below the root sh and util-linux.
 *
 *     const runner = new UnitRunner({ root: '/tmp/debian' });      // unitDirs, netns, log are optional
 *     await runner.start('hearthline.target');   // with what it wants, in the order of After=; until each is ready
 *     runner.pid('hearthline-server.service');   // of the main process; undefined when it does not run
 *     runner.state('hearthline-server.service'); // inactive, starting, active, stopping, restarting, failed
 *     runner.status(unit)                        // the last STATUS= that it told
 *     runner.log(unit)                           // what it wrote, and what happened to it
 *     runner.restarts(unit)                      // how often it was started again after it had died
 *     await runner.restart(unit); await runner.stop(unit);
 *     await runner.close();                      // stops everything; always call it
 *
 * Units are read from `unitDirs` (below the root: etc/systemd/system) at each start, with their drop-ins. A unit that is wanted
 * and not there is passed over, as systemd does; timers and paths are taken as started and do nothing.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RunningService, type ServiceState } from './unit-service.ts';
import { loadUnit, type Unit } from './unit-file.ts';

export interface UnitRunnerOptions {
  root: string;
  /** Where units are, as seen from outside the root. */
  unitDirs?: string[];
  /** A network namespace of `ip netns`, for every service. */
  netns?: string;
  /** What happens to services, as it happens. */
  log?: (unit: string, text: string) => void;
}

let runners = 0;

export class UnitRunner {
  private readonly options: UnitRunnerOptions;
  private readonly dirs: string[];
  private readonly services = new Map<string, RunningService>();
  /** Runners side by side below one root must not share it. */
  private readonly notifyDir = `run/unit-runner-${process.pid}-${runners++}`;
  /** Targets, and other units that only count as started. */
  private readonly reached = new Set<string>();

  constructor(options: UnitRunnerOptions) {
    if (process.getuid?.() !== 0) throw new Error('units can be started by root only');
    this.options = options;
    this.dirs = options.unitDirs ?? [join(options.root, 'etc/systemd/system')];
  }

  private load(name: string): Unit | undefined {
    return loadUnit(name, this.dirs);
  }

  private service(name: string): RunningService {
    const known = this.services.get(name);
    if (known) return known;
    const { root, netns, log } = this.options;
    const service = new RunningService(name, {
      root,
      netns,
      notifyDir: this.notifyDir,
      load: () => this.load(name),
      log: (text) => log?.(name, text),
    });
    this.services.set(name, service);
    return service;
  }

  /** The unit and all that it wants, as far as there are such units and they do not run yet. */
  private wanted(name: string, found = new Map<string, Unit>()): Map<string, Unit> {
    const unit = this.load(name);
    if (!unit || found.has(name) || this.isUp(name)) return found;
    found.set(name, unit);
    for (const key of ['Requires', 'Wants'])
      for (const other of unit.words('Unit', key)) this.wanted(other, found);
    return found;
  }

  private isUp(name: string): boolean {
    return this.reached.has(name) || (this.services.get(name)?.isWanted ?? false);
  }

  /** Resolves when the unit is ready; rejects where it, or what it requires, cannot be started. */
  async start(name: string): Promise<void> {
    if (!this.load(name)) throw new Error(`there is no unit ${name} in ${this.dirs.join(', ')}`);
    const units = this.wanted(name);
    const started = new Map<string, Promise<void>>();
    const startOne = (unit: Unit): Promise<void> => {
      const running = started.get(unit.name);
      if (running) return running;
      const before = unit.words('Unit', 'After').flatMap((other) => units.get(other) ?? []);
      const run = Promise.allSettled(before.map(startOne)).then(() => this.startUnit(unit));
      started.set(unit.name, run);
      return run;
    };
    const outcomes = [...units.values()].map(startOne);
    await Promise.allSettled(outcomes);
    await started.get(name);
    for (const required of this.load(name)!.words('Unit', 'Requires')) await started.get(required);
  }

  /** Of the paths that a unit asks about; `!` turns it around. */
  private holds(unit: Unit, key: 'ConditionPathExists' | 'AssertPathExists'): boolean {
    return unit.words('Unit', key).every((word) => {
      const path = word.replace(/^!/, '');
      return existsSync(join(this.options.root, path)) !== word.startsWith('!');
    });
  }

  private async startUnit(unit: Unit): Promise<void> {
    if (!this.holds(unit, 'AssertPathExists')) throw new Error(`an assertion of ${unit.name} does not hold`);
    // A condition that does not hold passes the unit over, and nobody is the worse for it.
    if (!this.holds(unit, 'ConditionPathExists')) return;
    if (unit.name.endsWith('.service')) return this.service(unit.name).start();
    this.reached.add(unit.name);
  }

  /** What stops with it: units that are part of it, or that require it. */
  private dependants(name: string): string[] {
    const up = [...this.services].filter(([, service]) => service.isWanted).map(([other]) => other);
    return [...up, ...this.reached].filter((other) => {
      const unit = this.load(other);
      return (
        other !== name && unit && ['PartOf', 'Requires'].some((k) => unit.words('Unit', k).includes(name))
      );
    });
  }

  /** Resolves when it, and what is part of it, is gone: in the reverse order of `After=`. */
  async stop(name: string): Promise<void> {
    const names = new Set([name]);
    for (const one of names) for (const other of this.dependants(one)) names.add(other);
    const stopped = new Map<string, Promise<void>>();
    const stopOne = (one: string): Promise<void> => {
      const running = stopped.get(one);
      if (running) return running;
      const later = [...names].filter((other) => this.load(other)?.words('Unit', 'After').includes(one));
      const run = Promise.all(later.map(stopOne)).then(async () => {
        this.reached.delete(one);
        await this.services.get(one)?.stop();
      });
      stopped.set(one, run);
      return run;
    };
    await Promise.all([...names].map(stopOne));
  }

  /** As systemd: what is part of it is restarted with it. */
  async restart(name: string): Promise<void> {
    const parts = this.dependants(name);
    await this.stop(name);
    await this.start(name);
    for (const part of parts) if (!this.isUp(part)) await this.start(part);
  }

  pid(name: string): number | undefined {
    return this.services.get(name)?.pid;
  }

  state(name: string): ServiceState {
    return this.services.get(name)?.state ?? (this.reached.has(name) ? 'active' : 'inactive');
  }

  status(name: string): string {
    return this.services.get(name)?.status ?? '';
  }

  restarts(name: string): number {
    return this.services.get(name)?.restarts ?? 0;
  }

  log(name: string): string {
    return this.services.get(name)?.output ?? '';
  }

  async close(): Promise<void> {
    const up = [...this.services.keys(), ...this.reached];
    await Promise.all(up.map((name) => this.stop(name)));
    for (const service of this.services.values()) service.close();
    rmSync(join(this.options.root, this.notifyDir), { recursive: true, force: true });
  }
}

/** Why units cannot be started here; undefined where they can. */
export function unitRunnerFault(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start services as other users';
  const missing = ['setpriv', 'prlimit', 'chrt'].filter(
    (name) => !['/usr/bin', '/bin', '/usr/sbin', '/sbin'].some((dir) => existsSync(join(dir, name))),
  );
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (util-linux)` : undefined;
}
