/** The units of systemd, copied out of the release, and switched on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { holds, writeWhole, type FileWish } from '../../system-files.ts';
import type { InstallContext, Step } from '../step.ts';
import { runProgram } from '../system.ts';

const isUnit = (name: string) => /^hearthline.*\.(service|target|timer|path|socket|slice)$/.test(name);

export function unitFiles(source: string, unitsDir: string): FileWish[] {
  return readdirSync(source)
    .filter(isUnit)
    .sort()
    .map((name) => ({
      path: join(unitsDir, name),
      text: readFileSync(join(source, name), 'utf8'),
      mode: 0o644,
    }));
}

const wanted = ({ staged, places, answers, isRealTime }: InstallContext) => [
  ...unitFiles(join(staged, 'release/systemd'), places.unitsDir),
  ...dropIns(join(staged, 'release/systemd'), places.unitsDir, {
    isRealTime,
    hasLowPort: Math.min(answers.ports.web, answers.ports.public) < 1024,
  }),
];

export interface Machine {
  /** Whether it lets a service have the real-time class. */
  isRealTime: boolean;
  hasLowPort: boolean;
}

/** What this machine needs beside the units themselves. */
export function dropIns(source: string, unitsDir: string, { isRealTime, hasLowPort }: Machine): FileWish[] {
  const list: [isNeeded: boolean, name: string, service: string][] = [
    [!isRealTime, 'no-real-time.conf', 'media'],
    [hasLowPort, 'low-ports.conf', 'server'],
  ];
  return list
    .filter(([isNeeded]) => isNeeded)
    .map(([, name, service]) => ({
      path: join(unitsDir, `hearthline-${service}.service.d`, name),
      text: readFileSync(join(source, 'drop-ins', name), 'utf8'),
      mode: 0o644,
    }));
}

/** The target, and the timers and paths that it does not pull in. */
export function unitsToEnable(names: readonly string[]): string[] {
  return names.filter((name) => /\.(target|timer|path)$/.test(name));
}

const isEnabled = (unitsDir: string) =>
  existsSync(join(unitsDir, 'multi-user.target.wants/hearthline.target'));

export const unitsStep: Step = {
  number: 11,
  title: 'Units of systemd',
  check: (context) => [
    ...wanted(context)
      .filter((file) => !holds(file))
      .map(({ path }) => `write ${path}`),
    ...(isEnabled(context.places.unitsDir) ? [] : ['start with the machine']),
  ],
  apply: async (context) => {
    const files = wanted(context);
    for (const file of files) if (!holds(file)) writeWhole(file);
    if (context.isSystemd) await runProgram('systemctl', ['daemon-reload']);
    const names = unitsToEnable(files.map(({ path }) => basename(path)));
    // Without a running systemd it works on the files alone, where the program is there at all.
    await runProgram('systemctl', ['enable', '--quiet', ...names]).catch((error: Error) => {
      if (context.isSystemd) throw error;
      context.say('    not switched on: systemd is not on this system');
    });
  },
};
