/** Starts everything and waits until it answers. */
import { existsSync } from 'node:fs';
import { askHealth } from '../../health.ts';
import { installedHouse } from '../../house.ts';
import type { InstallContext, Step } from '../step.ts';
import { InstallError, runProgram } from '../system.ts';

const readyMs = 120_000;

const isReady = async ({ places }: InstallContext) =>
  existsSync(places.settingsFile) && (await askHealth(installedHouse().settings)).isReady;

export const startStep: Step = {
  number: 12,
  title: 'Start',
  check: async (context) =>
    !context.isSystemd || !context.answers.start || (await isReady(context))
      ? []
      : ['start hearthline.target'],
  apply: async ({ say }) => {
    await runProgram('systemctl', ['start', 'hearthline.target'], { timeoutMs: readyMs });
    const endAt = performance.now() + readyMs;
    const { settings } = installedHouse();
    for (;;) {
      const health = await askHealth(settings);
      if (health.isReady) return;
      if (performance.now() > endAt)
        throw new InstallError(
          `not ready within two minutes: ${health.waitingFor.join(', ')}. Look at: hearthline doctor`,
        );
      say(`    waiting for: ${health.waitingFor.join(', ')}`);
      await new Promise((wake) => setTimeout(wake, 2000));
    }
  },
};
