/** What people may switch in routing, beside the site file: the emergency switch. */
import type { AcdShell } from './acd-shell.ts';

export type SwitchOutcome = 'switched' | 'already-so' | 'unknown-queue';

export function routingSwitches(shell: AcdShell): {
  emergencies(): string[];
  switchEmergency(what: { isOn: boolean; queueId?: string; by: string }): SwitchOutcome;
} {
  return {
    emergencies: () => shell.acd.emergencies(),
    switchEmergency(what) {
      const { ignored } = shell.run({ type: 'emergency.switch', ...what });
      if (ignored === undefined) return 'switched';
      return ignored === 'unknown-queue' ? 'unknown-queue' : 'already-so';
    },
  };
}
